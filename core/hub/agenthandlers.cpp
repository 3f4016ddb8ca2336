// Agents: list, show, set up, try, pause, resume.
#include "core/hub/handlers.h"

#include "core/base/program.h"
#include "core/base/shellwords.h"

#include <QFileInfo>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

namespace
{

Result<Reply> listAgents(Services &services, const Invocation &)
{
    QStringList problems;
    Reply reply;
    commands::Table table{.columns = {u"agent"_s, u"adapter"_s, u"working on"_s, u"paused"_s, u"command"_s},
                          .whenEmpty = u"No agent is set up yet."_s};
    QJsonArray data;
    HUB_TRY(const auto living, services.stores.runs.living());
    for (const auto &profile : services.profiles.all(&problems)) {
        QStringList works;
        for (const Run &run : living) {
            if (run.agent == profile.name)
                works << u'#' + run.task.toString();
        }
        HUB_TRY(const auto pause, services.stores.holds.pauseOf(u"agent"_s, profile.name.toString()));
        table.rows << QStringList{profile.name.toString(), profile.adapter, works.join(u' '),
                                  pause ? u"by "_s + pause->who : QString(), joinWords(profile.command)};
        data.append(QJsonObject{{u"agent"_s, profile.name.toString()},
                                {u"adapter"_s, profile.adapter},
                                {u"tasks"_s, QJsonArray::fromStringList(works)},
                                {u"paused"_s, pause.has_value()}});
    }
    reply.tables << table;
    if (!problems.isEmpty()) {
        reply.severity = Severity::Warning;
        reply.text = problems.join(u'\n');
    }
    if (table.rows.isEmpty())
        reply.next = {u"agents add NAME PROGRAM ARGUMENTS"_s};
    reply.data = {{u"agents"_s, data}};
    return reply;
}

Result<Reply> showAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const auto profile, findAgent(services, in.options));
    Reply reply{.title = profile.name.toString()};
    reply.fields = {{u"Command"_s, joinWords(profile.command)},
                    {u"Adapter"_s, profile.adapter},
                    {u"At once"_s, QString::number(profile.maxParallel)},
                    {u"Autonomy"_s, profile.autonomy},
                    {u"File"_s, profile.file}};
    if (!profile.passEnvironment.isEmpty())
        reply.fields.append({u"Takes over"_s, profile.passEnvironment.join(u", "_s)});
    // Values may be secrets; the names say enough.
    if (!profile.environment.isEmpty())
        reply.fields.append({u"Own variables"_s, QStringList(profile.environment.keys()).join(u", "_s)});
    reply.next = {u"agents test "_s + profile.name.toString(),
                  u"agents set "_s + profile.name.toString() + u" KEY VALUE"_s};
    return reply;
}

QFuture<Result<Reply>> testAgent(Services &services, const Invocation &in)
{
    const auto profile = findAgent(services, in.options);
    if (!profile)
        return readyFuture<Reply>(profile.error());
    return services.workers.run(u"agents"_s, [profile = *profile]() -> Result<Reply> {
        const QString program = profile.command.first();
        const QString found = program.contains(u'/') ? program : QStandardPaths::findExecutable(program);
        if (found.isEmpty() || !QFileInfo(found).isExecutable()) {
            return fail(
                ErrorCode::NotFound,
                u"%1: the program '%2' is not there, so its tasks can't start."_s.arg(profile.name.toString(), program),
                profile.installHint);
        }
        Reply reply{.title = u"%1 can be started"_s.arg(profile.name.toString()), .fields = {{u"Program"_s, found}}};
        if (!profile.check.isEmpty()) {
            auto output = runProgram({.program = found,
                                      .arguments = splitWords(profile.check).valueOr({}),
                                      .timeLimit = std::chrono::seconds{20}});
            if (!output)
                return std::move(output).error().within(profile.name.toString());
            reply.fields.append(
                {u"Says"_s,
                 QString::fromUtf8(output->out.isEmpty() ? output->err : output->out).trimmed().section(u'\n', 0, 2)});
            if (output->exitCode != 0) {
                reply.severity = Severity::Warning;
                reply.text = u"'%1 %2' ended with exit code %3."_s.arg(program, profile.check).arg(output->exitCode);
            }
        }
        return reply;
    });
}

Result<AgentName> agentName(const QString &text)
{
    const auto name = AgentName::parse(text);
    if (!name || text == u"all")
        return fail(ErrorCode::InvalidInput,
                    u"'%1' can't be an agent's name: use lower-case letters, digits, '.', '_' and '-'."_s.arg(text));
    return *name;
}

