// Stops agents without waiting for anything else. Lives on the I/O thread, which never touches a disk: emergency stop,
// safe mode and pause raise the epoch and freeze through the shims first, and are recorded afterwards. A start that was
// decided before the newest stop is held back, so no agent can slip through.
#pragma once

#include "core/agents/shimlink.h"
#include "core/base/async.h"
#include "core/base/ids.h"
#include "core/state/run.h"

#include <QHash>
#include <QObject>

#include <atomic>
#include <map>

namespace hub::agents
{

// Why a run is frozen. It goes on when no reason is left.
enum class Hold : quint8 {
    SafeMode = 1,
    AgentPause = 2,
    TaskPause = 4,
    Scan = 8, // its files are being read for a checkpoint; ends by itself if the hub dies
    Rollback = 16,
    Overload = 64,   // the machine can't carry it now
    FullDisk = 128,  // what it does could not be kept
    Unrecorded = 32, // found frozen without a record: a person decides
};
Q_DECLARE_FLAGS(Holds, Hold)

// Which runs: those that match everything that is set; nothing set means all.
struct Scope {
    std::optional<AgentName> agent;
    std::optional<TaskId> task;
    std::optional<RunId> run;
    friend bool operator==(const Scope &, const Scope &) = default;
};

struct RunPlace {
    RunId run;
    TaskId task;
    AgentName agent;
    QByteArray folder;
    posix::ProcessId shim; // pid 0: not known yet

    static RunPlace of(const Run &run);
};

struct FrozenRun {
    RunId run;
    TaskId task;
    AgentName agent;
    bool frozen = false; // false: no answer in time, or not every process stopped
    QString method;
    int processes = 0;
    int micros = 0;
};

struct StopReport {
    QList<FrozenRun> runs;
    bool complete() const;
};

class Brake final : public QObject
{
    Q_OBJECT

public:
    explicit Brake(QObject *parent = nullptr);

    // All functions may be called on any thread; they act on the brake's own, in the order of the calls.

    // Counts stops. A start decided under an older epoch is not carried out.
    quint64 epoch() const { return m_epoch.load(); }

    // Freezes what the scope covers and answers when every shim has, or after a second. A lasting hold raises the
    // epoch.
    QFuture<Result<StopReport>> hold(const Scope &scope, Hold reason);
    void release(const Scope &scope, Hold reason);
    // The lasting hold is in the database now. Until then it also covers runs that are watched later, since what was
    // decided from the database does not know of it.
    void recorded(const Scope &scope, Hold reason);

    // Connects to the run's shim. `holds` were decided under `epoch`; when that is not the newest any more,
    // holdsOutdated() asks for another decision. A waiting shim starts its agent once no hold is left.
    void watch(const RunPlace &place, Holds holds, quint64 epoch);
    void forget(RunId run);

    void sendInput(RunId run, qint64 number, const std::optional<QByteArray> &bytes);
    void acknowledge(RunId run, const posix::Position &position);
    void end(RunId run, std::chrono::milliseconds grace);

    // On the I/O thread: which run's shim this process is, for telling agents from people.
    std::optional<RunId> runOfShim(const posix::ProcessId &process) const;

Q_SIGNALS:
    void welcomed(const hub::RunId &run, const hub::posix::Welcome &welcome);
    void holdsOutdated(const hub::RunId &run);
    void started(const hub::RunId &run, const hub::posix::RunIdentity &identity);
    void outputAvailable(const hub::RunId &run);
    void inputRefused(const hub::RunId &run, qint64 lastInput);
    void spoolFailed(const hub::RunId &run); // what it says can't be written by its shim
    void lost(const hub::RunId &run, const QString &reason);
    // It was found frozen, no record says why, and it does not go on by itself either.
    void foundFrozen(const hub::RunId &run);
    void frozenNoMore(const hub::RunId &run); // what foundFrozen told of is over

private:
    struct Watched {
        RunPlace place;
        std::unique_ptr<ShimLink> link;
        Holds holds;
        quint64 epoch = 0;
        bool welcomed = false;
        bool waiting = false; // its agent has not been started
        bool exited = false;
        bool frozen = false;
        bool told = false; // foundFrozen
        posix::ProcessId shim;
        posix::FreezeReport lastFreeze;
    };
    struct PendingStop {
        std::shared_ptr<QPromise<Result<StopReport>>> promise;
        QList<RunId> open;
        StopReport report;
    };

    template <class Fn>
    void act(Fn fn)
    {
        QMetaObject::invokeMethod(this, std::move(fn), Qt::AutoConnection);
    }
    static bool covers(const Scope &scope, const RunPlace &place);
    void holdNow(const Scope &scope, Hold reason, std::shared_ptr<QPromise<Result<StopReport>>> promise);
    void connectLink(Watched &run);
    void startIfFree(Watched &run);
    void keepFrozen(Watched &run);
    void settle(RunId run, const FrozenRun &result);
    void finishStop(quint64 number);

    std::atomic<quint64> m_epoch;
    std::map<RunId, Watched> m_runs;
    std::map<quint64, PendingStop> m_stops;
    std::vector<std::pair<Scope, Hold>> m_unrecorded;
    quint64 m_nextStop = 1;
};

} // namespace hub::agents

Q_DECLARE_OPERATORS_FOR_FLAGS(hub::agents::Holds)
