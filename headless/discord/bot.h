// The hub's presence on Discord: one gateway connection, one REST client, and the parts that answer what comes in.
// I/O thread. What it can't do without Discord it does when Discord is back; the hub goes on without it.
#pragma once

#include "core/hub/frontstatus.h"
#include "core/hub/hubport.h"
#include "headless/discord/access.h"
#include "headless/discord/alertposter.h"
#include "headless/discord/gatewayclient.h"
#include "headless/discord/healthsign.h"
#include "headless/discord/interactions.h"
#include "headless/discord/listener.h"
#include "headless/discord/places.h"
#include "headless/discord/registrar.h"
#include "headless/discord/restclient.h"
#include "headless/discord/threads.h"

namespace hub::discord
{

struct BotConfig {
    QString token; // bare
    Settings settings;
    std::function<void(const FrontStatus &)> tell; // how Discord is doing, for system-health
    GatewayTimes times{};
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

private:
    void onEvent(const QString &event, const QJsonObject &data);
    void onReady(const QJsonObject &data);
    void onGivenUp(const Error &why);
    QString alertPlace() const;
    QStringList concernedBy(const QJsonObject &alert) const;
    void tellStatus();
    MessageBody body(const commands::Reply &reply);
    void openAlerts();

    HubPort &m_hub;
    NotePort &m_notes;
    const std::function<void(const FrontStatus &)> m_tell;
    const Access m_access;
    RestClient m_rest;
    GatewayClient m_gateway;
    Registrar m_registrar;
    Places m_places;
    Interactions m_interactions;
    Threads m_threads;
    Listener m_listener;
    HealthSign m_health;
    const Settings m_settings;
    const std::shared_ptr<DiscordAlerts> m_alerts;
    std::unique_ptr<AlertPoster> m_poster;
    QString m_name; // how people see it, from READY
    std::optional<Error> m_givenUp;
    std::optional<FrontStatus> m_told;
    QTimer m_statusTimer;
};

} // namespace hub::discord
