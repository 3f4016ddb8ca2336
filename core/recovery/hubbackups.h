// Copies of the hub's own databases: by itself once a day, and on demand. Hub thread; the work is done on a worker.
#pragma once

#include "core/db/backups.h"
#include "core/monitor/alertcenter.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/hubimport.h"

#include <QTimer>

namespace hub::recovery
{

struct ExportReport {
    QString file;
    qint64 bytes = 0, bodies = 0, missing = 0; // large texts that are in it, and those that are not there any more
};

class HubBackups final : public QObject
{
    Q_OBJECT

public:
    // `databases`: their files.
    HubBackups(state::Stores &stores, Workers &workers, monitor::AlertCenter &alerts, const DataFolder &data,
               const Settings &settings, const QStringList &databases);

    // From now on it works by itself.
    void begin();
    // One of each database, checked; then old ones go.
    QFuture<Result<QList<db::Backup>>> make();
    QFuture<Result<QList<db::Backup>>> list();
    // Reads all of one, by its name; the newest of the tasks' database when the name is empty.
    QFuture<Result<db::Backup>> verify(const QString &name);
    // Databases and large texts as one file, which must not be there yet; read back whole before it counts.
    QFuture<Result<ExportReport>> exportTo(const QString &file, const QString &hubId);
    QFuture<Result<ImportFacts>> checkImport(const QString &from);
    QFuture<Result<ImportFacts>> stageImport(const QString &from, const QString &digest);
    QFuture<Result<bool>> withdrawImport();

private:
    void look();
    Result<ExportReport> exportJob(const QString &file, const QString &hubId) const;
    Result<QList<db::Backup>> makeJob(qsizetype kept) const;

    state::Stores &m_stores;
    Workers &m_workers;
    monitor::AlertCenter &m_alerts;
    const DataFolder &m_data;
    const Settings &m_settings;
    QStringList m_databases;
    QTimer m_clock;
};

} // namespace hub::recovery
