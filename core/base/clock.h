// Time as an input, so that tests can turn the clock.
#pragma once

#include <QString>

#include <chrono>

namespace hub
{

// Wall-clock time, UTC, to the millisecond: what is stored and shown.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock
{
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock
{
public:
    Instant now() const override
    {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

inline qint64 toMillis(Instant t) { return t.time_since_epoch().count(); }
inline Instant fromMillis(qint64 ms) { return Instant{std::chrono::milliseconds{ms}}; }

// "2026-01-31T14:05:06.789Z"
QString toIso(Instant t);
// The local time of day for people: "14:05" today, else "2026-01-31 14:05".
QString toLocalShort(Instant t, Instant now);
// "3 min ago", "just now", "2 h ago", "5 days ago"
QString agoText(Instant t, Instant now);
// "90 s", "12 min", "3 h 5 min"
QString durationText(std::chrono::milliseconds d);

} // namespace hub
