#include "core/git/purgerewrite.h"

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray ours = "\nauthor AgentHub <agenthub@localhost> ";

// Of what the hub wrote itself, by what is in it.
enum class Kind { Plain, Snapshot, Record };
Result<Kind> kindOf(const ObjectStore &store, const RawObject &object, const CommitObject &parsed)
{
    if (!object.bytes.contains(ours))
        return Kind::Plain;
    HUB_TRY(const auto entries, readTree(store, parsed.tree));
    const auto has = [&](const char *name) {
        return std::any_of(entries.begin(), entries.end(), [&](const TreeEntry &e) { return e.name == name; });
    };
    if (has("manifest") && has("files") && has("index"))
        return Kind::Snapshot;
    return has("place") && has("trees") && has("logs") ? Kind::Record : Kind::Plain;
}

// The lines that a signature takes in a commit's head; what is signed is changed, so it would say nothing true.
QByteArray withoutSignature(const QByteArray &head)
{
    QByteArray kept;
    bool inside = false;
    for (const QByteArray &line : head.split('\n')) {
        inside = line.startsWith("gpgsig") || (inside && line.startsWith(' '));
        if (!inside)
            kept += line + '\n';
    }
    kept.chop(1);
    return kept;
}

bool isHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

} // namespace

PurgeRewriter::PurgeRewriter(const ObjectStore &store, ObjectSink &sink, const PurgeTarget &target,
                             const ObjectScan &scan, const IdSet &fixed)
    : m_store(store)
    , m_sink(sink)
    , m_target(target)
    , m_scan(scan)
    , m_fixed(fixed)
    , m_known(scan.commits.begin(), scan.commits.end())
{
    m_known.insert(scan.tags.begin(), scan.tags.end());
}

// The history first: what snapshots and records name of it is known then.
Result<> PurgeRewriter::run(const std::vector<ObjectId> &order)
{
    std::vector<ObjectId> later;
    for (const ObjectId &id : order) {
        HUB_TRY(const RawObject object, m_store.read(id));
        if (object.bytes.contains(ours)) {
            HUB_TRY(const CommitObject parsed, readCommit(m_store, id));
            HUB_TRY(const Kind kind, kindOf(m_store, object, parsed));
            if (kind != Kind::Plain) {
                later.push_back(id);
                continue;
            }
        }
        HUB_CHECK(commit(id));
    }
    for (const ObjectId &id : later)
        HUB_CHECK(commit(id));
    for (const ObjectId &id : m_scan.tags)
        HUB_CHECK(placeOf(id));
    return {};
}

Result<ObjectId> PurgeRewriter::placeOf(const ObjectId &id)
{
    HUB_TRY(const auto header, m_store.header(id));
    switch (header.first) {
    case ObjectType::Commit: return commit(id);
    case ObjectType::Tag: return tag(id);
    case ObjectType::Tree: return m_target.text ? textTree(id) : Result(id);
    case ObjectType::Blob: return blob(id);
    }
    return id;
}

Result<> PurgeRewriter::noteFixed(const ObjectId &id)
{
    HUB_TRY(const auto header, m_store.header(id));
    bool with = m_scan.others.contains(id);
    if (header.first == ObjectType::Commit) {
        HUB_TRY(const CommitObject parsed, readCommit(m_store, id));
        HUB_TRY(const bool touched, touches(parsed.tree));
        with = with || touched ||
               std::any_of(parsed.parents.begin(), parsed.parents.end(),
                           [&](const ObjectId &parent) { return m_fixedWith.contains(parent); });
    } else if (header.first == ObjectType::Tag) {
        HUB_TRY(const RawObject object, m_store.read(id));
        const auto target = ObjectId::fromHex(object.bytes.mid(7, 40));
        with = with || (target && m_fixedWith.contains(*target));
    }
    if (with)
        m_fixedWith.insert(id);
    return {};
}

