// What agents say and how their turns and processes end.
#include "core/agents/taskdriver.h"

#include "core/base/log.h"
#include "core/monitor/mishaps.h"

#include <csignal>
#include <cstring>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

QString endText(const posix::RunExit &end)
{
    switch (end.kind) {
    case posix::ExitKind::Code: return u"It ended with exit code %1."_s.arg(end.value);
    case posix::ExitKind::Signal:
        return u"It was ended by signal %1 (%2)."_s.arg(end.value).arg(QLatin1StringView(::strsignal(end.value)));
    case posix::ExitKind::NotStarted: return QString::fromStdString(end.text);
    }
    return {};
}

} // namespace

Result<> TaskDriver::onSaid(const Run &run, const Said &said)
{
    const bool note = said.kind == u"note";
    if (stepOf(run) && !note)
        return post(run.task, {.run = run.id, .role = u"tool"_s, .kind = run.adapter, .body = said.text});
    HUB_TRY(const auto turn, m_stores.talk.openTurn(run.task));
    return post(run.task, {.turn = turn ? std::optional(turn->id) : std::nullopt,
                           .run = run.id,
                           .role = note ? u"hub"_s : u"agent"_s,
                           .kind = said.kind,
                           .author = note ? QString() : run.agent.toString(),
                           .body = said.text});
}

Result<> TaskDriver::onAsked(const Run &run, const Asked &asked) { return m_tools->onAsked(run, asked); }

Result<> TaskDriver::onAnswered(const Run &run, const Answered &answered)
{
    HUB_TRY(const auto request, m_stores.runs.closeRequest(run.id, answered.request));
    if (!request || request->kind != u"prompt")
        return {}; // of a turn that a rollback or a cancellation ended before
    HUB_TRY(const Task task, m_stores.tasks.get(run.task));
    HUB_TRY(const auto turn, m_stores.talk.openTurn(run.task));
    if (!turn || turn->id != request->turn)
        return {};
    HUB_CHECK(endTurn(task, answered.outcome, answered.text));
    m_stores.commits.afterCommit([this, run] { watchIdle(run.id, run.task); });
    return {};
}

Result<> TaskDriver::onBroken(const Run &run, const Broken &broken)
{
    HUB_CHECK(post(run.task, {.run = run.id, .role = u"hub"_s, .kind = u"error"_s, .body = broken.reason}));
    m_stores.commits.afterCommit([this, id = run.id] { m_brake.end(id, std::chrono::milliseconds{0}); });
    return {};
}

// The turn is over, the task is a person's to look at, unless somebody said more meanwhile or the agent called it done.
Result<> TaskDriver::endTurn(const Task &task, const QString &outcome, const QString &errorText)
{
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    if (turn)
        HUB_CHECK(m_stores.talk.endTurn(turn->id, u"ended"_s, outcome));
    if (isEnded(task.state))
        return {};
    if (!errorText.isEmpty())
        HUB_CHECK(noteError(task, {}, u"A turn of task #%1 ended with an error"_s.arg(task.id.toString()), errorText,
                            AlertLevel::Warning));
    HUB_TRY(const auto queued, m_stores.queue.list(task.id));
    if (queued.isEmpty() && task.state != TaskState::Paused) {
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::NeedsReview,
                                          errorText.isEmpty() ? u"Its turn ended; look at it and say what is next."_s
                                                              : errorText));
    }
    announce(task.id);
    m_stores.commits.afterCommit([this, id = task.id, failed = !errorText.isEmpty()] { afterTurn(id, failed); });
    return {};
}

void TaskDriver::afterTurn(TaskId id, bool failed)
{
    m_clocks.erase(id);
    whenDone(m_checkpointer.request({.task = id,
                                     .type = failed ? CheckpointType::Error : CheckpointType::Milestone,
                                     .notes = failed ? u"end of a turn with an error"_s : u"end of turn"_s}),
             this, [this, id](const Result<std::optional<Checkpoint>> &saved) {
                 noteSaved(id, u"at its turn's end"_s, saved);
                 goOn(id);
                 admit();
             });
}

