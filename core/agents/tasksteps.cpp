// The commands of a project in its working trees: each is a run of its own, held by a shim, with the same brake, the
// same books and the same fate after a crash as an agent's.
#include "core/agents/taskdriver.h"

#include "core/agents/presets.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/settings/projectsettings.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::agents
{

using recovery::StepOutcome;
using recovery::TreeStep;

namespace
{

constexpr qsizetype lastLines = 12;
constexpr std::chrono::milliseconds stepTick{2000};
// The reason on record of a run that was ended for it.
const QString tooLong = u"its time was up"_s;

const SettingSpec &commandOf(TreeStep step)
{
    switch (step) {
    case TreeStep::Setup: return projectsetting::setup;
    case TreeStep::Check: return projectsetting::check;
    case TreeStep::Teardown: return projectsetting::teardown;
    }
    Q_UNREACHABLE();
}

const SettingSpec &minutesOf(TreeStep step)
{
    return step == TreeStep::Check ? projectsetting::checkMinutes : projectsetting::setupMinutes;
}

QString nameOf(TreeStep step) { return textOf(recovery::treeStepTexts, step); }

} // namespace

// Inside work: as plan(), for a command of the project.
Result<std::optional<TaskDriver::Launch>> TaskDriver::planStep(TaskId id, TreeStep step)
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    if (step == TreeStep::Setup) {
        HUB_TRY(const bool may, mayStart(task));
        if (!may)
            return std::optional<Launch>();
    }
    HUB_TRY(const auto running, m_stores.runs.livingOf(id));
    if (running || (step != TreeStep::Setup && task.state == TaskState::Preparing))
        return fail(ErrorCode::Conflict,
                    u"Something of task #%1 still runs in its working tree, so its %2 waits."_s.arg(id.toString(),
                                                                                                    nameOf(step)));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    const QString command = ProjectSettings(project.options).text(commandOf(step));
    HUB_TRY(const Run run, m_stores.runs.create(id, task.spec.agent, nameOf(step), m_data.runPattern(m_config.hubId)));
    HUB_CHECK(m_stores.runs.endInput(run.id));
    posix::ShimSpec spec;
    spec.mark = RunKeeper::markOf(run).toStdString();
    spec.folder = QFile::encodeName(task.tree).toStdString();
    spec.freeze = m_settings.text(setting::freezeMethod).toStdString();
    spec.quota = quint64(m_settings.number(setting::spoolMegabytes)) << 20;
    spec.arguments = {"/bin/sh", "-c", command.toStdString()};
    setEnvironment(spec, task, {}, {});
    if (step == TreeStep::Setup) {
        HUB_CHECK(m_stores.tasks.setState(id, TaskState::Preparing, u"Its working tree is set up: "_s + command));
        announce(id);
    }
    HUB_CHECK(makeFolders(QFile::encodeName(run.folder)));
    HUB_TRY(const Holds holds, holdsFor(task));
    return std::optional(Launch{run, std::move(spec), holds, m_brake.epoch()});
}

// On a worker.
Result<> TaskDriver::startStep(TaskId id, TreeStep step, const Waiting &waiting)
{
    HUB_TRY(const auto launch, m_stores.commits.ask([&]() -> Result<std::optional<Launch>> {
        HUB_TRY(auto planned, planStep(id, step));
        if (planned && waiting) // before its end can come
            m_stepsWaited.insert_or_assign(planned->run.id, waiting);
        return planned;
    }));
    if (!launch)
        return {};
    auto launched = this->launch(*launch);
    if (!launched) {
        HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
            m_stepsWaited.erase(launch->run.id);
            return m_stores.runs.setEnded(launch->run.id, RunState::Interrupted, {}, {}, launched.error().message);
        }));
        return std::move(launched).error();
    }
    QMetaObject::invokeMethod(
        this,
        [this, launch = *launch] {
            keepLaunched(launch);
            limitStep(launch.run);
        },
        Qt::QueuedConnection);
    return {};
}

