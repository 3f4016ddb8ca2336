// Tasks: give, list, show, tell, pause, resume, cancel, save.
#include "core/hub/handlers.h"
#include "core/hub/sentfiles.h"

#include "core/agents/startcheck.h"
#include "core/base/json.h"
#include "core/commands/counted.h"
#include "core/hub/projectrights.h"
#include "core/settings/projectsettings.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

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
    QString text = u"Frozen: %1 of %2, %3, the slowest in %4 ms."_s.arg(report.runs.size() - stuck.size())
                       .arg(counted(report.runs.size(), u"agent"_s), counted(processes, u"process"_s, u"processes"_s))
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

Result<TaskSpec> specOf(const Services &services, const Invocation &in)
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
    spec.owner = in.who();
    if (in.has("priority"_L1)) {
        HUB_TRY(spec.priority, enumFromText(priorityTexts, in.text("priority"_L1), u"priority"));
    }
    HUB_TRY(
        spec.autonomy,
        enumFromText(autonomyTexts, in.has("autonomy"_L1) ? in.text("autonomy"_L1) : profile.autonomy, u"autonomy"));
    const ProjectSettings settings(project.options);
    HUB_TRY(spec.mode,
            enumFromText(treeModeTexts, in.has("mode"_L1) ? in.text("mode"_L1) : settings.text(projectsetting::mode),
                         u"mode"));
    spec.base = in.text("base"_L1);
    if (spec.base.isEmpty() && spec.mode == TreeMode::Worktree)
        spec.base = settings.text(projectsetting::base);
    if (in.has("after"_L1)) {
        const auto after = TaskId::parse(in.text("after"_L1));
        if (!after)
            return fail(ErrorCode::InvalidInput, u"'%1' is no task."_s.arg(in.text("after"_L1)),
                        u"agenthubctl tasks"_s);
        HUB_CHECK(services.stores.tasks.get(*after));
        spec.after = after;
    }
    return spec;
}

// What would else come to light only when the agent is to start.
QFuture<Result<>> lookIntoProject(Services &services, const Invocation &in)
{
    const auto spec = specOf(services, in);
    if (!spec)
        return readyFuture<std::monostate>(spec.error());
    const auto project = services.stores.projects.get(spec->project);
    if (!project)
        return readyFuture<std::monostate>(project.error());
    const QStringList branches = services.settings.text(setting::protectedBranches).split(u',', Qt::SkipEmptyParts);
    // Not on the project's worker, which may be busy for long: this only reads.
    return services.workers.run(u"assign"_s, [spec = *spec, project = *project, branches]() -> Result<> {
        auto checked = agents::checkStart(spec, project, branches);
        if (!checked) {
            checked.error().message += u" No task was made."_s;
            return std::move(checked).error();
        }
        return {};
    });
}

Result<Reply> assignTask(Services &services, const Invocation &in)
{
    HUB_TRY(const TaskSpec spec, specOf(services, in));
    HUB_TRY(const Task task, services.driver.assign(spec));
    HUB_TRY(const QString waits, services.driver.waitsFor(task));
    Reply reply = aboutTask(services, task, u"#%1 %2"_s.arg(task.id.toString(), task.spec.title));
    reply.text = waits.isEmpty()
                     ? u"%1 starts on it in project %2."_s.arg(spec.agent.toString(), spec.project.toString())
                     : u"It is queued. "_s + waits;
    return reply;
}

// What becomes of a message, as things stand after it was taken.
Result<QString> whenItIsHeard(const Services &services, const Task &task, const QList<state::QueuedMessage> &waiting,
                              bool now)
{
    if (waiting.isEmpty())
        return u"A turn begins with it."_s;
    const QString id = waiting.last().id.toString();
    if (task.state == TaskState::Paused)
        return u"It waits (%1) until resume-task %2."_s.arg(id, task.id.toString());
    HUB_TRY(const auto turn, services.stores.talk.openTurn(task.id));
    if (turn && now)
        return u"The present turn is ended first, then one begins with it."_s;
    if (turn)
        return u"It waits for the end of the present turn (%1)."_s.arg(id);
    HUB_TRY(const QString reason, services.driver.waitsFor(task));
    return reason.isEmpty() ? u"The agent is started with it."_s : u"It waits (%1). %2"_s.arg(id, reason);
}

// The files are kept before the message that names them is.
QFuture<Result<>> keepFiles(Services &services, const Invocation &in)
{
    if (const auto fit = checkSentFiles(in.call); !fit || in.call.files.isEmpty())
        return readyFuture(fit);
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<std::monostate>(task.error());
    return services.workers.run(u"files"_s, [&data = services.data, id = task->id, files = in.call.files] {
        return keepSentFiles(data, id, files);
    });
}

Result<Reply> say(Services &services, const Invocation &in)
{
    HUB_TRY(const Task task, findTask(services, in.call, in.options));
    const bool now = in.text("when"_L1) == u"now";
    const QStringList files = pathsOfSentFiles(services.data, task.id, in.call.files);
    HUB_CHECK(services.driver.say(task, in.text("message"_L1) + tellingOfSentFiles(files), in.who(), now));
    HUB_TRY(const Task after, services.stores.tasks.get(task.id));
    HUB_TRY(const auto waiting, services.stores.queue.list(task.id));
    Reply reply = aboutTask(services, after, u"Told #%1"_s.arg(task.id.toString()));
    HUB_TRY(reply.text, whenItIsHeard(services, after, waiting, now));
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
    HUB_TRY(const auto before, services.stores.queue.get(id));
    HUB_CHECK(ProjectRights(services, in.call).mayCall(before.task));
    HUB_CHECK(services.stores.queue.edit(id, in.text("message"_L1)));
    return Reply{.title = u"%1 was changed"_s.arg(id.toString()), .text = in.text("message"_L1)};
}

