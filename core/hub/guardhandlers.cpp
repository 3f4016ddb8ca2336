// The ref guard of a project: look, put in, take out.
#include "core/agents/startcheck.h"
#include "core/base/log.h"
#include "core/hub/handlers.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

namespace
{

QString watchText(const recovery::RefWatcher::Watch &watch, Instant now)
{
    if (!watch.watched)
        return u"no: its refs can't be read"_s;
    const QString looked = watch.lookedAt ? u", looked at "_s + agoText(*watch.lookedAt, now) : QString();
    return (watch.heard ? u"yes, told of changes by the kernel"_s
                        : u"yes, by a look every 2 s while its agents live"_s) +
           looked;
}

Result<> describeWatch(const Services &services, const ProjectName &project, const recovery::RefWatcher::Watch &watch,
                       Reply &reply)
{
    HUB_TRY(const qint64 moves, services.stores.gitLog.count(project.toString(), u"moved by a person"_s));
    reply.data[u"moves"_s] = moves;
    reply.data[u"watched"_s] = watch.watched;
    reply.data[u"heard"_s] = watch.heard;
    reply.data[u"looked_at"_s] = watch.lookedAt ? QJsonValue(toIso(*watch.lookedAt)) : QJsonValue();
    if (!reply.data[u"installed"_s].toBool())
        return {};
    reply.fields.append({u"Moved by people"_s, moves == 1 ? u"once"_s : u"%1 times"_s.arg(moves)});
    reply.fields.append({u"Watched"_s, watchText(watch, services.now())});
    return {};
}

Reply describeGuard(const git::GuardState &guard, const ProjectName &project)
{
    Reply reply{.title = u"Guard of project "_s + project.toString()};
    reply.data = {{u"project"_s, project.toString()},
                  {u"installed"_s, guard.installed},
                  {u"branches"_s, QJsonArray::fromStringList(guard.branches)},
                  {u"from"_s, guard.everyone ? u"everyone"_s : u"agents"_s},
                  {u"hooks"_s, QJsonArray::fromStringList(guard.chained)},
                  {u"problems"_s, QJsonArray::fromStringList(guard.problems)}};
    const QString install = u"projects guard install "_s + project.toString();
    if (!guard.problems.isEmpty())
        reply.severity = Severity::Warning;
    if (!guard.installed) {
        reply.text = guard.problems.isEmpty() ? u"Not installed: an agent with a shell can move any branch."_s
                                              : guard.problems.join(u' ');
        reply.next = {install};
        return reply;
    }
    reply.text = guard.everyone ? u"Agents can't move these branches, and people commit to them by a merge only."_s
                                : u"Agents can't move these branches. People can; what they move is written down."_s;
    if (!guard.problems.isEmpty())
        reply.text += u' ' + guard.problems.join(u' ');
    reply.fields = {{u"Protected"_s, guard.branches.join(u", ")}};
    if (!guard.chained.isEmpty())
        reply.fields.append(
            {u"Hooks of its own"_s, guard.chained.join(u", ") + u" in "_s + QFile::decodeName(guard.chain)});
    return reply;
}

// Writes down what was done to the repository, looks at its branches, and says how all stands.
QFuture<Result<Reply>> afterAction(Services &services, const state::Project &project, const QString &action,
                                   const QString &who, const git::GuardState &guard)
{
    auto written = services.stores.commits.submit([&]() -> Result<> {
        if (action == u"uninstall")
            HUB_CHECK(services.stores.refs.forgetKnown(project.name)); // what a look meanwhile took down
        if (action == u"install" || action == u"uninstall")
            HUB_CHECK(logGuard(services.stores, project.name, who, action, guard));
        return {};
    });
    services.stores.commits.flush();
    if (const auto result = takeResult(written); !result)
        return readyFuture<Reply>(result.error());
    services.watcher.watch(project);
    return replyWhen(
        &services.driver, services.watcher.look(project.name),
        [&services, name = project.name, action, guard](const recovery::RefWatcher::Watch &watch) -> Result<Reply> {
            Reply reply = describeGuard(guard, name);
            HUB_CHECK(describeWatch(services, name, watch, reply));
            if (action == u"uninstall")
                reply.text = u"Taken out; its .git is as it was. An agent with a shell can move any branch now."_s;
            return reply;
        });
}

QFuture<Result<git::GuardState>> guardJob(Services &services, const state::Project &project, const QString &action)
{
    return services.workers.run(
        project.name.toString(),
        [action, path = QFile::encodeName(project.path),
         rules = agents::guardRules(services.settings, services.hookProgram)]() -> Result<git::GuardState> {
            HUB_TRY(const auto place, git::locate(path));
            if (action == u"install")
                return git::installGuard(place, rules);
            if (action == u"uninstall")
                HUB_CHECK(git::uninstallGuard(place));
            return git::guardState(place);
        });
}

QFuture<Result<Reply>> projectGuard(Services &services, const Invocation &in)
{
    const auto project = findProject(services, in.call, in.options);
    if (!project)
        return readyFuture<Reply>(project.error());
    const QString action = in.text("action"_L1);
    if (const auto may = state::mayTouch(*project); !may && action != u"status")
        return readyFuture<Reply>(may.error());
    // What people moved until now is read before its file goes.
    return replyAfter(&services.driver, services.watcher.look(project->name),
                      [&services, project = *project, action, who = in.who()](const recovery::RefWatcher::Watch &) {
                          auto done = guardJob(services, project, action);
                          return replyAfter(&services.driver, std::move(done),
                                            [&services, project, action, who](const git::GuardState &guard) {
                                                return afterAction(services, project, action, who, guard);
                                            });
                      });
}

} // namespace

Result<> logGuard(state::Stores &stores, const ProjectName &project, const QString &who, const QString &action,
                  const git::GuardState &guard)
{
    HUB_CHECK(stores.gitLog.add({.project = project.toString(),
                                 .who = who,
                                 .action = u"guard "_s + action,
                                 .outcome = u"done"_s,
                                 .detail = guard.branches.join(u", ")}));
    return {};
}

void refreshGuards(Services &services)
{
    const auto projects = services.stores.projects.all();
    if (!projects) {
        qCWarning(lcGit).noquote() << "the guards were not looked at:" << projects.error().message;
        return;
    }
    const git::GuardRules rules = agents::guardRules(services.settings, services.hookProgram);
    for (const auto &project : *projects) {
        if (project.missing || !project.blocked.isEmpty())
            continue;
        auto done = services.workers.run(project.name.toString(),
                                         [path = QFile::encodeName(project.path), rules]() -> Result<> {
                                             HUB_TRY(const auto place, git::locate(path));
                                             return git::refreshGuard(place, rules);
                                         });
        whenDone(std::move(done), &services.driver, [name = project.name.toString()](const Result<> &refreshed) {
            if (!refreshed && refreshed.error().code != ErrorCode::ShuttingDown)
                qCWarning(lcGit).noquote()
                    << "the guard of" << name << "may be out of date:" << refreshed.error().message;
        });
    }
}

std::span<const HandlerRow> guardHandlers()
{
    static const HandlerRow rows[]{{"projects guard"_L1, &projectGuard}};
    return rows;
}

} // namespace hub
