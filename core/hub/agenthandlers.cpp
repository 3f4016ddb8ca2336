// Agents: list, show, set up, try, pause, resume.
#include "core/hub/handlers.h"

#include "core/base/program.h"
#include "core/base/shellwords.h"
#include "core/commands/counted.h"
#include "core/monitor/sensors.h"

#include <QFileInfo>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

namespace
{

constexpr int shownRuns = 5;

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
                                {u"command"_s, joinWords(profile.command)},
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

// What `agents set` takes, with what counts now. Of the agent's own variables only the names: values may be secrets.
QJsonArray settingsOf(const agents::Profile &profile)
{
    const QHash<QString, QString> values{{u"command"_s, joinWords(profile.command)},
                                         {u"adapter"_s, profile.adapter},
                                         {u"max_parallel"_s, QString::number(profile.maxParallel)},
                                         {u"autonomy"_s, profile.autonomy},
                                         {u"pass_env"_s, profile.passEnvironment.join(u", "_s)},
                                         {u"check"_s, profile.check},
                                         {u"install_hint"_s, profile.installHint}};
    QJsonArray settings;
    for (const auto &[key, help] : agents::profileKeys()) {
        if (values.contains(key))
            settings.append(QJsonObject{{u"key"_s, key}, {u"value"_s, values.value(key)}, {u"help"_s, help}});
    }
    return settings;
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
    HUB_TRY(const auto pause, services.stores.holds.pauseOf(u"agent"_s, profile.name.toString()));
    if (pause)
        reply.fields.append(
            {u"Paused"_s, u"by %1%2"_s.arg(pause->who, pause->reason.isEmpty() ? QString() : u": "_s + pause->reason)});
    HUB_TRY(const auto runs, services.stores.runs.ofAgent(profile.name, shownRuns));
    commands::Table table{.title = u"Last runs"_s,
                          .columns = {u"run"_s, u"task"_s, u"began"_s, u"took"_s, u"how it ended"_s},
                          .whenEmpty = u"It has not run yet."_s};
    QJsonArray data;
    for (const Run &run : runs) {
        const QString took = durationText(run.endedAt.value_or(services.now()) - run.startedAt);
        const QString end = run.endedAt ? run.endReason : textOf(runStateTexts, run.state);
        table.rows << QStringList{run.id.toString(), u'#' + run.task.toString(), agoText(run.startedAt, services.now()),
                                  took, end};
        data.append(QJsonObject{{u"run"_s, run.id.toString()},
                                {u"task_id"_s, run.task.value()},
                                {u"started_at"_s, toIso(run.startedAt)},
                                {u"ended_at"_s, run.endedAt ? QJsonValue(toIso(*run.endedAt)) : QJsonValue()},
                                {u"state"_s, textOf(runStateTexts, run.state)},
                                {u"end"_s, run.endReason}});
    }
    reply.tables << table;
    reply.next = {u"agents test "_s + profile.name.toString(),
                  u"agents set "_s + profile.name.toString() + u" KEY VALUE"_s};
    reply.data = {
        {u"agent"_s, profile.name.toString()}, {u"command"_s, QJsonArray::fromStringList(profile.command)},
        {u"adapter"_s, profile.adapter},       {u"file"_s, profile.file},
        {u"settings"_s, settingsOf(profile)},  {u"variables"_s, QJsonArray::fromStringList(profile.environment.keys())},
        {u"paused"_s, pause.has_value()},      {u"runs"_s, data}};
    return reply;
}

// Variables that the agent is to take over and that the hub itself does not have.
QStringList missingVariables(const agents::Profile &profile)
{
    QStringList missing;
    for (const QString &name : profile.passEnvironment) {
        if (!qEnvironmentVariableIsSet(qPrintable(name)))
            missing << name;
    }
    return missing;
}

// What the program says when it is asked for its version; an empty text when nobody said how to ask.
Result<QString> versionOf(const agents::Profile &profile, const QString &program)
{
    if (profile.check.isEmpty())
        return QString();
    HUB_TRY(const QStringList arguments, splitWords(profile.check));
    const QString asked = joinWords(QStringList{profile.command.first()} + arguments);
    auto output = runProgram({.program = program, .arguments = arguments, .timeLimit = std::chrono::seconds{20}});
    if (!output)
        return std::move(output).error().within(asked);
    const QString said = QString::fromUtf8(output->out.isEmpty() ? output->err : output->out).trimmed();
    if (output->exitCode != 0)
        return fail(
            ErrorCode::Process,
            u"%1 ended with exit code %2: %3"_s.arg(asked).arg(output->exitCode).arg(said.section(u'\n', 0, 0)));
    return said.section(u'\n', 0, 2);
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
        QStringList problems;
        const auto version = versionOf(profile, found);
        if (!version)
            problems << version.error().message;
        else
            reply.fields.append({u"Version"_s, version->isEmpty()
                                                   ? u"not asked for; say how with: agenthubctl agents set "
                                                     "%1 check -- --version"_s.arg(profile.name.toString())
                                                   : *version});
        if (const QStringList missing = missingVariables(profile); !missing.isEmpty())
            problems << u"The hub has no %1 that it could hand on; start the hub with it."_s.arg(missing.join(u", "_s));
        const auto memory = monitor::readMemory(monitor::Sources::ofThisMachine());
        reply.fields.append({u"Memory"_s, memory ? u"%1 MB are free"_s.arg(memory->free >> 20) : u"unknown"_s});
        if (memory && memory->free < agents::memoryPerAgent)
            problems << u"One agent is reckoned to need %1 MB."_s.arg(agents::memoryPerAgent >> 20);
        if (!problems.isEmpty()) {
            reply.severity = Severity::Warning;
            reply.title = u"%1 is there, but %2 a look"_s.arg(
                profile.name.toString(),
                problems.size() == 1 ? u"one thing needs"_s : u"%1 things need"_s.arg(problems.size()));
            reply.text = problems.join(u'\n');
        }
        reply.data = {{u"agent"_s, profile.name.toString()},
                      {u"program"_s, found},
                      {u"version"_s, version.valueOr({})},
                      {u"problems"_s, QJsonArray::fromStringList(problems)}};
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

// Said, not refused: whoever sets it up may know that every prompt is harmless.
void warnOfShell(Reply &reply, const agents::Profile &profile)
{
    const auto safer = agents::saferCommand(profile.command);
    if (!safer)
        return;
    reply.severity = Severity::Warning;
    reply.text = u"Its shell would run what a task's text says, such as $(rm -r .). Better: "
                 "the text comes as an argument, or on standard input when {prompt} is left out."_s;
    reply.next = {u"agents set %1 command %2"_s.arg(profile.name.toString(), joinWords({joinWords(*safer)}))};
}

Result<Reply> addAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_TRY(const auto profile, services.profiles.add(name, in.text("command"_L1)));
    Reply reply{.title = u"Agent %1 is set up"_s.arg(name.toString()),
                .text = joinWords(profile.command),
                .next = {u"agents test "_s + name.toString(), u"assign-task … --agent "_s + name.toString()}};
    warnOfShell(reply, profile);
    return reply;
}

Result<Reply> setAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_TRY(const auto profile, services.profiles.set(name, in.text("key"_L1), in.text("value"_L1)));
    Reply reply{.title = u"%1 was changed"_s.arg(name.toString()), .text = u"It counts from its next start on."_s};
    if (in.text("key"_L1) == u"command")
        warnOfShell(reply, profile);
    return reply;
}

