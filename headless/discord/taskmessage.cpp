#include "headless/discord/taskmessage.h"

#include <QDateTime>
using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

using commands::Reply;
using commands::Severity;

constexpr int barCells = 12, longestThreadName = 100, longestAction = 200, listedFiles = 15;

std::optional<Instant> instantFrom(const QJsonValue &value)
{
    const QDateTime at = QDateTime::fromString(value.toString(), Qt::ISODateWithMs);
    return at.isValid() ? std::optional(fromMillis(at.toMSecsSinceEpoch())) : std::nullopt;
}

// By Unicode characters, as Discord counts.
QString cutAt(const QString &text, int most)
{
    const auto characters = text.toStdU32String();
    if (characters.size() <= size_t(most))
        return text;
    return QString::fromStdU32String(characters.substr(0, size_t(most) - 1)) + u'…';
}

QString firstLine(const QString &text) { return text.trimmed().section(u'\n', 0, 0).simplified(); }

QString stateWords(TaskState state) { return textOf(taskStateTexts, state).replace(u'_', u' '); }

QString bar(double percent)
{
    const int full = std::clamp(qRound(percent / 100 * barCells), 0, barCells);
    return QString(full, u'▰') + QString(barCells - full, u'▱') + u" %1 %"_s.arg(qRound(percent));
}

Severity severityOf(TaskState state)
{
    switch (state) {
    case TaskState::Completed: return Severity::Ok;
    case TaskState::Failed: return Severity::Error;
    case TaskState::NeedsReview:
    case TaskState::AwaitingApproval:
    case TaskState::Interrupted:
    case TaskState::Paused: return Severity::Warning;
    default: return Severity::Info;
    }
}

QStringList nextFor(const TaskFacts &task)
{
    const QString id = task.id.toString();
    switch (task.state) {
    case TaskState::Queued:
    case TaskState::Preparing:
    case TaskState::Running:
        return {u"task-status "_s + id, u"task-log "_s + id, u"say --task-id "_s + id, u"pause-task "_s + id};
    case TaskState::AwaitingApproval: return {u"approvals --task-id "_s + id, u"task-status "_s + id};
    case TaskState::Paused: return {u"resume-task "_s + id, u"task-diff "_s + id};
    case TaskState::NeedsReview:
        return {u"task-diff "_s + id, u"say --task-id "_s + id, u"finish-task "_s + id,
                u"rollback show --task-id "_s + id};
    case TaskState::Interrupted:
    case TaskState::Failed: return {u"resume-task "_s + id, u"rollback show --task-id "_s + id, u"task-log "_s + id};
    case TaskState::Completed: return {u"task-diff "_s + id, u"finish-task "_s + id, u"task-log "_s + id};
    case TaskState::Cancelled: return {u"task-diff "_s + id, u"task-log "_s + id};
    }
    return {};
}

void addField(Reply &reply, const QString &name, const QString &value)
{
    if (!value.trimmed().isEmpty())
        reply.fields.append({name, value});
}

QString listOf(const QJsonValue &value)
{
    QStringList words;
    for (const QJsonValue &one : value.toArray())
        words << one.toString();
    return value.isArray() ? words.join(u'\n') : value.toString();
}

QString whatHappened(const TaskFacts &task)
{
    switch (task.state) {
    case TaskState::NeedsReview: return u"#%1 ended its turn and needs your review"_s;
    case TaskState::Completed: return u"#%1 is completed"_s;
    case TaskState::Failed: return u"#%1 failed"_s;
    case TaskState::Interrupted: return u"#%1 was interrupted"_s;
    default: return u"#%1 is "_s + stateWords(task.state);
    }
}

} // namespace

