// Puts the hub's own data back from an export, or from what an import before kept aside. It is staged while the hub
// works, and taken when the hub starts next: nothing runs then, and the present data goes aside as a whole. Blocks.
#pragma once

#include "core/base/clock.h"
#include "core/base/datafolder.h"
#include "core/db/database.h"

#include <functional>

namespace hub::recovery
{

struct ImportFacts {
    QString from;
    Instant at{}; // of the data; nothing known of what was kept: when it was put aside
    qint64 tasks = 0, projects = 0;
    QString digest; // names exactly this data
};

// Workers. Reads all of it and opens its database: refused when it is damaged, of a newer program, or
// finds no room on the disk of the data folder. Changes nothing.
Result<ImportFacts> checkImport(const QString &from, const DataFolder &data, Instant now);
// As checkImport, and it is taken at the next start. One that was staged before is replaced. Conflict unless it is
// still the data that `digest` names: what a person agreed to.
Result<ImportFacts> stageImport(const QString &from, const QString &digest, const DataFolder &data, Instant now);
// What was staged is not taken. False: nothing was.
Result<bool> withdrawImport(const DataFolder &data);

struct TakenImport {
    QString from, keptAs; // folder with what was there; importing that goes back
    qint64 at = 0;
    QString problem; // not empty: it could not be taken, and the present data is in use as before
};

// A hub that is starting and has the data folder's lock, before any database is opened. `prepare` is applied to the
// staged database. Safe to repeat after a crash at any point; forgetImport() ends it, once a person is told. An error:
// the hub must not open what is there, for a part of it may be aside.
Result<std::optional<TakenImport>>
takeImport(const DataFolder &data, const QString &monitorDatabase,
           const std::function<Result<>(db::Database &, const QString &stamp)> &prepare);
Result<> forgetImport(const DataFolder &data);

} // namespace hub::recovery
