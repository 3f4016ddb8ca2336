// Tasks as people see them: the list, one of them, its conversation, its changes, what waits.
#include "core/hub/handlers.h"

#include "core/base/person.h"
#include "core/commands/counted.h"
#include "core/hub/projectrights.h"
#include "core/hub/taskchanges.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;

QString stateText(TaskState state) { return textOf(taskStateTexts, state).replace(u'_', u' '); }

QJsonObject taskData(const Services &services, const Task &task)
{
    const auto checkpoints = services.stores.tasks.checkpoints(task.id);
    const auto when = [](const std::optional<Instant> &at) { return at ? toIso(*at) : QString(); };
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
            {u"started_at"_s, when(task.startedAt)},
            {u"ended_at"_s, when(task.endedAt)},
            {u"messages"_s, task.lastMessage},
            {u"checkpoints"_s, checkpoints ? checkpoints->size() : 0},
            {u"error_count"_s, task.errorCount},
            {u"last_error"_s, task.lastError}};
}

namespace
{

constexpr std::chrono::milliseconds lookLimit{500}; // a status is asked for often, and waits no longer than this
constexpr qsizetype listedFiles = 8;

// "preparing (setup, 40 s)"
QString stateNow(const Services &services, const Task &task, const std::optional<Run> &run)
{
    const auto step = run ? agents::stepOf(*run) : std::nullopt;
    if (!step)
        return stateText(task.state);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(services.now() - run->startedAt).count();
    return u"%1 (%2, %3 s)"_s.arg(stateText(task.state), textOf(recovery::treeStepTexts, *step)).arg(seconds);
}

// The size of its working tree, when that is known soon enough.
QFuture<Result<qint64>> sizeOfTree(Services &services, const Task &task)
{
    if (task.tree.isEmpty() || task.spec.mode == TreeMode::InPlace)
        return readyFuture(Result<qint64>(0));
    return within(services.diskUse.of(task.tree), lookLimit, &services.driver, u"it is being measured"_s);
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
        return {u"task-diff "_s + id, u"say --task-id %1 …"_s.arg(id), u"finish-task "_s + id,
                u"rollback show --task-id "_s + id};
    case TaskState::Interrupted: return {u"resume-task "_s + id, u"rollback show --task-id "_s + id};
    default: return {u"task-diff "_s + id, u"task-log "_s + id};
    }
}

// By its last finish, or the undo of one.
bool isBroughtHome(const Services &services, const Task &task)
{
    const auto operations = services.stores.operations.list(task.id).valueOr({});
    const auto last = std::find_if(operations.begin(), operations.end(), [](const state::Operation &operation) {
        return operation.isFinish() && operation.state == u"done";
    });
    return last != operations.end() && !last->journal.value(u"back"_s).toBool();
}

} // namespace

Reply aboutTask(const Services &services, const Task &task, const QString &title)
{
    Reply reply{.title = title, .next = nextFor(task), .data = taskData(services, task)};
    if (!task.reason.isEmpty())
        reply.text = task.reason;
    if (task.state == TaskState::Completed && !isBroughtHome(services, task))
        reply.next.insert(1, u"finish-task "_s + task.id.toString());
    return reply;
}

