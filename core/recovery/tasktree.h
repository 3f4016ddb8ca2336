// Where a task's files are; brings a working tree back whose folder or `.git` was deleted. Blocks: the project's git
// worker only.
#pragma once

#include "core/git/placecache.h"
#include "core/state/task.h"

namespace hub::recovery
{

// NotFound, with the way back as hint, when the task's folder is gone or is no working tree any more. With `places` git
// is asked only about what is new there.
Result<git::RepositoryPlace> findTree(const Task &task, git::PlaceCache *places = nullptr);
// The same, after putting the folder and its link to the repository at `project` back where they are gone. Its files,
// index and HEAD are for a rollback to restore. A tree in place is the project itself, and is only found.
Result<git::RepositoryPlace> bringBackTree(const Task &task, const QString &project);

} // namespace hub::recovery
