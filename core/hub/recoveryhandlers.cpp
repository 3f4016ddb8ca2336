// What can be gone back to, going there, and undoing it; and what changed.
#include "core/hub/handlers.h"

#include "core/git/compare.h"

#include <QDir>

using namespace Qt::StringLiterals;

namespace hub
{

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
        text << u"%1 later messages are hidden, not deleted."_s.arg(preview.messagesHidden);
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

Reply receiptReply(const RollbackReceipt &receipt, const QString &title)
{
    Reply reply{.severity = receipt.differences.isEmpty() ? Severity::Ok : Severity::Warning, .title = title};
    reply.fields = {{u"Operation"_s, receipt.operation.toString()},
                    {u"Restored"_s, QString::number(receipt.restored)},
                    {u"Deleted"_s, QString::number(receipt.deleted)},
                    {u"Saved before"_s, receipt.before.toString()}};
    if (receipt.verified > 0 || receipt.differences.isEmpty())
        reply.fields.append(
            {u"Verified"_s,
             receipt.differences.isEmpty()
                 ? u"exactly as %1 (%2 files compared)"_s.arg(receipt.target.toString()).arg(receipt.verified)
                 : u"%1 differences"_s.arg(receipt.differences.size())});
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
                     [done](const RollbackReceipt &receipt) -> Result<Reply> { return receiptReply(receipt, done); });
}

