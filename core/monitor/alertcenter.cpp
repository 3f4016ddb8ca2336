#include "core/monitor/alertcenter.h"

#include "core/base/json.h"
#include "core/base/log.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

constexpr int longestPause = 300; // seconds between two tries
constexpr int lastTry = 5;        // of what is refused
constexpr int worthTelling = 6;   // failures in a row, after some minutes

AlertLevel levelFrom(const QString &text)
{
    return enumFromText(alertLevelTexts, text, u"alert level").valueOr(AlertLevel::Critical);
}

} // namespace

QFuture<Result<>> LogSink::deliver(const Delivery &delivery)
{
    const QJsonObject &alert = delivery.payload;
    if (delivery.topic == u"raised")
        qCWarning(lcAlerts).noquote() << alert["level"_L1].toString().toUpper() << alert["title"_L1].toString() << "-"
                                      << alert["description"_L1].toString();
    return readyFuture(Result<>());
}

AlertCenter::AlertCenter(db::CommitGroup &commits, AlertBook &book, const Clock &clock,
                         std::function<std::chrono::seconds()> cooldown)
    : m_commits(commits)
    , m_book(book)
    , m_clock(clock)
    , m_cooldown(std::move(cooldown))
{
    m_channels.push_back(std::make_unique<Channel>(Channel{.sink = &book}));
}

void AlertCenter::addSink(std::shared_ptr<AlertSink> sink)
{
    m_channels.push_back(std::make_unique<Channel>(Channel{.sink = sink.get()}));
    m_sinks.push_back(std::move(sink));
}

Result<> AlertCenter::post(const QString &topic, AlertType type, AlertLevel level, const QJsonObject &payload)
{
    const QString text = QString::fromUtf8(toJson(payload));
    for (const auto &channel : m_channels) {
        const AlertSink &sink = *channel->sink;
        if (sink.isOn() && sink.takes(topic, type, level))
            HUB_CHECK(m_commits.database().execute(u"INSERT INTO outbox (sink, topic, payload, at) VALUES (?,?,?,?)"_s,
                                                   {sink.name(), topic, text, toMillis(m_clock.now())}));
    }
    m_commits.afterCommit([this] { QMetaObject::invokeMethod(this, &AlertCenter::deliver, Qt::QueuedConnection); });
    if (topic == u"answered")
        m_commits.afterCommit([this, payload] { Q_EMIT alertAnswered(payload); });
    return {};
}

Result<AlertId> AlertCenter::raise(const AlertReport &report)
{
    auto &database = m_commits.database();
    const Instant now = m_clock.now();
    const QVariantList key{textOf(alertTypeTexts, report.type), report.subject};
    struct Known {
        qint64 alert, raisedAt, heldBack;
        AlertLevel level;
    };
    HUB_TRY(
        const auto known,
        database.selectOne(u"SELECT alert, raised_at, held_back, level FROM alert_key WHERE type = ? AND subject = ?"_s,
                           key, [](const db::Row &row) {
                               return Known{row.number(0), row.number(1), row.number(2), levelFrom(row.text(3))};
                           }));
    const bool recent = known && (report.standing || now < fromMillis(known->raisedAt) + m_cooldown());
    if (recent && report.level <= known->level) {
        HUB_CHECK(
            database.execute(u"UPDATE alert_key SET held_back = held_back + 1 WHERE type = ? AND subject = ?"_s, key));
        HUB_CHECK(post(u"repeated"_s, report.type, report.level,
                       {{"id"_L1, known->alert}, {"held_back"_L1, known->heldBack + 1}}));
        return AlertId::of(known->alert);
    }
    HUB_CHECK(database.execute(u"INSERT INTO alert_number DEFAULT VALUES"_s));
    const AlertId id = AlertId::of(database.lastInsertId());
    HUB_CHECK(database.execute(
        u"INSERT OR REPLACE INTO alert_key (type, subject, alert, raised_at, level) VALUES (?,?,?,?,?)"_s,
        QVariantList(key) << id.value() << toMillis(now) << textOf(alertLevelTexts, report.level)));
    if (recent) {
        HUB_CHECK(post(u"answered"_s, report.type, known->level,
                       endOf(AlertId::of(known->alert), u"it got worse: "_s + id.toString())));
    }
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
    HUB_CHECK(post(u"raised"_s, report.type, report.level, payload));
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
    return post(u"answered"_s, alert.report.type, alert.report.level, payload);
}

