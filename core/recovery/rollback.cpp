#include "core/recovery/rollback.h"

#include "core/base/log.h"
#include "core/git/gitlock.h"
#include "core/posix/procfs.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/refmoves.h"
#include "core/recovery/tasktree.h"

#include <algorithm>
#include <span>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// A message may name this many paths; the rest is counted.
constexpr size_t longestList = 200;

QString nameOf(const QByteArray &path) { return QFile::decodeName(path); }

QString previewText(const git::RestorePlan &plan, const git::ObjectId &filesNow)
{
    return u"%1:%2:%3:%4"_s.arg(QString::fromLatin1(plan.target.hex().first(12)),
                                QString::fromLatin1(filesNow.hex().first(12)), QString::number(plan.steps.size()),
                                QString::number(plan.kept.size()));
}

// "12/3", "backup branch backup/claude/12-…", "commit 1a2b3c4d5e6f (fix login)"
QString nameOf(const Checkpoint &checkpoint)
{
    return isMadeFromGit(checkpoint) ? checkpoint.notes.mid(6) : checkpoint.id.toString();
}

QJsonObject journalOf(const RollbackRequest &request, const git::RestoreOptions &options)
{
    QJsonObject journal{{u"path"_s, request.path}}, keep;
    for (const auto &[path, why] : options.keep)
        keep.insert(journalText(path), why);
    if (!keep.isEmpty())
        journal[u"keep"_s] = keep;
    return journal;
}

// The branch on which HEAD would be and which may not be moved there.
QString branchThatStays(const git::RestorePlan &plan)
{
    const QByteArray &branch = plan.headThen.branch;
    const auto &movable = plan.options.movableBranches;
    const bool moves = std::find(movable.begin(), movable.end(), branch) != movable.end();
    const bool stands = plan.headNow == plan.headThen;
    return branch.isEmpty() || moves || stands || !plan.options.only.isEmpty() ? QString() : nameOf(branch.mid(11));
}

void describeEdits(RollbackPreview &preview, const git::RestorePlan &plan, const HandEdits &edits)
{
    std::optional<CheckpointId> first;
    const auto look = [&](const QByteArray &path) {
        if (const auto edit = edits.paths.find(path); edit != edits.paths.end()) {
            preview.edited << nameOf(path);
            if (!first || edit->second.number < first->number)
                first = edit->second;
        }
    };
    for (const auto &[path, why] : plan.kept)
        look(path);
    for (const auto &step : plan.steps) {
        look(step.path);
        if (const auto mixed = edits.mixed.find(step.path); mixed != edits.mixed.end())
            preview.mixed << u"%1 (%2)"_s.arg(nameOf(step.path), mixed->second.toString());
    }
    preview.editedAfter = first ? first->toString() : QString();
}

RollbackPreview describe(const CheckpointId &target, const git::RestorePlan &plan)
{
    RollbackPreview preview{.target = target,
                            .branchNotMoved = branchThatStays(plan),
                            .indexDiffers = !plan.sameIndex,
                            .headDiffers = plan.headNow != plan.headThen};
    if (!preview.branchNotMoved.isEmpty())
        preview.headDiffers = plan.headNow.branch != plan.headThen.branch;
    for (const auto &step : plan.steps) {
        if (step.kind == git::StepKind::Write || step.kind == git::StepKind::SetMode)
            preview.restored << nameOf(step.path);
        else if (step.kind == git::StepKind::Remove)
            preview.deleted << nameOf(step.path);
    }
    for (const auto &[path, why] : plan.kept)
        preview.kept.append({nameOf(path), why});
    for (const auto &[path, what] : plan.purged)
        preview.purged << u"%1: %2"_s.arg(nameOf(path), what);
    return preview;
}

// Inside work. What is no checkpoint yet has neither number nor snapshot.
Result<Checkpoint> targetOf(const state::Stores &stores, const RollbackRequest &request, const Task &task)
{
    if (!request.git)
        return stores.tasks.checkpoint({request.task, request.target});
    HUB_TRY(const auto all, stores.tasks.checkpoints(task.id));
    return checkpointFor(*request.git, task, all.isEmpty() ? std::nullopt : std::optional(all.last()));
}

} // namespace