std::optional<TaskFacts> TaskFacts::of(const QJsonObject &data)
{
    const auto state = enumFromText(taskStateTexts, data[u"state"_s].toString(), u"state");
    const qint64 id = data[u"task_id"_s].toInteger();
    if (!state || id <= 0)
        return std::nullopt;
    const auto text = [&data](QLatin1StringView key) { return data.value(key).toVariant().toString(); };
    return TaskFacts{.id = TaskId::of(id),
                     .title = text("title"_L1),
                     .description = text("description"_L1),
                     .project = text("project"_L1),
                     .agent = text("agent"_L1),
                     .owner = text("owner"_L1),
                     .reason = text("reason"_L1),
                     .step = text("step"_L1),
                     .branch = text("branch"_L1),
                     .lastError = text("last_error"_L1),
                     .state = *state,
                     .progress = data[u"progress"_s].toDouble(),
                     .checkpoints = data[u"checkpoints"_s].toInteger(),
                     .createdAt = instantFrom(data[u"created_at"_s]),
                     .updatedAt = instantFrom(data[u"updated_at"_s]),
                     .startedAt = instantFrom(data[u"started_at"_s]),
                     .endedAt = instantFrom(data[u"ended_at"_s]),
                     .tokens = text("tokens"_L1),
                     .cost = text("cost"_L1)};
}

QList<FileChange> changesOf(const QJsonObject &diffData)
{
    QList<FileChange> changes;
    for (const QJsonValue &one : diffData[u"changes"_s].toArray())
        changes.append({one[u"path"_s].toString(), one[u"change"_s].toString(), one[u"lines"_s].toString()});
    return changes;
}

QString threadName(const TaskFacts &task)
{
    const QString title = firstLine(task.title.isEmpty() ? task.description : task.title);
    return cutAt(u"#%1 %2"_s.arg(task.id.toString(), title).trimmed(), longestThreadName);
}

Reply openingReply(const TaskFacts &task)
{
    Reply reply{.severity = Severity::Info, .title = threadName(task), .text = cutAt(task.description, 1500)};
    if (task.description == task.title)
        reply.text.clear();
    addField(reply, u"Agent"_s, task.agent);
    addField(reply, u"Project"_s, task.project);
    addField(reply, u"Assigned by"_s, task.owner);
    return reply;
}

Reply statusReply(const TaskFacts &task, const QString &lastAction, Instant now)
{
    Reply reply{.severity = severityOf(task.state), .title = threadName(task), .next = nextFor(task)};
    reply.text = bar(task.state == TaskState::Completed ? 100 : task.progress);
    if (!task.reason.isEmpty())
        reply.text += u'\n' + task.reason;
    addField(reply, u"State"_s, stateWords(task.state));
    addField(reply, u"Step"_s, task.step);
    addField(reply, u"Last action"_s, cutAt(firstLine(lastAction), longestAction));
    if (const auto since = task.startedAt ? task.startedAt : task.createdAt)
        addField(reply, task.startedAt ? u"Time"_s : u"Waiting"_s, durationText(task.endedAt.value_or(now) - *since));
    addField(reply, u"Tokens"_s, task.tokens);
    addField(reply, u"Cost"_s, task.cost);
    addField(reply, u"Agent"_s, task.agent);
    addField(reply, u"Branch"_s, task.branch);
    if (task.checkpoints > 0)
        addField(reply, u"Checkpoints"_s, QString::number(task.checkpoints));
    addField(reply, u"Last error"_s, cutAt(firstLine(task.lastError), longestAction));
    return reply;
}

bool isMilestone(TaskState state)
{
    return state == TaskState::NeedsReview || state == TaskState::Interrupted || isEnded(state);
}

bool callsOwner(TaskState state) { return state == TaskState::NeedsReview; }

Reply milestoneReply(const TaskFacts &task, const QList<FileChange> &changes)
{
    Reply reply{.severity = severityOf(task.state),
                .title = whatHappened(task).arg(task.id.toString()),
                .text = task.reason,
                .next = nextFor(task)};
    if (task.state == TaskState::Failed)
        addField(reply, u"Error"_s, task.lastError);
    QStringList lines;
    for (const FileChange &change : changes.first(std::min<qsizetype>(changes.size(), listedFiles)))
        lines << u"%1 %2 (%3)"_s.arg(change.lines, change.path, change.change);
    if (changes.size() > listedFiles)
        lines << u"and %1 more"_s.arg(changes.size() - listedFiles);
    addField(reply, changes.size() == 1 ? u"1 file changed"_s : u"%1 files changed"_s.arg(changes.size()),
             lines.join(u'\n'));
    if (isEnded(task.state) && task.startedAt && task.endedAt)
        addField(reply, u"Time"_s, durationText(*task.endedAt - *task.startedAt));
    addField(reply, u"Branch"_s, task.branch);
    return reply;
}

