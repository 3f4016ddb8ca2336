#include "core/monitor/alertbook.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

const QString alertColumns =
    u"id, type, level, at, agent, task, subject, title, description, data, state, held_back, snoozed_until, "
    "answered_at, answered_by, notes"_s;

Result<Alert> alertFrom(const db::Row &row)
{
    Alert alert{.id = AlertId::of(row.number(0))};
    HUB_TRY(alert.report.type, enumFromText(alertTypeTexts, row.text(1), u"alert type"));
    HUB_TRY(alert.report.level, enumFromText(alertLevelTexts, row.text(2), u"alert level"));
    alert.at = fromMillis(row.number(3));
    alert.report.agent = AgentName::parse(row.text(4));
    if (!row.isNull(5))
        alert.report.task = TaskId::of(row.number(5));
    alert.report.subject = row.text(6);
    alert.report.title = row.text(7);
    alert.report.description = row.text(8);
    HUB_TRY(alert.report.data, objectFromJson(row.text(9).toUtf8()));
    HUB_TRY(alert.state, enumFromText(alertStateTexts, row.text(10), u"alert state"));
    alert.heldBack = row.number(11);
    if (!row.isNull(12))
        alert.snoozedUntil = fromMillis(row.number(12));
    if (!row.isNull(13))
        alert.answeredAt = fromMillis(row.number(13));
    alert.answeredBy = row.text(14);
    alert.notes = row.text(15);
    return alert;
}

QVariant orNull(const QJsonValue &value)
{
    return value.isNull() || value.isUndefined() ? QVariant() : value.toVariant();
}

} // namespace

QFuture<Result<>> AlertBook::deliver(const Delivery &delivery)
{
    return readyFuture(write(delivery.topic, delivery.payload));
}

Result<> AlertBook::write(const QString &topic, const QJsonObject &p)
{
    if (topic == u"raised") {
        HUB_CHECK(m_database.execute(
            u"INSERT OR IGNORE INTO alert (id, type, level, at, agent, task, subject, title, description, data, "
            "state) VALUES (?,?,?,?,?,?,?,?,?,?,'open')"_s,
            {p["id"_L1].toInteger(), p["type"_L1].toString(), p["level"_L1].toString(), p["at"_L1].toInteger(),
             orNull(p["agent"_L1]), orNull(p["task_id"_L1]), p["subject"_L1].toString(), p["title"_L1].toString(),
             p["description"_L1].toString(), QString::fromUtf8(toJson(p["data"_L1].toObject()))}));
    } else if (topic == u"repeated") {
        HUB_CHECK(m_database.execute(u"UPDATE alert SET held_back = ? WHERE id = ?"_s,
                                     {p["held_back"_L1].toInteger(), p["id"_L1].toInteger()}));
    } else {
        HUB_CHECK(m_database.execute(
            u"UPDATE alert SET state = ?, snoozed_until = ?, answered_at = ?, answered_by = ?, notes = ? WHERE id = ?"_s,
            {p["state"_L1].toString(), orNull(p["until"_L1]), p["at"_L1].toInteger(), p["who"_L1].toString(),
             p["notes"_L1].toString(), p["id"_L1].toInteger()}));
    }
    return {};
}

Result<QList<Alert>> AlertBook::list(bool openOnly, std::optional<AlertLevel> level, std::optional<Instant> since) const
{
    QString sql = u"SELECT "_s + alertColumns + u" FROM alert WHERE 1"_s;
    QVariantList parameters;
    if (openOnly)
        sql += u" AND state <> 'resolved'"_s;
    if (level) {
        sql += u" AND level = ?"_s;
        parameters << textOf(alertLevelTexts, *level);
    }
    if (since) {
        sql += u" AND at >= ?"_s;
        parameters << toMillis(*since);
    }
    return m_database.select(sql + u" ORDER BY id DESC LIMIT 500"_s, parameters, alertFrom);
}

Result<Alert> AlertBook::get(AlertId id) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + alertColumns + u" FROM alert WHERE id = ?"_s, {id.value()}, alertFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no alert %1."_s.arg(id.toString()),
                    u"agenthubctl alerts --filter all"_s);
    return found.first();
}

Result<qint64> AlertBook::countOld(Instant before) const
{
    HUB_TRY(const auto count,
            m_database.selectOne(u"SELECT count(*) FROM alert WHERE state = 'resolved' AND at < ?"_s,
                                 {toMillis(before)}, [](const db::Row &row) { return row.number(0); }));
    return count.value_or(0);
}

Result<qint64> AlertBook::removeOld(Instant before)
{
    return m_database.execute(u"DELETE FROM alert WHERE state = 'resolved' AND at < ?"_s, {toMillis(before)});
}

} // namespace hub::monitor
