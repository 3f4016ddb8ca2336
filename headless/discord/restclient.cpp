#include "headless/discord/restclient.h"

#include "headless/discord/address.h"
#include "headless/discord/oneshotbody.h"
#include "headless/discord/useragent.h"

#include <QLoggingCategory>
#include <QMetaEnum>
#include <QNetworkCookieJar>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QSslConfiguration>

#include <malloc.h>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Q_LOGGING_CATEGORY(lcRest, "hub.discord.rest")

// Over HTTP/2 Discord takes about a hundred calls at once on a connection; over HTTP/1.1 Qt sends six and keeps the
// rest in heavy objects.
constexpr RateLimiter::Most atOnce{.callbacks = 64, .others = 32};

constexpr qsizetype burstFrom = 200; // calls that wait
constexpr milliseconds burstEnds = 15s;

Attempt::Ended endOf(const QNetworkReply &reply, int status)
{
    if (status != 0)
        return Attempt::Ended::Answered;
    switch (reply.error()) {
    case QNetworkReply::ConnectionRefusedError:
    case QNetworkReply::HostNotFoundError:
    case QNetworkReply::SslHandshakeFailedError:
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyNotFoundError: return Attempt::Ended::NeverSent;
    default: return Attempt::Ended::Lost;
    }
}

// Qt's own sentence has the whole address in it, and with it the token of an interaction or a webhook.
QString nameOf(QNetworkReply::NetworkError error)
{
    return QString::fromLatin1(QMetaEnum::fromType<QNetworkReply::NetworkError>().valueToKey(error));
}

Error noAnswer(const RestRequest &request, Attempt::Ended ended, QNetworkReply::NetworkError error)
{
    const QString what = request.route.shown() + u" ("_s + nameOf(error) + u')';
    if (ended == Attempt::Ended::NeverSent)
        return fail(ErrorCode::Timeout, u"Discord could not be reached for %1; it was not sent."_s.arg(what));
    return fail(ErrorCode::Conflict, u"Discord did not answer %1; it may have been done or not."_s.arg(what));
}

} // namespace

RestClient::RestClient(RestOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_limiter(atOnce)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &RestClient::pump);
    m_burst.setSingleShot(true);
    m_burst.setInterval(burstEnds);
    connect(&m_burst, &QTimer::timeout, this, &RestClient::afterBurst);
}

std::optional<Error> RestClient::refusedBefore(const Route &route) const
{
    if (!isSafeAddress(m_options.base, u"https"))
        return fail(ErrorCode::Refused, u"The address of Discord's API is not https, so nothing was sent there."_s);
    if (route.botToken && m_tokenRefused)
        return fail(ErrorCode::Refused, u"Discord refused the bot's token, so %1 was not sent."_s.arg(route.shown()));
    if (route.webhook && m_goneHooks.contains(route.major))
        return fail(ErrorCode::Refused, u"That webhook is gone, so %1 was not sent."_s.arg(route.shown()));
    return std::nullopt;
}

QFuture<Result<RestAnswer>> RestClient::call(RestRequest request)
{
    if (auto refused = refusedBefore(request.route))
        return readyFuture<RestAnswer>(*std::move(refused));
    auto promise = std::make_shared<QPromise<Result<RestAnswer>>>();
    promise->start();
    QFuture<Result<RestAnswer>> future = promise->future();
    const Moment deadline = momentNow() + request.limit;
    const Ticket ticket = m_limiter.add(request.route, deadline);
    m_calls.insert(ticket, Call{std::move(request), std::move(promise), deadline});
    if (m_calls.size() >= burstFrom)
        m_burst.start();
    pump();
    return future;
}

void RestClient::pump()
{
    const Moment now = momentNow();
    const RateLimiter::Turn turn = m_limiter.turn(now);
    for (const Ticket ticket : turn.go)
        send(ticket);
    for (const Ticket ticket : turn.expired) {
        const Call &call = m_calls[ticket];
        finish(ticket, fail(ErrorCode::Timeout,
                            u"It was not the turn of %1 within %2 s; %3."_s.arg(call.request.route.shown())
                                .arg(call.request.limit.count() / 1000)
                                .arg(call.tries == 0 ? u"it was not sent"_s : u"what was sent was refused"_s)));
    }
    if (const auto next = m_limiter.nextWake(now))
        m_timer.start(std::max(milliseconds(1), *next - now));
    else
        m_timer.stop();
}

void RestClient::send(Ticket ticket)
{
    Call &call = m_calls[ticket];
    if (auto refused = refusedBefore(call.request.route)) { // learned while it waited
        m_limiter.answered(ticket, 0, {}, momentNow());
        finish(ticket, *std::move(refused));
        return;
    }
    ++call.tries;
    QNetworkReply *reply = transmit(call);
    connect(reply, &QNetworkReply::finished, this, [this, ticket, reply] { onFinished(ticket, reply); });
}

