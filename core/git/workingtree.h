// What the hub writes into a user's repository, all through the git program, which honours hooks, filters and
// extensions. Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/repository.h"
#include "core/git/vault.h"

namespace hub::git
{

// A linked working tree at `path` on the new branch `branch` (short name, such as agent/claude/12), which starts at
// `base` (anything git resolves to a commit). Conflict when the folder exists, or the branch and stands elsewhere.
Result<RepositoryPlace> addWorkingTree(const RepositoryPlace &place, const QByteArray &path, const QByteArray &branch,
                                       const QByteArray &base);

// Checks out what is missing in a working tree that addWorkingTree() may have been cut off in. Only for one in which
// nobody has worked yet.
Result<> completeWorkingTree(const RepositoryPlace &tree);

// The working tree at this very folder; NotFound when the folder is gone or belongs to no working tree, or to that of a
// repository around it.
Result<RepositoryPlace> locateTree(const QByteArray &path);

// Makes `path` a linked working tree again after its folder, its `.git` or git's entry for it was deleted. What is in
// the folder stays. HEAD and index are as git's entry still has them; without one HEAD is on `branch` and the index is
// empty. Safe to repeat.
Result<RepositoryPlace> reviveWorkingTree(const RepositoryPlace &main, const QByteArray &path,
                                          const QByteArray &branch);

// Conflict when something in the working tree is not as `snapshot` has it. Ignored files that no snapshot holds don't
// count. Writes nothing.
Result<> checkHeld(const Vault &vault, const RepositoryPlace &tree, const ObjectId &snapshot,
                   const QByteArray &cachePath);

// Removes a linked working tree. Its content must be what `snapshot` holds, or Conflict and nothing is done: work that
// is not in the vault is never removed. Ignored files that no snapshot holds go with it, as with git's own removal; the
// branch stays. It goes in one moment, under a name with removedSuffix, where a crash may leave it. A missing folder
// only loses its registration.
inline constexpr const char *removedSuffix = ".removed";
Result<> removeWorkingTree(const Vault &vault, const RepositoryPlace &main, const RepositoryPlace &tree,
                           const ObjectId &snapshot, const QByteArray &cachePath);

struct BackupBranch {
    QByteArray name; // full name
    ObjectId commit;
    bool dirty = false; // it holds uncommitted changes on top of HEAD
};
// backup/<agent>/<task>-<UTC time> at HEAD, with a commit on top for uncommitted and untracked files (never ignored
// ones). No branch is switched; index and files stay as they are. In a repository without a commit the backup has no
// parent.
Result<BackupBranch> makeBackupBranch(const RepositoryPlace &place, const QByteArray &agent, const QByteArray &task,
                                      Instant time);

// `mark` is a line of the message that no other commit has. When HEAD has a commit with it already, that one is the
// answer: the call may be repeated after a crash, and commits once.
//
// Commits the named paths, and only them, as they lie in the working tree (a missing one is deleted); what else is
// staged stays staged. All or none: on failure, a refusing hook included, HEAD and index are as before. Returns the
// commit.
Result<ObjectId> commitAtomically(const RepositoryPlace &place, const QList<QByteArray> &paths,
                                  const QByteArray &message, const QByteArray &mark = {});

// The message with these lines at its end, joined to those of the same form that it may end with already.
Result<QByteArray> withTrailers(const QByteArray &message, const QList<std::pair<QByteArray, QByteArray>> &trailers);

} // namespace hub::git
