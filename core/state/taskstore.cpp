#include "core/state/taskstore.h"

#include "core/base/json.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString taskColumns =
    u"id, project, agent, title, description, type, priority, autonomy, mode, base, after_task, owner, "
    "state, reason, created_at, updated_at, started_at, ended_at, step, progress, context, "
    "error_count, last_error, tree, branch, base_commit, backup_branch, checkpoint_seconds, "
    "resumed_from, (SELECT coalesce(max(seq), 0) FROM message m WHERE m.task = task.id)"_s;
const QString checkpointColumns =
    u"task, number, type, at, step, progress, context, task_state, message_seq, turn, commit_id, "
    "tree_id, head, branch, files, changed, not_held, error_count, last_error, notes"_s;

std::optional<Instant> maybeInstant(const db::Row &row, int column)
{
    return row.isNull(column) ? std::nullopt : std::optional(fromMillis(row.number(column)));
}

Result<Task> taskFrom(const db::Row &row)
{
    const auto project = ProjectName::parse(row.text(1));
    const auto agent = AgentName::parse(row.text(2));
    if (!project || !agent)
        return fail(ErrorCode::Corrupt, u"task %1 names no valid project or agent"_s.arg(row.number(0)));
    HUB_TRY(const auto autonomy, enumFromText(autonomyTexts, row.text(7), u"autonomy"));
    HUB_TRY(const auto mode, enumFromText(treeModeTexts, row.text(8), u"mode"));
    HUB_TRY(const auto state, enumFromText(taskStateTexts, row.text(12), u"task state"));
    Task task{.id = TaskId::of(row.number(0)),
              .spec = {.project = *project,
                       .agent = *agent,
                       .title = row.text(3),
                       .description = row.text(4),
                       .type = row.text(5)}};
    task.spec.priority = Priority(std::clamp<qint64>(row.number(6), 0, 3));
    task.spec.autonomy = autonomy;
    task.spec.mode = mode;
    task.spec.base = row.text(9);
    if (!row.isNull(10))
        task.spec.after = TaskId::of(row.number(10));
    task.spec.owner = row.text(11);
    task.state = state;
    task.reason = row.text(13);
    task.createdAt = fromMillis(row.number(14));
    task.updatedAt = fromMillis(row.number(15));
    task.startedAt = maybeInstant(row, 16);
    task.endedAt = maybeInstant(row, 17);
    task.step = row.text(18);
    task.progress = row.real(19);
    HUB_TRY(task.context, objectFromJson(row.text(20).toUtf8()));
    task.errorCount = int(row.number(21));
    task.lastError = row.text(22);
    task.tree = row.text(23);
    task.branch = row.text(24);
    task.baseCommit = row.text(25);
    task.backupBranch = row.text(26);
    if (!row.isNull(27))
        task.spec.checkpointSeconds = int(row.number(27));
    task.resumedFrom = row.maybeNumber(28);
    task.lastMessage = row.number(29);
    return task;
}

Result<Checkpoint> checkpointFrom(const db::Row &row)
{
    Checkpoint checkpoint{.id = {TaskId::of(row.number(0)), row.number(1)}};
    HUB_TRY(checkpoint.type, enumFromText(checkpointTypeTexts, row.text(2), u"checkpoint type"));
    checkpoint.at = fromMillis(row.number(3));
    checkpoint.step = row.text(4);
    checkpoint.progress = row.real(5);
    HUB_TRY(checkpoint.context, objectFromJson(row.text(6).toUtf8()));
    HUB_TRY(checkpoint.taskState, enumFromText(taskStateTexts, row.text(7), u"task state"));
    checkpoint.messageSeq = row.number(8);
    if (!row.isNull(9))
        checkpoint.turn = TurnId::of(row.number(9));
    checkpoint.commit = row.text(10);
    checkpoint.tree = row.text(11);
    checkpoint.head = row.text(12);
    checkpoint.branch = row.text(13);
    checkpoint.files = row.number(14);
    checkpoint.changed = row.number(15);
    checkpoint.notHeld = QJsonDocument::fromJson(row.text(16).toUtf8()).array();
    checkpoint.errorCount = int(row.number(17));
    checkpoint.lastError = row.text(18);
    checkpoint.notes = row.text(19);
    return checkpoint;
}

