// The steps of a finish and of its undo. Each looks first whether it was done, since a hub before this one may have
// been cut off anywhere.
#include "core/recovery/finish.h"

#include "core/base/log.h"
#include "core/git/backups.h"
#include "core/git/commitsnapshot.h"
#include "core/git/gitlock.h"
#include "core/git/gitprogram.h"
#include "core/git/workingtree.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/handedits.h"
#include "core/recovery/tasktree.h"

#include <QCryptographicHash>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

std::optional<git::ObjectId> idIn(const QJsonObject &journal, QStringView key)
{
    return git::ObjectId::fromHex(journal.value(key).toString().toLatin1());
}

QByteArray refIn(const QJsonObject &journal) { return QFile::encodeName(journal.value(u"ref"_s).toString()); }

QString hexText(const git::ObjectId &id) { return QString::fromLatin1(id.hex()); }

// In the vault, while the files of a checkout move with its branch.
QByteArray moveRef(TaskId task, const char *side) { return "refs/finish/" + task.toString().toLatin1() + '/' + side; }

Error cantMove(const QString &branch, const QByteArray &tree, const QString &why, const QString &hint)
{
    return fail(ErrorCode::Conflict,
                u"%1 is checked out in %2, and %3, so it was not moved. Nothing was changed."_s.arg(
                    branch, QFile::decodeName(tree), why),
                hint);
}

QString listText(const QList<QByteArray> &paths)
{
    QStringList names;
    for (const QByteArray &path : paths.first(std::min<qsizetype>(paths.size(), 10)))
        names << QFile::decodeName(path);
    return names.join(u", "_s) + (paths.size() > 10 ? u" and %1 more"_s.arg(paths.size() - 10) : QString());
}

git::RestoreOptions optionsFor(const QByteArray &branch) { return {.movableBranches = {branch}}; }

// What git knows nothing of stays in the checkout.
Result<git::RestorePlan> planMove(git::Vault &vault, const QJsonObject &journal, bool back)
{
    const auto from = idIn(journal, back ? u"then" : u"now"), to = idIn(journal, back ? u"now" : u"then");
    if (!from || !to)
        return fail(ErrorCode::Corrupt, u"the journal of a finish names no snapshots"_s);
    git::RestoreOptions options = optionsFor(refIn(journal));
    HUB_TRY(const auto untracked, git::untrackedBeside(vault, *from, *to));
    for (const QByteArray &path : untracked)
        options.keep[path] = u"untracked"_s;
    return git::planRestore(vault, *from, *to, options);
}

git::RestorePlace placeOf(const git::RepositoryPlace &tree, const DataFolder &data, const git::SnapshotOptions &options)
{
    const QByteArray name = QCryptographicHash::hash(tree.workTree, QCryptographicHash::Sha256).toHex().first(16);
    return {tree, QFile::encodeName(data.path(u"statcache/checkout-"_s)) + name, options};
}

} // namespace

