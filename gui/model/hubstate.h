// What the whole window knows of the hub: tasks, questions, alerts, agents, health. Kept up to date by events, so that
// every page shows the same. Window's thread.
#pragma once

#include "gui/model/feed.h"
#include "gui/model/rowmodel.h"

namespace hub::gui
{

class HubState final : public QObject
{
    Q_OBJECT

public:
    explicit HubState(HubLink &link, QObject *parent = nullptr);

    HubLink &link() { return m_link; }
    RowModel &tasks() { return m_tasks; }
    RowModel &approvals() { return m_approvals; } // open ones
    RowModel &alerts() { return m_alerts; }       // open ones
    RowModel &agents() { return m_agents; }
    const QJsonObject &health() const { return m_health; } // system-health's data
    bool safeMode() const { return m_health[u"safe_mode"].toBool(); }
    // Tasks that wait for a person, questions, alerts of level error and above.
    int needsPerson() const;
    // The worst that needs a person, for the tray: "", "warning", "error", "critical".
    QString worst() const;
    // All lists have been answered once since the connection was made.
    bool isComplete() const { return m_complete; }

    void refreshHealth() { m_healthFeed.refresh(); }

    static bool waitsForPerson(const QJsonObject &task);
    static bool isOpen(const QJsonObject &task);

Q_SIGNALS:
    void changed();       // any of it
    void healthChanged();
    void completed();
    // News, for notifications; only of what happened while the window watched.
    void approvalAsked(const QJsonObject &approval);
    void alertRaised(const QJsonObject &alert);

private:
    void onEvent(const HubEvent &event);
    QJsonObject describeAgent(QJsonObject row) const;
    void describeAgents();
    void takeHealth(const QJsonObject &data);
    void answered();

    HubLink &m_link;
    RowModel m_tasks, m_approvals, m_alerts, m_agents;
    Feed m_taskFeed, m_approvalFeed, m_alertFeed, m_agentFeed, m_healthFeed;
    QJsonObject m_health;
    QHash<QString, QJsonObject> m_usage; // by task
    int m_waiting = 5;                   // feeds that have not answered yet
    bool m_complete = false;
};

} // namespace hub::gui
