// Files that must survive a power cut. Paths are raw bytes, as the kernel has them. All calls block: worker and hub
// thread only. Every error carries the path and the system's reason; ENOSPC and EDQUOT become ErrorCode::DiskFull.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

#include <utility>

namespace hub
{

// The owner of a file descriptor.
class FileHandle
{
public:
    FileHandle() = default;
    explicit FileHandle(int fd)
        : m_fd(fd)
    {
    }
    FileHandle(FileHandle &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    FileHandle &operator=(FileHandle &&other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~FileHandle();

    bool isOpen() const { return m_fd >= 0; }
    int fd() const { return m_fd; }
    int release() { return std::exchange(m_fd, -1); }

private:
    int m_fd = -1;
};

// "cannot write /a/b: No space left on device"; errno is taken from `number`.
Error systemError(int number, QStringView doing, const QByteArray &path);

Result<FileHandle> openFile(const QByteArray &path, int flags, unsigned mode = 0600);
Result<> writeAll(int fd, const QByteArray &bytes, const QByteArray &pathForErrors);
Result<> syncFile(int fd, const QByteArray &pathForErrors);
Result<> syncFolder(const QByteArray &folder);

// Creates the folder and missing parents with mode 0700, each made durable in its parent.
Result<> makeFolders(const QByteArray &folder);

// Replaces the file as a whole: temporary file beside it, sync, rename, folder sync. Missing folders are made.
Result<> writeFileDurably(const QByteArray &path, const QByteArray &bytes, unsigned mode = 0600);

// The whole content; NotFound when there is no such file.
Result<QByteArray> readFile(const QByteArray &path);

// Removes a file or a whole folder below `path`; a missing one is success. Never follows symbolic links.
Result<> removeTree(const QByteArray &path);

// Bytes free for us on the file system that holds `path` (its nearest existing parent).
Result<qint64> freeSpace(const QByteArray &path);

} // namespace hub