QJsonObject RollbackReceipt::toJson() const
{
    return {{u"operation"_s, operation.toString()},
            {u"task_id"_s, target.task.value()},
            {u"target"_s, target.toString()},
            {u"before"_s, before.toString()},
            {u"restored"_s, restored},
            {u"deleted"_s, deleted},
            {u"verified"_s, verified},
            {u"exact"_s, differences.isEmpty()},
            {u"differences"_s, QJsonArray::fromStringList(differences.mid(0, longestList))},
            {u"notes"_s, QJsonArray::fromStringList(notes)},
            {u"resumed"_s, resumed}};
}

Rollback::Rollback(state::Stores &stores, Workers &workers, Vaults &vaults, Records &records, const DataFolder &data,
                   Checkpointer &checkpointer)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_records(records)
    , m_data(data)
    , m_checkpointer(checkpointer)
{
}

QFuture<Result<RollbackPreview>> Rollback::preview(const RollbackRequest &request)
{
    const auto task = m_stores.tasks.get(request.task);
    if (!task)
        return readyFuture<RollbackPreview>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, request] { return previewJob(request); });
}

QFuture<Result<RollbackReceipt>> Rollback::execute(const RollbackRequest &request)
{
    const auto task = m_stores.tasks.get(request.task);
    if (!task)
        return readyFuture<RollbackReceipt>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, request] { return executeJob(request); });
}

git::RestoreOptions Rollback::optionsFor(const Task &task, const QJsonObject &journal) const
{
    git::RestoreOptions options{.only = QFile::encodeName(journal.value(u"path"_s).toString())};
    const QJsonObject keep = journal.value(u"keep"_s).toObject();
    for (auto it = keep.begin(); it != keep.end(); ++it)
        options.keep[pathFromJournal(it.key())] = it->toString();
    // Only the branch that the hub made for the task is moved; a person's never is.
    if (task.spec.mode == TreeMode::Worktree && !task.branch.isEmpty())
        options.movableBranches = {"refs/heads/" + QFile::encodeName(task.branch)};
    return options;
}

Result<Rollback::Job> Rollback::prepare(const RollbackRequest &request)
{
    HUB_TRY(Job job, m_stores.commits.ask([&]() -> Result<Job> {
        HUB_TRY(const Task task, m_stores.tasks.get(request.task));
        if (task.tree.isEmpty())
            return fail(ErrorCode::Conflict,
                        u"Task #%1 has no working tree; there is nothing to roll back."_s.arg(task.id.toString()));
        HUB_TRY(const Checkpoint target, targetOf(m_stores, request, task));
        HUB_TRY(const auto executing, m_stores.operations.executing());
        for (const auto &operation : executing) {
            if (operation.task == task.id)
                return fail(ErrorCode::Conflict, u"%1 is still going on for task #%2; nothing was changed."_s.arg(
                                                     operation.id.toString(), task.id.toString()));
        }
        HUB_TRY(Job made, jobFor(task, target));
        if (request.path.isEmpty() && !request.undoes) {
            HUB_TRY(made.history, historyOf(m_stores, task.id, request.git ? 1 : target.id.number));
        }
        return made;
    }));
    return job;
}

// Once nothing is said any more: a commit leaves the conversation where it is.
Result<> Rollback::numberTarget(Job &job, const GitTarget &target)
{
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(job.target.id, m_stores.tasks.reserveCheckpoint(job.task.id));
        HUB_TRY(const Task task, m_stores.tasks.get(job.task.id));
        if (target.ofCommit)
            job.target.messageSeq = task.lastMessage;
        return {};
    });
}

Result<> Rollback::makeTarget(Job &job, const GitTarget &target, const QByteArray &ref)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(job.task.spec.project));
    HUB_TRY(const auto now, git::readHead(job.place.place));
    git::CommitSnapshotRequest wanted{.place = job.place.place,
                                      .commit = target.commit,
                                      .head = headAfter(target, job.task, now),
                                      .scratch = QFile::encodeName(m_data.path(u"scratch/"_s + job.task.id.toString())),
                                      .ref = ref,
                                      .message = target.name.toUtf8(),
                                      .time = job.task.createdAt, // so that it is the same one each time
                                      .options = job.place.snapshots};
    for (const QByteArray &branch : optionsFor(job.task, {}).movableBranches)
        wanted.branches << branch;
    HUB_TRY(const auto snapshot, git::takeCommitSnapshot(*vault, wanted));
    job.target.commit = QString::fromLatin1(snapshot.commit.hex());
    job.target.tree = QString::fromLatin1(snapshot.files.hex());
    job.target.head = snapshot.head.commit ? QString::fromLatin1(snapshot.head.commit->hex()) : QString();
    job.target.branch = QString::fromUtf8(snapshot.head.branch);
    job.target.files = snapshot.fileCount;
    job.target.at = m_stores.clock.now();
    return {};
}

