#include "core/git/treebuild.h"

#include "core/git/treefile.h"

#include <algorithm>
#include <sys/stat.h>

namespace hub::git
{

namespace
{

constexpr quint32 permissions = 07777;

bool held(const ScanNode &node)
{
    return (node.kind == NodeKind::File || node.kind == NodeKind::Link) && !(node.flags & NodeFlag::rulesOnly) &&
           !node.id.isNull();
}

bool present(const ScanNode &node)
{
    return node.kind == NodeKind::Folder ? !node.folder->vanished : node.kind != NodeKind::Gone;
}

QByteArray rootName(const QByteArray &path) { return encodeName(path).replace('/', "%2F"); }

quint32 gitMode(const ScanNode &node)
{
    return node.kind == NodeKind::Link ? modeLink : node.stamp.mode & 0100 ? modeExecutable : modeFile;
}

quint32 commonest(const std::vector<quint32> &counts, quint32 standard)
{
    const auto most = std::max_element(counts.begin(), counts.end());
    return *most == 0 || counts[standard] == *most ? standard : quint32(most - counts.begin());
}

} // namespace

void TreeBuild::countModes(const ScanFolder &folder, std::vector<quint32> &files, std::vector<quint32> &executables,
                           std::vector<quint32> &folders) const
{
    for (const ScanNode &node : folder.nodes) {
        if (node.kind == NodeKind::Folder) {
            if (!present(node))
                continue;
            ++folders[node.folder->stamp.mode & permissions];
            countModes(*node.folder, files, executables, folders);
        } else if (held(node) && node.kind == NodeKind::File) {
            ++(node.stamp.mode & 0100 ? executables : files)[node.stamp.mode & permissions];
        }
    }
}

// With a umask of 002 every mode differs from git's: only what differs from most is worth a line.
void TreeBuild::chooseModes()
{
    std::vector<quint32> files(permissions + 1), executables(permissions + 1), folders(permissions + 1);
    countModes(m_root, files, executables, folders);
    m_manifest.fileMode = commonest(files, 0644);
    m_manifest.executableMode = commonest(executables, 0755);
    m_manifest.folderMode = commonest(folders, 0755);
}

Result<BuiltTrees> TreeBuild::run()
{
    chooseModes();
    HUB_CHECK(build(m_root, {}));
    m_built.files = m_root.tree;
    if (m_built.files.isNull()) {
        HUB_TRY(m_built.files, m_sink.put(ObjectType::Tree, {}));
    }
    if (!m_policy.empty()) {
        std::sort(m_policy.begin(), m_policy.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        HUB_TRY(m_built.ignored, buildTree(m_policy, m_sink));
    }
    if (!m_nested.empty()) {
        HUB_TRY(m_built.nested, m_sink.put(ObjectType::Tree, treeBytes(m_nested)));
    }
    return m_built;
}

bool TreeBuild::sameAsCached(const ScanFolder &folder) const
{
    if (folder.cached == ~0u)
        return false;
    const CachedFolder &cached = m_cache.folders()[folder.cached];
    if (cached.nodes != folder.nodes.size() ||
        (cached.flags & FolderFlag::nested) != (folder.flags & FolderFlag::nested))
        return false;
    const auto known = m_cache.nodesOf(folder.cached);
    for (size_t i = 0; i < folder.nodes.size(); ++i) {
        const ScanNode &node = folder.nodes[i];
        const CachedNode &before = known[i];
        if (node.kind == NodeKind::Folder) {
            if (before.kind != NodeKind::Folder || node.folder->cached != before.folder || !present(node) ||
                node.folder->tree != m_cache.folders()[before.folder].tree ||
                ((node.folder->flags ^ m_cache.folders()[before.folder].flags) & FolderFlag::nested))
                return false;
        } else if (node.changed &&
                   (m_cache.nameOf(before) != node.nameView() || before.kind != node.kind || before.id != node.id ||
                    before.flags != node.flags || ((before.stamp.mode ^ node.stamp.mode) & 0100))) {
            return false;
        }
        if (folder.changed && m_cache.nameOf(before) != node.nameView())
            return false;
    }
    return true;
}

void TreeBuild::note(const ScanFolder &folder, const QByteArray &path, bool anythingHeld)
{
    bool hasFolder = false;
    for (const ScanNode &node : folder.nodes) {
        const auto full = [&] { return joinPath(path, QByteArray(node.name, node.nameSize)); };
        if (node.flags & NodeFlag::rulesOnly)
            continue;
        m_manifest.attributes = m_manifest.attributes || node.nameView() == ".gitattributes";
        if (node.flags & NodeFlag::inMotion)
            m_manifest.inMotion[full()] = true;
        switch (node.kind) {
        case NodeKind::Folder:
            if (!present(node))
                break;
            hasFolder = true;
            if (node.folder->unreadable)
                m_manifest.notHeld[full()] = NotHeldReason::Unreadable;
            if ((node.folder->stamp.mode & permissions) != m_manifest.folderMode && !node.folder->unreadable)
                m_manifest.modes[full()] = node.folder->stamp.mode & permissions;
            break;
        case NodeKind::File:
            if ((node.stamp.mode & permissions) !=
                (node.stamp.mode & 0100 ? m_manifest.executableMode : m_manifest.fileMode))
                m_manifest.modes[full()] = node.stamp.mode & permissions;
            break;
        case NodeKind::TooBig: m_manifest.notHeld[full()] = NotHeldReason::TooBig; break;
        case NodeKind::Special: m_manifest.notHeld[full()] = NotHeldReason::Special; break;
        case NodeKind::Unreadable: m_manifest.notHeld[full()] = NotHeldReason::Unreadable; break;
        case NodeKind::Link:
        case NodeKind::Gone: break;
        }
    }
    if (!anythingHeld && !hasFolder && !folder.unreadable && folder.parent && !(folder.flags & FolderFlag::nested))
        m_manifest.emptyFolders[path] = true;
}

Result<> TreeBuild::build(ScanFolder &folder, const QByteArray &path)
{
    bool anythingHeld = false;
    for (ScanNode &node : folder.nodes) {
        m_built.cacheOutdated = m_built.cacheOutdated || node.changed;
        if (node.kind == NodeKind::Folder && present(node))
            HUB_CHECK(build(*node.folder, joinPath(path, QByteArray(node.name, node.nameSize))));
        if (node.kind != NodeKind::Folder && held(node)) {
            anythingHeld = true;
            ++m_built.fileCount;
            if (node.flags & NodeFlag::policy)
                m_policy.emplace_back(joinPath(path, QByteArray(node.name, node.nameSize)),
                                      Held{node.id, gitMode(node)});
        }
    }
    m_built.cacheOutdated = m_built.cacheOutdated || folder.changed || folder.cached == ~0u;
    note(folder, path, anythingHeld);
    // Git refuses trees with a `.git` in them, so it stands beside: as a root of its own, or as the link that it is.
    const auto isStore = [&](const ScanNode &node) {
        return (folder.flags & FolderFlag::nested) && node.nameView() == ".git";
    };
    for (const ScanNode &node : folder.nodes) {
        if (isStore(node) && node.kind != NodeKind::Folder && held(node))
            m_nested.push_back({rootName(joinPath(path, ".git")), gitMode(node), node.id});
    }
    if (sameAsCached(folder)) {
        folder.tree = m_cache.folders()[folder.cached].tree;
    } else {
        std::vector<TreeEntry> entries;
        for (const ScanNode &node : folder.nodes) {
            const QByteArray name = QByteArray::fromRawData(node.name, node.nameSize);
            if (node.kind == NodeKind::Folder) {
                if (present(node) && !(node.folder->flags & FolderFlag::nested) && !node.folder->tree.isNull())
                    entries.push_back({name, modeFolder, node.folder->tree});
            } else if (held(node) && !(node.flags & NodeFlag::policy) && !isStore(node)) {
                entries.push_back({name, gitMode(node), node.id});
            }
        }
        folder.tree = {};
        if (!entries.empty()) {
            HUB_TRY(folder.tree, m_sink.put(ObjectType::Tree, treeBytes(entries)));
        }
    }
    if (folder.flags & FolderFlag::nested) {
        ObjectId tree = folder.tree;
        if (tree.isNull()) {
            HUB_TRY(tree, m_sink.put(ObjectType::Tree, {}));
        }
        m_nested.push_back({rootName(path), modeFolder, tree});
    }
    return {};
}

void TreeBuild::measure(const ScanFolder &folder, size_t &nodes, size_t &names)
{
    nodes += folder.nodes.size();
    for (const ScanNode &node : folder.nodes) {
        names += node.nameSize;
        if (node.folder)
            measure(*node.folder, nodes, names);
    }
}

StatCacheWriter TreeBuild::cacheContent() const
{
    StatCacheWriter writer;
    // Folders in the order in which their numbers are given out; the nodes of one folder are neighbours.
    std::vector<const ScanFolder *> queue{&m_root};
    // Exact sizes: growing by doubling would need the memory twice.
    size_t nodes = 0, names = 0;
    measure(m_root, nodes, names);
    writer.nodes.reserve(nodes);
    writer.names.reserve(names);
    for (size_t i = 0; i < queue.size(); ++i) {
        const ScanFolder &folder = *queue[i];
        const auto first = quint32(writer.nodes.size());
        for (const ScanNode &node : folder.nodes) {
            if (!present(node) || (node.kind == NodeKind::Folder && node.folder->unreadable))
                continue;
            CachedNode cached{node.stamp, node.id, quint32(writer.names.size()), node.nameSize, node.kind,
                              node.flags, 0};
            writer.names.insert(writer.names.end(), node.name, node.name + node.nameSize);
            if (node.kind == NodeKind::Folder) {
                cached.folder = quint32(queue.size());
                queue.push_back(node.folder);
            }
            writer.nodes.push_back(cached);
        }
        FileStamp stamp = folder.stamp;
        // What could not be read must be looked at again: a stamp that never matches.
        if (writer.nodes.size() - first != folder.nodes.size())
            stamp.inode = 0;
        writer.folders.push_back(
            {stamp, folder.rulesKey, folder.tree, first, quint32(writer.nodes.size()) - first, folder.flags});
    }
    return writer;
}

} // namespace hub::git
