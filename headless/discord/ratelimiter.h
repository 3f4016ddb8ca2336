// Who may call Discord's API now. Knows what Discord said about its limits and lets each call wait its turn. Reads no
// clock and opens no connection. Not thread-safe.
//
// A bucket is what Discord names in an answer, together with the channel, guild or webhook of the call; before the
// first answer of a kind of call has named it, the kind stands for it. One call of a bucket is under way at a time, so
// that they keep their order (several connections would not), and each knows what the one before it left over.
#pragma once

#include "headless/discord/limitheaders.h"
#include "headless/discord/route.h"

#include <QHash>
#include <QList>

#include <deque>
#include <map>

namespace hub::discord
{

class RateLimiter
{
public:
    using Ticket = quint64; // grows: the order in which calls were made

    static constexpr size_t perSecond = 50;   // calls with the bot's token
    static constexpr int invalidLimit = 9500; // refused calls in ten minutes; at 10,000 Discord bans the address

    Ticket add(const Route &route, Moment giveUpAt);
    // After answered(): the same call once more, before all that came later. `notBefore` holds its whole bucket, so
    // that the order is kept.
    void again(Ticket ticket, const Route &route, Moment giveUpAt, Moment notBefore);

    struct Turn {
        QList<Ticket> go;      // to be sent now
        QList<Ticket> expired; // their time ran out while they waited; they are forgotten
    };
    Turn turn(Moment now);

    // To be called for each ticket that was let through. `status` 0: no answer came.
    void answered(Ticket ticket, int status, const LimitHeaders &headers, Moment now);

    // When turn() may have something new.
    std::optional<Moment> nextWake(Moment now) const;

    struct Health {
        qsizetype waiting = 0;
        qsizetype longestQueue = 0;
        int limited = 0; // answers 429 within ten minutes
        int invalid = 0; // that count towards the ban
        bool held = false;
    };
    Health health(Moment now) const;
    qsizetype buckets() const { return m_buckets.size(); }

private:
    struct Waiting {
        Route route;
        Moment giveUpAt;
    };
    struct Bucket {
        std::map<Ticket, Waiting> waiting;
        int inFlight = 0;
        int left = 1;       // as Discord last said
        Moment reset{};     // from then on there are more again
        Moment notBefore{}; // after a 429 or a failure
    };
    struct Key {
        QString name; // of the bucket, or the kind of call while that is not known
        QString major;
        friend bool operator==(const Key &, const Key &) = default;
        friend size_t qHash(const Key &key, size_t seed = 0) { return qHashMulti(seed, key.name, key.major); }
    };

    Key keyOf(const Route &route) const;
    void learnName(const Route &route, const QString &name);
    std::optional<Moment> freeAt(const Bucket &bucket, const Route &route, Moment now) const;
    void dropIdle(Moment now);

    QHash<QString, QString> m_names; // kind of call → bucket
    QHash<Key, Bucket> m_buckets;
    QHash<Ticket, Route> m_flying;
    Ticket m_last = 0;
    std::deque<Moment> m_global;  // calls of the last second
    std::deque<Moment> m_invalid; // of the last ten minutes
    std::deque<Moment> m_limited;
    Moment m_botHeld{}; // a global 429
    Moment m_allHeld{}; // Discord's CDN, or the count of invalid calls
    Moment m_swept{};
};

} // namespace hub::discord
