#include "core/recovery/treekeeper.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/bring.h"
#include "core/git/compare.h"
#include "core/git/restore.h"
#include "core/git/submodules.h"
#include "core/git/workingtree.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/tasktree.h"
#include "core/settings/projectsettings.h"

#include <QDir>

#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr qsizetype namedPaths = 10;
const QString removal = u"working tree removed"_s;

QString listed(const QList<QByteArray> &paths)
{
    QStringList names;
    for (const QByteArray &path : paths.first(std::min(paths.size(), namedPaths)))
        names << QFile::decodeName(path);
    if (paths.size() > namedPaths)
        names << u"and %1 more"_s.arg(paths.size() - namedPaths);
    return names.join(u", "_s);
}

bool isThere(const QByteArray &path)
{
    struct stat info;
    return ::lstat(path.constData(), &info) == 0;
}

// A program that somebody left there, such as a shell. Only those of this account can be seen.
std::optional<int> workerIn(const QByteArray &tree)
{
    for (const QString &entry : QDir(u"/proc"_s).entryList(QDir::Dirs)) {
        char folder[PATH_MAX];
        const QByteArray link = "/proc/" + entry.toLatin1() + "/cwd";
        const ssize_t size = ::readlink(link.constData(), folder, sizeof folder);
        const QByteArray cwd(folder, std::max<ssize_t>(size, 0));
        if (cwd == tree || cwd.startsWith(tree + '/'))
            return entry.toInt();
    }
    return std::nullopt;
}

} // namespace

TreeKeeper::TreeKeeper(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer,
                       const DataFolder &data, const Settings &settings)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_checkpointer(checkpointer)
    , m_data(data)
    , m_settings(settings)
{
    connect(&m_clock, &QTimer::timeout, this, &TreeKeeper::look);
}

Result<QStringList> TreeKeeper::furnish(const git::RepositoryPlace &main, const git::RepositoryPlace &tree,
                                        const QJsonObject &options) const
{
    HUB_TRY(QStringList said, git::fillSubmodules(main, tree));
    const QString wanted = ProjectSettings(options).text(projectsetting::bring);
    if (wanted == u"none")
        return said;
    HUB_TRY(const auto brought, git::bringAlong(main, tree, QFile::encodeName(wanted).split(',')));
    if (!brought.copied.isEmpty())
        said << u"Copied from %1: %2."_s.arg(QFile::decodeName(main.workTree), listed(brought.copied));
    if (!brought.linked.isEmpty())
        said << u"Linked to %1: %2."_s.arg(QFile::decodeName(main.workTree), listed(brought.linked));
    for (const auto &[path, why] : brought.left)
        said << u"Not brought along: %1 (%2)."_s.arg(QFile::decodeName(path), why);
    return said;
}

Result<TreeKeeper::Facts> TreeKeeper::factsOf(TaskId id) const
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    HUB_TRY(const QString removed, m_stores.tasks.treeFact(id, state::TaskStore::TreeFact::Removed));
    HUB_TRY(const auto newest, m_stores.tasks.newestCheckpoint(id));
    return Facts{task,
                 project.path,
                 project.options,
                 removed.isEmpty() ? std::nullopt : std::optional(removed.toLongLong()),
                 newest,
                 state::mayTouch(project),
                 project.doing[u"what"_s] == u"remove"_s};
}

void TreeKeeper::note(TaskId task, const QString &text)
{
    m_stores.commits.submitOrLog(
        u"a note on the working tree of task #%1"_s.arg(task.toString()), [this, task, text]() -> Result<> {
            HUB_CHECK(m_stores.talk.append(task, {.role = u"hub"_s, .kind = u"note"_s, .body = text}));
            return {};
        });
}

