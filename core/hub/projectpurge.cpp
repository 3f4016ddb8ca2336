// Projects: erase a path or a text. No reply has what is looked for when that is a text.
#include "core/commands/counted.h"
#include "core/hub/projectparts.h"
#include "core/recovery/purgereach.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using recovery::PurgeReport;
using recovery::PurgeRequest;

namespace
{

// A removed project is still known by its tasks and its vault.
Result<state::Project> projectToPurge(const Services &services, const Invocation &in)
{
    HUB_TRY(const auto removed, services.stores.projects.removed());
    for (const auto &project : removed) {
        if (project.name.toString() == in.text("project"_L1))
            return project;
    }
    return findProject(services, in.call, in.options);
}

commands::Table foundTable(const PurgeReport &report, bool done)
{
    commands::Table table{.title = done ? u"Erased from"_s : u"Found in"_s, .columns = {u"where"_s, u"how many"_s}};
    const auto row = [&](const QString &where, qint64 count) {
        if (count > 0)
            table.rows << QStringList{where, QString::number(count)};
    };
    QStringList tasks;
    for (const auto &[task, count] : report.vault.tasks)
        tasks << u"#%1: %2"_s.arg(QString::fromLatin1(task)).arg(count);
    row(u"checkpoints (%1)"_s.arg(recovery::someOf(tasks)), report.vault.checkpoints);
    row(u"commits of the repository's history"_s, report.vault.commits);
    row(u"records of the repository"_s, report.vault.records);
    row(u"other things that the vault keeps"_s, report.vault.others);
    row(u"things in the vault that nothing names any more"_s, report.vault.unnamed);
    for (auto at = report.rows.begin(); at != report.rows.end(); ++at)
        row(at.key(), at.value());
    row(u"large messages in files"_s, report.bodies);
    row(u"folders of runs"_s, report.runs.size());
    row(u"files that were sent to agents"_s, report.files.size());
    for (const auto &[copy, what] : report.copies)
        table.rows << QStringList{u"backups/"_s + copy, what};
    return table;
}

QJsonObject dataOf(const state::Project &project, const PurgeRequest &request, const PurgeReport &report, bool done)
{
    QJsonObject tasks, rows, copies;
    for (const auto &[task, count] : report.vault.tasks)
        tasks.insert(QString::fromLatin1(task), count);
    for (auto at = report.rows.begin(); at != report.rows.end(); ++at)
        rows.insert(at.key(), at.value());
    for (const auto &[copy, what] : report.copies)
        copies.insert(copy, what);
    QJsonArray notReached;
    for (const auto &[where, what] : report.notReached)
        notReached.append(QJsonObject{{u"where"_s, where}, {u"what_to_do"_s, what}});
    return {{u"project"_s, project.name.toString()},
            {u"kind"_s, request.target.text ? u"text"_s : u"path"_s},
            {u"done"_s, done},
            {u"checkpoints"_s, report.vault.checkpoints},
            {u"checkpoints_by_task"_s, tasks},
            {u"commits"_s, report.vault.commits},
            {u"records"_s, report.vault.records},
            {u"other_refs"_s, report.vault.others},
            {u"unnamed"_s, report.vault.unnamed},
            {u"rows"_s, rows},
            {u"bodies"_s, report.bodies},
            {u"copies"_s, copies},
            {u"runs"_s, QJsonArray::fromStringList(report.runs)},
            {u"files"_s, QJsonArray::fromStringList(report.files)},
            {u"objects_removed"_s, report.objects},
            {u"not_reached"_s, notReached}};
}

Reply purgeReply(const state::Project &project, const PurgeRequest &request, const PurgeReport &report, bool done)
{
    const QString name = project.name.toString();
    const bool text = request.target.text.has_value();
    const QString what = text ? u"the text"_s : QFile::decodeName(request.target.path);
    Reply reply{.severity = done || report.isEmpty() ? Severity::Ok : Severity::Warning,
                .title = done ? u"Erased %1 from project %2"_s.arg(what, name)
                              : u"Erase %1 from project %2?"_s.arg(what, name)};
    if (report.isEmpty())
        reply.title = u"Nothing that the hub keeps of project %1 has %2"_s.arg(name, what);
    else if (!done)
        reply.text = u"This can't be undone. "_s +
                     (text ? u"In files and history as many x stand in its place, in conversations a mark; all else "
                             "stays as it is. Agents of the project that wait are ended, the others are held until it "
                             "is done."_s
                           : u"Checkpoints are without it then, and going back to one leaves what lies there alone. "
                             "Conversations are searched for a text only."_s);
    if (!report.vault.paths.isEmpty()) {
        QStringList paths;
        for (const QByteArray &path : report.vault.paths)
            paths << QFile::decodeName(path);
        reply.fields.append({u"Files in checkpoints"_s, recovery::someOf(paths)});
    }
    if (report.objects > 0)
        reply.fields.append({u"Removed from the vault"_s, counted(report.objects, u"object"_s)});
    if (!report.isEmpty())
        reply.tables << foundTable(report, done);
    for (const auto &[where, todo] : report.notReached) // a table would cut them
        reply.fields.append({u"Not reached"_s, u"%1. %2"_s.arg(where, todo)});
    reply.data = dataOf(project, request, report, done);
    if (done)
        reply.next = {u"projects show "_s + name};
    return reply;
}

} // namespace

// The plan while nobody has agreed, else the deed.
QFuture<Result<Reply>> purgeProject(Services &services, const Invocation &in)
{
    const auto project = projectToPurge(services, in);
    if (!project)
        return readyFuture<Reply>(project.error());
    const QString what = in.text("what"_L1);
    const auto target = in.text("kind"_L1) == u"text" ? PurgeRequest::text(what) : PurgeRequest::path(what);
    if (!target)
        return readyFuture<Reply>(target.error());
    const PurgeRequest request{project->name, *target, in.who(), in.call.confirm};
    const bool agreed = !in.call.dryRun && (in.call.yes || !in.call.confirm.isEmpty());
    return replyWhen(&services.driver, agreed ? services.purge.carryOut(request) : services.purge.look(request),
                     [project = *project, request, agreed](const PurgeReport &report) -> Result<Reply> {
                         Reply reply = purgeReply(project, request, report, agreed);
                         if (!agreed && !report.isEmpty())
                             reply.confirm = report.confirm(project.name);
                         reply.onlyLooked = !agreed;
                         return reply;
                     });
}

} // namespace hub
