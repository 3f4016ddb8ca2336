#include "core/monitor/ladder.h"

#include <algorithm>
#include <utility>

namespace hub::monitor
{

Step highestStepFor(Metric metric, Concern concern)
{
    if (concern == Concern::Fine)
        return Step::None;
    const bool critical = concern == Concern::Critical;
    switch (metric) {
    // A compiler uses all cores, and should; what is swapped out stays so while nothing runs: no reason to stop what
    // runs.
    case Metric::Cpu:
    case Metric::Load:
    case Metric::CpuPressure:
    case Metric::Swap: return critical ? Step::StopAdmitting : Step::None;
    // Slow, but nothing gets lost.
    case Metric::IoPressure: return critical ? Step::FreezeLowest : Step::StopAdmitting;
    // Nearly full is far from full; when it is, DiskGuard freezes all and lets them go on by itself.
    case Metric::Disk:
    case Metric::Inodes: return critical ? Step::StopAdmitting : Step::None;
    // Here the machine, or work on it, is in danger.
    case Metric::Memory:
    case Metric::MemoryPressure:
    case Metric::Temperature:
    case Metric::Supply: return critical ? Step::SafeMode : Step::StopAdmitting;
    case Metric::Agents:
    case Metric::Paused:
    case Metric::AgentCpu:
    case Metric::AgentMemory: return Step::None;
    }
    Q_UNREACHABLE();
}

void Ladder::sync(const QList<TaskId> &held)
{
    for (const TaskId &task : QList<TaskId>(m_state.frozen)) {
        if (!held.contains(task)) {
            m_state.frozen.removeOne(task);
            m_spared.insert(task);
        }
    }
    for (const TaskId &task : held) {
        if (!m_state.frozen.contains(task))
            m_state.frozen.append(task);
    }
}

std::optional<LadderMove> Ladder::climb(const QList<Verdict> &standing, std::chrono::milliseconds uptime,
                                        const Candidates &running, bool safeMode, const LadderRules &rules)
{
    m_state.safeMode = safeMode;
    const auto before = std::exchange(m_climbedAt, uptime);
    if (before && rules.apart.count() > 0 && uptime - *before > rules.apart) { // nobody saw how it was meanwhile
        m_exhaustedSince.reset();
        m_calmSince.reset();
    }
    Step wanted = Step::None;
    for (const Verdict &verdict : standing)
        wanted = std::max(wanted, highestStepFor(verdict.metric, verdict.concern));
    wanted = std::min(wanted, rules.highest);
    if (wanted == Step::None)
        m_spared.clear();
    if (safeMode) { // all is frozen already; going back down is for after it
        m_exhaustedSince.reset();
        m_calmSince.reset();
        return std::nullopt;
    }
    if (auto move = up(wanted, uptime, running, rules)) {
        m_calmSince.reset();
        return move;
    }
    return down(wanted, uptime, rules);
}

std::optional<LadderMove> Ladder::up(Step wanted, std::chrono::milliseconds uptime, const Candidates &running,
                                     const LadderRules &rules)
{
    if (wanted >= Step::StopAdmitting && m_state.admitting) {
        m_state.admitting = false;
        m_lastUp = uptime;
        return LadderMove{LadderMove::Kind::StopAdmitting, {}};
    }
    if (wanted < Step::FreezeLowest) {
        m_exhaustedSince.reset();
        return std::nullopt;
    }
    if (m_lastUp && uptime - *m_lastUp < rules.pace)
        return std::nullopt;
    const auto free = [&](TaskId task) { return !m_state.frozen.contains(task) && !m_spared.contains(task); };
    const auto next = std::find_if(running.begin(), running.end(), free);
    // One agent goes on as long as freezing the others may still help.
    const qsizetype left = std::count_if(running.begin(), running.end(), free) + m_spared.size();
    if (left > 1 && next != running.end()) {
        m_state.frozen.append(*next);
        m_lastUp = uptime;
        m_exhaustedSince.reset();
        return LadderMove{LadderMove::Kind::Freeze, *next};
    }
    if (wanted < Step::SafeMode || running.isEmpty()) { // what is in danger is not of the agents' making
        m_exhaustedSince.reset();
        return std::nullopt;
    }
    if (!m_exhaustedSince)
        m_exhaustedSince = uptime;
    if (uptime - *m_exhaustedSince >= rules.pace * rules.patience) {
        m_exhaustedSince.reset();
        m_state.safeMode = true;
        return LadderMove{LadderMove::Kind::EnterSafeMode, {}};
    }
    return std::nullopt;
}

std::optional<LadderMove> Ladder::down(Step wanted, std::chrono::milliseconds uptime, const LadderRules &rules)
{
    const bool tooHigh = wanted < Step::FreezeLowest && !m_state.frozen.isEmpty();
    const bool idle = wanted == Step::None && m_state.frozen.isEmpty() && !m_state.admitting;
    if (!tooHigh && !idle) {
        m_calmSince.reset();
        return std::nullopt;
    }
    if (!m_calmSince)
        m_calmSince = uptime;
    if (uptime - *m_calmSince < rules.rest)
        return std::nullopt;
    m_calmSince = uptime;
    if (tooHigh)
        return LadderMove{LadderMove::Kind::Thaw, m_state.frozen.takeLast()};
    m_state.admitting = true;
    return LadderMove{LadderMove::Kind::AdmitAgain, {}};
}

} // namespace hub::monitor
