#include "core/hub/goback.h"

#include "core/commands/counted.h"

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

constexpr qsizetype listedPaths = 30, namedPaths = 8;

// "2 files were changed by a person after 12/7 and will be kept: src/a.cpp, notes.md."
QString editsText(const RollbackPreview &preview, bool keepEdits)
{
    const auto list = [](const QStringList &paths) {
        return paths.mid(0, namedPaths).join(u", "_s) + (paths.size() > namedPaths ? u", …"_s : QString());
    };
    QStringList text;
    const qsizetype edited = preview.edited.size();
    if (edited > 0)
        text << u"%1 %2 changed by a person after %3 and will be %4: %5."_s.arg(
            counted(edited, u"file"_s), edited == 1 ? u"was"_s : u"were"_s, preview.editedAfter,
            keepEdits ? u"kept (--keep-edits no: put back too)"_s : u"put back too"_s, list(preview.edited));
    if (!preview.mixed.isEmpty())
        text << u"Changed by a person and again later, so put back; a checkpoint has the person's: %1."_s.arg(
            list(preview.mixed));
    return text.join(u' ');
}

Reply previewOf(const RollbackPreview &preview, const QString &title, bool keepEdits)
{
    Reply reply{.severity = Severity::Warning, .title = title, .confirm = preview.confirm};
    QStringList text{u"%1 restored, %2 deleted, %3 kept as they are."_s.arg(preview.restored.size())
                         .arg(preview.deleted.size())
                         .arg(preview.kept.size())};
    if (preview.headDiffers)
        text << (preview.branchNotMoved.isEmpty() ? u"HEAD and the task's branch go back too."_s
                                                  : u"HEAD goes back too."_s);
    if (!preview.branchNotMoved.isEmpty())
        text << u"Branch %1 stays at its commit, since it is a person's: files and index become as they were, and git "
                "shows that as changes."_s.arg(preview.branchNotMoved);
    if (preview.indexDiffers)
        text << u"The index goes back too."_s;
    if (preview.messagesHidden > 0)
        text << (preview.messagesHidden == 1
                     ? u"1 later message is hidden, not deleted."_s
                     : u"%1 later messages are hidden, not deleted."_s.arg(preview.messagesHidden));
    text << u"The files as they are now are saved first, so this can be undone."_s;
    text.prepend(editsText(preview, keepEdits));
    text.removeAll({});
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
    if (!preview.purged.isEmpty())
        reply.tables << pathTable(u"Purged, so not brought back"_s, preview.purged);
    reply.data = {{u"target"_s, preview.target.number > 0 ? preview.target.toString() : QString()},
                  {u"edited"_s, QJsonArray::fromStringList(preview.edited)},
                  {u"edited_and_changed_again"_s, QJsonArray::fromStringList(preview.mixed)},
                  {u"branch_not_moved"_s, preview.branchNotMoved},
                  {u"restored"_s, QJsonArray::fromStringList(preview.restored)},
                  {u"deleted"_s, QJsonArray::fromStringList(preview.deleted)},
                  {u"purged"_s, QJsonArray::fromStringList(preview.purged)},
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

} // namespace

commands::Table pathTable(const QString &title, const QStringList &paths)
{
    commands::Table table{.title = u"%1 (%2)"_s.arg(title).arg(paths.size()), .columns = {u"path"_s}};
    for (const QString &path : paths.mid(0, listedPaths))
        table.rows << QStringList{path};
    if (paths.size() > listedPaths)
        table.rows << QStringList{u"… and %1 more"_s.arg(paths.size() - listedPaths)};
    return table;
}

Reply previewReply(const RollbackPreview &preview, const QString &title) { return previewOf(preview, title, true); }

QFuture<Result<Reply>> goBack(Services &services, const Invocation &in, RollbackRequest request,
                              const QString &question, const QString &done)
{
    request.who = in.who();
    request.confirm = in.call.confirm;
    if (in.call.dryRun || (!in.call.yes && in.call.confirm.isEmpty())) {
        return replyWhen(&services.driver, services.rollback.preview(request),
                         [question, keepEdits = request.keepEdits](const RollbackPreview &preview) -> Result<Reply> {
                             return previewOf(preview, question, keepEdits);
                         });
    }
    return replyWhen(&services.driver, services.rollback.execute(request),
                     [done, whole = request.path.isEmpty()](const RollbackReceipt &receipt) -> Result<Reply> {
                         return receiptReply(receipt, done, whole);
                     });
}

} // namespace hub
