// What the whole window knows of the hub: tasks, questions, alerts, agents, health. Kept up to date by events, so that
// every page shows the same. Window's thread.
#pragma once

#include "gui/model/feed.h"
#include "gui/model/rowmodel.h"

#include <set>

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
    // Tasks to be looked at or taken up again, the newest first; who waits for an answer has a question instead.
    const std::set<qint64, std::greater<>> &waitingTasks() const { return m_waitingTasks; }
    // Those, questions, alerts of level error and above.
    int needsPerson() const;
    // The worst that needs a person, for the tray: "", "warning", "error", "critical".
    QString worst() const;
    // All lists have been answered once since the connection was made.
    bool isComplete() const { return m_complete; }

    // After something was done here, which not every event tells.
    void refreshSoon();

    static bool waitsForPerson(const QJsonObject &task);
    static bool isOpen(const QJsonObject &task);

Q_SIGNALS:
    void changed(); // any of it; told once for what comes within a moment
    void healthChanged();
    void completed();
    // News, for notifications; only of what happened while the window watched.
    void approvalAsked(const QJsonObject &approval);
    void alertRaised(const QJsonObject &alert);

private:
    void onEvent(const HubEvent &event);
    using Numbers = std::set<qint64, std::greater<>>;
    void takeTask(const QJsonObject &task);
    QJsonObject describeAgent(QJsonObject row) const;
    void describeAgents();
    void takeHealth(const QJsonObject &data);
    void answered();

    HubLink &m_link;
    RowModel m_tasks, m_approvals, m_alerts, m_agents;
    Feed m_taskFeed, m_approvalFeed, m_alertFeed, m_agentFeed, m_healthFeed;
    QJsonObject m_health;
    QHash<QString, QJsonObject> m_usage; // by task
    Numbers m_waitingTasks;
    QTimer m_changedSoon;
    int m_waiting = 5; // feeds that have not answered yet
    bool m_complete = false;
};

} // namespace hub::gui
