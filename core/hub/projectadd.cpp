// Projects: taking a repository in.
#include "core/agents/startcheck.h"
#include "core/base/durablefile.h"
#include "core/base/program.h"
#include "core/git/record.h"
#include "core/hub/projectparts.h"

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
    std::optional<git::Owner> before = {}; // the dead hub that it was taken over from
    Result<git::GuardState> guard = git::GuardState{};
    QList<agents::Proposal> proposals = {};
};

// On a worker: makes the vault of the repository, or takes up the one that is there.
Result<Taken> takeIn(const git::RepositoryReport &found, const QByteArray &vaultPath, qint64 copyLimit)
{
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

// Whoever runs the hub lends the credentials; nothing may ask on a terminal that nobody sees.
Result<> clone(const QString &source, const QString &path)
{
    HUB_CHECK(makeFolders(QFile::encodeName(QFileInfo(path).path())));
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"GIT_TERMINAL_PROMPT"_s, u"0"_s);
    HUB_TRY(const auto cloned, runProgram({.program = u"git"_s,
                                           .arguments = {u"clone"_s, u"--"_s, source, path},
                                           .environment = environment,
                                           .timeLimit = std::chrono::hours{2}}));
    if (cloned.exitCode == 0)
        return {};
    HUB_CHECK(removeTree(QFile::encodeName(path)));
    return fail(ErrorCode::Git, u"git could not clone %1: %2"_s.arg(
                                    source, QString::fromUtf8(cloned.err).trimmed().section(u'\n', -1)));
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
        u"In its .git are now the folders agenthub and agenthub-guard, and core.hooksPath: agents can't move %1. "
        "%2`projects guard uninstall` puts it back as it was."_s.arg(
            guard->branches.join(u", "), guard->chained.isEmpty() ? QString() : u"Its own hooks go on running. "_s);
    if (!guard->problems.isEmpty()) {
        reply.severity = Severity::Warning;
        reply.text += u' ' + guard->problems.join(u' ');
    }
}

// What is to be added, and as what.
struct Addition {
    QString source, path;
    ProjectName name;
    bool clones = false, again = false; // again: a removed one is taken up
    bool takeOver = false;
    QStringList projects; // the names of all
    qint64 copyLimit = 0;
    git::GuardRules rules;
};

// A name that no project has, nor had: a removed one's tasks and vault still go by it.
ProjectName freeName(const ProjectName &wished, const QStringList &taken)
{
    ProjectName free = wished;
    for (int n = 2; taken.contains(free.toString()); ++n)
        free = *ProjectName::parse(wished.toString().left(60) + u"-%1"_s.arg(n));
    return free;
}

// On a worker: the removed project whose repository this is. Not a copy or a fork of one that still lies where it was.
Result<std::optional<ProjectName>> removedOneAt(const QString &path, const QList<state::Project> &removed,
                                                const DataFolder &data)
{
    const auto place = git::locate(QFile::encodeName(path));
    if (!place)
        return place.error();
    for (const state::Project &project : removed) {
        if (project.path != QFile::decodeName(place->workTree) && QFileInfo::exists(project.path))
            continue;
        const auto vault = git::Vault::open(data.vault(project.name));
        if (!vault)
            continue;
        HUB_TRY(const bool same, git::isRecordedIn(**vault, *place));
        if (same)
            return std::optional(project.name);
    }
    return std::optional<ProjectName>();
}

// On the project's worker.
Result<Taken> carryOut(Services &services, const Addition &addition)
{
    if (addition.clones)
        HUB_CHECK(clone(addition.source, addition.path));
    HUB_TRY(const auto found, git::inspect(QFile::encodeName(addition.path)));
    // By another path it may be known, and have its guard.
    const QString top = QFile::decodeName(found.place.workTree);
    HUB_TRY(const auto before, services.stores.commits.ask([&] { return services.stores.projects.atPath(top); }));
    if (before && (!addition.takeOver || before->name != addition.name))
        return knownAlready(top, before->name);
    HUB_TRY(const auto owner, services.owners.take(found.place, {addition.name, addition.takeOver, addition.projects}));
    auto taken = takeIn(found, services.data.vault(addition.name), addition.copyLimit);
    services.vaults.forget(addition.name); // one that was open does not know what came in now
    if (!taken) {
        if (!before)
            HUB_CHECK(services.owners.leave(addition.name, found.place));
        return taken;
    }
    taken->before = owner;
    taken->guard = git::installGuard(found.place, addition.rules);
    taken->proposals = agents::proposeSettings(taken->path);
    return taken;
}

// Nothing of it may stay when it was not written down.
void takeBack(Services &services, const Addition &addition, const git::RepositoryPlace &place)
{
    services.workers.run(addition.name.toString(), [&services, addition, place]() -> Result<> {
        HUB_CHECK(git::uninstallGuard(place));
        HUB_CHECK(services.owners.leave(addition.name, place));
        return addition.again ? Result<>() : removeTree(services.data.vault(addition.name));
    });
}