Result<Reply> rollbackShow(Services &services, const Invocation &in)
{
    HUB_TRY(const auto all, services.stores.tasks.all());
    const qint64 limit = in.number("limit"_L1, 20);
    Reply reply;
    commands::Table checkpoints{
        .title = u"Checkpoints"_s,
        .columns = {u"checkpoint"_s, u"type"_s, u"when"_s, u"step"_s, u"files read"_s, u"notes"_s},
        .whenEmpty = u"There is no checkpoint."_s};
    commands::Table backups{.title = u"Backup branches"_s,
                            .columns = {u"branch"_s, u"task"_s},
                            .whenEmpty = u"There is no backup branch."_s};
    commands::Table operations{.title = u"Rollbacks"_s,
                               .columns = {u"operation"_s, u"kind"_s, u"when"_s, u"to"_s, u"state"_s},
                               .whenEmpty = u"Nothing was rolled back yet."_s};
    QJsonArray data, operationData;
    const QString wanted = in.text("task_id"_L1);
    if (in.has("agent"_L1))
        HUB_CHECK(findAgent(services, in.options)); // a name that is none would look like an empty list
    std::optional<TaskId> only;
    if (!wanted.isEmpty()) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    for (const Task &task : all) {
        if ((only && task.id != *only) || (in.has("agent"_L1) && task.spec.agent.toString() != in.text("agent"_L1)))
            continue;
        if (!task.backupBranch.isEmpty())
            backups.rows << QStringList{task.backupBranch, u'#' + task.id.toString()};
        HUB_TRY(const auto list, services.stores.tasks.checkpoints(task.id));
        for (const Checkpoint &checkpoint : list) {
            if (checkpoints.rows.size() >= limit)
                break;
            const QString type = textOf(checkpointTypeTexts, checkpoint.type);
            checkpoints.rows << QStringList{checkpoint.id.toString(),
                                            type,
                                            agoText(checkpoint.at, services.now()),
                                            checkpoint.step,
                                            QString::number(checkpoint.changed),
                                            checkpoint.notes};
            data.append(QJsonObject{{u"checkpoint_id"_s, checkpoint.id.toString()},
                                    {u"type"_s, type},
                                    {u"at"_s, toIso(checkpoint.at)},
                                    {u"step"_s, checkpoint.step},
                                    {u"progress"_s, checkpoint.progress},
                                    {u"notes"_s, checkpoint.notes},
                                    {u"files"_s, checkpoint.files},
                                    {u"message_seq"_s, checkpoint.messageSeq}});
        }
        HUB_TRY(const auto done, services.stores.operations.list(task.id));
        for (const auto &operation : done) {
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
    }
    reply.tables << checkpoints << backups << operations;
    reply.data = {{u"checkpoints"_s, data}, {u"operations"_s, operationData}};
    if (!checkpoints.rows.isEmpty())
        reply.next = {u"rollback task_checkpoint --checkpoint-id "_s + checkpoints.rows.first().first()};
    return reply;
}

QFuture<Result<Reply>> rollbackCheckpoint(Services &services, const Invocation &in)
{
    const QString text = in.text("checkpoint_id"_L1);
    if (text.isEmpty())
        return readyFuture<Reply>(rollbackShow(services, in));
    if (in.call.caller.role < commands::Role::Operator)
        return readyFuture<Reply>(
            fail(ErrorCode::Refused, u"You may look here but not steer: going back needs operator."_s));
    QJsonObject options = in.options;
    // A full checkpoint id names its task too.
    if (const auto full = CheckpointId::parse(text); full && !options.contains(u"task_id"_s))
        options[u"task_id"_s] = full->task.toString();
    const auto task = findTask(services, in.call, options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto target = findCheckpoint(services, *task, text);
    if (!target)
        return readyFuture<Reply>(target.error());
    return goBack(services, in, {.task = task->id, .target = target->id.number},
                  u"Go back to checkpoint %1 (%2)?"_s.arg(target->id.toString(), agoText(target->at, services.now())),
                  u"#%1 is back at %2"_s.arg(task->id.toString(), target->id.toString()));
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
    QString path = QDir::cleanPath(in.text("path"_L1));
    if (QDir::isAbsolutePath(path))
        path = QDir(task->tree).relativeFilePath(path);
    if (path.startsWith(u".."_s))
        return readyFuture<Reply>(
            fail(ErrorCode::InvalidInput, u"%1 lies outside the working tree %2."_s.arg(path, task->tree)));
    return goBack(services, in, {.task = task->id, .target = target->id.number, .path = path},
                  u"Bring %1 back from %2?"_s.arg(path, target->id.toString()),
                  u"%1 is as in %2"_s.arg(path, target->id.toString()));
}

QFuture<Result<Reply>> rollbackUndo(Services &services, const Invocation &in)
{
    const auto found = [&]() -> Result<state::Operation> {
        const QString given = in.text("operation_id"_L1);
        if (!given.isEmpty()) {
            const auto id = OperationId::parse(given);
            if (!id)
                return fail(ErrorCode::InvalidInput, u"'%1' is no operation, such as op-81."_s.arg(given),
                            u"agenthubctl rollback show"_s);
            return services.stores.operations.get(*id);
        }
        HUB_TRY(const auto all, services.stores.operations.list({}));
        for (const auto &operation : all) {
            if (operation.state == u"done" && !operation.undoneBy)
                return operation;
        }
        return fail(ErrorCode::NotFound, u"There is nothing to undo."_s, u"agenthubctl rollback show"_s);
    }();
    if (!found)
        return readyFuture<Reply>(found.error());
    if (found->state != u"done" || found->undoneBy) {
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
                  u"Undo %1?"_s.arg(found->id.toString()), u"%1 is undone"_s.arg(found->id.toString()));
}

QString lineStat(const QByteArray &diff)
{
    qsizetype added = 0, removed = 0;
    for (const QByteArray &line : diff.split('\n')) {
        added += line.startsWith('+') && !line.startsWith("+++");
        removed += line.startsWith('-') && !line.startsWith("---");
    }
    return u"+%1 −%2"_s.arg(added).arg(removed);
}

// On the project's worker.
Result<Reply> diffJob(Services &services, const Task &task, const Checkpoint &from, const std::optional<Checkpoint> &to,
                      const QString &file, bool statOnly, const git::SnapshotOptions &options)
{
    HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
    const auto before = git::ObjectId::fromHex(from.commit.toLatin1());
    auto after = to ? git::ObjectId::fromHex(to->commit.toLatin1()) : std::nullopt;
    if (!to) {
        HUB_TRY(const auto wanted, services.checkpointer.snapshotRequest(
                                       task, "refs/preview/" + task.id.toString().toLatin1(), u"Diff"_s, options));
        HUB_TRY(const auto now, git::takeSnapshot(*vault, wanted));
        after = now.commit;
    }
    if (!before || !after)
        return fail(ErrorCode::Corrupt, u"A checkpoint names no snapshot."_s);
    HUB_TRY(const auto diff, git::compareSnapshots(*vault, *before, *after));
    Reply reply{.title =
                    u"#%1: %2 → %3"_s.arg(task.id.toString(), from.id.toString(), to ? to->id.toString() : u"now"_s)};
    commands::Table table{.columns = {u"change"_s, u"path"_s, u"lines"_s}, .whenEmpty = u"Nothing differs."_s};
    QByteArray text;
    QJsonArray data;
    for (const auto &change : diff.paths) {
        const QString path = QFile::decodeName(change.path);
        if (!file.isEmpty() && path != file && !path.startsWith(file + u'/'))
            continue;
        HUB_TRY(const auto one, git::diffFile(*vault, change));
        const QString what = !change.before ? u"added"_s : !change.after ? u"deleted"_s : u"changed"_s;
        table.rows << QStringList{what, path, one.binary ? u"binary"_s : lineStat(one.text)};
        data.append(QJsonObject{{u"path"_s, path}, {u"change"_s, what}, {u"binary"_s, one.binary}});
        text += one.text;
        if (one.truncated)
            text += "[cut: too large to show]\n";
    }
    reply.tables << table;
    if (!statOnly && !text.isEmpty())
        reply.attachments.append({u"%1.diff"_s.arg(task.id.toString()), text});
    reply.data = {{u"task_id"_s, task.id.value()}, {u"changes"_s, data}};
    return reply;
}

QFuture<Result<Reply>> taskDiff(Services &services, const Invocation &in)
{
    const auto facts = [&]() -> Result<std::tuple<Task, Checkpoint, std::optional<Checkpoint>>> {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        HUB_TRY(const auto all, services.stores.tasks.checkpoints(task.id));
        if (all.isEmpty())
            return fail(ErrorCode::Conflict,
                        u"Task #%1 has no checkpoint yet to compare with."_s.arg(task.id.toString()));
        HUB_TRY(const Checkpoint from, in.has("from"_L1) ? findCheckpoint(services, task, in.text("from"_L1))
                                                         : Result<Checkpoint>(all.last()));
        std::optional<Checkpoint> to;
        if (in.has("to"_L1)) {
            HUB_TRY(to, findCheckpoint(services, task, in.text("to"_L1)));
        }
        return std::tuple(task, from, to);
    }();
    if (!facts)
        return readyFuture<Reply>(facts.error());
    const auto &[task, from, to] = *facts;
    return services.workers.run(task.spec.project.toString(),
                                [&services, task = task, from = from, to = to, file = in.text("file"_L1),
                                 stat = in.flag("stat"_L1), options = services.checkpointer.snapshotOptions()] {
                                    return diffJob(services, task, from, to, file, stat, options);
                                });
}

} // namespace

std::span<const HandlerRow> recoveryHandlers()
{
    static const HandlerRow rows[]{{"task-diff"_L1, &taskDiff},
                                   {"rollback show"_L1, &rollbackShow},
                                   {"rollback task_checkpoint"_L1, &rollbackCheckpoint},
                                   {"rollback file"_L1, &rollbackFile},
                                   {"rollback undo"_L1, &rollbackUndo}};
    return rows;
}

} // namespace hub
