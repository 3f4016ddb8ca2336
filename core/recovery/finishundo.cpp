// Taking a finish back, taking that back, and what a hub that starts does with one that was cut off.
#include "core/recovery/finish.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/compare.h"
#include "core/git/gitlock.h"
#include "core/git/workingtree.h"
#include "core/posix/procfs.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/tasktree.h"

#include <QDir>
#include <QThread>

#include <csignal>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// The hub knows its own children only while it lives; what they started carries this in its environment. They may make
// new ones while they are ended, so until nothing is found twice.
void endMarked(const QByteArray &mark)
{
    constexpr int tries = 500;
    for (int empty = 0, i = 0; empty < 2 && i < tries; ++i) {
        empty = posix::processesWithMark(mark.toStdString(), SIGKILL).found.empty() ? empty + 1 : 0;
        QThread::msleep(2);
    }
}

// What a task that was taken up, or ended, again is: no run can be brought back.
TaskState stateAfterUndo(TaskState was)
{
    return isEnded(was) || was == TaskState::NeedsReview ? was : TaskState::Interrupted;
}

QString shortText(const QJsonValue &hex) { return hex.toString().left(12); }

} // namespace

// The same steps from the other end, with all that could be against them looked at.
Result<Finish::Job> Finish::reversed(const UndoRequest &request)
{
    HUB_TRY(Job job, m_stores.commits.ask([&]() -> Result<Job> {
        HUB_TRY(const auto undone, m_stores.operations.get(request.operation));
        if (undone.state != u"done" || undone.undoneBy)
            return fail(ErrorCode::Conflict, u"%1 can't be undone (any more)."_s.arg(undone.id.toString()));
        HUB_TRY(const Facts facts, factsOf(undone.task));
        HUB_CHECK(refuseBusy(facts.task));
        return Job{facts, {}, undone};
    }));
    HUB_TRY(job.main, git::locateTree(QFile::encodeName(job.facts.project.path)));
    const QJsonObject then = job.operation.journal;
    QJsonObject journal{then};
    for (const QString &key : {u"checkout"_s, u"now"_s, u"then"_s, u"reason"_s, u"ready"_s})
        journal.remove(key);
    HUB_TRY(const TaskState was, enumFromText(taskStateTexts, then.value(u"was"_s).toString(), u"state"));
    journal[u"back"_s] = !then.value(u"back"_s).toBool();
    journal[u"from"_s] = then.value(u"to"_s);
    journal[u"to"_s] = then.value(u"from"_s);
    journal[u"state"_s] = textOf(taskStateTexts, stateAfterUndo(was));
    journal[u"reason"_s] = then.value(u"was_reason"_s);
    journal[u"was"_s] = textOf(taskStateTexts, job.facts.task.state);
    journal[u"was_reason"_s] = job.facts.task.reason;
    journal[u"gone"_s] = !then.value(u"gone"_s).toBool();
    if (then.value(u"gone"_s).toBool())
        journal[u"archived"_s] = u"refs/archive/discarded/"_s + job.operation.id.toString();
    job.operation.journal = journal;
    HUB_CHECK(refuseMoved(request, job));
    if (!journal.value(u"ref"_s).toString().isEmpty())
        HUB_CHECK(prepareMove(job));
    return job;
}

Result<> Finish::refuseMoved(const UndoRequest &request, const Job &job) const
{
    const QJsonObject &journal = job.operation.journal;
    const QString ref = journal.value(u"ref"_s).toString(), branch = ref.mid(11);
    if (ref.isEmpty())
        return {};
    HUB_CHECK(mayMove(job.main, branch, request.protectedBranches, request.mayMoveProtected));
    HUB_TRY(const auto now, git::readRef(job.main, QFile::encodeName(ref)));
    const QString from = journal.value(u"from"_s).toString();
    if (now && QString::fromLatin1(now->hex()) == from)
        return {};
    const bool back = journal.value(u"back"_s).toBool();
    const bool merged = journal.value(u"how"_s).toString() == textOf(finishHowTexts, FinishHow::Merge);
    return fail(ErrorCode::Conflict,
                u"%1 does not stand where %2 put it (%3), so it was not moved. Nothing was changed."_s.arg(
                    branch, job.operation.id.toString(), shortText(from)),
                back ? u"A commit that takes it back: git -C '%1' revert %2%3"_s.arg(
                           job.facts.project.path, merged ? u"-m 1 "_s : QString(), shortText(from))
                     : u"agenthubctl finish-task "_s + job.facts.task.id.toString());
}

