// git's locks of one working tree in somebody else's hands: a git program at work, or one that was killed and left
// them. They are index.lock, HEAD.lock, and those of the branches that are named. Blocks; any worker thread.
#pragma once

#include "core/git/repository.h"

#include <sys/types.h>

namespace hub::git
{

struct ForeignLock {
    pid_t holder = 0; // 0: nobody holds it any more
    QString program;  // its command line, shortened
};
// Where git makes the locks that it holds while it commits, switches or resets in this working tree. `branches`: full
// names, and whatever else git locks that way in the common folder: "config", "packed-refs".
std::vector<QByteArray> lockFiles(const RepositoryPlace &place, const std::vector<QByteArray> &branches);

// None when there is no lock, or only that of an interrupted rollback of ours.
Result<std::optional<ForeignLock>> foreignLock(const RepositoryPlace &place, const std::vector<QByteArray> &branches);

// Waits a few seconds for a git at work to be done, and removes locks that their holder left behind. Conflict, and a
// lock stays, when somebody still holds it then.
Result<> awaitLocks(const RepositoryPlace &place, const std::vector<QByteArray> &branches);

} // namespace hub::git