QFuture<Result<std::optional<StepOutcome>>> TaskDriver::runStep(TaskId id, TreeStep step)
{
    using Answer = std::optional<StepOutcome>;
    const auto task = m_stores.tasks.get(id);
    const auto project = task ? m_stores.projects.get(task->spec.project) : Result<state::Project>(task.error());
    if (!project)
        return readyFuture<Answer>(project.error());
    if (task->tree.isEmpty() || ProjectSettings(project->options).text(commandOf(step)).isEmpty())
        return readyFuture<Answer>(Answer());
    const auto waiting = std::make_shared<QPromise<Result<Answer>>>();
    waiting->start();
    auto future = waiting->future();
    auto started = m_workers.run(u"steps"_s, [this, id, step, waiting] { return startStep(id, step, waiting); });
    whenDone(std::move(started), this, [waiting](const Result<> &begun) {
        if (begun)
            return;
        waiting->addResult(begun.error());
        waiting->finish();
    });
    return future;
}

// Now, when nothing holds it.
Instant TaskDriver::heldSince(const Task &task) const
{
    Instant since = m_stores.clock.now();
    if (const auto safe = m_stores.holds.safeMode(); safe && *safe)
        since = std::min(since, (*safe)->since);
    for (const state::Pause &disk : m_stores.holds.fullDisks().valueOr({}))
        since = std::min(since, disk.at);
    const std::pair<QString, QString> scopes[]{
        {u"task"_s, task.id.toString()}, {u"overload"_s, task.id.toString()}, {u"agent"_s, task.spec.agent.toString()}};
    for (const auto &[scope, subject] : scopes) {
        if (const auto pause = m_stores.holds.pauseOf(scope, subject); pause && *pause)
            since = std::min(since, (*pause)->at);
    }
    return since;
}

void TaskDriver::limitStep(const Run &run)
{
    const auto step = stepOf(run);
    const auto task = m_stores.tasks.get(run.task);
    const auto project = task ? m_stores.projects.get(task->spec.project) : Result<state::Project>(task.error());
    if (!step || !project || !m_runs.keeps(run.id))
        return;
    // Of the time before this hub took it over, only what it is held for now is known not to count.
    StepLimit &limit = m_stepLimits[run.id];
    limit.left = std::chrono::minutes{ProjectSettings(project->options).number(minutesOf(*step))} -
                 (heldSince(*task) - run.startedAt);
    limit.timer = std::make_unique<QTimer>();
    connect(limit.timer.get(), &QTimer::timeout, this, [this, id = run.id] { countStep(id); });
    limit.timer->start(stepTick);
}

// Time in which it was held does not count.
void TaskDriver::countStep(RunId id)
{
    m_stores.commits.submitOrLog(u"the time limit of run %1"_s.arg(id.toString()), [this, id]() -> Result<> {
        const auto limit = m_stepLimits.find(id);
        HUB_TRY(const Run run, m_stores.runs.get(id));
        if (limit == m_stepLimits.end() || (run.state != RunState::Starting && run.state != RunState::Running))
            return {};
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        HUB_TRY(const Holds holds, holdsFor(task));
        if (holds != Holds() || (limit->second.left -= stepTick) > std::chrono::milliseconds{0})
            return {};
        limit->second.timer->stop();
        HUB_CHECK(m_stores.runs.setEnding(id, tooLong));
        m_stores.commits.afterCommit([this, id] { m_brake.end(id, politeEnd); });
        return {};
    });
}

Result<StepOutcome> TaskDriver::outcomeOf(const Run &run, const Task &task, TreeStep step,
                                          const std::optional<posix::RunExit> &end, const QString &how) const
{
    const bool late = run.endReason == tooLong;
    StepOutcome outcome;
    if (end && end->kind == posix::ExitKind::Code)
        outcome.exitCode = end->value;
    outcome.good = outcome.exitCode == 0 && !run.ending;
    HUB_TRY(const auto printed, m_stores.talk.list(task.id, {.kinds = {nameOf(step)}, .newest = 20}));
    QStringList lines;
    for (const Message &message : printed) {
        if (message.run == run.id)
            lines << message.body.split(u'\n');
    }
    outcome.lastLines = lines.mid(std::max<qsizetype>(0, lines.size() - lastLines)).join(u'\n');
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(m_stores.clock.now() - run.startedAt).count();
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    outcome.how =
        late ? u"The %1 command was ended, since it took longer than %2 min."_s.arg(
                   nameOf(step), ProjectSettings(project.options).text(minutesOf(step)))
             : u"The %1 command ran for %2 s. %3"_s.arg(nameOf(step), QString::number(seconds),
                                                        run.ending ? u"It was ended: "_s + run.endReason : how);
    return outcome;
}