QStringList Finish::tellUndo(const Job &job) const
{
    const QJsonObject &journal = job.operation.journal;
    const bool back = journal.value(u"back"_s).toBool();
    const QString how = journal.value(u"how"_s).toString(), branch = journal.value(u"branch"_s).toString();
    QStringList text;
    if (const QString ref = journal.value(u"ref"_s).toString(); !ref.isEmpty())
        text << u"%1 goes %2 to %3%4."_s.arg(
            ref.mid(11), back ? u"back"_s : u"forward"_s, shortText(journal.value(u"to"_s)),
            journal.contains(u"checkout"_s)
                ? u", and the files in %1 with it"_s.arg(journal.value(u"checkout"_s).toString())
                : QString());
    if (how == textOf(finishHowTexts, FinishHow::Discard))
        text << (back ? u"Branch %1 and the working tree come back as they were."_s.arg(branch)
                      : u"Branch %1 and the working tree go again."_s.arg(branch));
    if (how == textOf(finishHowTexts, FinishHow::Push) && back)
        text << u"The branch at %1 can't be reached from here and stays; git -C '%2' push %1 --delete %3 deletes it."_s
                    .arg(journal.value(u"remote"_s).toString(), job.facts.project.path, branch);
    if (job.operation.before != job.operation.target)
        text << (back ? u"What was committed for it is uncommitted again, unless the task's files changed since."_s
                      : u"What was uncommitted is committed again, unless the task's files changed since."_s);
    text << u"Task #%1 goes to: %2. This can be undone too."_s.arg(
        job.facts.task.id.toString(), journal.value(u"state"_s).toString().replace(u'_', u' '));
    return text;
}

QFuture<Result<QStringList>> Finish::previewUndo(const UndoRequest &request)
{
    const auto operation = m_stores.operations.get(request.operation);
    const auto task = operation ? m_stores.tasks.get(operation->task) : Result<Task>(operation.error());
    if (!task)
        return readyFuture<QStringList>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, request]() -> Result<QStringList> {
        HUB_TRY(const Job job, reversed(request));
        return tellUndo(job);
    });
}

QFuture<Result<FinishReceipt>> Finish::undo(const UndoRequest &request)
{
    const auto operation = m_stores.operations.get(request.operation);
    const auto task = operation ? m_stores.tasks.get(operation->task) : Result<Task>(operation.error());
    if (!task)
        return readyFuture<FinishReceipt>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, request] { return undoJob(request); });
}

Result<FinishReceipt> Finish::undoJob(const UndoRequest &request)
{
    HUB_TRY(Job job, reversed(request));
    const TaskId id = job.facts.task.id;
    HUB_CHECK(m_runs->endRun(id, u"undoing "_s + request.operation.toString()));
    HUB_CHECK(m_runs->hold(id, RunControl::Stillness::Rollback));
    auto receipt = undoHeld(request, job);
    m_runs->release(id, RunControl::Stillness::Rollback);
    return receipt;
}

Result<FinishReceipt> Finish::undoHeld(const UndoRequest &request, Job &job)
{
    const state::Operation undone = job.operation;
    const TaskId id = undone.task;
    qint64 before = undone.target, target = undone.target;
    if (findTree(job.facts.task)) {
        HUB_TRY(const auto sides, m_stores.commits.ask([&]() -> Result<std::pair<Checkpoint, Checkpoint>> {
            HUB_TRY(const Checkpoint to, m_stores.tasks.checkpoint({id, undone.before}));
            HUB_TRY(const Checkpoint left, m_stores.tasks.checkpoint({id, undone.target}));
            return std::pair(to, left);
        }));
        HUB_TRY(const auto to, snapshotOf(sides.first));
        HUB_TRY(const auto left, snapshotOf(sides.second));
        HUB_TRY(const Checkpoint now, m_checkpointer.takeNow({.task = id,
                                                              .type = CheckpointType::Rollback,
                                                              .notes = u"before undoing "_s + undone.id.toString()},
                                                             to));
        before = target = now.id.number;
        HUB_TRY(const auto current, snapshotOf(now));
        HUB_TRY(git::Vault * vault, m_vaults.of(job.facts.task.spec.project));
        HUB_TRY(const auto since, git::compareSnapshots(*vault, left, current));
        const bool same = since.paths.empty() && !since.indexDiffers && !since.headDiffers;
        if (same && undone.before != undone.target)
            target = undone.before;
        else if (!same && undone.before != undone.target)
            job.notes << u"The task's files changed since, so they and its branch stay as they are; %1 has them as "
                         "before."_s.arg(sides.first.id.toString());
    } else if (undone.before != undone.target) {
        job.notes << u"The task's working tree was removed since, so its branch stays as it is."_s;
    }
    job.operation.journal[u"ready"_s] = true;
    HUB_TRY(job.operation, m_stores.commits.ask([&]() -> Result<state::Operation> {
        HUB_CHECK(refuseBusy(job.facts.task));
        const QJsonObject &journal = job.operation.journal;
        if (const QString ref = journal.value(u"ref"_s).toString(); !ref.isEmpty())
            HUB_CHECK(m_stores.refs.authorise(job.facts.task.spec.project, ref, journal.value(u"to"_s).toString()));
        return m_stores.operations.begin(id, u"undo"_s, request.who, before, target, undone.id, journal);
    }));
    return conclude(job);
}

