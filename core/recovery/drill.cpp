#include "core/recovery/drill.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/gitprogram.h"
#include "core/git/restore.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/diskuse.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// Beside the vaults' maintenance, which takes packs away, and one at a time.
const QString queue = u"maintenance"_s, subject = u"practised recovery"_s, action = u"drill"_s;
constexpr auto interval = std::chrono::hours{1};
constexpr qsizetype namedDifferences = 10;

// A repository of its own, which has the vault's objects and nothing of the user's.
Result<git::RepositoryPlace> scratchRepository(const QByteArray &folder, const QByteArray &vault)
{
    HUB_CHECK(removeTree(folder));
    HUB_CHECK(makeFolders(folder));
    HUB_CHECK(git::runGit({.folder = folder, .arguments = {"init", "-q", "--template="}, .writes = true}));
    HUB_CHECK(makeFolders(folder + "/.git/objects/info"));
    HUB_CHECK(writeFileDurably(folder + "/.git/objects/info/alternates", vault + "/objects\n"));
    return git::locate(folder);
}

// Practising must not be what fills the disk.
Result<> checkRoom(const git::Vault &vault, const git::RestorePlan &plan, const QByteArray &folder)
{
    constexpr qint64 leftOver = 64 << 20, block = 4096;
    qint64 needed = leftOver;
    for (const git::RestoreStep &step : plan.steps) {
        if (step.kind != git::StepKind::Write)
            continue;
        HUB_TRY(const auto header, vault.objects().header(step.content));
        needed += qint64(header.second) + block;
    }
    HUB_TRY(const qint64 room, freeSpace(folder));
    if (room >= needed)
        return {};
    return fail(ErrorCode::DiskFull,
                u"Nothing was practised: %1 MB are free in %2, and %3 MB are needed."_s.arg(
                    QString::number(room >> 20), QFile::decodeName(folder), QString::number(needed >> 20)));
}

} // namespace

Drill::Drill(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer, HubBackups &backups,
             monitor::AlertCenter &alerts, const DataFolder &data, const Settings &settings)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_checkpointer(checkpointer)
    , m_backups(backups)
    , m_alerts(alerts)
    , m_data(data)
    , m_settings(settings)
{
    m_clock.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_clock, &QTimer::timeout, this, &Drill::look);
}

// A purge takes away what a drill would read.
Result<> Drill::mayPractise(const Task &task) const
{
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    if (project.blocked.isEmpty())
        return {};
    return fail(ErrorCode::Refused,
                u"Nothing is practised with project %1 now: %2"_s.arg(project.name.toString(), project.blocked));
}

// Inside work: its project is being purged by now, so what went wrong says nothing.
bool Drill::isKeptOff(TaskId id) const
{
    const auto task = m_stores.tasks.get(id);
    return task && !mayPractise(*task);
}

void Drill::begin() { m_clock.start(interval); }

// The audit trail knows when the last one was; the first comes a whole interval after the first task.
void Drill::look()
{
    const std::chrono::hours every{24 * m_settings.number(setting::drillDays)};
    if (every.count() == 0)
        return;
    const auto due = m_stores.commits.submit([this, every]() -> Result<std::optional<TaskId>> {
        HUB_TRY(const auto tasks, m_stores.tasks.all());
        HUB_TRY(const auto last, m_stores.audit.list({.action = action, .limit = 1}));
        Instant since = last.isEmpty() ? m_stores.clock.now() : last.first().at;
        for (const Task &task : last.isEmpty() ? tasks : QList<Task>())
            since = std::min(since, task.createdAt);
        return since + every > m_stores.clock.now() ? std::optional<TaskId>() : candidate();
    });
    whenDone(due, this, [this](const Result<std::optional<TaskId>> &task) {
        if (!task || !*task)
            return;
        whenDone(run(**task), this, [this, id = **task](const Result<DrillReport> &report) { write(id, report); });
    });
}

Result<std::optional<TaskId>> Drill::candidate() const
{
    HUB_TRY(const auto tasks, m_stores.tasks.all());
    std::optional<Checkpoint> newest;
    for (const Task &task : tasks) {
        HUB_TRY(const auto checkpoint, m_stores.tasks.newestCheckpoint(task.id));
        if (checkpoint && (!newest || checkpoint->at > newest->at))
            newest = checkpoint;
    }
    return newest ? std::optional(newest->id.task) : std::nullopt;
}

QFuture<Result<DrillReport>> Drill::run(TaskId task)
{
    auto done = m_workers.run(queue, [this, task] { return drillJob(task); });
    whenDone(done, this, [this, task](const Result<DrillReport> &report) { tell(task, report); });
    return done;
}

