// Checks out the submodules of a new working tree from the repositories that the main checkout has of them, without a
// network. Blocks; the project's git worker only.
#pragma once

#include "core/git/repository.h"

namespace hub::git
{

// Those that the main checkout has, and those below them. A sentence for each that could not be checked out. Safe to
// repeat. The remote of each is then the one that it has in the main checkout.
Result<QStringList> fillSubmodules(const RepositoryPlace &main, const RepositoryPlace &tree);

} // namespace hub::git
