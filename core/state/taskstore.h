// Tasks and their checkpoints in task_state.db. Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/task.h"

namespace hub::state
{

// What thinning has to know of a checkpoint.
struct CheckpointMark {
    qint64 number = 0;
    CheckpointType type = CheckpointType::Auto;
    Instant at;
};

class TaskStore
{
public:
    TaskStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<Task> create(const TaskSpec &spec);
    Result<Task> get(TaskId id) const;                                  // NotFound with a hint when there is none
    Result<QList<Task>> all() const;                                    // newest first
    Result<QList<Task>> inStates(const QList<TaskState> &states) const; // by priority, then age
    Result<qint64> countInState(TaskState state) const;

    // Refused when the table of states doesn't allow it. Start and end times follow from the state.
    Result<> setState(TaskId id, TaskState state, const QString &reason);
    Result<> setReason(TaskId id, const QString &reason);
    Result<> setProgress(TaskId id, const QString &step, double percent);
    Result<> setContext(TaskId id, const QJsonObject &context);
    Result<> recordError(TaskId id, const QString &error);
    Result<> setBackupBranch(TaskId id, const QString &branch);
    Result<> setTree(TaskId id, const QString &tree, const QString &branch, const QString &baseCommit);
    Result<> setCheckpointSeconds(TaskId id, qint64 seconds);
    Result<> setResumedFrom(TaskId id, qint64 checkpoint);

    // What is known of the task's working tree beside what lies in it. An empty text: nothing.
    enum class TreeFact {
        SetUp,   // what its setup was run with last, when that went well
        Removed, // the number of the checkpoint that holds what was in it
    };
    Result<QString> treeFact(TaskId id, TreeFact fact) const;
    Result<> setTreeFact(TaskId id, TreeFact fact, const QString &text);

    // Puts back what a checkpoint says of the task: step, progress, context, errors.
    Result<> restoreFrom(const Checkpoint &checkpoint);

    // A number that no checkpoint of the task ever had; one that is not used leaves a gap.
    Result<CheckpointId> reserveCheckpoint(TaskId id);
    Result<> addCheckpoint(const Checkpoint &checkpoint);
    Result<Checkpoint> checkpoint(CheckpointId id) const;
    Result<QList<Checkpoint>> checkpoints(TaskId id) const; // newest first
    Result<std::optional<Checkpoint>> newestCheckpoint(TaskId id) const;
    Result<qint64> checkpointCount(TaskId id) const;
    Result<QList<CheckpointMark>> checkpointMarks(TaskId id) const; // newest first
    Result<QStringList> checkpointCommits(TaskId id) const;
    Result<qint64> nextCheckpoint(TaskId id) const; // all numbers below were given out
    // Numbers, from the first up to before the second, of checkpoints that only the vault has: see restored.h.
    Result<QList<std::pair<qint64, qint64>>> unknownCheckpoints(TaskId id) const;
    Result<> removeCheckpoints(TaskId id, const QList<qint64> &numbers);

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
