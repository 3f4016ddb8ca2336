#include "headless/discord/ratelimiter.h"

#include <algorithm>
#include <utility>

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

RateLimiter::RateLimiter()
    : RateLimiter(Most{})
{
}

RateLimiter::RateLimiter(Most most)
    : m_most(most)
{
}

RateLimiter::Key RateLimiter::keyOf(const Route &route) const
{
    return {m_names.value(route.kind, route.kind), route.major};
}

RateLimiter::Lane RateLimiter::laneOf(const Route &route)
{
    if (route.callback)
        return Lane::Callback;
    return route.isCountedGlobally() ? Lane::Bot : Lane::Webhook;
}

RateLimiter::Ticket RateLimiter::add(const Route &route, Moment giveUpAt)
{
    wait(++m_last, {route, giveUpAt});
    return m_last;
}

void RateLimiter::again(Ticket ticket, const Route &route, Moment giveUpAt, Moment notBefore)
{
    Bucket &bucket = m_buckets[keyOf(route)];
    bucket.notBefore = std::max(bucket.notBefore, notBefore);
    wait(ticket, {route, giveUpAt});
}

void RateLimiter::wait(Ticket ticket, Waiting waiting)
{
    Bucket &bucket = m_buckets[keyOf(waiting.route)];
    m_patience.insert_or_assign({waiting.giveUpAt, ticket}, &bucket);
    bucket.waiting.insert_or_assign(ticket, std::move(waiting));
    placeAgain(bucket);
}

// After every change of what says when its first call may go.
void RateLimiter::placeAgain(Bucket &bucket)
{
    if (const auto old = std::exchange(bucket.place, std::nullopt)) {
        m_queues[size_t(old->lane)].later.erase({old->at, old->first});
        m_queues[size_t(old->lane)].ready.erase(old->first);
    }
    if (bucket.waiting.empty() || bucket.inFlight > 0)
        return;
    const auto &[ticket, waiting] = *bucket.waiting.begin();
    const Moment at = bucket.left <= 0 ? std::max(bucket.notBefore, bucket.reset) : bucket.notBefore;
    bucket.place = {laneOf(waiting.route), at, ticket};
    queueOf(waiting.route).later.emplace(std::pair(at, ticket), &bucket);
}

Moment RateLimiter::heldUntil(Lane lane) const
{
    if (lane != Lane::Bot)
        return m_allHeld;
    const Moment held = std::max(m_allHeld, m_botHeld);
    return m_global.size() < perSecond ? held : std::max(held, m_global[m_global.size() - perSecond] + second);
}

// Without room, the next answer makes some.
bool RateLimiter::hasRoom(Lane lane) const
{
    const auto &[callbacks, webhooks, bot] = m_queues;
    const bool forCallbacks = callbacks.flying < m_most.callbacks;
    if (lane == Lane::Callback)
        return forCallbacks;
    return (forCallbacks || callbacks.ready.empty()) && webhooks.flying + bot.flying < m_most.others;
}

// Whose first call goes next. The oldest of all buckets: the share of the global limit goes to whoever waits longest.
std::optional<RateLimiter::Lane> RateLimiter::nextLane(Moment now) const
{
    std::optional<Lane> next;
    Ticket oldest = 0;
    for (const Lane lane : {Lane::Callback, Lane::Webhook, Lane::Bot}) {
        const Queue &queue = m_queues[size_t(lane)];
        if (queue.ready.empty() || !hasRoom(lane) || heldUntil(lane) > now)
            continue;
        if (const Ticket first = queue.ready.begin()->first; !next || first < oldest) {
            next = lane;
            oldest = first;
        }
    }
    return next;
}

RateLimiter::Ticket RateLimiter::letThrough(Lane lane, Moment now)
{
    Queue &queue = m_queues[size_t(lane)];
    const auto [ticket, bucket] = *queue.ready.begin();
    const Waiting waiting = bucket->waiting.extract(ticket).mapped();
    m_patience.erase({waiting.giveUpAt, ticket});
    if (lane == Lane::Bot)
        m_global.push_back(now);
    ++queue.flying;
    ++bucket->inFlight;
    placeAgain(*bucket);
    m_flying.insert(ticket, waiting.route);
    return ticket;
}

