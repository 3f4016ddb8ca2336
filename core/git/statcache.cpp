#include "core/git/statcache.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <zlib.h>

namespace hub::git
{

namespace
{

struct Header {
    char magic[16] = {'a', 'g', 'e', 'n', 't', 'h', 'u', 'b', '-', 's', 't', 'a', 't', ' ', '2', '\n'};
    CacheFacts facts;
    quint32 layout =
        quint32(sizeof(CachedNode) << 16 | sizeof(CachedFolder)); // another build may lay them out otherwise
    quint32 folders = 0, nodes = 0, names = 0;
    quint32 sumOfRest = 0, sumOfHeader = 0; // the latter over the header with itself as zero
};

quint32 sum(const void *data, size_t size, quint32 start = 0)
{
    return quint32(::crc32_z(start, static_cast<const Bytef *>(data), size));
}

QByteArray freshName(const QByteArray &path) { return path + ".new"; }

} // namespace

FileStamp stampOf(const struct stat &info)
{
    return {qint64(info.st_mtim.tv_sec) * 1000000000 + info.st_mtim.tv_nsec,
            qint64(info.st_ctim.tv_sec) * 1000000000 + info.st_ctim.tv_nsec,
            quint64(info.st_ino),
            S_ISDIR(info.st_mode) ? 0 : quint64(info.st_size),
            quint32(info.st_dev),
            quint32(info.st_mode)};
}

StatCache::~StatCache()
{
    if (m_map)
        ::munmap(m_map, m_size);
}

StatCache::StatCache(StatCache &&other) noexcept { *this = std::move(other); }

StatCache &StatCache::operator=(StatCache &&other) noexcept
{
    std::swap(m_map, other.m_map);
    std::swap(m_size, other.m_size);
    std::swap(m_facts, other.m_facts);
    std::swap(m_folders, other.m_folders);
    std::swap(m_nodes, other.m_nodes);
    std::swap(m_names, other.m_names);
    return *this;
}

StatCache StatCache::load(const QByteArray &path)
{
    StatCache cache;
    const FileHandle file(::open(path.constData(), O_RDONLY | O_CLOEXEC));
    struct stat info;
    if (!file.isOpen() || ::fstat(file.fd(), &info) != 0 || size_t(info.st_size) < sizeof(Header))
        return cache;
    void *map = ::mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, file.fd(), 0);
    if (map == MAP_FAILED)
        return cache;
    cache.m_map = map;
    cache.m_size = size_t(info.st_size);
    Header header;
    std::memcpy(&header, map, sizeof header);
    Header blank = header;
    blank.sumOfHeader = 0;
    const size_t rest = cache.m_size - sizeof header;
    const Header expected;
    if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 || header.layout != expected.layout ||
        sum(&blank, sizeof blank) != header.sumOfHeader ||
        rest !=
            size_t(header.folders) * sizeof(CachedFolder) + size_t(header.nodes) * sizeof(CachedNode) + header.names)
        return StatCache();
    const char *at = static_cast<const char *>(map) + sizeof header;
    if (sum(at, rest) != header.sumOfRest)
        return StatCache();
    cache.m_facts = header.facts;
    cache.m_folders = {reinterpret_cast<const CachedFolder *>(at), header.folders};
    at += size_t(header.folders) * sizeof(CachedFolder);
    cache.m_nodes = {reinterpret_cast<const CachedNode *>(at), header.nodes};
    cache.m_names = at + size_t(header.nodes) * sizeof(CachedNode);
    return cache;
}

Result<> StatCacheWriter::write(const QByteArray &path, const CacheFacts &facts) const
{
    Header header;
    header.facts = facts;
    header.folders = quint32(folders.size());
    header.nodes = quint32(nodes.size());
    header.names = quint32(names.size());
    const std::pair<const void *, size_t> parts[] = {{folders.data(), folders.size() * sizeof(CachedFolder)},
                                                     {nodes.data(), nodes.size() * sizeof(CachedNode)},
                                                     {names.data(), names.size()}};
    for (const auto &[data, size] : parts)
        header.sumOfRest = sum(data, size, header.sumOfRest);
    header.sumOfHeader = sum(&header, sizeof header);
    HUB_CHECK(makeFolders(path.first(path.lastIndexOf('/'))));
    const QByteArray fresh = freshName(path);
    HUB_TRY(const FileHandle file, openFile(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    HUB_CHECK(
        writeAll(file.fd(), QByteArray::fromRawData(reinterpret_cast<const char *>(&header), sizeof header), fresh));
    for (const auto &[data, size] : parts)
        HUB_CHECK(
            writeAll(file.fd(), QByteArray::fromRawData(static_cast<const char *>(data), qsizetype(size)), fresh));
    return {};
}

Result<> StatCacheWriter::rename(const QByteArray &path)
{
    if (::rename(freshName(path).constData(), path.constData()) != 0)
        return systemError(errno, u"replace", path);
    return {};
}

void StatCacheWriter::discard(const QByteArray &path) { ::unlink(freshName(path).constData()); }

} // namespace hub::git
