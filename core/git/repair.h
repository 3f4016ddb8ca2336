// Makes a deleted or damaged `.git` anew: built beside the old one from the vault, its record and whatever the old one
// still gives, checked by git, then put in its place. The old one is kept within the new. Blocks; the project's git
// worker only.
#pragma once

#include "core/git/record.h"

namespace hub::git
{

struct RepairRequest {
    QByteArray workTree;                      // the project's folder
    std::map<QByteArray, ObjectId> snapshots; // folder of a working tree -> its newest snapshot, for its index
    Instant time{};
};

struct RepairReport {
    QString damage;     // what was wrong
    Instant recordAt{}; // when the record was taken
    qint64 branches = 0, tags = 0, stashes = 0, hooks = 0;
    qint64 takenOver = 0;          // objects that only the old `.git` had
    qint64 unreadable = 0;         // objects of the old `.git` that are nowhere else
    QList<QByteArray> newer;       // refs that the old `.git` had at another value than the record; that one counts
    QList<QByteArray> trees;       // folders of linked working trees that work again
    QList<QByteArray> treesLeft;   // recorded ones whose folder is gone
    QList<QByteArray> recordedNot; // files that differ in the old `.git`; they are now as recorded
    QByteArray aside;              // where the old one lies; empty when it was gone
    bool wasAnother = false;       // the old one was made anew; nothing of it was used
    bool resumed = false;          // a repair that was cut off had to be settled first
};

// What is wrong with the repository of this working tree, in a sentence; empty when nothing is. `thorough` reads every
// object. An error when that can't be told.
Result<QString> findDamage(const Vault &vault, const QByteArray &workTree, bool thorough);

// NotFound without a record; Conflict when nothing is broken. Safe to repeat after a crash at any point.
Result<RepairReport> repairRepository(const Vault &vault, const RepairRequest &request);

// A rename-in that was cut off is finished, or what was being built is removed. True when there was something to do.
Result<bool> settleRepair(const QByteArray &commonDir);

} // namespace hub::git
