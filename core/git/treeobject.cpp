#include "core/git/treeobject.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Git sorts folders as if their names ended with a slash.
bool gitLess(const TreeEntry &a, const TreeEntry &b)
{
    const qsizetype common = std::min(a.name.size(), b.name.size());
    if (const int order = std::memcmp(a.name.constData(), b.name.constData(), size_t(common)))
        return order < 0;
    const auto next = [&](const TreeEntry &e) {
        return e.name.size() > common ? static_cast<unsigned char>(e.name[common]) : e.mode == modeFolder ? '/' : 0;
    };
    return next(a) < next(b);
}

using PathIterator = FlatTree::const_iterator;

Result<ObjectId> buildLevel(PathIterator &at, PathIterator end, const QByteArray &prefix, ObjectSink &sink)
{
    std::vector<TreeEntry> entries;
    while (at != end && at->first.startsWith(prefix)) {
        const qsizetype slash = at->first.indexOf('/', prefix.size());
        if (slash < 0) {
            entries.push_back({at->first.mid(prefix.size()), at->second.mode, at->second.id});
            ++at;
            continue;
        }
        const QByteArray below = at->first.first(slash + 1);
        HUB_TRY(const ObjectId tree, buildLevel(at, end, below, sink));
        const QByteArray name = below.mid(prefix.size()).chopped(1);
        entries.push_back({name, modeFolder, tree});
    }
    return sink.put(ObjectType::Tree, treeBytes(entries));
}

} // namespace

Result<std::vector<TreeEntry>> readTree(const ObjectSource &source, const ObjectId &id)
{
    std::vector<TreeEntry> entries;
    if (id.isNull())
        return entries;
    HUB_TRY(const RawObject object, source.read(id));
    const auto damaged = [&] {
        return fail(ErrorCode::Corrupt, u"The tree %1 is damaged."_s.arg(QString::fromLatin1(id.hex())));
    };
    if (object.type != ObjectType::Tree)
        return damaged();
    const QByteArray &bytes = object.bytes;
    qsizetype at = 0;
    while (at < bytes.size()) {
        const qsizetype space = bytes.indexOf(' ', at);
        const qsizetype zero = space < 0 ? -1 : bytes.indexOf('\0', space);
        if (zero < 0 || zero + 21 > bytes.size())
            return damaged();
        entries.push_back({bytes.mid(space + 1, zero - space - 1), bytes.mid(at, space - at).toUInt(nullptr, 8),
                           ObjectId::fromRaw(bytes.constData() + zero + 1)});
        at = zero + 21;
    }
    return entries;
}

QByteArray treeBytes(std::vector<TreeEntry> &entries)
{
    std::sort(entries.begin(), entries.end(), gitLess);
    QByteArray bytes;
    bytes.reserve(qsizetype(entries.size()) * 48);
    for (const TreeEntry &entry : entries) {
        bytes += QByteArray::number(entry.mode, 8);
        bytes += ' ';
        bytes += entry.name;
        bytes += '\0';
        bytes.append(reinterpret_cast<const char *>(entry.id.bytes.data()), 20);
    }
    return bytes;
}

// The order by bytes puts "a.b" between "a" and "a/b", so the paths of one folder need not be neighbours of its files,
// but they are neighbours of each other, which is all that buildLevel needs.
Result<ObjectId> buildTree(const FlatTree &paths, ObjectSink &sink)
{
    PathIterator at = paths.begin();
    return buildLevel(at, paths.end(), {}, sink);
}

Result<std::optional<Held>> findInTree(const ObjectSource &source, const ObjectId &tree, const QByteArray &path)
{
    ObjectId here = tree;
    const QList<QByteArray> names = path.split('/');
    for (qsizetype i = 0; i < names.size(); ++i) {
        HUB_TRY(const auto entries, readTree(source, here));
        const auto at =
            std::find_if(entries.begin(), entries.end(), [&](const TreeEntry &e) { return e.name == names[i]; });
        if (at == entries.end())
            return std::optional<Held>();
        if (i == names.size() - 1)
            return std::optional(Held{at->id, at->mode});
        if (at->mode != modeFolder)
            return std::optional<Held>();
        here = at->id;
    }
    return std::optional<Held>();
}

Result<std::map<QByteArray, Held>> flattenTree(const ObjectSource &source, const ObjectId &tree,
                                               const QByteArray &prefix)
{
    std::map<QByteArray, Held> paths;
    HUB_CHECK(compareTrees(
        source, {}, tree, prefix,
        [&](const QByteArray &path, const auto &, const std::optional<Held> &after) { paths[path] = *after; }));
    return paths;
}

Result<> compareTrees(const ObjectSource &source, const ObjectId &before, const ObjectId &after,
                      const QByteArray &prefix, const TreeDifference &differ)
{
    if (before == after)
        return {};
    HUB_TRY(const auto oldEntries, readTree(source, before));
    HUB_TRY(const auto newEntries, readTree(source, after));
    struct Pair {
        const TreeEntry *before = nullptr;
        const TreeEntry *after = nullptr;
    };
    std::map<QByteArray, Pair> names;
    for (const TreeEntry &entry : oldEntries)
        names[entry.name].before = &entry;
    for (const TreeEntry &entry : newEntries)
        names[entry.name].after = &entry;
    for (const auto &[name, pair] : names) {
        if (pair.before && pair.after && *pair.before == *pair.after)
            continue;
        const QByteArray path = prefix + name;
        const auto folder = [](const TreeEntry *e) { return e && e->mode == modeFolder; };
        const auto content = [&](const TreeEntry *e) {
            return e && !folder(e) ? std::optional(Held{e->id, e->mode}) : std::optional<Held>();
        };
        if (content(pair.before) || content(pair.after))
            differ(path, content(pair.before), content(pair.after));
        if (folder(pair.before) || folder(pair.after))
            HUB_CHECK(compareTrees(source, folder(pair.before) ? pair.before->id : ObjectId(),
                                   folder(pair.after) ? pair.after->id : ObjectId(), path + '/', differ));
    }
    return {};
}

Result<CommitObject> readCommit(const ObjectSource &source, const ObjectId &id)
{
    HUB_TRY(const RawObject object, source.read(id));
    CommitObject commit;
    bool hasTree = false;
    qsizetype at = 0;
    while (object.type == ObjectType::Commit && at < object.bytes.size()) {
        const qsizetype end = object.bytes.indexOf('\n', at);
        const QByteArray line = object.bytes.mid(at, end < 0 ? -1 : end - at);
        if (line.isEmpty() || end < 0) {
            commit.message = end < 0 ? QByteArray() : object.bytes.mid(end + 1);
            break;
        }
        if (line.startsWith("tree ")) {
            const auto tree = ObjectId::fromHex(line.mid(5));
            hasTree = tree.has_value();
            commit.tree = tree.value_or(ObjectId());
        } else if (line.startsWith("parent ")) {
            if (const auto parent = ObjectId::fromHex(line.mid(7)))
                commit.parents << *parent;
        }
        at = end + 1;
    }
    if (!hasTree)
        return fail(ErrorCode::Corrupt, u"%1 is not a commit."_s.arg(QString::fromLatin1(id.hex())));
    return commit;
}

} // namespace hub::git
