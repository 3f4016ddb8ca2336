// What a hub leaves behind in a repository when it goes: nothing of its own, and every commit that only its branches
// have. Blocks; the project's git worker only. Safe to repeat after a crash at any point.
#pragma once

#include "core/git/vault.h"

#include <QStringList>

namespace hub::git
{

struct HubBranch {
    QByteArray name; // short: agent/claude/12, backup/claude/12-…
    ObjectId commit;
    QString stays; // why it is left where it is; empty: it goes
};

// The branches of these tasks (`agents`, by short name) and the backup branches of `tasks` (by number).
Result<QList<HubBranch>> hubBranches(const Vault &vault, const RepositoryPlace &place, const QList<QByteArray> &agents,
                                     const QList<QByteArray> &tasks);
// Each commit is in the vault before its branch goes; one that has moved meanwhile, or is checked out, stays.
Result<QList<HubBranch>> removeBranches(Vault &vault, const RepositoryPlace &place, QList<HubBranch> branches);
// Why a branch of a task may not go; empty: it is not there, or what it has is elsewhere too.
Result<QString> whyBranchStays(const RepositoryPlace &place, const QByteArray &branch);
// Git's entries for working trees below `folder` (the hub's) that are gone, and folders that only the hub's refs
// needed.
Result<> tidyRepository(const RepositoryPlace &place, const QByteArray &folder);

} // namespace hub::git
