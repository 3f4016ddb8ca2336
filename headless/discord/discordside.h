// All of Discord that a hub has, composed: what is set up, the sinks that the hub is given at its start, and what lives
// beside it then. Created and used on the I/O thread; made before the hub, destroyed after disconnect().
#pragma once

#include "core/hub/hub.h"
#include "headless/discord/bot.h"

namespace hub::discord
{

class DiscordSide
{
public:
    // Reads the token and the webhook's address, and takes both out of this process's environment, which agents get a
    // part of. What can't be used is said in the log once; the hub works on without it.
    DiscordSide(const Settings &settings, const QString &dataDir);
    ~DiscordSide();

    std::vector<std::shared_ptr<monitor::AlertSink>> alertSinks() const;
    void connect(Hub &hub);
    // Before the hub goes.
    void disconnect();

private:
    const Settings m_settings;
    Result<std::optional<QString>> m_token;
    QString m_webhook; // its path
    std::shared_ptr<DiscordAlerts> m_alerts, m_webhookAlerts;
    std::unique_ptr<RestClient> m_webhookRest;
    std::unique_ptr<AlertPoster> m_webhookPoster;
    std::unique_ptr<Bot> m_bot;
};

} // namespace hub::discord