// What stays: of a commit what it does not know, and what people changed by hand.
Result<Rollback::Plan> Rollback::plan(const RollbackRequest &request, const Job &job, git::Vault &vault,
                                      const git::ObjectId &current, const git::ObjectId &target) const
{
    Plan plan;
    git::RestoreOptions options = optionsFor(job.task, {{u"path"_s, request.path}});
    if (request.git && request.git->ofCommit) {
        HUB_TRY(const auto untracked, git::untrackedBeside(vault, current, target));
        for (const QByteArray &path : untracked)
            options.keep[path] = u"untracked, and not in the commit"_s;
    }
    if (request.path.isEmpty() && !request.undoes) {
        HUB_TRY(plan.edits, findHandEdits(vault, job.history, current, m_stores.clock.now()));
        std::vector<QByteArray> edited;
        for (const auto &[path, unused] : plan.edits.paths)
            edited.push_back(path);
        HUB_TRY(const auto staying, git::thoseThatCanStay(vault, target, edited));
        for (const QByteArray &path : request.keepEdits ? staying : std::vector<QByteArray>())
            options.keep[path] = u"changed by a person after "_s + plan.edits.paths.at(path).toString();
    }
    HUB_TRY(plan.steps, git::planRestore(vault, current, target, options));
    return plan;
}

// Whoever goes back wants it done, not to hear that something else has to be done before.
Result<> Rollback::repairFirst(Job &job, bool thorough)
{
    const ProjectName &project = job.task.spec.project;
    const auto damage = m_records.damage(project, job.project, thorough);
    if (!damage || damage->isEmpty())
        return {}; // what can't be told or repaired shows itself when the tree is looked for
    HUB_TRY(const auto report, m_records.repair(project, job.project));
    job.notes << u"The repository of project %1 was repaired first. "_s.arg(project.toString()) + repairText(report) +
                     (report.aside.isEmpty() ? QString() : u" The old .git is in %1."_s.arg(nameOf(report.aside)));
    return {};
}

// Hub thread; its place in the repository is for the worker to find.
Result<Rollback::Job> Rollback::jobFor(const Task &task, const Checkpoint &target) const
{
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    HUB_CHECK(state::mayTouch(project));
    return Job{task, target, {{}, m_data.statCache(task.id), m_checkpointer.snapshotOptions()}, project.path};
}

Result<RollbackPreview> Rollback::previewJob(const RollbackRequest &request)
{
    HUB_TRY(Job job, prepare(request));
    const QString project = job.task.spec.project.toString();
    if (const auto damage = m_records.damage(job.task.spec.project, job.project, false); damage && !damage->isEmpty())
        return fail(ErrorCode::Conflict,
                    u"There is no preview, since the repository of project %1 is damaged: %2 Going back with --yes "
                    u"repairs it first."_s.arg(project, *damage),
                    u"agenthubctl projects repair "_s + project);
    HUB_TRY(job.place.place, bringBackTree(job.task, job.project));
    HUB_TRY(git::Vault * vault, m_vaults.of(job.task.spec.project));
    if (request.git)
        HUB_CHECK(makeTarget(job, *request.git, "refs/preview/target-" + job.task.id.toString().toLatin1()));
    HUB_TRY(const auto target, snapshotOf(job.target));
    const QByteArray ref = "refs/preview/" + job.task.id.toString().toLatin1();
    HUB_TRY(auto wanted, m_checkpointer.snapshotRequest(job.task, ref, u"Preview"_s, job.place.snapshots));
    wanted.before = target;
    HUB_TRY(const auto now, git::takeSnapshot(*vault, wanted));
    HUB_TRY(const Plan plan, this->plan(request, job, *vault, now.commit, target));
    RollbackPreview preview = describe(job.target.id, plan.steps);
    describeEdits(preview, plan.steps, plan.edits);
    preview.confirm = previewText(plan.steps, now.files);
    if (request.path.isEmpty())
        preview.messagesHidden = job.task.lastMessage - job.target.messageSeq;
    return preview;
}

