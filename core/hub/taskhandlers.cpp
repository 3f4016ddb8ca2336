// Tasks: give, list, show, tell, pause, resume, cancel, save.
#include "core/hub/handlers.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

QString stateText(TaskState state) { return textOf(taskStateTexts, state).replace(u'_', u' '); }

QJsonObject taskData(const Services &services, const Task &task)
{
    const auto checkpoints = services.stores.tasks.checkpoints(task.id);
    return {{u"task_id"_s, task.id.value()},
            {u"title"_s, task.spec.title},
            {u"description"_s, task.spec.description},
            {u"project"_s, task.spec.project.toString()},
            {u"agent"_s, task.spec.agent.toString()},
            {u"state"_s, textOf(taskStateTexts, task.state)},
            {u"reason"_s, task.reason},
            {u"priority"_s, textOf(priorityTexts, task.spec.priority)},
            {u"type"_s, task.spec.type},
            {u"autonomy"_s, textOf(autonomyTexts, task.spec.autonomy)},
            {u"mode"_s, textOf(treeModeTexts, task.spec.mode)},
            {u"owner"_s, task.spec.owner},
            {u"step"_s, task.step},
            {u"progress"_s, task.progress},
            {u"path"_s, task.tree},
            {u"branch"_s, task.branch},
            {u"backup_branch"_s, task.backupBranch},
            {u"created_at"_s, toIso(task.createdAt)},
            {u"updated_at"_s, toIso(task.updatedAt)},
            {u"messages"_s, task.lastMessage},
            {u"checkpoints"_s, checkpoints ? checkpoints->size() : 0},
            {u"error_count"_s, task.errorCount},
            {u"last_error"_s, task.lastError}};
}

QString stopText(const agents::StopReport &report)
{
    if (report.runs.isEmpty())
        return u"No agent was running."_s;
    int slowest = 0, processes = 0;
    QStringList stuck;
    for (const auto &run : report.runs) {
        slowest = std::max(slowest, run.micros);
        processes += run.processes;
        if (!run.frozen)
            stuck << u"#%1 (%2)"_s.arg(run.task.toString(), run.agent.toString());
    }
    QString text =
        u"%1 of %2 agents are frozen, %3 processes, the slowest in %4 ms."_s.arg(report.runs.size() - stuck.size())
            .arg(report.runs.size())
            .arg(processes)
            .arg(double(slowest) / 1000.0, 0, 'f', 1);
    if (!stuck.isEmpty())
        text += u" NOT frozen: "_s + stuck.join(u", "_s) + u". End them with cancel-task."_s;
    return text;
}