Result<Reply> queueRemove(Services &services, const Invocation &in)
{
    HUB_TRY(const MessageId id, messageId(in));
    HUB_TRY(const auto message, services.stores.queue.get(id));
    HUB_CHECK(ProjectRights(services, in.call).mayCall(message.task));
    HUB_CHECK(services.stores.queue.remove(id));
    return Reply{.title = u"%1 was taken out"_s.arg(id.toString()), .text = message.text};
}

bool isPausedByItself(const Services &services, TaskId task)
{
    const auto pauses = services.stores.holds.pauses().valueOr({});
    return std::any_of(pauses.begin(), pauses.end(), [&task](const state::Pause &pause) {
        return pause.scope == u"task" && pause.subject == task.toString();
    });
}

QFuture<Result<Reply>> pauseTask(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task || isEnded(task->state)) {
        // Frozen before it was looked at: nothing may stay held that no record speaks of, and what one speaks of stays.
        const auto named = TaskId::parse(in.text("task_id"_L1));
        const bool recorded = named && isPausedByItself(services, *named);
        if (named && in.stopped && !recorded)
            services.brake.release({.task = named}, agents::Hold::TaskPause);
        return readyFuture<Reply>(task ? fail(ErrorCode::Conflict, u"Task #%1 is %2; there is nothing to pause."_s.arg(
                                                                       task->id.toString(), stateText(task->state)))
                                       : task.error());
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
                                 Reply reply = aboutTask(services, now, u"#%1 is paused"_s.arg(id.toString()));
                                 reply.text = report.runs.isEmpty()
                                                  ? u"Nothing of it was running, and nothing starts."_s
                                                  : stopText(report);
                                 reply.next = {u"resume-task "_s + id.toString()};
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
            if (after.state == TaskState::NeedsReview)
                return aboutTask(services, after, u"#%1 is not paused any more"_s.arg(id.toString()));
            Reply reply =
                aboutTask(services, after,
                          (isEnded(now.state) ? u"#%1 is taken up again"_s : u"#%1 goes on"_s).arg(id.toString()));
            reply.text = blockers.isEmpty() ? QString() : u"Not yet, though: "_s + blockers.join(u' ');
            return reply;
        });
        services.stores.commits.flush();
        return takeResult(resumed);
    };
    const bool agreed = in.call.yes || !in.call.confirm.isEmpty();
    if (!in.has("checkpoint_id"_L1)) {
        if (!agreed && (isEnded(task->state) || in.call.dryRun))
            return readyFuture<Reply>(Reply{
                .severity = Severity::Warning,
                .title = (isEnded(task->state) ? u"#%1 is %2. Take it up again?"_s : u"Let #%1 go on? It is %2."_s)
                             .arg(id.toString(), stateText(task->state)),
                .text = u"Its agent goes on with the files as they are, on branch %1."_s.arg(task->branch),
                .confirm = u"resume "_s + id.toString()});
        return readyFuture<Reply>(goOn());
    }
    const auto target = findCheckpoint(services, *task, in.text("checkpoint_id"_L1));
    if (!target)
        return readyFuture<Reply>(target.error());
    recovery::RollbackRequest request{
        .task = id, .target = target->id.number, .who = in.who(), .confirm = in.call.confirm};
    if (!agreed) {
        return replyWhen(
            &services.driver, services.rollback.preview(request),
            [id](const recovery::RollbackPreview &preview) -> Result<Reply> {
                return Reply{.severity = Severity::Warning,
                             .title = u"Go back to %1 and go on from there?"_s.arg(preview.target.toString()),
                             .text = u"%1 would be restored, %2 deleted."_s.arg(
                                 counted(preview.restored.size(), u"file"_s), QString::number(preview.deleted.size())),
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
            .text = task->tree.isEmpty() ? u"It has not begun, so there is nothing to save."_s
                                         : u"Its agent is ended. Its files are saved first and stay in the vault, in "
                                           "%1 and on branch %2."_s.arg(task->tree, task->branch),
            .confirm = u"cancel "_s + task->id.toString()});
    }
    const TaskId id = task->id;
    const QString reason = in.has("reason"_L1) ? in.text("reason"_L1) : u"cancelled by "_s + in.who();
    return replyWhen(&services.driver, services.driver.finish(id, TaskState::Cancelled, reason, in.who()),
                     [&services, id](std::monostate) -> Result<Reply> {
                         HUB_TRY(const Task now, services.stores.tasks.get(id));
                         return aboutTask(services, now, u"#%1 is cancelled"_s.arg(id.toString()));
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
                        .text =
                            u"%1, %2 read anew."_s.arg(counted(checkpoint.files, u"file"_s)).arg(checkpoint.changed),
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
    static const HandlerRow rows[]{{"assign-task"_L1, &assignTask, &lookIntoProject},
                                   {"say"_L1, &say, &keepFiles},
                                   {"queue edit"_L1, &queueEdit},
                                   {"queue remove"_L1, &queueRemove},
                                   {"pause-task"_L1, &pauseTask},
                                   {"resume-task"_L1, &resumeTask},
                                   {"cancel-task"_L1, &cancelTask},
                                   {"checkpoint"_L1, &saveCheckpoint}};
    return rows;
}

} // namespace hub
