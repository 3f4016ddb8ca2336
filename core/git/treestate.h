// The whole state of a working tree as git trees: what a snapshot commits, and what a rollback compares with. Private
// to core/git.
#pragma once

#include "core/base/clock.h"
#include "core/git/manifest.h"
#include "core/git/treeobject.h"
#include "core/git/treescan.h"
#include "core/git/vault.h"

namespace hub::git
{

struct CaptureRequest {
    RepositoryPlace place;
    QByteArray cachePath; // empty: nothing is known before, everything is read
    ScanOptions scan;
    std::optional<ObjectId> alsoHold; // a snapshot whose paths are held though ignored now
    QList<QByteArray> branches = {};  // the task's own
    bool useCache = true;
    bool importHistory = true;            // take what HEAD and the index reach into the sink; only when the sink stores
    std::optional<qint64> leaveFree = {}; // of the vault's disk, in bytes; else nobody looks
    std::function<void(qint64 needed)> onTight = {}; // as in SnapshotOptions
};

// The parts of a snapshot's tree.
struct SnapshotParts {
    ObjectId files, ignored, index, conflicts, state, nested, manifest;
    QList<ObjectId> parents;
    ObjectId root;
};

struct TreeState {
    ObjectId root;  // tree with files/, index/, manifest …
    ObjectId files; // the working tree
    SnapshotParts parts;
    Manifest manifest;
    QList<ObjectId>
        heldCommits; // of the task's branches and of an unfinished merge or rebase; nothing else may reach them
    qint64 fileCount = 0, changed = 0;
    std::vector<QByteArray> leftovers;
    CacheFacts facts;        // for the new cache; its commit is filled in later
    ObjectId previousCommit; // that the cache belongs to; null when none was usable
    bool cacheFresh = false; // the cache on disk says it all; else `cache` is to be written
    StatCacheWriter cache;
};

// Reads the working tree into `sink`. The new cache is for the caller to write once the objects are durable.
Result<TreeState> captureTree(const Vault &vault, ObjectSink &sink, const CaptureRequest &request);

// Writes the manifest and the tree of them all, and fills in the ids of both.
Result<> writeSnapshotTree(ObjectSink &sink, const Manifest &manifest, SnapshotParts &parts);
// The commit of a snapshot, on top of where HEAD stands.
Result<ObjectId> writeSnapshotCommit(ObjectSink &sink, const ObjectId &root, const HeadState &head,
                                     const QByteArray &message, Instant time);
Result<SnapshotParts> readSnapshotTree(const ObjectSource &source, const ObjectId &root);
Result<SnapshotParts> readSnapshotCommit(const ObjectSource &source, const ObjectId &commit);
Result<Manifest> readManifest(const ObjectSource &source, const SnapshotParts &parts);

// Every path of the working tree that the snapshot holds: files, policy files, content of nested repositories.
Result<std::map<QByteArray, Held>> heldPaths(const ObjectSource &source, const SnapshotParts &parts);
// Differences between what two snapshots hold, as compareTrees; a path that moved between files and policy files is
// one.
Result<> compareHeld(const ObjectSource &source, const SnapshotParts &before, const SnapshotParts &after,
                     const TreeDifference &differ);
// The nested repositories by their paths, each a tree without its `.git`, and the `.git` of each: a tree, or a file
// that links to where the repository lies.
Result<std::map<QByteArray, Held>> nestedRoots(const ObjectSource &source, const SnapshotParts &parts);

} // namespace hub::git