// Nobody asked for these checkpoints, so nobody would see that one is missing.
void TaskDriver::noteSaved(TaskId id, const QString &when, const Result<std::optional<Checkpoint>> &saved)
{
    if (saved)
        return saveSucceeded(id);
    if (saved.error().code == ErrorCode::ShuttingDown)
        return;
    m_savedBefore.remove(id);
    m_stores.commits.submitOrLog(
        u"the alert about task #%1"_s.arg(id.toString()), [this, id, when, error = saved.error()]() -> Result<> {
            HUB_CHECK(
                m_alerts.raise({.type = AlertType::CheckpointFailed,
                                .level = error.code == ErrorCode::DiskFull ? AlertLevel::Critical : AlertLevel::Error,
                                .subject = u"task "_s + id.toString(),
                                .title = u"Task #%1 could not be saved %2"_s.arg(id.toString(), when),
                                .description = error.hint.isEmpty() ? error.message : error.message + u' ' + error.hint,
                                .task = id,
                                .standing = true}));
            return {};
        });
}

void TaskDriver::saveSucceeded(TaskId id)
{
    if (m_savedBefore.contains(id))
        return;
    m_savedBefore.insert(id);
    m_stores.commits.submitOrLog(u"the end of the alert about task #%1"_s.arg(id.toString()), [this, id] {
        return m_alerts.resolveSubject(AlertType::CheckpointFailed, u"task "_s + id.toString(),
                                       u"a later checkpoint was taken"_s);
    });
}

void TaskDriver::goOn(TaskId id)
{
    m_stores.commits.submitOrLog(u"going on with task #%1"_s.arg(id.toString()), [this, id]() -> Result<> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        // What still waits for it waits until a person takes it up again.
        if (task.state == TaskState::Cancelled || task.state == TaskState::Failed)
            return {};
        return beginNextTurn(id);
    });
}

// Inside work: a waiting message begins a turn of the living run, or else lets the task queue for a new one.
Result<> TaskDriver::beginNextTurn(TaskId id)
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const auto queued, m_stores.queue.list(id));
    HUB_TRY(const auto open, m_stores.talk.openTurn(id));
    if (queued.isEmpty() || open || task.state == TaskState::Paused || task.state == TaskState::Queued ||
        task.state == TaskState::Preparing)
        return {};
    HUB_TRY(const auto run, m_stores.runs.livingOf(id));
    const auto adapter = run ? adapterOfRun(run->adapter) : Result<const Adapter *>(nullptr);
    if (!run || run->ending || !adapter || (*adapter)->oneTurnPerRun()) {
        if (run && !run->ending)
            return {}; // its process is about to end, and then this is asked again
        HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, {}));
        announce(id);
        m_stores.commits.afterCommit([this] { admit(); });
        return {};
    }
    const auto message = queued.first();
    HUB_CHECK(post(id, {.role = u"person"_s, .kind = u"say"_s, .author = message.author, .body = message.text}));
    HUB_CHECK(m_stores.queue.remove(message.id));
    HUB_TRY(const TurnId turn, m_stores.talk.beginTurn(id, run->id));
    HUB_TRY(const qint64 request, m_stores.runs.openRequest(run->id, u"prompt"_s, turn));
    HUB_CHECK(m_stores.runs.addInput(run->id, (*adapter)->prompt(request, message.text)));
    HUB_CHECK(m_stores.tasks.setState(id, TaskState::Running, {}));
    announce(id);
    m_stores.commits.afterCommit([this, id, runId = run->id] {
        m_idle.erase(runId);
        m_runs.sendInputs(runId);
        watchClock(id);
    });
    return {};
}

