// Who may call Discord's API now. Knows what Discord said about its limits and lets each call wait its turn. Reads no
// clock and opens no connection. Not thread-safe.
//
// A bucket is what Discord names in an answer, together with the channel, guild or webhook of the call; before the
// first answer of a kind of call has named it, the kind stands for it. One call of a bucket is under way at a time, so
// that they keep their order (several connections would not), and each knows what the one before it left over.
//
// What a turn costs depends on the calls that it lets through, not on those that wait: a burst brings a bucket for each
// interaction.
#pragma once

#include "headless/discord/limitheaders.h"
#include "headless/discord/route.h"

#include <QHash>
#include <QList>

#include <array>
#include <deque>
#include <limits>
#include <map>
#include <unordered_map>

namespace hub::discord
{

class RateLimiter
{
public:
    using Ticket = quint64; // grows: the order in which calls were made

    static constexpr size_t perSecond = 50;   // calls with the bot's token
    static constexpr int invalidLimit = 9500; // refused calls in ten minutes; at 10,000 Discord bans the address

    // How many calls may be under way at once.
    struct Most {
        size_t callbacks = std::numeric_limits<size_t>::max();
        size_t others = std::numeric_limits<size_t>::max(); // and none of them goes while a callback waits for a place
    };
    RateLimiter();
    explicit RateLimiter(Most most);

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
    qsizetype buckets() const { return qsizetype(m_buckets.size()); }

private:
    struct Waiting {
        Route route;
        Moment giveUpAt;
    };
    // What the limits make a difference between.
    enum class Lane : size_t { Callback, Webhook, Bot };
    struct Bucket {
        std::map<Ticket, Waiting> waiting;
        int inFlight = 0;
        int left = 1;       // as Discord last said
        Moment reset{};     // from then on there are more again
        Moment notBefore{}; // after a 429 or a failure

        // By its own limits the first call may go then; nothing: none waits, or one is under way.
        struct Place {
            Lane lane;
            Moment at;
            Ticket first;
        };
        std::optional<Place> place{};

        bool isIdle(Moment now) const { return waiting.empty() && inFlight == 0 && notBefore <= now && reset <= now; }
    };
    struct Key {
        QString name; // of the bucket, or the kind of call while that is not known
        QString major;
        friend bool operator==(const Key &, const Key &) = default;
    };
    struct HashOfKey {
        size_t operator()(const Key &key) const { return qHashMulti(0, key.name, key.major); }
    };
    // The buckets whose first call may go as far as they are concerned.
    struct Queue {
        std::map<std::pair<Moment, Ticket>, Bucket *> later;
        std::map<Ticket, Bucket *> ready; // since the last turn
        size_t flying = 0;
    };

    static Lane laneOf(const Route &route);
    Queue &queueOf(const Route &route) { return m_queues[size_t(laneOf(route))]; }
    Key keyOf(const Route &route) const;
    void wait(Ticket ticket, Waiting waiting);
    void placeAgain(Bucket &bucket);
    void learnName(const Route &route, const QString &name);
    bool hasRoom(Lane lane) const;
    Moment heldUntil(Lane lane) const;
    std::optional<Lane> nextLane(Moment now) const;
    Ticket letThrough(Lane lane, Moment now);
    void heed(Bucket &bucket, int status, const LimitHeaders &headers, Moment now);
    void dropIdle(Moment now);

    const Most m_most;
    QHash<QString, QString> m_names;                          // kind of call → bucket
    std::unordered_map<Key, Bucket, HashOfKey> m_buckets;     // they stay where they are
    std::array<Queue, 3> m_queues;                            // by lane
    std::map<std::pair<Moment, Ticket>, Bucket *> m_patience; // of all that wait
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
