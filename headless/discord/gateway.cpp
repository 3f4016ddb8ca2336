#include "headless/discord/gateway.h"

#include "headless/discord/address.h"

#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

// A resume address that stays closed this often is asked about first, and given up after the second number. The tries
// in between happen only when Discord's API answers, so a network that is down does not use them up.
constexpr int askAfter = 3;
constexpr int newSessionAfter = 5;
// The last identifies of a day are spread over what is left of it: going past the limit resets the token.
constexpr int spreadLast = 20;

QUrl withQuery(QUrl url, bool compressed)
{
    QUrlQuery query{{u"v"_s, u"10"_s}, {u"encoding"_s, u"json"_s}};
    if (compressed)
        query.addQueryItem(u"compress"_s, u"zlib-stream"_s);
    url.setQuery(query);
    if (url.path().isEmpty())
        url.setPath(u"/"_s);
    return url;
}

void noteEvent(std::deque<Moment> &events, Moment now)
{
    events.push_back(now);
    if (events.size() > 2000)
        events.pop_front();
}

int inLastDay(const std::deque<Moment> &events, Moment now)
{
    return int(std::count_if(events.begin(), events.end(), [now](Moment at) { return at + 24h > now; }));
}

milliseconds scaled(milliseconds time, double by) { return milliseconds(qint64(double(time.count()) * by)); }

bool isDue(const std::optional<Moment> &timer, Moment now) { return timer && *timer <= now; }

} // namespace

Result<GatewayInfo> GatewayInfo::fromJson(const QJsonObject &answer)
{
    const QUrl url(answer["url"_L1].toString(), QUrl::StrictMode);
    if (!isSafeAddress(url, u"wss"))
        return fail(ErrorCode::InvalidInput, u"Discord named no address of its gateway that can be used."_s);
    const QJsonObject limit = answer["session_start_limit"_L1].toObject();
    return GatewayInfo{url, limit["remaining"_L1].toInt(1),
                       milliseconds(qint64(std::max(limit["reset_after"_L1].toDouble(), 0.0)))};
}

QJsonObject Presence::toJson() const
{
    constexpr QLatin1StringView names[]{"online"_L1, "idle"_L1, "dnd"_L1};
    QJsonArray activities;
    if (!text.isEmpty())
        activities.append(QJsonObject{{u"name"_s, u"Custom Status"_s}, {u"type"_s, 4}, {u"state"_s, text.left(128)}});
    return {{u"since"_s, QJsonValue::Null},
            {u"activities"_s, activities},
            {u"status"_s, names[size_t(status)]},
            {u"afk"_s, false}};
}

Gateway::Gateway(GatewayOptions options, Dice dice, std::optional<GatewaySession> session)
    : m_options(std::move(options))
    , m_dice(std::move(dice))
    , m_presence(m_options.presence)
{
    if (session && isSafeAddress(session->url, u"wss")) {
        m_sessionId = session->id;
        m_sessionUrl = session->url;
        m_sequence = session->sequence;
    }
}

GatewayActions Gateway::start(Moment now)
{
    if (m_phase == Phase::Off)
        connectAgain(now);
    return take();
}

GatewayActions Gateway::stop(Leaving leaving)
{
    if (isConnected())
        m_out.push_back(action::CloseConnection{leaving == Leaving::ForGood ? closeForGood : closeToResume});
    if (leaving == Leaving::ForGood)
        forgetSession();
    m_timers = {};
    m_connectAt.reset();
    m_phase = Phase::Off;
    return take();
}

void Gateway::forgetSession()
{
    m_sessionId.clear();
    m_sequence.reset();
    m_shownPresence.reset();
    m_sessionSince.reset();
}

void Gateway::giveUp(const Error &why)
{
    forgetSession();
    m_timers = {};
    m_connectAt.reset();
    m_phase = Phase::Off;
    m_out.push_back(action::GiveUp{why});
}

// ---- to a connection ----

void Gateway::connectAgain(Moment now)
{
    m_connectAt.reset();
    if (!m_sessionId.isEmpty() && m_unopened < askAfter) {
        open(m_sessionUrl, now);
    } else if (m_sessionId.isEmpty() && m_info && now < m_infoUntil) {
        connectFresh(now);
    } else {
        m_phase = Phase::Asking;
        m_out.push_back(action::AskForGateway{});
    }
}

