// The hub's presence on Discord: one gateway connection, one REST client, and the parts that answer what comes in.
// I/O thread. What it can't do without Discord it does when Discord is back; the hub goes on without it.
#pragma once

#include "core/hub/hubport.h"
#include "headless/discord/access.h"
#include "headless/discord/alertposter.h"
#include "headless/discord/gatewayclient.h"
#include "headless/discord/healthsign.h"
#include "headless/discord/listener.h"
#include "headless/discord/places.h"
#include "headless/discord/registration.h"
#include "headless/discord/restclient.h"
#include "headless/discord/threads.h"

namespace hub::discord
{

struct BotConfig {
    QString token; // bare
    Settings settings;
    GatewayTimes times{};
    Renderer render = plainBody;
    TellerTimes teller{};
    std::shared_ptr<DiscordAlerts> alerts{}; // that the hub was given; none: alerts are not posted
};

class Bot : public QObject
{
    Q_OBJECT

public:
    Bot(BotConfig config, HubPort &hub, NotePort &notes, QObject *parent = nullptr);
    ~Bot() override; // says good-bye: it is shown offline

    void start();
    GatewayHealth health() const { return m_gateway.health(); }

private:
    void onEvent(const QString &event, const QJsonObject &data);
    void onReady(const QJsonObject &data);
    void registerCommands();
    void registerIn(const QString &path, CommandScope scope);
    void writeCommands(const QString &path, const QJsonArray &wanted);
    void onGivenUp(const Error &why);
    QString alertPlace() const;
    QStringList concernedBy(const QJsonObject &alert) const;

    HubPort &m_hub;
    const Access m_access;
    RestClient m_rest;
    GatewayClient m_gateway;
    Places m_places;
    Threads m_threads;
    Listener m_listener;
    HealthSign m_health;
    const QString m_alertChannel;
    std::unique_ptr<AlertPoster> m_alerts;
    QString m_application; // its number, from READY
    QString m_user;        // the bot's own
    bool m_registered = false;
};

} // namespace hub::discord
