// Programs that are known as coding agents, and how each is started for one task without anybody at a terminal.
#pragma once

#include <QList>
#include <QString>

namespace hub::agents
{

struct FoundAgent {
    QString name;    // as an agent of the hub may be called
    QString title;   // as its makers call it
    QString command; // for `agents add`
    QString program; // where it lies
};

// Those whose program is found on the hub's PATH. Looks into folders: workers only.
QList<FoundAgent> findAgents();

} // namespace hub::agents