namespace
{

QString titleOf(const QString &description)
{
    const QString line = description.section(u'\n', 0, 0).simplified();
    return line.size() <= 60 ? line : line.first(59) + u'…';
}

QStringList nextFor(const Task &task)
{
    const QString id = task.id.toString();
    switch (task.state) {
    case TaskState::Queued:
    case TaskState::Preparing:
    case TaskState::Running: return {u"task-log "_s + id + u" --follow"_s, u"pause-task "_s + id};
    case TaskState::AwaitingApproval: return {u"approvals"_s, u"approve"_s, u"deny"_s};
    case TaskState::Paused: return {u"resume-task "_s + id};
    case TaskState::NeedsReview:
        return {u"task-diff "_s + id, u"say --task-id %1 …"_s.arg(id), u"rollback show --task-id "_s + id};
    case TaskState::Interrupted: return {u"resume-task "_s + id, u"rollback show --task-id "_s + id};
    default: return {u"task-diff "_s + id, u"task-log "_s + id};
    }
}

Reply about(const Services &services, const Task &task, const QString &title)
{
    Reply reply{.title = title, .next = nextFor(task), .data = taskData(services, task)};
    if (!task.reason.isEmpty())
        reply.text = task.reason;
    return reply;
}

Result<Reply> assignTask(Services &services, const Invocation &in)
{
    TaskSpec spec{.project = *ProjectName::parse(u"x"), .agent = *AgentName::parse(u"x")};
    spec.description = in.text("description"_L1).trimmed();
    if (spec.description.isEmpty())
        return fail(ErrorCode::InvalidInput, u"What is to be done? The task has no description."_s,
                    u"agenthubctl assign-task \"fix the login form\""_s);
    HUB_TRY(const auto project, findProject(services, in.call, in.options));
    HUB_TRY(const auto profile, findAgent(services, in.options));
    spec.project = project.name;
    spec.agent = profile.name;
    spec.title = titleOf(spec.description);
    spec.type = in.has("type"_L1) ? in.text("type"_L1) : u"feature"_s;
    spec.base = in.text("base"_L1);
    spec.owner = in.who();
    if (in.has("priority"_L1)) {
        HUB_TRY(spec.priority, enumFromText(priorityTexts, in.text("priority"_L1), u"priority"));
    }
    HUB_TRY(
        spec.autonomy,
        enumFromText(autonomyTexts, in.has("autonomy"_L1) ? in.text("autonomy"_L1) : profile.autonomy, u"autonomy"));
    if (in.has("mode"_L1)) {
        HUB_TRY(spec.mode, enumFromText(treeModeTexts, in.text("mode"_L1), u"mode"));
    }
    if (in.has("after"_L1)) {
        const auto after = TaskId::parse(in.text("after"_L1));
        if (!after)
            return fail(ErrorCode::InvalidInput, u"'%1' is no task."_s.arg(in.text("after"_L1)),
                        u"agenthubctl tasks"_s);
        HUB_CHECK(services.stores.tasks.get(*after));
        spec.after = after;
    }
    HUB_TRY(const Task task, services.driver.assign(spec));
    HUB_TRY(const QString waits, services.driver.waitsFor(task));
    Reply reply = about(services, task, u"#%1 %2"_s.arg(task.id.toString(), task.spec.title));
    reply.text = waits.isEmpty()
                     ? u"%1 starts on it in project %2."_s.arg(profile.name.toString(), project.name.toString())
                     : u"It is queued. "_s + waits;
    return reply;
}

bool needsPerson(const Task &task)
{
    return task.state == TaskState::AwaitingApproval || task.state == TaskState::NeedsReview ||
           task.state == TaskState::Interrupted || task.state == TaskState::Paused;
}

Result<Reply> listTasks(Services &services, const Invocation &in)
{
    HUB_TRY(QList<Task> tasks, services.stores.tasks.all());
    const QString filter = in.has("filter"_L1) ? in.text("filter"_L1) : u"open"_s;
    const QString text = in.text("text"_L1);
    tasks.removeIf([&](const Task &task) {
        const bool wanted = filter == u"all" || (filter == u"done" ? isEnded(task.state) : !isEnded(task.state));
        return !wanted || (filter == u"needs-me" && !needsPerson(task)) ||
               (filter == u"mine" && task.spec.owner != in.who()) ||
               (in.has("project"_L1) && task.spec.project.toString() != in.text("project"_L1)) ||
               (in.has("agent"_L1) && task.spec.agent.toString() != in.text("agent"_L1)) ||
               (!text.isEmpty() && !task.spec.title.contains(text, Qt::CaseInsensitive) &&
                !task.spec.description.contains(text, Qt::CaseInsensitive));
    });
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const Task &a, const Task &b) { return needsPerson(a) > needsPerson(b); });
    Reply reply;
    commands::Table table{
        .columns = {u"task"_s, u"state"_s, u"%"_s, u"agent"_s, u"project"_s, u"title"_s, u"changed"_s},
        .whenEmpty = filter == u"all" ? u"There are no tasks yet."_s : u"No task matches."_s};
    QJsonArray data;
    for (const Task &task : tasks) {
        table.rows << QStringList{u'#' + task.id.toString(),
                                  stateText(task.state),
                                  QString::number(qRound(task.progress)),
                                  task.spec.agent.toString(),
                                  task.spec.project.toString(),
                                  task.spec.title,
                                  agoText(task.updatedAt, services.now())};
        data.append(taskData(services, task));
    }
    reply.tables << table;
    reply.data = {{u"tasks"_s, data}};
    if (tasks.isEmpty())
        reply.next = {u"assign-task …"_s};
    return reply;
}