Result<> TreeKeeper::bringBack(TaskId id)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&] { return factsOf(id); }));
    const Task &task = facts.task;
    if (task.spec.mode == TreeMode::InPlace || task.tree.isEmpty())
        return {};
    HUB_CHECK(facts.touch);
    const bool there = isThere(QFile::encodeName(task.tree));
    if (there && !facts.removed)
        return {};
    if (!facts.removed && !facts.newest)
        return fail(ErrorCode::NotFound,
                    u"The working tree of task #%1 is gone, and it has no checkpoint."_s.arg(id.toString()));
    const qint64 number = facts.removed ? *facts.removed : facts.newest->id.number;
    // Written down first: a tree that was made again by half must not pass for a whole one.
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        using enum state::TaskStore::TreeFact;
        HUB_CHECK(m_stores.tasks.setTreeFact(id, SetUp, {}));
        return m_stores.tasks.setTreeFact(id, Removed, QString::number(number));
    }));
    HUB_CHECK(restoreInto(facts, number));
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(logTree(task, u"working tree"_s, u"done"_s,
                          u"made again as checkpoint %1"_s.arg(CheckpointId{id, number}.toString())));
        HUB_CHECK(m_stores.talk.append(id, {.role = u"hub"_s,
                                            .kind = u"note"_s,
                                            .body = u"Its working tree was made again as checkpoint %1 has it."_s.arg(
                                                CheckpointId{id, number}.toString())}));
        return m_stores.tasks.setTreeFact(id, state::TaskStore::TreeFact::Removed, {});
    });
}

Result<> TreeKeeper::restoreInto(const Facts &facts, qint64 number)
{
    const Task &task = facts.task;
    HUB_TRY(const git::RepositoryPlace place, bringBackTree(task, facts.project));
    HUB_TRY(git::Vault * vault, m_vaults.of(task.spec.project));
    HUB_TRY(const Checkpoint then, m_stores.commits.ask([&] { return m_stores.tasks.checkpoint({task.id, number}); }));
    HUB_TRY(const auto target, snapshotOf(then));
    const git::RestorePlace where{place, m_data.statCache(task.id), m_checkpointer.snapshotOptions()};
    HUB_CHECK(git::recoverPlace(place));
    // Somebody may have worked in what was left of it.
    HUB_TRY(const Checkpoint now, m_checkpointer.takeNow({.task = task.id,
                                                          .type = CheckpointType::Rollback,
                                                          .notes = u"before its working tree was made again"_s},
                                                         target));
    HUB_TRY(const auto current, snapshotOf(now));
    const auto tip = git::readRef(place, then.branch.toUtf8());
    if (tip && *tip && then.branch == u"refs/heads/"_s + task.branch && then.head != QString::fromLatin1((*tip)->hex()))
        return fail(ErrorCode::Conflict,
                    u"Branch %1 has other commits now than in checkpoint %2, which holds the working tree of task #%3; "
                    "the tree was not made again."_s.arg(task.branch, then.id.toString(), task.id.toString()),
                    u"agenthubctl rollback task_checkpoint %1"_s.arg(then.id.toString()));
    const git::RestoreOptions options{.movableBranches = {"refs/heads/" + QFile::encodeName(task.branch)}};
    HUB_TRY(const auto plan, git::planRestore(*vault, current, target, options));
    HUB_TRY(const auto restored, git::executeRestore(*vault, plan, where));
    HUB_TRY(const auto verdict, git::verifyRestored(*vault, target, where, false, restored.notRestored));
    for (const auto &[path, what] : verdict.differences)
        note(task.id, u"Differs from checkpoint %1: %2"_s.arg(
                          then.id.toString(), path.isEmpty() ? what : QFile::decodeName(path) + u": "_s + what));
    HUB_TRY(const auto main, git::locateTree(QFile::encodeName(facts.project)));
    HUB_TRY(const QStringList said, furnish(main, place, facts.options));
    for (const QString &sentence : said)
        note(task.id, sentence);
    return {};
}

Result<> TreeKeeper::mayGo(const Facts &facts, std::optional<OperationId> on) const
{
    const Task &task = facts.task;
    const QString id = task.id.toString();
    if (task.spec.mode == TreeMode::InPlace)
        return fail(ErrorCode::Refused, u"Task #%1 works in your own checkout, which is never removed."_s.arg(id));
    if (!facts.touch && !facts.leaving)
        return facts.touch;
    if (!isEnded(task.state) && !facts.leaving && !on)
        return fail(ErrorCode::Refused, u"Task #%1 is %2; only the working tree of an ended task is removed."_s.arg(
                                            id, textOf(taskStateTexts, task.state)));
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    if (run)
        return fail(ErrorCode::Conflict, u"Something of task #%1 still runs in its working tree."_s.arg(id));
    HUB_TRY(const auto executing, m_stores.operations.executing());
    for (const auto &operation : executing) {
        if (operation.task == task.id && operation.id != on)
            return fail(ErrorCode::Conflict, u"%1 is still going on for task #%2."_s.arg(operation.id.toString(), id));
    }
    return {};
}

