#include "headless/discord/alertposter.h"

#include "core/base/log.h"
#include "headless/discord/alertmessage.h"

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr qsizetype mostKnown = 200; // alerts whose message can still be edited

// Of the same topic, from the front.
qsizetype run(const QList<monitor::Delivery> &deliveries)
{
    const auto other = std::find_if(deliveries.begin(), deliveries.end(), [&](const monitor::Delivery &one) {
        return one.topic != deliveries.first().topic;
    });
    return other - deliveries.begin();
}

} // namespace

DiscordAlerts::DiscordAlerts(QString name, const Settings &settings)
    : m_name(std::move(name))
    , m_least(enumFromText(alertLevelTexts, settings.text(setting::discordAlertLevel), u"level")
                  .valueOr(AlertLevel::Warning))
{
}

bool DiscordAlerts::takes(const QString &, AlertType type, AlertLevel level) const
{
    return type == AlertType::Test || level >= m_least;
}

void DiscordAlerts::setPoster(AlertPoster *poster)
{
    const std::lock_guard lock(m_mutex);
    m_poster = poster;
}

QFuture<Result<>> DiscordAlerts::deliver(const monitor::Delivery &)
{
    return readyFuture<std::monostate>(fail(ErrorCode::Unsupported, u"It takes many at once."_s));
}

QFuture<Result<qint64>> DiscordAlerts::deliverAll(const QList<monitor::Delivery> &deliveries)
{
    const std::lock_guard lock(m_mutex);
    if (!m_poster)
        return readyFuture<qint64>(fail(ErrorCode::Timeout, u"The connection to Discord is not made yet."_s));
    auto promise = std::make_shared<QPromise<Result<qint64>>>();
    promise->start();
    auto future = promise->future();
    QMetaObject::invokeMethod(
        m_poster,
        [poster = m_poster, deliveries, promise] {
            whenDone(poster->take(deliveries), poster, [promise](const Result<qint64> &taken) {
                promise->addResult(taken);
                promise->finish();
            });
        },
        Qt::QueuedConnection);
    return future;
}

AlertPoster::AlertPoster(std::shared_ptr<DiscordAlerts> alerts, RestClient &rest, NotePort &notes, AlertTarget target,
                         AlertOptions options, QObject *parent)
    : QObject(parent)
    , m_alerts(std::move(alerts))
    , m_rest(rest)
    , m_notes(notes)
    , m_target(std::move(target))
    , m_options(std::move(options))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &AlertPoster::recount);
    whenDone(m_notes.notes(noteKind()), this, [this](const Result<NotePort::Notes> &loaded) {
        const auto known = loaded.valueOr({});
        for (auto note = known.cbegin(); note != known.cend(); ++note)
            m_known.insert(note.key().toLongLong(), {.message = note.value().value(u"message"_s).toString(),
                                                     .alert = note.value().value(u"alert"_s).toObject(),
                                                     .answer = note.value().value(u"answer"_s).toObject(),
                                                     .heldBack = note.value().value(u"held_back"_s).toInteger()});
        m_loaded = true;
        if (const auto first = std::exchange(m_first, nullptr))
            first();
    });
    m_alerts->setPoster(this);
}

AlertPoster::~AlertPoster() { m_alerts->setPoster(nullptr); }

QString AlertPoster::noteKind() const { return m_target.webhook ? u"discord webhook alert"_s : u"discord alert"_s; }

QFuture<Result<qint64>> AlertPoster::take(const QList<monitor::Delivery> &deliveries)
{
    auto promise = std::make_shared<QPromise<Result<qint64>>>();
    promise->start();
    auto future = promise->future();
    if (m_loaded)
        takeNow(deliveries, promise);
    else
        m_first = [this, deliveries, promise] { takeNow(deliveries, promise); };
    return future;
}

