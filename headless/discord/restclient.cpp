#include "headless/discord/restclient.h"

#include "headless/discord/address.h"
#include "headless/discord/oneshotbody.h"
#include "headless/discord/useragent.h"

#include <QLoggingCategory>
#include <QMetaEnum>
#include <QNetworkCookieJar>
#include <QNetworkReply>
#include <QNetworkRequest>

#include <malloc.h>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Q_LOGGING_CATEGORY(lcRest, "hub.discord.rest")

// What the lines take.
constexpr RateLimiter::Most atOnce{.callbacks = 1024, .others = 32};

constexpr qsizetype burstFrom = 200; // calls that wait
constexpr milliseconds burstEnds = 15s;

Attempt::Ended howEnded(QNetworkReply::NetworkError error)
{
    switch (error) {
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

Error noAnswer(const RestRequest &request, const HttpEnd &end)
{
    const QString what = request.route.shown() + u" ("_s + end.problem + u')';
    if (end.ended == Attempt::Ended::NeverSent)
        return fail(ErrorCode::Timeout, u"Discord could not be reached for %1; it was not sent."_s.arg(what));
    return fail(ErrorCode::Conflict, u"Discord did not answer %1; it may have been done or not."_s.arg(what));
}

} // namespace

RestClient::RestClient(RestOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_basePath(m_options.base.path(QUrl::FullyEncoded).toLatin1())
    , m_limiter(atOnce)
    , m_lines(m_options.base)
    , m_timer(this, [this] { pump(); })
{
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

RestClient::~RestClient()
{
    for (const Call &call : std::exchange(m_calls, {}))
        tell(call.context, call.then, shuttingDown());
}

void RestClient::call(RestRequest request, QObject *context, Then then)
{
    if (auto refused = refusedBefore(request.route))
        return tell(context, std::move(then), *std::move(refused));
    const Moment deadline = momentNow() + request.limit;
    const Ticket ticket = m_limiter.add(request.route, deadline);
    m_calls.emplace(ticket, Call{std::move(request), context, std::move(then), deadline});
    if (m_calls.size() >= burstFrom)
        m_burst.start();
    pump();
}

void RestClient::pump()
{
    const Moment now = momentNow();
    const RateLimiter::Turn turn = m_limiter.turn(now);
    for (const Ticket ticket : turn.go)
        send(ticket);
    for (const Ticket ticket : turn.expired)
        finish(ticket, tooLate(m_calls[ticket]));
    m_timer.set(m_limiter.nextWake(now), 1ms);
}

Error RestClient::tooLate(const Call &call)
{
    if (call.mayBeDone)
        return fail(ErrorCode::Conflict, u"Discord did not answer %1 in time; it may have been done or not."_s.arg(
                                             call.request.route.shown()));
    return fail(ErrorCode::Timeout, u"It was not the turn of %1 within %2 s; %3."_s.arg(call.request.route.shown())
                                        .arg(call.request.limit.count() / 1000)
                                        .arg(call.tries == 0 ? u"it was not sent"_s : u"what was sent was refused"_s));
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
    if (!call.request.route.botToken)
        return m_lines.call(httpCall(call), [this, ticket](const HttpEnd &end) { onEnd(ticket, end); });
    QNetworkReply *reply = transmit(httpCall(call));
    connect(reply, &QNetworkReply::finished, this, [this, ticket, reply] {
        reply->deleteLater();
        onEnd(ticket, endOf(*reply));
    });
}

HttpCall RestClient::httpCall(const Call &call) const
{
    const RestRequest &wanted = call.request;
    HttpCall made{.method = wanted.route.method,
                  .target = m_basePath + QUrl::toPercentEncoding(wanted.route.path, "/:@!$&'()*+,;=")};
    if (!wanted.query.isEmpty())
        made.target += '?' + wanted.query.query(QUrl::FullyEncoded).toLatin1();
    made.limit = std::min(m_options.attemptLimit, std::max(milliseconds(100), call.deadline - momentNow()));
    made.isRepeatable = wanted.isRepeatable();
    made.headers.emplaceBack("User-Agent", userAgent());
    if (wanted.route.botToken)
        made.headers.emplaceBack("Authorization", "Bot " + m_options.token.toUtf8());
    if (wanted.body.isArray())
        made.body = toJson(wanted.body.toArray());
    else if (wanted.body.isObject())
        made.body = toJson(wanted.body.toObject());
    if (!wanted.files.isEmpty()) {
        const QByteArray boundary = "agenthub-" + QByteArray::number(QRandomGenerator::system()->generate64(), 36) +
                                    QByteArray::number(QRandomGenerator::system()->generate64(), 36);
        made.body = multipart(made.body.isEmpty() ? "{}" : made.body, wanted.files, boundary);
        made.headers.emplaceBack("Content-Type", "multipart/form-data; boundary=" + boundary);
    } else if (!made.body.isEmpty()) {
        made.headers.emplaceBack("Content-Type", "application/json");
    }
    return made;
}

QNetworkReply *RestClient::transmit(const HttpCall &call)
{
    QNetworkRequest request(m_options.base.resolved(QUrl::fromEncoded(call.target)));
    for (const auto &[name, value] : call.headers)
        request.setRawHeader(name, value);
    request.setTransferTimeout(int(call.limit.count()));
    // Followed, a redirection would carry the token to wherever it points.
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setSslConfiguration(safeTls());
    if (call.body.isEmpty())
        return m_network.sendCustomRequest(request, call.method);
    request.setHeader(QNetworkRequest::ContentLengthHeader, call.body.size());
    auto *once = new OneShotBody(call.body, nullptr);
    QNetworkReply *reply = m_network.sendCustomRequest(request, call.method, once);
    once->setParent(reply);
    return reply;
}

HttpEnd RestClient::endOf(QNetworkReply &reply)
{
    const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    // An answer whose body broke off says nothing about what it would have said.
    if (status == 0 || (reply.error() != QNetworkReply::NoError && status < 300))
        return {howEnded(reply.error()), {}, nameOf(reply.error())};
    HttpEnd end{Attempt::Ended::Answered, {.status = status}, {}};
    for (const auto &[name, value] : reply.rawHeaderPairs())
        end.answer.headers.emplaceBack(name.toLower(), value);
    end.answer.body = reply.isOpen() ? reply.readAll() : QByteArray();
    return end;
}

void RestClient::onEnd(Ticket ticket, const HttpEnd &end)
{
    const Moment now = momentNow();
    Call &call = m_calls[ticket];
    const Route route = call.request.route;
    const int status = end.answer.status;
    call.mayBeDone |= end.ended == Attempt::Ended::Lost;
    const Attempt attempt{end.ended, RestAnswer::of(status, end.answer.body), call.tries};
    const LimitHeaders limits = LimitHeaders::read(end.answer);
    m_limiter.answered(ticket, status, limits, now);
    remember(route, attempt.answer);

    switch (judge(call.request, attempt)) {
    case Verdict::Done: finish(ticket, RestAnswer{204, 0, QJsonValue::Undefined}); break;
    case Verdict::Again: m_limiter.again(ticket, route, call.deadline, now); break;
    case Verdict::Backoff:
        qCInfo(lcRest).noquote() << route.shown() << "try" << call.tries
                                 << "failed:" << (status != 0 ? QString::number(status) : end.problem);
        m_limiter.again(ticket, route, call.deadline, now + pauseAfter(call));
        break;
    case Verdict::Give:
        if (end.ended == Attempt::Ended::Answered)
            finish(ticket, attempt.answer);
        else
            finish(ticket, noAnswer(call.request, end));
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
    Call call = m_calls.take(ticket);
    tell(call.context, std::move(call.then), std::move(result));
}

void RestClient::tell(QObject *context, Then then, Result<RestAnswer> result)
{
    if (context)
        QMetaObject::invokeMethod(
            context, [then = std::move(then), result = std::move(result)] { then(result); }, Qt::QueuedConnection);
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
    call(*RestRequest::of("GET", u"/gateway/bot"_s), this, [promise](const Result<RestAnswer> &answer) {
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
