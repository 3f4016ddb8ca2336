// Holding still and letting go: pauses, safe mode, rollbacks; and taking runs over after a restart of the hub.
#include "core/agents/taskdriver.h"

#include "core/agents/remains.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QThread>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

constexpr std::chrono::seconds endLimit{15};

} // namespace

Result<Holds> TaskDriver::holdsFor(const Task &task) const
{
    Holds holds;
    HUB_TRY(const auto safe, m_stores.holds.safeMode());
    HUB_TRY(const auto taskPause, m_stores.holds.pauseOf(u"task"_s, task.id.toString()));
    HUB_TRY(const auto agentPause, m_stores.holds.pauseOf(u"agent"_s, task.spec.agent.toString()));
    holds.setFlag(Hold::SafeMode, safe.has_value());
    holds.setFlag(Hold::TaskPause, taskPause.has_value());
    holds.setFlag(Hold::AgentPause, agentPause.has_value());
    HUB_TRY(const auto overload, m_stores.holds.pauseOf(u"overload"_s, task.id.toString()));
    holds.setFlag(Hold::Overload, overload.has_value());
    HUB_TRY(const auto full, m_stores.holds.fullDisks());
    holds.setFlag(Hold::FullDisk, !full.isEmpty());
    holds.setFlag(Hold::Rollback, m_unfinished.contains(task.id));
    return holds;
}

// A stop came after this run's holds were decided; by now its record is among the work before this.
void TaskDriver::decideHolds(RunId id)
{
    struct Decision {
        Run run;
        Holds holds;
        quint64 epoch;
    };
    whenDone(m_stores.commits.submit([this, id]() -> Result<Decision> {
        HUB_TRY(const Run run, m_stores.runs.get(id));
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        const quint64 epoch = m_brake.epoch();
        HUB_TRY(const Holds holds, holdsFor(task));
        return Decision{run, holds, epoch};
    }),
             this, [this, id](const Result<Decision> &decision) {
                 if (!decision) {
                     qCWarning(lcAgents).noquote()
                         << "run" << id.toString() << "stays held:" << decision.error().message;
                     return;
                 }
                 m_brake.watch(RunPlace::of(decision->run), decision->holds, decision->epoch);
             });
}

// The hub died between freezing it and recording why. Who wanted that isn't known, so a person has to say.
void TaskDriver::tellFrozen(RunId id)
{
    m_stores.commits.submit([this, id]() -> Result<> {
        HUB_TRY(const Run run, m_stores.runs.get(id));
        const QString task = run.task.toString();
        HUB_CHECK(m_alerts.raise({.type = AlertType::ManualIntervention,
                                  .level = AlertLevel::Warning,
                                  .subject = u"frozen run "_s + id.toString(),
                                  .title = u"Task #%1 is frozen, and no record says why"_s.arg(task),
                                  .description = u"A stop was probably cut off before it was recorded. Its agent stays "
                                                 "as it is until resume-task %1 or cancel-task %1."_s.arg(task),
                                  .task = run.task,
                                  .agent = run.agent}));
        return {};
    });
}

void TaskDriver::settleFrozen(RunId id)
{
    m_stores.commits.submit([this, id] {
        return m_alerts.resolveSubject(AlertType::ManualIntervention, u"frozen run "_s + id.toString(),
                                       u"it is not frozen any more"_s);
    });
}

Result<> TaskDriver::hold(TaskId task, Stillness why)
{
    const Hold reason = why == Stillness::Scan ? Hold::Scan : Hold::Rollback;
    HUB_TRY(const StopReport report, takeResult(m_brake.hold({.task = task}, reason)));
    if (!report.complete()) {
        release(task, why);
        return fail(
            ErrorCode::Process,
            u"The agent of task #%1 could not be held still, so its files were not touched."_s.arg(task.toString()),
            u"agenthubctl doctor"_s);
    }
    // What it said before it was frozen belongs before the files as they are now.
    for (;;) {
        auto stored = m_stores.commits.ask([&]() -> Result<bool> {
            HUB_TRY(const auto run, m_stores.runs.livingOf(task));
            return run ? m_runs.drain(run->id) : Result<bool>(true);
        });
        if (!stored) {
            release(task, why);
            return std::move(stored).error();
        }
        if (*stored)
            return {};
    }
}

void TaskDriver::release(TaskId task, Stillness why)
{
    m_brake.release({.task = task}, why == Stillness::Scan ? Hold::Scan : Hold::Rollback);
    if (why == Stillness::Rollback)
        QMetaObject::invokeMethod(this, [this, task] { m_unfinished.remove(task); });
}