// Whether the target may move, and when it is checked out, how its files go with it.
Result<> Finish::prepareMove(Job &job)
{
    QJsonObject &journal = job.operation.journal;
    const QByteArray ref = refIn(journal);
    const QString branch = QFile::decodeName(ref.mid(11));
    const auto from = idIn(journal, u"from"), to = idIn(journal, u"to");
    HUB_TRY(const auto now, git::readRef(job.main, ref));
    if (now != from)
        return fail(ErrorCode::Conflict, u"%1 was moved meanwhile. Nothing was changed."_s.arg(branch));
    HUB_TRY(const auto holder, git::holderOf(job.main, ref));
    if (!holder)
        return {};
    const QByteArray &path = holder->place.workTree;
    const QString status = u"git -C '%1' status"_s.arg(QFile::decodeName(path));
    if (!holder->unfinished.isEmpty())
        return cantMove(branch, path, u"a %1 is under way there"_s.arg(holder->unfinished), status);
    HUB_TRY(const auto worker, m_stores.commits.ask([&]() -> Result<std::optional<TaskId>> {
        HUB_TRY(const auto living, m_stores.runs.living());
        for (const Run &run : living) {
            HUB_TRY(const Task task, m_stores.tasks.get(run.task));
            if (QFile::encodeName(task.tree) == path)
                return std::optional(task.id);
        }
        return std::optional<TaskId>();
    }));
    if (worker)
        return cantMove(branch, path, u"the agent of task #%1 works there"_s.arg(worker->toString()),
                        u"agenthubctl wait "_s + worker->toString());
    HUB_CHECK(git::awaitLocks(holder->place, {ref}));
    HUB_TRY(const auto changed, git::changedTracked(holder->place));
    if (!changed.isEmpty())
        return cantMove(branch, path, u"there are changes: "_s + listText(changed),
                        u"Commit or stash them first: "_s + status);
    HUB_TRY(const auto blocked, git::filesInTheWay(holder->place, *from, *to));
    if (!blocked.isEmpty())
        return cantMove(branch, path, u"files that git does not know are in the way: "_s + listText(blocked),
                        u"Move them away first."_s);
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    const git::SnapshotOptions &options = job.facts.snapshots;
    const git::RestorePlace where = placeOf(holder->place, m_data, options);
    HUB_TRY(const auto then,
            git::takeCommitSnapshot(
                *vault, {.place = holder->place,
                         .commit = *to,
                         .head = {ref, to},
                         .branches = {ref},
                         .scratch = QFile::encodeName(m_data.path(u"scratch/move-"_s + job.facts.task.id.toString())),
                         .ref = moveRef(job.facts.task.id, "then"),
                         .message = "Finish",
                         .time = m_stores.clock.now(),
                         .options = options}));
    HUB_TRY(const auto current, git::takeSnapshot(*vault, {.place = holder->place,
                                                           .ref = moveRef(job.facts.task.id, "now"),
                                                           .cachePath = where.cachePath,
                                                           .message = "Before a finish",
                                                           .time = m_stores.clock.now(),
                                                           .options = options,
                                                           .before = then.commit,
                                                           .branches = {ref}}));
    journal[u"checkout"_s] = journalText(path);
    journal[u"now"_s] = hexText(current.commit);
    journal[u"then"_s] = hexText(then.commit);
    HUB_TRY(const auto plan, planMove(*vault, journal, false));
    for (const auto &[kept, why] : plan.kept) {
        if (!plan.options.keep.contains(kept))
            return cantMove(branch, path, u"%1 can't be changed (%2)"_s.arg(QFile::decodeName(kept), why), status);
    }
    return {};
}

// From "ready" on a restarted hub goes forward. What the branch becomes is no move past the guard.
Result<> Finish::writeDown(Job &job, bool ready)
{
    QJsonObject &journal = job.operation.journal;
    journal[u"ready"_s] = ready;
    return m_stores.commits.ask([&]() -> Result<> {
        if (ready && !refIn(journal).isEmpty())
            HUB_CHECK(m_stores.refs.authorise(job.facts.task.spec.project, journal.value(u"ref"_s).toString(),
                                              journal.value(u"to"_s).toString()));
        return m_stores.operations.setProgress(job.operation.id, job.operation.target, journal);
    });
}

Result<FinishReceipt> Finish::conclude(Job &job)
{
    const QJsonObject &journal = job.operation.journal;
    const bool redone = job.operation.undoes.has_value();
    const auto steps = [&]() -> Result<> {
        HUB_CHECK(moveTarget(job, false));
        if (redone) // a finish itself moved the tree by committing
            HUB_CHECK(moveTree(job, false));
        if (journal.value(u"how"_s).toString() != textOf(finishHowTexts, FinishHow::Discard))
            return {};
        return journal.value(u"gone"_s).toBool() ? putAway(job) : bringBack(job);
    };
    if (auto done = steps(); !done)
        return abandon(job, std::move(done).error());
    return commitReceipt(job);
}

Result<> Finish::moveTarget(Job &job, bool back)
{
    const QJsonObject &journal = job.operation.journal;
    const QByteArray ref = refIn(journal);
    const auto from = idIn(journal, back ? u"to" : u"from"), to = idIn(journal, back ? u"from" : u"to");
    if (ref.isEmpty() || !to)
        return {};
    HUB_TRY(const auto standing, git::readRef(job.main, ref));
    if (standing != to) // so that it is no move past the guard
        HUB_CHECK(m_stores.commits.ask([&] {
            return m_stores.refs.authorise(job.facts.task.spec.project, QFile::decodeName(ref), hexText(*to));
        }));
    const QByteArray why = "agenthub: " + job.operation.id.toString().toLatin1();
    const QString checkout = journal.value(u"checkout"_s).toString();
    if (checkout.isEmpty()) {
        HUB_TRY(const auto now, git::readRef(job.main, ref));
        HUB_TRY(const auto holder, git::holderOf(job.main, ref));
        if (now != to && holder) // since it was looked at
            return cantMove(QFile::decodeName(ref.mid(11)), holder->place.workTree, u"it was not a moment ago"_s, {});
        return git::moveBranch(job.main, ref, from, to, why);
    }
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    HUB_TRY(const auto place, git::locateTree(pathFromJournal(checkout)));
    const git::RestorePlace where = placeOf(place, m_data, job.facts.snapshots);
    HUB_TRY(const auto plan, planMove(*vault, journal, back));
    HUB_TRY(const auto report, git::executeRestore(*vault, plan, where));
    HUB_TRY(const auto now, git::readRef(job.main, ref));
    if (now != to)
        return fail(ErrorCode::Conflict, u"%1 was moved meanwhile."_s.arg(QFile::decodeName(ref.mid(11))));
    auto except = report.notRestored;
    except.insert(except.end(), plan.kept.begin(), plan.kept.end());
    HUB_TRY(const auto verdict, git::verifyRestored(*vault, plan.target, where, false, except));
    for (const auto &[path, what] : verdict.differences)
        job.notes << u"In %1: %2"_s.arg(QFile::decodeName(place.workTree),
                                        path.isEmpty() ? what : QFile::decodeName(path) + u": "_s + what);
    for (const auto &[path, what] : report.notRestored)
        job.notes << u"In %1: %2: %3"_s.arg(QFile::decodeName(place.workTree), QFile::decodeName(path), what);
    return {};
}

