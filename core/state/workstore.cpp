#include "core/state/workstore.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

Result<Project> projectFrom(const db::Row &row)
{
    const auto name = ProjectName::parse(row.text(0));
    if (!name)
        return fail(ErrorCode::Corrupt, u"a project has no valid name"_s);
    Project project{*name, row.text(1), row.text(2) == u"missing", fromMillis(row.number(3)), row.text(4), {}, {}};
    HUB_TRY(project.options, objectFromJson(row.text(5).toUtf8()));
    HUB_TRY(project.report, objectFromJson(row.text(6).toUtf8()));
    project.blocked = row.text(7);
    HUB_TRY(project.doing, objectFromJson(row.text(8).toUtf8()));
    project.removed = row.text(2) == u"removed";
    if (project.removed)
        project.path = row.text(9);
    return project;
}

const QString projectColumns =
    u"name, path, state, added_at, added_by, options, report, blocked, doing, removed_from"_s;

QString vaultCheckKey(const ProjectName &name) { return u"vault_check/"_s + name.toString(); }

QueuedMessage queuedFrom(const db::Row &row)
{
    return {MessageId::of(row.number(0)), TaskId::of(row.number(1)), fromMillis(row.number(2)), row.text(3),
            row.text(4)};
}

Result<Operation> operationFrom(const db::Row &row)
{
    Operation op{.id = OperationId::of(row.number(0)),
                 .task = TaskId::of(row.number(1)),
                 .kind = row.text(2),
                 .state = row.text(3),
                 .who = row.text(4),
                 .at = fromMillis(row.number(5))};
    if (!row.isNull(6))
        op.endedAt = fromMillis(row.number(6));
    op.before = row.number(7);
    op.target = row.number(8);
    if (!row.isNull(9))
        op.undoes = OperationId::of(row.number(9));
    if (!row.isNull(10))
        op.undoneBy = OperationId::of(row.number(10));
    HUB_TRY(op.journal, objectFromJson(row.text(11).toUtf8()));
    if (!row.isNull(12)) {
        HUB_TRY(op.receipt, objectFromJson(row.text(12).toUtf8()));
    }
    return op;
}

const QString operationColumns =
    u"id, task, kind, state, who, at, ended_at, before_number, target_number, undoes, undone_by, "
    "journal, receipt"_s;

} // namespace

Result<Project> ProjectStore::add(const ProjectName &name, const QString &path, const QString &who,
                                  const QJsonObject &report)
{
    HUB_CHECK(m_database.execute(
        u"INSERT INTO project (name, path, state, added_at, added_by, report) VALUES (?,?,'ready',?,?,?)"_s,
        {name.toString(), path, toMillis(m_clock.now()), who, QString::fromUtf8(toJson(report))}));
    return get(name);
}

Result<Project> ProjectStore::get(const ProjectName &name) const
{
    HUB_TRY(const auto found, m_database.select(u"SELECT "_s + projectColumns + u" FROM project WHERE name = ?"_s,
                                                {name.toString()}, projectFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no project %1."_s.arg(name.toString()), u"agenthubctl projects"_s);
    return found.first();
}

Result<std::optional<Project>> ProjectStore::atPath(const QString &path) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + projectColumns + u" FROM project WHERE path = ?"_s, {path}, projectFrom));
    return found.isEmpty() ? std::optional<Project>() : found.first();
}

Result<QList<Project>> ProjectStore::all() const
{
    return m_database.select(u"SELECT "_s + projectColumns + u" FROM project WHERE state <> 'removed' ORDER BY name"_s,
                             {}, projectFrom);
}

Result<QList<Project>> ProjectStore::removed() const
{
    return m_database.select(u"SELECT "_s + projectColumns + u" FROM project WHERE state = 'removed' ORDER BY name"_s,
                             {}, projectFrom);
}

Result<> ProjectStore::setMissing(const ProjectName &name, bool missing)
{
    HUB_CHECK(m_database.execute(u"UPDATE project SET state = ? WHERE name = ? AND state <> 'removed'"_s,
                                 {missing ? u"missing"_s : u"ready"_s, name.toString()}));
    return {};
}

