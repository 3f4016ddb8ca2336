// Commits of a repository that a person can name. Only reads. Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/repository.h"

namespace hub::git
{

struct CommitInfo {
    ObjectId id;
    Instant at{}; // of the committer
    QString subject;
};

// A commit by anything that git resolves: an id or its beginning, a branch, a tag, HEAD~2. Only what a ref, a HEAD or a
// reflog of the repository leads to counts: NotFound otherwise, Ambiguous with the candidates when several are meant.
Result<CommitInfo> findCommit(const RepositoryPlace &place, const QString &text);

// Those of HEAD that `base` (an id; may be empty) does not have, newest first, at most `limit`; then base itself.
Result<std::vector<CommitInfo>> recentCommits(const RepositoryPlace &place, const QByteArray &base, qint64 limit);

// The first one; nothing of a commit that began the repository.
Result<std::optional<ObjectId>> parentOf(const RepositoryPlace &place, const ObjectId &commit);

// How many files of the working tree differ from those of the commit, as git compares them: with filters and line ends.
// Files that git does not know count when `untrackedToo` is set and the commit lacks them.
Result<qint64> filesDiffering(const RepositoryPlace &place, const ObjectId &commit, bool untrackedToo);

} // namespace hub::git