Result<> TaskDriver::onEnded(const Run &run, const std::optional<posix::RunExit> &end)
{
    HUB_TRY(const Task task, m_stores.tasks.get(run.task));
    HUB_CHECK(m_tools->onRunEnded(run));
    const QString how = end ? endText(*end) : u"Its shim was killed, so the rest of its processes was ended."_s;
    const bool code = end && end->kind == posix::ExitKind::Code;
    const bool clean = code && end->value == 0;
    HUB_CHECK(m_stores.runs.setEnded(
        run.id, end ? RunState::Ended : RunState::Interrupted, code ? std::optional(end->value) : std::nullopt,
        end && end->kind == posix::ExitKind::Signal ? std::optional(end->value) : std::nullopt, how));
    if (const auto step = stepOf(run))
        return stepEnded(run, task, *step, end, how);
    HUB_TRY(const auto turn, m_stores.talk.openTurn(run.task));
    const bool ofThisRun = turn && turn->run == run.id;
    if (run.ending || isEnded(task.state)) {
        if (ofThisRun)
            HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, run.endReason));
        m_stores.commits.afterCommit([this, id = task.id, ended = isEnded(task.state),
                                      stopped = run.endReason == endedByStop, idle = run.endReason == u"idle"] {
            m_clocks.erase(id);
            if (ended || stopped || idle)
                saveLast(id, ended ? u"after its end"_s : u"after its agent ended"_s);
            if (!stopped) // a person says when it goes on
                goOn(id);
        });
        return {};
    }
    if (end && end->kind == posix::ExitKind::NotStarted) {
        if (ofThisRun)
            HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, how));
        m_stores.commits.afterCommit([this, id = task.id, how] {
            startFailed(id, fail(ErrorCode::Process, how, u"agenthubctl agents test"_s), true);
        });
        return {};
    }
    if (clean && ofThisRun)
        return endTurn(task, u"end_turn"_s, {});
    if (clean && !turn) {
        m_stores.commits.afterCommit([this, id = task.id] {
            m_clocks.erase(id);
            saveLast(id, u"after its agent ended"_s);
        });
        return {};
    }
    return crashed(task, run, how);
}

// An agent may work on between its last checkpoint and its end; what changes after that is a person's.
void TaskDriver::saveLast(TaskId id, const QString &notes)
{
    whenDone(
        m_checkpointer.request(
            {.task = id, .type = CheckpointType::Milestone, .notes = notes, .freeze = false, .onlyIfChanged = true}),
        this, [this, id, notes](const Result<std::optional<Checkpoint>> &saved) { noteSaved(id, notes, saved); });
}

// What people changed since the last turn is told from what the agent changes now by a checkpoint between the two.
void TaskDriver::saveThenStart(TaskId id)
{
    whenDone(m_checkpointer.request({.task = id,
                                     .type = CheckpointType::Auto,
                                     .notes = u"before its agent starts"_s,
                                     .freeze = false,
                                     .onlyIfChanged = true}),
             this, [this, id](const Result<std::optional<Checkpoint>> &saved) {
                 noteSaved(id, u"before its agent starts"_s, saved);
                 startPrepared(id);
             });
}

Result<> TaskDriver::crashed(const Task &task, const Run &run, const QString &what)
{
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    if (turn)
        HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, what));
    HUB_CHECK(
        noteError(task, run.id, u"Task #%1 was interrupted"_s.arg(task.id.toString()), what, AlertLevel::Warning));
    HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Interrupted, what));
    announce(task.id);
    m_stores.commits.afterCommit([this, id = task.id] { afterCrash(id); });
    return {};
}

Result<> TaskDriver::noteError(const Task &task, std::optional<RunId> run, const QString &title, const QString &what,
                               AlertLevel least, const QString &advice)
{
    constexpr int looksBack = 5;
    HUB_CHECK(m_stores.tasks.recordError(task.id, what));
    HUB_CHECK(post(task.id, {.run = run, .role = u"hub"_s, .kind = u"error"_s, .body = what}));
    HUB_TRY(const QStringList errors, m_stores.talk.errors(task.id, looksBack));
    const auto again = monitor::repetition(errors);
    const auto sentences = [](QStringList parts) {
        parts.removeAll(QString());
        return parts.join(u' ');
    };
    const QString next = u"agenthubctl task-log %1 --kind errors shows them."_s.arg(task.id.toString());
    HUB_CHECK(
        m_alerts.raise({.type = AlertType::AgentError,
                        .level = std::max(least, again.level),
                        .subject = u"task "_s + task.id.toString(),
                        .title = title,
                        .description = sentences({what, advice, again.why, again.why.isEmpty() ? QString() : next}),
                        .task = task.id,
                        .agent = task.spec.agent}));
    const AgentName &agent = task.spec.agent;
    HUB_TRY(const auto recent, m_stores.talk.errorsSince(agent, m_stores.clock.now() - monitor::burstWindow));
    const auto many = monitor::burst(recent.errors, recent.tasks, m_settings.number(setting::errorBurst));
    if (many.level == AlertLevel::Warning)
        return {};
    HUB_CHECK(m_alerts.raise(
        {.type = AlertType::AgentError,
         .level = many.level,
         .subject = u"agent "_s + agent.toString(),
         .title = u"%1 fails again and again"_s.arg(agent.toString()),
         .description = u"%1 The last one, in task #%2: %3 agenthubctl pause-agent %4 stops it, agents "
                        "test %4 shows what is wrong."_s.arg(many.why, task.id.toString(), what, agent.toString()),
         .agent = agent}));
    return {};
}

