// The files in the git folder that say that a merge, rebase, cherry-pick, revert or bisect is under way. Blocks.
#pragma once

#include "core/git/packwriter.h"
#include "core/git/repository.h"
#include "core/git/treeobject.h"

namespace hub::git
{

// "merge", "rebase" …; empty when nothing is under way in this working tree. Any worker thread.
QString unfinishedOperation(const RepositoryPlace &place);

// The tree of those files (null when there are none) and the commits that they name.
Result<ObjectId> storeOperationState(const RepositoryPlace &place, ObjectSink &sink, QList<ObjectId> &commits);
// Makes those files be as the tree has them: written, and removed where it lacks them. Synced. Safe to repeat.
Result<> restoreOperationState(const RepositoryPlace &place, const ObjectSource &source, const ObjectId &tree);

} // namespace hub::git
