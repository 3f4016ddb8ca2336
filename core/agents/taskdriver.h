// Moves tasks along: admits them, prepares their trees, starts agents, counts turns, pauses, resumes, ends. Hub thread;
// slow work goes to the project's worker, stops go through the brake.
#pragma once

#include "core/agents/profile.h"
#include "core/agents/runkeeper.h"
#include "core/git/guard.h"
#include "core/monitor/alertcenter.h"
#include "core/posix/shimspec.h"
#include "core/recovery/treekeeper.h"

#include <QTimer>

namespace hub::agents
{

// Lifecycle calls of agents that came over stdio; inside the transaction that moves the run's position.
class ToolPort
{
public:
    virtual ~ToolPort() = default;
    virtual Result<> onAsked(const Run &run, const Asked &asked) = 0;
    // The run that would have got the answers has ended.
    virtual Result<> onRunEnded(const Run &run) = 0;
};

struct DriverConfig {
    QByteArray shimProgram;
    QByteArray hookProgram;                  // for the ref guard
    QString hubId;                           // in the marks of its runs
    QMap<QString, QString> agentEnvironment; // how an agent's agenthubctl finds this hub
};

// The step of a working tree that this run is; nothing for an agent's.
inline std::optional<recovery::TreeStep> stepOf(const Run &run)
{
    const auto step = enumFromText(recovery::treeStepTexts, run.adapter, u"step");
    return step ? std::optional(*step) : std::nullopt;
}

inline constexpr qint64 memoryPerAgent = 700ll << 20; // bytes; as many as fit into the free memory may run at once

class TaskDriver final : public QObject, public RunListener, public recovery::RunControl, public recovery::TreeSteps
{
    Q_OBJECT

public:
    TaskDriver(state::Stores &stores, Brake &brake, RunKeeper &runs, Workers &workers, const ProfileBook &profiles,
               recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts, const DataFolder &data,
               const Settings &settings, DriverConfig config);
    void setToolPort(ToolPort &tools) { m_tools = &tools; }
    void setTreeKeeper(recovery::TreeKeeper &trees) { m_trees = &trees; }

    // At start: takes over the runs that live, settles those that don't, goes on with what was under way. Tasks in
    // `unfinished` (a rollback of theirs is being finished) stay frozen until that is done.
    Result<> adopt(const QSet<TaskId> &unfinished);

    // Inside CommitGroup work; what follows from them is done after the commit.
    Result<Task> assign(const TaskSpec &spec);
    Result<> say(const Task &task, const QString &text, const QString &author, bool now);
    Result<> resume(const Task &task, const QString &who, const QString &notes);
    Result<> recordPause(const Scope &scope, const QString &who, const QString &reason);
    Result<> endPause(const Scope &scope);
    Result<> leaveSafeMode();
    // After the brake has frozen all. Keeps the first reason, and answers with it, when it is on already.
    Result<std::optional<state::SafeMode>> recordSafeMode(const QString &who, const QString &reason,
                                                          const StopReport &report, const QString &frozen);
    // Every living run is ended at once, frozen or not; their tasks are interrupted. How many.
    Result<int> endAllRuns(const QString &reason);
    // After the brake has frozen it: the machine can't carry this task now. It goes on by letGo().
    Result<> recordOverload(TaskId task, const QString &reason);
    Result<> letGo(TaskId task);
    // Not inside work. The sentence that says why nothing new starts, for as long as the machine is overloaded; empty:
    // it may.
    void stopAdmitting(const QString &why);
    // The same with the figures of this moment, for whoever asks; nothing when it may.
    void noteOverload(const QString &why);
    const QString &overload() const { return m_overload; }

    // Saves what is there, then ends the task and its run. `state` is cancelled, completed or failed.
    // `also` is committed together with it, inside that work.
    using Also = std::function<Result<>(const Result<Checkpoint> &last)>;
    QFuture<Result<>> finish(TaskId task, TaskState state, const QString &reason, const QString &who,
                             const Also &also = {});

    // (Re)starts the timer of automatic checkpoints.
    void watchClock(TaskId task);

    // Every reason why the task may not go on now; empty: it may. Reads the database only. An overload keeps off what
    // has no run yet, and is of no matter to what runs.
    Result<QStringList> blockers(const Task &task) const;
    // Every reason why a queued task is not started now; empty: it may start.
    Result<QString> waitsFor(const Task &task) const;
    int runningLimit() const;

    // Looks whether waiting tasks may start. Cheap; called after every change that could let one.
    void admit();

    // recovery::RunControl
    Result<> hold(TaskId task, Stillness why) override;
    void release(TaskId task, Stillness why) override;
    Result<> endRun(TaskId task, const QString &reason) override;

    // recovery::TreeSteps
    QFuture<Result<std::optional<recovery::StepOutcome>>> runStep(TaskId task, recovery::TreeStep step) override;

    // RunListener
    Result<> onSaid(const Run &run, const Said &said) override;
    Result<> onAsked(const Run &run, const Asked &asked) override;
    Result<> onAnswered(const Run &run, const Answered &answered) override;
    Result<> onBroken(const Run &run, const Broken &broken) override;
    Result<> onEnded(const Run &run, const std::optional<posix::RunExit> &end) override;

    // Inside CommitGroup work: the state of a task that was moved aside (paused, asked) as it follows from its run.
    Result<TaskState> stateByRun(const Task &task) const;
    // Inside CommitGroup work: tells front ends of the task as it is after the commit.
    void announce(TaskId task);

Q_SIGNALS:
    void taskChanged(const hub::Task &task);
    void messageAdded(const hub::TaskId &task, qint64 seq);

private:
    static inline const QString endedByStop = QStringLiteral("emergency stop"); // why a run was ended
    static constexpr std::chrono::milliseconds politeEnd{5000}; // between asking an agent to end and making it

