// Projects: take one in, list, show, set, repair.
#include "core/hub/handlers.h"

#include "core/agents/presets.h"
#include "core/agents/startcheck.h"
#include "core/base/durablefile.h"
#include "core/base/program.h"
#include "core/base/shellwords.h"
#include "core/settings/projectsettings.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

namespace
{

// A URL, or the short form host:path that git takes too.
bool isAddress(const QString &source)
{
    if (source.contains(u"://"))
        return true;
    const qsizetype colon = source.indexOf(u':'), slash = source.indexOf(u'/');
    return colon > 1 && (slash < 0 || colon < slash) && !QFileInfo::exists(source);
}

// A valid project name made from the last part of a path.
Result<ProjectName> nameFor(const QString &source)
{
    QString text = QDir::cleanPath(source).section(u'/', -1).section(u':', -1).toLower();
    if (text.endsWith(u".git"))
        text.chop(4);
    for (QChar &c : text) {
        if (!((c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'.' || c == u'_' || c == u'-'))
            c = u'-';
    }
    while (text.startsWith(u'-') || text.startsWith(u'.') || text.startsWith(u'_'))
        text.remove(0, 1);
    while (text.endsWith(u'-') || text.endsWith(u'.') || text.endsWith(u'_'))
        text.chop(1);
    const auto name = ProjectName::parse(text.left(64));
    if (!name)
        return fail(ErrorCode::InvalidInput, u"No project name can be made of '%1'."_s.arg(source));
    return *name;
}

struct Taken {
    QString path;
    QJsonObject report;
    git::RepositoryPlace place;
    Result<git::GuardState> guard = git::GuardState{};
    QList<agents::Proposal> proposals = {};
};

// On a worker: looks at the repository and makes its vault.
Result<Taken> takeIn(const QString &path, const QByteArray &vaultPath, qint64 copyLimit)
{
    HUB_TRY(const auto found, git::inspect(QFile::encodeName(path)));
    git::SeedReport seed;
    HUB_TRY(const auto vault, git::Vault::create(vaultPath, found.place, {.copyLimit = copyLimit}, &seed));
    HUB_CHECK(git::takeRecord(*vault, found.place, SystemClock().now()));
    QJsonArray facts;
    const auto fact = [&](bool holds, const QString &text) {
        if (holds)
            facts.append(text);
    };
    fact(found.shallow, u"a shallow clone"_s);
    fact(found.sparse, u"a sparse checkout"_s);
    fact(found.filters, u"filters (such as git-lfs); their raw files are held"_s);
    fact(found.submodules, u"submodules"_s);
    fact(found.alternates, u"objects borrowed from another repository; the vault has its own copy"_s);
    fact(!found.hooks.isEmpty(), u"hooks: "_s + found.hooks.join(u", "_s));
    return Taken{QFile::decodeName(found.place.workTree),
                 {{u"branch"_s, QFile::decodeName(found.head.branch.mid(11))},
                  {u"commit"_s, found.head.commit ? QString::fromLatin1(found.head.commit->hex()) : QString()},
                  {u"facts"_s, facts},
                  {u"object_bytes"_s, found.objectBytes},
                  {u"vault"_s, QFile::decodeName(vaultPath)},
                  {u"vault_method"_s, git::seedMethodText(seed.method)},
                  {u"vault_bytes"_s, seed.bytes},
                  {u"not_protected_from"_s, seed.doesNotProtectFrom}},
                 found.place};
}

Error knownAlready(const QString &path, const ProjectName &name)
{
    return fail(ErrorCode::Conflict, u"%1 is project %2 already; nothing was changed."_s.arg(path, name.toString()));
}

// What taking a repository in changed in its .git. A guard that could not be put in keeps nobody from working: the
// hub's own commits are checked without it, and the way to it is said.
void tellGuard(const Result<git::GuardState> &guard, const ProjectName &project, Reply &reply)
{
    const QString again = u"projects guard install "_s + project.toString();
    if (!guard) {
        reply.severity = Severity::Warning;
        reply.text = u"Nothing keeps an agent with a shell off protected branches: "_s + guard.error().message;
        reply.next << again;
        return;
    }
    reply.text =
        u"In its .git are now the folder agenthub-guard and core.hooksPath: agents can't move %1. "
        "%2`projects guard uninstall` puts it back as it was."_s.arg(
            guard->branches.join(u", "), guard->chained.isEmpty() ? QString() : u"Its own hooks go on running. "_s);
    if (!guard->problems.isEmpty()) {
        reply.severity = Severity::Warning;
        reply.text += u' ' + guard->problems.join(u' ');
    }
}

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

Reply describe(const state::Project &project, const QString &title)
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
        reply.text = u"Its folder is missing, so its tasks wait. Put it back; the vault still holds its checkpoints."_s;
    }
    reply.data = {{u"project"_s, project.name.toString()},
                  {u"path"_s, project.path},
                  {u"missing"_s, project.missing},
                  {u"report"_s, report}};
    return reply;
}

