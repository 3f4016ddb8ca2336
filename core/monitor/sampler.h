// Looks at the machine as a whole, again and again; keeps what the next look is compared with. Used by one thread at a
// time, which may wait a moment.
#pragma once

#include "core/monitor/sensors.h"

namespace hub::monitor
{

class Sampler
{
public:
    explicit Sampler(Sources sources = Sources::ofThisMachine())
        : m_sources(std::move(sources))
    {
    }

    // `paths`: the file systems that hold them are looked at.
    Sample take(const QList<QByteArray> &paths, Instant now);

private:
    std::optional<std::chrono::milliseconds> jumpSince(Instant now, std::chrono::milliseconds uptime);

    Sources m_sources;
    std::optional<CpuTime> m_cpu;
    std::optional<std::pair<Instant, std::chrono::milliseconds>> m_last; // the clock and the uptime of the last look
};

} // namespace hub::monitor
