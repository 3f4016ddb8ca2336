// Every git operation in a user's repository: who moved which refs from where to where, and how it ended. Append-only,
// never pruned, each row hashed with the one before. Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/hashchain.h"
#include "core/state/task.h"

namespace hub::state
{

struct RefMove {
    QString ref;           // its full name, or "HEAD"
    QString before, after; // hexadecimal ids, or "ref: NAME" of a symbolic one; empty: there was, or is, none
    friend bool operator==(const RefMove &, const RefMove &) = default;
};

struct GitOperation {
    qint64 id = 0; // set when stored
    Instant at{};  // set when stored
    QString project;
    std::optional<TaskId> task;
    QString who;    // person, agent or "hub"
    QString action; // "backup branch", "working tree", "commit", "rollback", "moved outside", …
    QList<RefMove> refs;
    QString outcome; // "done", or why not
    QString detail;
    QString hash; // set when stored
};

struct GitLogFilter {
    QString project{}, who{}; // empty: all; who: see isBy()
    std::optional<TaskId> task{};
    std::optional<QList<TaskId>> among{}; // only these
    std::optional<Instant> since{}, until{};
    int limit = 100; // the newest so many; 0: all
};

class GitLog
{
public:
    GitLog(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<qint64> add(GitOperation operation);                         // its id
    Result<QList<GitOperation>> list(const GitLogFilter &filter) const; // newest first
    Result<qint64> count(const QString &project, const QString &action) const;
    Result<ChainVerdict> verify() const;

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