QFuture<Result<Reply>> taskStatus(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto run = services.stores.runs.livingOf(task->id);
    const auto newest = services.stores.tasks.newestCheckpoint(task->id);
    const auto queued = services.stores.queue.list(task->id);
    Reply reply = about(services, *task, u"#%1 %2"_s.arg(task->id.toString(), task->spec.title));
    const auto field = [&](const QString &name, const QString &value) {
        if (!value.isEmpty())
            reply.fields.append({name, value});
    };
    field(u"State"_s, stateText(task->state));
    field(u"Step"_s, task->step.isEmpty() ? QString() : u"%1 (%2 %)"_s.arg(task->step).arg(qRound(task->progress)));
    field(u"Agent"_s, task->spec.agent.toString() +
                          (run && *run ? u", pid %1"_s.arg((*run)->agentProcess.pid) : u", not running"_s));
    field(u"Project"_s, task->spec.project.toString());
    field(u"Branch"_s, task->branch);
    field(u"Folder"_s, task->tree);
    field(u"Backup"_s, task->backupBranch);
    field(u"Owner"_s, task->spec.owner);
    if (newest && *newest)
        field(u"Last checkpoint"_s,
              u"%1, %2 (%3)"_s.arg((*newest)->id.toString(), agoText((*newest)->at, services.now()),
                                   textOf(checkpointTypeTexts, (*newest)->type)));
    if (queued && !queued->isEmpty())
        field(u"Waiting messages"_s, QString::number(queued->size()));
    if (task->errorCount > 0)
        field(u"Errors"_s, u"%1, the last: %2"_s.arg(task->errorCount).arg(task->lastError));
    if (run && *run) {
        reply.data[u"run"_s] = (*run)->id.toString();
        reply.data[u"pid"_s] = (*run)->agentProcess.pid;
    }
    return readyFuture<Reply>(reply);
}

Result<Reply> taskLog(Services &services, const Invocation &in)
{
    HUB_TRY(const Task task, findTask(services, in.call, in.options));
    state::MessageFilter filter{.newest = int(in.number("limit"_L1, 20))};
    HUB_TRY(filter.since, findInstant(services, in.text("since"_L1)));
    const QString kind = in.text("kind"_L1);
    if (kind == u"messages")
        filter.kinds = {u"prompt"_s, u"say"_s, u"output"_s, u"question"_s, u"approval"_s, u"summary"_s, u"decision"_s};
    else if (kind == u"tools")
        filter.kinds = {u"step"_s, u"decision"_s, u"question"_s, u"rollback"_s};
    else if (kind == u"errors")
        filter.kinds = {u"error"_s};
    HUB_TRY(const auto messages, services.stores.talk.list(task.id, filter));
    Reply reply{.title = u"#%1 %2"_s.arg(task.id.toString(), task.spec.title)};
    QJsonArray data;
    QStringList lines;
    for (const Message &message : messages) {
        HUB_TRY(const QString body, services.stores.talk.wholeBody(message));
        const QString from = message.author.isEmpty() ? message.role : message.author;
        lines << u"%1  %2 (%3)  %4"_s.arg(toLocalShort(message.at, services.now()), from, message.kind, body);
        data.append(QJsonObject{{u"message_id"_s, message.seq},
                                {u"at"_s, toIso(message.at)},
                                {u"from"_s, from},
                                {u"role"_s, message.role},
                                {u"kind"_s, message.kind},
                                {u"text"_s, body}});
    }
    reply.text = lines.isEmpty() ? u"Nothing was said yet."_s : lines.join(u'\n');
    reply.data = {{u"task_id"_s, task.id.value()}, {u"messages"_s, data}};
    return reply;
}

Result<Reply> say(Services &services, const Invocation &in)
{
    HUB_TRY(const Task task, findTask(services, in.call, in.options));
    const bool now = in.text("when"_L1) == u"now";
    HUB_CHECK(services.driver.say(task, in.text("message"_L1), in.who(), now));
    HUB_TRY(const Task after, services.stores.tasks.get(task.id));
    HUB_TRY(const auto waiting, services.stores.queue.list(task.id));
    Reply reply = about(services, after, u"Told #%1"_s.arg(task.id.toString()));
    reply.text = waiting.isEmpty() ? u"The agent begins a turn with it."_s
                 : now             ? u"Its present turn ends first."_s
                       : u"It waits for the end of the present turn (%1)."_s.arg(waiting.last().id.toString());
    return reply;
}

Result<Reply> queueList(Services &services, const Invocation &in)
{
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    HUB_TRY(const auto messages, services.stores.queue.list(only));
    HUB_TRY(const auto tasks, services.stores.tasks.inStates({TaskState::Queued}));
    Reply reply;
    commands::Table waiting{.columns = {u"message"_s, u"task"_s, u"from"_s, u"since"_s, u"text"_s},
                            .whenEmpty = u"No message waits."_s};
    for (const auto &message : messages)
        waiting.rows << QStringList{message.id.toString(), u'#' + message.task.toString(), message.author,
                                    agoText(message.at, services.now()), message.text};
    commands::Table queued{.columns = {u"task"_s, u"priority"_s, u"title"_s, u"waits because"_s},
                           .whenEmpty = u"No task waits."_s};
    for (const Task &task : tasks) {
        if (!only || *only == task.id)
            queued.rows << QStringList{u'#' + task.id.toString(), textOf(priorityTexts, task.spec.priority),
                                       task.spec.title, task.reason};
    }
    reply.tables << waiting << queued;
    return reply;
}

