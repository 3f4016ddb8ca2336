// Puts back what belongs to git: objects, HEAD and branch, operation state, index. Private to core/git.
#pragma once

#include "core/git/restore.h"
#include "core/git/treestate.h"

namespace hub::git
{

// Each part is safe to repeat. Called with git's index.lock held by us.
Result<> restoreRepository(Vault &vault, const RestorePlan &plan, const SnapshotParts &target, const Manifest &manifest,
                           const RepositoryPlace &place, RestoreReport &report);

} // namespace hub::git
