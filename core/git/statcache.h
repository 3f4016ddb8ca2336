// What the last snapshot of a working tree saw, as one packed file that is mapped while a scan runs and not held in
// memory otherwise. A damaged, foreign or older file is as good as none: nothing is ever believed without its checksum.
#pragma once

#include "core/base/durablefile.h"
#include "core/base/result.h"
#include "core/git/objectid.h"

#include <QByteArray>

#include <array>
#include <span>
#include <string_view>
#include <vector>

struct stat;

namespace hub::git
{

struct FileStamp {
    qint64 mtimeNs = 0, ctimeNs = 0;
    quint64 inode = 0, size = 0;
    quint32 device = 0, mode = 0; // mode with the file type
    friend bool operator==(const FileStamp &, const FileStamp &) = default;
};
FileStamp stampOf(const struct stat &info);

enum class NodeKind : quint8 { File, Link, Folder, TooBig, Special, Unreadable, Gone };
namespace NodeFlag
{
inline constexpr quint8 policy = 1;        // ignored, held by policy
inline constexpr quint8 rulesOnly = 2;     // an ignored .gitignore: not held, but its content decides
inline constexpr quint8 insideIgnored = 4; // a folder that is ignored but has tracked files
inline constexpr quint8 inMotion = 8;      // changed while it was read
} // namespace NodeFlag
namespace FolderFlag
{
inline constexpr quint8 hasIgnored = 1; // left something out: tracked files may come to light when the index changes
inline constexpr quint8 nested = 2;     // root of a nested repository
} // namespace FolderFlag

struct CachedNode {
    FileStamp stamp;
    ObjectId id;  // null for folders and what is not held
    quint32 name; // offset into the names
    quint16 nameSize;
    NodeKind kind;
    quint8 flags;
    quint32 folder; // number of the folder, for folders
};
struct CachedFolder {
    FileStamp stamp;
    quint64 rulesKey;
    ObjectId tree; // of what is held below; null when nothing is
    quint32 firstNode, nodes;
    quint32 flags;
};

// What is stored besides the files.
struct CacheFacts {
    quint64 scannedAtNs = 0; // the kernel's coarse clock when the scan began: what is not older may have changed since
    ObjectId commit;         // the snapshot; null when none was made
    std::array<char, 20> indexChecksum{};
    std::array<char, 16> vault{}; // id of the vault that has the objects
    quint64 treeDevice = 0, treeInode = 0;
    quint64 optionsKey = 0;       // limits and patterns in force
    quint32 readIgnoredAgain = 0; // the scan let in files that are ignored otherwise
    quint32 unused = 0;
};

class StatCache
{
public:
    StatCache() = default; // an empty cache
    ~StatCache();
    StatCache(StatCache &&other) noexcept;
    StatCache &operator=(StatCache &&other) noexcept;

    // Never fails: what can't be used is an empty cache.
    static StatCache load(const QByteArray &path);

    bool isEmpty() const { return m_folders.empty(); }
    const CacheFacts &facts() const { return m_facts; }
    std::span<const CachedFolder> folders() const { return m_folders; }
    std::span<const CachedNode> nodesOf(quint32 folder) const
    {
        return m_nodes.subspan(m_folders[folder].firstNode, m_folders[folder].nodes);
    }
    std::string_view nameOf(const CachedNode &node) const { return {m_names + node.name, node.nameSize}; }

private:
    void *m_map = nullptr;
    size_t m_size = 0;
    CacheFacts m_facts;
    std::span<const CachedFolder> m_folders;
    std::span<const CachedNode> m_nodes;
    const char *m_names = nullptr;
};

// Collects the parts of a new cache file and writes it beside the old one; rename() puts it in force. Not synced: after
// a power cut the checksum tells.
class StatCacheWriter
{
public:
    std::vector<CachedFolder> folders;
    std::vector<CachedNode> nodes;
    std::vector<char> names;

    Result<> write(const QByteArray &path, const CacheFacts &facts) const;
    static Result<> rename(const QByteArray &path);
    static void discard(const QByteArray &path);
};

} // namespace hub::git