GatewayActions Gateway::gatewayFound(const GatewayInfo &info, Moment now)
{
    if (m_phase != Phase::Asking)
        return take();
    m_info = info;
    m_infoUntil = now + std::max<milliseconds>(info.resetAfter, 1min);
    if (!m_sessionId.isEmpty() && m_unopened < newSessionAfter) {
        open(m_sessionUrl, now);
    } else {
        forgetSession();
        connectFresh(now);
    }
    return take();
}

GatewayActions Gateway::gatewayNotFound(const Error &error, Moment now)
{
    if (m_phase != Phase::Asking)
        return take();
    if (error.code == ErrorCode::Refused) {
        giveUp(error);
        return take();
    }
    remark(error.message);
    m_phase = Phase::Waiting;
    m_connectAt = now + m_options.times.backoff.delay(m_tries++, m_dice());
    return take();
}

// A connection that will identify: only while today's count allows it.
void Gateway::connectFresh(Moment now)
{
    Moment from = now;
    if (m_info->identifiesLeft <= 0)
        from = m_infoUntil;
    else if (m_info->identifiesLeft <= spreadLast && m_lastIdentify)
        from = *m_lastIdentify + (m_infoUntil - now) / m_info->identifiesLeft;
    if (from <= now) {
        open(m_info->url, now);
        return;
    }
    remark(u"Discord allows this bot %1 more sign-ins for now; waiting"_s.arg(std::max(m_info->identifiesLeft, 0)));
    m_phase = Phase::Waiting;
    m_connectAt = from;
}

void Gateway::open(const QUrl &url, Moment now)
{
    m_phase = Phase::AwaitingHello;
    m_timers = {};
    m_timers.hello = now + m_options.times.helloLimit;
    m_openedAt = now;
    m_awaitingAnswer = false;
    m_budget.newConnection();
    m_out.push_back(action::OpenConnection{withQuery(url, m_options.compressed)});
}

// ---- losing it ----

GatewayActions Gateway::closed(std::optional<int> code, Moment now)
{
    if (!isConnected())
        return take();
    m_lastCloseCode = code;
    const CloseMeaning meaning = meaningOfClose(code);
    if (!meaning.remark.isEmpty())
        remark(meaning.remark);
    if (meaning.after == AfterClose::Stop)
        giveUp(*meaning.why);
    else
        lost(meaning.after, now, meaning.slowDown ? m_options.times.backoff.most / 2 : 0ms);
    return take();
}

// The second time at the same place the message would come again with each replay: that session is of no more use.
GatewayActions Gateway::unreadable(const QString &why, Moment now)
{
    if (!isConnected())
        return take();
    remark(why);
    const qint64 place = m_sequence.value_or(0);
    const bool again = m_unreadableAfter == place;
    m_unreadableAfter = place;
    closeAnd(again ? AfterClose::NewSession : AfterClose::Resume, now);
    return take();
}

void Gateway::closeAnd(AfterClose after, Moment now, milliseconds atLeast)
{
    m_out.push_back(action::CloseConnection{closeToResume});
    lost(after, now, atLeast);
}

void Gateway::lost(AfterClose after, Moment now, milliseconds atLeast)
{
    if (m_phase == Phase::AwaitingHello && ++m_unopened >= askAfter)
        m_info.reset(); // its address may be what does not work
    m_timers = {};
    if (after == AfterClose::NewSession || m_sessionId.isEmpty())
        forgetSession();
    // The first try is made at once, but not in a circle: a connection that is lost as soon as it stands waits, too.
    milliseconds delay = 0ms;
    if (m_tries > 0 || now - m_openedAt < m_options.times.calm)
        delay = m_options.times.backoff.delay(m_tries++, m_dice());
    delay = std::max(delay, atLeast);
    m_phase = Phase::Waiting;
    m_connectAt = now + delay;
    if (delay == 0ms)
        connectAgain(now);
}

// ---- what comes in ----

