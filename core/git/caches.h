// Build output and caches in a working tree: what git ignores, nothing tracked lies in, and a build, a test or a
// package manager makes again. All else that is ignored stays: it may be the only copy. Blocks; the project's git
// worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/ignorerules.h"
#include "core/git/repository.h"

namespace hub::git
{

struct CacheRules {
    QList<QByteArray> more; // patterns of a person: these can be made again too
    QList<QByteArray> kept; // patterns of what was brought along: never
};

struct CacheEntry {
    QByteArray path; // from the top of the tree
    QString kind;    // why it can be made again: "CACHEDIR.TAG", "packages of node"
    bool folder = false;
    qint64 bytes = 0; // as the disk counts them
    Instant newest{}; // when something in it was written last
    quint64 device = 0, inode = 0;

    // Nothing of it was changed, as far as its figures show.
    friend bool operator==(const CacheEntry &, const CacheEntry &) = default;
};

struct CacheSearch {
    std::vector<CacheEntry> found;                        // the one that was written longest ago first
    std::vector<std::pair<QByteArray, QString>> withheld; // would be one, but for this reason
};

// A folder counts when it is ignored as a whole and has a CACHEDIR.TAG with its signature, or a name that a tool is
// known for together with that tool's file, or matches a person's pattern; a file by such a pattern alone. One that
// only its content shows (CMakeCache.txt, build.ninja) is withheld when the sources may lie in it as well, unless a
// person named it; any, when not all of it can be read. Nothing that is reached through a link, and no folder in which
// there is a repository, an `.env*` (but for installed packages), something brought along, or another file system.
Result<CacheSearch> findCaches(const RepositoryPlace &tree, const CacheRules &rules);

// Moves one out of the tree in one moment, to `to` on the same file system, and only if it is still the same folder or
// file; Conflict when it is not. What lies in it is for the caller to compare, by finding it once more right before.
Result<> takeOut(const RepositoryPlace &tree, const CacheEntry &entry, const QByteArray &to);

} // namespace hub::git
