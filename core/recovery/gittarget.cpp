#include "core/recovery/gittarget.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString madeFrom = u"as in "_s; // how the notes of such a checkpoint begin

} // namespace

GitTarget GitTarget::of(const git::Backup &backup)
{
    return {.name = u"backup branch "_s + QFile::decodeName(backup.name), .commit = backup.commit, .base = backup.base};
}

GitTarget GitTarget::of(const git::CommitInfo &commit)
{
    return {.name = u"commit %1 (%2)"_s.arg(QString::fromLatin1(commit.id.hex().first(12)), commit.subject),
            .commit = commit.id,
            .base = commit.id,
            .ofCommit = true};
}

Checkpoint checkpointFor(const GitTarget &target, const Task &task, const std::optional<Checkpoint> &start)
{
    Checkpoint checkpoint{.id = {task.id, 0}, .taskState = TaskState::Interrupted};
    if (target.ofCommit) {
        checkpoint.step = task.step;
        checkpoint.progress = task.progress;
        checkpoint.context = task.context;
        checkpoint.messageSeq = task.lastMessage;
        checkpoint.errorCount = task.errorCount;
        checkpoint.lastError = task.lastError;
    } else if (start) {
        checkpoint.step = start->step;
        checkpoint.progress = start->progress;
        checkpoint.context = start->context;
        checkpoint.messageSeq = start->messageSeq;
    }
    checkpoint.type = CheckpointType::Rollback;
    checkpoint.notes = madeFrom + target.name;
    return checkpoint;
}

bool isMadeFromGit(const Checkpoint &checkpoint)
{
    return checkpoint.type == CheckpointType::Rollback && checkpoint.notes.startsWith(madeFrom);
}

git::HeadState headAfter(const GitTarget &target, const Task &task, const git::HeadState &now)
{
    git::HeadState head{.branch = now.branch, .commit = target.base};
    if (!task.branch.isEmpty() && (task.spec.mode == TreeMode::Worktree || !target.ofCommit))
        head.branch = "refs/heads/" + QFile::encodeName(task.branch);
    return head;
}

} // namespace hub::recovery