// The task's own tree, index and branch, from one of the operation's checkpoints to the other.
Result<> Finish::moveTree(const Job &job, bool back)
{
    const auto &operation = job.operation;
    if (operation.before == operation.target)
        return {};
    const TaskId id = operation.task;
    HUB_TRY(const auto sides, m_stores.commits.ask([&]() -> Result<std::pair<Checkpoint, Checkpoint>> {
        HUB_TRY(const Checkpoint before, m_stores.tasks.checkpoint({id, operation.before}));
        HUB_TRY(const Checkpoint target, m_stores.tasks.checkpoint({id, operation.target}));
        return back ? std::pair(target, before) : std::pair(before, target);
    }));
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    HUB_TRY(const auto from, snapshotOf(sides.first));
    HUB_TRY(const auto to, snapshotOf(sides.second));
    HUB_TRY(const auto place, findTree(job.facts.task));
    const git::RestorePlace where{place, m_data.statCache(id), job.facts.snapshots};
    HUB_TRY(const auto plan,
            git::planRestore(*vault, from, to, optionsFor("refs/heads/" + QFile::encodeName(job.facts.task.branch))));
    HUB_CHECK(git::executeRestore(*vault, plan, where));
    return {};
}

// The branch into the vault, then tree and branch away.
Result<> Finish::putAway(Job &job)
{
    const QString id = job.operation.id.toString();
    const QByteArray branch = "refs/heads/" + QFile::encodeName(job.operation.journal.value(u"branch"_s).toString());
    const auto tip = idIn(job.operation.journal, u"tip");
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    HUB_TRY(const auto now, git::readRef(job.main, branch));
    if (now && tip)
        HUB_CHECK(git::archiveCommit(*vault, job.main, "refs/archive/discarded/" + id.toLatin1(), *tip));
    const Task &task = job.facts.task;
    if (!job.operation.journal.value(u"tree_gone"_s).toBool() && QFileInfo::exists(task.tree)) {
        if (job.facts.treeRemoved) // a hub before this one was cut off before it took the folder away
            HUB_CHECK(m_stores.commits.ask(
                [&] { return m_stores.tasks.setTreeFact(task.id, state::TaskStore::TreeFact::Removed, {}); }));
        HUB_TRY(const auto removed,
                m_trees.removeNow(task.id, u"its task was discarded (%1)"_s.arg(id), job.operation.id));
        if (!removed.ignored.isEmpty())
            job.notes << u"Ignored files went that no checkpoint holds: "_s + removed.ignored.join(u", "_s);
    }
    // Git's entry may have outlived the folder, and would keep the branch from coming back.
    if (!QFileInfo::exists(task.tree))
        HUB_CHECK(git::removeMergeTree(job.main, QFile::encodeName(task.tree)));
    if (auto gone = git::moveBranch(job.main, branch, tip, std::nullopt, "agenthub: " + id.toLatin1()); !gone)
        job.notes << u"Its branch stays: "_s + gone.error().message;
    return {};
}

