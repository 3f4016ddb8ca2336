#include "core/db/migrations.h"

// Outside any namespace, as the macro needs it: a static library's resources are linked only when asked for.
static void initialiseResources() { Q_INIT_RESOURCE(hub); }

namespace hub::db
{

void loadMigrations() { initialiseResources(); }

} // namespace hub::db
