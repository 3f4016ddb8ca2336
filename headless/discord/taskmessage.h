// What a task's thread says, as replies to be rendered: how it goes, what happened, what its agent asks. Pure; any
// thread.
#pragma once

#include "core/base/clock.h"
#include "core/commands/reply.h"
#include "core/state/task.h"

namespace hub::discord
{

// A task as the hub tells of it: the data of "task-status", of a row of "tasks" and of the event "task".
struct TaskFacts {
    TaskId id;
    QString title, description, project, agent, owner, reason, step, branch, lastError;
    TaskState state = TaskState::Queued;
    double progress = 0; // percent
    qint64 checkpoints = 0;
    std::optional<Instant> createdAt, updatedAt, startedAt, endedAt;
    QString tokens, cost; // empty: not known

    static std::optional<TaskFacts> of(const QJsonObject &data);
};

struct FileChange {
    QString path, change, lines; // "src/a.cpp", "changed", "+3 −1"
};
QList<FileChange> changesOf(const QJsonObject &diffData); // of the data of "task-diff"

// At most 100 characters.
QString threadName(const TaskFacts &task);
// What stands in the channel, above the thread.
commands::Reply openingReply(const TaskFacts &task);
// The one message that is edited as the task goes on.
commands::Reply statusReply(const TaskFacts &task, const QString &lastAction, Instant now);

// Whether a task that came to this state is told of in a message of its own, and to whom that matters at once.
bool isMilestone(TaskState state);
bool callsOwner(TaskState state);
commands::Reply milestoneReply(const TaskFacts &task, const QList<FileChange> &changes);

// An approval as the event and a row of "approvals" have it: the whole question.
commands::Reply approvalReply(const QJsonObject &approval, const TaskFacts &task);
bool isOpen(const QJsonObject &approval);

// Receipts.
commands::Reply rollbackReply(const QJsonObject &receipt);
commands::Reply finishReply(const QJsonObject &receipt);

} // namespace hub::discord
