// Projects: list and show.
#include "core/base/shellwords.h"
#include "core/hub/noteport.h"
#include "core/hub/projectparts.h"
#include "core/hub/projectrights.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

// Only what isn't set yet. A command that is to run at each task is for a person to agree to.
void tellProposals(const QList<agents::Proposal> &proposals, const state::Project &project, Reply &reply)
{
    const ProjectSettings settings(project.options);
    QStringList because;
    QJsonArray lines;
    for (const agents::Proposal &proposal : proposals) {
        const auto spec = ProjectSettings::find(proposal.key);
        if (!spec || settings.isSet(**spec))
            continue;
        const QString line =
            joinWords({u"projects"_s, u"set"_s, project.name.toString(), proposal.key, proposal.value});
        reply.next << line;
        lines.append(line);
        if (!because.contains(proposal.because))
            because << proposal.because;
    }
    reply.data[u"proposed"_s] = lines;
    if (!because.isEmpty())
        reply.fields.append({u"Proposed"_s, u"the `projects set` lines below, for %1; nothing is set by itself"_s.arg(
                                                because.join(u", "))});
}

Reply describeProject(const state::Project &project, const QString &title)
{
    const QJsonObject &report = project.report;
    Reply reply{.title = title};
    reply.fields = {{u"Folder"_s, project.path},
                    {u"Branch"_s, report[u"branch"_s].toString()},
                    {u"Vault"_s, u"%1, %2 by %3"_s.arg(report[u"vault"_s].toString(),
                                                       recovery::sizeText(report[u"vault_bytes"_s].toInteger()),
                                                       report[u"vault_method"_s].toString())}};
    if (!report[u"not_protected_from"_s].toString().isEmpty())
        reply.fields.append({u"Mind"_s, report[u"not_protected_from"_s].toString()});
    QStringList facts;
    for (const auto &fact : report[u"facts"_s].toArray())
        facts << fact.toString();
    if (!facts.isEmpty())
        reply.fields.append({u"Found"_s, facts.join(u"; "_s)});
    if (project.missing) {
        reply.severity = Severity::Warning;
        reply.text = u"Its folder is missing, so its tasks wait. Put it back, or say where it is now; the vault still "
                     "holds its checkpoints."_s;
        reply.next = {u"projects move %1 PATH"_s.arg(project.name.toString())};
    }
    if (!project.blocked.isEmpty()) {
        reply.severity = Severity::Warning;
        reply.text = project.blocked + u" Its tasks wait; the vault still holds its checkpoints."_s;
    }
    reply.data = {{u"project"_s, project.name.toString()}, {u"path"_s, project.path},
                  {u"missing"_s, project.missing},         {u"removed"_s, project.removed},
                  {u"blocked"_s, project.blocked},         {u"report"_s, report}};
    return reply;
}

QString settingFrom(const ProjectSettings &settings, const SettingSpec &spec)
{
    return settings.isSet(spec) ? u"projects set"_s : u"default"_s;
}

namespace
{

// By the disk as it is now.
bool isMissing(const state::Project &project) { return !project.removed && !QFileInfo::exists(project.path); }

// What differs from what is noted is looked at properly, since its tasks wait.
void lookAgain(Services &services, const state::Project &project)
{
    if (isMissing(project) != project.missing)
        services.owners.look(project.name);
}

QString stateOf(const state::Project &project)
{
    if (project.removed)
        return u"removed"_s;
    return isMissing(project) ? u"missing"_s : project.blocked.isEmpty() ? u"ready"_s : u"waits"_s;
}

void tellSettings(const state::Project &project, Reply &reply)
{
    const ProjectSettings settings(project.options);
    commands::Table table{.columns = {u"setting"_s, u"value"_s, u"from"_s, u"help"_s}};
    QJsonObject data;
    for (const SettingSpec *spec : allProjectSettings) {
        table.rows << QStringList{QString(spec->key), settings.text(*spec), settingFrom(settings, *spec),
                                  QString(spec->help)};
        data[QString(spec->key)] =
            QJsonObject{{u"value"_s, settings.text(*spec)}, {u"from"_s, settingFrom(settings, *spec)}};
    }
    reply.tables << table;
    reply.data[u"settings"_s] = data;
}

// What takes long to find out: sizes of folders.
struct ProjectLook {
    qint64 vault = 0, trees = 0;
    QList<agents::Proposal> proposals;
};

// How much of its quota the vault takes, and how many checkpoints lie in it.
Result<> describeVault(Services &services, const state::Project &project, const recovery::VaultState &vault,
                       Reply &reply)
{
    qint64 checkpoints = 0;
    HUB_TRY(const auto tasks, services.stores.tasks.all());
    for (const Task &task : tasks) {
        if (task.spec.project != project.name)
            continue;
        HUB_TRY(const auto marks, services.stores.tasks.checkpointMarks(task.id));
        checkpoints += marks.size();
    }
    reply.fields.append(
        {u"Checkpoints"_s, u"%1 in %2 packs, %3 of %4 (%5 % of the quota)"_s.arg(checkpoints)
                               .arg(vault.size.packs)
                               .arg(recovery::sizeText(vault.size.bytes), recovery::sizeText(vault.quota),
                                    QString::number(vault.percent()))});
    reply.data.insert(u"vault"_s, QJsonObject{{u"checkpoints"_s, checkpoints},
                                              {u"packs"_s, vault.size.packs},
                                              {u"bytes"_s, vault.size.bytes},
                                              {u"seeded_bytes"_s, vault.size.seededBytes},
                                              {u"quota_bytes"_s, vault.quota},
                                              {u"quota_percent"_s, vault.percent()}});
    return {};
}

} // namespace

