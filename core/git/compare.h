// What differs between two snapshots of one vault. Reads only the vault. Blocks; the project's git worker.
#pragma once

#include "core/git/vault.h"

namespace hub::git
{

struct SnapshotSide {
    ObjectId blob;
    quint32 gitMode = 0;     // 0100644, 0100755, 0120000
    quint32 permissions = 0; // 07777 bits; 0 for links
    friend bool operator==(const SnapshotSide &, const SnapshotSide &) = default;
};

struct PathChange {
    QByteArray path;
    std::optional<SnapshotSide> before, after; // nothing: not there
};

struct SnapshotDiff {
    std::vector<PathChange> paths;                        // by path; ignored files held by policy are never among them
    std::vector<QByteArray> foldersAdded, foldersRemoved; // empty ones
    bool indexDiffers = false, headDiffers = false;
};

Result<SnapshotDiff> compareSnapshots(const Vault &vault, const ObjectId &before, const ObjectId &after);

// Whether the snapshot holds something at this path: a file, a link, a folder with something in it or an empty one.
Result<bool> holdsPath(const Vault &vault, const ObjectId &snapshot, const QByteArray &path);

struct FileDiff {
    bool binary = false;
    bool truncated = false; // cut at the limit, or a side too large to compare
    QByteArray text;        // unified, with headers; empty for binary content
};
// `limit` in bytes, of the text; sides over 8 MiB are not compared.
Result<FileDiff> diffFile(const Vault &vault, const PathChange &change, qint64 limit = 256 * 1024);

} // namespace hub::git