Result<> ProjectStore::setOptions(const ProjectName &name, const QJsonObject &options)
{
    HUB_CHECK(m_database.execute(u"UPDATE project SET options = ? WHERE name = ?"_s,
                                 {QString::fromUtf8(toJson(options)), name.toString()}));
    return {};
}

Result<> ProjectStore::setBlocked(const ProjectName &name, const QString &why)
{
    HUB_CHECK(m_database.execute(u"UPDATE project SET blocked = ? WHERE name = ?"_s, {why, name.toString()}));
    return {};
}

Result<> ProjectStore::setDoing(const ProjectName &name, const QJsonObject &doing)
{
    HUB_CHECK(m_database.execute(u"UPDATE project SET doing = ? WHERE name = ?"_s,
                                 {QString::fromUtf8(toJson(doing)), name.toString()}));
    return {};
}

Result<> ProjectStore::setVaultCheck(const ProjectName &name, const QString &problem)
{
    const QJsonObject check{{u"at"_s, toMillis(m_clock.now())}, {u"problem"_s, problem}};
    HUB_CHECK(m_database.execute(
        u"INSERT INTO meta (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"_s,
        {vaultCheckKey(name), QString::fromUtf8(toJson(check))}));
    return {};
}

Result<std::optional<VaultCheck>> ProjectStore::vaultCheck(const ProjectName &name) const
{
    HUB_TRY(const auto text, m_database.selectOne(u"SELECT value FROM meta WHERE key = ?"_s, {vaultCheckKey(name)},
                                                  [](const db::Row &row) { return row.text(0); }));
    if (!text)
        return std::optional<VaultCheck>();
    HUB_TRY(const QJsonObject check, objectFromJson(text->toUtf8()));
    return std::optional(VaultCheck{fromMillis(check[u"at"_s].toInteger()), check[u"problem"_s].toString()});
}

Result<> ProjectStore::setPath(const ProjectName &name, const QString &path)
{
    HUB_CHECK(m_database.execute(u"UPDATE task SET tree = ? WHERE project = ? AND mode = 'in-place' AND tree <> ''"_s,
                                 {path, name.toString()}));
    HUB_CHECK(
        m_database.execute(u"UPDATE project SET path = ?, state = 'ready' WHERE name = ?"_s, {path, name.toString()}));
    return {};
}

// Its path becomes its name, which no folder has: paths are absolute, and no two projects share one.
Result<> ProjectStore::remove(const ProjectName &name)
{
    HUB_CHECK(m_database.execute(u"UPDATE project SET removed_from = path, path = name, state = 'removed', "
                                 "blocked = ?, doing = '{}' WHERE name = ? AND state <> 'removed'"_s,
                                 {u"Project %1 was removed from this hub."_s.arg(name.toString()), name.toString()}));
    return {};
}

Result<Project> ProjectStore::addAgain(const ProjectName &name, const QString &path, const QString &who,
                                       const QJsonObject &report)
{
    HUB_CHECK(setPath(name, path));
    HUB_CHECK(m_database.execute(u"UPDATE project SET removed_from = '', blocked = '', doing = '{}', added_at = ?, "
                                 "added_by = ?, report = ? WHERE name = ?"_s,
                                 {toMillis(m_clock.now()), who, QString::fromUtf8(toJson(report)), name.toString()}));
    return get(name);
}

Result<> mayTouch(const Project &project)
{
    if (project.blocked.isEmpty())
        return {};
    return fail(ErrorCode::Refused, project.blocked,
                project.removed ? u"agenthubctl projects add '%1'"_s.arg(project.path)
                                : u"agenthubctl projects show "_s + project.name.toString());
}

Result<MessageId> MessageQueue::add(TaskId task, const QString &author, const QString &text)
{
    HUB_CHECK(m_database.execute(u"INSERT INTO queued_message (task, at, author, text) VALUES (?,?,?,?)"_s,
                                 {task.value(), toMillis(m_clock.now()), author, text}));
    return MessageId::of(m_database.lastInsertId());
}

