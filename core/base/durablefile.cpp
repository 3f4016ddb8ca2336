#include "core/base/durablefile.h"

#include "core/base/diskroom.h"

#include <QFile>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

QByteArray parentOf(const QByteArray &path)
{
    const qsizetype slash = path.lastIndexOf('/');
    if (slash < 0)
        return ".";
    return slash == 0 ? QByteArray("/") : path.first(slash);
}

} // namespace

FileHandle::~FileHandle()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

Error systemError(int number, QStringView doing, const QByteArray &path)
{
    const bool full = number == ENOSPC || number == EDQUOT;
    return fail(
        full ? ErrorCode::DiskFull : ErrorCode::Storage,
        u"cannot %1 %2: %3"_s.arg(doing, QFile::decodeName(path), QString::fromLocal8Bit(std::strerror(number))),
        full ? u"Make room on that disk; agenthubctl doctor shows what uses it."_s : QString());
}

Result<FileHandle> openFile(const QByteArray &path, int flags, unsigned mode)
{
    const int fd = ::open(path.constData(), flags | O_CLOEXEC, mode);
    if (fd < 0) {
        Error error = systemError(errno, u"open", path);
        if (errno == ENOENT)
            error.code = ErrorCode::NotFound;
        return error;
    }
    return FileHandle(fd);
}

Result<> writeAll(int fd, const QByteArray &bytes, const QByteArray &pathForErrors)
{
    const char *data = bytes.constData();
    size_t left = size_t(bytes.size());
    while (left > 0) {
        const ssize_t written = ::write(fd, data, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return systemError(errno, u"write", pathForErrors);
        data += written;
        left -= size_t(written);
    }
    return {};
}

Result<> syncFile(int fd, const QByteArray &pathForErrors)
{
    if (::fsync(fd) != 0)
        return systemError(errno, u"sync", pathForErrors);
    return {};
}

Result<> syncFolder(const QByteArray &folder)
{
    HUB_TRY(const FileHandle handle, openFile(folder, O_RDONLY | O_DIRECTORY));
    return syncFile(handle.fd(), folder);
}

Result<> makeFolders(const QByteArray &folder)
{
    struct stat info;
    if (::stat(folder.constData(), &info) == 0) {
        if (!S_ISDIR(info.st_mode))
            return systemError(ENOTDIR, u"make folder", folder);
        return {};
    }
    const QByteArray parent = parentOf(folder);
    HUB_CHECK(makeFolders(parent));
    if (::mkdir(folder.constData(), 0700) != 0 && errno != EEXIST)
        return systemError(errno, u"make folder", folder);
    return syncFolder(parent);
}

Result<> writeFileDurably(const QByteArray &path, const QByteArray &bytes, unsigned mode)
{
    const QByteArray folder = parentOf(path);
    HUB_CHECK(makeFolders(folder));
    const QByteArray temporary = path + ".new";
    ::unlink(temporary.constData()); // left by a crash: nobody else writes this name
    HUB_TRY(const FileHandle handle, openFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    auto written = writeAll(handle.fd(), bytes, temporary);
    if (written)
        written = syncFile(handle.fd(), temporary);
    if (written && ::rename(temporary.constData(), path.constData()) != 0)
        written = systemError(errno, u"replace", path);
    if (!written) {
        ::unlink(temporary.constData());
        return written;
    }
    return syncFolder(folder);
}

Result<QByteArray> readFile(const QByteArray &path)
{
    HUB_TRY(const FileHandle handle, openFile(path, O_RDONLY));
    struct stat info;
    QByteArray bytes;
    if (::fstat(handle.fd(), &info) == 0 && info.st_size > 0)
        bytes.reserve(info.st_size);
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(handle.fd(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError(errno, u"read", path);
        if (got == 0)
            return bytes;
        bytes.append(buffer, got);
    }
}

Result<> removeTree(const QByteArray &path)
{
    QByteArray root = path;
    char *roots[] = {root.data(), nullptr};
    FTS *walk = ::fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr);
    if (!walk)
        return systemError(errno, u"remove", path);
    Result<> result;
    while (FTSENT *entry = ::fts_read(walk)) {
        int failed = 0;
        switch (entry->fts_info) {
        case FTS_D: break;
        case FTS_DP: failed = ::rmdir(entry->fts_accpath); break;
        case FTS_ERR:
        case FTS_DNR:
        case FTS_NS:
            if (entry->fts_errno != ENOENT)
                result = systemError(entry->fts_errno, u"remove", entry->fts_path);
            break;
        default: failed = ::unlink(entry->fts_accpath);
        }
        if (failed != 0 && errno != ENOENT)
            result = systemError(errno, u"remove", entry->fts_path);
    }
    ::fts_close(walk);
    return result;
}

Result<qint64> freeSpace(const QByteArray &path)
{
    HUB_TRY(const DiskRoom room, roomOf(path));
    return room.free;
}

} // namespace hub
