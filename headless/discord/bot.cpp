#include "headless/discord/bot.h"

#include "core/base/log.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

// Bits of the gateway's intents.
constexpr int guilds = 1 << 0, guildMessages = 1 << 9, messageContent = 1 << 15;

int intentsFor(const Settings &settings)
{
    return guilds | guildMessages | (settings.flag(setting::discordAllMessages) ? messageContent : 0);
}

AlertLevel mentionLevel(const Settings &settings)
{
    return enumFromText(alertLevelTexts, settings.text(setting::discordMentionLevel), u"level")
        .valueOr(AlertLevel::Critical);
}

constexpr std::chrono::seconds statusPause{5};

QString phaseText(const GatewayHealth &health)
{
    using Phase = GatewayHealth::Phase;
    switch (health.phase) {
    case Phase::Off: return u"not connected"_s;
    case Phase::Asking: return u"asking where to connect"_s;
    case Phase::Waiting: return u"waiting for the next try"_s;
    case Phase::AwaitingHello:
    case Phase::Identifying: return u"connecting"_s;
    case Phase::Resuming: return u"taking its session up again"_s;
    case Phase::Ready: return u"connected"_s;
    }
    Q_UNREACHABLE();
}

} // namespace

Bot::Bot(BotConfig config, HubPort &hub, NotePort &notes, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_notes(notes)
    , m_tell(config.tell)
    , m_access(config.settings)
    , m_rest({.base = QUrl(config.settings.text(setting::discordApiBase)), .token = config.token})
    , m_gateway({.token = config.token, .intents = intentsFor(config.settings), .times = config.times},
                [this] { return m_rest.gateway(); })
    , m_registrar(m_rest, m_access.guilds())
    , m_places(notes, config.settings.text(setting::discordHome))
    , m_interactions({m_hub, notes, m_rest, m_places, m_access})
    , m_threads(hub, notes,
                {m_rest, m_places, [this](const commands::Reply &reply) { return body(reply); }, config.teller})
    , m_listener(hub, m_rest, m_places, m_access, config.settings.flag(setting::discordAllMessages))
    , m_health(hub, [this](const Presence &presence) { m_gateway.setPresence(presence); })
    , m_settings(config.settings)
    , m_alerts(config.alerts)
{
    connect(&m_gateway, &GatewayClient::dispatched, this, &Bot::onEvent);
    connect(&m_gateway, &GatewayClient::gaveUp, this, &Bot::onGivenUp);
    connect(&m_rest, &RestClient::tokenRefused, this, [this] {
        onGivenUp(fail(ErrorCode::Refused, u"Discord does not take the bot's token any more."_s,
                       u"Put a new one in its place (agenthubctl discord check), and restart the hub."_s));
    });
    connect(&m_hub, &HubPort::eventHappened, this, [this](const HubEvent &event) {
        if (event.name == u"project")
            m_places.channelLinked(event.data.value(u"project"_s).toString(),
                                   event.data.value(u"channel"_s).toString());
    });
    connect(&m_threads, &Threads::lookedAtTasks, &m_interactions, &Interactions::forgetOldButtons);
    m_statusTimer.setInterval(statusPause);
    connect(&m_statusTimer, &QTimer::timeout, this, &Bot::tellStatus);
    m_statusTimer.start();
    tellStatus();
}

Bot::~Bot() { m_gateway.stop(Gateway::Leaving::ForGood); }

void Bot::start()
{
    whenDone(m_places.load(), this, [this](const Result<> &loaded) {
        if (!loaded)
            qCWarning(lcDiscord).noquote() << "which thread is whose is not known:" << loaded.error().message;
        whenDone(m_interactions.load(), this, [this](const Result<> &ready) {
            if (!ready)
                qCWarning(lcDiscord).noquote() << "older buttons do not work:" << ready.error().message;
            openAlerts();
            m_threads.begin();
            m_gateway.start();
        });
    });
}

void Bot::openAlerts()
{
    if (!m_alerts)
        return;
    m_poster = std::make_unique<AlertPoster>(
        m_alerts, m_rest, m_notes, AlertTarget{[this] { return alertPlace(); }},
        AlertOptions{.render = [this](const commands::Reply &reply) { return body(reply); },
                     .mentionLevel = mentionLevel(m_settings),
                     .concerned = [this](const QJsonObject &alert) { return concernedBy(alert); }});
}

// With buttons that work for as long as the message is there.
MessageBody Bot::body(const commands::Reply &reply)
{
    MessageBody made = render(reply, {.ids = m_interactions.customIds(), .now = SystemClock().now()});
    m_interactions.keepCustomIds([] {});
    return made;
}

QString Bot::alertPlace() const
{
    const QString alerts = m_settings.text(setting::discordAlerts);
    const QString channel = alerts.isEmpty() ? m_places.home() : alerts;
    return channel.isEmpty() ? QString() : u"/channels/"_s + channel;
}

// Who assigned the task that it is about; what is about none concerns the admins.
QStringList Bot::concernedBy(const QJsonObject &alert) const
{
    if (const qint64 task = alert.value(u"task_id"_s).toInteger(); task > 0)
        return {m_threads.ownerOf(TaskId::of(task))};
    return QStringList(m_access.adminUsers().cbegin(), m_access.adminUsers().cend());
}

void Bot::onEvent(const QString &event, const QJsonObject &data)
{
    if (event == u"READY")
        onReady(data);
    else if (event == u"INTERACTION_CREATE")
        m_interactions.received(data);
    if (event == u"READY" || event == u"RESUMED")
        m_threads.wake();
    m_listener.onEvent(event, data);
}

void Bot::onReady(const QJsonObject &data)
{
    m_listener.setUser(data.value(u"user"_s).toObject().value(u"id"_s).toString());
    m_name = data.value(u"user"_s).toObject().value(u"username"_s).toString();
    qCInfo(lcDiscord).noquote() << "connected as" << m_name;
    m_givenUp.reset();
    tellStatus();
    m_registrar.begin(data.value(u"application"_s).toObject().value(u"id"_s).toString());
    m_health.look();
}

void Bot::onGivenUp(const Error &why)
{
    qCCritical(lcDiscord).noquote() << "Discord is left alone from now on:" << why.message << why.hint;
    m_givenUp = why;
    tellStatus();
}

// Liveness is what was heard, not what is open: the latency is that of the last answered heartbeat.
void Bot::tellStatus()
{
    const GatewayHealth health = m_gateway.health();
    const auto rest = m_rest.health();
    const bool ready = health.phase == GatewayHealth::Phase::Ready;
    FrontStatus status{.well = ready && !m_givenUp, .text = phaseText(health)};
    if (ready)
        status.text += u" as %1"_s.arg(m_name);
    if (ready && health.latency)
        status.text += u", %1 ms"_s.arg(health.latency->count());
    if (m_givenUp) {
        status.text = u"given up: "_s + m_givenUp->message;
        status.advice = m_givenUp->hint.isEmpty() ? u"agenthubctl discord check"_s : m_givenUp->hint;
    }
    status.data = {{u"phase"_s, phaseText(health)},
                   {u"well"_s, status.well},
                   {u"latency_ms"_s, health.latency ? QJsonValue(qint64(health.latency->count())) : QJsonValue()},
                   {u"identifies"_s, health.identifies},
                   {u"identifies_left"_s, health.identifiesLeft ? QJsonValue(*health.identifiesLeft) : QJsonValue()},
                   {u"resumes"_s, health.resumes},
                   {u"zombies"_s, health.zombies},
                   {u"last_close_code"_s, health.lastCloseCode ? QJsonValue(*health.lastCloseCode) : QJsonValue()},
                   {u"waiting_calls"_s, qint64(rest.waiting)},
                   {u"refused_calls"_s, rest.invalid}};
    if (m_told == status) // mostly; the hub is not woken for it
        return;
    m_told = status;
    m_tell(status);
}

} // namespace hub::discord
