#include "core/state/rowpurge.h"

#include "core/state/runstore.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

enum class Holds {
    Text,
    Json,
    Beginning, // of a longer text
    Name,      // has to stay different from others
    Stream,    // bytes that were sent; their number stays
    Split,     // a stream that goes on in the next row
};

struct Place {
    const char *what; // for people
    const char *table;
    const char *scope; // %p the project's name, %t its tasks, %r its runs
    QList<std::pair<QString, Holds>> columns;
};

// THE list of what is looked through.
const QList<Place> &places()
{
    using enum Holds;
    static const QList<Place> all{
        {"project settings", "project", "name = %p", {{u"options"_s, Json}, {u"report"_s, Json}}},
        {"tasks",
         "task",
         "project = %p",
         {{u"title"_s, Beginning},
          {u"description"_s, Text},
          {u"reason"_s, Text},
          {u"step"_s, Text},
          {u"base"_s, Text},
          {u"last_error"_s, Text},
          {u"context"_s, Json}}},
        {"turns", "turn", "task IN (%t)", {{u"outcome"_s, Text}}},
        {"messages", "message", "task IN (%t)", {{u"body"_s, Text}, {u"author"_s, Text}}},
        {"notes and steps of checkpoints",
         "checkpoint",
         "task IN (%t)",
         {{u"step"_s, Text},
          {u"notes"_s, Text},
          {u"last_error"_s, Text},
          {u"branch"_s, Text},
          {u"context"_s, Json},
          {u"not_held"_s, Json}}},
        {"runs", "run", "task IN (%t)", {{u"end_reason"_s, Text}}},
        {"inputs of agents", "run_input", "run IN (%r)", {{u"bytes"_s, Stream}}},
        {"inputs of agents", "run_input", "run IN (%r)", {{u"bytes"_s, Split}}},
        {"requests of tools",
         "tool_request",
         "run IN (%r)",
         {{u"key"_s, Name}, {u"arguments"_s, Json}, {u"answer"_s, Json}}},
        {"approvals", "approval", "task IN (%t)", {{u"question"_s, Text}, {u"reason"_s, Text}, {u"detail"_s, Json}}},
        {"claims", "claim", "project = %p", {{u"path"_s, Name}}},
        {"pauses", "pause", "1", {{u"reason"_s, Text}}},
        {"pauses", "safe_mode", "1", {{u"reason"_s, Text}}},
        {"waiting messages", "queued_message", "task IN (%t)", {{u"text"_s, Text}, {u"author"_s, Text}}},
        {"operations", "operation", "task IN (%t)", {{u"journal"_s, Json}, {u"receipt"_s, Json}}},
        {"alerts on their way",
         "outbox",
         "coalesce(json_extract(payload, '$.task_id'), -1) IN (-1%,t)",
         {{u"payload"_s, Json}}},
        {"alerts", "alert_key", "1", {{u"subject"_s, Name}}},
        {"alerts",
         "alert",
         "coalesce(task, -1) IN (-1%,t)",
         {{u"subject"_s, Text}, {u"title"_s, Text}, {u"description"_s, Text}, {u"notes"_s, Text}, {u"data"_s, Json}}},
        {"buttons of front ends", "front_note", "1", {{u"value"_s, Json}}},
        {"known branches", "known_ref", "project = %p", {{u"ref"_s, Name}}},
        {"setups", "meta", "key IN (SELECT 'tree_set_up/' || id FROM task WHERE project = %p)", {{u"value"_s, Text}}}};
    return all;
}

struct IdPlace {
    const char *table;
    const char *scope;
    QStringList columns;
};
const QList<IdPlace> &idPlaces()
{
    static const QList<IdPlace> all{{"checkpoint", "task IN (%t)", {u"commit_id"_s, u"tree_id"_s, u"head"_s}},
                                    {"task", "project = %p", {u"base_commit"_s}},
                                    {"operation", "task IN (%t)", {u"journal"_s, u"receipt"_s}},
                                    {"known_ref", "project = %p", {u"value"_s}},
                                    {"authorised_ref", "project = %p", {u"value"_s}}};
    return all;
}

