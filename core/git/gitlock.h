// git's index.lock in somebody else's hands: a git program at work, or one that was killed and left it. Blocks; any
// worker thread.
#pragma once

#include "core/git/repository.h"

#include <sys/types.h>

namespace hub::git
{

struct ForeignLock {
    pid_t holder = 0; // 0: nobody holds it any more
    QString program;  // its command line, shortened
};
// None when there is no lock, or when it is that of an interrupted rollback of ours.
Result<std::optional<ForeignLock>> foreignLock(const RepositoryPlace &place);

// Waits a few seconds for a git at work to be done, and removes a lock that its holder left behind. Conflict, and the
// lock stays, when somebody still holds it then.
Result<> awaitIndexLock(const RepositoryPlace &place);

} // namespace hub::git
