// Copies of a database: made while it is in use, checked, listed, thinned. Files `NAME-vSCHEMA-TIME.db` in one folder.
// Blocks: workers, or a hub that is starting.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <QList>
#include <QString>

namespace hub::db
{

struct Backup {
    QString path;
    QString database; // "task_state"
    qint64 schema = 0;
    Instant at{};
    qint64 bytes = 0;

    QString name() const; // of the file, without its ending
};

// A copy of one moment, checked and on the disk on return; writers go on meanwhile. A crash leaves nothing that passes
// for one.
Result<Backup> makeBackup(const QString &database, const QString &folder, Instant now);
// Newest first; of this database, or of all.
QList<Backup> listBackups(const QString &folder, const QString &database = {});
// Removes all but the newest `kept` of this database: how many.
Result<int> thinBackups(const QString &folder, const QString &database, qsizetype kept);
// Every page and every index; Corrupt with what SQLite says. `quick`: without comparing indexes and rows.
Result<> checkDatabase(const QString &path, bool quick = false);

} // namespace hub::db