QByteArray changed(const QByteArray &bytes, Holds holds, const SecretText &text, const QVariantList &key)
{
    switch (holds) {
    case Holds::Text: return text.marked(bytes);
    case Holds::Json: return text.markedJson(bytes);
    case Holds::Beginning: return text.markedCut(bytes);
    case Holds::Name: {
        QByteArray name = text.marked(bytes);
        return name == bytes ? name : name + '-' + QByteArray::number(qHash(key.value(0).toString(), 7) & 0xffffff, 16);
    }
    case Holds::Stream:
    case Holds::Split: return text.blanked(bytes);
    }
    Q_UNREACHABLE();
}

// " AND a = ? AND b = ?"
QString keyed(const QStringList &keys)
{
    QString sql;
    for (const QString &key : keys)
        sql += (sql.isEmpty() ? u" WHERE "_s : u" AND "_s) + key + u" = ?"_s;
    return sql;
}

QVariantList valuesOf(const db::Row &row, qsizetype first, qsizetype count)
{
    QVariantList values;
    for (qsizetype i = first; i < first + count; ++i)
        values << row.value(int(i));
    return values;
}

// Of the ids that were moved, those that stand in the text are changed.
QString replaced(QString value, const RowPurge::Moves &moves)
{
    const auto isHex = [](QChar c) { return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f'); };
    for (qsizetype at = 0; at + 40 <= value.size();) {
        qsizetype end = at;
        while (end < value.size() && isHex(value[end]))
            ++end;
        if (end - at == 40) {
            if (const auto found = moves.find(value.mid(at, 40).toLatin1()); found != moves.end())
                value.replace(at, 40, QString::fromLatin1(found->second));
        }
        at = end + 1;
    }
    return value;
}

} // namespace

RowPurge::RowPurge(db::Database &database, const ProjectName &project, const QList<TaskId> &tasks)
    : m_database(database)
    , m_project(project.toString())
{
    for (const TaskId &task : tasks)
        m_tasks += (m_tasks.isEmpty() ? QString() : u","_s) + task.toString();
}

// Names of projects have no quotes.
QString RowPurge::scopeOf(const QString &scope) const
{
    return QString(scope)
        .replace(u"%p"_s, u'\'' + m_project + u'\'')
        .replace(u"%,t"_s, m_tasks.isEmpty() ? QString() : u',' + m_tasks)
        .replace(u"%t"_s, m_tasks)
        .replace(u"%r"_s, u"SELECT id FROM run WHERE task IN (%1)"_s.arg(m_tasks));
}

Result<RowPurge::Columns> RowPurge::columnsOf(const QString &table) const
{
    Columns columns;
    HUB_TRY(const auto rows,
            m_database.select(u"SELECT name, pk FROM pragma_table_info(?) ORDER BY pk"_s, {table},
                              [](const db::Row &row) { return std::pair(row.text(0), row.number(1)); }));
    for (const auto &[name, key] : rows) {
        columns.all << name;
        if (key > 0)
            columns.keys << name;
    }
    return columns;
}

Result<QList<FoundRow>> RowPurge::find(const SecretText &text) const
{
    QList<FoundRow> found;
    for (int i = 0; i < places().size(); ++i) {
        const Place &place = places()[i];
        HUB_TRY(const Columns there, columnsOf(QString::fromLatin1(place.table)));
        if (there.all.isEmpty())
            continue;
        if (place.columns.first().second == Holds::Split) {
            HUB_TRY(const auto split, findSplit(i, text));
            found += split;
            continue;
        }
        QStringList conditions;
        QVariantList parameters;
        for (const auto &[column, holds] : place.columns) {
            if (!there.all.contains(column))
                continue;
            for (const QByteArray &spelling : text.spellings()) {
                conditions << u"instr(CAST(%1 AS BLOB), ?) > 0"_s.arg(column);
                parameters << spelling;
            }
            // Where it was cut is for us to see.
            if (holds == Holds::Beginning)
                conditions << u"1"_s;
        }
        if (conditions.isEmpty())
            continue;
        const QString sql = u"SELECT %1 FROM %2 WHERE %3 AND (%4)"_s.arg(
            (there.keys + QStringList{place.columns.first().first}).join(u", "), QLatin1StringView(place.table),
            scopeOf(QLatin1StringView(place.scope)), conditions.join(u" OR "));
        HUB_TRY(const auto rows, m_database.select(sql, parameters, [&](const db::Row &row) {
            return std::pair(valuesOf(row, 0, there.keys.size()), row.text(int(there.keys.size())).toUtf8());
        }));
        const bool beginning = place.columns.first().second == Holds::Beginning;
        for (const auto &[key, first] : rows) {
            const FoundRow row{i, key};
            if (!beginning || text.markedCut(first) != first) {
                found << row;
                continue;
            }
            QVariantList all;
            QStringList others;
            for (const auto &[column, holds] : place.columns.mid(1)) {
                for (const QByteArray &spelling : text.spellings()) {
                    others << u"instr(CAST(%1 AS BLOB), ?) > 0"_s.arg(column);
                    all << spelling;
                }
            }
            HUB_TRY(const auto has,
                    m_database.selectOne(u"SELECT 1 FROM %1%2 AND (%3)"_s.arg(QLatin1StringView(place.table),
                                                                              keyed(there.keys), others.join(u" OR ")),
                                         key + all, [](const db::Row &) { return true; }));
            if (has)
                found << row;
        }
    }
    return found;
}

