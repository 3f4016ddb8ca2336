// What an answer of Discord says about its limits. Pure; any thread.
#pragma once

#include "headless/discord/httpanswer.h"
#include "headless/discord/moment.h"

#include <QByteArray>
#include <QString>

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

    static LimitHeaders read(const HttpAnswer &answer);
};

} // namespace hub::discord
