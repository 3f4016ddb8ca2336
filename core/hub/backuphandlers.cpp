// The hub's own backups, and practising a recovery.
#include "core/hub/handlers.h"

#include "core/commands/counted.h"
#include "core/recovery/diskuse.h"

#include <QDir>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using Future = QFuture<Result<Reply>>;

namespace
{

QJsonObject backupData(const db::Backup &backup)
{
    return {{u"backup"_s, backup.name()},
            {u"database"_s, backup.database},
            {u"at"_s, toIso(backup.at)},
            {u"bytes"_s, backup.bytes},
            {u"path"_s, backup.path}};
}

commands::Table backupTable(const Services &services, const QList<db::Backup> &backups, QJsonArray &data)
{
    commands::Table table{.columns = {u"backup"_s, u"when"_s, u"size"_s},
                          .whenEmpty = u"There is no backup of the hub's own data yet."_s};
    for (const db::Backup &backup : backups) {
        table.rows << QStringList{backup.name(), agoText(backup.at, services.now()), recovery::sizeText(backup.bytes)};
        data.append(backupData(backup));
    }
    return table;
}

Future createBackup(Services &services, const Invocation &)
{
    return replyWhen(&services.driver, services.backups.make(),
                     [&services](const QList<db::Backup> &made) -> Result<Reply> {
                         Reply reply{.title = u"Backed up"_s,
                                     .text = u"Each copy was read again and is whole. Your code is not in it: that is "
                                             "in the checkpoints."_s};
                         QJsonArray data;
                         reply.tables << backupTable(services, made, data);
                         reply.data = {{u"backups"_s, data}};
                         reply.next = {u"hub-backup list"_s};
                         return reply;
                     });
}

Future listBackups(Services &services, const Invocation &)
{
    return replyWhen(&services.driver, services.backups.list(),
                     [&services](const QList<db::Backup> &backups) -> Result<Reply> {
                         Reply reply;
                         QJsonArray data;
                         reply.tables << backupTable(services, backups, data);
                         reply.data = {{u"backups"_s, data}};
                         if (backups.isEmpty())
                             reply.next = {u"hub-backup create"_s};
                         return reply;
                     });
}

Future verifyBackup(Services &services, const Invocation &in)
{
    return replyWhen(&services.driver, services.backups.verify(in.text("backup"_L1)),
                     [&services](const db::Backup &backup) -> Result<Reply> {
                         return Reply{.title = u"%1 is whole"_s.arg(backup.name()),
                                      .text = u"Every page and every index was read. It was made %1."_s.arg(
                                          agoText(backup.at, services.now())),
                                      .data = backupData(backup)};
                     });
}

QString pathFrom(const Invocation &in)
{
    return QDir::cleanPath(
        QDir(in.call.folder.isEmpty() ? QDir::homePath() : in.call.folder).absoluteFilePath(in.text("file"_L1)));
}

Future exportData(Services &services, const Invocation &in)
{
    return replyWhen(
        &services.driver, services.backups.exportTo(pathFrom(in), services.hubId),
        [](const recovery::ExportReport &report) -> Result<Reply> {
            Reply reply{.title = u"Exported to "_s + report.file,
                        .text =
                            u"Tasks, conversations, receipts, audit trail and alerts; read back and whole. Not in it: "
                            "the vaults with the checkpoints (vault/ of the data folder), your repositories, "
                            "settings, and what agents are set up with. Whoever has the file reads all conversations; "
                            "a purge does not reach it."_s,
                        .fields = {{u"Size"_s, recovery::sizeText(report.bytes)}},
                        .next = {u"hub-backup import "_s + report.file},
                        .data = {{u"file"_s, report.file},
                                 {u"bytes"_s, report.bytes},
                                 {u"bodies"_s, report.bodies},
                                 {u"missing"_s, report.missing}}};
            if (report.missing > 0) {
                reply.severity = Severity::Warning;
                reply.fields.append({u"Missing"_s, u"%1 that messages name are not in the data folder any more"_s.arg(
                                                       counted(report.missing, u"large text"_s))});
            }
            return reply;
        });
}

Reply importReply(const Services &services, const recovery::ImportFacts &facts, bool done)
{
    const QString restart = u"Stop the hub and start it again; agents that run are ended then."_s;
    return Reply{
        .severity = Severity::Warning,
        .title = done ? u"Staged; it is taken when the hub starts next"_s
                      : u"Take the hub's own data from %1?"_s.arg(facts.from),
        .text =
            done ? u"Nothing has changed yet. %1 What is there now is kept aside as a whole, in a folder kept-TIME of "
                   "the data folder, and importing that folder goes back. hub-backup import --withdraw calls it "
                   "off."_s.arg(restart)
                 : u"It is whole. It would be taken when the hub starts next, with safe mode on, and what is there now "
                   "kept aside. Tasks, talk and receipts since then are not in it; code, working trees and vaults "
                   "stay as they are."_s,
        .fields = {{u"From"_s, toLocalShort(facts.at, services.now())},
                   {u"Holds"_s,
                    u"%1 in %2"_s.arg(counted(facts.tasks, u"task"_s), counted(facts.projects, u"project"_s))}},
        .next = done ? QStringList{u"hub-backup import --withdraw"_s} : QStringList(),
        .data = {{u"from"_s, facts.from},
                 {u"at"_s, toIso(facts.at)},
                 {u"tasks"_s, facts.tasks},
                 {u"projects"_s, facts.projects},
                 {u"staged"_s, done}}};
}

Future withdrawImport(Services &services)
{
    return replyWhen(&services.driver, services.backups.withdrawImport(), [](bool was) -> Result<Reply> {
        return Reply{.title = was ? u"Called off: the next start takes nothing"_s : u"Nothing was staged"_s,
                     .data = {{u"withdrawn"_s, was}}};
    });
}

Future importData(Services &services, const Invocation &in)
{
    if (in.flag("withdraw"_L1))
        return withdrawImport(services);
    if (!in.has("file"_L1))
        return readyFuture<Reply>(fail(ErrorCode::InvalidInput, u"Say which file; nothing was changed."_s,
                                       u"agenthubctl hub-backup import FILE"_s));
    const QString from = pathFrom(in);
    return replyAfter(&services.driver, services.backups.checkImport(from),
                      [&services, in, from](const recovery::ImportFacts &facts) -> Future {
                          const QString confirm = u"import "_s + facts.digest;
                          if (!in.call.yes && in.call.confirm.isEmpty()) {
                              Reply reply = importReply(services, facts, false);
                              reply.confirm = confirm;
                              return readyFuture<Reply>(std::move(reply));
                          }
                          if (!in.call.confirm.isEmpty() && in.call.confirm != confirm)
                              return readyFuture<Reply>(fail(
                                  ErrorCode::Conflict, u"The file changed since the preview, so nothing was staged."_s,
                                  u"Look at the new preview and confirm again."_s));
                          return replyWhen(&services.driver, services.backups.stageImport(from, facts.digest),
                                           [&services](const recovery::ImportFacts &staged) -> Result<Reply> {
                                               return importReply(services, staged, true);
                                           });
                      });
}

Reply drillReply(const Services &services, const recovery::DrillReport &report)
{
    const Instant now = services.now();
    const QString checkpoint = report.checkpoint.toString();
    const bool whole = report.backupProblem.isEmpty();
    Reply reply{.severity = !report.isExact() || !whole ? Severity::Error
                            : report.backupMissing      ? Severity::Warning
                                                        : Severity::Ok,
                .title = !report.isExact()      ? u"The recovery does not work as it should"_s
                         : !whole               ? u"Files come back, but the copy of the hub's own data is damaged"_s
                         : report.backupMissing ? u"Files come back; of the hub's own data there is no copy yet"_s
                                                : u"The recovery works"_s};
    reply.text =
        report.differences.isEmpty()
            ? u"Checkpoint %1 was brought back into a scratch folder from the vault alone, and every byte, mode "
              "and link of it compared. The task and its repository were not touched."_s.arg(checkpoint)
            : u"Checkpoint %1 was brought back into a scratch folder, and it is not what it should be: %2"_s.arg(
                  checkpoint, report.differences.mid(0, 10).join(u"; "_s));
    reply.fields = {
        {u"Files"_s, u"%1, %2"_s.arg(QString::number(report.files), recovery::sizeText(report.bytes))},
        {u"Time to recover"_s, durationText(report.took)},
        {u"Recovery point, files"_s, u"%1 (checkpoint %2)"_s.arg(agoText(report.checkpointAt, now), checkpoint)},
        {u"Recovery point, tasks and talk"_s,
         report.backup ? u"the last word; were task_state.db itself lost: %1 (%2)"_s.arg(
                             agoText(report.backup->at, now), report.backup->name())
         : report.backupMissing ? u"the last word; were task_state.db itself lost: nothing"_s
                                : report.backupProblem}};
    reply.data = {{u"task_id"_s, report.task.value()},
                  {u"checkpoint_id"_s, checkpoint},
                  {u"exact"_s, report.differences.isEmpty()},
                  {u"differences"_s, QJsonArray::fromStringList(report.differences)},
                  {u"files"_s, report.files},
                  {u"bytes"_s, report.bytes},
                  {u"milliseconds"_s, qint64(report.took.count())},
                  {u"checkpoint_at"_s, toIso(report.checkpointAt)},
                  {u"backup"_s, report.backup ? QJsonValue(backupData(*report.backup)) : QJsonValue()}};
    if (!report.backup)
        reply.next << u"hub-backup create"_s;
    return reply;
}

Future drill(Services &services, const Invocation &in)
{
    std::optional<TaskId> task;
    if (in.has("task_id"_L1)) {
        const auto found = findTask(services, in.call, in.options);
        if (!found)
            return readyFuture<Reply>(found.error());
        task = found->id;
    } else {
        const auto newest = services.drill.candidate();
        if (!newest)
            return readyFuture<Reply>(newest.error());
        task = *newest;
    }
    if (!task)
        return readyFuture<Reply>(fail(ErrorCode::NotFound, u"There is no checkpoint yet to practise with."_s,
                                       u"agenthubctl assign-task gives an agent work, which is saved as it goes."_s));
    return replyWhen(
        &services.driver, services.drill.run(*task),
        [&services](const recovery::DrillReport &report) -> Result<Reply> { return drillReply(services, report); });
}

} // namespace

std::span<const HandlerRow> backupHandlers()
{
    static const HandlerRow rows[]{{"drill"_L1, &drill},
                                   {"hub-backup create"_L1, &createBackup},
                                   {"hub-backup list"_L1, &listBackups},
                                   {"hub-backup verify"_L1, &verifyBackup},
                                   {"hub-backup export"_L1, &exportData},
                                   {"hub-backup import"_L1, &importData}};
    return rows;
}

} // namespace hub