Result<MessageId> messageId(const Invocation &in)
{
    const auto id = MessageId::parse(in.text("message_id"_L1));
    if (!id)
        return fail(ErrorCode::InvalidInput,
                    u"'%1' is no waiting message, such as m81."_s.arg(in.text("message_id"_L1)),
                    u"agenthubctl queue list"_s);
    return *id;
}

Result<Reply> queueEdit(Services &services, const Invocation &in)
{
    HUB_TRY(const MessageId id, messageId(in));
    HUB_CHECK(services.stores.queue.get(id));
    HUB_CHECK(services.stores.queue.edit(id, in.text("message"_L1)));
    return Reply{.title = u"%1 was changed"_s.arg(id.toString())};
}

Result<Reply> queueRemove(Services &services, const Invocation &in)
{
    HUB_TRY(const MessageId id, messageId(in));
    HUB_TRY(const auto message, services.stores.queue.get(id));
    HUB_CHECK(services.stores.queue.remove(id));
    return Reply{.title = u"%1 was taken out"_s.arg(id.toString()), .text = message.text};
}

QFuture<Result<Reply>> pauseTask(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    if (isEnded(task->state)) {
        return readyFuture<Reply>(fail(ErrorCode::Conflict, u"Task #%1 is %2; there is nothing to pause."_s.arg(
                                                                task->id.toString(), stateText(task->state))));
    }
    auto stopped = in.stopped ? readyFuture<agents::StopReport>(*in.stopped)
                              : services.brake.hold({.task = task->id}, agents::Hold::TaskPause);
    const TaskId id = task->id;
    return replyWhen(&services.driver, stopped,
                     [&services, id, who = in.who(), reason = in.text("reason"_L1)](const agents::StopReport &report) {
                         auto recorded =
                             services.stores.commits.submit([&services, id, who, reason, report]() -> Result<Reply> {
                                 HUB_CHECK(services.driver.recordPause({.task = id}, who, reason));
                                 services.stores.commits.afterCommit([&services, id] {
                                     services.brake.recorded({.task = id}, agents::Hold::TaskPause);
                                 });
                                 HUB_TRY(const Task now, services.stores.tasks.get(id));
                                 Reply reply = about(services, now, u"#%1 is paused"_s.arg(id.toString()));
                                 reply.text = stopText(report);
                                 reply.severity = report.complete() ? Severity::Ok : Severity::Error;
                                 return reply;
                             });
                         services.stores.commits.flush();
                         return takeResult(recorded);
                     });
}

QFuture<Result<Reply>> resumeTask(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const TaskId id = task->id;
    const auto goOn = [&services, id, who = in.who(), notes = in.text("notes"_L1)]() -> Result<Reply> {
        auto resumed = services.stores.commits.submit([&services, id, who, notes]() -> Result<Reply> {
            HUB_TRY(const Task now, services.stores.tasks.get(id));
            HUB_CHECK(services.driver.resume(now, who, notes));
            HUB_TRY(const Task after, services.stores.tasks.get(id));
            HUB_TRY(const auto blockers, services.driver.blockers(after));
            Reply reply = about(services, after, u"#%1 goes on"_s.arg(id.toString()));
            reply.text = blockers.isEmpty() ? QString() : u"Not yet, though: "_s + blockers.join(u' ');
            return reply;
        });
        services.stores.commits.flush();
        return takeResult(resumed);
    };
    if (!in.has("checkpoint_id"_L1))
        return readyFuture<Reply>(goOn());
    const auto target = findCheckpoint(services, *task, in.text("checkpoint_id"_L1));
    if (!target)
        return readyFuture<Reply>(target.error());
    recovery::RollbackRequest request{
        .task = id, .target = target->id.number, .who = in.who(), .confirm = in.call.confirm};
    if (!in.call.yes && in.call.confirm.isEmpty()) {
        return replyWhen(&services.driver, services.rollback.preview(request),
                         [id](const recovery::RollbackPreview &preview) -> Result<Reply> {
                             return Reply{
                                 .severity = Severity::Warning,
                                 .title = u"Go back to %1 and go on from there?"_s.arg(preview.target.toString()),
                                 .text = u"%1 files would be restored, %2 deleted."_s.arg(preview.restored.size())
                                             .arg(preview.deleted.size()),
                                 .next = {u"rollback task_checkpoint --task-id %1 --checkpoint-id %2"_s.arg(
                                     id.toString(), preview.target.toString())},
                                 .confirm = preview.confirm};
                         });
    }
    return replyWhen(&services.driver, services.rollback.execute(request),
                     [goOn](const recovery::RollbackReceipt &receipt) -> Result<Reply> {
                         HUB_TRY(Reply reply, goOn());
                         reply.fields.append(
                             {u"Rolled back"_s, u"%1: %2 restored, %3 deleted"_s.arg(receipt.operation.toString())
                                                    .arg(receipt.restored)
                                                    .arg(receipt.deleted)});
                         reply.next.prepend(u"rollback undo "_s + receipt.operation.toString());
                         reply.data[u"receipt"_s] = receipt.toJson();
                         return reply;
                     });
}