QVariant orNull(const QString &text) { return text.isEmpty() ? QVariant() : QVariant(text); }

QString keyOf(TaskId id, TaskStore::TreeFact fact)
{
    return (fact == TaskStore::TreeFact::SetUp ? u"tree_set_up/"_s : u"tree_removed/"_s) + id.toString();
}

} // namespace

Result<Task> TaskStore::create(const TaskSpec &spec)
{
    const qint64 now = toMillis(m_clock.now());
    HUB_CHECK(m_database.execute(
        u"INSERT INTO task (project, agent, title, description, type, priority, autonomy, mode, base, after_task, "
        u"owner, "
        "state, created_at, updated_at, checkpoint_seconds) VALUES (?,?,?,?,?,?,?,?,?,?,?,'queued',?,?,?)"_s,
        {spec.project.toString(), spec.agent.toString(), spec.title, spec.description, spec.type, int(spec.priority),
         textOf(autonomyTexts, spec.autonomy), textOf(treeModeTexts, spec.mode), spec.base,
         spec.after ? QVariant(spec.after->value()) : QVariant(), spec.owner, now, now,
         spec.checkpointSeconds ? QVariant(*spec.checkpointSeconds) : QVariant()}));
    return get(TaskId::of(m_database.lastInsertId()));
}

Result<Task> TaskStore::get(TaskId id) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + taskColumns + u" FROM task WHERE id = ?"_s, {id.value()}, taskFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no task #%1."_s.arg(id.toString()),
                    u"agenthubctl tasks --filter all"_s);
    return found.first();
}

Result<QList<Task>> TaskStore::all() const
{
    return m_database.select(u"SELECT "_s + taskColumns + u" FROM task ORDER BY id DESC"_s, {}, taskFrom);
}

Result<QList<Task>> TaskStore::inStates(const QList<TaskState> &states) const
{
    QStringList texts;
    for (TaskState state : states)
        texts << u'\'' + textOf(taskStateTexts, state) + u'\'';
    return m_database.select(u"SELECT "_s + taskColumns + u" FROM task WHERE state IN ("_s + texts.join(u',') +
                                 u") ORDER BY priority DESC, id"_s,
                             {}, taskFrom);
}

Result<qint64> TaskStore::countInState(TaskState state) const
{
    HUB_TRY(const auto count,
            m_database.selectOne(u"SELECT count(*) FROM task WHERE state = ?"_s, {textOf(taskStateTexts, state)},
                                 [](const db::Row &row) { return row.number(0); }));
    return count.value_or(0);
}

Result<> TaskStore::setState(TaskId id, TaskState state, const QString &reason)
{
    HUB_TRY(const Task task, get(id));
    if (!mayFollow(task.state, state)) {
        return fail(ErrorCode::Conflict,
                    u"Task #%1 is %2 and can't become %3."_s.arg(id.toString(), textOf(taskStateTexts, task.state),
                                                                 textOf(taskStateTexts, state)));
    }
    const qint64 now = toMillis(m_clock.now());
    HUB_CHECK(m_database.execute(u"UPDATE task SET state = ?, reason = ?, updated_at = ?, "
                                 "started_at = CASE WHEN ? THEN coalesce(started_at, ?) ELSE started_at END, "
                                 "ended_at = CASE WHEN ? THEN ? END WHERE id = ?"_s,
                                 {textOf(taskStateTexts, state), reason, now, state == TaskState::Running, now,
                                  isEnded(state), now, id.value()}));
    return {};
}

Result<> TaskStore::setReason(TaskId id, const QString &reason)
{
    HUB_CHECK(
        m_database.execute(u"UPDATE task SET reason = ? WHERE id = ? AND reason <> ?"_s, {reason, id.value(), reason}));
    return {};
}