void AlertPoster::takeNow(const Deliveries &deliveries, const Promise &promise)
{
    const auto end = [&promise](Result<qint64> result) {
        promise->addResult(std::move(result));
        promise->finish();
    };
    const QString topic = deliveries.first().topic;
    const Deliveries same = deliveries.first(run(deliveries));
    if (topic == u"raised")
        return raise(same, promise);
    if (topic == u"answered") {
        if (m_known.contains(same.first().payload[u"id"_s].toInteger()))
            return answer(same.first(), promise);
        const auto known = std::find_if(same.begin(), same.end(), [this](const monitor::Delivery &one) {
            return m_known.contains(one.payload[u"id"_s].toInteger());
        });
        const Deliveries loose = same.first(known - same.begin());
        return post(m_options.render(answersReply(loose, SystemClock().now())), loose, promise);
    }
    // How often one came again is kept by the hub; here it is only shown, when there is time.
    for (const monitor::Delivery &one : same) {
        const qint64 id = one.payload[u"id"_s].toInteger();
        if (!m_known.contains(id))
            continue;
        m_known[id].heldBack = one.payload[u"held_back"_s].toInteger();
        m_recounted.insert(id);
    }
    if (!m_recounted.isEmpty() && !m_timer.isActive())
        m_timer.start(m_options.recount);
    end(same.last().number);
}

// When it happened, as Discord shows times.
QJsonObject AlertPoster::timed(QJsonObject body, const QJsonObject &payload) const
{
    QJsonArray embeds = body[u"embeds"_s].toArray();
    if (embeds.isEmpty())
        return body;
    QJsonObject embed = embeds.first().toObject();
    embed[u"timestamp"_s] = toIso(momentOf(payload));
    embeds.replace(0, embed);
    body[u"embeds"_s] = embeds;
    return body;
}

QStringList AlertPoster::mentioned(const Deliveries &raised) const
{
    QStringList users;
    for (const monitor::Delivery &one : raised) {
        if (levelOf(one.payload) >= m_options.mentionLevel || !approvalOf(one.payload).isEmpty())
            users += m_options.concerned(one.payload);
    }
    users.removeAll(QString());
    users.removeDuplicates();
    return users.first(std::min<qsizetype>(users.size(), 20));
}

void AlertPoster::raise(const Deliveries &raised, const Promise &promise)
{
    const Instant now = SystemClock().now();
    const QJsonObject alert = raised.first().payload;
    const auto calling = [&](MessageBody body) {
        body.json = addressed(timed(body.json, alert), mentioned(raised));
        return body;
    };
    if (raised.size() > 1)
        return post(calling(m_options.render(digestReply(raised, now))), raised, promise);
    const MessageBody body = calling(m_options.render(alertReply(alert, {}, 0, now)));
    post(body, raised, promise, [this, alert](const QJsonObject &message, qint64) {
        if (!reachOf(message))
            keep(alert[u"id"_s].toInteger(), {.message = message[u"id"_s].toString(), .alert = alert, .answer = {}});
    });
}

// The message of the alert says so; when it is gone, one of its own.
void AlertPoster::answer(const monitor::Delivery &answered, const Promise &promise)
{
    const qint64 id = answered.payload[u"id"_s].toInteger();
    m_known[id].answer = answered.payload;
    edit(id, [this, id, answered, promise](const Result<RestAnswer> &result) {
        if (result && result->status == 404 && result->code != code::unknownWebhook) {
            forget(id);
            return post(m_options.render(answersReply({answered}, SystemClock().now())), {answered}, promise);
        }
        if (!result || !result->isGood()) {
            promise->addResult(failure(result));
            return promise->finish();
        }
        if (answered.payload[u"state"_s].toString() == u"resolved")
            forget(id);
        else
            keep(id, m_known[id]);
        promise->addResult(answered.number);
        promise->finish();
    });
}