Result<> TaskDriver::endRun(TaskId task, const QString &reason)
{
    HUB_TRY(const auto run, m_stores.commits.ask([&]() -> Result<std::optional<Run>> {
        HUB_TRY(const auto living, m_stores.runs.livingOf(task));
        if (living)
            HUB_CHECK(m_stores.runs.setEnding(living->id, reason));
        return living;
    }));
    if (!run)
        return {};
    m_brake.end(run->id, std::chrono::milliseconds{0});
    QDeadlineTimer deadline(endLimit);
    while (!deadline.hasExpired()) {
        HUB_TRY(const bool living, m_stores.commits.ask([&]() -> Result<bool> {
            HUB_CHECK(m_runs.drain(run->id));
            HUB_TRY(const Run now, m_stores.runs.get(run->id));
            return now.state == RunState::Starting || now.state == RunState::Running;
        }));
        if (!living)
            return {};
        QThread::msleep(5);
    }
    return fail(ErrorCode::Timeout,
                u"The agent of task #%1 did not end within %2 s."_s.arg(task.toString()).arg(endLimit.count()));
}

Result<TaskState> TaskDriver::stateByRun(const Task &task) const
{
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    if (!run) {
        HUB_TRY(const bool ended, m_stores.talk.lastTurnEnded(task.id));
        return !task.startedAt ? TaskState::Queued : ended ? TaskState::NeedsReview : TaskState::Interrupted;
    }
    if (stepOf(*run) == recovery::TreeStep::Setup)
        return TaskState::Preparing;
    HUB_TRY(const auto approvals, m_stores.approvals.list(task.id, ApprovalState::Open));
    if (!approvals.isEmpty())
        return TaskState::AwaitingApproval;
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    return turn ? TaskState::Running : TaskState::NeedsReview;
}

Result<> TaskDriver::recordPause(const Scope &scope, const QString &who, const QString &reason)
{
    const bool one = scope.task.has_value();
    HUB_CHECK(m_stores.holds.pause(one ? u"task"_s : u"agent"_s, one ? scope.task->toString() : scope.agent->toString(),
                                   who, reason));
    HUB_TRY(const auto open,
            m_stores.tasks.inStates({TaskState::Queued, TaskState::Preparing, TaskState::Running,
                                     TaskState::AwaitingApproval, TaskState::NeedsReview, TaskState::Interrupted}));
    for (const Task &task : open) {
        HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
        if (task.state == TaskState::Preparing && !run)
            continue; // mayStart() sees the pause
        const bool working = task.state == TaskState::Running || task.state == TaskState::AwaitingApproval ||
                             task.state == TaskState::Preparing;
        const bool meant = one ? task.id == *scope.task : task.spec.agent == *scope.agent && working;
        if (!meant)
            continue;
        HUB_CHECK(
            m_stores.tasks.setState(task.id, TaskState::Paused, reason.isEmpty() ? u"paused by "_s + who : reason));
        announce(task.id);
    }
    m_stores.commits.afterCommit([this] { admit(); }); // one reason more for those that wait
    return {};
}

Result<> TaskDriver::unpause(const Task &task)
{
    if (task.state != TaskState::Paused)
        return {};
    HUB_TRY(const auto byTask, m_stores.holds.pauseOf(u"task"_s, task.id.toString()));
    HUB_TRY(const auto byAgent, m_stores.holds.pauseOf(u"agent"_s, task.spec.agent.toString()));
    HUB_TRY(const auto byOverload, m_stores.holds.pauseOf(u"overload"_s, task.id.toString()));
    if (byTask || byAgent || byOverload)
        return {};
    HUB_TRY(const TaskState state, stateByRun(task));
    HUB_CHECK(m_stores.tasks.setState(
        task.id, state,
        state == TaskState::Interrupted ? u"It is not running; resume-task %1 lets it go on."_s.arg(task.id.toString())
        : state == TaskState::NeedsReview ? u"Its turn ended; look at it and say what is next."_s
                                          : QString()));
    announce(task.id);
    m_stores.commits.afterCommit([this, id = task.id, state] {
        if (state == TaskState::NeedsReview)
            goOn(id);
    });
    return {};
}