QFuture<Result<RemovedTree>> TreeKeeper::remove(TaskId id, const QString &why)
{
    const auto facts = factsOf(id);
    if (!facts)
        return readyFuture<RemovedTree>(facts.error());
    if (auto free = mayGo(*facts); !free)
        return readyFuture<RemovedTree>(std::move(free).error());
    auto promise = std::make_shared<QPromise<Result<RemovedTree>>>();
    promise->start();
    auto future = promise->future();
    const auto answer = [promise](Result<RemovedTree> result) {
        promise->addResult(std::move(result));
        promise->finish();
    };
    const bool there = isThere(QFile::encodeName(facts->task.tree));
    auto cleared = there ? m_steps->runStep(id, TreeStep::Teardown)
                         : readyFuture<std::optional<StepOutcome>>(std::optional<StepOutcome>());
    whenDone(std::move(cleared), this,
             [this, id, why, answer,
              project = facts->task.spec.project](const Result<std::optional<StepOutcome>> &teardown) {
                 if (!teardown)
                     return answer(teardown.error());
                 if (*teardown && !(*teardown)->good)
                     return answer(fail(ErrorCode::Conflict,
                                        u"The working tree of task #%1 stays, since its teardown failed: %2"_s.arg(
                                            id.toString(), (*teardown)->how),
                                        u"agenthubctl projects set %1 teardown …"_s.arg(project.toString())));
                 whenDone(m_workers.run(project.toString(), [this, id, why] { return removeJob(id, why); }), this,
                          [answer](const Result<RemovedTree> &removed) { answer(removed); });
             });
    return future;
}

// What git's own removal would take away, and no checkpoint could give back.
Result<> TreeKeeper::refuseUnheld(const Facts &facts, const git::RepositoryPlace &place, const Checkpoint &last,
                                  RemovedTree &removed) const
{
    const QString id = facts.task.id.toString();
    const auto stays = [&](const QString &why, const QString &hint) {
        return fail(ErrorCode::Conflict, u"The working tree of task #%1 stays: %2"_s.arg(id, why), hint);
    };
    if (const auto pid = workerIn(place.workTree))
        return stays(u"process %1 works in it."_s.arg(*pid), u"End it, or leave that folder there."_s);
    if (!last.notHeld.isEmpty())
        return stays(u"no checkpoint holds %1 (%2)."_s.arg(last.notHeld.first()[u"path"_s].toString(),
                                                           last.notHeld.first()[u"reason"_s].toString()),
                     u"Move it away, or raise %1."_s.arg(setting::maxFileMegabytes.key));
    if (isThere(place.gitDir + "/modules"))
        return stays(u"the repositories of its submodules lie with it, and no checkpoint holds their commits."_s,
                     u"git worktree remove --force '%1', when they are all somewhere else"_s.arg(facts.task.tree));
    HUB_TRY(const auto ignored, git::ignoredFiles(place));
    HUB_TRY(const auto snapshot, snapshotOf(last));
    HUB_TRY(git::Vault * vault, m_vaults.of(facts.task.spec.project));
    for (const QByteArray &path : ignored) {
        HUB_TRY(const bool held, path.endsWith('/') ? Result(false) : git::holdsPath(*vault, snapshot, path));
        const QString linked = QFile::symLinkTarget(QFile::decodeName(place.workTree + '/' + path));
        if (!held && !linked.startsWith(facts.project + u'/'))
            removed.ignored << QFile::decodeName(path);
    }
    if (!removed.ignored.isEmpty() &&
        ProjectSettings(facts.options).text(projectsetting::ignored) == projectsetting::ignoredModes[1])
        return stays(
            u"no checkpoint holds these ignored files: %1."_s.arg(removed.ignored.mid(0, namedPaths).join(u", ")),
            u"agenthubctl projects set %1 ignored remove"_s.arg(facts.task.spec.project.toString()));
    return {};
}

// Hub thread, inside work. Its branch stays where it is.
Result<> TreeKeeper::logTree(const Task &task, const QString &action, const QString &outcome, const QString &detail)
{
    HUB_CHECK(m_stores.gitLog.add({.project = task.spec.project.toString(),
                                   .task = task.id,
                                   .who = u"hub"_s,
                                   .action = action,
                                   .outcome = outcome,
                                   .detail = detail}));
    return {};
}

