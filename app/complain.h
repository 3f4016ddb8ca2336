// How a program that could not start says why.
#pragma once

#include "core/base/result.h"

#include <cstdio>

namespace hub
{

// The error and what to do about it, on standard error; the answer is the program's exit code.
inline int complain(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(error.message));
    if (!error.hint.isEmpty())
        std::fprintf(stderr, "  %s\n", qPrintable(error.hint));
    return 1;
}

} // namespace hub
