// Writes commits anew without what is to be erased: the user's commits, snapshots and records. What does not have it
// keeps its name, so it is the same object afterwards; the same input gives the same output, so a purge that was cut
// off is simply done again. Private to core/git. Blocks; the project's git worker.
#pragma once

#include "core/git/manifest.h"
#include "core/git/purgescan.h"
#include "core/git/treefile.h"
#include "core/git/treeobject.h"
#include "core/git/treestate.h"
#include "core/git/vaultpurge.h"

#include <map>
#include <unordered_map>

namespace hub::git
{

inline std::vector<QByteArray> namesOf(const std::vector<TreeEntry> &entries)
{
    std::vector<QByteArray> names;
    for (const TreeEntry &entry : entries)
        names.push_back(entry.name);
    return names;
}

class PurgeRewriter
{
public:
    // `fixed` are commits and tags that stay as they are, since the user's repository has them.
    PurgeRewriter(const ObjectStore &store, ObjectSink &sink, const PurgeTarget &target, const ObjectScan &scan,
                  const IdSet &fixed);

    // All commits and tags of the scan; `order` has the commits, parents first.
    Result<> run(const std::vector<ObjectId> &order);
    // What stands in place of any object that a ref may name: a commit, a tag, a tree or a blob.
    Result<ObjectId> placeOf(const ObjectId &id);

    using Moves = std::unordered_map<ObjectId, ObjectId, ObjectIdHash>;
    const Moves &moved() const { return m_moved; }           // commits, tags, and the files of snapshots: old to new
    const IdSet &left() const { return m_left; }             // objects that nothing of the new names
    const IdSet &fixedWithIt() const { return m_fixedWith; } // of the fixed ones, those that reach it
    const IdSet &snapshots() const { return m_snapshots; }   // those that were changed
    const IdSet &records() const { return m_records; }
    const std::set<QByteArray> &paths() const { return m_paths; } // in snapshots
    qint64 commits() const { return m_commits; }                  // of the user's

private:
    // The names that a snapshot lost or has x in.
    struct Names {
        std::set<QByteArray> gone, blanked;
    };

    Result<ObjectId> commit(const ObjectId &id);
    Result<ObjectId> plainCommit(const ObjectId &id, const RawObject &object, const CommitObject &parsed);
    Result<ObjectId> snapshot(const ObjectId &id, const RawObject &object, const CommitObject &parsed);
    Result<ObjectId> record(const ObjectId &id, const RawObject &object, const CommitObject &parsed);
    Result<ObjectId> tag(const ObjectId &id);
    Result<> noteFixed(const ObjectId &id);
    Result<ObjectId> writeCommit(const ObjectId &id, const RawObject &object, const CommitObject &parsed,
                                 const ObjectId &tree);

    // A tree of the user's files; `prefix` is its path with a slash behind it. Null when nothing is left of it.
    Result<ObjectId> tree(const ObjectId &id, const QByteArray &prefix);
    Result<ObjectId> textTree(const ObjectId &id);
    Result<ObjectId> pathTree(const ObjectId &id, const QByteArray &prefix);
    Result<ObjectId> stages(const ObjectId &id);
    Result<ObjectId> nested(const ObjectId &id);
    Result<ObjectId> recordedTrees(const ObjectId &id);
    // Texts of git's own, in which ids of commits stand.
    Result<ObjectId> texts(const ObjectId &id);
    Result<ObjectId> textBlob(const ObjectId &id);
    Result<QByteArray> text(QByteArray bytes);
    Result<ObjectId> blob(const ObjectId &id);
    // `trees` are those that its paths lie in.
    Result<ObjectId> manifest(const ObjectId &id, const Names &names, const QList<ObjectId> &trees);
    Result<ObjectId> putTree(const ObjectId &old, std::vector<TreeEntry> entries, bool changed);
    Result<> collect(const ObjectId &tree, const QByteArray &prefix, Names &names);
    Result<> leave(const ObjectId &tree);
    Result<bool> touches(const ObjectId &tree);
    bool isErased(const QByteArray &path) const { return !m_target.text && isOrBelow(path, m_target.path); }
    // Without the text two entries of a tree may have one name; then one gets a number.
    std::vector<QByteArray> namesIn(const ObjectId &tree, const std::vector<QByteArray> &names);
    QByteArray nameIn(const ObjectId &tree, const QByteArray &name) const;
    Result<QByteArray> pathIn(const QList<ObjectId> &trees, const QByteArray &path) const;
    QByteArray name(const QByteArray &name) const { return m_target.text ? m_target.text->blanked(name) : name; }

    const ObjectStore &m_store;
    ObjectSink &m_sink;
    const PurgeTarget &m_target;
    const ObjectScan &m_scan;
    const IdSet &m_fixed;
    IdSet m_known; // all commits and tags
    Moves m_done, m_moved, m_trees, m_textTrees, m_blobs, m_textBlobs;
    std::map<std::pair<ObjectId, QByteArray>, ObjectId> m_pathTrees;
    std::unordered_map<ObjectId, bool, ObjectIdHash> m_touches;
    std::unordered_map<ObjectId, std::map<QByteArray, QByteArray>, ObjectIdHash> m_numbered; // old names to new ones
    IdSet m_left, m_fixedWith, m_snapshots, m_records;
    std::set<QByteArray> m_paths;
    qint64 m_commits = 0;
};

} // namespace hub::git
