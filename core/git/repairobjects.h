// The objects of a repaired repository: what the record reaches from the vault, and whatever else the old object store
// still gives. Private to core/git.
#pragma once

#include "core/git/record.h"

namespace hub::git
{

// One pack with everything that these reach, into the object store of the new git folder.
Result<> fillFromVault(const Vault &vault, const QList<ObjectId> &tips, const QByteArray &gitDir);

struct TakenOver {
    qint64 objects = 0;
    qint64 unreadable = 0; // named by the old store, and neither readable there nor in the new one
};
// Every object of the old store that the new one lacks and that reads back as its name says.
Result<TakenOver> takeOverObjects(const QByteArray &oldObjects, const QByteArray &gitDir);

// Reads every object of a repository; the first that is damaged in a sentence, empty when all are whole.
Result<QString> findDamagedObject(const QByteArray &commonDir);

} // namespace hub::git
