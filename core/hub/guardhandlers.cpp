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

Reply describeGuard(const git::GuardState &guard, const ProjectName &project)
{
    Reply reply{.title = u"Guard of project "_s + project.toString()};
    reply.data = {{u"project"_s, project.toString()},
                  {u"installed"_s, guard.installed},
                  {u"branches"_s, QJsonArray::fromStringList(guard.branches)},
                  {u"from"_s, guard.everyone ? u"everyone"_s : u"agents"_s},
                  {u"hooks"_s, QJsonArray::fromStringList(guard.chained)},
                  {u"moves"_s, guard.moves},
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
    reply.fields = {{u"Protected"_s, guard.branches.join(u", ")},
                    {u"Moved by people"_s, guard.moves == 1 ? u"once"_s : u"%1 times"_s.arg(guard.moves)}};
    if (!guard.chained.isEmpty())
        reply.fields.append(
            {u"Hooks of its own"_s, guard.chained.join(u", ") + u" in "_s + QFile::decodeName(guard.chain)});
    return reply;
}

QFuture<Result<Reply>> projectGuard(Services &services, const Invocation &in)
{
    const auto project = findProject(services, in.call, in.options);
    if (!project)
        return readyFuture<Reply>(project.error());
    const QString action = in.text("action"_L1);
    if (const auto may = state::mayTouch(*project); !may && action != u"status")
        return readyFuture<Reply>(may.error());
    auto done = services.workers.run(
        project->name.toString(),
        [action, path = QFile::encodeName(project->path),
         rules = agents::guardRules(services.settings, services.hookProgram)]() -> Result<git::GuardState> {
            HUB_TRY(const auto place, git::locate(path));
            if (action == u"install")
                return git::installGuard(place, rules);
            if (action == u"uninstall")
                HUB_CHECK(git::uninstallGuard(place));
            return git::guardState(place);
        });
    return replyWhen(&services.driver, std::move(done),
                     [name = project->name, action](const git::GuardState &guard) -> Result<Reply> {
                         Reply reply = describeGuard(guard, name);
                         if (action == u"uninstall")
                             reply.text =
                                 u"Taken out; its .git is as it was. An agent with a shell can move any branch now."_s;
                         return reply;
                     });
}

} // namespace

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
