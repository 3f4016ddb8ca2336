// From queued to running: admission and the start of the agent.
#include "core/agents/taskdriver.h"

#include "core/agents/brief.h"
#include "core/agents/shimlauncher.h"
#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/gitlock.h"
#include "core/git/workingtree.h"
#include "core/monitor/sensors.h"

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

// An agent's commits collect no garbage by themselves: frozen in the middle of that it would hold locks on everybody's
// refs for as long as it is paused. People's git does it, and an agent that asks for it.
void addGitSettings(QMap<QString, QString> &environment)
{
    int count = environment.value(u"GIT_CONFIG_COUNT"_s).toInt();
    for (const auto &[key, value] : {std::pair(u"gc.auto"_s, u"0"_s), std::pair(u"maintenance.auto"_s, u"false"_s)}) {
        environment.insert(u"GIT_CONFIG_KEY_%1"_s.arg(count), key);
        environment.insert(u"GIT_CONFIG_VALUE_%1"_s.arg(count), value);
        ++count;
    }
    environment.insert(u"GIT_CONFIG_COUNT"_s, QString::number(count));
}

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
    const auto memory = monitor::readMemory(monitor::Sources::ofThisMachine()).value_or(monitor::Memory());
    const qint64 byMemory = memory.free / memoryPerAgent + m_runs.count();
    return int(std::clamp<qint64>(std::min<qint64>(byMemory, QThread::idealThreadCount()), 1, 1000));
}

Result<QStringList> TaskDriver::blockers(const Task &task) const
{
    QStringList reasons;
    HUB_TRY(const auto safe, m_stores.holds.safeMode());
    if (safe)
        reasons << u"Safe mode is on since %1 (%2)."_s.arg(toLocalShort(safe->since, m_stores.clock.now()),
                                                           safe->reason);
    HUB_TRY(const auto full, m_stores.holds.fullDisks());
    for (const state::Pause &disk : full)
        reasons << u"A disk is full: "_s + disk.reason;
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    if (!m_overload.isEmpty() && !run)
        reasons << m_overload;
    HUB_TRY(const auto held, m_stores.holds.pauseOf(u"overload"_s, task.id.toString()));
    if (held)
        reasons << u"Task #%1 is held by the hub, since the machine is overloaded: %2"_s.arg(task.id.toString(),
                                                                                             held->reason);
    HUB_TRY(const auto taskPause, m_stores.holds.pauseOf(u"task"_s, task.id.toString()));
    if (taskPause)
        reasons << u"Task #%1 is paused by %2%3."_s.arg(
            task.id.toString(), taskPause->who, taskPause->reason.isEmpty() ? QString() : u": "_s + taskPause->reason);
    HUB_TRY(const auto agentPause, m_stores.holds.pauseOf(u"agent"_s, task.spec.agent.toString()));
    if (agentPause)
        reasons << u"Agent %1 is paused by %2%3."_s.arg(task.spec.agent.toString(), agentPause->who,
                                                        agentPause->reason.isEmpty() ? QString()
                                                                                     : u": "_s + agentPause->reason);
    HUB_TRY(const auto executing, m_stores.operations.executing());
    for (const auto &operation : executing) {
        if (operation.task == task.id)
            reasons << u"%1 of task #%2 is still going on."_s.arg(operation.id.toString(), task.id.toString());
    }
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    if (!project.blocked.isEmpty())
        reasons << project.blocked;
    if (const auto free = freeSpace(QFile::encodeName(m_data.root())); free && *free < (200ll << 20))
        reasons << u"Only %1 MB are free on the disk of %2."_s.arg(*free >> 20).arg(m_data.root());
    return reasons;
}