Result<QList<QueuedMessage>> MessageQueue::list(std::optional<TaskId> task) const
{
    if (task)
        return m_database.select(u"SELECT id, task, at, author, text FROM queued_message WHERE task = ? ORDER BY id"_s,
                                 {task->value()}, queuedFrom);
    return m_database.select(u"SELECT id, task, at, author, text FROM queued_message ORDER BY id"_s, {}, queuedFrom);
}

Result<QueuedMessage> MessageQueue::get(MessageId id) const
{
    HUB_TRY(const auto found,
            m_database.selectOne(u"SELECT id, task, at, author, text FROM queued_message WHERE id = ?"_s, {id.value()},
                                 queuedFrom));
    if (!found)
        return fail(ErrorCode::NotFound, u"No message %1 waits; it may have been sent already."_s.arg(id.toString()),
                    u"agenthubctl queue list"_s);
    return *found;
}

Result<> MessageQueue::edit(MessageId id, const QString &text)
{
    HUB_CHECK(m_database.execute(u"UPDATE queued_message SET text = ? WHERE id = ?"_s, {text, id.value()}));
    return {};
}

Result<> MessageQueue::remove(MessageId id)
{
    HUB_CHECK(m_database.execute(u"DELETE FROM queued_message WHERE id = ?"_s, {id.value()}));
    return {};
}

Result<Operation> OperationStore::begin(TaskId task, const QString &kind, const QString &who, qint64 before,
                                        qint64 target, std::optional<OperationId> undoes, const QJsonObject &journal)
{
    HUB_CHECK(m_database.execute(
        u"INSERT INTO operation (task, kind, state, who, at, before_number, target_number, undoes, journal) "
        "VALUES (?,?,'executing',?,?,?,?,?,?)"_s,
        {task.value(), kind, who, toMillis(m_clock.now()), before, target,
         undoes ? QVariant(undoes->value()) : QVariant(), QString::fromUtf8(toJson(journal))}));
    return get(OperationId::of(m_database.lastInsertId()));
}

Result<> OperationStore::setProgress(OperationId id, qint64 target, const QJsonObject &journal)
{
    HUB_CHECK(m_database.execute(u"UPDATE operation SET target_number = ?, journal = ? WHERE id = ?"_s,
                                 {target, QString::fromUtf8(toJson(journal)), id.value()}));
    return {};
}

Result<> OperationStore::end(OperationId id, const QString &state, const QJsonObject &receipt)
{
    HUB_CHECK(m_database.execute(u"UPDATE operation SET state = ?, receipt = ?, ended_at = ? WHERE id = ?"_s,
                                 {state, QString::fromUtf8(toJson(receipt)), toMillis(m_clock.now()), id.value()}));
    if (state == u"done") {
        HUB_CHECK(m_database.execute(
            u"UPDATE operation SET undone_by = ? WHERE id = (SELECT undoes FROM operation WHERE id = ?)"_s,
            {id.value(), id.value()}));
    }
    return {};
}

Result<Operation> OperationStore::get(OperationId id) const
{
    HUB_TRY(const auto found, m_database.select(u"SELECT "_s + operationColumns + u" FROM operation WHERE id = ?"_s,
                                                {id.value()}, operationFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no operation %1."_s.arg(id.toString()),
                    u"agenthubctl rollback show"_s);
    return found.first();
}

Result<QList<Operation>> OperationStore::list(std::optional<TaskId> task) const
{
    if (task)
        return m_database.select(u"SELECT "_s + operationColumns + u" FROM operation WHERE task = ? ORDER BY id DESC"_s,
                                 {task->value()}, operationFrom);
    return m_database.select(u"SELECT "_s + operationColumns + u" FROM operation ORDER BY id DESC LIMIT 100"_s, {},
                             operationFrom);
}

Result<QList<Operation>> OperationStore::executing() const
{
    return m_database.select(u"SELECT "_s + operationColumns +
                                 u" FROM operation WHERE state = 'executing' ORDER BY id"_s,
                             {}, operationFrom);
}

} // namespace hub::state
