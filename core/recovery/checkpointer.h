// Takes checkpoints: the task's state, its place in the conversation and a snapshot of its files, all of one moment.
#pragma once

#include "core/base/datafolder.h"
#include "core/base/workers.h"
#include "core/git/placecache.h"
#include "core/git/snapshot.h"
#include "core/recovery/roomkeeper.h"
#include "core/recovery/runcontrol.h"
#include "core/settings/settings.h"
#include "core/state/stores.h"

#include <QSet>

#include <map>
#include <mutex>

namespace hub::recovery
{

class Records;

struct CheckpointRequest {
    TaskId task;
    CheckpointType type = CheckpointType::Manual;
    QString notes;
    bool freeze = true;         // the run is held still while its files are read
    bool onlyIfChanged = false; // no files changed and nothing said since the newest: none is made
    // Committed together with the checkpoint, inside that work on the hub thread: whoever asked for it hears of it
    // once.
    std::function<Result<>(const Checkpoint &)> also = {};
};

// Open vaults, one per project; each is used by its project's worker alone.
class Vaults
{
public:
    explicit Vaults(const DataFolder &data)
        : m_data(data)
    {
    }
    Result<git::Vault *> of(const ProjectName &project);
    // Opened anew the next time. The project's worker, when nothing of it holds the vault.
    void forget(const ProjectName &project);

private:
    const DataFolder &m_data;
    std::mutex m_mutex;
    std::map<ProjectName, std::unique_ptr<git::Vault>> m_open;
};

class Checkpointer final : public QObject
{
    Q_OBJECT

public:
    Checkpointer(state::Stores &stores, Workers &workers, Vaults &vaults, Records &records, const DataFolder &data,
                 const Settings &settings);
    void setRunControl(RunControl &runs) { m_runs = &runs; }
    void setRoomKeeper(RoomKeeper &room) { m_room = &room; }

    // Hub thread. Requests that wait for the same project at the same moment share one pack and one round of syncs.
    // The answer is none only with onlyIfChanged.
    QFuture<Result<std::optional<Checkpoint>>> request(const CheckpointRequest &request);

    // The project's worker, for jobs that hold the run themselves: a checkpoint now. `before` is the rollback's target.
    Result<Checkpoint> takeNow(const CheckpointRequest &request, std::optional<git::ObjectId> before);

    // Hub thread. The timer's checkpoints of this project are refused, since its vault is full; all others go on.
    void holdTimer(const ProjectName &project, bool full);

    // What a snapshot of this task's tree needs to know.
    Result<git::SnapshotRequest> snapshotRequest(const Task &task, const QByteArray &ref, const QString &message,
                                                 const git::SnapshotOptions &options) const;
    // Its name in the vault.
    static QByteArray refOf(const CheckpointId &id);
    // Hub thread, since a setting may change there.
    git::SnapshotOptions snapshotOptions() const;

Q_SIGNALS:
    void checkpointTaken(const hub::Checkpoint &checkpoint);

private:
    struct Waiting {
        CheckpointRequest request;
        std::shared_ptr<QPromise<Result<std::optional<Checkpoint>>>> promise;
    };
    struct Draft {
        Task task;
        CheckpointId id;
        std::optional<Checkpoint> newest;
        git::SnapshotOptions options;
        QString project; // its folder
    };
    // One request on its way through a batch.
    struct Entry {
        CheckpointRequest request;
        std::optional<Draft> draft; // once it has a number
        Result<std::optional<Checkpoint>> answer = std::optional<Checkpoint>();
    };
    Result<> takeWaiting(const ProjectName &project);
    std::vector<Waiting> nextBatch(const ProjectName &project);
    Result<> takeBatch(const ProjectName &project, std::vector<Entry> &batch);
    void keepRecord(const ProjectName &project, const std::vector<Entry> &batch);
    Result<> beginAll(std::vector<Entry> &batch);
    Result<> holdStill(Entry &entry);
    Result<> storeAll(git::Vault &vault, const std::vector<Entry *> &taken,
                      const std::vector<Result<git::SnapshotInfo>> &snapshots);
    Result<Draft> begin(const CheckpointRequest &request); // hub thread, inside work
    git::SnapshotOptions optionsFor(const CheckpointRequest &request) const;
    Result<Checkpoint> store(const Draft &draft, const CheckpointRequest &request, const git::SnapshotInfo &snapshot);
    Checkpoint describe(const Draft &draft, const CheckpointRequest &request, const git::SnapshotInfo &snapshot) const;

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Records &m_records;
    const DataFolder &m_data;
    const Settings &m_settings;
    RunControl *m_runs = nullptr;
    RoomKeeper *m_room = nullptr;
    mutable git::PlaceCache m_places;
    std::mutex m_mutex;
    std::map<ProjectName, std::vector<Waiting>> m_waiting;
    QSet<ProjectName> m_full;
};

} // namespace hub::recovery