Result<DrillReport> Drill::drillJob(TaskId id)
{
    struct Facts {
        Task task;
        std::optional<Checkpoint> checkpoint;
    };
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        HUB_CHECK(mayPractise(task));
        HUB_TRY(const auto checkpoint, m_stores.tasks.newestCheckpoint(id));
        return Facts{task, checkpoint};
    }));
    if (!facts.checkpoint)
        return fail(ErrorCode::NotFound, u"Task #%1 has no checkpoint to practise with."_s.arg(id.toString()));
    DrillReport report{.task = id, .checkpoint = facts.checkpoint->id, .checkpointAt = facts.checkpoint->at};
    const QByteArray folder = QFile::encodeName(m_data.path(u"scratch/drill-"_s + id.toString()));
    const auto began = std::chrono::steady_clock::now();
    auto restored = restore(*facts.checkpoint, facts.task.spec.project, folder, report);
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    report.bytes = bytesBelow(folder);
    HUB_CHECK(removeTree(folder));
    HUB_CHECK(removeTree(folder + ".cache"));
    HUB_CHECK(restored);
    const auto backup = takeResult(m_backups.verify({}));
    if (backup)
        report.backup = *backup;
    else if (backup.error().code == ErrorCode::NotFound)
        report.backupMissing = true;
    else
        report.backupProblem = backup.error().message;
    return report;
}

Result<> Drill::restore(const Checkpoint &checkpoint, const ProjectName &project, const QByteArray &folder,
                        DrillReport &report)
{
    HUB_TRY(const git::ObjectId target, snapshotOf(checkpoint));
    const QByteArray vaultPath = m_data.vault(project),
                     ref = "refs/preview/drill-" + checkpoint.id.task.toString().toLatin1();
    HUB_TRY(const git::RepositoryPlace place, scratchRepository(folder, vaultPath));
    const git::RestorePlace where{place, folder + ".cache", m_checkpointer.snapshotOptions()};
    // What a rollback starts from: the folder as it is, which is empty. Only this writes into the vault.
    HUB_TRY(const git::SnapshotInfo empty,
            takeResult(m_workers.run(project.toString(), [&]() -> Result<git::SnapshotInfo> {
                HUB_TRY(git::Vault * vault, m_vaults.of(project));
                auto taken = git::takeSnapshot(*vault, {.place = place,
                                                        .ref = ref,
                                                        .cachePath = where.cachePath,
                                                        .message = "drill",
                                                        .time = m_stores.clock.now(),
                                                        .options = where.snapshots,
                                                        .before = target});
                HUB_CHECK(vault->removeRef(ref));
                return taken;
            })));
    HUB_TRY(const auto vault, git::Vault::open(vaultPath));
    const git::RestoreOptions options{.movableBranches = {checkpoint.branch.toUtf8()}};
    HUB_TRY(const auto plan, git::planRestore(*vault, empty.commit, target, options));
    HUB_CHECK(checkRoom(*vault, plan, folder));
    HUB_TRY(const auto done, git::executeRestore(*vault, plan, where));
    report.files = plan.filesWritten();
    for (const auto &[path, why] : done.notRestored)
        report.differences << QFile::decodeName(path) + u": "_s + why;
    HUB_TRY(const auto verdict, git::verifyRestored(*vault, target, where, true, done.notRestored));
    for (const auto &[path, what] : verdict.differences)
        report.differences << (path.isEmpty() ? what : QFile::decodeName(path) + u": "_s + what);
    return {};
}

// One that nobody asked for.
void Drill::write(TaskId task, const Result<DrillReport> &report)
{
    m_stores.commits.submitOrLog(u"that a recovery was practised"_s, [this, task, report]() -> Result<> {
        const QString detail = report ? u"checkpoint %1, %2 files, %3 ms"_s.arg(report->checkpoint.toString(),
                                                                                QString::number(report->files),
                                                                                QString::number(report->took.count()))
                                      : report.error().message;
        return m_stores.audit.add({.who = u"the hub"_s,
                                   .origin = u"hub"_s,
                                   .role = u"machine"_s,
                                   .action = action,
                                   .task = task,
                                   .detail = detail,
                                   .outcome = report && report->isExact() ? u"done"_s : u"failed"_s});
    });
}

void Drill::tell(TaskId task, const Result<DrillReport> &report)
{
    if (!report && (report.error().code == ErrorCode::ShuttingDown || report.error().code == ErrorCode::NotFound ||
                    report.error().code == ErrorCode::DiskFull || report.error().code == ErrorCode::Refused))
        return;
    m_stores.commits.submitOrLog(u"the outcome of a drill"_s, [this, task, report]() -> Result<> {
        if (isKeptOff(task))
            return {};
        if (report && report->isExact() && report->backupProblem.isEmpty())
            return m_alerts.resolveSubject(AlertType::ManualIntervention, subject, u"it went well"_s);
        QStringList wrong;
        if (!report)
            wrong << report.error().message;
        else
            wrong = report->differences.mid(0, namedDifferences) << report->backupProblem;
        wrong.removeAll(QString());
        const bool files = !report || !report->isExact();
        HUB_CHECK(m_alerts.raise({.type = AlertType::ManualIntervention,
                                  .level = files ? AlertLevel::Critical : AlertLevel::Warning,
                                  .subject = subject,
                                  .title = u"A practised recovery of task #%1 did not go well"_s.arg(task.toString()),
                                  .description = wrong.join(u"; "_s),
                                  .task = task,
                                  .standing = true}));
        return {};
    });
}

} // namespace hub::recovery
