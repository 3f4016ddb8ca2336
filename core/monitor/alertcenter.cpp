#include "core/monitor/alertcenter.h"

#include "core/base/json.h"
#include "core/base/log.h"

#include <QTimer>

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

Result<> AlertBook::deliver(const QString &topic, const QJsonObject &p)
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

Result<> LogSink::deliver(const QString &topic, const QJsonObject &payload)
{
    if (topic == u"raised")
        qCWarning(lcAlerts).noquote() << payload["level"_L1].toString().toUpper() << payload["title"_L1].toString()
                                      << "-" << payload["description"_L1].toString();
    return {};
}

AlertCenter::AlertCenter(db::CommitGroup &commits, AlertBook &book, const Clock &clock,
                         std::function<std::chrono::seconds()> cooldown)
    : m_commits(commits)
    , m_book(book)
    , m_clock(clock)
    , m_cooldown(std::move(cooldown))
{
}

void AlertCenter::addSink(std::unique_ptr<AlertSink> sink) { m_sinks.push_back(std::move(sink)); }

Result<> AlertCenter::post(const QString &topic, const QJsonObject &payload)
{
    const QString text = QString::fromUtf8(toJson(payload));
    const auto add = [&](const QString &sink) {
        return m_commits.database().execute(u"INSERT INTO outbox (sink, topic, payload, at) VALUES (?,?,?,?)"_s,
                                            {sink, topic, text, toMillis(m_clock.now())});
    };
    HUB_CHECK(add(m_book.name()));
    for (const auto &sink : m_sinks)
        HUB_CHECK(add(sink->name()));
    m_commits.afterCommit([this] { QMetaObject::invokeMethod(this, &AlertCenter::deliver, Qt::QueuedConnection); });
    return {};
}

Result<AlertId> AlertCenter::raise(const AlertReport &report)
{
    auto &database = m_commits.database();
    const Instant now = m_clock.now();
    const QVariantList key{textOf(alertTypeTexts, report.type), report.subject};
    struct Known {
        qint64 alert, raisedAt, heldBack;
    };
    HUB_TRY(const auto known,
            database.selectOne(u"SELECT alert, raised_at, held_back FROM alert_key WHERE type = ? AND subject = ?"_s,
                               key, [](const db::Row &row) {
                                   return Known{row.number(0), row.number(1), row.number(2)};
                               }));
    if (known && (report.standing || now < fromMillis(known->raisedAt) + m_cooldown())) {
        HUB_CHECK(
            database.execute(u"UPDATE alert_key SET held_back = held_back + 1 WHERE type = ? AND subject = ?"_s, key));
        HUB_CHECK(post(u"repeated"_s, {{"id"_L1, known->alert}, {"held_back"_L1, known->heldBack + 1}}));
        return AlertId::of(known->alert);
    }
    HUB_CHECK(database.execute(u"INSERT INTO alert_number DEFAULT VALUES"_s));
    const AlertId id = AlertId::of(database.lastInsertId());
    HUB_CHECK(database.execute(u"INSERT OR REPLACE INTO alert_key (type, subject, alert, raised_at) VALUES (?,?,?,?)"_s,
                               QVariantList(key) << id.value() << toMillis(now)));
    QJsonObject payload{{"id"_L1, id.value()},
                        {"type"_L1, key[0].toString()},
                        {"level"_L1, textOf(alertLevelTexts, report.level)},
                        {"at"_L1, toMillis(now)},
                        {"subject"_L1, report.subject},
                        {"title"_L1, redactSecrets(report.title)},
                        {"description"_L1, redactSecrets(report.description)},
                        {"data"_L1, report.data}};
    if (report.agent)
        payload["agent"_L1] = report.agent->toString();
    if (report.task)
        payload["task_id"_L1] = report.task->value();
    HUB_CHECK(post(u"raised"_s, payload));
    m_commits.afterCommit([this, id, payload] { Q_EMIT alertRaised(id, payload); });
    return id;
}

Result<> AlertCenter::answer(AlertId id, const QString &action, std::optional<Instant> until, const QString &who,
                             const QString &notes)
{
    HUB_TRY(const Alert alert, m_book.get(id));
    if (alert.state == AlertState::Resolved) {
        return fail(ErrorCode::Conflict,
                    u"%1 was resolved already%2; nothing was changed."_s.arg(
                        id.toString(), alert.answeredBy.isEmpty() ? QString() : u" by "_s + alert.answeredBy));
    }
    const AlertState state = action == u"resolve"       ? AlertState::Resolved
                             : action == u"acknowledge" ? AlertState::Acknowledged
                                                        : AlertState::Snoozed;
    QJsonObject payload{{"id"_L1, id.value()},
                        {"state"_L1, textOf(alertStateTexts, state)},
                        {"at"_L1, toMillis(m_clock.now())},
                        {"who"_L1, who},
                        {"notes"_L1, notes}};
    if (until)
        payload["until"_L1] = toMillis(*until);
    if (state == AlertState::Resolved)
        HUB_CHECK(m_commits.database().execute(u"DELETE FROM alert_key WHERE alert = ?"_s, {id.value()}));
    return post(u"answered"_s, payload);
}

Result<> AlertCenter::resolveSubject(AlertType type, const QString &subject, const QString &notes)
{
    HUB_TRY(const auto known,
            m_commits.database().selectOne(u"DELETE FROM alert_key WHERE type = ? AND subject = ? RETURNING alert"_s,
                                           {textOf(alertTypeTexts, type), subject},
                                           [](const db::Row &row) { return row.number(0); }));
    if (!known)
        return {};
    return post(u"answered"_s, {{"id"_L1, *known},
                                {"state"_L1, textOf(alertStateTexts, AlertState::Resolved)},
                                {"at"_L1, toMillis(m_clock.now())},
                                {"who"_L1, u"hub"_s},
                                {"notes"_L1, notes}});
}

Result<bool> AlertCenter::deliverOne(AlertSink &sink)
{
    struct Waiting {
        qint64 id;
        QString topic, payload;
    };
    HUB_TRY(const auto waiting, m_commits.database().selectOne(
                                    u"SELECT id, topic, payload FROM outbox WHERE sink = ? ORDER BY id LIMIT 1"_s,
                                    {sink.name()}, [](const db::Row &row) {
                                        return Waiting{row.number(0), row.text(1), row.text(2)};
                                    }));
    if (!waiting)
        return false;
    HUB_TRY(const QJsonObject payload, objectFromJson(waiting->payload.toUtf8()));
    HUB_CHECK(sink.deliver(waiting->topic, payload));
    HUB_CHECK(m_commits.database().execute(u"DELETE FROM outbox WHERE id = ?"_s, {waiting->id}));
    return true;
}

void AlertCenter::deliver()
{
    if (std::exchange(m_delivering, true))
        return;
    bool waiting = false;
    const auto drain = [&](AlertSink &sink) {
        // Each delivery is work of its own: what a sink took stays taken when a later one fails.
        for (bool more = true; more;) {
            auto delivered = m_commits.submit([&] { return deliverOne(sink); });
            m_commits.flush();
            const auto result = takeResult(delivered);
            more = result && *result;
            if (!result) {
                waiting = true;
                qCWarning(lcAlerts).noquote()
                    << "sink" << sink.name() << "does not take alerts:" << result.error().message;
            }
        }
    };
    drain(m_book);
    for (const auto &sink : m_sinks)
        drain(*sink);
    m_delivering = false;
    if (waiting)
        QTimer::singleShot(std::chrono::seconds{5}, this, &AlertCenter::deliver);
}

} // namespace hub::monitor
