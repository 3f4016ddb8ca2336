// The audit trail, settings, and what is wrong.
#include "core/hub/handlers.h"

#include "core/base/json.h"
#include "core/base/person.h"
#include "core/base/program.h"
#include "core/commands/counted.h"
#include "core/hub/projectrights.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

namespace
{

// What is seen of the trails: all of it, or that of who asks.
Result<std::optional<QList<TaskId>>> seenTasks(Services &services, const Invocation &in)
{
    if (in.call.caller.role >= commands::Role::Admin)
        return std::optional<QList<TaskId>>();
    HUB_TRY(const auto tasks, services.stores.tasks.all());
    const ProjectRights rights(services, in.call);
    QList<TaskId> own;
    for (const Task &task : tasks) {
        if (isSamePerson(task.spec.owner, in.who()) && rights.sees(task.spec.project))
            own << task.id;
    }
    return std::optional(own);
}

Result<QList<state::AuditEntry>> entriesFor(Services &services, const Invocation &in, int limit)
{
    state::AuditFilter filter{.who = in.text("who"_L1), .action = in.text("action"_L1), .limit = limit};
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        filter.task = task.id;
    }
    HUB_TRY(filter.since, findInstant(services, in.text("since"_L1)));
    HUB_TRY(filter.until, findInstant(services, in.text("until"_L1)));
    HUB_TRY(filter.among, seenTasks(services, in));
    return services.stores.audit.list(filter);
}

QJsonObject asJson(const state::AuditEntry &e)
{
    return {{u"number"_s, e.number},
            {u"at"_s, toIso(e.at)},
            {u"who"_s, e.who},
            {u"origin"_s, e.origin},
            {u"role"_s, e.role},
            {u"action"_s, e.action},
            {u"task_id"_s, e.task ? QJsonValue(e.task->value()) : QJsonValue()},
            {u"detail"_s, e.detail},
            {u"outcome"_s, e.outcome},
            {u"hash"_s, e.hash}};
}

// The options that a command was given, as people write them, and what came of it. What is not of that form (masked
// secrets may break it) stays as it is.
QString detailText(const QString &detail)
{
    if (!detail.startsWith(u'{'))
        return detail;
    const QByteArray bytes = detail.toUtf8();
    QJsonParseError end;
    QJsonDocument document = QJsonDocument::fromJson(bytes, &end);
    QByteArray result;
    if (end.error == QJsonParseError::GarbageAtEnd) {
        document = QJsonDocument::fromJson(bytes.left(end.offset));
        result = bytes.mid(end.offset).trimmed();
    }
    if (!document.isObject())
        return detail;
    QStringList parts;
    const QJsonObject options = document.object();
    for (auto it = options.begin(); it != options.end(); ++it)
        parts << it.key() + u": "_s + it->toVariant().toString();
    QString text = parts.join(u", "_s);
    if (!result.isEmpty())
        text += (text.isEmpty() ? QString() : u"; "_s) + QString::fromUtf8(result);
    return text;
}

// "main 1a2b3c4d5e6f → 2b3c4d5e6f70"
QString moveText(const state::RefMove &move)
{
    const auto value = [](const QString &text) {
        return text.isEmpty() ? u"none"_s : text.startsWith(u"ref: ") ? text.mid(5) : text.left(12);
    };
    const QString name = move.ref.startsWith(u"refs/heads/") ? move.ref.mid(11) : move.ref;
    return u"%1 %2 → %3"_s.arg(name, value(move.before), value(move.after));
}

// What was done in people's repositories, instead of what was asked of the hub.
Result<Reply> gitList(Services &services, const Invocation &in)
{
    state::GitLogFilter filter{.who = in.text("who"_L1), .limit = in.limit(100)};
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        filter.task = task.id;
    }
    HUB_TRY(filter.since, findInstant(services, in.text("since"_L1)));
    HUB_TRY(filter.among, seenTasks(services, in));
    HUB_TRY(const auto operations, services.stores.gitLog.list(filter));
    commands::Table table{
        .columns = {u"when"_s, u"project"_s, u"task"_s, u"who"_s, u"operation"_s, u"refs"_s, u"outcome"_s},
        .whenEmpty = u"Nothing matches."_s};
    QJsonArray data;
    for (const auto &operation : operations) {
        QStringList moves;
        QJsonArray refs;
        for (const auto &move : operation.refs) {
            moves << moveText(move);
            refs.append(QJsonObject{{u"ref"_s, move.ref}, {u"before"_s, move.before}, {u"after"_s, move.after}});
        }
        table.rows << QStringList{toLocalShort(operation.at, services.now()),
                                  operation.project,
                                  operation.task ? u'#' + operation.task->toString() : QString(),
                                  operation.who,
                                  operation.action,
                                  moves.join(u", "),
                                  operation.outcome};
        data.append(QJsonObject{{u"number"_s, operation.id},
                                {u"at"_s, toIso(operation.at)},
                                {u"project"_s, operation.project},
                                {u"task_id"_s, operation.task ? QJsonValue(operation.task->value()) : QJsonValue()},
                                {u"who"_s, operation.who},
                                {u"action"_s, operation.action},
                                {u"refs"_s, refs},
                                {u"outcome"_s, operation.outcome},
                                {u"detail"_s, operation.detail},
                                {u"hash"_s, operation.hash}});
    }
    Reply reply;
    reply.tables << table;
    reply.data = {{u"git"_s, data}};
    return reply;
}

