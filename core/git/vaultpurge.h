// Erases a path or a text from a vault: every snapshot, record and kept commit that has it is written anew without it,
// and the old objects leave the disk at once. Three steps, each of which may be done again after a crash: look (changes
// nothing), rewrite (new objects and refs), drop (old objects). Between the last two the rows that name commits move to
// the new names; until then both are there. Blocks; the project's git worker only, while nothing else uses the vault.
//
// A path is left out and named in the manifest as not held: a rollback leaves what lies there alone. A text becomes as
// many x, so that all else of the file comes back byte for byte; where it is inside something compressed, that file is
// left out. Trees, modes, index and history are otherwise as before.
#pragma once

#include "core/base/secrettext.h"
#include "core/git/vault.h"

#include <atomic>
#include <set>

namespace hub::git
{

struct PurgeTarget {
    std::optional<SecretText> text; // else the path
    QByteArray path;                // of a file or folder in the working tree, without slashes at its ends
};

struct VaultFindings {
    std::map<QByteArray, qint64> tasks;  // checkpoints that have it, by task
    qint64 checkpoints = 0, records = 0; // ... that have it
    qint64 others = 0;                   // other refs
    qint64 commits = 0;                  // of the user's history
    qint64 unnamed = 0;                  // objects that hold it and that nothing names any more
    QList<QByteArray> paths;             // in snapshots
    QList<QByteArray> refsOfUser;        // of the user's repository, that reach it: these stay

    bool isEmpty() const { return checkpoints + records + others + commits + unnamed == 0; }
};

struct VaultRewrite {
    std::map<ObjectId, ObjectId> moved; // old names to new ones: commits, tags, and the files of snapshots
    // What drop() is to take out if nothing else needs it, and what is known to be without it.
    QList<ObjectId> left, clean;
};

// What of the repository the next checkpoint or record would take over: what refs, HEADs, reflogs and unfinished merges
// name, with the names.
Result<std::vector<std::pair<QByteArray, ObjectId>>> namedInRepository(const RepositoryPlace &place);

// `named` is what the user's repository has, and stays.
Result<VaultFindings> lookForPurge(Vault &vault, const PurgeTarget &target,
                                   const std::vector<std::pair<QByteArray, ObjectId>> &named,
                                   const std::atomic<bool> &stop);
// Durable on return. Refs are moved; whoever keeps names of commits moves them before drop().
Result<VaultRewrite> rewriteForPurge(Vault &vault, const PurgeTarget &target,
                                     const std::vector<std::pair<QByteArray, ObjectId>> &named,
                                     const std::atomic<bool> &stop);
// How many objects went.
Result<qint64> dropPurged(Vault &vault, const VaultRewrite &rewrite,
                          const std::vector<std::pair<QByteArray, ObjectId>> &named, const std::atomic<bool> &stop);

} // namespace hub::git