// The hub itself says that it is over.
QJsonObject AlertCenter::endOf(AlertId id, const QString &notes) const
{
    return {{"id"_L1, id.value()},
            {"state"_L1, textOf(alertStateTexts, AlertState::Resolved)},
            {"at"_L1, toMillis(m_clock.now())},
            {"who"_L1, u"hub"_s},
            {"notes"_L1, notes}};
}

Result<> AlertCenter::resolveSubject(AlertType type, const QString &subject, const QString &notes)
{
    struct Ended {
        qint64 alert;
        AlertLevel level;
    };
    HUB_TRY(const auto ended, m_commits.database().selectOne(
                                  u"DELETE FROM alert_key WHERE type = ? AND subject = ? RETURNING alert, level"_s,
                                  {textOf(alertTypeTexts, type), subject}, [](const db::Row &row) {
                                      return Ended{row.number(0), levelFrom(row.text(1))};
                                  }));
    return ended ? post(u"answered"_s, type, ended->level, endOf(AlertId::of(ended->alert), notes)) : Result<>();
}

// A single one after a failure: so one that is never taken holds up no others, when it is given up.
Result<QList<Delivery>> AlertCenter::nextOf(const Channel &channel) const
{
    auto &database = m_commits.database();
    const AlertSink &sink = *channel.sink;
    if (!sink.isOn()) {
        HUB_CHECK(database.execute(u"DELETE FROM outbox WHERE sink = ?"_s, {sink.name()}));
        return QList<Delivery>();
    }
    struct Next {
        qint64 number;
        QString topic, payload;
    };
    const int most = channel.failures == 0 ? sink.atOnce() : 1;
    HUB_TRY(const auto rows,
            database.select(u"SELECT id, topic, payload FROM outbox WHERE sink = ? ORDER BY id LIMIT ?"_s,
                            {sink.name(), most}, [](const db::Row &row) {
                                return Next{row.number(0), row.text(1), row.text(2)};
                            }));
    QList<Delivery> deliveries;
    for (const Next &next : rows) {
        HUB_TRY(const QJsonObject payload, objectFromJson(next.payload.toUtf8()));
        deliveries.append({next.number, next.topic, payload});
    }
    return deliveries;
}

void AlertCenter::deliver()
{
    for (const auto &channel : m_channels)
        deliverTo(*channel);
}

QFuture<Result<qint64>> AlertCenter::handTo(AlertSink &sink, const QList<Delivery> &deliveries)
{
    if (sink.atOnce() > 1)
        return sink.deliverAll(deliveries);
    const qint64 number = deliveries.first().number;
    auto promise = std::make_shared<QPromise<Result<qint64>>>();
    promise->start();
    const auto answer = [promise, number](const Result<> &taken) {
        promise->addResult(taken ? Result<qint64>(number) : Result<qint64>(taken.error()));
        promise->finish();
    };
    auto taken = sink.deliver(deliveries.first());
    if (taken.isFinished())
        answer(takeResult(taken)); // at once, as it was taken
    else
        whenDone(taken, this, answer);
    return promise->future();
}

void AlertCenter::deliverTo(Channel &channel)
{
    while (!channel.busy) {
        auto asked = m_commits.submit([&] { return nextOf(channel); });
        m_commits.flush();
        const auto next = takeResult(asked);
        if (!next || next->isEmpty())
            return;
        channel.busy = true;
        auto future = handTo(*channel.sink, *next);
        if (!future.isFinished()) {
            whenDone(future, this, [this, &channel, next = *next](const Result<qint64> &taken) {
                if (finish(channel, next, taken))
                    deliverTo(channel);
            });
            return;
        }
        if (!finish(channel, *next, takeResult(future)))
            return;
    }
}