Result<Reply> removeAgent(Services &services, const Invocation &in)
{
    HUB_TRY(const AgentName name, agentName(in.text("agent"_L1)));
    HUB_CHECK(services.profiles.get(name));
    HUB_TRY(const auto tasks, services.stores.tasks.all());
    Error open = fail(ErrorCode::Conflict, {}, {});
    for (const Task &task : tasks) {
        if (task.spec.agent == name && !isEnded(task.state)) {
            open.candidates << u"#%1 %2 (%3)"_s.arg(task.id.toString(), task.spec.title, stateText(task.state));
            open.hint = u"agenthubctl cancel-task %1"_s.arg(task.id.toString());
        }
    }
    if (!open.candidates.isEmpty()) {
        open.message = u"%1 has %2, which nobody could go on with; nothing was changed."_s.arg(
            name.toString(), counted(open.candidates.size(), u"open task"_s));
        return open;
    }
    // A new agent of that name does not begin paused.
    HUB_CHECK(services.driver.endPause({.agent = name}));
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
        // Also those that work on although their file is gone.
        HUB_TRY(const auto living, services.stores.runs.living());
        for (const Run &run : living) {
            if (!names.contains(run.agent))
                names << run.agent;
        }
        return names;
    }
    HUB_TRY(const AgentName name, agentName(text));
    HUB_CHECK(services.profiles.get(name));
    return QList<AgentName>{name};
}

QFuture<Result<Reply>> pauseAgent(Services &services, const Invocation &in)
{
    const auto names = agentsMeant(services, in.text("name"_L1));
    if (!names) {
        // Frozen before it was looked at: nothing may stay held that no record speaks of.
        if (const auto named = AgentName::parse(in.text("name"_L1)); named && in.stopped)
            services.brake.release({.agent = named}, agents::Hold::AgentPause);
        return readyFuture<Reply>(names.error());
    }
    if (names->isEmpty()) {
        services.brake.release({}, agents::Hold::AgentPause);
        return readyFuture<Reply>(
            fail(ErrorCode::NotFound, u"No agent is set up yet, so there is nothing to pause."_s));
    }
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
