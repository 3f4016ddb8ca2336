// Git tree objects as values: parsed, written, built from a flat list, compared. Pure; any thread.
#pragma once

#include "core/git/objectstore.h"
#include "core/git/packwriter.h"

#include <functional>
#include <map>
#include <vector>

namespace hub::git
{

inline constexpr quint32 modeFile = 0100644, modeExecutable = 0100755, modeLink = 0120000, modeFolder = 0040000,
                         modeCommit = 0160000;

struct TreeEntry {
    QByteArray name;
    quint32 mode = 0;
    ObjectId id;
    friend bool operator==(const TreeEntry &, const TreeEntry &) = default;
};

// The entries of a tree object, in git's order. A null id is the empty tree.
Result<std::vector<TreeEntry>> readTree(const ObjectSource &source, const ObjectId &id);
// Sorts the entries the way git wants them.
QByteArray treeBytes(std::vector<TreeEntry> &entries);

// What lies at a path of a tree.
struct Held {
    ObjectId id;
    quint32 mode = 0;
    friend bool operator==(const Held &, const Held &) = default;
};
// Paths with content (no folders), sorted by their bytes -> the tree, bottom up; `sink` gets the new trees.
using FlatTree = std::vector<std::pair<QByteArray, Held>>;
Result<ObjectId> buildTree(const FlatTree &paths, ObjectSink &sink);
Result<std::optional<Held>> findInTree(const ObjectSource &source, const ObjectId &tree, const QByteArray &path);
Result<std::map<QByteArray, Held>> flattenTree(const ObjectSource &source, const ObjectId &tree,
                                               const QByteArray &prefix = {});

// Calls `differ` for each path whose content differs; a side without the path gives nothing. Equal subtrees are
// skipped.
using TreeDifference =
    std::function<void(const QByteArray &path, const std::optional<Held> &before, const std::optional<Held> &after)>;
Result<> compareTrees(const ObjectSource &source, const ObjectId &before, const ObjectId &after,
                      const QByteArray &prefix, const TreeDifference &differ);

struct CommitObject {
    ObjectId tree;
    QList<ObjectId> parents;
    QByteArray message;
};
Result<CommitObject> readCommit(const ObjectSource &source, const ObjectId &id);

} // namespace hub::git
