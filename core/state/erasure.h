// Takes an ended task out of the database with all that belongs to it, and remembers only that it was there: numbers
// are never used again, and what of it is still in a vault is known to be due. Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/task.h"

#include <QSet>

namespace hub::state
{

// A task that was taken out.
struct GoneTask {
    TaskId id;
    ProjectName project;
    QString branch;            // of a task with a working tree of its own
    qint64 nextCheckpoint = 1; // all numbers below were given out
    Instant at;                // when it was taken out
};

class Erasure
{
public:
    Erasure(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    // Never the audit trail and the log of git operations. Bodies that lie in files are the caller's: unreferenced().
    Result<> erase(const Task &task);
    Result<std::optional<GoneTask>> find(TaskId id) const;
    Result<QList<GoneTask>> ofProject(const ProjectName &project) const;

    // Of these files of bodies, those that no message names any more.
    Result<QStringList> unreferenced(const QStringList &files) const;

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
