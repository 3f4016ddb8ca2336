// Practises a recovery: the newest checkpoint of a task comes back into a scratch folder by the code that a rollback
// uses, from the vault alone, and every byte is compared; the newest backup of the hub's own data is opened. By itself
// every few weeks, and on demand. Nothing of the task or its repository is touched. Hub thread; done on workers.
#pragma once

#include "core/recovery/hubbackups.h"

namespace hub::recovery
{

struct DrillReport {
    TaskId task;
    CheckpointId checkpoint;
    Instant checkpointAt{};
    qint64 files = 0, bytes = 0;
    QStringList differences;
    std::chrono::milliseconds took{0};
    std::optional<db::Backup> backup; // the newest, if it is whole
    bool backupMissing = false;       // none was made yet
    QString backupProblem;
    bool isExact() const { return differences.isEmpty(); }
};

class Drill final : public QObject
{
    Q_OBJECT

public:
    Drill(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer, HubBackups &backups,
          monitor::AlertCenter &alerts, const DataFolder &data, const Settings &settings);

    void begin();
    QFuture<Result<DrillReport>> run(TaskId task);
    // The one with the newest checkpoint; nothing when there is none.
    Result<std::optional<TaskId>> candidate() const;

private:
    void look();
    Result<DrillReport> drillJob(TaskId task);
    Result<> mayPractise(const Task &task) const;
    bool isKeptOff(TaskId task) const;
    Result<> restore(const Checkpoint &checkpoint, const ProjectName &project, const QByteArray &folder,
                     DrillReport &report);
    void tell(TaskId task, const Result<DrillReport> &report);
    void write(TaskId task, const Result<DrillReport> &report);

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Checkpointer &m_checkpointer;
    HubBackups &m_backups;
    monitor::AlertCenter &m_alerts;
    const DataFolder &m_data;
    const Settings &m_settings;
    QTimer m_clock;
};

} // namespace hub::recovery
