// The bot's status on Discord shows how the hub is: green, yellow when something waits for a person, red in safe mode.
// I/O thread.
#pragma once

#include "core/hub/hubport.h"
#include "headless/discord/gateway.h"

#include <QTimer>

namespace hub::discord
{

Presence presenceFor(bool safeMode, qsizetype needPerson);

class HealthSign : public QObject
{
    Q_OBJECT

public:
    using Show = std::function<void(const Presence &)>;
    // `calm`: what happens within that time is looked at once.
    HealthSign(HubPort &hub, Show show, milliseconds calm = 4s, QObject *parent = nullptr);

    void look();

private:
    void ask(const QString &command, const QJsonObject &options, std::function<void(const QJsonObject &)> then);

    HubPort &m_hub;
    const Show m_show;
    QTimer m_calm;
};

} // namespace hub::discord
