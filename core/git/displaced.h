// Values of refs that are put back, or were: none of them is lost. At first a ref in the user's repository holds one,
// which waits for nobody; later the vault does. Blocks; workers only.
#pragma once

#include "core/git/vault.h"

namespace hub::git
{

// Holds what `value` of `ref` leads to by a ref in the user's repository: its name, empty when the value leads to no
// commit. Asks about no other ref, since one may be broken. Runs no hook. On the disk on return.
Result<QByteArray> holdDisplaced(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &value);
// Lets go of one; that there is none is success.
Result<> dropHeld(const RepositoryPlace &place, const QByteArray &held);

// Puts what `value` leads to into the vault, with all that it reaches, under refs/archive/moved/NAME-TIME or under the
// name that has it already. The name; empty when the value leads to no commit. The project's worker.
Result<QByteArray> archiveDisplaced(Vault &vault, const RepositoryPlace &place, const QByteArray &ref,
                                    const QByteArray &value, Instant now);
// All that is held goes into the vault, and is let go of. The project's worker.
Result<> archiveHeld(Vault &vault, const RepositoryPlace &place, Instant now);

} // namespace hub::git
