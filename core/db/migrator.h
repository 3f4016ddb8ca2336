// Brings a database file to the newest schema: numbered SQL files, frozen once released, each in a transaction of its
// own after a backup of the file. A file written by a newer program is refused, not touched.
#pragma once

#include "core/db/database.h"

#include <span>

namespace hub::db
{

struct Migration {
    int version;              // 1, 2, 3, … without gaps
    QLatin1StringView source; // resource path of the SQL file; statements end with a line "--;"
};

constexpr bool versionsAreSequential(std::span<const Migration> migrations)
{
    int expected = 1;
    for (const auto &migration : migrations) {
        if (migration.version != expected++)
            return false;
    }
    return true;
}

// Applies what is missing. Before the first change to a file that has data, a copy is made in `backupFolder` (unless
// empty)
// ("task_state-v1-20260131T140506Z.db").
Result<> migrate(Database &database, std::span<const Migration> migrations, const QString &backupFolder);

} // namespace hub::db
