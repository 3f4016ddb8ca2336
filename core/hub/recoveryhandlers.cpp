// What can be gone back to, going there, and undoing it.
#include "core/hub/handlers.h"

#include "core/commands/counted.h"
#include "core/hub/taskchanges.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using recovery::RollbackPreview;
using recovery::RollbackReceipt;
using recovery::RollbackRequest;

namespace
{

constexpr qsizetype listedPaths = 30;

commands::Table pathTable(const QString &title, const QStringList &paths)
{
    commands::Table table{.title = u"%1 (%2)"_s.arg(title).arg(paths.size()), .columns = {u"path"_s}};
    for (const QString &path : paths.mid(0, listedPaths))
        table.rows << QStringList{path};
    if (paths.size() > listedPaths)
        table.rows << QStringList{u"… and %1 more"_s.arg(paths.size() - listedPaths)};
    return table;
}

Reply previewReply(const RollbackPreview &preview, const QString &title)
{
    Reply reply{.severity = Severity::Warning, .title = title, .confirm = preview.confirm};
    QStringList text{u"%1 restored, %2 deleted, %3 kept as they are."_s.arg(preview.restored.size())
                         .arg(preview.deleted.size())
                         .arg(preview.kept.size())};
    if (preview.headDiffers)
        text << u"HEAD and the task's branch go back too."_s;
    if (preview.indexDiffers)
        text << u"The index goes back too."_s;
    if (preview.messagesHidden > 0)
        text << (preview.messagesHidden == 1
                     ? u"1 later message is hidden, not deleted."_s
                     : u"%1 later messages are hidden, not deleted."_s.arg(preview.messagesHidden));
    text << u"The files as they are now are saved first, so this can be undone."_s;
    reply.text = text.join(u' ');
    if (!preview.restored.isEmpty())
        reply.tables << pathTable(u"Restored"_s, preview.restored);
    if (!preview.deleted.isEmpty())
        reply.tables << pathTable(u"Deleted"_s, preview.deleted);
    if (!preview.kept.isEmpty()) {
        commands::Table table{.title = u"Kept"_s, .columns = {u"path"_s, u"why"_s}};
        for (const auto &[path, why] : preview.kept.mid(0, listedPaths))
            table.rows << QStringList{path, why};
        reply.tables << table;
    }
    reply.data = {{u"target"_s, preview.target.toString()},
                  {u"restored"_s, QJsonArray::fromStringList(preview.restored)},
                  {u"deleted"_s, QJsonArray::fromStringList(preview.deleted)},
                  {u"kept"_s, preview.kept.size()}};
    return reply;
}

Reply receiptReply(const RollbackReceipt &receipt, const QString &title, bool whole)
{
    Reply reply{.severity = receipt.differences.isEmpty() ? Severity::Ok : Severity::Warning, .title = title};
    reply.fields = {{u"Operation"_s, receipt.operation.toString()},
                    {u"Restored"_s, QString::number(receipt.restored)},
                    {u"Deleted"_s, QString::number(receipt.deleted)},
                    {u"Saved before"_s, receipt.before.toString()}};
    if (!receipt.differences.isEmpty())
        reply.fields.append({u"Verified"_s, counted(receipt.differences.size(), u"difference"_s)});
    else if (whole)
        reply.fields.append({u"Verified"_s, u"exactly as %1 (%2 compared)"_s.arg(
                                                receipt.target.toString(), counted(receipt.verified, u"file"_s))});
    if (!receipt.differences.isEmpty())
        reply.tables << pathTable(u"Not as they were"_s, receipt.differences);
    if (!receipt.notes.isEmpty())
        reply.tables << pathTable(u"Notes"_s, receipt.notes);
    reply.next = {u"rollback undo "_s + receipt.operation.toString(),
                  u"resume-task "_s + receipt.target.task.toString()};
    reply.data = receipt.toJson();
    return reply;
}

// The preview while nobody has agreed, else the deed.
QFuture<Result<Reply>> goBack(Services &services, const Invocation &in, RollbackRequest request,
                              const QString &question, const QString &done)
{
    request.who = in.who();
    request.confirm = in.call.confirm;
    if (in.call.dryRun || (!in.call.yes && in.call.confirm.isEmpty())) {
        return replyWhen(
            &services.driver, services.rollback.preview(request),
            [question](const RollbackPreview &preview) -> Result<Reply> { return previewReply(preview, question); });
    }
    return replyWhen(&services.driver, services.rollback.execute(request),
                     [done, whole = request.path.isEmpty()](const RollbackReceipt &receipt) -> Result<Reply> {
                         return receiptReply(receipt, done, whole);
                     });
}

// What can be gone back to, of the tasks that are meant, newest first.
struct Options {
    QHash<TaskId, Task> tasks;
    QList<Checkpoint> checkpoints;
    QList<state::Operation> operations;
    QList<Task> withBackup;
};

Result<Options> optionsOf(const Services &services, const Invocation &in)
{
    Options options;
    HUB_TRY(const auto agent, agentFilter(services, in.options));
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    HUB_TRY(const auto all, services.stores.tasks.all());
    for (const Task &task : all) {
        if ((only && task.id != *only) || (agent && task.spec.agent != *agent))
            continue;
        options.tasks.insert(task.id, task);
        HUB_TRY(const auto list, services.stores.tasks.checkpoints(task.id));
        options.checkpoints << list;
        if (!task.backupBranch.isEmpty())
            options.withBackup << task;
    }
    std::stable_sort(options.checkpoints.begin(), options.checkpoints.end(),
                     [](const Checkpoint &a, const Checkpoint &b) { return a.at > b.at; });
    options.checkpoints = options.checkpoints.mid(0, in.number("limit"_L1, 20));
    HUB_TRY(const auto operations, services.stores.operations.list({}));
    for (const auto &operation : operations) {
        if (options.tasks.contains(operation.task))
            options.operations << operation;
    }
    return options;
}

// What going back to each would change, in a few words.
using Changes = QHash<CheckpointId, QString>;

Reply optionsReply(const Services &services, const Options &options, const Changes &changes)
{
    Reply reply;
    commands::Table checkpoints{.title = u"Checkpoints"_s,
                                .columns = {u"checkpoint"_s, u"type"_s, u"when"_s, u"step"_s, u"notes"_s},
                                .whenEmpty = u"There is no checkpoint."_s};
    if (!changes.isEmpty())
        checkpoints.columns << u"would change"_s;
    QJsonArray data, operationData;
    for (const Checkpoint &checkpoint : options.checkpoints) {
        const QString type = textOf(checkpointTypeTexts, checkpoint.type);
        checkpoints.rows << QStringList{checkpoint.id.toString(), type, agoText(checkpoint.at, services.now()),
                                        checkpoint.step, checkpoint.notes};
        QJsonObject entry{{u"checkpoint_id"_s, checkpoint.id.toString()},
                          {u"type"_s, type},
                          {u"at"_s, toIso(checkpoint.at)},
                          {u"step"_s, checkpoint.step},
                          {u"progress"_s, checkpoint.progress},
                          {u"notes"_s, checkpoint.notes},
                          {u"files"_s, checkpoint.files},
                          {u"message_seq"_s, checkpoint.messageSeq}};
        if (!changes.isEmpty()) {
            checkpoints.rows.last() << changes.value(checkpoint.id);
            entry[u"would_change"_s] = changes.value(checkpoint.id);
        }
        data.append(entry);
    }
    commands::Table backups{.title = u"Backup branches"_s,
                            .columns = {u"branch"_s, u"task"_s},
                            .whenEmpty = u"There is no backup branch."_s};
    for (const Task &task : options.withBackup)
        backups.rows << QStringList{task.backupBranch, u'#' + task.id.toString()};
    commands::Table operations{.title = u"Rollbacks"_s,
                               .columns = {u"operation"_s, u"kind"_s, u"when"_s, u"to"_s, u"state"_s},
                               .whenEmpty = u"Nothing was rolled back yet."_s};
    for (const auto &operation : options.operations) {
        const QString to = CheckpointId{operation.task, operation.target}.toString();
        operations.rows << QStringList{
            operation.id.toString(), operation.kind, agoText(operation.at, services.now()), to,
            operation.undoneBy ? u"undone by "_s + operation.undoneBy->toString() : operation.state};
        operationData.append(QJsonObject{{u"operation_id"_s, operation.id.toString()},
                                         {u"kind"_s, operation.kind},
                                         {u"state"_s, operation.state},
                                         {u"target"_s, to},
                                         {u"receipt"_s, operation.receipt}});
    }
    reply.tables << checkpoints << backups << operations;
    reply.data = {{u"checkpoints"_s, data}, {u"operations"_s, operationData}};
    if (!checkpoints.rows.isEmpty())
        reply.next = {u"rollback task_checkpoint --checkpoint-id "_s + checkpoints.rows.first().first()};
    return reply;
}

// On the project's worker: what differs between the checkpoints and the files as they are now.
Changes changesOf(Services &services, const QList<Task> &tasks, const QList<Checkpoint> &checkpoints,
                  const git::SnapshotOptions &options)
{
    Changes changes;
    for (const Task &task : tasks) {
        const auto now = snapshotNow(services, task, options);
        const auto compare = [&](const Checkpoint &checkpoint) -> Result<QString> {
            HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
            if (!now)
                return now.error();
            HUB_TRY(const auto then, snapshotOf(checkpoint));
            HUB_TRY(const auto diff, git::compareSnapshots(*vault, *now, then));
            QStringList parts;
            if (!diff.paths.empty())
                parts << counted(qint64(diff.paths.size()), u"file"_s);
            if (diff.indexDiffers)
                parts << u"index"_s;
            if (diff.headDiffers)
                parts << u"HEAD"_s;
            return parts.isEmpty() ? u"nothing"_s : parts.join(u", "_s);
        };
        for (const Checkpoint &checkpoint : checkpoints) {
            if (checkpoint.id.task != task.id)
                continue;
            const auto text = compare(checkpoint);
            changes.insert(checkpoint.id, text ? *text : u"not known: "_s + text.error().message);
        }
    }
    return changes;
}

QFuture<Result<Reply>> rollbackShow(Services &services, const Invocation &in)
{
    const auto options = optionsOf(services, in);
    if (!options)
        return readyFuture<Reply>(options.error());
    QMap<ProjectName, QList<Task>> byProject;
    for (const Checkpoint &checkpoint : options->checkpoints) {
        const Task &task = *options->tasks.constFind(checkpoint.id.task);
        QList<Task> &tasks = byProject[task.spec.project];
        if (std::none_of(tasks.begin(), tasks.end(), [&](const Task &other) { return other.id == task.id; }))
            tasks << task;
    }
    if (byProject.isEmpty())
        return readyFuture<Reply>(optionsReply(services, *options, {}));
    struct Round {
        qsizetype open;
        Changes changes;
        QPromise<Result<Reply>> promise;
    };
    auto round = std::make_shared<Round>();
    round->open = byProject.size();
    round->promise.start();
    for (auto it = byProject.cbegin(); it != byProject.cend(); ++it) {
        auto compared =
            services.workers.run(it.key().toString(),
                                 [&services, tasks = *it, checkpoints = options->checkpoints,
                                  snapshots = services.checkpointer.snapshotOptions()]() -> Result<Changes> {
                                     return changesOf(services, tasks, checkpoints, snapshots);
                                 });
        whenDone(std::move(compared), &services.driver,
                 [&services, round, options = *options](const Result<Changes> &changes) {
                     if (changes)
                         round->changes.insert(*changes);
                     if (--round->open > 0)
                         return;
                     round->promise.addResult(Result<Reply>(optionsReply(services, options, round->changes)));
                     round->promise.finish();
                 });
    }
    return round->promise.future();
}

QFuture<Result<Reply>> rollbackCheckpoint(Services &services, const Invocation &in)
{
    const QString text = in.text("checkpoint_id"_L1);
    if (text.isEmpty()) {
        const auto options = optionsOf(services, in);
        if (!options)
            return readyFuture<Reply>(options.error());
        Reply list = optionsReply(services, *options, {});
        list.onlyLooked = true;
        return readyFuture<Reply>(list);
    }
    if (in.call.caller.role < commands::Role::Operator)
        return readyFuture<Reply>(
            fail(ErrorCode::Refused, u"You may look here but not steer: going back needs operator."_s));
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto target = findCheckpoint(services, *task, text);
    if (!target)
        return readyFuture<Reply>(target.error());
    return goBack(services, in, {.task = task->id, .target = target->id.number},
                  u"Go back to checkpoint %1 (%2)?"_s.arg(target->id.toString(), agoText(target->at, services.now())),
                  u"#%1 is back at %2"_s.arg(task->id.toString(), target->id.toString()));
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
    const QString what = operation.kind == u"undo"
                             ? u"the undo of %1"_s.arg(operation.undoes ? operation.undoes->toString() : to)
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
        return services.stores.operations.get(*id);
    }
    const bool named = in.has("task_id"_L1);
    const auto task = findTask(services, in.call, in.options);
    if (named && !task)
        return task.error();
    // A folder names a task too; that only one is open does not.
    const bool here = task && task->spec.mode == TreeMode::Worktree && !task->tree.isEmpty() &&
                      (in.call.folder + u'/').startsWith(task->tree + u'/');
    HUB_TRY(const auto all, services.stores.operations.list(named || here ? std::optional(task->id) : std::nullopt));
    QList<state::Operation> last; // of each task
    for (const auto &operation : all) {
        const bool later =
            std::any_of(last.begin(), last.end(), [&](const auto &other) { return other.task == operation.task; });
        if (!later && canBeUndone(operation))
            last << operation;
    }
    if (last.size() == 1)
        return last.first();
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
    static const HandlerRow rows[]{{"rollback show"_L1, &rollbackShow},
                                   {"rollback task_checkpoint"_L1, &rollbackCheckpoint},
                                   {"rollback file"_L1, &rollbackFile},
                                   {"rollback undo"_L1, &rollbackUndo}};
    return rows;
}

} // namespace hub
