#include "core/recovery/maintenance.h"

#include "core/base/log.h"
#include "core/monitor/sensors.h"

#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// One vault at a time, whatever the number of projects: each takes a core and a share of the disk.
const QString queue = u"maintenance"_s;
constexpr auto afterStart = std::chrono::minutes{15};
constexpr auto interval = std::chrono::hours{24};
constexpr int warnAt = 80; // percent of the quota

QString megabytes(qint64 bytes) { return QString::number(double(bytes) / 1e6, 'f', 1); }

} // namespace

Result<VaultState> vaultState(const QByteArray &vault, qint64 quota)
{
    HUB_TRY(const auto size, git::vaultSize(vault));
    if (quota == 0) {
        const auto disk = monitor::Sources::ofThisMachine().statfs(vault);
        if (!disk)
            return fail(ErrorCode::Storage,
                        u"The size of the disk of %1 can't be told."_s.arg(QFile::decodeName(vault)));
        quota = disk->size / 10;
    }
    return VaultState{size, quota};
}

Maintenance::Maintenance(state::Stores &stores, Workers &workers, Vaults &vaults, const DataFolder &data,
                         const Settings &settings, Checkpointer &checkpointer)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_data(data)
    , m_settings(settings)
    , m_checkpointer(checkpointer)
{
    connect(&m_timer, &QTimer::timeout, this, &Maintenance::runAll);
    connect(&checkpointer, &Checkpointer::checkpointTaken, this, &Maintenance::noteCheckpoint);
}

Maintenance::Rules Maintenance::rules() const
{
    return {.care = {.mostPacks = int(m_settings.number(setting::vaultPacks)),
                     .grace = std::chrono::hours{m_settings.number(setting::vaultGraceHours)}},
            .whole = int(m_settings.number(setting::checkpointsKept)),
            .quota = m_settings.number(setting::vaultQuotaMegabytes) << 20};
}

void Maintenance::begin()
{
    m_timer.setTimerType(Qt::VeryCoarseTimer);
    m_timer.start(afterStart);
    const auto projects = m_stores.projects.all();
    if (!projects)
        return;
    for (const auto &project : *projects)
        look(project.name); // a vault over its quota is known at once
}

void Maintenance::runAll()
{
    m_timer.start(interval);
    const auto projects = m_stores.projects.all();
    if (!projects) {
        qCWarning(lcRecovery).noquote() << "no maintenance:" << projects.error().message;
        return;
    }
    for (const auto &project : *projects)
        run(project.name);
}

void Maintenance::noteCheckpoint(const Checkpoint &checkpoint)
{
    const auto task = m_stores.tasks.get(checkpoint.id.task);
    if (!task)
        return;
    const ProjectName &project = task->spec.project;
    const qint64 count = ++m_checkpoints[project];
    if (count > m_settings.number(setting::vaultPacks))
        run(project);
    else if (count % 10 == 0)
        look(project);
}

QFuture<Result<MaintenanceReport>> Maintenance::run(const ProjectName &project)
{
    if (m_waiting.contains(project))
        return readyFuture<MaintenanceReport>(
            fail(ErrorCode::Conflict, u"The vault of project %1 is being looked after."_s.arg(project.toString())));
    m_waiting.insert(project);
    m_checkpoints[project] = 0;
    // Answered once another may be asked for.
    auto promise = std::make_shared<QPromise<Result<MaintenanceReport>>>();
    promise->start();
    auto future = promise->future();
    auto done = m_workers.run(queue, [this, project, rules = rules()] { return runJob(project, rules); });
    whenDone(done, this, [this, project, promise](const Result<MaintenanceReport> &report) {
        m_waiting.remove(project);
        if (!report && report.error().code != ErrorCode::ShuttingDown)
            qCWarning(lcRecovery).noquote()
                << "maintenance of vault" << project.toString() << "failed:" << report.error().message;
        noteCheck(project, report);
        if (report)
            look(project);
        promise->addResult(report);
        promise->finish();
    });
    return future;
}

QFuture<Result<VaultState>> Maintenance::look(const ProjectName &project)
{
    auto looked = m_workers.run(project.toString(),
                                [vault = m_data.vault(project), quota = quota()] { return vaultState(vault, quota); });
    whenDone(looked, this, [this, project](const Result<VaultState> &state) {
        if (state)
            noteState(project, *state);
    });
    return looked;
}