QFuture<Result<>> Finish::finishInterrupted(const state::Operation &operation)
{
    const auto task = m_stores.tasks.get(operation.task);
    if (!task)
        return readyFuture<std::monostate>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, operation] { return recover(operation); });
}

// On the project's worker, so that nothing of this hub's is among it.
void Finish::sweep()
{
    const QString scratch = m_data.path(u"scratch"_s);
    for (const QString &name : QDir(scratch).entryList({u"trial-*"_s, u"move-*"_s}, QDir::Dirs)) {
        const auto id = TaskId::parse(name.section(u'-', 1));
        const auto task = id ? m_stores.tasks.get(*id) : Result<Task>(fail(ErrorCode::NotFound, {}));
        m_workers.run(task ? task->spec.project.toString() : u"disk"_s,
                      [folder = QFile::encodeName(scratch + u'/' + name)] { return removeTree(folder); });
    }
}

Result<> Finish::recover(const state::Operation &operation)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&] { return factsOf(operation.task); }));
    HUB_CHECK(state::mayTouch(facts.project)); // another hub may have taken it over meanwhile
    Job job{facts, {}, operation, {}, 0, true};
    HUB_TRY(job.main, git::locateTree(QFile::encodeName(facts.project.path)));
    endMarked(markOf(job).first().second);
    HUB_CHECK(git::removeMergeTree(job.main, mergeFolder(job)));
    QJsonObject &journal = job.operation.journal;
    const QString ref = journal.value(u"ref"_s).toString();
    qCInfo(lcRecovery).noquote() << "finishing" << operation.id.toString() << "of task" << operation.task.toString();
    // A git that was killed together with the hub leaves its locks.
    std::vector<QByteArray> locked{"refs/heads/" + QFile::encodeName(journal.value(u"branch"_s).toString()),
                                   "packed-refs"};
    if (!ref.isEmpty())
        locked.push_back(QFile::encodeName(ref));
    HUB_CHECK(git::awaitLocks(job.main, locked));
    // Whether a push arrived only the other side knows.
    const bool pushing = journal.contains(u"ready"_s) && !journal.value(u"ready"_s).toBool() &&
                         journal.value(u"how"_s).toString() == textOf(finishHowTexts, FinishHow::Push);
    bool forward = journal.value(u"ready"_s).toBool();
    QString unknown;
    if (pushing) {
        const auto there = git::remoteBranch(job.main, QFile::encodeName(journal.value(u"remote"_s).toString()),
                                             "refs/heads/" + QFile::encodeName(journal.value(u"branch"_s).toString()));
        forward = there && *there && QString::fromLatin1((*there)->hex()) == journal.value(u"tip"_s).toString();
        if (!there)
            unknown = u" Whether the push arrived is not known: "_s + there.error().message;
    }
    if (forward) {
        if (auto done = conclude(job); !done && job.stuck)
            return std::move(done).error();
    } else {
        Error why = abandon(job, fail(ErrorCode::ShuttingDown,
                                      u"The hub was interrupted in the middle, so it was taken back."_s + unknown));
        if (job.stuck)
            return why;
    }
    m_runs->release(operation.task, RunControl::Stillness::Rollback);
    return {};
}

} // namespace hub::recovery
