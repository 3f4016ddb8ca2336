// A database that is gone or damaged comes back from its newest good backup, before it is opened. Blocks: a hub that is
// starting, which has the lock of the data folder.
#pragma once

#include "core/db/backups.h"
#include "core/db/database.h"

#include <functional>

namespace hub::db
{

struct Rescue {
    QString why;    // "task_state.db was gone"
    QString keptAs; // where the damaged file lies now; empty when there was none
    Backup from;
};

struct RescueRequest {
    QString path, backupFolder;
    bool usedBefore = false; // the data folder shows that there was a database
    qint64 schema = 0;       // newest one known; backups of a newer program are passed over
    Instant now{};
    // Applied to the copy before it takes the old one's place.
    std::function<Result<>(Database &copy)> prepare;
};

// Nothing when the file is well, or was never there. It is read through while it is small, after an unclean stop up to
// 64 MB; damage that this misses shows when a backup is made. Without a good backup: an error, and nothing was changed.
// Safe to repeat after a crash at any point.
Result<std::optional<Rescue>> rescueDatabase(const RescueRequest &request);

} // namespace hub::db