// Its sweep walks from all refs and rows to all that they name, and fails when something is not there.
void Maintenance::noteCheck(const ProjectName &project, const Result<MaintenanceReport> &report)
{
    const ErrorCode code = report ? ErrorCode() : report.error().code;
    if (!report && (code == ErrorCode::ShuttingDown || code == ErrorCode::DiskFull))
        return; // it was not looked through
    const QString problem = report ? QString() : report.error().message;
    m_stores.commits.submitOrLog(
        u"the look through vault "_s + project.toString(), [this, project, problem]() -> Result<> {
            HUB_TRY(const auto now, m_stores.projects.get(project));
            if (!problem.isEmpty() && !now.blocked.isEmpty())
                return {}; // what stands in the way of everything says nothing about the vault
            HUB_CHECK(m_stores.projects.setVaultCheck(project, problem));
            m_stores.commits.afterCommit([this, project, problem] { Q_EMIT vaultChecked(project, problem); });
            return {};
        });
}

void Maintenance::noteState(const ProjectName &project, const VaultState &state)
{
    const int percent = state.percent();
    const VaultFill fill = percent >= 100 ? VaultFill::Full : percent >= warnAt ? VaultFill::Warning : VaultFill::Fine;
    m_checkpointer.holdTimer(project, fill == VaultFill::Full);
    if (const auto told = m_fill.constFind(project); told != m_fill.cend() && *told == fill)
        return;
    m_fill[project] = fill;
    QString text = u"The checkpoints of project %1 take %2 MB of %3 MB (%4 %)."_s.arg(
        project.toString(), megabytes(state.size.bytes), megabytes(state.quota), QString::number(percent));
    if (fill == VaultFill::Full)
        text += u" No checkpoint is made by the timer until there is room; all others are. Checkpoints of ended tasks "
                u"are being thinned; what they took comes free %1 hours later, or raise vault/quota_mb."_s.arg(
                    m_settings.number(setting::vaultGraceHours));
    Q_EMIT vaultFilled(project, fill, text);
}

// Blocks its queue, and the project's worker only for the short steps.
Result<MaintenanceReport> Maintenance::runJob(const ProjectName &project, const Rules &rules)
{
    MaintenanceReport report;
    const Instant now = m_stores.clock.now();
    const auto onWorker = [&](auto step) { return takeResult(m_workers.run(project.toString(), std::move(step))); };
    HUB_CHECK(onWorker([&]() -> Result<> {
        HUB_TRY(const VaultState state, vaultState(m_data.vault(project), rules.quota));
        HUB_CHECK(thin(project, rules, state.percent() >= 100, report));
        return retire(project, report);
    }));
    for (;;) {
        HUB_TRY(auto work, onWorker([&]() -> Result<std::optional<git::CareWork>> {
                    HUB_TRY(git::Vault * vault, m_vaults.of(project));
                    return git::planMerge(*vault, rules.care, now);
                }));
        if (!work)
            break;
        HUB_CHECK(git::buildPack(*work, m_stop));
        HUB_CHECK(onWorker([&] { return install(project, *work, report); }));
    }
    HUB_TRY(auto work, onWorker([&]() -> Result<git::CareWork> {
                HUB_TRY(git::Vault * vault, m_vaults.of(project));
                HUB_TRY(const auto named, m_stores.commits.ask([&]() -> Result<QList<git::ObjectId>> {
                    QList<git::ObjectId> ids;
                    HUB_TRY(const auto tasks, tasksOf(project));
                    for (const Task &task : tasks) {
                        HUB_TRY(const auto commits, m_stores.tasks.checkpointCommits(task.id));
                        for (const QString &commit : commits) {
                            if (const auto id = git::ObjectId::fromHex(commit.toLatin1()))
                                ids << *id;
                        }
                    }
                    return ids;
                }));
                return git::planSweep(*vault, rules.care, now, named);
            }));
    HUB_CHECK(git::buildPack(work, m_stop));
    HUB_CHECK(onWorker([&] { return install(project, work, report); }));
    if (report.thinned + report.retired + report.packsBefore > 0)
        qCInfo(lcRecovery).noquote() << "looked after vault" << project.toString()
                                     << "- checkpoints thinned:" << report.thinned << "- packs:" << report.packsBefore
                                     << "to" << report.packsAfter << "- freed:" << megabytes(report.bytesFreed) << "MB";
    return report;
}

Result<> Maintenance::install(const ProjectName &project, git::CareWork &work, MaintenanceReport &report)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    HUB_TRY(const auto done, git::installPack(*vault, work));
    report.postponed = report.postponed || done.postponed;
    if (done.postponed)
        return {};
    report.packsBefore += done.packsBefore;
    report.packsAfter += done.packsAfter;
    report.bytesFreed += done.bytesBefore - done.bytesAfter;
    report.dropped += done.dropped;
    return {};
}

