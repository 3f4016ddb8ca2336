// How a front end that works with the outside is doing, as it tells the hub, for system-health. A value.
#pragma once

#include <QJsonObject>
#include <QMap>
#include <QString>

namespace hub
{

struct FrontStatus {
    bool well = true;
    QString text;     // "connected as AgentHub, 84 ms"
    QString advice;   // what a person does about it; empty: nothing
    QJsonObject data; // the same for machines
    friend bool operator==(const FrontStatus &, const FrontStatus &) = default;
};
using FrontStatuses = QMap<QString, FrontStatus>; // by name: "Discord"

} // namespace hub