Result<ObjectId> PurgeRewriter::commit(const ObjectId &id)
{
    if (const auto known = m_done.find(id); known != m_done.end())
        return known->second;
    if (!m_known.contains(id))
        return id; // a shallow history ends there
    ObjectId place = id;
    if (m_fixed.contains(id)) {
        HUB_CHECK(noteFixed(id));
    } else {
        HUB_TRY(const RawObject object, m_store.read(id));
        HUB_TRY(const CommitObject parsed, readCommit(m_store, id));
        HUB_TRY(const Kind kind, kindOf(m_store, object, parsed));
        HUB_TRY(place, kind == Kind::Snapshot ? snapshot(id, object, parsed)
                       : kind == Kind::Record ? record(id, object, parsed)
                                              : plainCommit(id, object, parsed));
    }
    m_done[id] = place;
    if (place != id) {
        m_moved[id] = place;
        m_left.insert(id);
    }
    return place;
}

Result<ObjectId> PurgeRewriter::plainCommit(const ObjectId &id, const RawObject &object, const CommitObject &parsed)
{
    HUB_TRY(ObjectId files, tree(parsed.tree, {}));
    if (files.isNull()) {
        HUB_TRY(files, m_sink.put(ObjectType::Tree, {}));
    }
    HUB_TRY(const ObjectId place, writeCommit(id, object, parsed, files));
    m_commits += place != id && !object.bytes.contains(ours);
    return place;
}

Result<ObjectId> PurgeRewriter::writeCommit(const ObjectId &id, const RawObject &object, const CommitObject &parsed,
                                            const ObjectId &files)
{
    QByteArray head = "tree " + files.hex() + '\n';
    bool changed = files != parsed.tree || m_scan.others.contains(id);
    for (const ObjectId &parent : parsed.parents) {
        HUB_TRY(const ObjectId place, commit(parent));
        changed = changed || place != parent;
        head += "parent " + place.hex() + '\n';
    }
    if (!changed)
        return id;
    const qsizetype from = object.bytes.indexOf("\nauthor ") + 1;
    qsizetype body = object.bytes.indexOf("\n\n", from);
    body = body < 0 ? object.bytes.size() : body;
    const QByteArray rest = withoutSignature(object.bytes.mid(from, body - from)) + object.bytes.mid(body);
    return m_sink.put(ObjectType::Commit, head + name(rest));
}

Result<ObjectId> PurgeRewriter::tag(const ObjectId &id)
{
    if (const auto known = m_done.find(id); known != m_done.end())
        return known->second;
    ObjectId place = id;
    HUB_TRY(const RawObject object, m_store.read(id));
    const auto of = ObjectId::fromHex(object.bytes.mid(7, 40));
    if (of && m_store.has(*of)) {
        HUB_TRY(const ObjectId target, placeOf(*of));
        if (m_fixed.contains(id)) {
            HUB_CHECK(noteFixed(id));
        } else if (target != *of || m_scan.others.contains(id)) {
            QByteArray bytes = "object " + target.hex() + object.bytes.mid(47);
            if (const qsizetype signature = bytes.indexOf("-----BEGIN "); signature >= 0)
                bytes.truncate(signature);
            HUB_TRY(place, m_sink.put(ObjectType::Tag, name(bytes)));
        }
    }
    m_done[id] = place;
    if (place != id) {
        m_moved[id] = place;
        m_left.insert(id);
    }
    return place;
}

Result<ObjectId> PurgeRewriter::tree(const ObjectId &id, const QByteArray &prefix)
{
    if (id.isNull())
        return id;
    return m_target.text ? textTree(id) : pathTree(id, prefix);
}

Result<ObjectId> PurgeRewriter::putTree(const ObjectId &old, std::vector<TreeEntry> entries, bool changed)
{
    if (!changed)
        return old;
    m_left.insert(old);
    return entries.empty() ? Result(ObjectId()) : m_sink.put(ObjectType::Tree, treeBytes(entries));
}

