// From queued to running: admission, the working tree, the start of the agent.
#include "core/agents/taskdriver.h"

#include "core/agents/brief.h"
#include "core/agents/shimlauncher.h"
#include "core/agents/startcheck.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/workingtree.h"
#include "core/monitor/machine.h"

#include <QDir>
#include <QThread>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// What an agent takes over from the hub's environment: nothing that could be a secret.
const QStringList passedOn{u"PATH"_s,   u"HOME"_s,     u"USER"_s, u"LOGNAME"_s, u"SHELL"_s, u"LANG"_s,
                           u"LC_ALL"_s, u"LC_CTYPE"_s, u"TZ"_s,   u"TERM"_s,    u"TMPDIR"_s};

} // namespace

TaskDriver::TaskDriver(state::Stores &stores, Brake &brake, RunKeeper &runs, Workers &workers,
                       const ProfileBook &profiles, recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts,
                       const DataFolder &data, const Settings &settings, DriverConfig config)
    : m_stores(stores)
    , m_brake(brake)
    , m_runs(runs)
    , m_workers(workers)
    , m_profiles(profiles)
    , m_checkpointer(checkpointer)
    , m_alerts(alerts)
    , m_data(data)
    , m_settings(settings)
    , m_config(std::move(config))
{
    runs.setListener(*this);
    checkpointer.setRunControl(*this);
    connect(&checkpointer, &recovery::Checkpointer::checkpointTaken, this,
            [this](const Checkpoint &taken) { saveSucceeded(taken.id.task); });
    connect(&brake, &Brake::holdsOutdated, this, &TaskDriver::decideHolds);
    connect(&brake, &Brake::foundFrozen, this, &TaskDriver::tellFrozen);
    connect(&brake, &Brake::frozenNoMore, this, &TaskDriver::settleFrozen);
    connect(&runs, &RunKeeper::gone, this, [this](RunId run) {
        m_idle.erase(run);
        admit();
    });
}

void TaskDriver::announce(TaskId id)
{
    m_stores.commits.afterCommit([this, id] {
        if (const auto task = m_stores.tasks.get(id))
            Q_EMIT taskChanged(*task);
    });
}

Result<> TaskDriver::post(TaskId task, const Message &message)
{
    HUB_TRY(const qint64 seq, m_stores.talk.append(task, message));
    m_stores.commits.afterCommit([this, task, seq] { Q_EMIT messageAdded(task, seq); });
    return {};
}

Result<Task> TaskDriver::assign(const TaskSpec &spec)
{
    HUB_TRY(const Task task, m_stores.tasks.create(spec));
    announce(task.id);
    m_stores.commits.afterCommit([this] { admit(); });
    return task;
}

int TaskDriver::runningLimit() const
{
    if (const qint64 set = m_settings.number(setting::maxRunning); set > 0)
        return int(set);
    const qint64 byMemory = monitor::readMachine().memoryFree / memoryPerAgent + m_runs.count();
    return int(std::clamp<qint64>(std::min<qint64>(byMemory, QThread::idealThreadCount()), 1, 1000));
}

Result<QStringList> TaskDriver::blockers(const Task &task) const
{
    QStringList reasons;
    HUB_TRY(const auto safe, m_stores.holds.safeMode());
    if (safe)
        reasons << u"Safe mode is on since %1 (%2)."_s.arg(toLocalShort(safe->since, m_stores.clock.now()),
                                                           safe->reason);
    HUB_TRY(const auto taskPause, m_stores.holds.pauseOf(u"task"_s, task.id.toString()));
    if (taskPause)
        reasons << u"Task #%1 is paused by %2%3."_s.arg(
            task.id.toString(), taskPause->who, taskPause->reason.isEmpty() ? QString() : u": "_s + taskPause->reason);
    HUB_TRY(const auto agentPause, m_stores.holds.pauseOf(u"agent"_s, task.spec.agent.toString()));
    if (agentPause)
        reasons << u"Agent %1 is paused by %2%3."_s.arg(task.spec.agent.toString(), agentPause->who,
                                                        agentPause->reason.isEmpty() ? QString()
                                                                                     : u": "_s + agentPause->reason);
    if (const auto free = freeSpace(QFile::encodeName(m_data.root())); free && *free < (200ll << 20))
        reasons << u"Only %1 MB are free on the disk of %2."_s.arg(*free >> 20).arg(m_data.root());
    return reasons;
}

