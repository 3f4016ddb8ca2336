// The files in the git folder that say that a merge, rebase, cherry-pick, revert or bisect is under way. Private to
// core/git.
#pragma once

#include "core/git/packwriter.h"
#include "core/git/repository.h"
#include "core/git/treeobject.h"

namespace hub::git
{

// The tree of those files (null when there are none) and the commits that they name.
Result<ObjectId> storeOperationState(const RepositoryPlace &place, ObjectSink &sink, QList<ObjectId> &commits);
// Makes those files be as the tree has them: written, and removed where it lacks them. Synced. Safe to repeat.
Result<> restoreOperationState(const RepositoryPlace &place, const ObjectSource &source, const ObjectId &tree);

} // namespace hub::git
