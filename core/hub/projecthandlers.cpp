// Projects: set and repair; the rows of all.
#include "core/hub/noteport.h"
#include "core/hub/projectparts.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

namespace
{

QString shown(const QString &value) { return value.isEmpty() ? u"nothing"_s : value; }

Result<Reply> setProject(Services &services, const Invocation &in)
{
    HUB_TRY(const SettingSpec *spec, ProjectSettings::find(in.text("key"_L1)));
    HUB_TRY(const auto project, findProject(services, in.call, in.options));
    const ProjectSettings before(project.options);
    HUB_TRY(const QJsonObject options, before.with(*spec, in.text("value"_L1).trimmed()));
    HUB_CHECK(services.stores.projects.setOptions(project.name, options));
    const ProjectSettings after(options);
    const QString was = before.text(*spec), is = after.text(*spec);
    Reply reply{.title = u"%1 of project %2 is %3"_s.arg(spec->key, project.name.toString(), shown(is)),
                .text = was == is ? u"That is what it was."_s : u"It was %1."_s.arg(shown(was)),
                .fields = {{u"From"_s, settingFrom(after, *spec)}},
                .next = {u"projects show "_s + project.name.toString()},
                .data = {{u"project"_s, project.name.toString()},
                         {u"key"_s, QString(spec->key)},
                         {u"value"_s, is},
                         {u"before"_s, was},
                         {u"from"_s, settingFrom(after, *spec)}}};
    return reply;
}

bool isNumber(const QString &text)
{
    return !text.isEmpty() && text.size() <= 20 &&
           std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

// Front ends are told after the commit.
Result<Reply> linkProject(Services &services, const Invocation &in)
{
    HUB_TRY(const auto project, findProject(services, in.call, in.options));
    const QString name = project.name.toString(), channel = in.text("channel"_L1).trimmed();
    if (!channel.isEmpty() && !isNumber(channel))
        return fail(
            ErrorCode::InvalidInput,
            u"'%1' is no number of a Discord channel; nothing was changed."_s.arg(channel.left(80)),
            u"On Discord: switch on Developer Mode in its settings, then \"Copy Channel ID\" on the channel."_s);
    HUB_TRY(const auto before, services.stores.notes.ofKind(projectChannelNote));
    const QString was = before.value(name).value(u"channel"_s).toString();
    if (channel.isEmpty())
        HUB_CHECK(services.stores.notes.remove(projectChannelNote, name));
    else
        HUB_CHECK(services.stores.notes.set(projectChannelNote, name, {{u"channel"_s, channel}}));
    services.stores.commits.afterCommit(
        [&services, id = project.name] { Q_EMIT services.projects.projectChanged(id); });
    return Reply{.title = channel.isEmpty() ? u"No Discord channel is bound to project %1"_s.arg(name)
                                            : u"Discord channel %1 is bound to project %2"_s.arg(channel, name),
                 .text = channel == was ? u"That is how it was."_s
                         : channel.isEmpty()
                             ? u"New tasks of it get their threads in the home channel."_s
                             : u"New tasks of it get their threads there; those that have one keep it."_s,
                 .next = {u"projects show "_s + name},
                 .data = {{u"project"_s, name}, {u"channel"_s, channel}, {u"before"_s, was}}};
}

QString names(const QList<QByteArray> &raw)
{
    QStringList list;
    for (const QByteArray &name : raw.first(std::min<qsizetype>(raw.size(), 10)))
        list << QFile::decodeName(name);
    if (raw.size() > 10)
        list << u"and %1 more"_s.arg(raw.size() - 10);
    return list.join(u", "_s);
}

Reply repairReply(const state::Project &project, const git::RepairReport &report)
{
    Reply reply{.severity = report.unreadable > 0 ? Severity::Warning : Severity::Ok,
                .title = u"The repository of project %1 is repaired"_s.arg(project.name.toString()),
                .text = recovery::repairText(report)};
    const auto say = [&](bool holds, const QString &name, const QString &value) {
        if (holds)
            reply.fields.append({name, value});
    };
    say(report.hooks > 0, u"Hooks"_s, QString::number(report.hooks));
    say(!report.trees.isEmpty(), u"Working trees"_s, names(report.trees));
    say(!report.treesLeft.isEmpty(), u"Left out"_s,
        u"%1: nothing leads from there to this repository"_s.arg(names(report.treesLeft)));
    say(!report.newer.isEmpty(), u"Newer"_s, u"as the old .git had them, not as recorded: "_s + names(report.newer));
    say(report.takenOver > 0, u"Taken over"_s, u"%1 objects that only the old .git had"_s.arg(report.takenOver));
    say(report.unreadable > 0, u"Lost"_s,
        u"%1 objects that the old .git named could not be read, and the vault never had them"_s.arg(report.unreadable));
    say(!report.recordedNot.isEmpty(), u"As recorded"_s,
        u"these differ in the old .git: "_s + names(report.recordedNot));
    say(report.wasAnother, u"Mind"_s, u"Another repository stood there; nothing of it was used."_s);
    const QString git = project.path + u"/.git"_s, aside = QFile::decodeName(report.aside);
    say(!aside.isEmpty(), u"Old .git"_s, aside);
    say(!aside.isEmpty(), u"Undo"_s,
        u"mv '%1' '%2-old' && mv '%2' '%2-repaired' && mv '%2-old' '%2'"_s.arg(aside, git));
    reply.next = {u"projects show "_s + project.name.toString()};
    QJsonArray trees;
    for (const QByteArray &tree : report.trees)
        trees.append(QFile::decodeName(tree));
    reply.data = {{u"project"_s, project.name.toString()},
                  {u"damage"_s, report.damage},
                  {u"recorded_at"_s, toIso(report.recordAt)},
                  {u"branches"_s, report.branches},
                  {u"tags"_s, report.tags},
                  {u"stashes"_s, report.stashes},
                  {u"hooks"_s, report.hooks},
                  {u"working_trees"_s, trees},
                  {u"taken_over"_s, report.takenOver},
                  {u"unreadable"_s, report.unreadable},
                  {u"old_git"_s, aside}};
    return reply;
}

// The damage while nobody has agreed, else the deed.
QFuture<Result<Reply>> repairProject(Services &services, const Invocation &in)
{
    const auto project = findProject(services, in.call, in.options);
    if (!project)
        return readyFuture<Reply>(project.error());
    if (const auto may = state::mayTouch(*project); !may)
        return readyFuture<Reply>(may.error());
    const QString name = project->name.toString(), agreed = u"repair "_s + name;
    if (in.call.dryRun || (!in.call.yes && in.call.confirm != agreed)) {
        auto looked = services.workers.run(name, [&services, project = *project] {
            return services.records.damage(project.name, project.path, true);
        });
        return replyWhen(
            &services.driver, std::move(looked), [project = *project, agreed](const QString &damage) -> Result<Reply> {
                if (damage.isEmpty())
                    return fail(ErrorCode::Conflict,
                                u"Nothing is broken in the repository of project %1; nothing was changed."_s.arg(
                                    project.name.toString()));
                return Reply{.severity = Severity::Warning,
                             .title = u"Repair the repository of project %1?"_s.arg(project.name.toString()),
                             .text = u"%1 A new .git is made of its record, of the vault and of what the "
                                     "old one still gives; the old one is kept."_s.arg(damage),
                             .data = {{u"project"_s, project.name.toString()}, {u"damage"_s, damage}},
                             .confirm = agreed};
            });
    }
    auto repaired = services.workers.run(
        name, [&services, project = *project] { return services.records.repair(project.name, project.path); });
    return replyWhen(&services.driver, std::move(repaired),
                     [&services, project = *project](const git::RepairReport &report) -> Result<Reply> {
                         services.driver.admit(); // its tasks may have waited for it
                         return repairReply(project, report);
                     });
}

} // namespace

std::span<const HandlerRow> projectHandlers()
{
    static const HandlerRow rows[]{{"projects list"_L1, &listProjects},    {"projects show"_L1, &showProject},
                                   {"projects add"_L1, &addProject},       {"projects set"_L1, &setProject},
                                   {"projects link"_L1, &linkProject},     {"projects move"_L1, &moveProject},
                                   {"projects remove"_L1, &removeProject}, {"projects repair"_L1, &repairProject},
                                   {"projects purge"_L1, &purgeProject}};
    return rows;
}

} // namespace hub