// In place one task works at a time, until it has ended: what the next one finds has to be somebody's to answer for.
Result<QString> TaskDriver::holderOfCheckout(const Task &task) const
{
    if (task.spec.mode != TreeMode::InPlace)
        return QString();
    HUB_TRY(const auto open, m_stores.tasks.inStates({TaskState::Queued, TaskState::Preparing, TaskState::Running,
                                                      TaskState::AwaitingApproval, TaskState::Paused,
                                                      TaskState::NeedsReview, TaskState::Interrupted}));
    for (const Task &other : open) {
        const bool begun = !other.tree.isEmpty() || other.state == TaskState::Preparing;
        if (other.id != task.id && other.spec.mode == TreeMode::InPlace && other.spec.project == task.spec.project &&
            begun && (task.tree.isEmpty() || other.id < task.id))
            return u"Task #%1 works in that checkout (%2); this one starts when it has ended."_s.arg(
                other.id.toString(), textOf(taskStateTexts, other.state).replace(u'_', u' '));
    }
    return QString();
}

Result<QString> TaskDriver::waitsFor(const Task &task) const
{
    HUB_TRY(QStringList reasons, blockers(task));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    // Looked at anew: nobody may have noted yet that it is gone. When it is back, it is taken again first.
    if (project.missing || !QFileInfo::exists(project.path))
        reasons << u"The folder of project %1 is missing: %2. Put it back, or say where it is: projects move %1 PATH"_s
                       .arg(project.name.toString(), project.path);
    HUB_TRY(const auto own, m_stores.runs.livingOf(task.id));
    if (const auto step = own ? stepOf(*own) : std::nullopt)
        reasons << u"Its %1 command still runs."_s.arg(textOf(recovery::treeStepTexts, *step));
    if (task.spec.after) {
        HUB_TRY(const Task before, m_stores.tasks.get(*task.spec.after));
        if (before.state != TaskState::Completed)
            reasons << u"It waits for task #%1 to be completed."_s.arg(before.id.toString());
    }
    HUB_TRY(const QString holder, holderOfCheckout(task));
    if (!holder.isEmpty())
        reasons << holder;
    HUB_TRY(const QStringList crowd, crowdBefore(task));
    return (reasons + crowd).join(u' ');
}

// What works already, as far as it leaves no place for this one.
Result<QStringList> TaskDriver::crowdBefore(const Task &task) const
{
    HUB_TRY(const auto busy, m_stores.tasks.inStates({TaskState::Preparing, TaskState::Running,
                                                      TaskState::AwaitingApproval, TaskState::Paused}));
    int ofAgent = 0, atWork = 0;
    for (const Task &other : busy) {
        HUB_TRY(const auto run, m_stores.runs.livingOf(other.id));
        const bool active = run || other.state == TaskState::Preparing;
        atWork += active;
        ofAgent += active && other.spec.agent == task.spec.agent;
    }
    auto profile = m_profiles.get(task.spec.agent);
    if (!profile)
        return QStringList{profile.error().message};
    QStringList reasons;
    if (ofAgent >= profile->maxParallel)
        reasons << u"Agent %1 works on %2 already (max_parallel)."_s.arg(
            task.spec.agent.toString(), ofAgent == 1 ? u"a task"_s : u"%1 tasks"_s.arg(ofAgent));
    if (atWork >= runningLimit())
        reasons << (atWork == 1 ? u"An agent works already, which is what memory and cores allow."_s
                                : u"%1 agents work already, which is what memory and cores allow."_s.arg(atWork));
    return reasons;
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
    setEnvironment(spec, task, profile.passEnvironment, profile.environment);
    return spec;
}

// `names` of the hub's own are taken over beside the usual ones.
void TaskDriver::setEnvironment(posix::ShimSpec &spec, const Task &task, const QStringList &names,
                                const QMap<QString, QString> &more) const
{
    QMap<QString, QString> environment;
    const auto own = QProcessEnvironment::systemEnvironment();
    for (const QString &name : passedOn + names) {
        if (own.contains(name))
            environment.insert(name, own.value(name));
    }
    environment.insert(m_config.agentEnvironment);
    environment.insert(u"AGENTHUB_TASK"_s, task.id.toString());
    environment.insert(more);
    addGitSettings(environment);
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        spec.environment.push_back((it.key() + u'=' + it.value()).toStdString());
}