Result<> TaskStore::setProgress(TaskId id, const QString &step, double percent)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET step = ?, progress = ?, updated_at = ? WHERE id = ?"_s,
                                 {step, percent, toMillis(m_clock.now()), id.value()}));
    return {};
}

Result<> TaskStore::setContext(TaskId id, const QJsonObject &context)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET context = ?, updated_at = ? WHERE id = ?"_s,
                                 {QString::fromUtf8(toJson(context)), toMillis(m_clock.now()), id.value()}));
    return {};
}

Result<> TaskStore::recordError(TaskId id, const QString &error)
{
    HUB_CHECK(m_database.execute(
        u"UPDATE task SET error_count = error_count + 1, last_error = ?, updated_at = ? WHERE id = ?"_s,
        {error, toMillis(m_clock.now()), id.value()}));
    return {};
}

Result<> TaskStore::setBackupBranch(TaskId id, const QString &branch)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET backup_branch = ? WHERE id = ?"_s, {branch, id.value()}));
    return {};
}

Result<> TaskStore::setTree(TaskId id, const QString &tree, const QString &branch, const QString &baseCommit)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET tree = ?, branch = ?, base_commit = ? WHERE id = ?"_s,
                                 {tree, branch, baseCommit, id.value()}));
    return {};
}

Result<> TaskStore::setCheckpointSeconds(TaskId id, qint64 seconds)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET checkpoint_seconds = ? WHERE id = ?"_s, {seconds, id.value()}));
    return {};
}

Result<> TaskStore::setResumedFrom(TaskId id, qint64 checkpoint)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET resumed_from = ? WHERE id = ?"_s, {checkpoint, id.value()}));
    return {};
}

Result<> TaskStore::restoreFrom(const Checkpoint &checkpoint)
{
    HUB_CHECK(m_database.execute(
        u"UPDATE task SET step = ?, progress = ?, context = ?, error_count = ?, last_error = ?, "
        "updated_at = ? WHERE id = ?"_s,
        {checkpoint.step, checkpoint.progress, QString::fromUtf8(toJson(checkpoint.context)), checkpoint.errorCount,
         orNull(checkpoint.lastError), toMillis(m_clock.now()), checkpoint.id.task.value()}));
    return {};
}

Result<QString> TaskStore::treeFact(TaskId id, TreeFact fact) const
{
    HUB_TRY(const auto known, m_database.selectOne(u"SELECT value FROM meta WHERE key = ?"_s, {keyOf(id, fact)},
                                                   [](const db::Row &row) { return row.text(0); }));
    return known.value_or(QString());
}

Result<> TaskStore::setTreeFact(TaskId id, TreeFact fact, const QString &text)
{
    HUB_CHECK(text.isEmpty() ? m_database.execute(u"DELETE FROM meta WHERE key = ?"_s, {keyOf(id, fact)})
                             : m_database.execute(u"INSERT INTO meta (key, value) VALUES (?,?) "
                                                  "ON CONFLICT (key) DO UPDATE SET value = excluded.value"_s,
                                                  {keyOf(id, fact), text}));
    return {};
}

Result<CheckpointId> TaskStore::reserveCheckpoint(TaskId id)
{
    HUB_TRY(const auto number,
            m_database.selectOne(
                u"UPDATE task SET next_checkpoint = next_checkpoint + 1 WHERE id = ? RETURNING next_checkpoint - 1"_s,
                {id.value()}, [](const db::Row &row) { return row.number(0); }));
    if (!number)
        return fail(ErrorCode::NotFound, u"There is no task #%1."_s.arg(id.toString()));
    return CheckpointId{id, *number};
}

Result<> TaskStore::addCheckpoint(const Checkpoint &c)
{
    HUB_CHECK(m_database.execute(u"INSERT INTO checkpoint ("_s + checkpointColumns +
                                     u") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"_s,
                                 {c.id.task.value(),
                                  c.id.number,
                                  textOf(checkpointTypeTexts, c.type),
                                  toMillis(c.at),
                                  c.step,
                                  c.progress,
                                  QString::fromUtf8(toJson(c.context)),
                                  textOf(taskStateTexts, c.taskState),
                                  c.messageSeq,
                                  c.turn ? QVariant(c.turn->value()) : QVariant(),
                                  c.commit,
                                  c.tree,
                                  c.head,
                                  c.branch,
                                  c.files,
                                  c.changed,
                                  QString::fromUtf8(toJson(c.notHeld)),
                                  c.errorCount,
                                  orNull(c.lastError),
                                  c.notes}));
    return {};
}

