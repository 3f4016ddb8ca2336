// Safe mode, emergency stop, approvals, claims, alerts.
#include "core/hub/handlers.h"

#include "core/agents/approvalpolicy.h"
#include "core/commands/counted.h"
#include "core/hub/projectrights.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

QJsonObject approvalData(const Approval &approval)
{
    return {{u"approval_id"_s, approval.id.toString()},
            {u"task_id"_s, approval.task.value()},
            {u"kind"_s, approval.kind},
            {u"question"_s, approval.question},
            {u"detail"_s, approval.detail},
            {u"state"_s, textOf(approvalStateTexts, approval.state)},
            {u"asked_at"_s, toIso(approval.askedAt)},
            {u"answered_by"_s, approval.answeredBy},
            {u"reason"_s, approval.reason}};
}

namespace
{

// Everything is frozen. Ends the processes, when that was asked for; else it is a question.
Result<> thenAsk(Services &services, const agents::StopReport &report, bool end, const QString &who, Reply &reply)
{
    if (end) {
        HUB_TRY(const int ended, services.driver.endAllRuns(u"Ended by an emergency stop of %1."_s.arg(who)));
        reply.text += u" %1 ended; files are as they were, and resume-task goes on with a task."_s.arg(
            ended == 1 ? u"1 agent is being"_s : u"%1 agents are being"_s.arg(ended));
        reply.data.insert(u"ended"_s, ended);
    } else if (!report.runs.empty()) {
        reply.next.clear();
        reply.choices = {{u"Keep everything frozen"_s, {}},
                         {u"End the processes too"_s, u"emergency-stop --end"_s},
                         {u"Go on"_s, u"safe-mode disable"_s}};
    }
    return {};
}

QFuture<Result<Reply>> enterSafeMode(Services &services, const Invocation &in)
{
    const bool emergency = in.spec.name == "emergency-stop"_L1;
    auto stopped =
        in.stopped ? readyFuture<agents::StopReport>(*in.stopped) : services.brake.hold({}, agents::Hold::SafeMode);
    const QString reason = in.has("reason"_L1) ? in.text("reason"_L1)
                           : emergency         ? u"emergency stop"_s
                                               : u"no reason given"_s;
    return replyWhen(
        &services.driver, stopped,
        [&services, emergency, reason, end = in.flag("end"_L1), who = in.who()](const agents::StopReport &report) {
            auto recorded = services.stores.commits.submit([&]() -> Result<Reply> {
                HUB_TRY(const auto before, services.driver.recordSafeMode(who, reason, report, stopText(report)));
                QJsonArray runs;
                for (const auto &run : report.runs)
                    runs.append(QJsonObject{{u"run"_s, run.run.toString()},
                                            {u"task_id"_s, run.task.value()},
                                            {u"frozen"_s, run.frozen},
                                            {u"method"_s, run.method},
                                            {u"processes"_s, run.processes},
                                            {u"micros"_s, run.micros}});
                Reply reply{.severity = report.complete() ? Severity::Ok : Severity::Error,
                            .title = before      ? u"Safe mode was on already"_s
                                     : emergency ? u"Stopped"_s
                                                 : u"Safe mode is on"_s,
                            .text =
                                stopText(report) +
                                (before ? u" It is on since %1 (%2, by %3), and that stays on record."_s.arg(
                                              toLocalShort(before->since, services.now()), before->reason, before->who)
                                        : u" Nothing runs until a person ends safe mode."_s),
                            .next = {u"safe-mode disable"_s, u"system-health"_s},
                            .data = {{u"runs"_s, runs}}};
                if (emergency)
                    HUB_CHECK(thenAsk(services, report, end, who, reply));
                return reply;
            });
            services.stores.commits.flush();
            return takeResult(recorded);
        });
}

Result<Reply> leaveSafeMode(Services &services, const Invocation &in)
{
    HUB_TRY(const auto safe, services.stores.holds.safeMode());
    if (!safe)
        return fail(ErrorCode::Conflict, u"Safe mode is off; nothing was changed."_s);
    HUB_TRY(auto pauses, services.stores.holds.pauses());
    if (in.flag("clear_pauses"_L1)) {
        for (const auto &pause : pauses) {
            const auto task = TaskId::parse(pause.subject);
            const auto agent = AgentName::parse(pause.subject);
            if (pause.scope == u"task" && task)
                HUB_CHECK(services.driver.endPause({.task = task}));
            else if (pause.scope == u"overload" && task)
                HUB_CHECK(services.driver.letGo(*task));
            else if (pause.scope == u"agent" && agent)
                HUB_CHECK(services.driver.endPause({.agent = agent}));
        }
        pauses.clear();
    }
    HUB_CHECK(services.driver.leaveSafeMode());
    HUB_CHECK(services.alerts.resolveSubject(AlertType::ManualIntervention, u"safe mode"_s, u"ended by "_s + in.who()));
    Reply reply{.title = u"Safe mode is off"_s,
                .text = pauses.isEmpty() ? u"Nothing stays paused."_s : u"Still paused: %1."_s.arg(pausedText(pauses))};
    if (!pauses.isEmpty())
        reply.next = {u"resume-agent all"_s};
    return reply;
}

Result<Reply> safeModeStatus(Services &services, const Invocation &)
{
    HUB_TRY(const auto safe, services.stores.holds.safeMode());
    HUB_TRY(const auto pauses, services.stores.holds.pauses());
    Reply reply{.title = safe ? u"Safe mode is on"_s : u"Safe mode is off"_s,
                .data = {{u"safe_mode"_s, safe.has_value()}}};
    if (safe) {
        reply.severity = Severity::Warning;
        reply.fields = {
            {u"Since"_s, toLocalShort(safe->since, services.now())}, {u"By"_s, safe->who}, {u"Why"_s, safe->reason}};
        reply.next = {u"safe-mode disable"_s};
    }
    if (!pauses.isEmpty())
        reply.fields.append({u"Paused"_s, pausedText(pauses)});
    return reply;
}

Result<Reply> listApprovals(Services &services, const Invocation &in)
{
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    const QString filter = in.has("filter"_L1) ? in.text("filter"_L1) : u"open"_s;
    HUB_TRY(auto approvals, services.stores.approvals.list(only, filter == u"open" ? std::optional(ApprovalState::Open)
                                                                                   : std::nullopt));
    const ProjectRights rights(services, in.call);
    approvals.removeIf([&](const Approval &a) {
        return !rights.sees(a.task) ||
               (filter == u"answered" && a.state != ApprovalState::Allowed && a.state != ApprovalState::Denied) ||
               (filter == u"expired" && a.state != ApprovalState::Withdrawn);
    });
    Reply reply;
    commands::Table table{.columns = {u"approval"_s, u"task"_s, u"kind"_s, u"asked"_s, u"question"_s, u"state"_s},
                          .whenEmpty =
                              filter == u"open" ? u"Nobody waits for an answer."_s : u"No question matches."_s};
    QJsonArray data;
    for (const Approval &a : approvals) {
        const QString state =
            textOf(approvalStateTexts, a.state) + (a.answeredBy.isEmpty() ? QString() : u" by "_s + a.answeredBy);
        QStringList question{a.question};
        for (const auto *part : {"command", "folder", "reason"}) {
            const QString name = QString::fromLatin1(part);
            if (const QString value = a.detail.value(name).toString(); !value.isEmpty())
                question << name + u": "_s + value;
        }
        table.rows << QStringList{a.id.toString(),
                                  u'#' + a.task.toString(),
                                  a.kind,
                                  agoText(a.askedAt, services.now()),
                                  question.join(u"; "_s),
                                  state};
        data.append(approvalData(a));
    }
    reply.tables << table;
    reply.data = {{u"approvals"_s, data}};
    if (!approvals.isEmpty() && filter == u"open")
        reply.next = {u"approve "_s + approvals.first().id.toString(), u"deny "_s + approvals.first().id.toString()};
    return reply;
}

Result<Reply> answerApproval(Services &services, const Invocation &in)
{
    HUB_TRY(const auto open, services.stores.approvals.list({}, ApprovalState::Open));
    const ProjectRights rights(services, in.call);
    QList<ApprovalId> ids;
    for (const Approval &approval : open) {
        if (rights.sees(approval.task))
            ids << approval.id;
    }
    HUB_TRY(const ApprovalId id, findOnly(in.text("approval_id"_L1), ids, u"question"_s, u"agenthubctl approvals"_s));
    HUB_TRY(const Approval asked, services.stores.approvals.get(id));
    HUB_CHECK(rights.mayCall(asked.task));
    const bool yes = in.spec.name == "approve"_L1;
    const QString scope = in.has("scope"_L1) ? in.text("scope"_L1) : u"once"_s;
    HUB_TRY(const Approval approval, services.lifecycle.answerApproval(
                                         id, yes, scope, in.who(), yes ? in.text("notes"_L1) : in.text("reason"_L1)));
    return Reply{
        .title = (yes ? u"Allowed %1"_s : u"Denied %1"_s).arg(id.toString()),
        .text =
            approval.question + (yes && scope == u"task" ? u" — and the same kind (%1) for the rest of task #%2."_s.arg(
                                                               approval.kind, approval.task.toString())
                                                         : QString()),
        .next = {u"task-status "_s + approval.task.toString()},
        .data = {{u"approval_id"_s, id.toString()}, {u"task_id"_s, approval.task.value()}, {u"allowed"_s, yes}}};
}

// A yes to something that destroys is given only once the files are safe.
QFuture<Result<Reply>> approve(Services &services, const Invocation &in)
{
    const auto answer = [&services, in]() -> Result<Reply> {
        auto answered = services.stores.commits.submit([&services, &in] { return answerApproval(services, in); });
        services.stores.commits.flush();
        return takeResult(answered);
    };
    const auto open = services.stores.approvals.list({}, ApprovalState::Open);
    const auto wanted = ApprovalId::parse(in.text("approval_id"_L1));
    for (const Approval &approval : open.valueOr({})) {
        const bool meant = wanted ? approval.id == *wanted : open->size() == 1;
        if (meant && agents::isDestructive(approval.kind) && ProjectRights(services, in.call).mayCall(approval.task)) {
            auto saved =
                services.checkpointer.request({.task = approval.task,
                                               .type = CheckpointType::Milestone,
                                               .notes = u"before %1 was allowed"_s.arg(approval.id.toString())});
            return replyWhen(&services.driver, saved, [answer](const std::optional<Checkpoint> &) { return answer(); });
        }
    }
    return readyFuture<Reply>(answer());
}

Result<Reply> listClaims(Services &services, const Invocation &in)
{
    HUB_TRY(const auto project, projectFilter(services, in.call, in.options));
    HUB_TRY(const auto claims, services.stores.holds.claims());
    Reply reply;
    commands::Table table{.columns = {u"path"_s, u"project"_s, u"task"_s, u"since"_s, u"until"_s},
                          .whenEmpty = u"Nobody holds a file."_s};
    QJsonArray data;
    const ProjectRights rights(services, in.call);
    for (const auto &claim : claims) {
        if (!rights.sees(claim.project) || (project && claim.project != *project) ||
            (in.has("path"_L1) && claim.path != in.text("path"_L1) &&
             !claim.path.startsWith(in.text("path"_L1) + u'/')))
            continue;
        table.rows << QStringList{claim.path, claim.project.toString(), u'#' + claim.task.toString(),
                                  agoText(claim.at, services.now()),
                                  claim.expiresAt ? toLocalShort(*claim.expiresAt, services.now()) : QString()};
        data.append(QJsonObject{{u"path"_s, claim.path},
                                {u"project"_s, claim.project.toString()},
                                {u"task_id"_s, claim.task.value()},
                                {u"at"_s, toIso(claim.at)},
                                {u"until"_s, claim.expiresAt ? toIso(*claim.expiresAt) : QString()}});
    }
    reply.tables << table;
    reply.data = {{u"claims"_s, data}};
    return reply;
}

Result<Reply> releaseClaim(Services &services, const Invocation &in)
{
    HUB_TRY(const auto claims, services.stores.holds.claims());
    for (const auto &claim : claims) {
        if (claim.path == in.text("path"_L1)) {
            HUB_CHECK(ProjectRights(services, in.call).mayCall(claim.project));
            HUB_CHECK(services.stores.holds.release(claim.project, claim.path, {}));
            return Reply{.title = u"%1 is free"_s.arg(claim.path),
                         .text = u"Task #%1 held it."_s.arg(claim.task.toString())};
        }
    }
    return fail(ErrorCode::NotFound, u"Nobody holds %1; nothing was changed."_s.arg(in.text("path"_L1)),
                u"agenthubctl claims"_s);
}

Result<Reply> listAlerts(Services &services, const Invocation &in)
{
    std::optional<AlertLevel> level;
    if (in.has("level"_L1)) {
        HUB_TRY(level, enumFromText(alertLevelTexts, in.text("level"_L1), u"level"));
    }
    HUB_TRY(const auto since, findInstant(services, in.text("since"_L1)));
    HUB_TRY(const auto alerts, services.alerts.book().list(in.text("filter"_L1) != u"all", {}, since));
    Reply reply;
    commands::Table table{.columns = {u"alert"_s, u"level"_s, u"when"_s, u"title"_s, u"what"_s, u"state"_s},
                          .whenEmpty =
                              in.text("filter"_L1) == u"all" ? u"There was no alert yet."_s : u"No alert is open."_s};
    QJsonArray data;
    const ProjectRights rights(services, in.call);
    for (const Alert &alert : alerts) {
        if ((level && alert.report.level < *level) || (alert.report.task && !rights.sees(*alert.report.task)))
            continue;
        const QString title = alert.heldBack > 0
                                  ? u"%1 (%2)"_s.arg(alert.report.title, counted(alert.heldBack, u"more time"_s))
                                  : alert.report.title;
        table.rows << QStringList{alert.id.toString(),
                                  textOf(alertLevelTexts, alert.report.level),
                                  agoText(alert.at, services.now()),
                                  title,
                                  alert.report.description,
                                  textOf(alertStateTexts, alert.state)};
        data.append(
            QJsonObject{{u"alert_id"_s, alert.id.toString()},
                        {u"level"_s, textOf(alertLevelTexts, alert.report.level)},
                        {u"type"_s, textOf(alertTypeTexts, alert.report.type)},
                        {u"title"_s, alert.report.title},
                        {u"description"_s, alert.report.description},
                        {u"at"_s, toIso(alert.at)},
                        {u"agent"_s, alert.report.agent ? alert.report.agent->toString() : QString()},
                        {u"task_id"_s, alert.report.task ? QJsonValue(alert.report.task->value()) : QJsonValue()},
                        {u"held_back"_s, alert.heldBack},
                        {u"answered_by"_s, alert.answeredBy},
                        {u"notes"_s, alert.notes},
                        {u"state"_s, textOf(alertStateTexts, alert.state)}});
    }
    reply.tables << table;
    reply.data = {{u"alerts"_s, data}};
    if (!table.rows.isEmpty())
        reply.next = {u"resolve-alert "_s + table.rows.first().first()};
    return reply;
}

Result<Reply> resolveAlert(Services &services, const Invocation &in)
{
    HUB_TRY(const auto alerts, services.alerts.book().list(true, {}, {}));
    const ProjectRights rights(services, in.call);
    QList<AlertId> ids;
    for (const Alert &alert : alerts) {
        if (!alert.report.task || rights.sees(*alert.report.task))
            ids << alert.id;
    }
    HUB_TRY(const AlertId id, findOnly(in.text("alert_id"_L1), ids, u"alert"_s, u"agenthubctl alerts"_s));
    for (const Alert &alert : alerts) {
        if (alert.id == id && alert.report.task)
            HUB_CHECK(rights.mayCall(*alert.report.task));
    }
    const QString action = in.has("action"_L1) ? in.text("action"_L1) : u"resolve"_s;
    std::optional<Instant> until;
    if (action == u"snooze") {
        const QString length = in.has("for"_L1) ? in.text("for"_L1) : u"1h"_s;
        const auto duration = parseDuration(length);
        if (!duration)
            return fail(ErrorCode::InvalidInput, u"'%1' is no length of time: write 30m, 2h or 1d."_s.arg(length));
        until = services.now() + *duration;
    }
    HUB_CHECK(services.alerts.answer(id, action, until, in.who(), in.text("notes"_L1)));
    return Reply{.title = u"%1: %2"_s.arg(id.toString(), action == u"resolve"  ? u"resolved"_s
                                                         : action == u"snooze" ? u"snoozed"_s
                                                                               : u"acknowledged"_s)};
}

// Answers when every sink has it, or after a while with those that don't.
QFuture<Result<Reply>> testAlert(Services &services, const Invocation &in)
{
    AlertReport report{
        .type = AlertType::Test, .level = AlertLevel::Info, .subject = u"test %1"_s.arg(toMillis(services.now()))};
    if (in.has("level"_L1)) {
        const auto level = enumFromText(alertLevelTexts, in.text("level"_L1), u"level");
        if (!level)
            return readyFuture<Reply>(level.error());
        report.level = *level;
    }
    report.title = in.has("title"_L1) ? in.text("title"_L1) : u"Test alert"_s;
    report.description = u"Raised by %1 to see that alerts arrive."_s.arg(in.who());
    auto raised = services.stores.commits.submit([&] { return services.alerts.raise(report); });
    services.stores.commits.flush();
    const auto id = takeResult(raised);
    if (!id)
        return readyFuture<Reply>(id.error());
    auto told = services.alerts.howTold(*id, std::chrono::seconds{20});
    return replyWhen(
        &services.driver, told, [id = *id](const QList<monitor::AlertCenter::Told> &sinks) -> Result<Reply> {
            Reply reply{.title = u"Raised %1"_s.arg(id.toString()),
                        .next = {u"alerts"_s, u"resolve-alert "_s + id.toString()}};
            QJsonObject data;
            for (const auto &one : sinks) {
                const bool taken = one.problem.isEmpty();
                reply.fields.append({one.sink, taken ? u"has it"_s : u"does not have it yet: "_s + one.problem});
                data.insert(one.sink, one.problem);
                if (!taken)
                    reply.severity = Severity::Warning;
            }
            reply.data = {{u"alert_id"_s, id.toString()}, {u"problems"_s, data}};
            if (reply.severity == Severity::Warning)
                reply.text = u"It goes on being tried."_s;
            return reply;
        });
}

} // namespace

std::span<const HandlerRow> safetyHandlers()
{
    static const HandlerRow rows[]{{"safe-mode enable"_L1, &enterSafeMode},
                                   {"safe-mode disable"_L1, &leaveSafeMode},
                                   {"safe-mode status"_L1, &safeModeStatus},
                                   {"emergency-stop"_L1, &enterSafeMode},
                                   {"approvals"_L1, &listApprovals},
                                   {"approve"_L1, &approve},
                                   {"deny"_L1, &answerApproval},
                                   {"claims"_L1, &listClaims},
                                   {"release-claim"_L1, &releaseClaim},
                                   {"conflicts"_L1, &listConflicts},
                                   {"alerts"_L1, &listAlerts},
                                   {"resolve-alert"_L1, &resolveAlert},
                                   {"test-alert"_L1, &testAlert}};
    return rows;
}

} // namespace hub