Result<> TaskDriver::endPause(const Scope &scope)
{
    const bool one = scope.task.has_value();
    HUB_CHECK(
        m_stores.holds.endPause(one ? u"task"_s : u"agent"_s, one ? scope.task->toString() : scope.agent->toString()));
    HUB_TRY(const auto paused, m_stores.tasks.inStates({TaskState::Paused}));
    for (const Task &task : paused)
        HUB_CHECK(unpause(task));
    m_stores.commits.afterCommit([this, scope, one] {
        m_brake.release(scope, one ? Hold::TaskPause : Hold::AgentPause);
        m_brake.release(scope, Hold::Unrecorded); // a person decided
        admit();
    });
    return {};
}

Result<> TaskDriver::leaveSafeMode()
{
    HUB_CHECK(m_stores.holds.leaveSafeMode());
    HUB_CHECK(m_alerts.resolveSubject(AlertType::SystemOverload, u"safe mode"_s, u"safe mode was ended"_s));
    m_stores.commits.afterCommit([this] {
        m_brake.release({}, Hold::SafeMode);
        admit();
    });
    return {};
}

Result<std::optional<state::SafeMode>> TaskDriver::recordSafeMode(const QString &who, const QString &reason,
                                                                  const StopReport &report, const QString &frozen)
{
    HUB_TRY(const auto before, m_stores.holds.safeMode());
    HUB_CHECK(m_stores.holds.enterSafeMode(who, reason));
    m_stores.commits.afterCommit([this] { m_brake.recorded({}, Hold::SafeMode); });
    if (!before || !report.complete())
        HUB_CHECK(m_alerts.raise({.type = AlertType::ManualIntervention,
                                  .level = report.complete() ? AlertLevel::Warning : AlertLevel::Critical,
                                  .subject = u"safe mode"_s,
                                  .title = u"Safe mode is on"_s,
                                  .description = u"%1 by %2. %3"_s.arg(reason, who, frozen)}));
    return before;
}

Result<int> TaskDriver::endAllRuns(const QString &reason)
{
    HUB_TRY(const auto runs, m_stores.runs.living());
    for (const Run &run : runs) {
        HUB_CHECK(m_stores.runs.setEnding(run.id, endedByStop));
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        if (!isEnded(task.state) && task.state != TaskState::NeedsReview) {
            HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Interrupted, reason));
            announce(task.id);
        }
    }
    m_stores.commits.afterCommit([this, runs] {
        for (const Run &run : runs)
            m_brake.end(run.id, std::chrono::milliseconds{0});
    });
    return int(runs.size());
}

Result<> TaskDriver::recordOverload(TaskId id, const QString &reason)
{
    HUB_CHECK(m_stores.holds.pause(u"overload"_s, id.toString(), u"the hub"_s, reason));
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    if (task.state == TaskState::Running || task.state == TaskState::AwaitingApproval ||
        task.state == TaskState::Preparing) {
        HUB_CHECK(m_stores.tasks.setState(id, TaskState::Paused,
                                          u"The hub holds it, since the machine is overloaded: %1"_s.arg(reason)));
        announce(id);
    }
    m_stores.commits.afterCommit([this, id] { m_brake.recorded({.task = id}, Hold::Overload); });
    return {};
}

// Inside work.
Result<> TaskDriver::endOverload(TaskId id, const QString &why)
{
    HUB_CHECK(m_stores.holds.endPause(u"overload"_s, id.toString()));
    return m_alerts.resolveSubject(AlertType::SystemOverload, u"task "_s + id.toString(), why);
}

Result<> TaskDriver::letGo(TaskId id)
{
    HUB_CHECK(endOverload(id, u"it goes on"_s));
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_CHECK(unpause(task));
    m_stores.commits.afterCommit([this, id] {
        m_brake.release({.task = id}, Hold::Overload);
        admit();
    });
    return {};
}

void TaskDriver::stopAdmitting(const QString &why)
{
    if (std::exchange(m_overload, why) != why)
        admit(); // also when it is: the reasons of those that wait change
}

void TaskDriver::noteOverload(const QString &why)
{
    if (!m_overload.isEmpty() && !why.isEmpty())
        m_overload = why;
}

Result<> TaskDriver::say(const Task &task, const QString &text, const QString &author, bool now)
{
    HUB_CHECK(m_stores.queue.add(task.id, author, text));
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    if (now && run && turn) {
        // Its turn ends first: by the protocol's own word where there is one, else with its process.
        HUB_TRY(const Adapter *adapter, adapterOfRun(run->adapter));
        HUB_TRY(const auto request, m_stores.runs.requestOfTurn(run->id, turn->id));
        const QByteArray cancel = request ? adapter->cancel(*request) : QByteArray();
        if (cancel.isEmpty()) {
            HUB_CHECK(m_stores.runs.setEnding(run->id, u"a message came that could not wait"_s));
            m_stores.commits.afterCommit([this, id = run->id] { m_brake.end(id, politeEnd); });
        } else {
            HUB_CHECK(m_stores.runs.addInput(run->id, cancel));
            m_stores.commits.afterCommit([this, id = run->id] { m_runs.sendInputs(id); });
        }
        return {};
    }
    if (!turn)
        return beginNextTurn(task.id);
    return {};
}

