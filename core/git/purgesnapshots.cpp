// What the hub wrote itself: snapshots and records, each with a tree of its own kind.
#include "core/git/purgerewrite.h"

namespace hub::git
{

// The sides of a conflict: "1/PATH" to "3/PATH".
Result<ObjectId> PurgeRewriter::stages(const ObjectId &id)
{
    if (id.isNull())
        return id;
    HUB_TRY(const auto entries, readTree(m_store, id));
    std::vector<TreeEntry> kept;
    for (TreeEntry entry : entries) {
        HUB_TRY(entry.id, tree(entry.id, {}));
        if (!entry.id.isNull())
            kept.push_back(std::move(entry));
    }
    return putTree(id, kept, kept != entries);
}

Result<ObjectId> PurgeRewriter::nested(const ObjectId &id)
{
    if (id.isNull())
        return id;
    HUB_TRY(const auto entries, readTree(m_store, id));
    std::vector<QByteArray> roots;
    for (const TreeEntry &entry : entries)
        roots.push_back(decodeName(entry.name));
    const auto names = namesIn(id, roots);
    std::vector<TreeEntry> kept;
    for (size_t i = 0; i < entries.size(); ++i) {
        TreeEntry entry = entries[i];
        const QByteArray &root = roots[i];
        if (isErased(root)) {
            if (entry.mode == modeFolder)
                HUB_CHECK(leave(entry.id));
            else
                m_left.insert(entry.id);
            continue;
        }
        if (entry.mode == modeFolder) {
            HUB_TRY(entry.id, tree(entry.id, root + '/'));
        } else {
            HUB_TRY(entry.id, blob(entry.id));
        }
        if (m_target.text)
            entry.name = encodeName(names[i]);
        if (entry.id.isNull() && entry.mode == modeFolder) {
            HUB_TRY(entry.id, m_sink.put(ObjectType::Tree, {})); // still a nested repository
        }
        if (!entry.id.isNull())
            kept.push_back(std::move(entry));
    }
    return putTree(id, kept, kept != entries);
}

// What of a tree goes or gets x: only ways on which something was changed are gone along.
Result<> PurgeRewriter::collect(const ObjectId &id, const QByteArray &prefix, Names &names)
{
    if (id.isNull())
        return {};
    HUB_TRY(const auto entries, readTree(m_store, id));
    for (const TreeEntry &entry : entries) {
        const QByteArray path = prefix + nameIn(id, entry.name);
        const bool folder = entry.mode == modeFolder;
        if (m_target.text) {
            if (folder && m_trees.contains(entry.id) && m_trees.at(entry.id) != entry.id)
                HUB_CHECK(collect(entry.id, path + '/', names));
            else if (!folder && m_scan.sealed.contains(entry.id))
                names.gone.insert(name(path));
            else if (!folder && m_scan.blobs.contains(entry.id))
                names.blanked.insert(name(path));
        } else if (folder && (isErased(path) || isOrBelow(m_target.path, path))) {
            HUB_CHECK(collect(entry.id, path + '/', names));
        } else if (isErased(path)) {
            names.gone.insert(path);
        }
    }
    return {};
}

Result<ObjectId> PurgeRewriter::manifest(const ObjectId &id, const Names &names, const QList<ObjectId> &trees)
{
    HUB_TRY(const RawObject object, m_store.read(id));
    HUB_TRY(Manifest m, parseManifest(object.bytes));
    const auto place = [&](std::optional<ObjectId> &commit) -> Result<> {
        if (commit && m_known.contains(*commit)) {
            HUB_TRY(commit, placeOf(*commit));
        }
        return {};
    };
    HUB_CHECK(place(m.head.commit));
    HUB_CHECK(place(m.alsoHeld));
    for (auto &[branch, commit] : m.branches)
        HUB_CHECK(place(commit));
    const auto clean = [&](auto &map) -> Result<> {
        std::remove_reference_t<decltype(map)> kept;
        for (const auto &[path, value] : map) {
            bool stays = !isErased(path);
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, NotHeldReason>)
                stays = stays || value == NotHeldReason::Purged; // that it was purged before stays known
            if (!stays)
                continue;
            HUB_TRY(const QByteArray now, pathIn(trees, path));
            kept[now] = value;
        }
        map = std::move(kept);
        return {};
    };
    HUB_CHECK(clean(m.modes));
    HUB_CHECK(clean(m.emptyFolders));
    HUB_CHECK(clean(m.notHeld));
    HUB_CHECK(clean(m.inMotion));
    HUB_CHECK(clean(m.blanked));
    std::erase_if(m.indexFlags, [&](const IndexEntry &entry) { return isErased(entry.path); });
    for (IndexEntry &entry : m.indexFlags) {
        if (m_store.has(entry.id) && entry.mode != modeCommit) {
            HUB_TRY(const ObjectId now, blob(entry.id));
            entry.id = now;
        }
        HUB_TRY(entry.path, pathIn(trees, entry.path));
    }
    std::erase_if(m.indexFlags, [](const IndexEntry &entry) { return entry.id.isNull() && !entry.intentToAdd; });
    if (m_target.text) {
        m.head.branch = name(m.head.branch);
        m.ignoreRules = name(m.ignoreRules);
        std::map<QByteArray, std::optional<ObjectId>> branches;
        for (const auto &[branch, commit] : m.branches)
            branches[name(branch)] = commit;
        m.branches = std::move(branches);
    }
    for (const QByteArray &path : names.gone) {
        m.notHeld[path] = NotHeldReason::Purged;
        m.modes.erase(path);
    }
    for (const QByteArray &path : names.blanked)
        m.blanked[path] = true;
    const QByteArray bytes = manifestBytes(m);
    if (bytes == object.bytes)
        return id;
    m_left.insert(id);
    return m_sink.put(ObjectType::Blob, bytes);
}

