#include "headless/discord/ratelimiter.h"

#include <algorithm>

namespace hub::discord
{

namespace
{

constexpr milliseconds second = 1050ms; // calls do not all take equally long to get there
constexpr milliseconds banWindow = 10min;
constexpr milliseconds afterCdn = 5min; // a refusal without a word of Discord's own
constexpr milliseconds margin = 50ms;   // clocks

void keepSince(std::deque<Moment> &moments, Moment from)
{
    while (!moments.empty() && moments.front() <= from)
        moments.pop_front();
}

} // namespace

RateLimiter::Key RateLimiter::keyOf(const Route &route) const
{
    return {m_names.value(route.kind, route.kind), route.major};
}

RateLimiter::Ticket RateLimiter::add(const Route &route, Moment giveUpAt)
{
    m_buckets[keyOf(route)].waiting.emplace(++m_last, Waiting{route, giveUpAt});
    return m_last;
}

void RateLimiter::again(Ticket ticket, const Route &route, Moment giveUpAt, Moment notBefore)
{
    Bucket &bucket = m_buckets[keyOf(route)];
    bucket.waiting.emplace(ticket, Waiting{route, giveUpAt});
    bucket.notBefore = std::max(bucket.notBefore, notBefore);
}

// When the first call that waits there may go; nothing: after the answer to the one that is under way.
std::optional<Moment> RateLimiter::freeAt(const Bucket &bucket, const Route &route, Moment now) const
{
    if (bucket.inFlight > 0)
        return std::nullopt;
    Moment at = std::max({now, bucket.notBefore, m_allHeld});
    if (bucket.left <= 0)
        at = std::max(at, bucket.reset);
    if (!route.isCountedGlobally())
        return at;
    at = std::max(at, m_botHeld);
    if (m_global.size() >= perSecond)
        at = std::max(at, m_global[m_global.size() - perSecond] + second);
    return at;
}

RateLimiter::Turn RateLimiter::turn(Moment now)
{
    Turn turn;
    keepSince(m_global, now - second);
    dropIdle(now);
    // The oldest call of all buckets first: the share of the global limit goes to whoever waits longest.
    std::map<Ticket, Bucket *> first;
    for (Bucket &bucket : m_buckets) {
        for (auto it = bucket.waiting.begin(); it != bucket.waiting.end();) {
            if (it->second.giveUpAt <= now) {
                turn.expired.append(it->first);
                it = bucket.waiting.erase(it);
            } else {
                ++it;
            }
        }
        if (!bucket.waiting.empty())
            first.emplace(bucket.waiting.begin()->first, &bucket);
    }
    for (const auto &[ticket, bucket] : first) {
        const Route route = bucket->waiting.begin()->second.route;
        const auto at = freeAt(*bucket, route, now);
        if (!at || *at > now)
            continue;
        if (route.isCountedGlobally())
            m_global.push_back(now);
        m_flying.insert(ticket, route);
        ++bucket->inFlight;
        turn.go.append(ticket);
        bucket->waiting.erase(bucket->waiting.begin());
    }
    std::sort(turn.expired.begin(), turn.expired.end());
    return turn;
}

// Calls of that kind waited under the kind's own name, or under a bucket's that Discord has changed since.
void RateLimiter::learnName(const Route &route, const QString &name)
{
    const QString old = m_names.value(route.kind, route.kind);
    if (old == name)
        return;
    m_names.insert(route.kind, name);
    QList<std::pair<Ticket, Waiting>> moved;
    for (auto bucket = m_buckets.begin(); bucket != m_buckets.end(); ++bucket) {
        if (bucket.key().name != old)
            continue;
        for (auto it = bucket->waiting.begin(); it != bucket->waiting.end();) {
            if (it->second.route.kind == route.kind) {
                moved.append({it->first, std::move(it->second)});
                it = bucket->waiting.erase(it);
            } else {
                ++it;
            }
        }
    }
    for (auto &[ticket, waiting] : moved)
        m_buckets[keyOf(waiting.route)].waiting.emplace(ticket, std::move(waiting));
    for (const Route &flying : m_flying) {
        if (flying.kind == route.kind) {
            --m_buckets[Key{old, flying.major}].inFlight;
            ++m_buckets[keyOf(flying)].inFlight;
        }
    }
}

void RateLimiter::answered(Ticket ticket, int status, const LimitHeaders &headers, Moment now)
{
    const auto flying = m_flying.constFind(ticket);
    if (flying == m_flying.cend())
        return;
    const Route route = *flying;
    if (!headers.bucket.isEmpty())
        learnName(route, headers.bucket);
    m_flying.remove(ticket);
    Bucket &bucket = m_buckets[keyOf(route)];
    --bucket.inFlight;
    if (headers.remaining && headers.resetAfter) {
        bucket.left = *headers.remaining;
        bucket.reset = now + *headers.resetAfter + margin;
    }

    const bool shared = headers.scope == LimitHeaders::Scope::Shared;
    if (status == 401 || status == 403 || (status == 429 && !shared)) {
        m_invalid.push_back(now);
        keepSince(m_invalid, now - banWindow);
        if (m_invalid.size() >= size_t(invalidLimit))
            m_allHeld = std::max(m_allHeld, m_invalid[m_invalid.size() - invalidLimit] + banWindow);
    }
    if (status != 429)
        return;
    m_limited.push_back(now);
    keepSince(m_limited, now - banWindow);
    if (!headers.fromDiscord) {
        m_allHeld = std::max(m_allHeld, now + std::max(headers.retryAfter.value_or(0ms), afterCdn));
        return;
    }
    const Moment until = now + headers.retryAfter.value_or(headers.resetAfter.value_or(1s)) + margin;
    if (headers.scope == LimitHeaders::Scope::Global)
        m_botHeld = std::max(m_botHeld, until);
    else
        bucket.notBefore = std::max(bucket.notBefore, until);
}

std::optional<Moment> RateLimiter::nextWake(Moment now) const
{
    std::optional<Moment> next;
    const auto consider = [&next](Moment at) { next = next ? std::min(*next, at) : at; };
    for (const Bucket &bucket : m_buckets) {
        if (bucket.waiting.empty())
            continue;
        if (const auto at = freeAt(bucket, bucket.waiting.begin()->second.route, now))
            consider(*at);
        for (const auto &[ticket, waiting] : bucket.waiting)
            consider(waiting.giveUpAt);
    }
    return next;
}

// Interactions bring a bucket each, which nobody needs a moment later.
void RateLimiter::dropIdle(Moment now)
{
    if (m_buckets.size() < 64 || now < m_swept + 10s)
        return;
    m_swept = now;
    m_buckets.removeIf([now](const std::pair<const Key &, Bucket &> &entry) {
        const Bucket &bucket = entry.second;
        return bucket.waiting.empty() && bucket.inFlight == 0 && bucket.notBefore <= now && bucket.reset <= now;
    });
}

RateLimiter::Health RateLimiter::health(Moment now) const
{
    Health health;
    for (const Bucket &bucket : m_buckets) {
        health.waiting += qsizetype(bucket.waiting.size());
        health.longestQueue = std::max(health.longestQueue, qsizetype(bucket.waiting.size()));
    }
    const auto recent = [now](const std::deque<Moment> &all) {
        return int(std::count_if(all.begin(), all.end(), [now](Moment at) { return at + banWindow > now; }));
    };
    health.limited = recent(m_limited);
    health.invalid = recent(m_invalid);
    health.held = m_allHeld > now || m_botHeld > now;
    return health;
}

} // namespace hub::discord