void TaskDriver::afterCrash(TaskId id)
{
    m_clocks.erase(id);
    whenDone(m_checkpointer.request({.task = id, .type = CheckpointType::Error, .notes = u"after an interruption"_s}),
             this, [this, id](const Result<std::optional<Checkpoint>> &saved) {
                 noteSaved(id, u"after it was interrupted"_s, saved);
                 if (m_settings.text(setting::autoResume) != u"auto")
                     return;
                 QTimer::singleShot(std::chrono::seconds{m_settings.number(setting::restartSeconds)}, this, [this, id] {
                     m_stores.commits.submitOrLog(u"going on after the interruption of task #%1"_s.arg(id.toString()),
                                                  [this, id] { return goOnAfterCrash(id); });
                 });
             });
}

// Once per checkpoint: an agent that dies again without having got any further is a person's matter.
Result<> TaskDriver::goOnAfterCrash(TaskId id)
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    if (task.state != TaskState::Interrupted)
        return {};
    qint64 progress = 0;
    HUB_TRY(const auto checkpoints, m_stores.tasks.checkpoints(id));
    for (const Checkpoint &checkpoint : checkpoints) {
        if (checkpoint.type != CheckpointType::Error)
            progress = std::max(progress, checkpoint.id.number);
    }
    if (task.resumedFrom == progress) {
        HUB_CHECK(m_stores.tasks.setReason(
            id, u"It stopped again without getting further; resume-task %1 tries once more."_s.arg(id.toString())));
        announce(id);
        HUB_CHECK(m_alerts.raise({.type = AlertType::ManualIntervention,
                                  .level = AlertLevel::Error,
                                  .subject = u"task "_s + id.toString(),
                                  .title = u"Task #%1 keeps stopping"_s.arg(id.toString()),
                                  .description = task.lastError,
                                  .task = id,
                                  .agent = task.spec.agent}));
        return {};
    }
    HUB_CHECK(m_stores.tasks.setResumedFrom(id, progress));
    HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, u"It goes on by itself."_s));
    announce(id);
    m_stores.commits.afterCommit([this] { admit(); });
    return {};
}

void TaskDriver::watchClock(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return;
    auto timer = std::make_unique<QTimer>();
    timer->setInterval(std::chrono::seconds{
        task->spec.checkpointSeconds.value_or(int(m_settings.number(setting::checkpointSeconds)))});
    timer->setTimerType(Qt::VeryCoarseTimer);
    connect(timer.get(), &QTimer::timeout, this, [this, id] {
        whenDone(m_checkpointer.request({.task = id,
                                         .type = CheckpointType::Auto,
                                         .notes = u"timer"_s,
                                         .freeze = m_settings.flag(setting::checkpointFreeze),
                                         .onlyIfChanged = true}),
                 this, [this, id](const Result<std::optional<Checkpoint>> &saved) {
                     noteSaved(id, u"by the timer"_s, saved);
                 });
    });
    timer->start();
    m_clocks[id] = std::move(timer);
}

// An agent that waits for its next turn holds memory that another could use; its session goes on with the next message.
void TaskDriver::watchIdle(RunId run, TaskId task)
{
    auto timer = std::make_unique<QTimer>();
    timer->setSingleShot(true);
    timer->setInterval(std::chrono::seconds{m_settings.number(setting::idleEndSeconds)});
    connect(timer.get(), &QTimer::timeout, this, [this, run, task] {
        whenDone(m_stores.commits.submit([this, run, task]() -> Result<bool> {
            HUB_TRY(const auto open, m_stores.talk.openTurn(task));
            if (open)
                return false;
            HUB_CHECK(m_stores.runs.setEnding(run, u"idle"_s));
            return true;
        }),
                 this, [this, run](const Result<bool> &idle) {
                     if (idle && *idle)
                         m_brake.end(run, politeEnd);
                 });
    });
    timer->start();
    m_idle[run] = std::move(timer);
}

} // namespace hub::agents
