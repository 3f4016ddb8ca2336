// Whose a repository is: one hub's at a time. Says so in <common git folder>/agenthub: a file that names the hub, and a
// lock that its process holds. Linked working trees share it with their main one. Blocks: the project's git worker.
#pragma once

#include "core/base/clock.h"
#include "core/base/durablefile.h"

#include <QStringList>

#include <optional>

namespace hub::git
{

struct Owner {
    QString hub;        // its id
    QString dataFolder; // where it keeps everything
    QString host, account;
    QString project;
    QString gitFolder; // the common one, when this was written: elsewhere it is a copy, or was moved
    Instant since{};
    friend bool operator==(const Owner &, const Owner &) = default;
};

QByteArray encodeOwner(const Owner &owner);
Result<Owner> decodeOwner(const QByteArray &text);

// Nothing when the repository is nobody's. Corrupt when nobody can tell whose it is.
Result<std::optional<Owner>> readOwner(const QByteArray &commonDir);

struct OwnershipRequest {
    Owner self;            // gitFolder and since are filled in
    bool takeOver = false; // from a hub that is dead
    QStringList projects;  // of this hub: a repository that says to be one of them is not another one's to take
    FileHandle held = {};  // the lock, when this process has it already
};

struct Ownership {
    FileHandle lock;
    std::optional<Owner> before; // the dead hub that it was taken over from
};

// Refused, with the owner's name and whether it is alive, when it is another hub's; Conflict when it is another project
// of this one. Safe to repeat.
Result<Ownership> takeOwnership(const QByteArray &commonDir, OwnershipRequest request);
// Whether the lock still is that of the repository there: it isn't when `.git` was deleted and made again.
bool isLockOf(const FileHandle &lock, const QByteArray &commonDir);
// Takes our files out. What a repair put aside there stays.
Result<> endOwnership(const QByteArray &commonDir, const QString &hub);

} // namespace hub::git