Result<RollbackReceipt> Rollback::executeJob(const RollbackRequest &request)
{
    HUB_TRY(Job job, prepare(request));
    HUB_CHECK(repairFirst(job, false));
    auto receipt = executeOnce(request, job);
    if (receipt || receipt.error().code == ErrorCode::Conflict || receipt.error().code == ErrorCode::Refused)
        return receipt;
    // Damaged objects show only when something needs them.
    HUB_CHECK(repairFirst(job, true));
    return job.notes.isEmpty() ? std::move(receipt) : executeOnce(request, job);
}

Result<RollbackReceipt> Rollback::executeOnce(const RollbackRequest &request, Job &job)
{
    HUB_TRY(job.place.place, bringBackTree(job.task, job.project));
    HUB_CHECK(m_runs->hold(job.task.id, RunControl::Stillness::Rollback));
    auto receipt = held(request, job);
    m_runs->release(job.task.id, RunControl::Stillness::Rollback);
    return receipt;
}

Result<RollbackReceipt> Rollback::held(const RollbackRequest &request, Job &job)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(job.task.spec.project));
    if (request.git) {
        HUB_CHECK(numberTarget(job, *request.git));
        HUB_CHECK(makeTarget(job, *request.git, Checkpointer::refOf(job.target.id)));
        HUB_CHECK(m_stores.commits.ask([&] { return m_stores.tasks.addCheckpoint(job.target); }));
    }
    HUB_TRY(const auto target, snapshotOf(job.target));
    HUB_TRY(const Checkpoint before, m_checkpointer.takeNow({.task = job.task.id,
                                                             .type = CheckpointType::Rollback,
                                                             .notes = u"before going back to "_s + nameOf(job.target)},
                                                            target));
    HUB_TRY(const auto current, snapshotOf(before));
    HUB_TRY(const Plan planned, plan(request, job, *vault, current, target));
    const auto filesNow = git::ObjectId::fromHex(before.tree.toLatin1());
    if (!request.confirm.isEmpty() && (!filesNow || request.confirm != previewText(planned.steps, *filesNow))) {
        return fail(
            ErrorCode::Conflict,
            u"The files changed since the preview, so nothing was rolled back; %1 holds them as they are now."_s.arg(
                before.id.toString()),
            u"Look at the new preview and confirm again."_s);
    }
    HUB_CHECK(freeLocks(request, job));
    const QString kind = request.undoes ? u"undo"_s : request.path.isEmpty() ? u"rollback"_s : u"file"_s;
    HUB_TRY(const auto operation, m_stores.commits.ask([&] {
        return m_stores.operations.begin(job.task.id, kind, request.who, before.id.number, job.target.id.number,
                                         request.undoes, journalOf(request, planned.steps.options));
    }));
    return carryOut(operation, job, planned.steps, *vault);
}

// A git that the agent was frozen in the middle of may hold git's locks. The run ends with a rollback, so it never goes
// on; with a single file the run goes on afterwards, and so does its git.
Result<> Rollback::freeLocks(const RollbackRequest &request, const Job &job)
{
    const auto branches = optionsFor(job.task, {}).movableBranches;
    HUB_TRY(const auto lock, git::foreignLock(job.place.place, branches));
    if (lock && lock->holder != 0 && request.path.isEmpty()) {
        HUB_TRY(const auto run, m_stores.commits.ask([&] { return m_stores.runs.livingOf(job.task.id); }));
        const auto parents = posix::ancestry(lock->holder);
        const auto isShim = [&](const posix::ProcessId &parent) {
            return parent.pid == run->shim.pid && qint64(parent.startTicks) == run->shim.startTicks;
        };
        if (run && std::any_of(parents.begin(), parents.end(), isShim))
            HUB_CHECK(m_runs->endRun(job.task.id, u"rolled back to %1"_s.arg(job.target.id.toString())));
    }
    return git::awaitLocks(job.place.place, branches);
}

