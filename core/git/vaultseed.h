// Fills a new vault with the objects of the user's repository. Private to core/git.
#pragma once

#include "core/git/vault.h"

namespace hub::git
{

// Takes over loose objects and packs of the repository and of all it borrows from, and `shallow`; all synced. Reflink,
// else copy up to the limit, else hard link. DiskFull before anything is copied when there is not the space.
Result<SeedReport> seedObjects(const RepositoryPlace &place, const QByteArray &vault, const SeedOptions &options);

} // namespace hub::git