QFuture<Result<Reply>> addProject(Services &services, const Invocation &in)
{
    const QString source = in.text("source"_L1);
    const bool address = isAddress(source);
    if (!address && in.call.caller.role != commands::Role::Machine) {
        return readyFuture<Reply>(fail(ErrorCode::Refused,
                                       u"A folder of this machine can only be taken in at the machine itself."_s,
                                       u"agenthubctl projects add "_s + source));
    }
    QString path =
        address ? QString()
                : QDir::cleanPath(
                      QDir(in.call.folder.isEmpty() ? QDir::homePath() : in.call.folder).absoluteFilePath(source));
    if (!address && QDir(path).isRoot())
        return readyFuture<Reply>(
            fail(ErrorCode::InvalidInput, u"The root folder can't be a project; name a repository."_s));
    const auto name = nameFor(address ? source : path);
    if (!name)
        return readyFuture<Reply>(name.error());
    const auto all = services.stores.projects.all();
    if (!all)
        return readyFuture<Reply>(all.error());
    ProjectName free = *name;
    for (int n = 2; std::any_of(all->begin(), all->end(), [&](const auto &p) { return p.name == free; }); ++n) {
        if (const auto same = std::find_if(all->begin(), all->end(), [&](const auto &p) { return p.path == path; });
            same != all->end())
            return readyFuture<Reply>(knownAlready(path, same->name));
        if (address) {
            return readyFuture<Reply>(
                fail(ErrorCode::Conflict, u"There is a project %1 already; nothing was changed."_s.arg(free.toString()),
                     u"agenthubctl projects"_s));
        }
        free = *ProjectName::parse(name->toString().left(60) + u"-%1"_s.arg(n));
    }
    if (address)
        path = services.data.clones() + u'/' + free.toString();
    const QByteArray vault = services.data.vault(free);
    const qint64 copyLimit = services.settings.number(setting::vaultCopyMegabytes) << 20;
    const git::GuardRules rules = agents::guardRules(services.settings, services.hookProgram);
    auto &stores = services.stores;
    auto taken = services.workers.run(
        free.toString(), [source, address, path, vault, copyLimit, rules, &stores]() -> Result<Taken> {
            if (address) {
                HUB_CHECK(makeFolders(QFile::encodeName(QFileInfo(path).path())));
                // Whoever runs the hub lends the credentials; nothing may ask on a terminal that nobody sees.
                auto environment = QProcessEnvironment::systemEnvironment();
                environment.insert(u"GIT_TERMINAL_PROMPT"_s, u"0"_s);
                HUB_TRY(const auto cloned, runProgram({.program = u"git"_s,
                                                       .arguments = {u"clone"_s, u"--"_s, source, path},
                                                       .environment = environment,
                                                       .timeLimit = std::chrono::hours{2}}));
                if (cloned.exitCode != 0) {
                    HUB_CHECK(removeTree(QFile::encodeName(path)));
                    return fail(ErrorCode::Git,
                                u"git could not clone %1: %2"_s.arg(
                                    source, QString::fromUtf8(cloned.err).trimmed().section(u'\n', -1)));
                }
            }
            HUB_TRY(Taken found, takeIn(path, vault, copyLimit));
            // By another path it may be known, and have its guard.
            HUB_TRY(const auto before, stores.commits.ask([&] { return stores.projects.atPath(found.path); }));
            if (!before)
                found.guard = git::installGuard(found.place, rules);
            found.proposals = agents::proposeSettings(found.path);
            return found;
        });
    return replyWhen(&services.driver, std::move(taken), [&services, free, who = in.who(), vault](const Taken &found) {
        auto added = services.stores.commits.submit([&]() -> Result<Reply> {
            HUB_TRY(const auto before, services.stores.projects.atPath(found.path));
            if (before)
                return knownAlready(found.path, before->name);
            HUB_TRY(const auto project, services.stores.projects.add(free, found.path, who, found.report));
            if (found.guard)
                HUB_CHECK(logGuard(services.stores, free, who, u"install"_s, *found.guard));
            services.stores.commits.afterCommit([&services, project] { services.watcher.watch(project); });
            Reply reply = describe(project, u"Project %1"_s.arg(free.toString()));
            reply.next = {u"assign-task … --project "_s + free.toString()};
            tellGuard(found.guard, free, reply);
            tellProposals(found.proposals, project, reply);
            return reply;
        });
        services.stores.commits.flush();
        auto reply = takeResult(added);
        const bool known = !reply && reply.error().code == ErrorCode::Conflict; // then the guard is that project's
        if (!reply)
            services.workers.run(free.toString(), [vault, place = found.place, known]() -> Result<> {
                if (!known)
                    HUB_CHECK(git::uninstallGuard(place));
                return removeTree(vault);
            });
        return reply;
    });
}