GatewayActions Gateway::received(const QByteArray &text, Moment now)
{
    if (!isConnected())
        return take();
    const auto payload = decodePayload(text);
    if (!payload)
        return unreadable(payload.error().message, now);
    switch (Op(payload->op)) {
    case Op::Dispatch: onDispatch(*payload, now); break;
    case Op::Heartbeat: heartbeat(now); break;
    case Op::Reconnect: closeAnd(AfterClose::Resume, now); break;
    case Op::InvalidSession:
        if (payload->data.toBool())
            closeAnd(AfterClose::Resume, now);
        else
            closeAnd(AfterClose::NewSession, now, scaled(m_options.times.strangerPause, 1 + 4 * m_dice()));
        break;
    case Op::Hello:
        if (m_phase == Phase::AwaitingHello)
            onHello(payload->data, now);
        break;
    case Op::HeartbeatAck:
        m_awaitingAnswer = false;
        m_latency = now - m_heartbeatSent;
        m_lastAnswer = now;
        break;
    default: break; // new ones appear at any time
    }
    return take();
}

void Gateway::onHello(const QJsonValue &data, Moment now)
{
    const double interval = data["heartbeat_interval"_L1].toDouble();
    if (interval < 1 || interval > 3600'000) {
        remark(u"a greeting of the gateway without a usable heartbeat interval"_s);
        closeAnd(AfterClose::Resume, now);
        return;
    }
    m_interval = milliseconds(qint64(interval));
    m_unopened = 0;
    m_timers.hello.reset();
    m_timers.heartbeat = now + scaled(m_interval, m_dice());
    if (!m_sessionId.isEmpty()) {
        resume(now);
        return;
    }
    m_phase = Phase::Identifying;
    m_timers.identify = now;
    if (m_lastIdentify)
        m_timers.identify = std::max(now, *m_lastIdentify + m_options.times.identifyGap);
    if (isDue(m_timers.identify, now))
        identify(now);
}

void Gateway::onDispatch(const GatewayPayload &payload, Moment now)
{
    const bool ready = payload.event == "READY"_L1; // a new session, whose numbers begin anew
    const bool resumed = payload.event == "RESUMED"_L1 && m_phase == Phase::Resuming;
    const bool known = !ready && payload.sequence && m_sequence && *payload.sequence <= *m_sequence;
    if (known && !resumed)
        return; // replayed, and was here before
    if (payload.sequence && !known)
        m_sequence = payload.sequence;
    if (m_timers.ready)
        m_timers.ready = now + m_options.times.readyLimit;
    const QJsonObject data = payload.data.toObject();
    if (ready)
        onReady(data, now);
    m_out.push_back(action::Deliver{payload.event, data});
    if (resumed)
        onResumed(now);
}

void Gateway::onReady(const QJsonObject &data, Moment now)
{
    m_phase = Phase::Ready;
    m_tries = 0;
    m_timers.ready.reset();
    m_sessionId = data["session_id"_L1].toString();
    const QUrl url(data["resume_gateway_url"_L1].toString(), QUrl::StrictMode);
    if (isSafeAddress(url, u"wss"))
        m_sessionUrl = url;
    else if (m_info)
        m_sessionUrl = m_info->url;
    m_sessionSince = now;
    sendPresence(now);
}

void Gateway::onResumed(Moment now)
{
    m_phase = Phase::Ready;
    m_tries = 0;
    m_timers.ready.reset();
    noteEvent(m_resumes, now);
    sendPresence(now);
}

// ---- what goes out ----

bool Gateway::send(Op op, const QJsonValue &data, Moment now)
{
    auto text = encodePayload(op, data);
    if (!text) {
        remark(text.error().message);
        return false;
    }
    m_budget.sent(now);
    m_out.push_back(action::SendText{*std::move(text)});
    return true;
}

void Gateway::identify(Moment now)
{
    m_timers.identify.reset();
    const QString us = u"agenthub"_s;
    const QJsonObject data{{u"token"_s, m_options.token},
                           {u"intents"_s, m_options.intents},
                           {u"properties"_s, QJsonObject{{u"os"_s, u"linux"_s}, {u"browser"_s, us}, {u"device"_s, us}}},
                           {u"presence"_s, m_presence.toJson()}};
    if (!send(Op::Identify, data, now)) {
        m_out.push_back(action::CloseConnection{closeForGood});
        giveUp(fail(ErrorCode::InvalidInput, u"What DISCORD_BOT_TOKEN holds is too long for a token of Discord."_s,
                    u"Copy the token again from the bot's page at discord.com/developers, and restart the hub."_s));
        return;
    }
    m_sequence.reset();
    m_lastIdentify = now;
    if (m_info)
        --m_info->identifiesLeft;
    noteEvent(m_identifies, now);
    m_shownPresence = m_presence;
    m_presenceSent = now;
    m_timers.ready = now + m_options.times.readyLimit;
}