QNetworkReply *RestClient::transmit(const Call &call)
{
    const RestRequest &wanted = call.request;
    QUrl url = m_options.base;
    url.setPath(url.path() + wanted.route.path, QUrl::DecodedMode);
    url.setQuery(wanted.query);
    QNetworkRequest request(url);
    request.setRawHeader("User-Agent", userAgent());
    if (wanted.route.botToken)
        request.setRawHeader("Authorization", "Bot " + m_options.token.toUtf8());
    const milliseconds left = std::max(milliseconds(100), call.deadline - momentNow());
    request.setTransferTimeout(int(std::min(m_options.attemptLimit, left).count()));
    // Followed, a redirection would carry the token to wherever it points.
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    request.setSslConfiguration(tls);

    QByteArray body;
    if (wanted.body.isArray())
        body = toJson(wanted.body.toArray());
    else if (wanted.body.isObject())
        body = toJson(wanted.body.toObject());
    if (!wanted.files.isEmpty()) {
        const QByteArray boundary = "agenthub-" + QByteArray::number(QRandomGenerator::system()->generate64(), 36) +
                                    QByteArray::number(QRandomGenerator::system()->generate64(), 36);
        body = multipart(body.isEmpty() ? "{}" : body, wanted.files, boundary);
        request.setHeader(QNetworkRequest::ContentTypeHeader, "multipart/form-data; boundary=" + boundary);
    } else if (!body.isEmpty()) {
        request.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
    }
    QNetworkAccessManager &network = wanted.route.callback ? m_urgent : m_network;
    if (body.isEmpty())
        return network.sendCustomRequest(request, wanted.route.method);
    request.setHeader(QNetworkRequest::ContentLengthHeader, body.size());
    auto *once = new OneShotBody(body, nullptr);
    QNetworkReply *reply = network.sendCustomRequest(request, wanted.route.method, once);
    once->setParent(reply);
    return reply;
}

void RestClient::onFinished(Ticket ticket, QNetworkReply *reply)
{
    reply->deleteLater();
    const Moment now = momentNow();
    const Call &call = m_calls[ticket];
    const Route route = call.request.route;
    const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const QByteArray body = reply->isOpen() ? reply->readAll() : QByteArray();
    // An answer whose body broke off says nothing about what it would have said.
    const bool whole = reply->error() == QNetworkReply::NoError || status >= 300;
    const Attempt attempt{whole ? endOf(*reply, status) : endOf(*reply, 0), RestAnswer::of(whole ? status : 0, body),
                          call.tries};
    const LimitHeaders limits = LimitHeaders::read([reply](const char *name) { return reply->rawHeader(name); },
                                                   status == 429 ? body : QByteArray());
    m_limiter.answered(ticket, status, limits, now);
    remember(route, attempt.answer);

    switch (judge(call.request, attempt)) {
    case Verdict::Done: finish(ticket, RestAnswer{204, 0, QJsonValue::Undefined}); break;
    case Verdict::Again: m_limiter.again(ticket, route, call.deadline, now); break;
    case Verdict::Backoff:
        qCInfo(lcRest).noquote() << route.shown() << "try" << call.tries
                                 << "failed:" << (status != 0 ? QString::number(status) : nameOf(reply->error()));
        m_limiter.again(ticket, route, call.deadline, now + pauseAfter(call));
        break;
    case Verdict::Give:
        if (attempt.ended == Attempt::Ended::Answered)
            finish(ticket, attempt.answer);
        else
            finish(ticket, noAnswer(call.request, attempt.ended, reply->error()));
        break;
    }
    pump();
}

// Mostly it was a kept connection that Discord had closed: an answer that has three seconds is tried again at once.
milliseconds RestClient::pauseAfter(const Call &call) const
{
    const bool atOnce = call.request.route.callback && call.tries == 1;
    return atOnce ? 0ms : m_options.backoff.delay(call.tries - 1, rollDice());
}

// Refused calls are counted by Discord, and too many of them ban the address: some are not made a second time.
void RestClient::remember(const Route &route, const RestAnswer &answer)
{
    if (route.botToken && answer.status == 401 && !std::exchange(m_tokenRefused, true))
        Q_EMIT tokenRefused();
    const bool gone = (answer.status == 404 && answer.code == code::unknownWebhook) ||
                      (answer.status == 401 && answer.code == code::invalidWebhookToken);
    if (route.webhook && gone) {
        if (m_goneHooks.size() >= 1000) // interactions that ended; each is asked about for minutes only
            m_goneHooks.clear();
        m_goneHooks.insert(route.major);
    }
}

void RestClient::finish(Ticket ticket, Result<RestAnswer> result)
{
    const Call call = m_calls.take(ticket);
    call.promise->addResult(std::move(result));
    call.promise->finish();
}

// Of the many small pieces that a burst takes, malloc gives nothing back by itself.
void RestClient::afterBurst()
{
    m_calls.squeeze();
    pump(); // the limiter lets go of its buckets
    ::malloc_trim(0);
}

QFuture<Result<GatewayInfo>> RestClient::gateway()
{
    auto promise = std::make_shared<QPromise<Result<GatewayInfo>>>();
    promise->start();
    whenDone(call(*RestRequest::of("GET", u"/gateway/bot"_s)), this, [promise](const Result<RestAnswer> &answer) {
        const auto found = [&]() -> Result<GatewayInfo> {
            HUB_CHECK(answer);
            if (answer->status == 401)
                return meaningOfClose(4004).why.value();
            HUB_TRY(const QJsonValue body, answer->result(u"say where its gateway is"_s));
            return GatewayInfo::fromJson(body.toObject());
        };
        promise->addResult(found());
        promise->finish();
    });
    return promise->future();
}

} // namespace hub::discord
