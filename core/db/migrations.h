// The schemas of both databases: one frozen file a step, see resources/migrations.
#pragma once

#include "core/db/migrator.h"

namespace hub::db
{

inline constexpr Migration stateMigrations[]{{1, QLatin1StringView(":/migrations/state/0001_initial.sql")},
                                             {2, QLatin1StringView(":/migrations/state/0002_git_log.sql")},
                                             {3, QLatin1StringView(":/migrations/state/0003_projects.sql")},
                                             {4, QLatin1StringView(":/migrations/state/0004_errors.sql")},
                                             {5, QLatin1StringView(":/migrations/state/0005_notes.sql")},
                                             {6, QLatin1StringView(":/migrations/state/0006_reminders.sql")}};
inline constexpr Migration monitorMigrations[]{{1, QLatin1StringView(":/migrations/monitor/0001_initial.sql")},
                                               {2, QLatin1StringView(":/migrations/monitor/0002_history.sql")}};
static_assert(versionsAreSequential(stateMigrations) && versionsAreSequential(monitorMigrations));

// Makes the files above readable; call once before migrate().
void loadMigrations();

} // namespace hub::db
