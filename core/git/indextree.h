// The user's index as trees in the vault, and back. Private to core/git.
#pragma once

#include "core/git/manifest.h"
#include "core/git/treestate.h"

#include <mutex>

namespace hub::git
{

// The user's object store, opened on first need.
class UserObjects
{
public:
    explicit UserObjects(const RepositoryPlace &place)
        : m_folder(place.commonDir + "/objects")
    {
    }
    Result<ObjectStore *> get()
    {
        if (!m_store) {
            HUB_TRY(m_store, ObjectStore::open(m_folder));
        }
        return m_store.get();
    }

private:
    QByteArray m_folder;
    std::unique_ptr<ObjectStore> m_store;
};

struct IndexState {
    QByteArray checksum;
    bool reused = false; // as in the previous snapshot: the trees are known, the file was not read
    IndexFile file;      // when it was read
    ObjectId tree, conflicts;
    std::vector<IndexEntry> flags; // entries that the tree can't say all of
};

Result<IndexState> currentIndex(const RepositoryPlace &place);
Result<IndexState> previousIndex(const ObjectStore &vault, const SnapshotParts &previous, const QByteArray &checksum);

// Gives the index's entries when a scan first asks: mostly it never does.
class LazyIndex
{
public:
    LazyIndex(const RepositoryPlace &place, const IndexState &state)
        : m_place(place)
        , m_state(state)
    {
    }
    const IndexFile &file() const
    {
        if (!m_state.reused)
            return m_state.file;
        std::call_once(m_once, [this] { m_read = readIndex(m_place.gitDir, m_place.workTree).valueOr({}); });
        return m_read;
    }

private:
    const RepositoryPlace &m_place;
    const IndexState &m_state;
    mutable std::once_flag m_once;
    mutable IndexFile m_read;
};

// The paths that another snapshot holds, read when a scan first meets an ignored name.
class LazyPaths
{
public:
    LazyPaths(const ObjectStore &vault, const ObjectId &snapshot)
        : m_vault(vault)
        , m_snapshot(snapshot)
    {
    }
    bool has(const QByteArray &path) const;
    bool hasBelow(const QByteArray &folder) const;
    // Whether reading them failed; then the scan's result is not to be used.
    Result<> outcome() const { return m_outcome; }

private:
    const std::vector<QByteArray> &paths() const;
    const ObjectStore &m_vault;
    ObjectId m_snapshot;
    mutable std::once_flag m_once;
    mutable std::vector<QByteArray> m_paths;
    mutable Result<> m_outcome;
};

// Puts the trees of an index that was read into the sink, and with `copyObjects` every object that it names. `base` is
// a complete tree to compare with, so that only what differs is looked for. Fills in the ids and the manifest's flags.
Result<> storeIndex(const ObjectStore &vault, UserObjects &user, ObjectSink &sink, bool copyObjects,
                    const ObjectId &base, IndexState &index, Manifest &manifest);

// The entries that a snapshot's index has, sorted, without stat data.
Result<std::vector<IndexEntry>> snapshotIndex(const ObjectSource &source, const SnapshotParts &parts,
                                              const Manifest &manifest);

} // namespace hub::git