    struct Launch {
        Run run;
        posix::ShimSpec spec;
        Holds holds;
        quint64 epoch = 0;
    };

    // taskdriver.cpp: from queued to running
    Result<> admitNow();
    Result<QString> holderOfCheckout(const Task &task) const;
    Result<QStringList> crowdBefore(const Task &task) const;
    Result<bool> mayStart(const Task &task);
    Result<std::optional<Launch>> plan(TaskId task);
    Result<> start(TaskId task);
    Result<> launch(const Launch &launch) const;
    void keepLaunched(const Launch &launch);
    void setEnvironment(posix::ShimSpec &spec, const Task &task, const QStringList &names,
                        const QMap<QString, QString> &more) const;
    Result<posix::ShimSpec> specFor(const Task &task, const Profile &profile, const Run &run,
                                    const QString &prompt) const;
    Result<QString> nextPrompt(const Task &task);
    // `ended`: its run was there, and is over.
    void startFailed(TaskId task, const Error &error, bool ended = false);

    // taskprepare.cpp: the place where the agent works
    struct Preparation {
        Task task;
        state::Project project;
        git::GuardRules rules;
        QString setUp; // what setup was run with last
    };
    void prepareAndStart(TaskId task);
    void startPrepared(TaskId task);
    Result<Preparation> preparation(TaskId task);
    Result<bool> isFree(TaskId task);
    Result<> prepare(const Preparation &facts);
    Result<> makeTree(const Task &task, const state::Project &project, const git::GuardRules &rules);
    Result<bool> isSetUp(const Preparation &facts) const;

    // tasksteps.cpp: setup, check and teardown
    using Waiting = std::shared_ptr<QPromise<Result<std::optional<recovery::StepOutcome>>>>;
    Result<std::optional<Launch>> planStep(TaskId task, recovery::TreeStep step);
    Result<> startStep(TaskId task, recovery::TreeStep step, const Waiting &waiting);
    void limitStep(const Run &run);
    Instant heldSince(const Task &task) const;
    void countStep(RunId run);
    Result<recovery::StepOutcome> outcomeOf(const Run &run, const Task &task, recovery::TreeStep step,
                                            const std::optional<posix::RunExit> &end, const QString &how) const;
    Result<> stepEnded(const Run &run, const Task &task, recovery::TreeStep step,
                       const std::optional<posix::RunExit> &end, const QString &how);
    Result<> setupEnded(const Run &run, const Task &task, const std::optional<posix::RunExit> &end,
                        const recovery::StepOutcome &outcome);
    void goOnAfterSetup(TaskId task);

    // taskturns.cpp: turns and ends of runs
    Result<> endTurn(const Task &task, const QString &outcome, const QString &errorText);
    void afterTurn(TaskId task, bool failed);
    Result<> beginNextTurn(TaskId task);
    void goOn(TaskId task); // the same, as work of its own
    void noteSaved(TaskId task, const QString &when, const Result<std::optional<Checkpoint>> &saved);
    void saveSucceeded(TaskId task);
    void saveThenStart(TaskId task);
    void saveLast(TaskId task, const QString &notes);
    Result<> crashed(const Task &task, const Run &run, const QString &what);
    // Inside CommitGroup work: an error of an agent is counted, said in the conversation, and told: the more it
    // repeats, the louder.
    Result<> noteError(const Task &task, std::optional<RunId> run, const QString &title, const QString &what,
                       AlertLevel least, const QString &advice = {});
    void afterCrash(TaskId task);
    Result<> goOnAfterCrash(TaskId task);
    Result<> post(TaskId task, const Message &message);
    void watchIdle(RunId run, TaskId task);

    // taskcontrol.cpp: holds, pauses, adoption
    Result<Holds> holdsFor(const Task &task) const;
    void decideHolds(RunId run);
    void tellFrozen(RunId run);
    void settleFrozen(RunId run);
    Result<> unpause(const Task &task);
    Result<> endOverload(TaskId task, const QString &why);
    void sweepRunFolders();
    Result<> settleDead(const Run &run, const Task &task);
    Result<> leaveToEnd(const Run &run);
    Result<> finishJob(TaskId task, TaskState state, const QString &reason, const QString &who, const Also &also);

    state::Stores &m_stores;
    Brake &m_brake;
    RunKeeper &m_runs;
    Workers &m_workers;
    const ProfileBook &m_profiles;
    recovery::Checkpointer &m_checkpointer;
    monitor::AlertCenter &m_alerts;
    const DataFolder &m_data;
    const Settings &m_settings;
    DriverConfig m_config;
    ToolPort *m_tools = nullptr;
    recovery::TreeKeeper *m_trees = nullptr;
    QSet<TaskId> m_unfinished; // tasks whose rollback is being finished
    std::map<TaskId, std::unique_ptr<QTimer>> m_clocks;
    std::map<RunId, std::unique_ptr<QTimer>> m_idle;
    struct StepLimit {
        std::unique_ptr<QTimer> timer;
        std::chrono::milliseconds left{0}; // of the time that it may take
    };
    std::map<RunId, StepLimit> m_stepLimits;
    std::map<RunId, Waiting> m_stepsWaited; // who asked for a step of this hub's life
    QSet<TaskId> m_savedBefore;             // tasks about which no alert of a failed checkpoint can be open
    QString m_overload;                     // why nothing starts
    bool m_admitting = false;
};

} // namespace hub::agents