QFuture<Result<Reply>> cancelTask(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    if (isEnded(task->state))
        return readyFuture<Reply>(fail(ErrorCode::Conflict, u"Task #%1 is %2 already; nothing was changed."_s.arg(
                                                                task->id.toString(), stateText(task->state))));
    if (!in.call.yes && in.call.confirm.isEmpty()) {
        return readyFuture<Reply>(Reply{
            .severity = Severity::Warning,
            .title = u"End task #%1 %2?"_s.arg(task->id.toString(), task->spec.title),
            .text = u"Its agent is ended. Its files are saved first and stay in the vault and on branch %1."_s.arg(
                task->branch),
            .confirm = u"cancel "_s + task->id.toString()});
    }
    const TaskId id = task->id;
    const QString reason = in.has("reason"_L1) ? in.text("reason"_L1) : u"cancelled by "_s + in.who();
    return replyWhen(&services.driver, services.driver.finish(id, TaskState::Cancelled, reason, in.who()),
                     [&services, id](std::monostate) -> Result<Reply> {
                         HUB_TRY(const Task now, services.stores.tasks.get(id));
                         return about(services, now, u"#%1 is cancelled"_s.arg(id.toString()));
                     });
}

QFuture<Result<Reply>> saveCheckpoint(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    return replyWhen(
        &services.driver,
        services.checkpointer.request({.task = task->id, .type = CheckpointType::Manual, .notes = in.text("notes"_L1)}),
        [](const std::optional<Checkpoint> &saved) -> Result<Reply> {
            const Checkpoint &checkpoint = *saved;
            Reply reply{.title = u"Saved as %1"_s.arg(checkpoint.id.toString()),
                        .text = u"%1 files, %2 read anew."_s.arg(checkpoint.files).arg(checkpoint.changed),
                        .next = {u"rollback task_checkpoint --task-id %1 --checkpoint-id %2"_s.arg(
                            checkpoint.id.task.toString(), checkpoint.id.toString())},
                        .data = {{u"checkpoint_id"_s, checkpoint.id.toString()},
                                 {u"files"_s, checkpoint.files},
                                 {u"commit"_s, checkpoint.commit},
                                 {u"not_held"_s, checkpoint.notHeld}}};
            if (!checkpoint.notHeld.isEmpty()) {
                commands::Table table{.title = u"Not held"_s, .columns = {u"path"_s, u"why"_s}};
                for (const auto &entry : checkpoint.notHeld)
                    table.rows << QStringList{entry.toObject()[u"path"_s].toString(),
                                              entry.toObject()[u"reason"_s].toString()};
                reply.tables << table;
                reply.severity = Severity::Warning;
            }
            return reply;
        });
}

} // namespace

std::span<const HandlerRow> taskHandlers()
{
    static const HandlerRow rows[]{{"assign-task"_L1, &assignTask},
                                   {"tasks"_L1, &listTasks},
                                   {"task-status"_L1, &taskStatus},
                                   {"task-log"_L1, &taskLog},
                                   {"say"_L1, &say},
                                   {"queue list"_L1, &queueList},
                                   {"queue edit"_L1, &queueEdit},
                                   {"queue remove"_L1, &queueRemove},
                                   {"pause-task"_L1, &pauseTask},
                                   {"resume-task"_L1, &resumeTask},
                                   {"cancel-task"_L1, &cancelTask},
                                   {"checkpoint"_L1, &saveCheckpoint}};
    return rows;
}

} // namespace hub
