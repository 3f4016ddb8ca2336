// Sees to it that a full disk loses nothing. When one on which the hub writes is full, all agents are frozen, a piece
// of what is kept for this goes to what must be written all the same, a person is told, and what would need room is
// refused. When there is room again, all of that is taken back. Hub thread; looking at the disks is a worker's.
#pragma once

#include "core/agents/taskdriver.h"
#include "core/base/diskroom.h"
#include "core/base/reserve.h"
#include "core/recovery/roomkeeper.h"

#include <QDeadlineTimer>

namespace hub::agents
{

// A file system that the hub writes on, by the first of its places there.
struct GuardedDisk {
    enum class Place { Data, Vault, Runs, Monitor } place = Place::Data;
    QByteArray folder;
    std::shared_ptr<Reserve> reserve;

    // Agents can't go on without it: only the monitor's history may have gaps.
    bool stopsAgents() const { return place != Place::Monitor; }
};

// Before the databases are opened, each with what a full one needs for a start. Blocks.
std::vector<GuardedDisk> disksToGuard(const DataFolder &data, const Settings &settings);
QString monitorDatabase(const DataFolder &data, const Settings &settings);

class DiskGuard final : public QObject, public recovery::RoomKeeper
{
    Q_OBJECT

public:
    DiskGuard(std::vector<GuardedDisk> disks, state::Stores &stores, Brake &brake, RunKeeper &runs, TaskDriver &driver,
              recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts, const Settings &settings);
    ~DiskGuard() override;

    // At start, before runs are adopted: what was full for the hub before this one still is, until a look says else.
    Result<> begin();

    // Why what needs room is refused now.
    std::optional<Error> refusal();
    // A sentence for each disk that is full.
    QStringList concerns() const;

    // recovery::RoomKeeper
    void giveWay(qint64 needed) override;
    void noRoomToSave(TaskId task, qint64 needed) override;
    void nothingToSave(TaskId task) override;

Q_SIGNALS:
    // Where the monitor's history lies: what is measured can't be kept, or can again.
    void historyHasRoom(bool has);

private:
    struct Disk : GuardedDisk {
        DiskRoom room;   // as last seen
        qint64 need = 0; // of a checkpoint that didn't fit
        bool full = false;
        bool recorded = false; // as full
        bool changing = false; // its reserve is being made or given up
        bool hidden = false;   // no look shows that it is full: a quota of the account
    };

    void look();
    void looked(const QList<DiskRoom> &rooms);
    void judge(Disk &disk);
    void becomeFull(Disk &disk, bool give); // a piece of its reserve
    void record(Disk &disk);
    void makeReserve(Disk &disk);
    void becomeFree(Disk &disk);
    void beforeCommit();
    void tellLog();
    void needNothing(TaskId task);
    void dropNeedOfEnded();
    Disk &diskOf(GuardedDisk::Place place); // the first one, when that place has none of its own
    bool stopsAgents() const;
    QString needText(const Disk &disk) const;
    QString wayOut(const Disk &disk) const;
    Result<> enter(const Disk &disk);
    Result<> leave(const Disk &disk);
    Result<> audit(const QString &action, const QString &detail);

    std::vector<Disk> m_disks; // the first one has the database; their places and reserves are any thread's
    state::Stores &m_stores;
    Workers m_workers; // its own: a full disk can't wait until long jobs of others leave it a thread
    Brake &m_brake;
    RunKeeper &m_runs;
    TaskDriver &m_driver;
    monitor::AlertCenter &m_alerts;
    const Settings &m_settings;
    std::optional<TaskId> m_unsaved; // whose checkpoint didn't fit
    bool m_ranOut = false;           // something could not be written since the last look
    // A hidden one tells only agents that go on when it is full again, so they try ever more seldom.
    QDeadlineTimer m_tryHidden, m_calm; // not before; what comes after this is not of the same trouble
    std::chrono::seconds m_hiddenRest{};
    bool m_looking = false, m_lookAgain = false;
    bool m_logLost = false; // that it can't be written is told
    QTimer m_timer;
};

} // namespace hub::agents
