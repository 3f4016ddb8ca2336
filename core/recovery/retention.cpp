#include "core/recovery/retention.h"

#include "core/base/log.h"
#include "core/git/leave.h"
#include "core/git/workingtree.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr auto afterStart = std::chrono::minutes{20};
constexpr auto interval = std::chrono::hours{24};
const QString queue = u"retention"_s;

// Finishing is how a task ends: that it could still be taken back keeps none for ever.
bool holdsItsTask(const state::Operation &operation)
{
    return operation.state == u"executing" ||
           (operation.state == u"done" && !operation.undoneBy && !operation.isFinish());
}

} // namespace

qint64 RetentionReport::going() const
{
    return std::count_if(tasks.begin(), tasks.end(), [](const OldTask &task) { return task.stays.isEmpty(); });
}

QString RetentionReport::confirm() const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const OldTask &task : tasks) {
        if (task.stays.isEmpty())
            hash.addData(u"%1 %2 %3\n"_s.arg(task.id.toString()).arg(task.checkpoints).arg(task.messages).toLatin1());
    }
    hash.addData(QByteArray::number(alerts));
    return u"data "_s + QString::fromLatin1(hash.result().toHex().first(24));
}

QString whyItStays(const Task &task, const QList<Task> &others, const QList<state::Operation> &operations, bool works)
{
    if (works)
        return u"something of it still runs"_s;
    for (const Task &other : others) {
        if (other.spec.after == task.id && !isEnded(other.state))
            return u"task #%1, which is open, comes after it"_s.arg(other.id.toString());
    }
    for (const auto &operation : operations) {
        if (holdsItsTask(operation))
            return u"%1 can still be undone"_s.arg(operation.id.toString());
    }
    return {};
}

Retention::Retention(state::Stores &stores, monitor::AlertBook &alerts, Workers &workers, TreeKeeper &trees,
                     Maintenance &maintenance, const DataFolder &data, const Settings &settings)
    : m_stores(stores)
    , m_alerts(alerts)
    , m_workers(workers)
    , m_trees(trees)
    , m_maintenance(maintenance)
    , m_data(data)
    , m_settings(settings)
{
    connect(&m_clock, &QTimer::timeout, this, &Retention::look);
}

void Retention::begin()
{
    m_clock.setTimerType(Qt::VeryCoarseTimer);
    m_clock.start(afterStart);
}

void Retention::look()
{
    m_clock.start(interval);
    const qint64 days = m_settings.number(setting::keptDays);
    if (days == 0)
        return;
    whenDone(carryOut(m_stores.clock.now() - std::chrono::hours{24 * days}, {}, u"hub"_s), this,
             [](const Result<RetentionReport> &done) {
                 if (!done && done.error().code != ErrorCode::ShuttingDown)
                     qCWarning(lcRecovery).noquote() << "what is old was not removed:" << done.error().message;
                 else if (done && (done->going() > 0 || done->alerts > 0))
                     qCInfo(lcRecovery).noquote()
                         << "removed" << done->going() << "old tasks and" << done->alerts << "old alerts";
             });
}

Result<OldTask> Retention::describe(const Task &task, const QList<Task> &all) const
{
    OldTask old{.id = task.id, .title = task.spec.title};
    HUB_TRY(const auto marks, m_stores.tasks.checkpointMarks(task.id));
    HUB_TRY(const auto operations, m_stores.operations.list(task.id));
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    old.checkpoints = marks.size();
    old.messages = task.lastMessage;
    old.tree = task.spec.mode == TreeMode::Worktree && !task.tree.isEmpty() && QFileInfo::exists(task.tree);
    old.stays = whyItStays(task, all, operations, run.has_value());
    return old;
}

Result<RetentionReport> Retention::due(Instant before) const
{
    RetentionReport report{.before = before};
    HUB_TRY(const auto all, m_stores.tasks.all());
    for (const Task &task : all) {
        if (!isEnded(task.state) || task.endedAt.value_or(task.updatedAt) >= before)
            continue;
        HUB_TRY(const OldTask old, describe(task, all));
        report.tasks << old;
    }
    HUB_TRY(report.alerts, m_alerts.countOld(before));
    return report;
}

// What only the repositories know: a branch whose work is nowhere else is of use with its task only.
Result<> Retention::checkBranches(RetentionReport &report)
{
    for (OldTask &old : report.tasks) {
        if (!old.stays.isEmpty())
            continue;
        struct Facts {
            Task task;
            state::Project project;
        };
        HUB_TRY(const auto facts, m_stores.commits.ask([&]() -> Result<Facts> {
            HUB_TRY(const Task task, m_stores.tasks.get(old.id));
            HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
            return Facts{task, project};
        }));
        if (const auto may = state::mayTouch(facts.project); !may) {
            old.stays = may.error().message;
            continue;
        }
        if (facts.task.spec.mode != TreeMode::Worktree || facts.task.branch.isEmpty())
            continue;
        const auto look = [&]() -> Result<QString> {
            HUB_TRY(const auto place, git::locateTree(QFile::encodeName(facts.project.path)));
            return git::whyBranchStays(place, QFile::encodeName(facts.task.branch));
        };
        const auto why = takeResult(m_workers.run(facts.project.name.toString(), look));
        old.stays = !why             ? why.error().message
                    : why->isEmpty() ? QString()
                                     : u"branch %1: %2"_s.arg(facts.task.branch, *why);
    }
    return {};
}