// On the project's worker. A hub before this one was cut off between saying that the tree is removed and doing it, or
// while it made it again; which, only what lies there tells.
Result<RemovedTree> TreeKeeper::finishRemoval(const Facts &facts)
{
    const Task &task = facts.task;
    HUB_TRY(const git::RepositoryPlace place, findTree(task));
    HUB_TRY(const git::RepositoryPlace main, git::locateTree(QFile::encodeName(facts.project)));
    HUB_TRY(git::Vault * vault, m_vaults.of(task.spec.project));
    HUB_TRY(const Checkpoint last, m_stores.commits.ask([&] {
        return m_stores.tasks.checkpoint({task.id, *facts.removed});
    }));
    HUB_TRY(const auto snapshot, snapshotOf(last));
    const RemovedTree removed{.checkpoint = last.id, .bytes = bytesBelow(place.workTree)};
    if (auto gone = git::removeWorkingTree(*vault, main, place, snapshot, m_data.statCache(task.id)); !gone)
        return std::move(gone).error().withHint(
            u"agenthubctl resume-task %1 makes it as checkpoint %2 has it, first."_s.arg(task.id.toString(),
                                                                                         last.id.toString()));
    HUB_CHECK(m_stores.commits.ask([&] { return logTree(task, removal, u"done"_s, task.tree); }));
    return removed;
}

// On the project's worker.
Result<RemovedTree> TreeKeeper::removeJob(TaskId id, const QString &why, std::optional<OperationId> on)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Facts now, factsOf(id));
        HUB_CHECK(mayGo(now, on));
        return now;
    }));
    const Task &task = facts.task;
    if (!isThere(QFile::encodeName(task.tree)))
        return fail(ErrorCode::NotFound, u"Task #%1 has no working tree any more."_s.arg(id.toString()));
    if (facts.removed)
        return finishRemoval(facts);
    HUB_TRY(const git::RepositoryPlace place, findTree(task));
    HUB_TRY(const git::RepositoryPlace main, git::locateTree(QFile::encodeName(facts.project)));
    HUB_TRY(git::Vault * vault, m_vaults.of(task.spec.project));
    HUB_TRY(const Checkpoint last,
            m_checkpointer.takeNow(
                {.task = id, .type = CheckpointType::Milestone, .notes = u"before its working tree is removed"_s}, {}));
    RemovedTree removed{.checkpoint = last.id};
    HUB_CHECK(refuseUnheld(facts, place, last, removed));
    HUB_TRY(const auto snapshot, snapshotOf(last));
    removed.bytes = bytesBelow(place.workTree);
    HUB_CHECK(vault->writeRefs({{"refs/archive/" + QFile::encodeName(task.branch), snapshot}}));
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        using enum state::TaskStore::TreeFact;
        HUB_TRY(const Facts now, factsOf(id));
        HUB_CHECK(mayGo(now, on)); // it may have been taken up again meanwhile
        HUB_CHECK(m_stores.tasks.setTreeFact(id, SetUp, {}));
        HUB_CHECK(m_stores.tasks.setTreeFact(id, Removed, QString::number(last.id.number)));
        HUB_CHECK(logTree(task, removal, u"begun"_s, u"checkpoint %1 holds it"_s.arg(last.id.toString())));
        HUB_CHECK(m_stores.talk.append(
            id,
            {.role = u"hub"_s,
             .kind = u"note"_s,
             .body = u"Its working tree (%1) is removed: %2. Checkpoint %3 holds it, and branch %4 stays; "
                     "resume-task %5 or a rollback makes it again.%6"_s.arg(
                         sizeText(removed.bytes), why, last.id.toString(), task.branch, id.toString(),
                         removed.ignored.isEmpty() ? QString()
                                                   : u" Ignored files that no checkpoint holds go with it: %1."_s.arg(
                                                         removed.ignored.mid(0, namedPaths).join(u", ")))}));
        return {};
    }));
    if (auto gone = git::removeWorkingTree(*vault, main, place, snapshot, m_data.statCache(id)); !gone) {
        if (gone.error().code == ErrorCode::Conflict) { // nothing was removed
            HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
                HUB_CHECK(logTree(task, removal, gone.error().message, {}));
                return m_stores.tasks.setTreeFact(id, state::TaskStore::TreeFact::Removed, {});
            }));
        }
        note(id, u"Its working tree was not removed: "_s + gone.error().message);
        return std::move(gone).error();
    }
    HUB_CHECK(m_stores.commits.ask([&] { return logTree(task, removal, u"done"_s, task.tree); }));
    return removed;
}