Result<Checkpoint> TaskStore::checkpoint(CheckpointId id) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + checkpointColumns + u" FROM checkpoint WHERE task = ? AND number = ?"_s,
                              {id.task.value(), id.number}, checkpointFrom));
    if (found.isEmpty()) {
        return fail(ErrorCode::NotFound, u"There is no checkpoint %1."_s.arg(id.toString()),
                    u"agenthubctl rollback show --task-id %1"_s.arg(id.task.toString()));
    }
    return found.first();
}

Result<QList<Checkpoint>> TaskStore::checkpoints(TaskId id) const
{
    return m_database.select(u"SELECT "_s + checkpointColumns +
                                 u" FROM checkpoint WHERE task = ? ORDER BY number DESC"_s,
                             {id.value()}, checkpointFrom);
}

Result<std::optional<Checkpoint>> TaskStore::newestCheckpoint(TaskId id) const
{
    HUB_TRY(const auto found, m_database.select(u"SELECT "_s + checkpointColumns +
                                                    u" FROM checkpoint WHERE task = ? ORDER BY number DESC LIMIT 1"_s,
                                                {id.value()}, checkpointFrom));
    return found.isEmpty() ? std::optional<Checkpoint>() : found.first();
}

Result<qint64> TaskStore::checkpointCount(TaskId id) const
{
    HUB_TRY(const auto count, m_database.selectOne(u"SELECT count(*) FROM checkpoint WHERE task = ?"_s, {id.value()},
                                                   [](const db::Row &row) { return row.number(0); }));
    return count.value_or(0);
}

Result<QList<CheckpointMark>> TaskStore::checkpointMarks(TaskId id) const
{
    return m_database.select(u"SELECT number, type, at FROM checkpoint WHERE task = ? ORDER BY number DESC"_s,
                             {id.value()}, [](const db::Row &row) -> Result<CheckpointMark> {
                                 HUB_TRY(const auto type,
                                         enumFromText(checkpointTypeTexts, row.text(1), u"checkpoint type"));
                                 return CheckpointMark{row.number(0), type, fromMillis(row.number(2))};
                             });
}

Result<QStringList> TaskStore::checkpointCommits(TaskId id) const
{
    HUB_TRY(const auto commits, m_database.select(u"SELECT commit_id FROM checkpoint WHERE task = ?"_s, {id.value()},
                                                  [](const db::Row &row) -> Result<QString> { return row.text(0); }));
    return QStringList(commits);
}

Result<qint64> TaskStore::nextCheckpoint(TaskId id) const
{
    HUB_TRY(const auto next, m_database.selectOne(u"SELECT next_checkpoint FROM task WHERE id = ?"_s, {id.value()},
                                                  [](const db::Row &row) { return row.number(0); }));
    return next.value_or(1);
}

Result<QList<std::pair<qint64, qint64>>> TaskStore::unknownCheckpoints(TaskId id) const
{
    const QString prefix = u"unknown_checkpoints:%1:"_s.arg(id.value());
    return m_database.select(u"SELECT key, value FROM meta WHERE key >= ? AND key < ?"_s,
                             {prefix, prefix.chopped(1) + u';'}, [](const db::Row &row) {
                                 return std::pair(row.text(0).section(u':', 2).toLongLong(), row.text(1).toLongLong());
                             });
}

Result<> TaskStore::removeCheckpoints(TaskId id, const QList<qint64> &numbers)
{
    for (const qint64 number : numbers)
        HUB_CHECK(m_database.execute(u"DELETE FROM checkpoint WHERE task = ? AND number = ?"_s, {id.value(), number}));
    return {};
}

} // namespace hub::state