Result<Reply> listProjects(Services &services, const Invocation &in)
{
    HUB_TRY(auto all, services.stores.projects.all());
    HUB_TRY(const auto removed, services.stores.projects.removed());
    Reply reply;
    commands::Table table{.columns = {u"project"_s, u"folder"_s, u"state"_s, u"vault"_s, u"added"_s},
                          .whenEmpty = u"No project is known yet."_s};
    QJsonArray data;
    const ProjectRights rights(services, in.call);
    for (const auto &project : all + removed) {
        if (!rights.sees(project.name))
            continue;
        lookAgain(services, project);
        table.rows << QStringList{project.name.toString(), project.path, stateOf(project),
                                  recovery::sizeText(project.report[u"vault_bytes"_s].toInteger()),
                                  agoText(project.addedAt, services.now())};
        data.append(QJsonObject{{u"project"_s, project.name.toString()},
                                {u"path"_s, project.path},
                                {u"state"_s, stateOf(project)},
                                {u"missing"_s, isMissing(project)},
                                {u"removed"_s, project.removed},
                                {u"blocked"_s, project.blocked}});
        if (!project.removed && !project.blocked.isEmpty())
            reply.text += (reply.text.isEmpty() ? QString() : u"\n"_s) + project.blocked;
    }
    reply.tables << table;
    reply.data = {{u"projects"_s, data}};
    if (all.isEmpty())
        reply.next = {u"projects add FOLDER"_s};
    return reply;
}

QFuture<Result<Reply>> showProject(Services &services, const Invocation &in)
{
    const auto found = findProject(services, in.call, in.options);
    if (!found)
        return readyFuture<Reply>(found.error());
    auto looked = services.workers.run(
        u"disk"_s,
        [path = found->path, vault = services.data.vault(found->name),
         trees = services.data.path(u"worktrees/"_s + found->name.toString())]() -> Result<ProjectLook> {
            return ProjectLook{recovery::bytesBelow(vault), recovery::bytesBelow(QFile::encodeName(trees)),
                               agents::proposeSettings(path)};
        });
    return replyAfter(&services.driver, std::move(looked), [&services, name = found->name](const ProjectLook &look) {
        return replyWhen(
            &services.driver, services.maintenance.look(name),
            [&services, name, look](const recovery::VaultState &vault) -> Result<Reply> {
                auto described = services.stores.commits.submit([&]() -> Result<Reply> {
                    HUB_TRY(auto project, services.stores.projects.get(name));
                    lookAgain(services, project);
                    project.missing = isMissing(project);
                    Reply reply = describeProject(project, u"Project %1"_s.arg(name.toString()));
                    reply.fields.append(
                        {u"Disk"_s, u"vault %1, working trees %2"_s.arg(recovery::sizeText(look.vault),
                                                                        recovery::sizeText(look.trees))});
                    HUB_CHECK(describeVault(services, project, vault, reply));
                    HUB_TRY(const auto channels, services.stores.notes.ofKind(projectChannelNote));
                    const QString channel = channels.value(name.toString()).value(u"channel"_s).toString();
                    if (!channel.isEmpty())
                        reply.fields.append({u"Discord channel"_s, channel});
                    reply.data[u"channel"_s] = channel;
                    reply.data[u"disk"_s] = QJsonObject{{u"vault"_s, look.vault}, {u"working_trees"_s, look.trees}};
                    tellProposals(look.proposals, project, reply);
                    tellSettings(project, reply);
                    return reply;
                });
                services.stores.commits.flush();
                return takeResult(described);
            });
    });
}

} // namespace hub
