// Looks after the vaults: thins checkpoints, merges packs, drops what nothing needs, watches quotas. Hub thread, except
// where said; the work is done on the workers, one vault at a time.
#pragma once

#include "core/git/vaultcare.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/thinning.h"

#include <QSet>
#include <QTimer>

namespace hub::recovery
{

struct VaultState {
    git::VaultSize size;
    qint64 quota = 0; // bytes
    int percent() const { return quota > 0 ? int(size.bytes * 100 / quota) : 0; }
};

// Blocks; any thread. `quota` in bytes; 0: a tenth of the disk.
Result<VaultState> vaultState(const QByteArray &vault, qint64 quota);

enum class VaultFill { Fine, Warning, Full };

struct MaintenanceReport {
    qint64 thinned = 0, retired = 0; // checkpoints; refs without one
    int packsBefore = 0, packsAfter = 0;
    qint64 bytesFreed = 0, dropped = 0;
    bool postponed = false;
};

class Maintenance final : public QObject
{
    Q_OBJECT

public:
    Maintenance(state::Stores &stores, Workers &workers, Vaults &vaults, const DataFolder &data,
                const Settings &settings, Checkpointer &checkpointer);

    // From now on it works by itself: a while after the start, then daily, and when a vault has got many packs.
    void begin();
    // What is being built is given up. Any thread.
    void stop() { m_stop = true; }

    QFuture<Result<MaintenanceReport>> run(const ProjectName &project);
    QFuture<Result<VaultState>> look(const ProjectName &project);

    // Of each vault, as vaultState() takes it.
    qint64 quota() const { return rules().quota; }

    // Of all vaults: something was taken out of the database.
    void runSoon() { runAll(); }

Q_SIGNALS:
    void vaultFilled(const hub::ProjectName &project, hub::recovery::VaultFill fill, const QString &text);
    // All that its checkpoints name is there (an empty `problem`), or it can't be told.
    void vaultChecked(const hub::ProjectName &project, const QString &problem);

private:
    struct Rules {
        git::CareRules care;
        int whole = 100;
        qint64 quota = 0; // 0: a tenth of the disk
    };
    Rules rules() const;
    void noteCheckpoint(const Checkpoint &checkpoint);
    void runAll();
    void noteState(const ProjectName &project, const VaultState &state);
    void noteCheck(const ProjectName &project, const Result<MaintenanceReport> &report);

    // Workers.
    Result<MaintenanceReport> runJob(const ProjectName &project, const Rules &rules);
    Result<> thin(const ProjectName &project, const Rules &rules, bool full, MaintenanceReport &report);
    Result<> retire(const ProjectName &project, MaintenanceReport &report);
    Result<> install(const ProjectName &project, git::CareWork &work, MaintenanceReport &report);

    // Hub thread, inside work.
    Result<QList<Task>> tasksOf(const ProjectName &project) const;
    Result<QList<qint64>> goingOf(const Task &task, Thinning how, int whole) const;

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    const DataFolder &m_data;
    const Settings &m_settings;
    Checkpointer &m_checkpointer;
    std::atomic<bool> m_stop{false};
    QTimer m_timer;
    QSet<ProjectName> m_waiting;              // for their maintenance
    QHash<ProjectName, qint64> m_checkpoints; // since the last one
    QHash<ProjectName, VaultFill> m_fill;     // as last told
};

} // namespace hub::recovery