Result<Reply> addAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_TRY(const auto profile, services.profiles.add(name, in.text("command"_L1)));
    return Reply{.title = u"Agent %1 is set up"_s.arg(name.toString()),
                 .text = joinWords(profile.command),
                 .next = {u"agents test "_s + name.toString(), u"assign-task … --agent "_s + name.toString()}};
}

Result<Reply> setAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_CHECK(services.profiles.set(name, in.text("key"_L1), in.text("value"_L1)));
    return Reply{.title = u"%1 was changed"_s.arg(name.toString()), .text = u"It counts from its next start on."_s};
}

Result<Reply> removeAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_TRY(const auto living, services.stores.runs.living());
    for (const Run &run : living) {
        if (run.agent == name)
            return fail(ErrorCode::Conflict,
                        u"%1 works on task #%2; nothing was changed."_s.arg(name.toString(), run.task.toString()),
                        u"agenthubctl cancel-task "_s + run.task.toString());
    }
    HUB_CHECK(services.profiles.remove(name));
    return Reply{.title = u"Agent %1 is taken out"_s.arg(name.toString()),
                 .text = u"Its tasks and their history stay."_s};
}

// The agents meant by a name, or by "all".
Result<QList<AgentName>> agentsMeant(const Services &services, const QString &text)
{
    QList<AgentName> names;
    if (text == u"all") {
        for (const auto &profile : services.profiles.all())
            names << profile.name;
        return names;
    }
    HUB_TRY(const AgentName name, agentName(text));
    HUB_CHECK(services.profiles.get(name));
    return QList<AgentName>{name};
}

QFuture<Result<Reply>> pauseAgent(Services &services, const Invocation &in)
{
    const auto names = agentsMeant(services, in.text("name"_L1));
    if (!names)
        return readyFuture<Reply>(names.error());
    const agents::Scope scope = in.text("name"_L1) == u"all" ? agents::Scope{} : agents::Scope{.agent = names->first()};
    auto stopped = in.stopped ? readyFuture<agents::StopReport>(*in.stopped)
                              : services.brake.hold(scope, agents::Hold::AgentPause);
    return replyWhen(&services.driver, stopped,
                     [&services, scope, names = *names, who = in.who(),
                      reason = in.text("reason"_L1)](const agents::StopReport &report) {
                         auto recorded = services.stores.commits.submit([&]() -> Result<Reply> {
                             services.stores.commits.afterCommit(
                                 [&services, scope] { services.brake.recorded(scope, agents::Hold::AgentPause); });
                             QStringList paused;
                             for (const AgentName &name : names) {
                                 HUB_CHECK(services.driver.recordPause({.agent = name}, who, reason));
                                 paused << name.toString();
                             }
                             return Reply{
                                 .severity = report.complete() ? Severity::Ok : Severity::Error,
                                 .title = u"Paused: %1"_s.arg(paused.join(u", "_s)),
                                 .text = stopText(report),
                                 .next = {u"resume-agent "_s + (paused.size() == 1 ? paused.first() : u"all"_s)}};
                         });
                         services.stores.commits.flush();
                         return takeResult(recorded);
                     });
}

Result<Reply> resumeAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const auto names, agentsMeant(services, in.text("name"_L1)));
    QStringList resumed, were;
    for (const AgentName &name : names) {
        HUB_TRY(const auto pause, services.stores.holds.pauseOf(u"agent"_s, name.toString()));
        if (!pause)
            were << name.toString();
        HUB_CHECK(services.driver.endPause({.agent = name}));
        resumed << name.toString();
    }
    HUB_TRY(const auto safe, services.stores.holds.safeMode());
    Reply reply{.title = u"Not paused any more: %1"_s.arg(resumed.join(u", "_s))};
    if (!were.isEmpty() && were.size() == names.size())
        reply.text = u"Nothing was paused."_s;
    if (safe) {
        reply.severity = Severity::Warning;
        reply.text = u"Safe mode is on, so nothing runs until it ends."_s;
        reply.next = {u"safe-mode disable"_s};
    }
    return reply;
}

} // namespace

std::span<const HandlerRow> agentHandlers()
{
    static const HandlerRow rows[]{{"agents list"_L1, &listAgents}, {"agents show"_L1, &showAgent},
                                   {"agents test"_L1, &testAgent},  {"agents add"_L1, &addAgent},
                                   {"agents set"_L1, &setAgent},    {"agents remove"_L1, &removeAgent},
                                   {"pause-agent"_L1, &pauseAgent}, {"resume-agent"_L1, &resumeAgent}};
    return rows;
}

} // namespace hub
