// VALUE(const auto x, call()): the value of a Result in a test function, or its error as the test's failure.
#pragma once

#include "core/base/result.h"

#define VALUE(declaration, ...)                                                                                        \
    auto HUB_JOIN(value, __LINE__) = (__VA_ARGS__);                                                                    \
    QVERIFY2(HUB_JOIN(value, __LINE__),                                                                                \
             qPrintable(HUB_JOIN(value, __LINE__) ? QString() : HUB_JOIN(value, __LINE__).error().message));           \
    declaration = *std::move(HUB_JOIN(value, __LINE__))

// The same for a value that nobody needs.
#define VERIFY_VALUE(...)                                                                                              \
    do {                                                                                                               \
        const auto &value = (__VA_ARGS__);                                                                             \
        QVERIFY2(value, qPrintable(value ? QString() : value.error().message));                                        \
    } while (false)