Result<RollbackReceipt> Rollback::carryOut(const state::Operation &operation, const Job &job,
                                           const git::RestorePlan &plan, git::Vault &vault)
{
    // After a crash it may stand where it goes already.
    const auto branchBefore = plan.headNow.branch == plan.headThen.branch
                                  ? plan.headNow.commit
                                  : git::readRef(job.place.place, plan.headThen.branch).valueOr({});
    auto restored = git::executeRestore(vault, plan, job.place);
    if (!restored) {
        HUB_CHECK(abandon(operation, job, plan, vault, restored.error()));
        return std::move(restored).error().within(u"%1 was not carried out"_s.arg(operation.id.toString()));
    }
    RollbackReceipt receipt{.operation = operation.id,
                            .target = job.target.id,
                            .before = {job.task.id, operation.before},
                            .restored = restored->written,
                            .deleted = restored->removed,
                            .notes = job.notes,
                            .resumed = restored->resumed};
    for (const QByteArray &branch : restored->branchesNotMoved)
        receipt.notes << u"Branch %1 has other commits now and was not moved."_s.arg(nameOf(branch).mid(11));
    for (const auto &[path, why] : std::span(plan.kept).first(std::min<size_t>(plan.kept.size(), longestList)))
        receipt.notes << u"Kept %1: %2"_s.arg(nameOf(path), why);
    if (plan.kept.size() > longestList)
        receipt.notes << u"Kept %1 more."_s.arg(plan.kept.size() - longestList);
    for (const auto &[path, what] : std::span(plan.purged).first(std::min<size_t>(plan.purged.size(), longestList)))
        receipt.notes << u"Not as it was, %1: %2"_s.arg(nameOf(path), what);
    auto except = restored->notRestored;
    except.insert(except.end(), plan.kept.begin(), plan.kept.end());
    HUB_TRY(const auto verdict, git::verifyRestored(vault, plan.target, job.place, false, except, plan.options.only));
    receipt.verified = verdict.filesChecked;
    for (const auto &[path, what] : verdict.differences)
        receipt.differences << (path.isEmpty() ? what : nameOf(path) + u": "_s + what);
    for (const auto &[path, why] : restored->notRestored)
        receipt.differences << nameOf(path) + u": "_s + why;
    receipt.refs = movesOf(plan, *restored, branchBefore);
    HUB_CHECK(commitReceipt(operation, job, receipt));
    if (operation.journal.value(u"path"_s).toString().isEmpty())
        HUB_CHECK(m_runs->endRun(job.task.id, u"rolled back to "_s + nameOf(job.target)));
    return receipt;
}

// Makes the tree what it was before, so that it is never left half way; when even that fails, a person has to know.
Result<> Rollback::abandon(const state::Operation &operation, const Job &job, const git::RestorePlan &plan,
                           git::Vault &vault, const Error &why)
{
    QString outcome = u"nothing was changed"_s;
    if (why.code != ErrorCode::Conflict) {
        auto back = git::planRestore(vault, plan.target, plan.current, plan.options);
        auto undone = back ? git::executeRestore(vault, *back, job.place) : Result<git::RestoreReport>(back.error());
        outcome = undone ? u"everything was put back as it was"_s
                         : u"it could not be put back (%1); checkpoint %2 holds everything"_s.arg(
                               undone.error().message, CheckpointId{job.task.id, operation.before}.toString());
    }
    qCWarning(lcRecovery).noquote() << operation.id.toString() << "failed:" << why.message << "-" << outcome;
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(log(operation, job, {}, why.message + u"; "_s + outcome));
        return m_stores.operations.end(operation.id, u"failed"_s, {{u"error"_s, why.message}, {u"outcome"_s, outcome}});
    });
}

// Hub thread, inside work.
Result<> Rollback::log(const state::Operation &operation, const Job &job, const QList<state::RefMove> &refs,
                       const QString &outcome)
{
    HUB_CHECK(m_stores.gitLog.add({.project = job.task.spec.project.toString(),
                                   .task = job.task.id,
                                   .who = operation.who,
                                   .action = operation.kind,
                                   .refs = refs,
                                   .outcome = outcome,
                                   .detail = u"%1: to %2"_s.arg(operation.id.toString(), nameOf(job.target))}));
    return {};
}

