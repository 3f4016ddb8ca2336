#include "core/state/gitlog.h"

#include "core/base/log.h"
#include "core/state/trailfilter.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString columns = u"id, at, project, task, who, action, refs, outcome, detail, hash"_s;

// An array for each ref: name, before, after.
QString textOf(const QList<RefMove> &refs)
{
    QJsonArray rows;
    for (const RefMove &move : refs)
        rows.append(QJsonArray{move.ref, move.before, move.after});
    return QString::fromUtf8(toJson(rows));
}

QList<RefMove> refsFrom(const QString &text)
{
    QList<RefMove> refs;
    for (const auto &row : QJsonDocument::fromJson(text.toUtf8()).array())
        refs.append({row.toArray().at(0).toString(), row.toArray().at(1).toString(), row.toArray().at(2).toString()});
    return refs;
}

GitOperation operationFrom(const db::Row &row)
{
    GitOperation operation;
    operation.id = row.number(0);
    operation.at = fromMillis(row.number(1));
    operation.project = row.text(2);
    if (!row.isNull(3))
        operation.task = TaskId::of(row.number(3));
    operation.who = row.text(4);
    operation.action = row.text(5);
    operation.refs = refsFrom(row.text(6));
    operation.outcome = row.text(7);
    operation.detail = row.text(8);
    operation.hash = row.text(9);
    return operation;
}

// The refs as they are stored: so that no change of that text goes unseen.
QJsonArray hashed(const GitOperation &o, const QString &refs)
{
    return {o.id, toMillis(o.at), o.project, o.task ? o.task->value() : 0, o.who, o.action, refs, o.outcome, o.detail};
}

} // namespace

Result<qint64> GitLog::add(GitOperation operation)
{
    struct Last {
        qint64 id;
        QString hash;
    };
    HUB_TRY(const auto last, m_database.selectOne(u"SELECT id, hash FROM git_operation ORDER BY id DESC LIMIT 1"_s, {},
                                                  [](const db::Row &row) {
                                                      return Last{row.number(0), row.text(1)};
                                                  }));
    operation.id = last ? last->id + 1 : 1;
    operation.at = m_clock.now();
    operation.detail = redactSecrets(operation.detail);
    const QString refs = textOf(operation.refs);
    QJsonArray fields = hashed(operation, refs);
    fields.prepend(last ? last->hash : QString());
    HUB_CHECK(m_database.execute(u"INSERT INTO git_operation ("_s + columns + u") VALUES (?,?,?,?,?,?,?,?,?,?)"_s,
                                 {operation.id, toMillis(operation.at), operation.project,
                                  operation.task ? QVariant(operation.task->value()) : QVariant(), operation.who,
                                  operation.action, refs, operation.outcome, operation.detail, chainHash(fields)}));
    return operation.id;
}

Result<QList<GitOperation>> GitLog::list(const GitLogFilter &filter) const
{
    QString sql = u"SELECT "_s + columns + u" FROM git_operation WHERE 1"_s;
    QVariantList parameters;
    const auto require = [&](const QString &condition, const QVariant &value) {
        sql += u" AND "_s + condition;
        parameters << value;
    };
    const auto narrow = [&](const TrailCondition &condition) {
        sql += condition.sql;
        parameters += condition.values;
    };
    if (!filter.project.isEmpty())
        require(u"project = ?"_s, filter.project);
    if (!filter.who.isEmpty())
        narrow(isBy(filter.who));
    if (filter.task)
        require(u"task = ?"_s, filter.task->value());
    if (filter.among)
        narrow(isAmong(*filter.among));
    if (filter.since)
        require(u"at >= ?"_s, toMillis(*filter.since));
    if (filter.until)
        require(u"at <= ?"_s, toMillis(*filter.until));
    sql += u" ORDER BY id DESC"_s;
    if (filter.limit > 0)
        sql += u" LIMIT "_s + QString::number(filter.limit);
    return m_database.select(sql, parameters, operationFrom);
}

Result<qint64> GitLog::count(const QString &project, const QString &action) const
{
    HUB_TRY(const auto rows,
            m_database.selectOne(u"SELECT count(*) FROM git_operation WHERE project = ? AND action = ?"_s,
                                 {project, action}, [](const db::Row &row) { return row.number(0); }));
    return rows.value_or(0);
}

Result<ChainVerdict> GitLog::verify() const
{
    ChainVerdict verdict;
    HUB_TRY(
        const auto fits,
        m_database.select(u"SELECT "_s + columns + u" FROM git_operation ORDER BY id"_s, {}, [&](const db::Row &row) {
            const GitOperation operation = operationFrom(row);
            verdict.take(operation.id, operation.hash, hashed(operation, row.text(6)));
            return true;
        }));
    return verdict;
}

} // namespace hub::state
