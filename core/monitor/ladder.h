// What the hub does about an overloaded machine, in steps: it stops admitting, then freezes the tasks of the lowest
// priority one by one, then goes into safe mode. Back down in reverse, except safe mode, which a person ends. Pure: the
// clock and the verdicts go in, what is to be done comes out.
#pragma once

#include "core/base/ids.h"
#include "core/monitor/verdict.h"

#include <QSet>

namespace hub::monitor
{

struct LadderRules {
    Step highest = Step::SafeMode;          // as far as it may go by itself
    bool adviseOnly = false;                // it says what it would do, and does nothing
    std::chrono::milliseconds pace{30000};  // between two steps up, so that the last one can show an effect
    std::chrono::milliseconds rest{120000}; // of calm before each step down
    std::chrono::milliseconds apart{0};     // a longer time between two calls is not waiting; 0: all is
    int patience = 3;                       // steps' worth of time that it stays critical before safe mode
};

// How far a figure may drive the ladder at each concern.
Step highestStepFor(Metric metric, Concern concern);

struct LadderMove {
    enum class Kind { StopAdmitting, AdmitAgain, Freeze, Thaw, EnterSafeMode } kind = Kind::StopAdmitting;
    std::optional<TaskId> task; // of Freeze and Thaw
    friend bool operator==(const LadderMove &, const LadderMove &) = default;
};

// Names in the audit trail.
inline constexpr EnumText<LadderMove::Kind> moveTexts[]{
    {LadderMove::Kind::StopAdmitting, QLatin1StringView("stop-admitting")},
    {LadderMove::Kind::AdmitAgain, QLatin1StringView("admit-again")},
    {LadderMove::Kind::Freeze, QLatin1StringView("hold-task")},
    {LadderMove::Kind::Thaw, QLatin1StringView("let-task-go-on")},
    {LadderMove::Kind::EnterSafeMode, QLatin1StringView("safe-mode")}};

// Tasks that could be frozen, the first one first: lowest priority, then the youngest.
using Candidates = QList<TaskId>;

class Ladder
{
public:
    struct State {
        bool admitting = true;
        QList<TaskId> frozen; // by the ladder; the last one thaws first
        bool safeMode = false;
        friend bool operator==(const State &, const State &) = default;
    };

    Ladder() = default;
    explicit Ladder(State state) // as a hub before this one left it
        : m_state(std::move(state))
    {
    }

    // At most one move for each call. `running`: what could still be frozen. `safeMode`: it is on, by whomever.
    std::optional<LadderMove> climb(const QList<Verdict> &standing, std::chrono::milliseconds uptime,
                                    const Candidates &running, bool safeMode, const LadderRules &rules);

    // What is held by now: a task that ended, or that a person let go on, is not the ladder's any more, and is spared
    // until the machine is well again.
    void sync(const QList<TaskId> &held);
    const State &state() const { return m_state; }

private:
    std::optional<LadderMove> up(Step wanted, std::chrono::milliseconds uptime, const Candidates &running,
                                 const LadderRules &rules);
    std::optional<LadderMove> down(Step wanted, std::chrono::milliseconds uptime, const LadderRules &rules);

    State m_state;
    QSet<TaskId> m_spared;
    std::optional<std::chrono::milliseconds> m_climbedAt, m_lastUp, m_calmSince, m_exhaustedSince;
};

} // namespace hub::monitor
