#include "core/monitor/sampler.h"

namespace hub::monitor
{

namespace
{

// A clock that is slewed, or read a moment later than the uptime, is no jump.
constexpr std::chrono::milliseconds smallestJump{2000};
// A board without a battery starts in 1970, or where it was switched off.
constexpr Instant earliest = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

} // namespace

std::optional<std::chrono::milliseconds> Sampler::jumpSince(Instant now, std::chrono::milliseconds uptime)
{
    const auto last = std::exchange(m_last, std::pair(now, uptime));
    if (!last)
        return std::nullopt;
    const auto jump = (now - last->first) - (uptime - last->second);
    return std::chrono::abs(jump) >= smallestJump ? std::optional(jump) : std::nullopt;
}

Sample Sampler::take(const QList<QByteArray> &paths, Instant now)
{
    const auto uptime = m_sources.uptime();
    Sample sample{.at = now,
                  .uptime = uptime,
                  .cores = coreCount(m_sources),
                  .load = readLoad(m_sources),
                  .memory = readMemory(m_sources),
                  .cpuPressure = readPressure(m_sources, "cpu"),
                  .memoryPressure = readPressure(m_sources, "memory"),
                  .ioPressure = readPressure(m_sources, "io"),
                  .disks = readDisks(m_sources, paths),
                  .temperatures = readTemperatures(m_sources),
                  .throttle = readThrottle(m_sources),
                  .timeJump = jumpSince(now, uptime),
                  .clockIsSet = now >= earliest};
    const auto cpu = readCpuTime(m_sources);
    if (cpu && m_cpu)
        sample.cpu = cpuPercent(*m_cpu, *cpu);
    m_cpu = cpu;
    return sample;
}

} // namespace hub::monitor
