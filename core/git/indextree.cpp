#include "core/git/indextree.h"

#include <QSet>

#include <algorithm>

namespace hub::git
{

namespace
{

bool needsFlagLine(const IndexEntry &entry)
{
    return entry.stage != 0 || entry.intentToAdd || entry.skipWorktree || entry.assumeValid;
}

} // namespace

const std::vector<QByteArray> &LazyPaths::paths() const
{
    std::call_once(m_once, [this] {
        auto parts = readSnapshotCommit(m_vault, m_snapshot);
        auto held = parts ? heldPaths(m_vault, *parts) : Result<std::map<QByteArray, Held>>(std::move(parts).error());
        if (!held) {
            m_outcome = std::move(held).error();
            return;
        }
        for (const auto &[path, unused] : *held)
            m_paths.push_back(path);
    });
    return m_paths;
}

bool LazyPaths::has(const QByteArray &path) const { return std::binary_search(paths().begin(), paths().end(), path); }

bool LazyPaths::hasBelow(const QByteArray &folder) const
{
    const QByteArray prefix = folder + '/';
    const auto at = std::lower_bound(paths().begin(), paths().end(), prefix);
    return at != paths().end() && at->startsWith(prefix);
}

Result<IndexState> currentIndex(const RepositoryPlace &place)
{
    IndexState state;
    HUB_TRY(state.file, readIndex(place.gitDir, place.workTree));
    state.checksum = state.file.checksum;
    return state;
}

Result<IndexState> previousIndex(const ObjectStore &vault, const SnapshotParts &previous, const QByteArray &checksum)
{
    IndexState state;
    state.checksum = checksum;
    state.reused = true;
    state.tree = previous.index;
    state.conflicts = previous.conflicts;
    HUB_TRY(Manifest manifest, readManifest(vault, previous));
    state.flags = std::move(manifest.indexFlags);
    return state;
}

Result<> storeIndex(const ObjectStore &vault, UserObjects &user, ObjectSink &sink, bool copyObjects,
                    const ObjectId &base, IndexState &index, Manifest &manifest)
{
    if (index.reused) {
        manifest.indexFlags = index.flags;
        return {};
    }
    QSet<ObjectId> missing;
    const auto copy = [&](const ObjectId &id) -> Result<> {
        if (!copyObjects || sink.has(id))
            return {};
        HUB_TRY(const ObjectStore *store, user.get());
        auto copied = importObject(*store, sink, id);
        if (!copied && copied.error().code == ErrorCode::NotFound) {
            missing.insert(id);
            return {};
        }
        return copied;
    };
    // Bases are complete, so only the blobs of paths that differ have to be looked for. The trees may exist only in the
    // sink yet: the comparison is over flat lists.
    std::map<QByteArray, Held> known;
    if (!base.isNull()) {
        HUB_TRY(known, flattenTree(vault, base));
    }
    FlatTree merged, conflicts;
    manifest.indexFlags.clear();
    for (const IndexEntry &entry : index.file.entries) {
        if (needsFlagLine(entry)) {
            manifest.indexFlags.push_back(entry);
            manifest.indexFlags.back().path.detach(); // the manifest outlives the index file's bytes
        }
        if (entry.intentToAdd)
            continue;
        if (entry.mode != modeCommit) {
            const auto at = known.find(entry.path);
            if (at == known.end() || at->second.id != entry.id)
                HUB_CHECK(copy(entry.id));
        }
        if (entry.mode != modeCommit && missing.contains(entry.id)) {
            manifest.notHeld["index:" + entry.path] = NotHeldReason::MissingObject;
            continue;
        }
        if (entry.stage == 0)
            merged.emplace_back(entry.path, Held{entry.id, entry.mode});
        else
            conflicts.emplace_back(QByteArray::number(entry.stage) + '/' + entry.path, Held{entry.id, entry.mode});
    }
    std::sort(conflicts.begin(), conflicts.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    HUB_TRY(index.tree, buildTree(merged, sink));
    if (!conflicts.empty()) {
        HUB_TRY(index.conflicts, buildTree(conflicts, sink));
    }
    return {};
}

Result<std::vector<IndexEntry>> snapshotIndex(const ObjectSource &source, const SnapshotParts &parts,
                                              const Manifest &manifest)
{
    std::vector<IndexEntry> entries;
    HUB_TRY(const auto merged, flattenTree(source, parts.index));
    std::map<QByteArray, const IndexEntry *> flagged;
    for (const IndexEntry &entry : manifest.indexFlags) {
        if (entry.stage == 0 && !entry.intentToAdd)
            flagged[entry.path] = &entry;
        else
            entries.push_back(entry);
    }
    for (const auto &[path, held] : merged) {
        IndexEntry entry;
        if (const auto at = flagged.find(path); at != flagged.end())
            entry = *at->second;
        entry.path = path;
        entry.id = held.id;
        entry.mode = held.mode;
        entries.push_back(std::move(entry));
    }
    std::sort(entries.begin(), entries.end(), [](const IndexEntry &a, const IndexEntry &b) {
        return a.path != b.path ? a.path < b.path : a.stage < b.stage;
    });
    return entries;
}

} // namespace hub::git