// Each delivery is work of its own: what a sink took stays taken when a later one fails.
bool AlertCenter::finish(Channel &channel, const QList<Delivery> &deliveries, const Result<qint64> &taken)
{
    channel.busy = false;
    const qint64 first = deliveries.first().number;
    const bool givenUp = !taken && taken.error().code == ErrorCode::Refused && channel.failures >= lastTry;
    if (givenUp)
        qCCritical(lcAlerts).noquote() << "sink" << channel.sink->name() << "never takes delivery" << first
                                       << "- given up:" << taken.error().message;
    Result<> done = givenUp || taken ? Result<>() : Result<>(taken.error());
    if (!done && !channel.sink->isOn()) {
        channel.problem = done.error().message;
        tellThatItIsOver(channel);
        return true; // what waits is taken out
    }
    if (done) {
        auto removed = m_commits.submit([&]() -> Result<> {
            HUB_CHECK(m_commits.database().execute(u"DELETE FROM outbox WHERE sink = ? AND id <= ?"_s,
                                                   {channel.sink->name(), taken.valueOr(first)}));
            return {};
        });
        m_commits.flush();
        done = takeResult(removed);
    }
    if (done) {
        if (channel.failures >= worthTelling)
            tellWhetherItTakes(channel, true);
        channel.failures = 0;
        channel.problem.clear();
        answerWaiting();
        return true;
    }
    if (done.error().code == ErrorCode::ShuttingDown)
        return false;
    channel.problem = done.error().message;
    const int pause = std::min(5 << std::min(channel.failures, 6), longestPause);
    if (channel.failures + 1 == worthTelling)
        tellWhetherItTakes(channel, false);
    if (channel.failures++ == 0)
        qCWarning(lcAlerts).noquote() << "sink" << channel.sink->name() << "does not take alerts:" << channel.problem;
    if (!channel.again) {
        channel.again = std::make_unique<QTimer>();
        channel.again->setSingleShot(true);
        connect(channel.again.get(), &QTimer::timeout, this, [this, &channel] { deliverTo(channel); });
    }
    channel.again->start(std::chrono::seconds{pause});
    answerWaiting();
    return false;
}

// By the other sinks, while it doesn't.
void AlertCenter::tellWhetherItTakes(const Channel &channel, bool takes)
{
    const QString name = channel.sink->name(), subject = u"alert sink "_s + name;
    m_commits.submitOrLog(subject, [this, name, subject, takes, problem = channel.problem]() -> Result<> {
        if (takes)
            return resolveSubject(AlertType::ManualIntervention, subject, u"it takes alerts again"_s);
        HUB_CHECK(raise(
            {.type = AlertType::ManualIntervention,
             .level = AlertLevel::Error,
             .subject = subject,
             .title = u"Alerts don't arrive by %1"_s.arg(name),
             .description = u"%1 They wait, and go on being tried; agenthubctl test-alert shows more."_s.arg(problem),
             .standing = true}));
        return {};
    });
}

void AlertCenter::tellThatItIsOver(const Channel &channel)
{
    const QString name = channel.sink->name(), subject = u"alert sink "_s + name;
    const QString problem = channel.problem;
    m_commits.submitOrLog(subject, [this, name, subject, problem]() -> Result<> {
        HUB_CHECK(raise({.type = AlertType::ManualIntervention,
                         .level = AlertLevel::Error,
                         .subject = subject,
                         .title = u"Alerts don't go by %1 any more"_s.arg(name),
                         .description = problem + u" Nothing is sent there until the hub is started again."_s,
                         .standing = true}));
        return {};
    });
}

QFuture<Result<QList<AlertCenter::Told>>> AlertCenter::howTold(AlertId id, std::chrono::milliseconds within)
{
    auto waiting = std::make_shared<Waiting>(Waiting{id, std::make_shared<QPromise<Result<QList<Told>>>>()});
    waiting->promise->start();
    m_waiting.push_back(waiting);
    QTimer::singleShot(within, this, [this, waiting] {
        if (std::erase(m_waiting, waiting) == 0)
            return;
        waiting->promise->addResult(toldOf(waiting->alert));
        waiting->promise->finish();
    });
    QMetaObject::invokeMethod(this, &AlertCenter::answerWaiting, Qt::QueuedConnection);
    return waiting->promise->future();
}

void AlertCenter::answerWaiting()
{
    std::erase_if(m_waiting, [this](const auto &waiting) {
        auto told = toldOf(waiting->alert);
        if (told && std::any_of(told->begin(), told->end(), [](const Told &one) { return one.pending; }))
            return false;
        waiting->promise->addResult(std::move(told));
        waiting->promise->finish();
        return true;
    });
}

Result<QList<AlertCenter::Told>> AlertCenter::toldOf(AlertId id) const
{
    HUB_TRY(const QStringList open,
            m_commits.database().select(u"SELECT sink FROM outbox WHERE topic = 'raised' AND payload ->> 'id' = ?"_s,
                                        {id.value()}, [](const db::Row &row) { return row.text(0); }));
    QList<Told> told;
    for (const auto &channel : m_channels) {
        const QString name = channel->sink->name();
        if (!channel->sink->isOn())
            continue;
        if (!open.contains(name)) {
            told.append({.sink = name});
            continue;
        }
        const QString problem = channel->problem.isEmpty() ? u"it has not said that it has it"_s : channel->problem;
        told.append({name, problem, channel->busy || channel->problem.isEmpty()});
    }
    return told;
}

} // namespace hub::monitor
