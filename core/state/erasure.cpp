#include "core/state/erasure.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString prefix = u"task_gone/"_s;

Result<GoneTask> goneFrom(const QString &key, const QString &value)
{
    const auto id = TaskId::parse(key.mid(prefix.size()));
    HUB_TRY(const QJsonObject facts, objectFromJson(value.toUtf8()));
    const auto project = ProjectName::parse(facts[u"project"_s].toString());
    if (!id || !project)
        return fail(ErrorCode::Corrupt, u"what is known of a task that was taken out is damaged: "_s + key);
    return GoneTask{*id, *project, facts[u"branch"_s].toString(), facts[u"next_checkpoint"_s].toInteger(1),
                    fromMillis(facts[u"at"_s].toInteger())};
}

// In this order, since rows refer to each other.
const QStringList deletions{u"DELETE FROM approval WHERE task = ?"_s,
                            u"DELETE FROM open_request WHERE run IN (SELECT id FROM run WHERE task = ?)"_s,
                            u"DELETE FROM run_input WHERE run IN (SELECT id FROM run WHERE task = ?)"_s,
                            u"DELETE FROM tool_request WHERE run IN (SELECT id FROM run WHERE task = ?)"_s,
                            u"DELETE FROM run WHERE task = ?"_s,
                            u"DELETE FROM queued_message WHERE task = ?"_s,
                            u"DELETE FROM hidden_range WHERE task = ?"_s,
                            u"DELETE FROM checkpoint WHERE task = ?"_s,
                            u"DELETE FROM operation WHERE task = ?"_s,
                            u"DELETE FROM turn WHERE task = ?"_s,
                            u"DELETE FROM message WHERE task = ?"_s,
                            u"DELETE FROM claim WHERE task = ?"_s,
                            u"UPDATE task SET after_task = NULL WHERE after_task = ?"_s,
                            u"DELETE FROM task WHERE id = ?"_s};

} // namespace

Result<> Erasure::erase(const Task &task)
{
    const QString id = task.id.toString();
    HUB_TRY(const auto next, m_database.selectOne(u"SELECT next_checkpoint FROM task WHERE id = ?"_s, {task.id.value()},
                                                  [](const db::Row &row) { return row.number(0); }));
    const QJsonObject facts{{u"project"_s, task.spec.project.toString()},
                            {u"branch"_s, task.spec.mode == TreeMode::Worktree ? task.branch : QString()},
                            {u"next_checkpoint"_s, next.value_or(1)},
                            {u"at"_s, toMillis(m_clock.now())}};
    for (const QString &sql : deletions)
        HUB_CHECK(m_database.execute(sql, {task.id.value()}));
    HUB_CHECK(m_database.execute(u"DELETE FROM pause WHERE scope = 'task' AND subject = ?"_s, {id}));
    HUB_CHECK(m_database.execute(u"DELETE FROM meta WHERE key IN (?,?)"_s,
                                 {u"tree_set_up/"_s + id, u"tree_removed/"_s + id}));
    HUB_CHECK(m_database.execute(u"INSERT OR REPLACE INTO meta (key, value) VALUES (?,?)"_s,
                                 {prefix + id, QString::fromUtf8(toJson(facts))}));
    return {};
}

Result<std::optional<GoneTask>> Erasure::find(TaskId id) const
{
    HUB_TRY(const auto value, m_database.selectOne(u"SELECT value FROM meta WHERE key = ?"_s, {prefix + id.toString()},
                                                   [](const db::Row &row) { return row.text(0); }));
    if (!value)
        return std::optional<GoneTask>();
    HUB_TRY(const GoneTask gone, goneFrom(prefix + id.toString(), *value));
    return std::optional(gone);
}

Result<QList<GoneTask>> Erasure::ofProject(const ProjectName &project) const
{
    HUB_TRY(auto all, m_database.select(
                          u"SELECT key, value FROM meta WHERE key >= ? AND key < ?"_s,
                          {prefix, u"task_gone0"_s}, // '0' comes behind '/'
                          [](const db::Row &row) -> Result<GoneTask> { return goneFrom(row.text(0), row.text(1)); }));
    all.removeIf([&](const GoneTask &gone) { return gone.project != project; });
    return all;
}

Result<QStringList> Erasure::unreferenced(const QStringList &files) const
{
    HUB_TRY(const auto named, m_database.select(u"SELECT DISTINCT body_file FROM message WHERE body_file IS NOT NULL"_s,
                                                {}, [](const db::Row &row) -> Result<QString> { return row.text(0); }));
    const QSet<QString> used(named.begin(), named.end());
    QStringList free;
    for (const QString &file : files) {
        if (!used.contains(file))
            free << file;
    }
    return free;
}

} // namespace hub::state
