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

std::vector<QByteArray> PurgeRewriter::namesIn(const ObjectId &tree, const std::vector<QByteArray> &names)
{
    std::set<QByteArray> taken;
    for (const QByteArray &old : names) {
        if (name(old) == old)
            taken.insert(old);
    }
    std::vector<QByteArray> now;
    for (const QByteArray &old : names) {
        const QByteArray blanked = name(old);
        now.push_back(blanked);
        for (int n = 2; blanked != old && !taken.insert(now.back()).second; ++n)
            now.back() = m_numbered[tree][old] = blanked + '-' + QByteArray::number(n);
    }
    return now;
}

QByteArray PurgeRewriter::nameIn(const ObjectId &tree, const QByteArray &old) const
{
    const auto numbered = m_numbered.find(tree);
    if (numbered == m_numbered.end() || !numbered->second.contains(old))
        return name(old);
    return numbered->second.at(old);
}

// Where what lies at a path of the old trees lies in the new ones.
Result<QByteArray> PurgeRewriter::pathIn(const QList<ObjectId> &trees, const QByteArray &path) const
{
    for (ObjectId tree : trees) {
        QByteArrayList parts;
        for (const QByteArray &part : m_numbered.empty() ? QByteArrayList() : path.split('/')) {
            parts << nameIn(tree, part);
            std::optional<Held> held;
            if (!tree.isNull()) {
                HUB_TRY(held, findInTree(m_store, tree, part));
            }
            tree = held && held->mode == modeFolder ? held->id : ObjectId();
        }
        // The text may go across a slash.
        if (const QByteArray now = name(parts.join('/')); !parts.isEmpty() && now != name(path))
            return now;
    }
    return name(path);
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
    const auto names = namesIn(id, namesOf(entries));
    std::vector<TreeEntry> kept;
    bool changed = false;
    for (size_t i = 0; i < entries.size(); ++i) {
        TreeEntry entry = entries[i];
        if (entry.mode == modeFolder) {
            HUB_TRY(entry.id, textTree(entry.id));
        } else if (entry.mode != modeCommit) {
            HUB_TRY(entry.id, blob(entry.id));
        }
        entry.name = names[i];
        changed = changed || entry != entries[i];
        if (!entry.id.isNull())
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
    const auto names = namesIn(id, namesOf(entries));
    for (size_t i = 0; i < entries.size(); ++i) {
        TreeEntry &entry = entries[i];
        HUB_TRY(entry.id, entry.mode == modeFolder ? texts(entry.id) : textBlob(entry.id));
        entry.name = names[i];
    }
    HUB_TRY(const ObjectId place, putTree(id, entries, entries != before));
    return m_textTrees[id] = place;
}

} // namespace hub::git