bool isOpen(const QJsonObject &approval) { return approval[u"state"_s].toString() == u"open"; }

Reply approvalReply(const QJsonObject &approval, const TaskFacts &task)
{
    const QString id = approval[u"approval_id"_s].toString(), by = approval[u"answered_by"_s].toString();
    const QJsonObject detail = approval[u"detail"_s].toObject();
    Reply reply{.severity = Severity::Warning,
                .title = u"%1: %2 asks for #%3"_s.arg(id, task.agent.isEmpty() ? u"the agent"_s : task.agent,
                                                      task.id.toString()),
                .text = approval[u"question"_s].toString()};
    addField(reply, u"Kind"_s, approval[u"kind"_s].toString());
    addField(reply, u"Command"_s, detail[u"command"_s].toString());
    addField(reply, u"Folder"_s, detail[u"folder"_s].toString());
    addField(reply, u"Files"_s, listOf(detail.contains(u"files"_s) ? detail[u"files"_s] : detail[u"paths"_s]));
    addField(reply, u"Why"_s, detail[u"reason"_s].toString());
    if (isOpen(approval)) {
        reply.next = {u"approve "_s + id, u"approve %1 --scope task"_s.arg(id), u"deny "_s + id};
        return reply;
    }
    const QString state = approval[u"state"_s].toString();
    reply.severity = state == u"allowed" ? Severity::Ok : Severity::Info;
    addField(reply, u"Answer"_s, by.isEmpty() ? state : u"%1 by %2"_s.arg(state, by));
    addField(reply, u"Said"_s, approval[u"reason"_s].toString());
    reply.next = {u"task-status "_s + task.id.toString()};
    return reply;
}

Reply rollbackReply(const QJsonObject &receipt)
{
    const QString operation = receipt[u"operation"_s].toString();
    const QString id = QString::number(receipt[u"task_id"_s].toInteger());
    const bool exact = receipt[u"exact"_s].toBool();
    Reply reply{.severity = exact ? Severity::Ok : Severity::Warning,
                .title = u"#%1 was rolled back to %2"_s.arg(id, receipt[u"target"_s].toString()),
                .text = u"%1 restored, %2 deleted, %3 checked. How it was before is kept as %4."_s
                            .arg(receipt[u"restored"_s].toInteger())
                            .arg(receipt[u"deleted"_s].toInteger())
                            .arg(receipt[u"verified"_s].toInteger())
                            .arg(receipt[u"before"_s].toString()),
                .next = {u"rollback undo "_s + operation, u"resume-task "_s + id}};
    addField(reply, u"Differs"_s, listOf(receipt[u"differences"_s]));
    addField(reply, u"Mind"_s, listOf(receipt[u"notes"_s]));
    addField(reply, u"Receipt"_s, operation);
    return reply;
}

Reply finishReply(const QJsonObject &receipt)
{
    const QString operation = receipt[u"operation"_s].toString(), how = receipt[u"how"_s].toString();
    const QString id = QString::number(receipt[u"task_id"_s].toInteger());
    const bool undone = receipt[u"undo"_s].toBool();
    Reply reply{.severity = Severity::Ok,
                .title =
                    undone ? u"The finish of #%1 was taken back"_s.arg(id) : u"#%1 was finished (%2)"_s.arg(id, how),
                .next = {u"rollback undo "_s + operation}};
    addField(reply, u"Branch"_s, receipt[u"branch"_s].toString());
    addField(reply, u"Into"_s, receipt[u"into"_s].toString());
    addField(reply, u"Commit"_s, receipt[u"commit"_s].toString());
    addField(reply, u"Pull request"_s, receipt[u"pull_request"_s].toString());
    addField(reply, u"Mind"_s, listOf(receipt[u"notes"_s]));
    addField(reply, u"Receipt"_s, operation);
    return reply;
}

} // namespace hub::discord
