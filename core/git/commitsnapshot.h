// A commit as a snapshot, to go back to: its files as git would check them out here, with filters, line ends and
// encodings. Nothing in the user's repository is written. Blocks; the project's git worker only.
#pragma once

#include "core/git/snapshot.h"

namespace hub::git
{

struct CommitSnapshotRequest {
    RepositoryPlace place; // the working tree that will go back to it: its configuration, and modes of equal files
    ObjectId commit;       // whose files they are
    HeadState head;        // where HEAD stands then, on which branch; the index is as this commit
    QList<QByteArray> branches = {}; // full names of the task's own branches, which stand at head.commit then
    QByteArray scratch;              // a folder of the hub's; what is in it goes, and so does the folder at the end
    QByteArray ref;                  // in the vault
    QByteArray message;
    Instant time{};
    SnapshotOptions options = {};
};

// The same request on the same files gives the same snapshot. A commit that only the vault has is good too.
Result<SnapshotInfo> takeCommitSnapshot(Vault &vault, const CommitSnapshotRequest &request);

// What lies in the working tree without being in its index, nor anywhere in `target`: a rollback to a commit leaves it.
// Where the target has a file on the way to such a path, or a folder in its place, it can't stay and is not named.
Result<std::vector<QByteArray>> untrackedBeside(const Vault &vault, const ObjectId &current, const ObjectId &target);

// Those of the paths that can stay as they are while all others become as in `target`.
Result<std::vector<QByteArray>> thoseThatCanStay(const Vault &vault, const ObjectId &target,
                                                 const std::vector<QByteArray> &paths);

} // namespace hub::git