Result<> Rollback::commitReceipt(const state::Operation &operation, const Job &job, const RollbackReceipt &receipt)
{
    return m_stores.commits.ask([&]() -> Result<> {
        const TaskId id = job.task.id;
        const bool whole = operation.journal.value(u"path"_s).toString().isEmpty();
        const QString did =
            whole
                ? u"Went back to %1 (%2): %3 restored, %4 deleted."_s
                      .arg(isMadeFromGit(job.target) ? nameOf(job.target) : u"checkpoint "_s + job.target.id.toString(),
                           operation.id.toString())
                      .arg(receipt.restored)
                      .arg(receipt.deleted)
                : u"Restored %1 from checkpoint %2 (%3)."_s.arg(operation.journal.value(u"path"_s).toString(),
                                                                job.target.id.toString(), operation.id.toString());
        HUB_TRY(const auto open, m_stores.talk.openTurn(id));
        if (whole && open)
            HUB_CHECK(m_stores.talk.endTurn(open->id, u"interrupted"_s, u"rolled back"_s));
        HUB_TRY(
            const qint64 at,
            m_stores.talk.append(id, {.role = u"hub"_s, .kind = u"rollback"_s, .author = operation.who, .body = did}));
        if (whole) {
            HUB_CHECK(m_stores.talk.returnTo(id, job.target.messageSeq, at, operation.id));
            HUB_CHECK(m_stores.tasks.restoreFrom(job.target));
            HUB_CHECK(m_stores.tasks.setTreeFact(id, state::TaskStore::TreeFact::Removed, {})); // it is whole again
            // An undo brings back how the task had ended; a run can't be brought back, so what ran is interrupted.
            const TaskState then = job.target.taskState;
            const bool ended = operation.undoes && (isEnded(then) || then == TaskState::NeedsReview);
            HUB_CHECK(m_stores.tasks.setState(id, ended ? then : TaskState::Interrupted,
                                              u"rolled back to "_s + nameOf(job.target)));
            HUB_TRY(const auto run, m_stores.runs.livingOf(id));
            if (run)
                HUB_CHECK(m_stores.runs.setEnding(run->id, u"rolled back"_s));
            HUB_TRY(const auto approvals, m_stores.approvals.list(id, ApprovalState::Open));
            for (const Approval &approval : approvals)
                HUB_CHECK(m_stores.approvals.withdraw(approval.id, u"rolled back"_s));
        }
        HUB_CHECK(m_stores.operations.end(operation.id, u"done"_s, receipt.toJson()));
        HUB_CHECK(log(operation, job, receipt.refs, u"done"_s));
        m_stores.commits.afterCommit([this, id, json = receipt.toJson()] { Q_EMIT rolledBack(id, json); });
        return {};
    });
}

QFuture<Result<>> Rollback::finishInterrupted(const state::Operation &operation)
{
    const auto task = m_stores.tasks.get(operation.task);
    if (!task)
        return readyFuture<std::monostate>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, operation]() -> Result<> {
        HUB_TRY(Job job, m_stores.commits.ask([&]() -> Result<Job> {
            HUB_TRY(const Task found, m_stores.tasks.get(operation.task));
            HUB_TRY(const Checkpoint target, m_stores.tasks.checkpoint({operation.task, operation.target}));
            return jobFor(found, target);
        }));
        HUB_CHECK(repairFirst(job, false));
        HUB_TRY(job.place.place, bringBackTree(job.task, job.project));
        HUB_TRY(const Checkpoint before, m_stores.commits.ask([&] {
            return m_stores.tasks.checkpoint({operation.task, operation.before});
        }));
        HUB_TRY(git::Vault * vault, m_vaults.of(job.task.spec.project));
        HUB_TRY(const auto current, snapshotOf(before));
        HUB_TRY(const auto target, snapshotOf(job.target));
        HUB_TRY(const auto plan, git::planRestore(*vault, current, target, optionsFor(job.task, operation.journal)));
        qCInfo(lcRecovery).noquote() << "finishing" << operation.id.toString() << "of task"
                                     << operation.task.toString();
        HUB_CHECK(carryOut(operation, job, plan, *vault));
        m_runs->release(job.task.id, RunControl::Stillness::Rollback);
        return {};
    });
}

} // namespace hub::recovery