Result<ObjectId> PurgeRewriter::textTree(const ObjectId &id)
{
    if (const auto known = m_trees.find(id); known != m_trees.end())
        return known->second;
    HUB_TRY(const auto entries, readTree(m_store, id));
    std::vector<TreeEntry> kept;
    std::set<QByteArray> names;
    bool changed = false;
    for (const TreeEntry &entry : entries)
        names.insert(entry.name);
    for (TreeEntry entry : entries) {
        const TreeEntry before = entry;
        if (entry.mode == modeFolder) {
            HUB_TRY(entry.id, textTree(entry.id));
        } else if (entry.mode != modeCommit) {
            HUB_TRY(entry.id, blob(entry.id));
        }
        entry.name = name(entry.name);
        changed = changed || entry != before;
        const bool taken = entry.name != before.name && !names.insert(entry.name).second;
        if (!entry.id.isNull() && !taken)
            kept.push_back(std::move(entry));
    }
    HUB_TRY(const ObjectId place, putTree(id, std::move(kept), changed));
    return m_trees[id] = place;
}

Result<ObjectId> PurgeRewriter::pathTree(const ObjectId &id, const QByteArray &prefix)
{
    if (!isOrBelow(m_target.path, prefix.chopped(prefix.isEmpty() ? 0 : 1)) && !prefix.isEmpty())
        return id;
    const auto key = std::pair(id, prefix);
    if (const auto known = m_pathTrees.find(key); known != m_pathTrees.end())
        return known->second;
    const QByteArray rest = m_target.path.mid(prefix.size());
    const qsizetype slash = rest.indexOf('/');
    const QByteArray next = slash < 0 ? rest : rest.first(slash);
    HUB_TRY(const auto entries, readTree(m_store, id));
    std::vector<TreeEntry> kept;
    bool changed = false;
    for (TreeEntry entry : entries) {
        const TreeEntry before = entry;
        if (entry.name == next && slash < 0) {
            if (entry.mode == modeFolder)
                HUB_CHECK(leave(entry.id));
            else if (entry.mode != modeCommit)
                m_left.insert(entry.id);
            entry.id = {};
        } else if (entry.name == next && entry.mode == modeFolder) {
            HUB_TRY(entry.id, pathTree(entry.id, prefix + next + '/'));
        }
        changed = changed || entry != before;
        if (!entry.id.isNull())
            kept.push_back(std::move(entry));
    }
    HUB_TRY(const ObjectId place, putTree(id, std::move(kept), changed));
    return m_pathTrees[key] = place;
}

// All of a folder that goes.
Result<> PurgeRewriter::leave(const ObjectId &id)
{
    if (!m_left.insert(id).second)
        return {};
    HUB_TRY(const auto entries, readTree(m_store, id));
    for (const TreeEntry &entry : entries) {
        if (entry.mode == modeFolder)
            HUB_CHECK(leave(entry.id));
        else if (entry.mode != modeCommit)
            m_left.insert(entry.id);
    }
    return {};
}

Result<bool> PurgeRewriter::touches(const ObjectId &id)
{
    if (!m_target.text) {
        HUB_TRY(const auto held, findInTree(m_store, id, m_target.path));
        return held.has_value();
    }
    if (const auto known = m_touches.find(id); known != m_touches.end())
        return known->second;
    bool found = m_scan.others.contains(id);
    HUB_TRY(const auto entries, readTree(m_store, id));
    for (const TreeEntry &entry : entries) {
        if (found)
            break;
        if (entry.mode == modeFolder) {
            HUB_TRY(found, touches(entry.id));
        } else {
            found = m_scan.blobs.contains(entry.id) || m_scan.sealed.contains(entry.id);
        }
    }
    return m_touches[id] = found;
}

// Null when it has to go as a whole.
Result<ObjectId> PurgeRewriter::blob(const ObjectId &id)
{
    if (m_scan.sealed.contains(id)) {
        m_left.insert(id);
        return ObjectId();
    }
    if (!m_scan.blobs.contains(id))
        return id;
    if (const auto known = m_blobs.find(id); known != m_blobs.end())
        return known->second;
    HUB_TRY(const RawObject object, m_store.read(id));
    HUB_TRY(const ObjectId place, m_sink.put(ObjectType::Blob, m_target.text->blanked(object.bytes)));
    m_left.insert(id);
    return m_blobs[id] = place;
}