Result<Reply> auditList(Services &services, const Invocation &in)
{
    if (in.text("action"_L1) == u"git")
        return gitList(services, in);
    HUB_TRY(const auto entries, entriesFor(services, in, in.limit(20)));
    Reply reply;
    commands::Table table{.columns = {u"when"_s, u"who"_s, u"action"_s, u"task"_s, u"outcome"_s, u"detail"_s},
                          .whenEmpty = u"Nothing matches."_s};
    QJsonArray data;
    for (const auto &entry : entries) {
        table.rows << QStringList{toLocalShort(entry.at, services.now()),
                                  entry.who,
                                  entry.action,
                                  entry.task ? u'#' + entry.task->toString() : QString(),
                                  entry.outcome,
                                  detailText(entry.detail)};
        data.append(asJson(entry));
    }
    reply.tables << table;
    reply.data = {{u"audit"_s, data}};
    return reply;
}

QString csvField(QString text) { return u'"' + text.replace(u'"', u"\"\""_s) + u'"'; }

Result<Reply> auditExport(Services &services, const Invocation &in)
{
    HUB_TRY(auto entries, entriesFor(services, in, 0));
    std::reverse(entries.begin(), entries.end());
    const QString format = in.has("format"_L1) ? in.text("format"_L1) : u"md"_s;
    QStringList lines;
    if (format == u"json") {
        QJsonArray array;
        for (const auto &entry : entries)
            array.append(asJson(entry));
        lines << QString::fromUtf8(QJsonDocument(array).toJson());
    } else if (format == u"csv") {
        lines << u"number,at,who,origin,role,action,task,outcome,detail,hash"_s;
        for (const auto &e : entries) {
            QStringList fields;
            for (const QString &field : {QString::number(e.number), toIso(e.at), e.who, e.origin, e.role, e.action,
                                         e.task ? e.task->toString() : QString(), e.outcome, e.detail, e.hash})
                fields << csvField(field);
            lines << fields.join(u',');
        }
    } else {
        lines << u"# Audit trail, %1"_s.arg(counted(entries.size(), u"entry"_s, u"entries"_s)) << QString();
        for (const auto &e : entries)
            lines << u"- %1 **%2** %3%4: %5 %6"_s.arg(toIso(e.at), e.who, e.action,
                                                      e.task ? u" #"_s + e.task->toString() : QString(), e.outcome,
                                                      detailText(e.detail));
    }
    return Reply{.title = counted(entries.size(), u"entry"_s, u"entries"_s),
                 .attachments = {{u"audit.%1"_s.arg(format), lines.join(u'\n').toUtf8() + '\n'}}};
}

Result<Reply> auditVerify(Services &services, const Invocation &)
{
    const auto broken = [](const QString &what, const state::ChainVerdict &verdict) -> Result<> {
        if (!verdict.brokenAt)
            return {};
        return fail(ErrorCode::Corrupt,
                    u"%1 was changed: entry %2 does not fit what comes before it."_s.arg(what).arg(*verdict.brokenAt),
                    u"Compare with a backup of task_state.db."_s);
    };
    HUB_TRY(const auto audit, services.stores.audit.verify());
    HUB_CHECK(broken(u"The audit trail"_s, audit));
    HUB_TRY(const auto log, services.stores.gitLog.verify());
    HUB_CHECK(broken(u"The log of git operations"_s, log));
    return Reply{.title = u"The audit trail and the log of git operations are whole"_s,
                 .text = u"%1; the last hash is %2. %3; the last hash is %4."_s.arg(
                     counted(audit.rows, u"entry"_s, u"entries"_s), audit.lastHash,
                     counted(log.rows, u"git operation"_s, u"git operations"_s),
                     log.rows > 0 ? log.lastHash : u"none"_s),
                 .data = {{u"rows"_s, audit.rows},
                          {u"hash"_s, audit.lastHash},
                          {u"git_rows"_s, log.rows},
                          {u"git_hash"_s, log.lastHash}}};
}

