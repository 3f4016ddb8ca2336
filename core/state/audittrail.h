// Who did what, when, and how it ended. Append-only; each row's hash covers the row and the hash before it, so that a
// changed, removed or inserted row shows. Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/hashchain.h"
#include "core/state/task.h"

namespace hub::state
{

struct AuditEntry {
    qint64 number = 0; // set when stored
    Instant at;        // set when stored
    QString who;
    QString origin; // terminal, window, discord, agent, hub
    QString role;
    QString action; // a command's name, or what the hub did by itself
    std::optional<TaskId> task;
    QString detail;  // options and what came of it, secrets masked
    QString outcome; // done, refused, failed, preview
    QString hash;
};

struct AuditFilter {
    QString who{}, action{}; // empty: all; who: see isBy()
    std::optional<TaskId> task{};
    std::optional<QList<TaskId>> among{}; // only these
    std::optional<Instant> since{}, until{};
    int limit = 100; // the newest so many; 0: all
};

class AuditTrail
{
public:
    AuditTrail(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<> add(AuditEntry entry);
    Result<QList<AuditEntry>> list(const AuditFilter &filter) const; // newest first
    Result<ChainVerdict> verify() const;

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