void Gateway::resume(Moment now)
{
    m_phase = Phase::Resuming;
    m_timers.ready = now + m_options.times.readyLimit;
    send(Op::Resume,
         QJsonObject{{u"token"_s, m_options.token}, {u"session_id"_s, m_sessionId}, {u"seq"_s, m_sequence.value_or(0)}},
         now);
}

void Gateway::heartbeat(Moment now)
{
    m_timers.owedHeartbeat.reset();
    if (!m_budget.allows(SendBudget::For::Heartbeat, now)) {
        m_timers.owedHeartbeat = m_budget.freeAt(SendBudget::For::Heartbeat, now);
        return;
    }
    m_heartbeatSent = now;
    send(Op::Heartbeat, m_sequence ? QJsonValue(*m_sequence) : QJsonValue(QJsonValue::Null), now);
}

GatewayActions Gateway::setPresence(const Presence &presence, Moment now)
{
    m_presence = presence;
    sendPresence(now);
    return take();
}

void Gateway::sendPresence(Moment now)
{
    m_timers.presence.reset();
    if (m_phase != Phase::Ready || m_shownPresence == m_presence)
        return;
    Moment from = m_budget.freeAt(SendBudget::For::Other, now);
    if (m_presenceSent)
        from = std::max(from, *m_presenceSent + m_options.times.presenceGap);
    if (from > now) {
        m_timers.presence = from;
        return;
    }
    send(Op::Presence, m_presence.toJson(), now);
    m_shownPresence = m_presence;
    m_presenceSent = now;
}

// ---- time ----

GatewayActions Gateway::tick(Moment now)
{
    if (isDue(m_connectAt, now)) {
        connectAgain(now);
    } else if (isDue(m_timers.hello, now)) {
        remark(u"the gateway sent no greeting in time"_s);
        closeAnd(AfterClose::Resume, now);
    } else if (isDue(m_timers.ready, now)) {
        remark(u"the gateway answered nothing to signing in"_s);
        closeAnd(AfterClose::Resume, now);
    } else if (isDue(m_timers.heartbeat, now) && m_awaitingAnswer) {
        remark(u"the gateway did not answer the last heartbeat: the connection is dead"_s);
        noteEvent(m_zombies, now);
        closeAnd(AfterClose::Resume, now);
    } else {
        if (isDue(m_timers.heartbeat, now)) {
            m_timers.heartbeat = now + m_interval;
            heartbeat(now);
            m_awaitingAnswer = !m_timers.owedHeartbeat;
        }
        if (isDue(m_timers.owedHeartbeat, now))
            heartbeat(now);
        if (isDue(m_timers.identify, now))
            identify(now);
        if (isDue(m_timers.presence, now))
            sendPresence(now);
    }
    return take();
}

std::optional<Moment> Gateway::nextWake() const
{
    std::optional<Moment> next;
    for (const auto &timer : {m_connectAt, m_timers.hello, m_timers.ready, m_timers.heartbeat, m_timers.owedHeartbeat,
                              m_timers.identify, m_timers.presence}) {
        if (timer && (!next || *timer < *next))
            next = timer;
    }
    return next;
}

std::optional<GatewaySession> Gateway::session() const
{
    if (m_sessionId.isEmpty())
        return std::nullopt;
    return GatewaySession{m_sessionId, m_sessionUrl, m_sequence.value_or(0)};
}

GatewayHealth Gateway::health(Moment now) const
{
    GatewayHealth health;
    health.phase = m_phase;
    health.latency = m_latency;
    health.lastAnswer = m_lastAnswer;
    health.sessionSince = m_sessionSince;
    health.nextTry = m_connectAt;
    health.lastCloseCode = m_lastCloseCode;
    if (m_info)
        health.identifiesLeft = m_info->identifiesLeft;
    health.identifies = inLastDay(m_identifies, now);
    health.resumes = inLastDay(m_resumes, now);
    health.zombies = inLastDay(m_zombies, now);
    return health;
}

} // namespace hub::discord