Result<QString> TaskDriver::waitsFor(const Task &task) const
{
    HUB_TRY(const QStringList reasons, blockers(task));
    if (!reasons.isEmpty())
        return reasons.first();
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    // Looked at anew: it may be back since somebody last noted that it is missing.
    if (!QFileInfo::exists(project.path))
        return u"The folder of project %1 is missing: %2"_s.arg(project.name.toString(), project.path);
    if (task.spec.after) {
        HUB_TRY(const Task before, m_stores.tasks.get(*task.spec.after));
        if (before.state != TaskState::Completed)
            return u"It waits for task #%1, which is %2."_s.arg(before.id.toString(),
                                                                textOf(taskStateTexts, before.state));
    }
    HUB_TRY(const auto busy, m_stores.tasks.inStates({TaskState::Preparing, TaskState::Running,
                                                      TaskState::AwaitingApproval, TaskState::Paused}));
    int ofAgent = 0, atWork = 0;
    for (const Task &other : busy) {
        HUB_TRY(const auto run, m_stores.runs.livingOf(other.id));
        const bool active = run || other.state == TaskState::Preparing;
        atWork += active;
        ofAgent += active && other.spec.agent == task.spec.agent;
        if (active && task.spec.mode == TreeMode::InPlace && other.spec.mode == TreeMode::InPlace &&
            other.spec.project == task.spec.project && other.id != task.id)
            return u"Task #%1 works in the same folder."_s.arg(other.id.toString());
    }
    auto profile = m_profiles.get(task.spec.agent);
    if (!profile)
        return profile.error().message;
    if (ofAgent >= profile->maxParallel)
        return u"Agent %1 works on %2 already (max_parallel)."_s.arg(
            task.spec.agent.toString(), ofAgent == 1 ? u"a task"_s : u"%1 tasks"_s.arg(ofAgent));
    if (atWork >= runningLimit())
        return (atWork == 1 ? u"An agent works already, which is what memory and cores allow."_s
                            : u"%1 agents work already, which is what memory and cores allow."_s.arg(atWork));
    return QString();
}

void TaskDriver::admit()
{
    if (std::exchange(m_admitting, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_admitting = false;
            whenDone(m_stores.commits.submit([this] { return admitNow(); }), this, [](const Result<> &admitted) {
                if (!admitted)
                    qCWarning(lcAgents).noquote() << "no task was admitted:" << admitted.error().message;
            });
        },
        Qt::QueuedConnection);
}

Result<> TaskDriver::admitNow()
{
    HUB_TRY(const auto queued, m_stores.tasks.inStates({TaskState::Queued}));
    for (const Task &task : queued) {
        HUB_TRY(const QString reason, waitsFor(task));
        if (!reason.isEmpty()) {
            if (reason != task.reason) {
                HUB_CHECK(m_stores.tasks.setReason(task.id, reason));
                announce(task.id);
            }
            continue;
        }
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Preparing, {}));
        announce(task.id);
        m_stores.commits.afterCommit([this, id = task.id] { prepareAndStart(id); });
    }
    return {};
}

void TaskDriver::prepareAndStart(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return;
    const bool before = task->startedAt.has_value();
    auto job = m_workers.run(task->spec.project.toString(), [this, id] { return prepare(id); });
    whenDone(std::move(job), this, [this, id, before](const Result<> &prepared) {
        if (prepared && before)
            saveThenStart(id);
        else if (prepared)
            startPrepared(id);
        else if (prepared.error().code != ErrorCode::ShuttingDown)
            startFailed(id, prepared.error());
    });
}

void TaskDriver::startPrepared(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return;
    whenDone(m_workers.run(task->spec.project.toString(), [this, id] { return start(id); }), this,
             [this, id](const Result<> &started) {
                 if (!started && started.error().code != ErrorCode::ShuttingDown)
                     startFailed(id, started.error());
             });
}

// On the project's worker. Every step may have been done before a crash, so each first looks.
Result<> TaskDriver::prepare(TaskId id)
{
    struct Facts {
        Task task;
        state::Project project;
        git::GuardRules rules;
    };
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
        return Facts{task, project, guardRules(m_settings, m_config.hookProgram)};
    }));
    if (!facts.task.tree.isEmpty())
        return {};
    HUB_CHECK(makeTree(facts.task, facts.project, facts.rules));
    HUB_CHECK(m_checkpointer.takeNow({.task = id, .type = CheckpointType::Milestone, .notes = u"start"_s}, {}));
    return {};
}

