// One file with the hub's own data: a tar that any tar reads, whose first member says what the others have to be.
// Blocks; workers.
#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QList>
#include <QString>

namespace hub::recovery
{

struct ArchiveMember {
    QString name; // "task_state.db", "bodies/SHA-256"
    QByteArray path;
};

// Makes `to`, which must not be there yet: the owner's alone, on the disk, and read back whole on return. A failure or
// a crash leaves nothing under that name; DiskFull before anything is written. `facts` are kept in the manifest beside
// the list of members.
Result<> writeArchive(const QByteArray &to, const QList<ArchiveMember> &members, const QJsonObject &facts);

// Every byte is held against the manifest; Corrupt in one sentence. With `into` the members are put there too, DiskFull
// before the first if they don't fit; what is there is for the caller to remove when this fails. Answers with the
// manifest.
Result<QJsonObject> readArchive(const QByteArray &from, const QByteArray &into = {});

} // namespace hub::recovery
