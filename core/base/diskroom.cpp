#include "core/base/diskroom.h"

#include "core/base/durablefile.h"

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <sys/statvfs.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr quint64 leastFiles = 64; // a commit, a spool segment and a pack make a few each

QByteArray parentOf(const QByteArray &path)
{
    const qsizetype slash = path.lastIndexOf('/');
    return slash > 0 ? path.first(slash) : slash == 0 ? QByteArray("/") : QByteArray(".");
}

// The topmost folder on the same device.
QByteArray mountOf(QByteArray path)
{
    struct stat here, above;
    if (::stat(path.constData(), &here) != 0)
        return path;
    while (path != "/" && path != "." && ::stat(parentOf(path).constData(), &above) == 0 && above.st_dev == here.st_dev)
        path = parentOf(path);
    return path;
}

} // namespace

Result<DiskRoom> roomOf(const QByteArray &path)
{
    QByteArray place = path;
    struct statvfs info;
    while (::statvfs(place.constData(), &info) != 0) {
        if (errno != ENOENT || place == "/" || place == ".")
            return systemError(errno, u"measure", path);
        place = parentOf(place);
    }
    return DiskRoom{.mount = QFile::decodeName(mountOf(place)),
                    .size = qint64(info.f_blocks) * qint64(info.f_frsize),
                    .free = qint64(info.f_bavail) * qint64(info.f_frsize),
                    // Some file systems make them as needed and count none.
                    .outOfFiles = info.f_files > 0 && info.f_favail < leastFiles};
}

qint64 leastFree(qint64 diskSize) { return std::min<qint64>(8 << 20, diskSize / 64); }

bool isFull(const DiskRoom &room) { return room.outOfFiles || room.free < leastFree(room.size); }

bool hasRoomFor(const DiskRoom &room, qint64 bytes)
{
    return !room.outOfFiles && room.free >= bytes + 4 * leastFree(room.size);
}

qint64 reserveFor(qint64 wanted, qint64 diskSize) { return std::min(wanted, diskSize / 8); }

Result<> checkRoom(const QByteArray &path, qint64 bytes, const QString &undone)
{
    constexpr qint64 leftOver = 64 << 20;
    HUB_TRY(const DiskRoom room, roomOf(path));
    const qint64 needed = bytes + leftOver;
    if (!room.outOfFiles && room.free >= needed)
        return {};
    return fail(ErrorCode::DiskFull,
                u"%1: %2, and %3 MB are needed."_s.arg(undone, freeText(room), QString::number((needed >> 20) + 1)),
                u"Make room on that disk, then try again; agenthubctl doctor shows what uses it."_s);
}

QString freeText(const DiskRoom &room)
{
    return room.outOfFiles ? u"no more files fit on %1"_s.arg(room.mount)
                           : u"%1 MB free on %2"_s.arg(room.free >> 20).arg(room.mount);
}

} // namespace hub
