#include "core/base/reserve.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr qint64 statBlock = 512; // of st_blocks, on every file system

qint64 bytesTaken(const struct stat &info) { return std::min<qint64>(info.st_size, info.st_blocks * statBlock); }

// Where blocks can't be had without bytes, or zeros take none: bytes that no file system can make smaller.
Result<> writeNoise(int fd, qint64 from, qint64 size, const QByteArray &path)
{
    if (::lseek(fd, from, SEEK_SET) != from)
        return systemError(errno, u"write", path);
    std::mt19937_64 random(std::random_device{}());
    QByteArray chunk(256 * 1024, Qt::Uninitialized);
    for (qint64 left = size - from; left > 0; left -= chunk.size()) {
        chunk.resize(std::min<qint64>(left, chunk.size()));
        for (qsizetype at = 0; at < chunk.size(); at += 8) {
            const quint64 number = random();
            std::memcpy(chunk.data() + at, &number, size_t(std::min<qsizetype>(8, chunk.size() - at)));
        }
        HUB_CHECK(writeAll(fd, chunk, path));
    }
    return {};
}

Result<> takeBlocks(int fd, qint64 from, qint64 size, const QByteArray &path)
{
    // Asked first: the file system would find out by giving all that it has, and others would be without meanwhile.
    const auto room = roomOf(path);
    if (room && room->size > 0 && room->free < size - from)
        return systemError(ENOSPC, u"write", path);
    // Not posix_fallocate: where the file system can't, that writes zeros.
    if (::fallocate(fd, 0, 0, size) != 0) {
        if (errno != EOPNOTSUPP && errno != ENOSYS)
            return systemError(errno, u"write", path);
        HUB_CHECK(writeNoise(fd, from, size, path));
    }
    HUB_CHECK(syncFile(fd, path));
    struct stat info;
    if (::fstat(fd, &info) != 0)
        return systemError(errno, u"read", path);
    if (bytesTaken(info) < size / 10 * 9) { // it compresses, or promised only
        HUB_CHECK(writeNoise(fd, 0, size, path));
        return syncFile(fd, path);
    }
    return {};
}

} // namespace

Reserve::Reserve(const QByteArray &folder, qint64 size)
    : m_path(folder + "/reserve")
    , m_size(size)
{
}

qint64 Reserve::taken() const
{
    struct stat info;
    return ::lstat(m_path.constData(), &info) == 0 && S_ISREG(info.st_mode) ? qint64(info.st_size) : 0;
}

Result<> Reserve::make(qint64 beyond)
{
    const std::lock_guard lock(m_mutex);
    const QByteArray folder = m_path.first(m_path.lastIndexOf('/'));
    const qint64 before = taken(), wanted = m_size, tried = wanted + beyond;
    if (tried > 0) {
        HUB_TRY(const FileHandle file, openFile(m_path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
        auto made = before < tried ? takeBlocks(file.fd(), before, tried, m_path) : Result<>();
        if (::ftruncate(file.fd(), made ? wanted : before) != 0 && made)
            made = systemError(errno, u"shorten", m_path);
        if (made)
            made = syncFile(file.fd(), m_path);
        if (!made)
            return made;
    }
    if (wanted > 0)
        return syncFolder(folder);
    if (::unlink(m_path.constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"remove", m_path);
    return {};
}

Result<bool> Reserve::giveUp(Last last)
{
    const std::lock_guard lock(m_mutex);
    const qint64 before = taken(), wanted = m_size;
    const qint64 piece = wanted > 0 ? (wanted + pieces - 1) / pieces : before;
    if (before == 0 || (last == Last::Keep && before <= piece))
        return false;
    HUB_TRY(const FileHandle file, openFile(m_path, O_RDWR | O_NOFOLLOW));
    if (::ftruncate(file.fd(), std::max<qint64>(before - piece, 0)) != 0)
        return systemError(errno, u"shorten", m_path);
    // Journaling file systems hand the blocks out again only when that is on disk.
    HUB_CHECK(syncFile(file.fd(), m_path));
    return true;
}

} // namespace hub