Result<ObjectId> PurgeRewriter::snapshot(const ObjectId &id, const RawObject &object, const CommitObject &parsed)
{
    HUB_TRY(const auto entries, readTree(m_store, parsed.tree));
    HUB_TRY(const SnapshotParts parts, readSnapshotTree(m_store, parsed.tree));
    std::vector<TreeEntry> kept;
    Names names;
    QList<ObjectId> trees;
    for (TreeEntry entry : entries) {
        const ObjectId before = entry.id;
        if (entry.name == "files" || entry.name == "ignored" || entry.name == "index") {
            HUB_TRY(entry.id, tree(entry.id, {}));
            trees << before;
        } else if (entry.name == "conflicts") {
            HUB_TRY(entry.id, stages(entry.id));
        } else if (entry.name == "nested") {
            HUB_TRY(entry.id, nested(entry.id));
        } else if (entry.name == "state") {
            HUB_TRY(entry.id, texts(entry.id));
        }
        if (entry.id != before && (entry.name == "files" || entry.name == "ignored"))
            HUB_CHECK(collect(before, {}, names));
        if (entry.id.isNull() && (entry.name == "files" || entry.name == "index")) {
            HUB_TRY(entry.id, m_sink.put(ObjectType::Tree, {}));
        }
        if (entry.id != before && entry.name == "files")
            m_moved[before] = entry.id;
        if (!entry.id.isNull())
            kept.push_back(std::move(entry));
    }
    HUB_TRY(const auto roots, nestedRoots(m_store, parts));
    for (const auto &[root, held] : roots) {
        if (held.mode == modeFolder)
            HUB_CHECK(collect(held.id, root + '/', names));
        else if (isErased(root) || m_scan.sealed.contains(held.id))
            names.gone.insert(name(root));
        else if (m_scan.blobs.contains(held.id))
            names.blanked.insert(name(root));
    }
    for (TreeEntry &entry : kept) {
        if (entry.name == "manifest") {
            HUB_TRY(entry.id, manifest(entry.id, names, trees));
        }
    }
    HUB_TRY(const ObjectId root, putTree(parsed.tree, kept, kept != entries));
    HUB_TRY(const ObjectId place, writeCommit(id, object, parsed, root));
    if (root != parsed.tree) {
        m_snapshots.insert(id);
        m_paths.insert(names.gone.begin(), names.gone.end());
        m_paths.insert(names.blanked.begin(), names.blanked.end());
    }
    return place;
}

Result<ObjectId> PurgeRewriter::recordedTrees(const ObjectId &id)
{
    HUB_TRY(auto trees, readTree(m_store, id));
    const auto before = trees;
    const auto names = namesIn(id, namesOf(trees));
    for (size_t i = 0; i < trees.size(); ++i) {
        TreeEntry &one = trees[i];
        HUB_TRY(const auto entries, readTree(m_store, one.id));
        std::vector<TreeEntry> kept;
        QList<ObjectId> indexes; // before the manifest, as git sorts them
        for (TreeEntry entry : entries) {
            if (entry.name == "index") {
                indexes << entry.id;
                HUB_TRY(entry.id, tree(entry.id, {}));
                if (entry.id.isNull()) {
                    HUB_TRY(entry.id, m_sink.put(ObjectType::Tree, {}));
                }
            } else if (entry.name == "conflicts") {
                HUB_TRY(entry.id, stages(entry.id));
            } else if (entry.name == "state") {
                HUB_TRY(entry.id, texts(entry.id));
            } else if (entry.name == "manifest") {
                HUB_TRY(entry.id, manifest(entry.id, {}, indexes));
            }
            if (!entry.id.isNull())
                kept.push_back(std::move(entry));
        }
        HUB_TRY(one.id, putTree(one.id, kept, kept != entries));
        one.name = names[i];
    }
    return putTree(id, trees, trees != before);
}

Result<ObjectId> PurgeRewriter::record(const ObjectId &id, const RawObject &object, const CommitObject &parsed)
{
    HUB_TRY(auto entries, readTree(m_store, parsed.tree));
    const auto before = entries;
    for (TreeEntry &entry : entries) {
        if (entry.name == "trees") {
            HUB_TRY(entry.id, recordedTrees(entry.id));
        } else {
            HUB_TRY(entry.id, entry.mode == modeFolder ? texts(entry.id) : textBlob(entry.id));
        }
    }
    HUB_TRY(const ObjectId root, putTree(parsed.tree, entries, entries != before));
    HUB_TRY(const ObjectId place, writeCommit(id, object, parsed, root));
    if (root != parsed.tree)
        m_records.insert(id);
    return place;
}

} // namespace hub::git