Result<> TaskDriver::resume(const Task &task, const QString &who, const QString &notes)
{
    if (!notes.isEmpty())
        HUB_CHECK(m_stores.queue.add(task.id, who, notes));
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    HUB_CHECK(m_stores.holds.endPause(u"task"_s, task.id.toString()));
    HUB_CHECK(endOverload(task.id, u"a person let it go on"_s));
    m_stores.commits.afterCommit([this, id = task.id] {
        m_brake.release({.task = id}, Hold::TaskPause);
        m_brake.release({.task = id}, Hold::Overload);
        m_brake.release({.task = id}, Hold::Unrecorded);
        admit();
    });
    if (task.state == TaskState::Paused) {
        HUB_CHECK(unpause(task));
        HUB_TRY(const Task now, m_stores.tasks.get(task.id));
        if (now.state == TaskState::NeedsReview)
            return beginNextTurn(task.id); // when something was said meanwhile
        if (now.state != TaskState::Interrupted)
            return {};
    }
    if (run && !run->ending)
        return beginNextTurn(task.id);
    if (task.state == TaskState::Queued || task.state == TaskState::Preparing)
        return {};
    HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Queued, {}));
    announce(task.id);
    return {};
}

QFuture<Result<>> TaskDriver::finish(TaskId id, TaskState state, const QString &reason, const QString &who,
                                     const Also &also)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return readyFuture<std::monostate>(task.error());
    return m_workers.run(task->spec.project.toString(),
                         [this, id, state, reason, who, also] { return finishJob(id, state, reason, who, also); });
}

// On the project's worker.
Result<> TaskDriver::finishJob(TaskId id, TaskState state, const QString &reason, const QString &who, const Also &also)
{
    HUB_TRY(const Task task, m_stores.commits.ask([&] { return m_stores.tasks.get(id); }));
    const auto save = [&]() -> Result<Checkpoint> {
        if (task.tree.isEmpty())
            return fail(ErrorCode::NotFound, u"the task has no working tree"_s);
        HUB_CHECK(hold(id, Stillness::Scan));
        return m_checkpointer.takeNow(
            {.task = id, .type = CheckpointType::Milestone, .notes = textOf(taskStateTexts, state)}, {});
    };
    const Result<Checkpoint> last = save();
    // What is cancelled has to end whatever has become of its files. They are not touched, only not held.
    if (!last && !task.tree.isEmpty() && state != TaskState::Cancelled) {
        release(id, Stillness::Scan);
        return last.error();
    }
    const bool unsaved = !last && !task.tree.isEmpty();
    const QString text =
        unsaved ? u"%1. Its files as they are now could not be saved: %2"_s.arg(reason, last.error().message) : reason;
    auto ended = m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.tasks.setState(id, state, text));
        HUB_CHECK(m_stores.holds.endPause(u"task"_s, id.toString()));
        HUB_CHECK(endOverload(id, u"the task ended"_s));
        HUB_CHECK(m_stores.holds.releaseAllOf(id));
        HUB_TRY(const auto turn, m_stores.talk.openTurn(id));
        if (turn)
            HUB_CHECK(
                m_stores.talk.endTurn(turn->id, state == TaskState::Completed ? u"ended"_s : u"interrupted"_s, reason));
        HUB_TRY(const auto approvals, m_stores.approvals.list(id, ApprovalState::Open));
        for (const Approval &approval : approvals)
            HUB_CHECK(m_stores.approvals.withdraw(approval.id, u"the task ended"_s));
        HUB_CHECK(post(id, {.role = u"hub"_s,
                            .kind = u"note"_s,
                            .author = who,
                            .body = u"The task is %1%2."_s.arg(textOf(taskStateTexts, state),
                                                               text.isEmpty() ? QString() : u": "_s + text)}));
        HUB_TRY(const auto run, m_stores.runs.livingOf(id));
        if (run)
            HUB_CHECK(m_stores.runs.setEnding(run->id, textOf(taskStateTexts, state)));
        if (also)
            HUB_CHECK(also(last));
        if (run && state == TaskState::Completed)
            HUB_CHECK(leaveToEnd(*run));
        announce(id);
        m_stores.commits.afterCommit([this, id, run, state] {
            m_clocks.erase(id);
            if (run && state != TaskState::Completed)
                m_brake.end(run->id, std::chrono::milliseconds{0}); // it must not do another thing
            admit();
        });
        return {};
    });
    release(id, Stillness::Scan);
    return ended;
}

