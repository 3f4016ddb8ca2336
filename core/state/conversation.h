// The conversation of each task: append-only messages, turns, and which part of it a rollback has hidden.
// Hub thread, inside CommitGroup work; list() also on read-only connections of workers.
#pragma once

#include "core/db/database.h"
#include "core/state/bodystore.h"
#include "core/state/task.h"

namespace hub::state
{

struct MessageFilter {
    qint64 afterSeq = 0;
    std::optional<Instant> since;
    QStringList kinds; // empty: all
    int newest = 0;    // only the newest so many, in order; 0: all
};

struct Turn {
    TurnId id;
    TaskId task;
    std::optional<RunId> run;
    Instant startedAt;
};

class Conversation
{
public:
    Conversation(db::Database &database, const BodyStore &bodies, const Clock &clock)
        : m_database(database)
        , m_bodies(bodies)
        , m_clock(clock)
    {
    }

    // Stores the message (its seq and time are set here) and answers its position. Costs the same at any length.
    Result<qint64> append(TaskId task, Message message);
    // What is visible now, oldest first. Long bodies are shortened; wholeBody() has them.
    Result<QList<Message>> list(TaskId task, const MessageFilter &filter = {}) const;
    Result<qint64> lastSeq(TaskId task) const;
    // What the hub said went wrong in it, newest first; hidden messages too.
    Result<QStringList> errors(TaskId task, int newest) const;
    struct ErrorCount {
        qint64 errors = 0, tasks = 0;
    };
    Result<ErrorCount> errorsSince(const AgentName &agent, Instant since) const;
    Result<QString> wholeBody(const Message &message) const;

    // Makes visible exactly what was visible at position `seq`; later messages are hidden. `at` is the position of the
    // message that tells of it (it stays visible).
    Result<> returnTo(TaskId task, qint64 seq, qint64 at, OperationId operation);

    Result<TurnId> beginTurn(TaskId task, std::optional<RunId> run);
    Result<> setTurnRun(TurnId turn, RunId run);
    // `state` is "ended" or "interrupted".
    Result<> endTurn(TurnId turn, const QString &state, const QString &outcome);
    Result<std::optional<Turn>> openTurn(TaskId task) const;
    // Whether the newest turn came to its own end, rather than being cut off or still open.
    Result<bool> lastTurnEnded(TaskId task) const;

private:
    db::Database &m_database;
    const BodyStore &m_bodies;
    const Clock &m_clock;
};

} // namespace hub::state