QString rangeText(const SettingSpec &spec)
{
    switch (spec.type) {
    case SettingType::Flag: return u"true, false"_s;
    case SettingType::Number: return u"%1 to %2"_s.arg(spec.low).arg(spec.high);
    case SettingType::Text: return u"text"_s;
    case SettingType::Choice: {
        QStringList choices;
        for (QLatin1StringView choice : spec.choices)
            choices << QString(choice);
        return choices.join(u", "_s);
    }
    }
    return {};
}

Result<const SettingSpec *> settingNamed(const QString &key)
{
    if (const SettingSpec *spec = Settings::find(key))
        return spec;
    QStringList keys;
    for (const SettingSpec *spec : allSettings)
        keys << QString(spec->key);
    return fail(ErrorCode::NotFound, u"There is no setting '%1'.%2"_s.arg(key, commands::didYouMean(key, keys)),
                u"agenthubctl config list"_s);
}

QString typeText(SettingType type)
{
    switch (type) {
    case SettingType::Flag: return u"flag"_s;
    case SettingType::Number: return u"number"_s;
    case SettingType::Text: return u"text"_s;
    case SettingType::Choice: return u"choice"_s;
    }
    return {};
}

// All that a front end needs to offer it.
QJsonObject declared(const SettingSpec &spec, const Settings &settings)
{
    QJsonArray choices;
    for (QLatin1StringView choice : spec.choices)
        choices.append(QString(choice));
    return {{u"key"_s, QString(spec.key)},
            {u"value"_s, settings.text(spec)},
            {u"source"_s, textOf(settings.source(spec))},
            {u"default"_s, QString(spec.fallback)},
            {u"type"_s, typeText(spec.type)},
            {u"low"_s, spec.low},
            {u"high"_s, spec.high},
            {u"choices"_s, choices},
            {u"environment"_s, QString(spec.environment)},
            {u"help"_s, QString(spec.help)},
            {u"machine_only"_s, spec.machineOnly},
            {u"needs_restart"_s, spec.needsRestart}};
}

Result<Reply> configList(Services &services, const Invocation &)
{
    Reply reply;
    commands::Table table{.columns = {u"setting"_s, u"value"_s, u"from"_s, u"help"_s}};
    QJsonObject data;
    QJsonArray all;
    for (const SettingSpec *spec : allSettings) {
        table.rows << QStringList{QString(spec->key), services.settings.text(*spec),
                                  textOf(services.settings.source(*spec)), QString(spec->help)};
        data[QString(spec->key)] = services.settings.text(*spec);
        all.append(declared(*spec, services.settings));
    }
    reply.tables << table;
    reply.data = {{u"settings"_s, data}, {u"declared"_s, all}, {u"file"_s, services.settings.file()}};
    return reply;
}

Result<Reply> configGet(Services &services, const Invocation &in)
{
    HUB_TRY(const SettingSpec *spec, settingNamed(in.text("key"_L1)));
    Reply reply{.title = QString(spec->key), .text = QString(spec->help)};
    reply.fields = {{u"Value"_s, services.settings.text(*spec)},
                    {u"From"_s, textOf(services.settings.source(*spec))},
                    {u"Default"_s, QString(spec->fallback)},
                    {u"Range"_s, rangeText(*spec)}};
    reply.data = {{u"value"_s, services.settings.text(*spec)}};
    return reply;
}

Result<Reply> configSet(Services &services, const Invocation &in)
{
    HUB_TRY(const SettingSpec *spec, settingNamed(in.text("key"_L1)));
    if (spec->machineOnly && in.call.caller.role != commands::Role::Machine)
        return fail(ErrorCode::Refused, u"%1 is changed at the machine only."_s.arg(spec->key));
    const QString value = in.text("value"_L1);
    HUB_CHECK(value.isEmpty() ? services.settings.reset(*spec) : services.settings.set(*spec, value));
    if (spec == &setting::protectedBranches || spec == &setting::protectFrom)
        refreshGuards(services);
    const QString now = services.settings.text(*spec);
    Reply reply{.title = now.isEmpty() ? u"%1 is empty"_s.arg(spec->key) : u"%1 is %2"_s.arg(spec->key, now)};
    const auto source = services.settings.source(*spec);
    if (source == Settings::Source::Environment || source == Settings::Source::CommandLine) {
        reply.severity = Severity::Warning;
        reply.text = u"The file was changed, but the %1 still overrides it."_s.arg(textOf(source));
    } else if (spec->needsRestart) {
        reply.text = u"It counts from the hub's next start on."_s;
    }
    return reply;
}

