// git's index file: read (versions 2 to 4) and written without libgit2, whose own index costs far more memory and knows
// neither split nor sparse ones. Blocks; any one thread.
#pragma once

#include "core/base/result.h"
#include "core/git/objectid.h"

#include <QByteArray>

#include <vector>

struct stat;

namespace hub::git
{

// What git keeps of a file's stat, each cut to 32 bits as on disk.
struct IndexStat {
    quint32 ctimeSeconds = 0, ctimeNanos = 0, mtimeSeconds = 0, mtimeNanos = 0;
    quint32 device = 0, inode = 0, user = 0, group = 0, size = 0;
    friend bool operator==(const IndexStat &, const IndexStat &) = default;
};
IndexStat indexStat(const struct stat &info);

struct IndexEntry {
    QByteArray path; // raw bytes; may point into the index's own buffer
    ObjectId id;
    quint32 mode = 0; // 0100644, 0100755, 0120000, 0160000
    quint8 stage = 0; // 0 merged; 1 base, 2 ours, 3 theirs
    bool intentToAdd = false, skipWorktree = false, assumeValid = false;
    IndexStat stat;
};

struct IndexFile {
    std::vector<IndexEntry> entries; // sorted by path, then stage
    QByteArray checksum;             // the file's last 20 bytes; empty when there is no index file
    qint64 mtimeNs = 0;              // entries not older than this are racy
    QByteArray storage;              // what the paths of a version 2 or 3 file point into

    const IndexEntry *find(QByteArrayView path) const; // the first stage of the path
    bool hasBelow(QByteArrayView folder) const;        // something below "folder/"
};

// The index of the working tree whose git folder is `gitDir`; no entries when there is none yet. A split or sparse
// index is first rewritten by git into a private copy. `workTree` is where git starts for that.
Result<IndexFile> readIndex(const QByteArray &gitDir, const QByteArray &workTree);
// Only the checksum that ends the index file: empty when there is no file.
Result<QByteArray> readIndexChecksum(const QByteArray &gitDir);

// The bytes of an index file, version 2, or 3 when an entry needs it. Entries must be sorted.
QByteArray indexBytes(const std::vector<IndexEntry> &entries);

} // namespace hub::git
