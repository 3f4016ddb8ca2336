// The backup branches of a repository: which there are, where they stood, and removing one without losing its commit.
// Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/vault.h"

namespace hub::git
{

struct Backup {
    QByteArray name;        // short: backup/claude/12-20260131T140500Z
    QByteArray agent, task; // as the name has them
    Instant at{};           // by the name
    int count = 1;          // of several of the same second
    ObjectId commit;
    std::optional<ObjectId> base; // HEAD when it was made; the commit itself when nothing was uncommitted
    bool ofTheHub = false;        // its commit is one that the hub made for uncommitted files
    bool archived = false;        // the branch was removed; the vault has it
};

// Newest first. Other branches below backup/ are not among them.
Result<std::vector<Backup>> listBackups(const RepositoryPlace &place, const Vault &vault);

// When the newest backup branch was made; looks at names only. Any thread.
Result<std::optional<Instant>> newestBackup(const RepositoryPlace &place);

// In the vault, where the commit of a removed backup branch stays.
QByteArray archiveRef(const Backup &backup);

// Puts the branch's commit into the vault with all that it reaches, proves that the vault has it without the
// repository, and only then deletes the branch; not when it has moved meanwhile. Conflict, and nothing is done, when a
// working tree has it checked out or the vault keeps another commit under its name.
Result<> archiveBackup(Vault &vault, const RepositoryPlace &place, const Backup &backup);

// The same for any branch; `ref` is its name in the vault.
Result<> archiveBranch(Vault &vault, const RepositoryPlace &place, const QByteArray &branch, const ObjectId &commit,
                       const QByteArray &ref);

} // namespace hub::git