Result<> RowPurge::mark(const FoundRow &row, const SecretText &text)
{
    const Place &place = places()[row.place];
    const QString table = QString::fromLatin1(place.table);
    if (place.columns.first().second == Holds::Split)
        return markSplit(row, text);
    HUB_TRY(const Columns there, columnsOf(table));
    const QString where = keyed(there.keys);
    // Names last: they may be part of the key.
    QList<std::pair<QString, Holds>> columns = place.columns;
    std::stable_partition(columns.begin(), columns.end(), [](const auto &c) { return c.second != Holds::Name; });
    for (const auto &[column, holds] : columns) {
        if (!there.all.contains(column))
            continue;
        HUB_TRY(const auto now,
                m_database.selectOne(u"SELECT CAST(%1 AS BLOB), typeof(%1) FROM %2%3"_s.arg(column, table, where),
                                     row.key, [](const db::Row &r) { return std::pair(r.bytes(0), r.text(1)); }));
        if (!now || now->second == u"null")
            continue;
        const QByteArray value = changed(now->first, holds, text, row.key);
        if (value == now->first)
            continue;
        HUB_CHECK(m_database.execute(u"UPDATE OR REPLACE %1 SET %2 = %3%4"_s.arg(
                                         table, column, now->second == u"blob" ? u"?"_s : u"CAST(? AS TEXT)"_s, where),
                                     QVariantList{value} + row.key));
    }
    return {};
}

QMap<QString, qint64> RowPurge::counted(const QList<FoundRow> &rows)
{
    QMap<QString, qint64> counts;
    for (const FoundRow &row : rows)
        ++counts[QString::fromLatin1(places()[row.place].what)];
    return counts;
}

// Long inputs are cut into rows; the text may begin in one and end in the next.
Result<QList<FoundRow>> RowPurge::findSplit(int place, const SecretText &text) const
{
    struct Seam {
        QVariantList key;
        QByteArray around;
        qsizetype left;
    };
    const qint64 most = text.spellings().first().size() - 1;
    HUB_TRY(const auto seams,
            m_database.select(
                u"SELECT a.run, a.number, CAST(substr(a.bytes, -?) AS BLOB), CAST(substr(b.bytes, 1, ?) AS BLOB) "
                "FROM run_input a JOIN run_input b ON b.run = a.run AND b.number = a.number + 1 "
                "WHERE a.%1 AND length(a.bytes) = ?"_s.arg(scopeOf(QLatin1StringView(places()[place].scope))),
                {most, most, qint64(RunStore::largestInput)}, [](const db::Row &row) {
                    return Seam{valuesOf(row, 0, 2), row.bytes(2) + row.bytes(3), row.bytes(2).size()};
                }));
    QList<FoundRow> found;
    for (const Seam &seam : seams) {
        // Whole in one of them is the other place's.
        const QByteArray left = seam.around.first(seam.left), right = seam.around.sliced(seam.left);
        if (text.isIn(text.blanked(left) + text.blanked(right)))
            found << FoundRow{place, seam.key};
    }
    return found;
}

