// Watches over the machine: looks at it in intervals, keeps what it saw, raises and ends alerts, and climbs the ladder
// of what the hub does about overload. Hub thread; looking itself is a worker's.
#pragma once

#include "core/agents/taskdriver.h"
#include "core/monitor/historystore.h"
#include "core/monitor/limits.h"
#include "core/monitor/samplefile.h"
#include "core/monitor/sampler.h"
#include "core/monitor/treeusage.h"

namespace hub::agents
{

// What one run uses.
struct RunUsage {
    RunId run;
    TaskId task;
    AgentName agent;
    monitor::TreeUsage tree;
    double outputPerSecond = 0; // bytes that it said
};

class MachineWatch final : public QObject
{
    Q_OBJECT

public:
    MachineWatch(state::Stores &stores, Workers &workers, Brake &brake, TaskDriver &driver,
                 monitor::AlertCenter &alerts, monitor::HistoryStore &history, const DataFolder &data,
                 const Settings &settings, const QString &hubId, monitor::Sources sources);

    // At start, when the runs are known.
    Result<> begin();

    // Of the newest look; nothing before the first one.
    const std::optional<monitor::Sample> &newest() const { return m_newest; }
    QList<monitor::Verdict> standing() const { return m_verdicts.standing(); }
    // Of the agents that ran at the newest look, the largest in memory first.
    const QList<RunUsage> &usage() const { return m_usage; }
    // Processes of agents that nobody holds any more.
    const QList<monitor::Stray> &strays() const { return m_strays; }
    // One sentence for each figure that is too high.
    QStringList concerns() const;
    const monitor::Ladder::State &ladder() const { return m_ladder.state(); }
    // False: what is measured is not kept, for want of room.
    void keepHistory(bool keep) { m_keepsHistory = keep; }

Q_SIGNALS:
    void sampled(const hub::monitor::Sample &sample);

private:
    QList<QByteArray> paths() const;
    void look();
    struct Seen {
        monitor::Sample sample;
        monitor::TreePass trees;
    };
    void took(Seen seen);
    void noteUsage(const monitor::TreePass &pass, monitor::Sample &sample);
    void noteDown(const monitor::Sample &sample);
    void tellStrays(const QList<monitor::Stray> &strays);
    void tell(const QList<monitor::Verdict> &changes);
    void tellTime(const monitor::Sample &sample);
    Result<> endOldAlerts();
    Result<QList<TaskId>> heldTasks() const;
    void climb();
    QString overload() const;
    void carryOut(const monitor::LadderMove &move, const QString &why);
    void freezeTask(TaskId task, const QString &why);
    void enterSafeMode(const QString &why);
    Result<monitor::Candidates> candidates() const;
    Result<monitor::Work> work() const;
    void record(const QString &action, const QString &detail, std::optional<TaskId> task = {},
                const QString &outcome = QStringLiteral("done"));

    state::Stores &m_stores;
    Workers &m_workers;
    Brake &m_brake;
    TaskDriver &m_driver;
    monitor::AlertCenter &m_alerts;
    monitor::HistoryStore &m_history;
    const DataFolder &m_data;
    const Settings &m_settings;
    const QString m_hubId;
    std::shared_ptr<monitor::Sampler> m_sampler; // these two are used by the worker's queue alone
    std::shared_ptr<monitor::TreeSampler> m_trees;
    QList<RunUsage> m_usage;
    QList<monitor::Stray> m_strays;
    struct Said {
        qint64 bytes = 0;
        std::chrono::milliseconds at{0};
    };
    std::map<RunId, Said> m_said; // by the look before
    monitor::Verdicts m_verdicts;
    monitor::Ladder m_ladder, m_advice; // what is done; what would be done, while only advice is wanted
    std::optional<monitor::Sample> m_newest;
    std::chrono::milliseconds m_keptAt{-1}; // uptime of the newest look that is in the history
    bool m_keepsHistory = true;
    bool m_acting = false; // a stop is under way, which is not on record yet
    QTimer m_timer;
};

} // namespace hub::agents
