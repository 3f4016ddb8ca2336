// How much room a file system has, and when that is too little for the hub to go on.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

namespace hub
{

struct DiskRoom {
    QString mount;             // where it is mounted
    qint64 size = 0, free = 0; // bytes; free: for us
    bool outOfFiles = false;   // it can hold no more files, whatever is free
};

// Of the file system that holds `path`, or its nearest existing parent. Blocks.
Result<DiskRoom> roomOf(const QByteArray &path);

// Below this many free bytes the disk counts as full, before it really is: what the hub commits must still fit.
qint64 leastFree(qint64 diskSize);
bool isFull(const DiskRoom &room);
// Whether `bytes` fit and enough stays free afterwards not to be full again at once.
bool hasRoomFor(const DiskRoom &room, qint64 bytes);
// What a reserve on it takes at most, so that a small disk isn't filled by it.
qint64 reserveFor(qint64 wanted, qint64 diskSize);

// DiskFull unless `bytes` fit beside `path` and 64 MB stay free: "`undone`: 118 MB free on /home, and 240 MB are
// needed."
Result<> checkRoom(const QByteArray &path, qint64 bytes, const QString &undone);

// "118 MB free on /home"
QString freeText(const DiskRoom &room);

} // namespace hub
