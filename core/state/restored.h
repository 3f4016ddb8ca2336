// What has to be said in a state database that comes back from a backup: time has gone on without it. Hub thread,
// before the stores are used.
#pragma once

#include "core/base/clock.h"
#include "core/db/database.h"

namespace hub::state
{

// Nothing runs until a person ends safe mode, for tasks that wait here may be done long since. What was under way is
// interrupted. All numbers make a jump, so that none is used twice; those between are known to be of checkpoints that
// only the vaults have (TaskStore::unknownCheckpoints). Protected branches are taken as they are. `copy` is at the
// newest schema. One transaction.
Result<> settleRestored(db::Database &copy, const QString &reason, Instant now);

} // namespace hub::state