// What the disk says now; tasks of a missing one wait.
Result<> noteMissing(Services &services, state::Project &project)
{
    const bool missing = !QFileInfo::exists(project.path);
    if (std::exchange(project.missing, missing) == missing)
        return {};
    HUB_CHECK(services.stores.projects.setMissing(project.name, missing));
    services.driver.admit(); // its tasks may have waited for it
    return {};
}

Result<Reply> listProjects(Services &services, const Invocation &)
{
    HUB_TRY(auto all, services.stores.projects.all());
    Reply reply;
    commands::Table table{.columns = {u"project"_s, u"folder"_s, u"state"_s, u"vault"_s, u"added"_s},
                          .whenEmpty = u"No project is known yet."_s};
    QJsonArray data;
    for (auto &project : all) {
        HUB_CHECK(noteMissing(services, project));
        const bool missing = project.missing;
        table.rows << QStringList{project.name.toString(), project.path, missing ? u"missing"_s : u"ready"_s,
                                  recovery::sizeText(project.report[u"vault_bytes"_s].toInteger()),
                                  agoText(project.addedAt, services.now())};
        data.append(
            QJsonObject{{u"project"_s, project.name.toString()}, {u"path"_s, project.path}, {u"missing"_s, missing}});
    }
    reply.tables << table;
    reply.data = {{u"projects"_s, data}};
    if (all.isEmpty())
        reply.next = {u"projects add FOLDER"_s};
    return reply;
}

QString settingFrom(const ProjectSettings &settings, const SettingSpec &spec)
{
    return settings.isSet(spec) ? u"projects set"_s : u"default"_s;
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
                    HUB_CHECK(noteMissing(services, project));
                    Reply reply = describe(project, u"Project %1"_s.arg(name.toString()));
                    reply.fields.append(
                        {u"Disk"_s, u"vault %1, working trees %2"_s.arg(recovery::sizeText(look.vault),
                                                                        recovery::sizeText(look.trees))});
                    HUB_CHECK(describeVault(services, project, vault, reply));
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
    static const HandlerRow rows[]{{"projects list"_L1, &listProjects},
                                   {"projects show"_L1, &showProject},
                                   {"projects add"_L1, &addProject},
                                   {"projects set"_L1, &setProject},
                                   {"projects repair"_L1, &repairProject}};
    return rows;
}

} // namespace hub