Result<> TaskDriver::makeTree(const Task &task, const state::Project &project, const git::GuardRules &rules)
{
    HUB_TRY(const auto found, checkStart(task.spec, project, rules.branches));
    // The rules may have changed, and another program may have taken the hooks over.
    HUB_CHECK(git::refreshGuard(found.main, rules));
    const git::RepositoryPlace &main = found.main;
    const git::HeadState &head = found.head;
    if (task.backupBranch.isEmpty()) {
        HUB_TRY(const auto backup, git::makeBackupBranch(main, task.spec.agent.toString().toUtf8(),
                                                         task.id.toString().toUtf8(), task.createdAt));
        HUB_CHECK(m_stores.commits.ask(
            [&] { return m_stores.tasks.setBackupBranch(task.id, QFile::decodeName(backup.name.mid(11))); }));
    }
    if (task.spec.mode == TreeMode::InPlace) {
        return m_stores.commits.ask([&] {
            return m_stores.tasks.setTree(task.id, project.path, QFile::decodeName(head.branch.mid(11)),
                                          head.commit ? QString::fromLatin1(head.commit->hex()) : QString());
        });
    }
    const QString tree = m_data.workTree(project.name, task.id);
    const QByteArray path = QFile::encodeName(tree);
    const QString branch = u"agent/%1/%2"_s.arg(task.spec.agent.toString(), task.id.toString());
    const QByteArray base = task.spec.base.isEmpty() ? QByteArray("HEAD") : task.spec.base.toUtf8();
    auto place = git::locate(path);
    // Found as it should be: made just before a crash. Otherwise it is ours to make.
    if (!place || place->commonDir != main.commonDir) {
        HUB_CHECK(makeFolders(QFile::encodeName(QFileInfo(tree).path())));
        place = git::addWorkingTree(main, path, branch.toUtf8(), base);
        if (!place)
            return std::move(place).error();
    }
    HUB_TRY(const auto begun, git::readHead(*place));
    return m_stores.commits.ask([&] {
        return m_stores.tasks.setTree(task.id, tree, branch,
                                      begun.commit ? QString::fromLatin1(begun.commit->hex()) : QString());
    });
}

Result<QString> TaskDriver::nextPrompt(const Task &task)
{
    HUB_TRY(const auto queued, m_stores.queue.list(task.id));
    QString said;
    for (const auto &message : queued) {
        HUB_CHECK(
            post(task.id, {.role = u"person"_s, .kind = u"say"_s, .author = message.author, .body = message.text}));
        HUB_CHECK(m_stores.queue.remove(message.id));
        said += (said.isEmpty() ? QString() : u"\n\n"_s) + message.text;
    }
    if (!task.startedAt) {
        HUB_CHECK(
            post(task.id,
                 {.role = u"person"_s, .kind = u"prompt"_s, .author = task.spec.owner, .body = task.spec.description}));
        return said.isEmpty() ? task.spec.description : task.spec.description + u"\n\n"_s + said;
    }
    HUB_TRY(const auto talk, m_stores.talk.list(task.id, {.newest = 60}));
    HUB_TRY(const auto last, m_stores.tasks.newestCheckpoint(task.id));
    return resumeBrief({task, talk, last, said});
}

Result<posix::ShimSpec> TaskDriver::specFor(const Task &task, const Profile &profile, const Run &run,
                                            const QString &prompt) const
{
    posix::ShimSpec spec;
    spec.mark = RunKeeper::markOf(run).toStdString();
    spec.folder = QFile::encodeName(task.tree).toStdString();
    spec.freeze = m_settings.text(setting::freezeMethod).toStdString();
    spec.quota = quint64(m_settings.number(setting::spoolMegabytes)) << 20;
    const Placeholders values{prompt, run.folder + u"/prompt"_s, task.tree, task.id.toString()};
    for (const QString &argument : commandLine(profile, values))
        spec.arguments.push_back(argument.toStdString());
    QMap<QString, QString> environment;
    const auto own = QProcessEnvironment::systemEnvironment();
    for (const QString &name : passedOn + profile.passEnvironment) {
        if (own.contains(name))
            environment.insert(name, own.value(name));
    }
    environment.insert(m_config.agentEnvironment);
    environment.insert(u"AGENTHUB_TASK"_s, task.id.toString());
    environment.insert(profile.environment);
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        spec.environment.push_back((it.key() + u'=' + it.value()).toStdString());
    return spec;
}