Result<> RowPurge::markSplit(const FoundRow &row, const SecretText &text)
{
    const QVariantList next{row.key[0], row.key[1].toLongLong() + 1};
    const auto bytesOf = [&](const QVariantList &key) {
        return m_database.selectOne(u"SELECT bytes FROM run_input WHERE run = ? AND number = ?"_s, key,
                                    [](const db::Row &r) { return r.bytes(0); });
    };
    HUB_TRY(const auto first, bytesOf(row.key));
    HUB_TRY(const auto second, bytesOf(next));
    if (!first || !second)
        return {};
    const QByteArray both = text.blanked(*first + *second);
    const QString sql = u"UPDATE run_input SET bytes = ? WHERE run = ? AND number = ?"_s;
    HUB_CHECK(m_database.execute(sql, QVariantList{both.first(first->size())} + row.key));
    HUB_CHECK(m_database.execute(sql, QVariantList{both.sliced(first->size())} + next));
    return {};
}

Result<QList<MovedIds>> RowPurge::findMoved(const Moves &moves) const
{
    QList<MovedIds> changes;
    for (const IdPlace &place : idPlaces()) {
        const QString table = QString::fromLatin1(place.table);
        HUB_TRY(const Columns there, columnsOf(table));
        for (const QString &column : place.columns) {
            if (!there.all.contains(column))
                continue;
            HUB_TRY(const auto rows,
                    m_database.select(u"SELECT %1, %2 FROM %3 WHERE %4"_s.arg(there.keys.join(u", "), column, table,
                                                                              scopeOf(QLatin1StringView(place.scope))),
                                      {}, [&](const db::Row &row) {
                                          return std::pair(valuesOf(row, 0, there.keys.size()),
                                                           row.text(int(there.keys.size())));
                                      }));
            for (const auto &[key, value] : rows) {
                if (const QString now = replaced(value, moves); now != value)
                    changes << MovedIds{table, column, key, now};
            }
        }
    }
    return changes;
}

Result<> RowPurge::move(const MovedIds &change)
{
    HUB_TRY(const Columns there, columnsOf(change.table));
    HUB_CHECK(
        m_database.execute(u"UPDATE OR REPLACE %1 SET %2 = ?%3"_s.arg(change.table, change.column, keyed(there.keys)),
                           QVariantList{change.value} + change.key));
    return {};
}

Result<QList<LargeBody>> RowPurge::largeBodies() const
{
    HUB_TRY(const Columns there, columnsOf(u"message"_s));
    if (there.all.isEmpty())
        return QList<LargeBody>();
    return m_database.select(
        u"SELECT id, body_file FROM message WHERE body_file IS NOT NULL AND task IN (%1)"_s.arg(m_tasks), {},
        [](const db::Row &row) {
            return LargeBody{row.number(0), row.text(1)};
        });
}

Result<> RowPurge::setBody(qint64 message, const QString &file, const QString &beginning)
{
    HUB_CHECK(
        m_database.execute(u"UPDATE message SET body = ?, body_file = ? WHERE id = ?"_s, {beginning, file, message}));
    return {};
}

Result<QList<qint64>> RowPurge::chained(const QString &table, const QStringList &columns, const SecretText &text) const
{
    QStringList conditions;
    QVariantList parameters;
    for (const QString &column : columns) {
        for (const QByteArray &spelling : text.spellings()) {
            conditions << u"instr(CAST(%1 AS BLOB), ?) > 0"_s.arg(column);
            parameters << spelling;
        }
    }
    return m_database.select(u"SELECT id FROM %1 WHERE %2 ORDER BY id"_s.arg(table, conditions.join(u" OR ")),
                             parameters, [](const db::Row &row) { return row.number(0); });
}

Result<QList<qint64>> RowPurge::inAudit(const SecretText &text) const
{
    return chained(u"audit"_s, {u"who"_s, u"action"_s, u"detail"_s, u"outcome"_s}, text);
}

Result<QList<qint64>> RowPurge::inGitLog(const SecretText &text) const
{
    return chained(u"git_operation"_s, {u"who"_s, u"refs"_s, u"outcome"_s, u"detail"_s}, text);
}

Result<qint64> RowPurge::elsewhere(const SecretText &text) const
{
    QStringList conditions;
    QVariantList parameters;
    for (const QByteArray &spelling : text.spellings()) {
        conditions << u"instr(CAST(body AS BLOB), ?) > 0"_s;
        parameters << spelling;
    }
    HUB_TRY(const auto count,
            m_database.selectOne(u"SELECT count(*) FROM message WHERE task NOT IN (%1) AND (%2)"_s.arg(
                                     m_tasks, conditions.join(u" OR ")),
                                 parameters, [](const db::Row &row) { return row.number(0); }));
    return count.value_or(0);
}

} // namespace hub::state
