#include "core/base/secretfile.h"

#include "core/base/durablefile.h"

#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{
constexpr off_t longest = 65536;
}

Result<QByteArray> readSecretFile(const QByteArray &path)
{
    const QString name = QFile::decodeName(path);
    HUB_TRY(const FileHandle file, openFile(path, O_RDONLY | O_NONBLOCK)); // a pipe would be waited for
    struct stat info;
    if (::fstat(file.fd(), &info) != 0)
        return systemError(errno, u"read", path);
    if (!S_ISREG(info.st_mode) || info.st_size > longest)
        return fail(ErrorCode::InvalidInput, u"%1 is not a small plain file."_s.arg(name));
    if (info.st_uid != ::geteuid())
        return fail(ErrorCode::Refused, u"%1 belongs to another account, so it is not read."_s.arg(name));
    if ((info.st_mode & 077) != 0)
        return fail(ErrorCode::Refused, u"Others may read %1, so it is not used."_s.arg(name),
                    u"chmod 600 '%1'"_s.arg(name));
    QByteArray bytes(info.st_size, Qt::Uninitialized);
    qsizetype read = 0;
    while (read < bytes.size()) {
        const ssize_t more = ::read(file.fd(), bytes.data() + read, size_t(bytes.size() - read));
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return systemError(errno, u"read", path);
        if (more == 0)
            break;
        read += more;
    }
    bytes.truncate(read);
    return bytes;
}

} // namespace hub