Result<> Finish::bringBack(Job &job)
{
    const QJsonObject &journal = job.operation.journal;
    const QByteArray branch = "refs/heads/" + QFile::encodeName(journal.value(u"branch"_s).toString());
    const auto tip = idIn(journal, u"tip");
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    HUB_TRY(const auto now, git::readRef(job.main, branch));
    if (!now)
        HUB_CHECK(
            git::fetchBranch(job.main, vault->path(), journal.value(u"archived"_s).toString().toLatin1(), branch));
    else if (now != tip)
        return fail(ErrorCode::Conflict, u"There is another branch %1 now. Nothing was changed."_s.arg(
                                             journal.value(u"branch"_s).toString()));
    return job.operation.journal.value(u"tree_gone"_s).toBool() ? Result<>() : m_trees.bringBack(job.facts.task.id);
}

Result<FinishReceipt> Finish::commitReceipt(const Job &job)
{
    const QJsonObject &journal = job.operation.journal;
    HUB_TRY(const FinishHow how, enumFromText(finishHowTexts, journal.value(u"how"_s).toString(), u"finish"));
    HUB_TRY(const TaskState state, enumFromText(taskStateTexts, journal.value(u"state"_s).toString(), u"state"));
    const TaskId id = job.operation.task;
    const bool back = journal.value(u"back"_s).toBool();
    FinishReceipt receipt{.operation = job.operation.id,
                          .task = id,
                          .how = how,
                          .branch = journal.value(u"branch"_s).toString(),
                          .into = journal.value(u"into"_s).toString(),
                          .commit = journal.value(merges(how) ? u"to"_s : u"tip"_s).toString(),
                          .remote = journal.value(u"remote"_s).toString(),
                          .link = journal.value(u"link"_s).toString(),
                          .before = {id, job.operation.before},
                          .committed = job.committed,
                          .undo = job.operation.undoes.has_value(),
                          .resumed = job.resumed,
                          .notes = job.notes};
    if (receipt.undo && how == FinishHow::Push && back)
        receipt.notes << u"The branch at %1 stays. To delete it: git -C '%2' push %1 --delete %3"_s.arg(
            receipt.remote, job.facts.project.path, receipt.branch);
    const QString what = receipt.undo             ? u"%1 was taken back"_s.arg(job.operation.undoes->toString())
                         : how == FinishHow::Push ? u"pushed to "_s + receipt.remote
                         : merges(how)
                             ? (how == FinishHow::Merge ? u"merged into "_s : u"squashed into "_s) + receipt.into
                         : how == FinishHow::Discard ? u"discarded"_s
                                                     : u"kept on its branch "_s + receipt.branch;
    QList<state::RefMove> refs;
    if (!refIn(journal).isEmpty())
        refs.append({journal.value(u"ref"_s).toString(), journal.value(u"from"_s).toString(),
                     journal.value(u"to"_s).toString()});
    if (how == FinishHow::Discard) {
        const QString tip = journal.value(u"tip"_s).toString();
        const bool gone = journal.value(u"gone"_s).toBool();
        refs.append({u"refs/heads/"_s + receipt.branch, gone ? tip : QString(), gone ? QString() : tip});
    }
    auto committed = m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        // From one end to another there is no way but through the middle.
        if (!mayFollow(task.state, state))
            HUB_CHECK(m_stores.tasks.setState(id, TaskState::Interrupted, {}));
        const QString reason = journal.value(u"reason"_s).toString();
        HUB_CHECK(
            m_stores.tasks.setState(id, state, back ? reason : what + u" ("_s + job.operation.id.toString() + u')'));
        if (isEnded(state)) {
            HUB_CHECK(m_stores.holds.endPause(u"task"_s, id.toString()));
            HUB_CHECK(m_stores.holds.endPause(u"overload"_s, id.toString()));
            HUB_CHECK(m_stores.holds.releaseAllOf(id));
            HUB_TRY(const auto approvals, m_stores.approvals.list(id, ApprovalState::Open));
            for (const Approval &approval : approvals)
                HUB_CHECK(m_stores.approvals.withdraw(approval.id, u"the task ended"_s));
        }
        HUB_CHECK(m_stores.talk.append(id, {.role = u"hub"_s,
                                            .kind = u"note"_s,
                                            .author = job.operation.who,
                                            .body = u"Its work: %1 (%2)."_s.arg(what, job.operation.id.toString())}));
        HUB_CHECK(m_stores.gitLog.add({.project = job.facts.project.name.toString(),
                                       .task = id,
                                       .who = job.operation.who,
                                       .action = job.operation.kind,
                                       .refs = refs,
                                       .outcome = u"done"_s,
                                       .detail = job.operation.id.toString() + u": "_s + what}));
        HUB_CHECK(m_stores.operations.end(job.operation.id, u"done"_s, receipt.toJson()));
        m_stores.commits.afterCommit([this, id, json = receipt.toJson()] {
            Q_EMIT finished(id, json);
            Q_EMIT ended(id);
        });
        return {};
    });
    if (!committed)
        return std::move(committed).error();
    if (const auto vault = m_vaults.of(job.facts.task.spec.project)) // what was of use while it went on
        std::ignore = (*vault)->retireRefs({moveRef(id, "now"), moveRef(id, "then")}, m_stores.clock.now());
    return receipt;
}

