#include "core/git/treefile.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hub::git
{

namespace
{

// For kernels before 5.6 and sandboxes that hide openat2: one folder at a time.
int walkBeneath(int root, const QByteArray &path, int flags, unsigned mode)
{
    FileHandle here;
    qsizetype from = 0;
    for (;;) {
        const qsizetype slash = path.indexOf('/', from);
        const QByteArray name = path.mid(from, slash < 0 ? -1 : slash - from);
        if (name == "..")
            return -EXDEV;
        const int base = here.isOpen() ? here.fd() : root;
        const int fd = slash < 0 ? ::openat(base, name.constData(), flags | O_NOFOLLOW | O_CLOEXEC, mode)
                                 : ::openat(base, name.constData(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        if (slash < 0)
            return fd;
        here = FileHandle(fd);
        from = slash + 1;
    }
}

} // namespace

int openBeneath(int root, const QByteArray &path, int flags, unsigned mode)
{
    static std::atomic<bool> hasOpenat2{true};
    const QByteArray &place = path.isEmpty() ? QByteArrayLiteral(".") : path;
    if (hasOpenat2) {
        open_how how{};
        how.flags = quint64(flags | O_CLOEXEC | O_NOFOLLOW);
        how.mode = (flags & O_CREAT) ? mode : 0;
        how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
        for (;;) {
            const long fd = ::syscall(SYS_openat2, root, place.constData(), &how, sizeof how);
            if (fd >= 0)
                return int(fd);
            if (errno == EAGAIN || errno == EINTR)
                continue;
            if (errno != ENOSYS && errno != EPERM)
                return -errno;
            if (errno == ENOSYS)
                hasOpenat2 = false;
            break;
        }
    }
    return walkBeneath(root, place, flags, mode);
}

Result<ParentFolder> openParent(int root, const QByteArray &path)
{
    const QByteArray parent = parentPath(path);
    const int fd = openBeneath(root, parent, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        Error error = systemError(-fd, u"open folder", parent);
        if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
            error.code = ErrorCode::NotFound;
        return error;
    }
    return ParentFolder{FileHandle(fd), fileName(path)};
}

bool statBeneath(int root, const QByteArray &path, struct stat &info)
{
    if (path.isEmpty())
        return ::fstat(root, &info) == 0;
    const int folder = openBeneath(root, parentPath(path), O_PATH | O_DIRECTORY);
    if (folder < 0)
        return false;
    const FileHandle handle(folder);
    return ::fstatat(folder, fileName(path).constData(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<QByteArray> readLinkAt(int folder, const QByteArray &name)
{
    QByteArray target(4096, Qt::Uninitialized);
    const ssize_t length = ::readlinkat(folder, name.constData(), target.data(), size_t(target.size()));
    if (length < 0)
        return systemError(errno, u"read link", name);
    target.truncate(length);
    return target;
}

Result<> syncFileSystem(const QByteArray &folder)
{
    HUB_TRY(const FileHandle handle, openFile(folder, O_RDONLY | O_DIRECTORY));
    return ::syncfs(handle.fd()) == 0 ? Result<>() : Result<>(systemError(errno, u"sync", folder));
}

} // namespace hub::git