// Inside work: the run, its turn, its prompt and the epoch under which it may start, all of one moment. None when the
// task may not start any more.
Result<std::optional<TaskDriver::Launch>> TaskDriver::plan(TaskId id)
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    if (task.state != TaskState::Preparing)
        return std::optional<Launch>();
    HUB_TRY(const QStringList reasons, blockers(task));
    if (!reasons.isEmpty()) {
        HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, reasons.first()));
        HUB_TRY(const auto pause, m_stores.holds.pauseOf(u"task"_s, id.toString()));
        if (pause) // it was asked for while the task was being prepared
            HUB_CHECK(m_stores.tasks.setState(id, TaskState::Paused, pause->reason));
        announce(id);
        return std::optional<Launch>();
    }
    HUB_TRY(const Profile profile, m_profiles.get(task.spec.agent));
    HUB_TRY(const Adapter *adapter, adapterNamed(profile.adapter));
    HUB_TRY(const Run run,
            m_stores.runs.create(id, task.spec.agent, profile.adapter, m_data.runPattern(m_config.hubId)));
    HUB_TRY(const QString prompt, nextPrompt(task));
    HUB_TRY(const TurnId turn, m_stores.talk.beginTurn(id, run.id));
    HUB_TRY(const qint64 request, m_stores.runs.openRequest(run.id, u"prompt"_s, turn));
    if (!takesPromptAsArgument(profile))
        HUB_CHECK(m_stores.runs.addInput(run.id, adapter->prompt(request, prompt)));
    if (adapter->oneTurnPerRun())
        HUB_CHECK(m_stores.runs.endInput(run.id));
    HUB_TRY(posix::ShimSpec spec, specFor(task, profile, run, prompt));
    HUB_CHECK(m_stores.tasks.setState(id, TaskState::Running, {}));
    announce(id);
    HUB_CHECK(makeFolders(QFile::encodeName(run.folder)));
    HUB_CHECK(writeFileDurably(QFile::encodeName(run.folder + u"/prompt"_s), prompt.toUtf8()));
    HUB_TRY(const Holds holds, holdsFor(task));
    return std::optional(Launch{run, std::move(spec), holds, m_brake.epoch()});
}

Result<> TaskDriver::start(TaskId id)
{
    HUB_TRY(const auto launch, m_stores.commits.ask([&] { return plan(id); }));
    if (!launch)
        return {};
    HUB_CHECK(launchShim(m_config.shimProgram, QFile::encodeName(launch->run.folder), launch->spec));
    QMetaObject::invokeMethod(
        this,
        [this, launch = *launch] {
            m_runs.keep(launch.run, launch.holds, launch.epoch);
            watchClock(launch.run.task);
        },
        Qt::QueuedConnection);
    return {};
}

void TaskDriver::startFailed(TaskId id, const Error &error)
{
    qCWarning(lcAgents).noquote() << "task" << id.toString() << "could not be started:" << error.message;
    m_stores.commits.submitOrLog(
        u"recording that task #%1 did not start"_s.arg(id.toString()), [this, id, error]() -> Result<> {
            HUB_TRY(const Task task, m_stores.tasks.get(id));
            HUB_TRY(const auto run, m_stores.runs.livingOf(id));
            if (run && !m_runs.keeps(run->id))
                HUB_CHECK(m_stores.runs.setEnded(run->id, RunState::Interrupted, {}, {}, error.message));
            HUB_TRY(const auto turn, m_stores.talk.openTurn(id));
            if (turn)
                HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, u"never started"_s));
            HUB_CHECK(m_stores.tasks.recordError(id, error.message));
            HUB_CHECK(post(
                id, {.role = u"hub"_s, .kind = u"error"_s, .body = u"It could not be started: "_s + error.message}));
            // What ran before has work to go on with; what never ran has to be set right first.
            HUB_TRY(const auto runs, m_stores.runs.ofTask(id));
            HUB_CHECK(m_stores.tasks.setState(id, runs.size() > 1 ? TaskState::Interrupted : TaskState::Failed,
                                              error.message));
            announce(id);
            HUB_CHECK(
                m_alerts.raise({.type = AlertType::AgentError,
                                .level = AlertLevel::Error,
                                .subject = u"task "_s + id.toString(),
                                .title = u"Task #%1 could not be started"_s.arg(id.toString()),
                                .description = error.hint.isEmpty() ? error.message : error.message + u' ' + error.hint,
                                .task = id,
                                .agent = task.spec.agent}));
            return {};
        });
}

} // namespace hub::agents
