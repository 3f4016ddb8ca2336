// Projects: follow one that was moved, take one out.
#include "core/commands/counted.h"
#include "core/hub/projectparts.h"

#include <QDir>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

namespace
{

QString numbers(const QList<TaskId> &tasks)
{
    QStringList names;
    for (const TaskId &task : tasks)
        names << u'#' + task.toString();
    return names.join(u", ");
}

Reply removalReply(const Services &services, const state::Project &project, const recovery::ProjectRemoval &plan,
                   bool done)
{
    const QString name = project.name.toString(), vault = QFile::decodeName(services.data.vault(project.name));
    Reply reply{.severity = done ? Severity::Ok : Severity::Warning,
                .title = (done ? u"Project %1 is removed"_s : u"Remove project %1?"_s).arg(name)};
    reply.text = plan.missing ? u"Its folder is missing, so nothing in its repository is changed."_s
                 : done       ? u"Its repository is as it was found."_s
                        : u"Its repository becomes as it was found: the guard goes, and all that is this hub's."_s;
    const auto say = [&](bool holds, const QString &field, const QString &text) {
        if (holds)
            reply.fields.append({field, text});
    };
    say(true, u"Kept"_s,
        u"%1 in %2, and its tasks and conversations"_s.arg(recovery::sizeText(plan.vaultBytes), vault));
    say(true, u"Undo"_s, u"projects add '%1' takes all of it up again"_s.arg(project.path));
    say(!plan.open.isEmpty(), u"Open tasks"_s, u"%1; they wait for that"_s.arg(numbers(plan.open)));
    say(!plan.trees.isEmpty(), u"Working trees"_s, u"%1; checkpoints hold what is in them"_s.arg(numbers(plan.trees)));
    say(!plan.aside.isEmpty(), u"Left"_s,
        u"the old .git of a repair, yours to delete: %1"_s.arg(plan.aside.join(u", ")));
    commands::Table gone{.title = done ? u"Branches removed"_s : u"Branches to be removed"_s,
                         .columns = {u"branch"_s, u"commit"_s}};
    commands::Table kept{.title = u"Branches that stay"_s, .columns = {u"branch"_s, u"commit"_s, u"why"_s}};
    QJsonArray goneData, keptData;
    for (const git::HubBranch &branch : plan.branches) {
        const QString branchName = QFile::decodeName(branch.name), commit = QString::fromLatin1(branch.commit.hex());
        if (branch.stays.isEmpty()) {
            gone.rows << QStringList{branchName, commit};
            goneData.append(QJsonObject{{u"branch"_s, branchName}, {u"commit"_s, commit}});
        } else {
            kept.rows << QStringList{branchName, commit, branch.stays};
            keptData.append(QJsonObject{{u"branch"_s, branchName}, {u"commit"_s, commit}, {u"why"_s, branch.stays}});
        }
    }
    for (const commands::Table &table : {gone, kept}) {
        if (!table.rows.isEmpty())
            reply.tables << table;
    }
    say(!goneData.isEmpty(), u"Their commits"_s, u"stay in the vault"_s);
    QJsonArray trees;
    for (const TaskId &task : plan.trees)
        trees.append(task.value());
    reply.data = {{u"project"_s, name},       {u"path"_s, project.path},
                  {u"vault"_s, vault},        {u"vault_bytes"_s, plan.vaultBytes},
                  {u"branches"_s, goneData},  {u"branches_kept"_s, keptData},
                  {u"working_trees"_s, trees}};
    if (done)
        reply.next = {u"projects add '%1'"_s.arg(project.path)};
    return reply;
}

} // namespace

QFuture<Result<Reply>> moveProject(Services &services, const Invocation &in)
{
    const auto project = findProject(services, in.call, in.options);
    if (!project)
        return readyFuture<Reply>(project.error());
    const QString path = QDir::cleanPath(
        QDir(in.call.folder.isEmpty() ? QDir::homePath() : in.call.folder).absoluteFilePath(in.text("path"_L1)));
    return replyWhen(&services.driver, services.projects.move(project->name, path, in.who()),
                     [name = project->name.toString()](const recovery::ProjectMove &move) -> Result<Reply> {
                         return Reply{.title = u"Project %1 is at %2 now"_s.arg(name, move.to),
                                      .text = u"Its working trees and its guard lead there; its tasks go on."_s,
                                      .fields = {{u"Was"_s, move.from}},
                                      .next = {u"projects show "_s + name},
                                      .data = {{u"project"_s, name}, {u"path"_s, move.to}, {u"from"_s, move.from}}};
                     });
}

// The plan while nobody has agreed, else the deed.
QFuture<Result<Reply>> removeProject(Services &services, const Invocation &in)
{
    const auto project = findProject(services, in.call, in.options);
    if (!project)
        return readyFuture<Reply>(project.error());
    const bool agreed = !in.call.dryRun && (in.call.yes || !in.call.confirm.isEmpty());
    auto removal = agreed ? services.projects.remove(project->name, in.call.confirm, in.who())
                          : services.projects.planRemoval(project->name);
    return replyWhen(&services.driver, std::move(removal),
                     [&services, project = *project, agreed](const recovery::ProjectRemoval &plan) -> Result<Reply> {
                         Reply reply = removalReply(services, project, plan, agreed);
                         if (!agreed)
                             reply.confirm = plan.confirm(project.name);
                         return reply;
                     });
}

} // namespace hub
