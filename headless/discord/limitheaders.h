// What an answer of Discord says about its limits. Pure; any thread.
#pragma once

#include "headless/discord/moment.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <optional>

namespace hub::discord
{

struct LimitHeaders {
    enum class Scope { User, Global, Shared };

    QString bucket; // empty: not said
    std::optional<int> limit;
    std::optional<int> remaining;
    std::optional<milliseconds> resetAfter;
    std::optional<milliseconds> retryAfter; // of a 429
    Scope scope = Scope::User;
    bool fromDiscord = false; // false for what its CDN answers by itself

    // `header` gives a header's value by name, empty where it is not there; `body` is the body of a 429.
    static LimitHeaders read(const std::function<QByteArray(const char *)> &header, const QByteArray &body = {});
};

} // namespace hub::discord
