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

LimitHeaders LimitHeaders::read(const std::function<QByteArray(const char *)> &header, const QByteArray &body)
{
    LimitHeaders found;
    found.bucket = QString::fromLatin1(header("X-RateLimit-Bucket"));
    found.limit = count(header("X-RateLimit-Limit"));
    found.remaining = count(header("X-RateLimit-Remaining"));
    found.resetAfter = seconds(header("X-RateLimit-Reset-After"));
    found.retryAfter = seconds(header("Retry-After"));
    const QByteArray scope = header("X-RateLimit-Scope");
    found.fromDiscord = !found.bucket.isEmpty() || !scope.isEmpty() || !header("Via").isEmpty();
    if (scope == "shared")
        found.scope = Scope::Shared;
    bool global = scope == "global" || header("X-RateLimit-Global").toLower() == "true";
    if (const auto object = objectFromJson(body)) {
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
