// What keeps work from going on, and who holds which file: safe mode, pauses and claims.
// Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/task.h"

namespace hub::state
{

struct SafeMode {
    Instant since;
    QString who;
    QString reason;
};

struct Pause {
    QString scope;   // agent, task, overload: a task that the machine can't carry now; disk: a full one
    QString subject; // the agent's name, the task's number, or what lies on the disk
    Instant at;
    QString who;
    QString reason;
};

struct Claim {
    ProjectName project;
    QString path;
    TaskId task;
    qint64 fence;
    Instant at;
    std::optional<Instant> expiresAt;
};

class HoldStore
{
public:
    HoldStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<std::optional<SafeMode>> safeMode() const;
    Result<> enterSafeMode(const QString &who, const QString &reason); // keeps the first reason when it is on already
    Result<> leaveSafeMode();

    Result<QList<Pause>> pauses() const; // of agents and tasks
    Result<std::optional<Pause>> pauseOf(const QString &scope, const QString &subject) const;
    Result<> pause(const QString &scope, const QString &subject, const QString &who, const QString &reason);
    Result<bool> endPause(const QString &scope, const QString &subject); // false: there was none

    // Disks that are full, so that nothing may run.
    Result<QList<Pause>> fullDisks() const;
    Result<> recordFullDisk(const QString &disk, const QString &reason);
    Result<> endFullDisk(const QString &disk);

    // Takes or renews the claim; the answer is who holds it now, which may be another task.
    Result<Claim> claim(const ProjectName &project, const QString &path, TaskId task, std::chrono::seconds duration);
    Result<bool> release(const ProjectName &project, const QString &path, std::optional<TaskId> onlyOf);
    Result<> releaseAllOf(TaskId task);
    Result<QList<Claim>> claims() const; // living ones

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