QList<Task> TreeKeeper::endedWithTree() const
{
    QList<Task> ended;
    const auto all = m_stores.tasks.inStates({TaskState::Completed, TaskState::Failed, TaskState::Cancelled});
    for (const Task &task : all.valueOr({})) {
        if (task.spec.mode == TreeMode::Worktree && !task.tree.isEmpty() && isThere(QFile::encodeName(task.tree)))
            ended << task;
    }
    std::sort(ended.begin(), ended.end(), [](const Task &a, const Task &b) { return a.updatedAt < b.updatedAt; });
    return ended;
}

QFuture<Result<EvictionReport>> TreeKeeper::evict(const EvictionRules &rules)
{
    auto eviction = std::make_shared<Eviction>();
    eviction->promise = std::make_shared<QPromise<Result<EvictionReport>>>();
    eviction->promise->start();
    auto future = eviction->promise->future();
    const QList<Task> ended = endedWithTree();
    const Instant now = m_stores.clock.now();
    QList<Task> younger;
    for (const Task &task : ended) {
        const bool old = rules.olderThan && now - task.endedAt.value_or(task.updatedAt) > *rules.olderThan;
        (old ? eviction->due : younger) << task;
    }
    eviction->aged = eviction->due.size();
    if (rules.totalLimit <= 0) {
        removeNext(eviction);
        return future;
    }
    auto measured = m_workers.run(u"disk"_s, [root = QFile::encodeName(m_data.path(u"worktrees"_s))] {
        return Result<qint64>(bytesBelow(root));
    });
    whenDone(std::move(measured), this, [this, eviction, younger, limit = rules.totalLimit](const Result<qint64> &all) {
        eviction->over = all ? *all - limit : 0;
        eviction->due += younger; // these go only as long as there is too much
        removeNext(eviction);
    });
    return future;
}

void TreeKeeper::removeNext(const std::shared_ptr<Eviction> &eviction)
{
    const bool aged = eviction->aged > 0;
    if (eviction->due.isEmpty() || (!aged && eviction->over <= 0)) {
        eviction->promise->addResult(eviction->report);
        eviction->promise->finish();
        return;
    }
    const Task task = eviction->due.takeFirst();
    eviction->aged -= aged;
    const QString why =
        aged ? u"its task ended %1"_s.arg(toLocalShort(task.endedAt.value_or(task.updatedAt), m_stores.clock.now()))
             : u"all working trees together take too much of the disk"_s;
    whenDone(remove(task.id, why), this, [this, eviction, id = task.id](const Result<RemovedTree> &removed) {
        if (removed) {
            eviction->over -= removed->bytes;
            eviction->report.removed.append({id, *removed});
        } else if (removed.error().code == ErrorCode::ShuttingDown) {
            eviction->due.clear();
        } else {
            eviction->report.kept.append({id, removed.error().message});
        }
        removeNext(eviction);
    });
}

void TreeKeeper::look()
{
    const qint64 days = m_settings.number(setting::keepDays);
    whenDone(evict({.olderThan = days > 0 ? std::optional(std::chrono::hours{24 * days}) : std::nullopt,
                    .totalLimit = m_settings.number(setting::maxTotalGigabytes) * 1'000'000'000}),
             this, [](const Result<EvictionReport> &report) {
                 if (!report)
                     return;
                 for (const auto &[task, removed] : report->removed)
                     qCInfo(lcRecovery).noquote()
                         << "removed the working tree of task" << task.toString() << sizeText(removed.bytes);
                 for (const auto &[task, reason] : report->kept)
                     qCWarning(lcRecovery).noquote() << reason;
             });
}

// What a hub before this one had no time to delete.
void TreeKeeper::sweep()
{
    const QString trees = m_data.path(u"worktrees"_s), suffix = QString::fromLatin1(git::removedSuffix);
    for (const QString &project : QDir(trees).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        m_workers.run(project, [folder = trees + u'/' + project, suffix]() -> Result<> {
            for (const QString &name : QDir(folder).entryList({u'*' + suffix}, QDir::Dirs | QDir::NoDotAndDotDot))
                HUB_CHECK(removeTree(QFile::encodeName(folder + u'/' + name)));
            return {};
        });
    }
}

void TreeKeeper::watch()
{
    sweep();
    m_clock.start(std::chrono::hours{24});
    look();
}

} // namespace hub::recovery