QFuture<Result<Reply>> doctor(Services &services, const Invocation &in)
{
    struct Finding {
        QString what, mend;
    };
    QList<Finding> findings;
    const auto verdict = services.stores.audit.verify();
    if (!verdict || verdict->brokenAt)
        findings << Finding{u"The audit trail does not verify."_s, u"agenthubctl audit verify"_s};
    for (const QString &full : services.disks.concerns())
        findings << Finding{
            full,
            u"agenthubctl projects show NAME tells what a project takes, agenthubctl cleanup "
            "removes what is old (--caches: what can be made again); or make room by hand. All goes on by itself then."_s};
    if (const qint64 bytes = services.governor.known().value_or(0); bytes > 0)
        findings << Finding{u"A disk is low, and %1 of it are build output and caches of tasks that don't run."_s.arg(
                                recovery::sizeText(bytes)),
                            u"agenthubctl cleanup --caches"_s};
    QStringList problems;
    if (services.profiles.all(&problems).isEmpty())
        findings << Finding{u"No agent is set up."_s, u"agenthubctl agents add NAME PROGRAM ARGUMENTS"_s};
    for (const QString &problem : problems)
        findings << Finding{problem, u"Correct that file."_s};
    const auto projects = services.stores.projects.all().valueOr({});
    if (projects.isEmpty())
        findings << Finding{u"No project is known."_s, u"agenthubctl projects add FOLDER"_s};
    for (const auto &project : projects) {
        if (!QFileInfo::exists(project.path))
            findings << Finding{u"The folder of project %1 is missing: %2"_s.arg(project.name.toString(), project.path),
                                u"Put it back."_s};
        if (!QFileInfo::exists(QFile::decodeName(services.data.vault(project.name))))
            findings << Finding{
                u"Project %1 has no vault: its checkpoints can't be restored."_s.arg(project.name.toString()),
                u"Restore %1 from a backup."_s.arg(QFile::decodeName(services.data.vault(project.name)))};
    }
    for (const Alert &alert : services.alerts.book().list(true, {}, {}).valueOr({})) {
        if (alert.report.type == AlertType::CheckpointFailed)
            findings << Finding{u"%1: %2"_s.arg(alert.report.title, alert.report.description),
                                u"agenthubctl checkpoint --task-id %1, when the cause is gone"_s.arg(
                                    alert.report.task ? alert.report.task->toString() : u"N"_s)};
    }
    if (QFileInfo(services.data.root()).permissions() &
        (QFile::ReadGroup | QFile::ReadOther | QFile::ExeGroup | QFile::ExeOther))
        findings << Finding{u"Others may look into the data folder."_s, u"chmod 700 "_s + services.data.root()};
    const bool report = in.flag("report"_L1);
    return services.workers.run(
        u"doctor"_s, [findings, report, root = services.data.root()]() mutable -> Result<Reply> {
            const auto git =
                runProgram({.program = u"git"_s, .arguments = {u"--version"_s}, .timeLimit = std::chrono::seconds{10}});
            if (!git || git->exitCode != 0)
                findings << Finding{u"The git program can't be run."_s, u"Install git."_s};
            Reply reply{.severity = findings.isEmpty() ? Severity::Ok : Severity::Warning,
                        .title = findings.isEmpty()     ? u"Nothing is wrong"_s
                                 : findings.size() == 1 ? u"One thing needs a look"_s
                                                        : u"%1 things need a look"_s.arg(findings.size())};
            commands::Table table{.columns = {u"what"_s, u"what to do"_s}};
            for (const Finding &finding : findings)
                table.rows << QStringList{finding.what, finding.mend};
            if (!findings.isEmpty())
                reply.tables << table;
            if (report) {
                reply.fields = {{u"AgentHub"_s, QStringLiteral(HUB_VERSION)},
                                {u"Qt"_s, QString::fromLatin1(qVersion())},
                                {u"Git"_s, git ? QString::fromUtf8(git->out).trimmed() : u"missing"_s},
                                {u"System"_s, QSysInfo::prettyProductName()},
                                {u"Kernel"_s, QSysInfo::kernelVersion()},
                                {u"Data"_s, root}};
            }
            return reply;
        });
}

} // namespace

std::span<const HandlerRow> adminHandlers()
{
    static const HandlerRow rows[]{
        {"audit list"_L1, &auditList},   {"audit export"_L1, &auditExport}, {"audit verify"_L1, &auditVerify},
        {"config list"_L1, &configList}, {"config get"_L1, &configGet},     {"config set"_L1, &configSet},
        {"doctor"_L1, &doctor}};
    return rows;
}

} // namespace hub
