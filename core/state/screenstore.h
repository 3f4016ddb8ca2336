// What front ends show of many rows at once, read in one go and in few bytes. On a read-only connection of a worker, so
// that a long look holds up nobody. Rows are JSON with the names that commands' data has, times in ISO (UTC).
#pragma once

#include "core/db/database.h"
#include "core/state/bodystore.h"
#include "core/state/task.h"

#include <QJsonArray>
#include <QJsonObject>

namespace hub::state
{

class ScreenStore
{
public:
    // A longer text of a message is cut here; "size" has the length of the whole then.
    static constexpr qsizetype longestText = 1 << 20;
    static constexpr qint64 mostMessages = 1000;

    ScreenStore(db::Database &database, const BodyStore &bodies)
        : m_database(database)
        , m_bodies(bodies)
    {
    }

    // All tasks, newest first: what a list shows of each.
    Result<QJsonArray> tasks() const;
    // The messages numbered `first` to `last`, oldest first, those that a rollback hides too ("hidden").
    Result<QJsonArray> messages(TaskId task, qint64 first, qint64 last) const;
    // The nearest message from `from` on (backwards: back from it) whose text has these words, whatever the case.
    Result<std::optional<qint64>> findMessage(TaskId task, const QString &words, qint64 from, bool backwards) const;
    // Turns, checkpoints, questions, operations and pauses of one task, or of all, that touch the time; by task.
    Result<QMap<qint64, QJsonArray>> marks(std::optional<TaskId> task, Instant from, Instant to) const;

private:
    db::Database &m_database;
    const BodyStore &m_bodies;
};

} // namespace hub::state