// Inside work. An agent whose task is completed may still tidy up and say goodbye: it hears that nothing more will
// come, and is asked to end only when it does not.
Result<> TaskDriver::leaveToEnd(const Run &run)
{
    HUB_TRY(const Adapter *adapter, adapterOfRun(run.adapter));
    if (!adapter->oneTurnPerRun())
        HUB_CHECK(m_stores.runs.endInput(run.id));
    m_stores.commits.afterCommit([this, id = run.id] {
        m_runs.sendInputs(id);
        QTimer::singleShot(politeEnd, this, [this, id] { m_brake.end(id, politeEnd); });
    });
    return {};
}

Result<> TaskDriver::adopt(const QSet<TaskId> &unfinished)
{
    m_unfinished = unfinished;
    HUB_TRY(const auto living, m_stores.runs.living());
    for (const Run &run : living) {
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        HUB_TRY(const ShimLife life, shimLife(QFile::encodeName(run.folder)));
        if (life == ShimLife::NoneYet) {
            HUB_CHECK(takeResult([&] {
                auto settled = m_stores.commits.submit([&] { return settleDead(run, task); });
                m_stores.commits.flush();
                return settled;
            }()));
            continue;
        }
        HUB_TRY(const Holds holds, holdsFor(task));
        m_runs.keep(run, holds, m_brake.epoch());
        limitStep(run);
        if (run.ending)
            m_brake.end(run.id, politeEnd);
        else if (!stepOf(run) && (task.state == TaskState::Running || task.state == TaskState::AwaitingApproval))
            watchClock(task.id);
    }
    sweepRunFolders();
    // Tasks that were on their way when the hub stopped.
    HUB_TRY(const auto between,
            m_stores.tasks.inStates({TaskState::Preparing, TaskState::Running, TaskState::Interrupted}));
    for (const Task &task : between) {
        HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
        if (task.state == TaskState::Preparing)
            prepareAndStart(task.id);
        else if (task.state == TaskState::Running && !run)
            m_stores.commits.submitOrLog(
                u"going on with task #%1"_s.arg(task.id.toString()), [this, id = task.id]() -> Result<> {
                    HUB_TRY(const auto turn, m_stores.talk.openTurn(id));
                    if (turn)
                        HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, u"The hub was restarted."_s));
                    return beginNextTurn(id);
                });
        else if (task.state == TaskState::Running && run)
            goOn(task.id);
    }
    admit();
    return {};
}

// Folders of runs whose end is committed, left by a hub that was killed before it could remove them. A shim that still
// waits there to be dismissed leaves when its folder is gone. Of a run that the database doesn't know nothing is
// removed.
void TaskDriver::sweepRunFolders()
{
    const QString pattern = m_data.runPattern(m_config.hubId), runs = QFileInfo(pattern).path();
    for (const QString &name : QDir(runs).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString folder = runs + u'/' + name;
        const auto id = RunId::parse(name.section(u'-', -1));
        const auto run = id ? m_stores.runs.get(*id) : Result<Run>(fail(ErrorCode::NotFound, {}));
        if (!run || run->folder != folder)
            qCWarning(lcAgents).noquote() << folder << "is of a run that is not known here; it is left alone";
        else if (run->state == RunState::Ended || run->state == RunState::Interrupted)
            m_workers.run(u"runs"_s, [folder] { return removeTree(QFile::encodeName(folder)); });
    }
}

// The hub stopped between writing the run down and starting its shim: nothing ran, so it is simply started again.
Result<> TaskDriver::settleDead(const Run &run, const Task &task)
{
    HUB_CHECK(m_stores.runs.setEnded(run.id, RunState::Interrupted, {}, {}, u"never started"_s));
    if (const auto step = stepOf(run); step && step != recovery::TreeStep::Setup)
        return {}; // who asked for it is gone too
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    if (turn)
        HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, u"never started"_s));
    if (!isEnded(task.state) && task.state != TaskState::Paused && !run.ending) {
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Interrupted,
                                          u"The hub was restarted before the agent began."_s));
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Queued, {}));
    }
    return {};
}

} // namespace hub::agents