void AlertPoster::post(MessageBody body, const Deliveries &deliveries, const Promise &promise,
                       std::function<void(const QJsonObject &, qint64)> done)
{
    const auto end = [promise](Result<qint64> result) {
        promise->addResult(std::move(result));
        promise->finish();
    };
    const QString place = m_target.place();
    if (place.isEmpty())
        return end(fail(ErrorCode::Timeout,
                        u"It is not known in which Discord channel; the first command of the bot's that is given in "
                        "one, or discord/alert_channel, says so."_s));
    const qint64 first = deliveries.first().number, last = deliveries.last().number;
    if (deliveries.size() > 1)
        body.json = reachingTo(body.json, first, last);
    if (m_target.webhook)
        body.json.remove(u"components"_s); // it takes none
    else
        body.json = once(body.json, u"alert-"_s + QString::number(first));
    auto request = RestRequest::of("POST", m_target.webhook ? place : place + u"/messages"_s, body.json);
    if (!request)
        return end(request.error());
    request->files = body.files;
    if (m_target.webhook)
        request->query.addQueryItem(u"wait"_s, u"true"_s);
    m_rest.call(*request, this,
                [this, first, last, many = deliveries.size() > 1, end, done](const Result<RestAnswer> &answer) {
                    if (!answer || !answer->isGood())
                        return end(failure(answer));
                    const QJsonObject message = answer->body.toObject();
                    // One that an earlier life had posted may tell of fewer, or of more.
                    const auto reach = reachOf(message);
                    const bool other = message.contains(u"embeds"_s) && many && !reach;
                    const qint64 told = reach ? std::max(first, *reach) : other ? first : last;
                    if (done)
                        done(message, told);
                    end(told);
                });
}

void AlertPoster::edit(qint64 alert, std::function<void(const Result<RestAnswer> &)> then)
{
    const Known &known = m_known[alert];
    const MessageBody rendered =
        m_options.render(alertReply(known.alert, known.answer, known.heldBack, SystemClock().now()));
    QJsonObject body = timed(rendered.json, known.alert);
    if (m_target.webhook)
        body.remove(u"components"_s);
    else if (!body.contains(u"components"_s))
        body[u"components"_s] = QJsonArray();
    const QString place = m_target.place();
    auto request = RestRequest::of("PATCH", place + u"/messages/"_s + known.message, addressed(body, {}));
    if (!request)
        return then(request.error());
    request->files = rendered.files;
    m_rest.call(*request, this, then);
}

void AlertPoster::recount()
{
    for (const qint64 id : std::exchange(m_recounted, {})) {
        if (m_known.contains(id))
            edit(id, [](const Result<RestAnswer> &) {});
    }
}

// What the hub makes of it: again later, or never.
Error AlertPoster::failure(const Result<RestAnswer> &answer)
{
    if (!answer)
        return fail(ErrorCode::Timeout, answer.error().message);
    const bool gone = answer->code == code::unknownWebhook || answer->code == code::invalidWebhookToken ||
                      answer->status == 404 || answer->status == 401;
    Error error = answer->result(u"take an alert"_s).error();
    if (m_target.webhook && gone) {
        m_alerts->m_gone = true;
        qCCritical(lcDiscord) << "the webhook for alerts is gone, so none is sent there any more";
        return fail(ErrorCode::Refused, u"Discord knows the webhook no more."_s,
                    u"Make another one in Discord, and give its address as DISCORD_WEBHOOK_URL or in the file of "
                    "discord/webhook_file."_s);
    }
    error.code = answer->status == 400 || answer->status == 413 ? ErrorCode::Refused : ErrorCode::Timeout;
    return error;
}

void AlertPoster::keep(qint64 alert, const Known &known)
{
    m_known[alert] = known;
    m_notes.setNote(noteKind(), QString::number(alert),
                    {{u"message"_s, known.message},
                     {u"alert"_s, known.alert},
                     {u"answer"_s, known.answer},
                     {u"held_back"_s, known.heldBack}});
    while (m_known.size() > mostKnown)
        forget(m_known.firstKey());
}

void AlertPoster::forget(qint64 alert)
{
    m_known.remove(alert);
    m_notes.removeNote(noteKind(), QString::number(alert));
}

Result<QString> webhookPath(const QString &address)
{
    static const QRegularExpression shape(u"/webhooks/(\\d+)/([A-Za-z0-9_-]+)$"_s);
    const auto match = shape.match(QUrl(address).path());
    if (!match.hasMatch())
        return fail(ErrorCode::InvalidInput, u"The address of the Discord webhook for alerts is none."_s,
                    u"Copy it in Discord: the channel's settings, Integrations, Webhooks, Copy Webhook URL."_s);
    return u"/webhooks/%1/%2"_s.arg(match.captured(1), match.captured(2));
}

} // namespace hub::discord
