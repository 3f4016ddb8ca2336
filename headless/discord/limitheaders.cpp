#include "headless/discord/limitheaders.h"

#include "core/base/json.h"

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

// Rounded up: a millisecond early is a refusal. A day at most, whatever was written there.
std::optional<milliseconds> seconds(const QByteArray &text)
{
    bool good = false;
    const double value = text.toDouble(&good);
    if (!good || !std::isfinite(value) || value < 0)
        return std::nullopt;
    return milliseconds(qint64(std::ceil(std::min(value, 86400.0) * 1000)));
}

std::optional<int> count(const QByteArray &text)
{
    bool good = false;
    const int value = text.toInt(&good);
    return good && value >= 0 ? std::optional(value) : std::nullopt;
}

} // namespace

LimitHeaders LimitHeaders::read(const HttpAnswer &answer)
{
    LimitHeaders found;
    found.bucket = QString::fromLatin1(answer.header("x-ratelimit-bucket"));
    found.limit = count(answer.header("x-ratelimit-limit"));
    found.remaining = count(answer.header("x-ratelimit-remaining"));
    found.resetAfter = seconds(answer.header("x-ratelimit-reset-after"));
    found.retryAfter = seconds(answer.header("retry-after"));
    const QByteArray scope = answer.header("x-ratelimit-scope");
    found.fromDiscord = !found.bucket.isEmpty() || !scope.isEmpty() || !answer.header("via").isEmpty();
    if (scope == "shared")
        found.scope = Scope::Shared;
    bool global = scope == "global" || answer.header("x-ratelimit-global").toLower() == "true";
    const auto object = answer.status == 429 ? objectFromJson(answer.body) : Result<QJsonObject>(QJsonObject());
    if (object) {
        const QJsonValue after = (*object)["retry_after"_L1];
        if (after.isDouble()) {
            // The body has decimals where the header is rounded to whole seconds.
            found.retryAfter = seconds(QByteArray::number(after.toDouble(), 'f', 3)).value_or(1000ms);
            found.fromDiscord = true;
        }
        global = global || (*object)["global"_L1].toBool();
    }
    if (global)
        found.scope = Scope::Global;
    return found;
}

} // namespace hub::discord