// Hub thread, inside work.
Result<Reply> writeDown(Services &services, const Addition &addition, const Taken &taken, const QString &who)
{
    HUB_TRY(const auto before, services.stores.projects.atPath(taken.path));
    if (before && (!addition.takeOver || before->name != addition.name))
        return knownAlready(taken.path, before->name);
    HUB_TRY(const auto project, before || addition.again
                                    ? services.stores.projects.addAgain(addition.name, taken.path, who, taken.report)
                                    : services.stores.projects.add(addition.name, taken.path, who, taken.report));
    HUB_CHECK(services.stores.refs.forgetKnown(addition.name)); // a removed one's branches are as they are now
    if (taken.guard)
        HUB_CHECK(logGuard(services.stores, addition.name, who, u"install"_s, *taken.guard));
    services.stores.commits.afterCommit([&services, project] { services.watcher.watch(project); });
    Reply reply = describeProject(project, u"Project %1"_s.arg(addition.name.toString()));
    reply.next = {u"assign-task … --project "_s + addition.name.toString()};
    tellGuard(taken.guard, addition.name, reply);
    tellProposals(taken.proposals, project, reply);
    if (addition.again)
        reply.fields.append(
            {u"Again"_s, u"it was removed before; its tasks, conversations and checkpoints are there"_s});
    if (taken.before)
        reply.fields.append({u"Taken over"_s,
                             u"from the hub of %1, account %2 on %3"_s.arg(taken.before->dataFolder,
                                                                           taken.before->account, taken.before->host)});
    services.stores.commits.afterCommit([&services] { services.driver.admit(); });
    return reply;
}

QFuture<Result<Reply>> add(Services &services, const Addition &addition, const QString &who)
{
    auto taken =
        services.workers.run(addition.name.toString(), [&services, addition] { return carryOut(services, addition); });
    return replyWhen(&services.driver, std::move(taken), [&services, addition, who](const Taken &found) {
        auto added = services.stores.commits.submit([&] { return writeDown(services, addition, found, who); });
        services.stores.commits.flush();
        auto reply = takeResult(added);
        if (!reply && reply.error().code != ErrorCode::Conflict)
            takeBack(services, addition, found.place);
        return reply;
    });
}

Result<> mayAdd(const Invocation &in, bool address)
{
    const bool machine = in.call.caller.role == commands::Role::Machine;
    if (!machine && (!address || in.flag("take_over"_L1)))
        return fail(ErrorCode::Refused,
                    address ? u"A repository can only be taken over from another hub at the machine itself."_s
                            : u"A folder of this machine can only be taken in at the machine itself."_s,
                    u"agenthubctl projects add "_s + in.text("source"_L1));
    return {};
}

} // namespace

QFuture<Result<Reply>> addProject(Services &services, const Invocation &in)
{
    const QString source = in.text("source"_L1);
    const bool address = isAddress(source);
    if (const auto may = mayAdd(in, address); !may)
        return readyFuture<Reply>(may.error());
    const QString path =
        address ? QString()
                : QDir::cleanPath(
                      QDir(in.call.folder.isEmpty() ? QDir::homePath() : in.call.folder).absoluteFilePath(source));
    if (!address && QDir(path).isRoot())
        return readyFuture<Reply>(
            fail(ErrorCode::InvalidInput, u"The root folder can't be a project; name a repository."_s));
    const auto wished = nameFor(address ? source : path);
    const auto all = services.stores.projects.all();
    const auto removed = services.stores.projects.removed();
    if (!wished || !all || !removed)
        return readyFuture<Reply>(!wished ? wished.error() : !all ? all.error() : removed.error());
    Addition addition{.source = source, .path = path, .name = *wished, .clones = address};
    addition.takeOver = in.flag("take_over"_L1);
    addition.copyLimit = services.settings.number(setting::vaultCopyMegabytes) << 20;
    addition.rules = agents::guardRules(services.settings, services.hookProgram);
    QStringList taken;
    for (const state::Project &project : *all + *removed) {
        taken << project.name.toString();
        if (!project.removed)
            addition.projects << project.name.toString();
        if (project.path != path || project.removed)
            continue;
        if (!addition.takeOver || project.blocked.isEmpty() || !project.doing.isEmpty())
            return readyFuture<Reply>(knownAlready(path, project.name));
        addition.name = project.name; // taken back from the hub that took it over
        return add(services, addition, in.who());
    }
    const ProjectName free = freeName(*wished, taken);
    if (address) {
        if (free != *wished)
            return readyFuture<Reply>(fail(
                ErrorCode::Conflict, u"There is a project %1 already; nothing was changed."_s.arg(wished->toString()),
                u"agenthubctl projects"_s));
        addition.path = services.data.clones() + u'/' + free.toString();
        return add(services, addition, in.who());
    }
    auto looked = services.workers.run(
        u"add"_s, [path, removed = *removed, &data = services.data] { return removedOneAt(path, removed, data); });
    return replyAfter(&services.driver, std::move(looked),
                      [&services, addition, free, who = in.who()](const std::optional<ProjectName> &known) {
                          Addition chosen = addition;
                          chosen.name = known.value_or(free);
                          chosen.again = known.has_value();
                          return add(services, chosen, who);
                      });
}

} // namespace hub