Result<QList<Task>> Maintenance::tasksOf(const ProjectName &project) const
{
    HUB_TRY(QList<Task> tasks, m_stores.tasks.all());
    tasks.removeIf([&](const Task &task) { return task.spec.project != project; });
    return tasks;
}

Result<QList<qint64>> Maintenance::goingOf(const Task &task, Thinning how, int whole) const
{
    HUB_TRY(const auto marks, m_stores.tasks.checkpointMarks(task.id));
    if (how == Thinning::Usual && marks.size() <= whole)
        return QList<qint64>();
    HUB_TRY(const auto operations, m_stores.operations.list(task.id));
    return thinned(task, marks, operations, how, whole, m_stores.clock.now());
}

// Rows first, refs afterwards: cut off in between, a ref is left that the next retire() takes.
Result<> Maintenance::thin(const ProjectName &project, const Rules &rules, bool full, MaintenanceReport &report)
{
    HUB_TRY(report.thinned, m_stores.commits.ask([&]() -> Result<qint64> {
        qint64 removed = 0;
        HUB_TRY(QList<Task> tasks, tasksOf(project));
        QList<std::pair<Task, QList<qint64>>> hard; // ended tasks that have something to give
        for (const Task &task : tasks) {
            HUB_TRY(const auto going, goingOf(task, Thinning::Usual, rules.whole));
            HUB_CHECK(m_stores.tasks.removeCheckpoints(task.id, going));
            removed += going.size();
            if (!full || !isEnded(task.state))
                continue;
            HUB_TRY(const auto more, goingOf(task, Thinning::Hard, rules.whole));
            if (!more.isEmpty())
                hard.append({task, more});
        }
        // What it gives shows after the grace period only, so the older half now, and more the next time.
        std::sort(hard.begin(), hard.end(),
                  [](const auto &a, const auto &b) { return a.first.endedAt < b.first.endedAt; });
        for (const auto &[task, going] : hard.first((hard.size() + 1) / 2)) {
            HUB_CHECK(m_stores.tasks.removeCheckpoints(task.id, going));
            removed += going.size();
        }
        return removed;
    }));
    return {};
}

// The project's worker makes all its checkpoints, so here none is between its ref and its row.
Result<> Maintenance::retire(const ProjectName &project, MaintenanceReport &report)
{
    struct Known {
        QSet<qint64> numbers;
        QList<std::pair<qint64, qint64>> unknown;
        qint64 next = 0;

        // A number of ours without a row. One that was never given out is of a time that this database does not know:
        // it was brought back from a backup, and the ref is all there is of that checkpoint.
        bool isGone(qint64 number) const
        {
            return number < next && !numbers.contains(number) &&
                   std::none_of(unknown.begin(), unknown.end(),
                                [number](const auto &range) { return number >= range.first && number < range.second; });
        }
    };
    QSet<QByteArray> archives;
    HUB_TRY(const auto known, m_stores.commits.ask([&]() -> Result<QHash<QByteArray, Known>> {
        QHash<QByteArray, Known> byTask;
        HUB_TRY(const auto tasks, tasksOf(project));
        for (const Task &task : tasks) {
            Known &one = byTask[task.id.toString().toLatin1()];
            HUB_TRY(one.next, m_stores.tasks.nextCheckpoint(task.id));
            HUB_TRY(one.unknown, m_stores.tasks.unknownCheckpoints(task.id));
            HUB_TRY(const auto marks, m_stores.tasks.checkpointMarks(task.id));
            for (const auto &mark : marks)
                one.numbers.insert(mark.number);
        }
        HUB_TRY(const auto goneTasks, m_stores.erasure.ofProject(project));
        for (const auto &task : goneTasks) {
            byTask[task.id.toString().toLatin1()].next = task.nextCheckpoint;
            if (!task.branch.isEmpty())
                archives.insert("refs/archive/" + QFile::encodeName(task.branch)); // of its working tree
        }
        return byTask;
    }));
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    HUB_TRY(const auto refs, vault->refs());
    QList<QByteArray> gone;
    for (const auto &[name, id] : refs) {
        const QList<QByteArray> parts = name.split('/');
        if (name.startsWith("refs/preview/") || archives.contains(name))
            gone << name;
        if (!name.startsWith("refs/checkpoints/") || parts.size() != 4)
            continue;
        const auto at = known.constFind(parts[2]);
        if (at != known.cend() && at->isGone(parts[3].toLongLong()))
            gone << name;
    }
    report.retired = gone.size();
    return gone.isEmpty() ? Result<>() : vault->retireRefs(gone, m_stores.clock.now());
}

} // namespace hub::recovery