// Everything as it was before the operation; when even that fails, a person has to know. The error to answer with.
Error Finish::abandon(Job &job, Error why)
{
    const auto restore = [&]() -> Result<> {
        HUB_CHECK(git::removeMergeTree(job.main, mergeFolder(job)));
        const QByteArray ref = refIn(job.operation.journal);
        if (!ref.isEmpty() && job.operation.journal.value(u"ready"_s).toBool()) {
            HUB_TRY(const auto now, git::readRef(job.main, ref));
            const bool halfway =
                !job.operation.journal.value(u"checkout"_s).toString().isEmpty() && why.code != ErrorCode::Conflict;
            if (now == idIn(job.operation.journal, u"to") || halfway)
                HUB_CHECK(moveTarget(job, true));
        }
        if (!job.operation.undoes)
            return takeCommitBack(job);
        return moveTree(job, true);
    };
    const auto restored = restore();
    const QString outcome =
        restored ? u"everything is as it was"_s
                 : u"it could not all be put back (%1); checkpoint %2 holds the task's files"_s.arg(
                       restored.error().message, CheckpointId{job.operation.task, job.operation.before}.toString());
    qCWarning(lcRecovery).noquote() << job.operation.id.toString() << "failed:" << why.message << "-" << outcome;
    job.stuck = !restored;
    auto recorded = m_stores.commits.ask([&]() -> Result<> {
        if (job.resumed)
            HUB_CHECK(
                m_stores.talk.append(job.operation.task, {.role = u"hub"_s,
                                                          .kind = u"note"_s,
                                                          .body = u"%1 was not carried out: %2 Now %3."_s.arg(
                                                              job.operation.id.toString(), why.message, outcome)}));
        HUB_CHECK(m_stores.gitLog.add({.project = job.facts.project.name.toString(),
                                       .task = job.operation.task,
                                       .who = job.operation.who,
                                       .action = job.operation.kind,
                                       .refs = {},
                                       .outcome = why.message,
                                       .detail = job.operation.id.toString() + u": "_s + outcome}));
        HUB_CHECK(
            m_stores.operations.end(job.operation.id, u"failed"_s,
                                    {{u"error"_s, why.message}, {u"outcome"_s, outcome}, {u"resumed"_s, job.resumed}}));
        m_stores.commits.afterCommit([this, id = job.operation.task] { Q_EMIT ended(id); });
        return {};
    });
    if (!recorded)
        qCWarning(lcRecovery).noquote() << job.operation.id.toString() << recorded.error().message;
    if (!restored)
        why.message += u" "_s + outcome + u'.';
    return why;
}

// The commit of what was uncommitted goes, and index and files are as before it.
Result<> Finish::takeCommitBack(const Job &job)
{
    const QJsonObject &journal = job.operation.journal;
    HUB_TRY(const FinishHow how, enumFromText(finishHowTexts, journal.value(u"how"_s).toString(), u"finish"));
    if (how == FinishHow::Keep || how == FinishHow::Discard)
        return {};
    const TaskId id = job.operation.task;
    HUB_TRY(const Checkpoint before, m_stores.commits.ask([&] {
        return m_stores.tasks.checkpoint({id, job.operation.before});
    }));
    HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
    HUB_TRY(const auto target, snapshotOf(before));
    HUB_TRY(const auto place, findTree(job.facts.task));
    const QByteArray branch = "refs/heads/" + QFile::encodeName(job.facts.task.branch);
    HUB_TRY(const auto tip, git::readRef(job.main, branch));
    if (!job.resumed && tip == idIn(journal, u"tip_was"))
        return {}; // what does not commit leaves the index as it was
    HUB_CHECK(git::awaitLocks(place, {branch}));
    HUB_TRY(const Checkpoint now,
            m_checkpointer.takeNow(
                {.task = id, .type = CheckpointType::Rollback, .notes = u"before a finish was taken back"_s}, target));
    HUB_TRY(const auto current, snapshotOf(now));
    HUB_TRY(const auto plan, git::planRestore(*vault, current, target, optionsFor(branch)));
    HUB_CHECK(git::executeRestore(*vault, plan, {place, m_data.statCache(id), job.facts.snapshots}));
    return {};
}

} // namespace hub::recovery
