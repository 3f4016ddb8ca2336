// A backup branch or a commit as something that a task goes back to: it becomes a checkpoint of the task.
#pragma once

#include "core/git/backups.h"
#include "core/git/commits.h"
#include "core/git/commitsnapshot.h"
#include "core/state/task.h"

namespace hub::recovery
{

struct GitTarget {
    QString name; // for people: "backup branch backup/claude/12-…", "commit 1a2b3c4d5e6f (fix login)"
    git::ObjectId commit;
    std::optional<git::ObjectId> base; // where HEAD stood; the commit's files that it lacks were not committed
    bool ofCommit = false;             // else of a backup branch

    static GitTarget of(const git::Backup &backup);
    static GitTarget of(const git::CommitInfo &commit);
};

// The checkpoint that it becomes, without snapshot and number. Going back to a backup branch goes back to the task's
// start, as `start`, its first checkpoint, has it; a commit leaves the conversation and the rest of the task as it is.
Checkpoint checkpointFor(const GitTarget &target, const Task &task, const std::optional<Checkpoint> &start);
// Such a checkpoint never was the state of the task's files.
bool isMadeFromGit(const Checkpoint &checkpoint);

// Where the task's own branch, or HEAD on a person's one, stands after going there.
git::HeadState headAfter(const GitTarget &target, const Task &task, const git::HeadState &now);

} // namespace hub::recovery