// Inside work. False: not any more, and the task waits again.
Result<bool> TaskDriver::mayStart(const Task &task)
{
    if (task.state != TaskState::Preparing)
        return false;
    HUB_TRY(const QStringList reasons, blockers(task));
    if (reasons.isEmpty())
        return true;
    HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Queued, reasons.join(u' ')));
    HUB_TRY(const auto pause, m_stores.holds.pauseOf(u"task"_s, task.id.toString()));
    if (pause) // it was asked for while the task was being prepared
        HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Paused, pause->reason));
    announce(task.id);
    return false;
}

// Inside work: the run, its turn, its prompt and the epoch under which it may start, all of one moment. None when the
// task may not start any more.
Result<std::optional<TaskDriver::Launch>> TaskDriver::plan(TaskId id)
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const bool may, mayStart(task));
    if (!may)
        return std::optional<Launch>();
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
    HUB_CHECK(this->launch(*launch));
    QMetaObject::invokeMethod(
        this,
        [this, launch = *launch] {
            keepLaunched(launch);
            watchClock(launch.run.task);
        },
        Qt::QueuedConnection);
    return {};
}

// On a worker.
Result<> TaskDriver::launch(const Launch &launch) const
{
    posix::ShimSpec spec = launch.spec;
    if (const auto place = git::locateTree(QByteArray::fromStdString(spec.folder))) {
        std::vector<QByteArray> shared{"config", "packed-refs"};
        if (const auto head = git::readHead(*place); head && !head->branch.isEmpty())
            shared.push_back(head->branch);
        for (const QByteArray &path : git::lockFiles(*place, shared))
            spec.locks.push_back(path.toStdString());
    }
    return launchShim(m_config.shimProgram, QFile::encodeName(launch.run.folder), spec);
}

// All may have been ended while its shim was started.
void TaskDriver::keepLaunched(const Launch &launch)
{
    m_runs.keep(launch.run, launch.holds, launch.epoch);
    const auto run = m_stores.runs.get(launch.run.id);
    if (run && run->ending)
        m_brake.end(run->id, std::chrono::milliseconds{0});
}

void TaskDriver::startFailed(TaskId id, const Error &error, bool ended)
{
    qCWarning(lcAgents).noquote() << "task" << id.toString() << "could not be started:" << error.message;
    m_stores.commits.submitOrLog(
        u"recording that task #%1 did not start"_s.arg(id.toString()), [this, id, error, ended]() -> Result<> {
            HUB_TRY(const Task task, m_stores.tasks.get(id));
            HUB_TRY(const auto run, m_stores.runs.livingOf(id));
            if (run && !m_runs.keeps(run->id))
                HUB_CHECK(m_stores.runs.setEnded(run->id, RunState::Interrupted, {}, {}, error.message));
            HUB_TRY(const auto turn, m_stores.talk.openTurn(id));
            if (turn)
                HUB_CHECK(m_stores.talk.endTurn(turn->id, u"interrupted"_s, u"never started"_s));
            // Nothing is wrong with the task itself: it starts when there is room.
            if (const auto room = roomOf(QFile::encodeName(m_data.root()));
                error.code == ErrorCode::DiskFull || (room && isFull(*room))) {
                HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, error.message));
                announce(id);
                return {};
            }
            HUB_CHECK(noteError(task, {}, u"Task #%1 could not be started"_s.arg(id.toString()), error.message,
                                AlertLevel::Error, error.hint));
            // What ran before has work to go on with; what never ran has to be set right first.
            HUB_TRY(auto runs, m_stores.runs.ofTask(id));
            runs.removeIf([](const Run &each) { return stepOf(each).has_value(); });
            HUB_CHECK(m_stores.tasks.setState(
                id, runs.size() > (run || ended) ? TaskState::Interrupted : TaskState::Failed, error.message));
            announce(id);
            return {};
        });
}

} // namespace hub::agents