RateLimiter::Turn RateLimiter::turn(Moment now)
{
    Turn turn;
    keepSince(m_global, now - second);
    dropIdle(now);
    while (!m_patience.empty() && m_patience.begin()->first.first <= now) {
        const auto [key, bucket] = *m_patience.begin();
        m_patience.erase(m_patience.begin());
        bucket->waiting.erase(key.second);
        placeAgain(*bucket);
        turn.expired.append(key.second);
    }
    for (Queue &queue : m_queues) {
        while (!queue.later.empty() && queue.later.begin()->first.first <= now) {
            queue.ready.emplace(queue.later.begin()->first.second, queue.later.begin()->second);
            queue.later.erase(queue.later.begin());
        }
    }
    while (const auto lane = nextLane(now))
        turn.go.append(letThrough(*lane, now));
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
    std::map<Ticket, Waiting> moved;
    for (auto &[key, bucket] : m_buckets) {
        if (key.name != old)
            continue;
        for (auto it = bucket.waiting.begin(); it != bucket.waiting.end();) {
            const auto here = it++;
            if (here->second.route.kind == route.kind)
                moved.insert(bucket.waiting.extract(here));
        }
        placeAgain(bucket);
    }
    for (auto &[ticket, waiting] : moved)
        wait(ticket, std::move(waiting));
    for (const Route &flying : m_flying) {
        if (flying.kind == route.kind) {
            Bucket &before = m_buckets[Key{old, flying.major}], &now = m_buckets[keyOf(flying)];
            --before.inFlight;
            ++now.inFlight;
            placeAgain(before);
            placeAgain(now);
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
    --queueOf(route).flying;
    Bucket &bucket = m_buckets[keyOf(route)];
    --bucket.inFlight;
    if (headers.remaining && headers.resetAfter) {
        bucket.left = *headers.remaining;
        bucket.reset = now + *headers.resetAfter + margin;
    }
    heed(bucket, status, headers, now);
    placeAgain(bucket);
    if (bucket.isIdle(now))
        m_buckets.erase(keyOf(route));
}

// What a refusal means for the calls to come.
void RateLimiter::heed(Bucket &bucket, int status, const LimitHeaders &headers, Moment now)
{
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
    if (!m_patience.empty())
        consider(m_patience.begin()->first.first);
    for (const Lane lane : {Lane::Callback, Lane::Webhook, Lane::Bot}) {
        const Queue &queue = m_queues[size_t(lane)];
        if (!hasRoom(lane))
            continue;
        if (!queue.ready.empty())
            consider(std::max(now, heldUntil(lane)));
        else if (!queue.later.empty())
            consider(std::max({now, queue.later.begin()->first.first, heldUntil(lane)}));
    }
    return next;
}

// Interactions bring a bucket each, which nobody needs when its reset is over.
void RateLimiter::dropIdle(Moment now)
{
    if (m_buckets.size() < 64 || now < m_swept + 10s)
        return;
    m_swept = now;
    std::erase_if(m_buckets, [now](const auto &entry) { return entry.second.isIdle(now); });
}

RateLimiter::Health RateLimiter::health(Moment now) const
{
    Health health{.waiting = qsizetype(m_patience.size())};
    for (const auto &[key, bucket] : m_buckets)
        health.longestQueue = std::max(health.longestQueue, qsizetype(bucket.waiting.size()));
    const auto recent = [now](const std::deque<Moment> &all) {
        return int(std::count_if(all.begin(), all.end(), [now](Moment at) { return at + banWindow > now; }));
    };
    health.limited = recent(m_limited);
    health.invalid = recent(m_invalid);
    health.held = m_allHeld > now || m_botHeld > now;
    return health;
}

} // namespace hub::discord