Result<RetentionReport> Retention::planJob(Instant before)
{
    HUB_TRY(RetentionReport report, m_stores.commits.ask([&] { return due(before); }));
    HUB_CHECK(checkBranches(report));
    return report;
}

QFuture<Result<RetentionReport>> Retention::plan(Instant before)
{
    return m_workers.run(queue, [this, before] { return planJob(before); });
}

QFuture<Result<RetentionReport>> Retention::carryOut(Instant before, const QString &confirm, const QString &who)
{
    auto promise = std::make_shared<QPromise<Result<RetentionReport>>>();
    promise->start();
    auto future = promise->future();
    whenDone(plan(before), this, [this, promise, confirm, who](const Result<RetentionReport> &planned) {
        if (!planned || (!confirm.isEmpty() && confirm != planned->confirm())) {
            promise->addResult(planned ? fail(ErrorCode::Conflict,
                                              u"What is old changed since the preview, so nothing was removed."_s,
                                              u"Look at the new preview and confirm again."_s)
                                       : planned.error());
            promise->finish();
            return;
        }
        removeNext(std::make_shared<Round>(Round{*planned, who, 0, promise}));
    });
    return future;
}

// One after another: its working tree by the one who removes trees, then its rows. What its rows named in the vault is
// retired by the maintenance that follows, after a crash by the next one.
void Retention::removeNext(const std::shared_ptr<Round> &round)
{
    if (round->next == round->report.tasks.size())
        return finish(round);
    OldTask &old = round->report.tasks[round->next++];
    if (!old.stays.isEmpty())
        return removeNext(round);
    auto cleared = old.tree ? m_trees.remove(old.id, u"its data is cleaned up"_s)
                            : readyFuture<RemovedTree>(RemovedTree{{old.id, 0}});
    whenDone(std::move(cleared), this, [this, round, &old](const Result<RemovedTree> &removed) {
        if (!removed && removed.error().code != ErrorCode::NotFound) {
            old.stays = removed.error().message;
            return removeNext(round);
        }
        auto erased =
            m_stores.commits.submit([this, &old, round] { return eraseOne(old, round->report.before, round->who); });
        whenDone(std::move(erased), this, [this, round, &old](const Result<> &gone) {
            if (!gone)
                old.stays = gone.error().message;
            removeNext(round);
        });
    });
}

// Looked at once more: it may have been taken up again meanwhile.
Result<> Retention::eraseOne(const OldTask &old, Instant before, const QString &who)
{
    HUB_TRY(const Task task, m_stores.tasks.get(old.id));
    if (!isEnded(task.state) || task.endedAt.value_or(task.updatedAt) >= before)
        return fail(ErrorCode::Conflict, u"it was taken up again"_s);
    HUB_TRY(const auto all, m_stores.tasks.all());
    HUB_TRY(const OldTask now, describe(task, all));
    if (!now.stays.isEmpty())
        return fail(ErrorCode::Conflict, now.stays);
    if (now.tree)
        return fail(ErrorCode::Conflict, u"its working tree is there again"_s);
    HUB_CHECK(m_stores.erasure.erase(task));
    return m_stores.audit.add({.who = who,
                               .origin = u"hub"_s,
                               .role = u"machine"_s,
                               .action = u"cleanup"_s,
                               .task = task.id,
                               .detail = u"removed the data of task #%1 of project %2, which ended %3: %4 checkpoints, "
                                         "%5 messages"_s
                                             .arg(task.id.toString(), task.spec.project.toString(),
                                                  toIso(task.endedAt.value_or(task.updatedAt)))
                                             .arg(old.checkpoints)
                                             .arg(old.messages),
                               .outcome = u"done"_s});
}

void Retention::finish(const std::shared_ptr<Round> &round)
{
    const auto answer = [this, round](const Result<> &swept) {
        if (!swept && swept.error().code != ErrorCode::ShuttingDown)
            qCWarning(lcRecovery).noquote() << "files of removed messages are left:" << swept.error().message;
        if (round->report.going() > 0)
            m_maintenance.runSoon();
        round->promise->addResult(round->report);
        round->promise->finish();
    };
    if (const auto removed = m_alerts.removeOld(round->report.before); removed)
        round->report.alerts = *removed;
    else
        qCWarning(lcRecovery).noquote() << "old alerts were not removed:" << removed.error().message;
    for (const OldTask &old : round->report.tasks) {
        if (!old.stays.isEmpty())
            continue;
        for (const QByteArray &path : {m_data.statCache(old.id), QFile::encodeName(m_data.sentFiles(old.id))})
            m_workers.run(queue, [path] { return removeTree(path); });
    }
    whenDone(m_workers.run(queue, [this] { return sweepFiles(); }), this, answer);
}

// Files of bodies that no message names any more, also those that a hub before this one left. Removed on the hub
// thread, where messages are written, so that none is named anew in between.
Result<> Retention::sweepFiles()
{
    const QStringList files = m_stores.bodies.all();
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const QStringList free, m_stores.erasure.unreferenced(files));
        for (const QString &file : free)
            HUB_CHECK(m_stores.bodies.remove(file));
        return {};
    });
}

} // namespace hub::recovery
