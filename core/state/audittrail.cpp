#include "core/state/audittrail.h"

#include "core/base/log.h"
#include "core/state/trailfilter.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString columns = u"id, at, who, origin, role, action, task, detail, outcome, hash"_s;

AuditEntry entryFrom(const db::Row &row)
{
    AuditEntry entry;
    entry.number = row.number(0);
    entry.at = fromMillis(row.number(1));
    entry.who = row.text(2);
    entry.origin = row.text(3);
    entry.role = row.text(4);
    entry.action = row.text(5);
    if (!row.isNull(6))
        entry.task = TaskId::of(row.number(6));
    entry.detail = row.text(7);
    entry.outcome = row.text(8);
    entry.hash = row.text(9);
    return entry;
}

QJsonArray hashed(const AuditEntry &e)
{
    return {e.number, toMillis(e.at), e.who, e.origin, e.role, e.action, e.task ? e.task->value() : 0,
            e.detail, e.outcome};
}

} // namespace

Result<> AuditTrail::add(AuditEntry entry)
{
    HUB_TRY(const auto last,
            m_database.selectOne(u"SELECT "_s + columns + u" FROM audit ORDER BY id DESC LIMIT 1"_s, {}, entryFrom));
    entry.number = last ? last->number + 1 : 1;
    entry.at = m_clock.now();
    entry.detail = redactSecrets(entry.detail);
    QJsonArray fields = hashed(entry);
    fields.prepend(last ? last->hash : QString());
    entry.hash = chainHash(fields);
    HUB_CHECK(m_database.execute(u"INSERT INTO audit ("_s + columns + u") VALUES (?,?,?,?,?,?,?,?,?,?)"_s,
                                 {entry.number, toMillis(entry.at), entry.who, entry.origin, entry.role, entry.action,
                                  entry.task ? QVariant(entry.task->value()) : QVariant(), entry.detail, entry.outcome,
                                  entry.hash}));
    return {};
}

Result<QList<AuditEntry>> AuditTrail::list(const AuditFilter &filter) const
{
    QString sql = u"SELECT "_s + columns + u" FROM audit WHERE 1"_s;
    QVariantList parameters;
    const auto require = [&](const QString &condition, const QVariant &value) {
        sql += u" AND "_s + condition;
        parameters << value;
    };
    const auto narrow = [&](const TrailCondition &condition) {
        sql += condition.sql;
        parameters += condition.values;
    };
    if (!filter.who.isEmpty())
        narrow(isBy(filter.who));
    if (!filter.action.isEmpty())
        require(u"action = ?"_s, filter.action);
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
    return m_database.select(sql, parameters, entryFrom);
}

Result<ChainVerdict> AuditTrail::verify() const
{
    ChainVerdict verdict;
    HUB_TRY(const auto fits,
            m_database.select(u"SELECT "_s + columns + u" FROM audit ORDER BY id"_s, {}, [&](const db::Row &row) {
                const AuditEntry entry = entryFrom(row);
                verdict.take(entry.number, entry.hash, hashed(entry));
                return true;
            }));
    return verdict;
}

} // namespace hub::state
