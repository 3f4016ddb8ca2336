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

} // namespace

Bot::Bot(BotConfig config, HubPort &hub, NotePort &notes, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_access(config.settings)
    , m_rest({.base = QUrl(config.settings.text(setting::discordApiBase)), .token = config.token})
    , m_gateway({.token = config.token, .intents = intentsFor(config.settings), .times = config.times},
                [this] { return m_rest.gateway(); })
    , m_places(notes, config.settings.text(setting::discordHome))
    , m_threads(hub, notes, {m_rest, m_places, config.render, config.teller})
    , m_listener(hub, m_rest, m_places, m_access, config.settings.flag(setting::discordAllMessages))
    , m_health(hub, [this](const Presence &presence) { m_gateway.setPresence(presence); })
    , m_alertChannel(config.settings.text(setting::discordAlerts))
{
    connect(&m_gateway, &GatewayClient::dispatched, this, &Bot::onEvent);
    connect(&m_gateway, &GatewayClient::gaveUp, this, &Bot::onGivenUp);
    connect(&m_hub, &HubPort::eventHappened, this, [this](const HubEvent &event) {
        if (event.name == u"project")
            m_places.channelLinked(event.data.value(u"project"_s).toString(),
                                   event.data.value(u"channel"_s).toString());
    });
    if (config.alerts)
        m_alerts = std::make_unique<AlertPoster>(
            config.alerts, m_rest, notes, AlertTarget{[this] { return alertPlace(); }},
            AlertOptions{.render = config.render,
                         .mentionLevel = mentionLevel(config.settings),
                         .concerned = [this](const QJsonObject &alert) { return concernedBy(alert); }});
}

Bot::~Bot() { m_gateway.stop(Gateway::Leaving::ForGood); }

void Bot::start()
{
    whenDone(m_places.load(), this, [this](const Result<> &loaded) {
        if (!loaded)
            qCWarning(lcDiscord).noquote() << "which thread is whose is not known:" << loaded.error().message;
        m_threads.begin();
        m_gateway.start();
    });
}

QString Bot::alertPlace() const
{
    const QString channel = m_alertChannel.isEmpty() ? m_places.home() : m_alertChannel;
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
    if (event == u"READY" || event == u"RESUMED")
        m_threads.wake();
    m_listener.onEvent(event, data);
}

void Bot::onReady(const QJsonObject &data)
{
    m_application = data.value(u"application"_s).toObject().value(u"id"_s).toString();
    m_user = data.value(u"user"_s).toObject().value(u"id"_s).toString();
    m_listener.setUser(m_user);
    qCInfo(lcDiscord).noquote() << "connected as" << data.value(u"user"_s).toObject().value(u"username"_s).toString();
    if (!m_registered)
        registerCommands();
    m_health.look();
}

// In the servers that are named the commands act at once; else everywhere.
void Bot::registerCommands()
{
    const QString application = u"/applications/"_s + m_application;
    if (m_access.guilds().isEmpty())
        return registerIn(application + u"/commands"_s, CommandScope::Global);
    for (const QString &guild : m_access.guilds())
        registerIn(application + u"/guilds/"_s + guild + u"/commands"_s, CommandScope::Guild);
}

void Bot::registerIn(const QString &path, CommandScope scope)
{
    auto look = RestRequest::of("GET", path);
    if (!look)
        return onGivenUp(look.error());
    look->query.addQueryItem(u"with_localizations"_s, u"true"_s);
    const QJsonArray wanted = applicationCommands(commands::commandTable(), scope);
    whenDone(m_rest.call(*look), this, [this, path, wanted](const Result<RestAnswer> &answer) {
        const auto there = answer ? answer->result(u"read the commands"_s) : Result<QJsonValue>(answer.error());
        if (!there)
            qCWarning(lcDiscord).noquote() << "the commands could not be compared:" << there.error().message;
        else if (areRegistered(wanted, there->toArray()))
            m_registered = true;
        else
            writeCommands(path, wanted);
    });
}

void Bot::writeCommands(const QString &path, const QJsonArray &wanted)
{
    const auto write = RestRequest::of("PUT", path, wanted);
    whenDone(m_rest.call(*write), this, [this, wanted](const Result<RestAnswer> &answer) {
        const auto written = answer ? answer->result(u"register the commands"_s) : Result<QJsonValue>(answer.error());
        m_registered = written.hasValue();
        if (written)
            qCInfo(lcDiscord) << "registered" << wanted.size() << "commands";
        else
            qCWarning(lcDiscord).noquote() << "the commands are not registered:" << written.error().message;
    });
}

void Bot::onGivenUp(const Error &why)
{
    qCCritical(lcDiscord).noquote() << "Discord is left alone from now on:" << why.message << why.hint;
}

} // namespace hub::discord
