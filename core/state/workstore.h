// Projects, messages that wait for their turn, and the journal of rollbacks and finishes. Hub thread, inside
// CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/task.h"

namespace hub::state
{

struct Project {
    ProjectName name;
    QString path; // top folder of the working tree; of a removed one, where it was
    bool missing = false;
    Instant addedAt;
    QString addedBy;
    QJsonObject options;  // what "projects set" changed
    QJsonObject report;   // what "projects add" found and did
    bool removed = false; // its tasks and its vault are kept
    QString blocked;      // why nothing in its repository is touched; empty: nothing speaks against it
    QJsonObject doing;    // a move or a removal under way, for a hub that has to finish it
};

// How the last look through a project's vault ended.
struct VaultCheck {
    Instant at{};
    QString problem; // empty: all that its checkpoints name is there
};

// An error with the reason while nothing of the project may be touched.
Result<> mayTouch(const Project &project);

class ProjectStore
{
public:
    ProjectStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<Project> add(const ProjectName &name, const QString &path, const QString &who, const QJsonObject &report);
    Result<Project> get(const ProjectName &name) const;
    Result<std::optional<Project>> atPath(const QString &path) const; // not a removed one
    Result<QList<Project>> all() const;                               // without removed ones
    Result<QList<Project>> removed() const;
    Result<> setMissing(const ProjectName &name, bool missing);
    Result<> setOptions(const ProjectName &name, const QJsonObject &options);
    Result<> setBlocked(const ProjectName &name, const QString &why);
    // An empty object: nothing is under way.
    Result<> setDoing(const ProjectName &name, const QJsonObject &doing);
    // Its vault was looked through just now.
    Result<> setVaultCheck(const ProjectName &name, const QString &problem);
    Result<std::optional<VaultCheck>> vaultCheck(const ProjectName &name) const;
    // Tasks in place go with it.
    Result<> setPath(const ProjectName &name, const QString &path);
    // From now on another repository may lie at its path.
    Result<> remove(const ProjectName &name);
    // A removed one is there again, at this path.
    Result<Project> addAgain(const ProjectName &name, const QString &path, const QString &who,
                             const QJsonObject &report);

private:
    db::Database &m_database;
    const Clock &m_clock;
};

struct QueuedMessage {
    MessageId id;
    TaskId task;
    Instant at;
    QString author;
    QString text;
};

class MessageQueue
{
public:
    MessageQueue(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<MessageId> add(TaskId task, const QString &author, const QString &text);
    Result<QList<QueuedMessage>> list(std::optional<TaskId> task) const; // oldest first
    Result<QueuedMessage> get(MessageId id) const;
    Result<> edit(MessageId id, const QString &text);
    Result<> remove(MessageId id);

private:
    db::Database &m_database;
    const Clock &m_clock;
};

// A rollback, a restored file, a finish, or an undo. While it executes, `journal` holds what a restarted hub needs to
// finish it.
struct Operation {
    OperationId id;
    TaskId task;
    QString kind;  // rollback, file, finish, undo
    QString state; // executing, done, failed
    QString who;
    Instant at;
    std::optional<Instant> endedAt;
    qint64 before = 0; // checkpoint made before it
    qint64 target = 0; // checkpoint it goes to
    std::optional<OperationId> undoes;
    std::optional<OperationId> undoneBy;
    QJsonObject journal;
    QJsonObject receipt;

    // A finish, its undo, or the undo of that: recovery::Finish carries those out, recovery::Rollback all others.
    bool isFinish() const { return journal.contains(u"how"); }
};

class OperationStore
{
public:
    OperationStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<Operation> begin(TaskId task, const QString &kind, const QString &who, qint64 before, qint64 target,
                            std::optional<OperationId> undoes, const QJsonObject &journal);
    // What became known while it executes.
    Result<> setProgress(OperationId id, qint64 target, const QJsonObject &journal);
    Result<> end(OperationId id, const QString &state, const QJsonObject &receipt);
    Result<Operation> get(OperationId id) const;
    Result<QList<Operation>> list(std::optional<TaskId> task) const; // newest first
    Result<QList<Operation>> executing() const;

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