Result<QByteArray> PurgeRewriter::text(QByteArray bytes)
{
    if (m_target.text)
        bytes = m_target.text->blanked(std::move(bytes));
    for (qsizetype at = 0; at + 40 <= bytes.size();) {
        qsizetype end = at;
        while (end < bytes.size() && isHexDigit(bytes[end]))
            ++end;
        if (end - at == 40) {
            const auto id = ObjectId::fromHex(QByteArrayView(bytes).sliced(at, 40));
            if (id && m_known.contains(*id)) {
                HUB_TRY(const ObjectId place, placeOf(*id));
                if (place != *id)
                    bytes.replace(at, 40, place.hex());
            }
        }
        at = end + 1;
    }
    return bytes;
}

Result<ObjectId> PurgeRewriter::textBlob(const ObjectId &id)
{
    if (const auto known = m_textBlobs.find(id); known != m_textBlobs.end())
        return known->second;
    HUB_TRY(const RawObject object, m_store.read(id));
    HUB_TRY(const QByteArray bytes, text(object.bytes));
    ObjectId place = id;
    if (bytes != object.bytes) {
        HUB_TRY(place, m_sink.put(ObjectType::Blob, bytes));
        m_left.insert(id);
    }
    return m_textBlobs[id] = place;
}

Result<ObjectId> PurgeRewriter::texts(const ObjectId &id)
{
    if (id.isNull())
        return id;
    if (const auto known = m_textTrees.find(id); known != m_textTrees.end())
        return known->second;
    HUB_TRY(auto entries, readTree(m_store, id));
    const auto before = entries;
    for (TreeEntry &entry : entries) {
        HUB_TRY(entry.id, entry.mode == modeFolder ? texts(entry.id) : textBlob(entry.id));
        entry.name = name(entry.name);
    }
    HUB_TRY(const ObjectId place, putTree(id, entries, entries != before));
    return m_textTrees[id] = place;
}

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
    std::vector<TreeEntry> kept;
    for (TreeEntry entry : entries) {
        const QByteArray root = decodeName(entry.name);
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
            entry.name = encodeName(name(root));
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
        const QByteArray path = prefix + entry.name;
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

Result<ObjectId> PurgeRewriter::manifest(const ObjectId &id, const Names &names)
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
    const auto clean = [&](auto &map) {
        std::remove_reference_t<decltype(map)> kept;
        for (const auto &[path, value] : map) {
            bool stays = !isErased(path);
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, NotHeldReason>)
                stays = stays || value == NotHeldReason::Purged; // that it was purged before stays known
            if (stays)
                kept[name(path)] = value;
        }
        map = std::move(kept);
    };
    clean(m.modes);
    clean(m.emptyFolders);
    clean(m.notHeld);
    clean(m.inMotion);
    clean(m.blanked);
    std::erase_if(m.indexFlags, [&](const IndexEntry &entry) { return isErased(entry.path); });
    for (IndexEntry &entry : m.indexFlags) {
        if (m_store.has(entry.id) && entry.mode != modeCommit) {
            HUB_TRY(const ObjectId now, blob(entry.id));
            entry.id = now;
        }
        entry.path = name(entry.path);
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
    for (TreeEntry entry : entries) {
        const ObjectId before = entry.id;
        if (entry.name == "files" || entry.name == "ignored" || entry.name == "index") {
            HUB_TRY(entry.id, tree(entry.id, {}));
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
            HUB_TRY(entry.id, manifest(entry.id, names));
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
    for (TreeEntry &one : trees) {
        HUB_TRY(const auto entries, readTree(m_store, one.id));
        std::vector<TreeEntry> kept;
        for (TreeEntry entry : entries) {
            if (entry.name == "index") {
                HUB_TRY(entry.id, tree(entry.id, {}));
                if (entry.id.isNull()) {
                    HUB_TRY(entry.id, m_sink.put(ObjectType::Tree, {}));
                }
            } else if (entry.name == "conflicts") {
                HUB_TRY(entry.id, stages(entry.id));
            } else if (entry.name == "state") {
                HUB_TRY(entry.id, texts(entry.id));
            } else if (entry.name == "manifest") {
                HUB_TRY(entry.id, manifest(entry.id, {}));
            }
            if (!entry.id.isNull())
                kept.push_back(std::move(entry));
        }
        HUB_TRY(one.id, putTree(one.id, kept, kept != entries));
        one.name = name(one.name);
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
