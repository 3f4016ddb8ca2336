// The values that a task is made of. Facts travel between threads and front ends as these.
#pragma once

#include "core/base/clock.h"
#include "core/base/enumtext.h"
#include "core/base/ids.h"

#include <QJsonArray>
#include <QJsonObject>

namespace hub
{

enum class TaskState {
    Queued,
    Preparing,
    Running,
    Paused,
    AwaitingApproval,
    NeedsReview,
    Interrupted,
    Completed,
    Failed,
    Cancelled,
};
inline constexpr EnumText<TaskState> taskStateTexts[]{
    {TaskState::Queued, QLatin1StringView("queued")},
    {TaskState::Preparing, QLatin1StringView("preparing")},
    {TaskState::Running, QLatin1StringView("running")},
    {TaskState::Paused, QLatin1StringView("paused")},
    {TaskState::AwaitingApproval, QLatin1StringView("awaiting_approval")},
    {TaskState::NeedsReview, QLatin1StringView("needs_review")},
    {TaskState::Interrupted, QLatin1StringView("interrupted")},
    {TaskState::Completed, QLatin1StringView("completed")},
    {TaskState::Failed, QLatin1StringView("failed")},
    {TaskState::Cancelled, QLatin1StringView("cancelled")},
};

// True for completed, failed and cancelled.
bool isEnded(TaskState state);
// The table of DESIGN §8: a task is only ever moved along it.
bool mayFollow(TaskState from, TaskState to);

enum class Priority { Low, Medium, High, Urgent };
inline constexpr EnumText<Priority> priorityTexts[]{{Priority::Low, QLatin1StringView("low")},
                                                    {Priority::Medium, QLatin1StringView("medium")},
                                                    {Priority::High, QLatin1StringView("high")},
                                                    {Priority::Urgent, QLatin1StringView("urgent")}};

enum class Autonomy { Ask, Normal, Full };
inline constexpr EnumText<Autonomy> autonomyTexts[]{{Autonomy::Ask, QLatin1StringView("ask")},
                                                    {Autonomy::Normal, QLatin1StringView("normal")},
                                                    {Autonomy::Full, QLatin1StringView("full")}};

enum class TreeMode { Worktree, InPlace };
inline constexpr EnumText<TreeMode> treeModeTexts[]{{TreeMode::Worktree, QLatin1StringView("worktree")},
                                                    {TreeMode::InPlace, QLatin1StringView("in-place")}};

enum class CheckpointType { Auto, Manual, Milestone, Error, Rollback };
inline constexpr EnumText<CheckpointType> checkpointTypeTexts[]{
    {CheckpointType::Auto, QLatin1StringView("auto")},
    {CheckpointType::Manual, QLatin1StringView("manual")},
    {CheckpointType::Milestone, QLatin1StringView("milestone")},
    {CheckpointType::Error, QLatin1StringView("error")},
    {CheckpointType::Rollback, QLatin1StringView("rollback")}};

struct TaskSpec {
    ProjectName project;
    AgentName agent;
    QString title;
    QString description;
    QString type;
    Priority priority = Priority::Medium;
    Autonomy autonomy = Autonomy::Normal;
    TreeMode mode = TreeMode::Worktree;
    QString base;
    std::optional<TaskId> after;
    QString owner;
    std::optional<int> checkpointSeconds;
};

struct Task {
    TaskId id;
    TaskSpec spec;
    TaskState state = TaskState::Queued;
    QString reason;
    Instant createdAt, updatedAt;
    std::optional<Instant> startedAt, endedAt;
    QString step;
    double progress = 0; // percent
    QJsonObject context;
    int errorCount = 0;
    QString lastError;
    QString tree; // folder of its working tree; empty before preparation
    QString branch;
    QString baseCommit;
    QString backupBranch;
    qint64 lastMessage = 0;            // position of the newest message
    std::optional<qint64> resumedFrom; // checkpoint after which it last went on by itself
};

struct Checkpoint {
    CheckpointId id;
    CheckpointType type = CheckpointType::Auto;
    Instant at;
    QString step;
    double progress = 0;
    QJsonObject context;
    TaskState taskState = TaskState::Running;
    qint64 messageSeq = 0;
    std::optional<TurnId> turn;
    QString commit; // in the vault
    QString tree;
    QString head;
    QString branch;
    qint64 files = 0;
    qint64 changed = 0;
    QJsonArray notHeld; // [{"path","reason"}]
    int errorCount = 0;
    QString lastError;
    QString notes;
};

struct Message {
    qint64 seq = 0; // position within the task, from 1
    Instant at;
    std::optional<TurnId> turn;
    std::optional<RunId> run;
    QString role; // person, agent, tool, hub
    QString kind; // prompt, output, error, decision, step, note
    QString author;
    QString body;
    QString bodyFile; // hash of the whole body when `body` is only its beginning
};

} // namespace hub
