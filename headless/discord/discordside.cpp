#include "headless/discord/discordside.h"

#include "core/base/log.h"
#include "headless/discord/botcommands.h"
#include "headless/discord/secrets.h"

#include <QProcessEnvironment>

#include <cstdlib>

using namespace Qt::StringLiterals;

namespace hub::discord
{

DiscordSide::DiscordSide(const Settings &settings, const QString &dataDir)
    : m_settings(settings)
    , m_token(botToken(settings, dataDir, QProcessEnvironment::systemEnvironment()))
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto address = webhookAddress(settings, dataDir, environment);
    ::unsetenv("DISCORD_BOT_TOKEN");
    ::unsetenv("DISCORD_WEBHOOK_URL");
    if (!m_token)
        qCCritical(lcDiscord).noquote() << "no Discord:" << m_token.error().message << m_token.error().hint;
    else if (!*m_token)
        qCInfo(lcDiscord).noquote() << "no Discord: there is no bot token (agenthubctl discord check says what to do)";
    else
        m_alerts = std::make_shared<DiscordAlerts>(u"discord"_s, settings);

    auto webhook = address ? Result<QString>(QString()) : Result<QString>(address.error());
    if (address && *address)
        webhook = webhookPath(**address);
    if (!webhook)
        qCCritical(lcDiscord).noquote() << "no alerts by webhook:" << webhook.error().message << webhook.error().hint;
    m_webhook = webhook.valueOr(QString());
    if (!m_webhook.isEmpty())
        m_webhookAlerts = std::make_shared<DiscordAlerts>(u"discord webhook"_s, settings);
}

DiscordSide::~DiscordSide() { disconnect(); }

std::vector<std::shared_ptr<monitor::AlertSink>> DiscordSide::alertSinks() const
{
    std::vector<std::shared_ptr<monitor::AlertSink>> sinks;
    for (const auto &alerts : {m_alerts, m_webhookAlerts}) {
        if (alerts)
            sinks.push_back(alerts);
    }
    return sinks;
}

void DiscordSide::connect(Hub &hub)
{
    addBotCommands(hub, m_settings, m_token);
    if (m_webhookAlerts) {
        m_webhookRest = std::make_unique<RestClient>(
            RestOptions{.base = QUrl(m_settings.text(setting::discordApiBase)), .token = {}});
        m_webhookPoster =
            std::make_unique<AlertPoster>(m_webhookAlerts, *m_webhookRest, hub,
                                          AlertTarget{[path = m_webhook] { return path; }, true}, AlertOptions{});
    }
    if (!m_token) {
        hub.tellFront(u"Discord"_s, {.well = false, .text = m_token.error().message, .advice = m_token.error().hint});
        return;
    }
    if (!*m_token) {
        hub.tellFront(u"Discord"_s, {.text = u"off: there is no bot token (agenthubctl discord check)"_s});
        return;
    }
    m_bot = std::make_unique<Bot>(
        BotConfig{.token = **m_token,
                  .settings = m_settings,
                  .tell = [&hub](const FrontStatus &status) { hub.tellFront(u"Discord"_s, status); },
                  .alerts = m_alerts},
        hub, hub);
    m_bot->start();
}

void DiscordSide::disconnect()
{
    m_bot.reset();
    m_webhookPoster.reset();
    m_webhookRest.reset();
}

} // namespace hub::discord