namespace
{

bool needsPerson(const Task &task)
{
    return task.state == TaskState::AwaitingApproval || task.state == TaskState::NeedsReview ||
           task.state == TaskState::Interrupted || task.state == TaskState::Paused;
}

Result<Reply> listTasks(Services &services, const Invocation &in)
{
    HUB_TRY(QList<Task> tasks, services.stores.tasks.all());
    HUB_TRY(const auto project, projectFilter(services, in.call, in.options));
    HUB_TRY(const auto agent, agentFilter(services, in.options));
    const QString filter = in.has("filter"_L1) ? in.text("filter"_L1) : u"open"_s;
    const QString text = in.text("text"_L1);
    const ProjectRights rights(services, in.call);
    tasks.removeIf([&](const Task &task) {
        if (!rights.sees(task.spec.project))
            return true;
        const bool wanted = filter == u"all" || (filter == u"done" ? isEnded(task.state) : !isEnded(task.state));
        return !wanted || (filter == u"needs-me" && !needsPerson(task)) ||
               (filter == u"mine" && !isSamePerson(task.spec.owner, in.who())) ||
               (project && task.spec.project != *project) || (agent && task.spec.agent != *agent) ||
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

void tellSize(Reply &reply, const Result<qint64> &bytes)
{
    if (!bytes) {
        reply.fields.append({u"Disk"_s, u"not known yet: "_s + bytes.error().message});
    } else if (*bytes > 0) {
        reply.fields.append({u"Disk"_s, recovery::sizeText(*bytes)});
        reply.data[u"tree_bytes"_s] = *bytes;
    }
}

void tellChanged(Reply &reply, const Result<QStringList> &paths, const Checkpoint &newest)
{
    if (paths)
        reply.data[u"changed_files"_s] = QJsonArray::fromStringList(*paths);
    reply.fields.append(
        {u"Changed files"_s, paths ? u"%1 (as of %2)"_s.arg(pathsText(*paths, listedFiles), newest.id.toString())
                                   : u"not known: "_s + paths.error().message});
}

QFuture<Result<Reply>> taskStatus(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    const auto run = services.stores.runs.livingOf(task->id);
    const auto checkpoints = services.stores.tasks.checkpoints(task->id);
    if (!checkpoints)
        return readyFuture<Reply>(checkpoints.error());
    const auto queued = services.stores.queue.list(task->id);
    Reply reply = aboutTask(services, *task, u"#%1 %2"_s.arg(task->id.toString(), task->spec.title));
    const auto field = [&](const QString &name, const QString &value) {
        if (!value.isEmpty())
            reply.fields.append({name, value});
    };
    const auto living = run ? *run : std::nullopt;
    const auto step = living ? agents::stepOf(*living) : std::nullopt;
    field(u"State"_s, stateNow(services, *task, living));
    field(u"Step"_s, task->step.isEmpty() ? QString() : u"%1 (%2 %)"_s.arg(task->step).arg(qRound(task->progress)));
    field(u"Agent"_s, task->spec.agent.toString() +
                          (living && !step ? u", pid %1"_s.arg(living->agentProcess.pid) : u", not running"_s));
    field(u"Project"_s, task->spec.project.toString());
    field(u"Branch"_s, task->branch);
    field(u"Folder"_s, task->tree);
    field(u"Backup"_s, task->backupBranch);
    field(u"Owner"_s, task->spec.owner);
    if (!checkpoints->isEmpty()) {
        const Checkpoint &newest = checkpoints->first();
        field(u"Checkpoints"_s, u"%1; the last is %2, %3 (%4)"_s.arg(
                                    QString::number(checkpoints->size()), newest.id.toString(),
                                    agoText(newest.at, services.now()), textOf(checkpointTypeTexts, newest.type)));
    }
    if (queued && !queued->isEmpty())
        field(u"Waiting messages"_s, QString::number(queued->size()));
    if (task->errorCount > 0)
        field(u"Errors"_s, u"%1, the last: %2"_s.arg(task->errorCount).arg(task->lastError));
    if (living) {
        reply.data[u"run"_s] = living->id.toString();
        reply.data[u"pid"_s] = living->agentProcess.pid;
    }
    if (step)
        reply.data[u"running_step"_s] = textOf(recovery::treeStepTexts, *step);
    if (checkpoints->isEmpty())
        return readyFuture<Reply>(reply);
    const Checkpoint newest = checkpoints->first();
    auto promise = std::make_shared<QPromise<Result<Reply>>>();
    promise->start();
    auto future = promise->future();
    auto changed = changedPaths(services, *task, checkpoints->last(), newest, lookLimit);
    whenDone(sizeOfTree(services, *task), &services.driver,
             [promise, reply, newest, changed, &services](const Result<qint64> &bytes) mutable {
                 tellSize(reply, bytes);
                 whenDone(std::move(changed), &services.driver,
                          [promise, reply, newest](const Result<QStringList> &paths) mutable {
                              tellChanged(reply, paths, newest);
                              promise->addResult(Result<Reply>(reply));
                              promise->finish();
                          });
             });
    return future;
}

Result<Reply> taskLog(Services &services, const Invocation &in)
{
    HUB_TRY(const Task task, findTask(services, in.call, in.options));
    state::MessageFilter filter{.newest = in.limit(20)};
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

Result<Reply> queueList(Services &services, const Invocation &in)
{
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    HUB_TRY(auto messages, services.stores.queue.list(only));
    HUB_TRY(auto tasks, services.stores.tasks.inStates({TaskState::Queued}));
    const ProjectRights rights(services, in.call);
    messages.removeIf([&](const auto &message) { return !rights.sees(message.task); });
    tasks.removeIf([&](const Task &task) { return !rights.sees(task.spec.project); });
    Reply reply;
    commands::Table waiting{.columns = {u"message"_s, u"task"_s, u"from"_s, u"since"_s, u"text"_s},
                            .whenEmpty = u"No message waits."_s};
    QJsonArray data, taskRows;
    for (const auto &message : messages) {
        waiting.rows << QStringList{message.id.toString(), u'#' + message.task.toString(), message.author,
                                    agoText(message.at, services.now()), message.text};
        data.append(QJsonObject{{u"message_id"_s, message.id.toString()},
                                {u"task_id"_s, message.task.value()},
                                {u"from"_s, message.author},
                                {u"at"_s, toIso(message.at)},
                                {u"text"_s, message.text}});
    }
    commands::Table queued{.columns = {u"task"_s, u"priority"_s, u"title"_s, u"waits because"_s},
                           .whenEmpty = u"No task waits."_s};
    for (const Task &task : tasks) {
        if (only && *only != task.id)
            continue;
        queued.rows << QStringList{u'#' + task.id.toString(), textOf(priorityTexts, task.spec.priority),
                                   task.spec.title, task.reason};
        taskRows.append(taskData(services, task));
    }
    reply.tables << waiting << queued;
    reply.data = {{u"messages"_s, data}, {u"tasks"_s, taskRows}};
    return reply;
}

QString lineStat(const QByteArray &diff)
{
    qsizetype added = 0, removed = 0;
    for (const QByteArray &line : diff.split('\n')) {
        added += line.startsWith('+') && !line.startsWith("+++");
        removed += line.startsWith('-') && !line.startsWith("---");
    }
    return u"+%1 −%2"_s.arg(added).arg(removed);
}

// On the project's worker.
Result<Reply> diffJob(Services &services, const Task &task, const Checkpoint &from, const std::optional<Checkpoint> &to,
                      const QString &file, bool statOnly, const git::SnapshotOptions &options)
{
    HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
    HUB_TRY(const auto before, snapshotOf(from));
    HUB_TRY(const auto after, to ? snapshotOf(*to) : snapshotNow(services, task, options));
    HUB_TRY(const auto diff, git::compareSnapshots(*vault, before, after));
    Reply reply{.title =
                    u"#%1: %2 → %3"_s.arg(task.id.toString(), from.id.toString(), to ? to->id.toString() : u"now"_s)};
    commands::Table table{.columns = {u"change"_s, u"path"_s, u"lines"_s}, .whenEmpty = u"Nothing differs."_s};
    QByteArray text;
    QJsonArray data;
    for (const auto &change : diff.paths) {
        const QString path = QFile::decodeName(change.path);
        if (!file.isEmpty() && path != file && !path.startsWith(file + u'/'))
            continue;
        HUB_TRY(const auto one, git::diffFile(*vault, change));
        const QString what = !change.before ? u"added"_s : !change.after ? u"deleted"_s : u"changed"_s;
        const QString lines = one.binary ? u"binary"_s : lineStat(one.text);
        table.rows << QStringList{what, path, lines};
        data.append(
            QJsonObject{{u"path"_s, path}, {u"change"_s, what}, {u"lines"_s, lines}, {u"binary"_s, one.binary}});
        text += one.text;
        if (one.truncated)
            text += "[cut: too large to show]\n";
    }
    reply.tables << table;
    if (!statOnly && !text.isEmpty())
        reply.attachments.append({u"%1.diff"_s.arg(task.id.toString()), text});
    reply.data = {{u"task_id"_s, task.id.value()}, {u"changes"_s, data}};
    return reply;
}

QFuture<Result<Reply>> taskDiff(Services &services, const Invocation &in)
{
    const auto facts = [&]() -> Result<std::tuple<Task, Checkpoint, std::optional<Checkpoint>>> {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        HUB_TRY(const auto all, services.stores.tasks.checkpoints(task.id));
        if (all.isEmpty())
            return fail(ErrorCode::Conflict,
                        u"Task #%1 has no checkpoint yet to compare with."_s.arg(task.id.toString()));
        HUB_TRY(const Checkpoint from, in.has("from"_L1) ? findCheckpoint(services, task, in.text("from"_L1))
                                                         : Result<Checkpoint>(all.last()));
        std::optional<Checkpoint> to;
        if (in.has("to"_L1)) {
            HUB_TRY(to, findCheckpoint(services, task, in.text("to"_L1)));
        }
        return std::tuple(task, from, to);
    }();
    if (!facts)
        return readyFuture<Reply>(facts.error());
    const auto &[task, from, to] = *facts;
    return services.workers.run(task.spec.project.toString(),
                                [&services, task = task, from = from, to = to, file = in.text("file"_L1),
                                 stat = in.flag("stat"_L1), options = services.checkpointer.snapshotOptions()] {
                                    return diffJob(services, task, from, to, file, stat, options);
                                });
}

} // namespace

std::span<const HandlerRow> taskViewHandlers()
{
    static const HandlerRow rows[]{{"tasks"_L1, &listTasks},
                                   {"task-status"_L1, &taskStatus},
                                   {"task-log"_L1, &taskLog},
                                   {"task-diff"_L1, &taskDiff},
                                   {"queue list"_L1, &queueList}};
    return rows;
}

} // namespace hub