// Inside work.
Result<> TaskDriver::stepEnded(const Run &run, const Task &task, TreeStep step,
                               const std::optional<posix::RunExit> &end, const QString &how)
{
    HUB_TRY(const StepOutcome outcome, outcomeOf(run, task, step, end, how));
    m_stores.commits.afterCommit([this, id = run.id, outcome] {
        m_stepLimits.erase(id);
        if (const auto waited = m_stepsWaited.find(id); waited != m_stepsWaited.end()) {
            const Waiting promise = waited->second;
            m_stepsWaited.erase(waited);
            promise->addResult(std::optional(outcome));
            promise->finish();
        }
    });
    HUB_CHECK(post(task.id, {.run = run.id, .role = u"hub"_s, .kind = u"note"_s, .body = outcome.how}));
    if (step == TreeStep::Setup && (task.state == TaskState::Preparing || task.state == TaskState::Paused))
        return setupEnded(run, task, end, outcome);
    m_stores.commits.afterCommit([this, id = task.id, ended = isEnded(task.state), step] {
        if (ended && step == TreeStep::Setup)
            saveLast(id, u"after its setup ended"_s);
        goOn(id);
        admit();
    });
    return {};
}

Result<> TaskDriver::setupEnded(const Run &run, const Task &task, const std::optional<posix::RunExit> &end,
                                const StepOutcome &outcome)
{
    if (outcome.good) {
        m_stores.commits.afterCommit([this, id = task.id] { goOnAfterSetup(id); });
        return {};
    }
    HUB_TRY(auto earlier, m_stores.runs.ofTask(task.id));
    earlier.removeIf([&](const Run &each) { return each.id == run.id || stepOf(each) != TreeStep::Setup; });
    const bool lostBefore = !earlier.isEmpty() && earlier.first().state == RunState::Interrupted;
    if (!end && !run.ending && !lostBefore && task.state == TaskState::Preparing) {
        // Cut off from outside, by a reboot for example: it is begun once more.
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Queued, {}));
        announce(task.id);
        m_stores.commits.afterCommit([this] { admit(); });
        return {};
    }
    const QString reason = u"Its working tree could not be set up. "_s + outcome.how;
    HUB_CHECK(noteError(task, run.id, u"The working tree of task #%1 could not be set up"_s.arg(task.id.toString()),
                        reason, AlertLevel::Error,
                        u"It printed: %1 resume-task %2 tries again."_s.arg(
                            outcome.lastLines.isEmpty() ? u"nothing."_s : outcome.lastLines, task.id.toString())));
    HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Interrupted, reason));
    announce(task.id);
    return {};
}

// Setup may have changed a lock file itself, so what it counts for is read when it is through.
void TaskDriver::goOnAfterSetup(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    const auto project = task ? m_stores.projects.get(task->spec.project) : Result<state::Project>(task.error());
    if (!project)
        return;
    const QString command = ProjectSettings(project->options).text(projectsetting::setup);
    auto job = m_workers.run(project->name.toString(), [this, id, command, tree = task->tree]() -> Result<> {
        // What setup made is not the agent's doing.
        HUB_CHECK(m_checkpointer.takeNow({.task = id, .type = CheckpointType::Milestone, .notes = u"set up"_s}, {}));
        return m_stores.commits.ask(
            [&] { return m_stores.tasks.setTreeFact(id, state::TaskStore::TreeFact::SetUp, setupKey(command, tree)); });
    });
    whenDone(std::move(job), this, [this, id](const Result<> &written) {
        if (written)
            prepareAndStart(id);
        else if (written.error().code != ErrorCode::ShuttingDown)
            startFailed(id, written.error());
    });
}

} // namespace hub::agents
