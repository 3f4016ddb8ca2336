// Going back to a checkpoint, a backup branch, a commit; one file; undoing it.
#include "core/git/workingtree.h"
#include "core/hub/goback.h"
#include "core/hub/projectrights.h"
#include "core/hub/taskchanges.h"
#include "core/recovery/tasktree.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;
using recovery::RollbackPreview;
using recovery::RollbackRequest;

namespace
{

bool keepsEdits(const Invocation &in) { return !in.has("keep_edits"_L1) || in.flag("keep_edits"_L1); }

QFuture<Result<Reply>> rollbackCheckpoint(Services &services, const Invocation &in)
{
    const QString text = in.text("checkpoint_id"_L1);
    if (text.isEmpty()) {
        auto list = checkpointList(services, in);
        if (list)
            list->onlyLooked = true;
        return readyFuture<Reply>(std::move(list));
    }
    if (in.call.caller.role < commands::Role::Operator)
        return readyFuture<Reply>(
            fail(ErrorCode::Refused, u"You may look here but not steer: going back needs operator."_s));
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    // The list is for viewers, and so is the command by itself.
    if (auto may = ProjectRights(services, in.call).need(commands::Role::Operator, task->spec.project); !may)
        return readyFuture<Reply>(std::move(may).error());
    const auto target = findCheckpoint(services, *task, text);
    if (!target)
        return readyFuture<Reply>(target.error());
    return goBack(services, in, {.task = task->id, .target = target->id.number, .keepEdits = keepsEdits(in)},
                  u"Go back to checkpoint %1 (%2)?"_s.arg(target->id.toString(), agoText(target->at, services.now())),
                  u"#%1 is back at %2"_s.arg(task->id.toString(), target->id.toString()));
}

// The task named, also by the name of one of its backup branches, else the one that is meant.
Result<Task> taskOfBackup(const Services &services, const Invocation &in)
{
    const qsizetype slash = in.text("backup"_L1).lastIndexOf(u'/');
    const auto named = TaskId::parse(in.text("backup"_L1).mid(slash + 1).section(u'-', 0, 0));
    if (in.has("task_id"_L1) || slash < 0 || !named)
        return findTask(services, in.call, in.options);
    HUB_CHECK(ProjectRights(services, in.call).mayCall(*named));
    return services.stores.tasks.get(*named);
}

// On the project's worker.
Result<git::Backup> findBackup(Services &services, const Task &task, const QString &project, const QString &given)
{
    HUB_TRY(const auto place, git::locateTree(QFile::encodeName(project)));
    HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
    HUB_TRY(const auto all, git::listBackups(place, *vault));
    const bool latest = given.isEmpty() || given == u"latest";
    std::vector<git::Backup> meant;
    for (const auto &backup : all) {
        if (backup.task != task.id.toString().toLatin1())
            continue;
        const QString name = QFile::decodeName(backup.name);
        if (latest || name == given)
            return backup; // the newest comes first
        if (name.startsWith(given) || name.endsWith(u'/' + given))
            meant.push_back(backup);
    }
    if (meant.size() == 1)
        return meant.front();
    const QString show = u"agenthubctl rollback show --task-id "_s + task.id.toString();
    if (meant.empty())
        return fail(ErrorCode::NotFound,
                    latest
                        ? u"Task #%1 has no backup branch; nothing was changed."_s.arg(task.id.toString())
                        : u"Task #%1 has no backup branch '%2'; nothing was changed."_s.arg(task.id.toString(), given),
                    show);
    Error error =
        fail(ErrorCode::Ambiguous, u"Which backup branch? '%1' may be %2."_s.arg(given).arg(meant.size()), show);
    for (const auto &backup : meant)
        error.candidates << QFile::decodeName(backup.name);
    return error;
}

// In place the task's first checkpoint was taken right after its backup branch, of the same files: it has every byte,
// what was staged and what git ignores too, and is gone back to instead.
std::optional<Checkpoint> sameAsStart(const Services &services, const Task &task, const git::Backup &backup)
{
    const auto all = services.stores.tasks.checkpoints(task.id);
    if (task.spec.mode != TreeMode::InPlace || QFile::decodeName(backup.name) != task.backupBranch || !all ||
        all->isEmpty() || all->last().id.number != 1)
        return std::nullopt;
    const Checkpoint &start = all->last();
    const QString base = backup.base ? QString::fromLatin1(backup.base->hex()) : QString();
    return start.head == base && (backup.ofTheHub || backup.commit == backup.base) ? std::optional(start)
                                                                                   : std::nullopt;
}

QFuture<Result<Reply>> rollbackBackup(Services &services, const Invocation &in)
{
    const auto task = taskOfBackup(services, in);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto project = services.stores.projects.get(task->spec.project);
    if (!project)
        return readyFuture<Reply>(project.error());
    auto found = services.workers.run(task->spec.project.toString(),
                                      [&services, task = *task, path = project->path, given = in.text("backup"_L1)] {
                                          return findBackup(services, task, path, given);
                                      });
    return replyAfter(&services.driver, std::move(found), [&services, in, task = *task](const git::Backup &backup) {
        RollbackRequest request{.task = task.id, .keepEdits = keepsEdits(in)};
        if (const auto start = sameAsStart(services, task, backup))
            request.target = start->id.number;
        else
            request.git = recovery::GitTarget::of(backup);
        const QString name = QFile::decodeName(backup.name);
        const QString base = backup.base ? QString::fromLatin1(backup.base->hex()) : QString();
        QString question = u"Go back to backup branch %1 (%2)?"_s.arg(name, agoText(backup.at, services.now()));
        if (base != task.baseCommit)
            question += u" It is of another commit than the one that #%1 began from (%2)."_s.arg(
                task.id.toString(), task.baseCommit.left(12));
        return goBack(services, in, request, question,
                      u"#%1 is back at backup branch %2"_s.arg(task.id.toString(), name));
    });
}

QFuture<Result<Reply>> rollbackCommit(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto project = services.stores.projects.get(task->spec.project);
    if (!project)
        return readyFuture<Reply>(project.error());
    auto found = services.workers.run(
        task->spec.project.toString(),
        [task = *task, path = project->path, given = in.text("commit"_L1)]() -> Result<git::CommitInfo> {
            // HEAD and what counts from it are the task's, where its folder is still there.
            auto place = recovery::findTree(task);
            if (!place) {
                HUB_TRY(place, git::locateTree(QFile::encodeName(path)));
            }
            return git::findCommit(*place, given);
        });
    return replyAfter(&services.driver, std::move(found), [&services, in, task = *task](const git::CommitInfo &commit) {
        const auto target = recovery::GitTarget::of(commit);
        return goBack(services, in, {.task = task.id, .git = target, .keepEdits = keepsEdits(in)},
                      u"Go back to %1?"_s.arg(target.name),
                      u"#%1 is back at %2"_s.arg(task.id.toString(), target.name));
    });
}

// Within the task's tree, relative to it.
Result<QString> pathWithin(const Task &task, const Invocation &in)
{
    const QString given = in.text("path"_L1);
    QString path = QDir::cleanPath(given);
    if (QDir::isAbsolutePath(path))
        path = QDir(task.tree).relativeFilePath(path);
    if (path == u".." || path.startsWith(u"../"))
        return fail(ErrorCode::InvalidInput, u"%1 lies outside the working tree %2."_s.arg(given, task.tree));
    if (path == u".")
        return fail(
            ErrorCode::InvalidInput, u"%1 is the whole working tree; name a file or a folder in it."_s.arg(given),
            u"agenthubctl rollback task_checkpoint --task-id %1 goes back as a whole."_s.arg(task.id.toString()));
    return path;
}

QFuture<Result<Reply>> rollbackFile(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const QString text = in.text("checkpoint_id"_L1);
    const auto target = findCheckpoint(services, *task, text.isEmpty() ? u"last"_s : text);
    if (!target)
        return readyFuture<Reply>(target.error());
    const auto path = pathWithin(*task, in);
    if (!path)
        return readyFuture<Reply>(path.error());
    const QString name = target->id.toString();
    auto looked = services.workers.run(
        task->spec.project.toString(), [&services, task = *task, target = *target, path = *path]() -> Result<bool> {
            HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
            HUB_TRY(const auto snapshot, snapshotOf(target));
            HUB_TRY(const bool held, git::holdsPath(*vault, snapshot, QFile::encodeName(path)));
            const QFileInfo now(task.tree + u'/' + path);
            if (held || now.exists() || now.isSymLink())
                return held;
            return fail(
                ErrorCode::NotFound,
                u"There is no %1: neither checkpoint %2 has it nor the working tree. Nothing was changed."_s.arg(
                    path, target.id.toString()),
                u"agenthubctl task-diff --task-id %1 --stat"_s.arg(task.id.toString()));
        });
    const RollbackRequest request{.task = task->id, .target = target->id.number, .path = *path};
    return replyAfter(&services.driver, std::move(looked), [&services, in, request, name](bool held) {
        return replyAfter(
            &services.driver, services.rollback.preview(request),
            [&services, in, request, name, held](const RollbackPreview &preview) {
                if (preview.restored.isEmpty() && preview.deleted.isEmpty()) {
                    Reply same =
                        previewReply(preview, u"%1 is as in %2 already; nothing was changed"_s.arg(request.path, name));
                    same.text = preview.kept.isEmpty() ? QString() : preview.kept.first().second;
                    same.severity = Severity::Info;
                    same.confirm.clear();
                    same.onlyLooked = true;
                    return readyFuture<Reply>(same);
                }
                return goBack(services, in, request,
                              held ? u"Bring %1 back from %2?"_s.arg(request.path, name)
                                   : u"%1 was not there at %2. Delete it?"_s.arg(request.path, name),
                              u"%1 is as in %2"_s.arg(request.path, name));
            });
    });
}

bool canBeUndone(const state::Operation &operation) { return operation.state == u"done" && !operation.undoneBy; }

QString described(const Services &services, const state::Operation &operation)
{
    const auto task = services.stores.tasks.get(operation.task);
    const QString path = operation.journal.value(u"path"_s).toString();
    const QString to = CheckpointId{operation.task, operation.target}.toString();
    const QString into = operation.journal.value(u"into"_s).toString();
    const QString what =
        operation.kind == u"undo" ? u"the undo of %1"_s.arg(operation.undoes ? operation.undoes->toString() : to)
        : operation.isFinish()    ? u"finishing%1 (%2)"_s.arg(into.isEmpty() ? QString() : u" into "_s + into,
                                                           operation.journal.value(u"how"_s).toString())
        : path.isEmpty() ? u"going back to %1"_s.arg(to)
                         : u"bringing %1 back from %2"_s.arg(path, to);
    return u"%1, %2, of #%3 %4 (%5)"_s.arg(operation.id.toString(), what, operation.task.toString(),
                                           task ? task->spec.title : QString(), agoText(operation.at, services.now()));
}

// The operation named, else the last one of the task named or of the folder, else of the only task that has one.
Result<state::Operation> operationMeant(const Services &services, const Invocation &in)
{
    if (in.has("operation_id"_L1)) {
        const QString given = in.text("operation_id"_L1);
        const auto id = OperationId::parse(given);
        if (!id)
            return fail(ErrorCode::InvalidInput, u"'%1' is no operation, such as op-81."_s.arg(given),
                        u"agenthubctl rollback show"_s);
        HUB_TRY(const auto operation, services.stores.operations.get(*id));
        HUB_CHECK(ProjectRights(services, in.call).mayCall(operation.task));
        return operation;
    }
    const bool named = in.has("task_id"_L1);
    const auto task = findTask(services, in.call, in.options);
    if (named && !task)
        return task.error();
    // A thread or a folder names a task too; that only one is open does not.
    const bool inTree = task && task->spec.mode == TreeMode::Worktree && !task->tree.isEmpty() &&
                        (in.call.folder + u'/').startsWith(task->tree + u'/');
    const bool here = inTree || (task && in.call.place.task == task->id);
    HUB_TRY(const auto all, services.stores.operations.list(named || here ? std::optional(task->id) : std::nullopt));
    const ProjectRights rights(services, in.call);
    QList<state::Operation> last; // of each task
    for (const auto &operation : all) {
        const bool later =
            std::any_of(last.begin(), last.end(), [&](const auto &other) { return other.task == operation.task; });
        if (!later && canBeUndone(operation) && rights.sees(operation.task))
            last << operation;
    }
    if (last.size() == 1) {
        HUB_CHECK(rights.mayCall(last.first().task));
        return last.first();
    }
    if (last.isEmpty())
        return fail(ErrorCode::NotFound, u"There is nothing to undo."_s, u"agenthubctl rollback show"_s);
    Error error = fail(ErrorCode::Ambiguous, u"Undo what? %1 tasks have something to undo."_s.arg(last.size()),
                       u"Name the operation, or the task with --task-id."_s);
    for (const auto &operation : last)
        error.candidates << described(services, operation);
    return error;
}

QFuture<Result<Reply>> rollbackUndo(Services &services, const Invocation &in)
{
    const auto found = operationMeant(services, in);
    if (!found)
        return readyFuture<Reply>(found.error());
    if (!canBeUndone(*found)) {
        return readyFuture<Reply>(fail(
            ErrorCode::Conflict,
            found->undoneBy ? u"%1 was undone already by %2."_s.arg(found->id.toString(), found->undoneBy->toString())
                            : u"%1 was not carried out (%2), so there is nothing to undo."_s.arg(found->id.toString(),
                                                                                                 found->state)));
    }
    if (found->isFinish())
        return undoFinish(services, in, *found, described(services, *found));
    return goBack(services, in,
                  {.task = found->task,
                   .target = found->before,
                   .path = found->journal.value(u"path"_s).toString(),
                   .undoes = found->id},
                  u"Undo %1?"_s.arg(described(services, *found)), u"%1 is undone"_s.arg(found->id.toString()));
}

} // namespace

std::span<const HandlerRow> recoveryHandlers()
{
    static const HandlerRow rows[]{
        {"rollback show"_L1, &rollbackShow},         {"rollback task_checkpoint"_L1, &rollbackCheckpoint},
        {"rollback git_backup"_L1, &rollbackBackup}, {"rollback commit"_L1, &rollbackCommit},
        {"rollback file"_L1, &rollbackFile},         {"rollback undo"_L1, &rollbackUndo}};
    return rows;
}

} // namespace hub
