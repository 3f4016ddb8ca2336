#include "core/recovery/hubbackups.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/recovery/hubarchive.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString queue = u"backups"_s, subject = u"the hub's own backups"_s;
constexpr auto afterStart = std::chrono::minutes{5};
constexpr auto interval = std::chrono::hours{1};

} // namespace

HubBackups::HubBackups(state::Stores &stores, Workers &workers, monitor::AlertCenter &alerts, const DataFolder &data,
                       const Settings &settings, const QStringList &databases)
    : m_stores(stores)
    , m_workers(workers)
    , m_alerts(alerts)
    , m_data(data)
    , m_settings(settings)
    , m_databases(databases)
{
    m_clock.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_clock, &QTimer::timeout, this, &HubBackups::look);
}

void HubBackups::begin() { m_clock.start(afterStart); }

void HubBackups::look()
{
    m_clock.start(interval);
    const std::chrono::hours hours{m_settings.number(setting::backupHours)};
    if (hours.count() == 0)
        return;
    whenDone(list(), this, [this, hours](const Result<QList<db::Backup>> &backups) {
        const QString state = QFileInfo(m_data.stateDatabase()).completeBaseName();
        if (!backups)
            return;
        for (const auto &backup : *backups) {
            if (backup.database == state && backup.at + hours > m_stores.clock.now())
                return;
        }
        make();
    });
}

QFuture<Result<QList<db::Backup>>> HubBackups::make()
{
    auto made = m_workers.run(
        queue, [this, kept = qsizetype(m_settings.number(setting::backupsKept))] { return makeJob(kept); });
    whenDone(made, this, [this](const Result<QList<db::Backup>> &backups) {
        if (!backups && backups.error().code == ErrorCode::ShuttingDown)
            return;
        m_stores.commits.submitOrLog(u"the alert about "_s + subject, [this, backups]() -> Result<> {
            if (backups)
                return m_alerts.resolveSubject(AlertType::ManualIntervention, subject, u"one was made"_s);
            const Error &error = backups.error();
            HUB_CHECK(
                m_alerts.raise({.type = AlertType::ManualIntervention,
                                .level = error.code == ErrorCode::Corrupt ? AlertLevel::Critical : AlertLevel::Error,
                                .subject = subject,
                                .title = u"Not all of the hub's own data could be backed up"_s,
                                .description = u"%1 The ones before stay; agenthubctl hub-backup create tries "
                                               "again."_s.arg(error.message),
                                .standing = true}));
            return {};
        });
    });
    return made;
}

Result<QList<db::Backup>> HubBackups::makeJob(qsizetype kept) const
{
    QList<db::Backup> made;
    std::optional<Error> failed; // of one: the others are made all the same
    for (const QString &database : m_databases) {
        auto backup = db::makeBackup(database, m_data.backups(), m_stores.clock.now());
        if (!backup) {
            if (!failed)
                failed = std::move(backup).error().within(QFileInfo(database).fileName());
            continue;
        }
        HUB_CHECK(db::thinBackups(m_data.backups(), backup->database, kept));
        made << *backup;
    }
    if (failed)
        return *std::move(failed);
    qCInfo(lcRecovery).noquote() << "backup of the hub's own data:" << made.first().path;
    return made;
}

QFuture<Result<QList<db::Backup>>> HubBackups::list()
{
    return m_workers.run(
        queue, [folder = m_data.backups()]() -> Result<QList<db::Backup>> { return db::listBackups(folder); });
}

QFuture<Result<db::Backup>> HubBackups::verify(const QString &name)
{
    const QString state = QFileInfo(m_data.stateDatabase()).completeBaseName();
    return m_workers.run(queue, [folder = m_data.backups(), state, name]() -> Result<db::Backup> {
        for (const db::Backup &backup : db::listBackups(folder, name.isEmpty() ? state : QString())) {
            if (!name.isEmpty() && backup.name() != name)
                continue;
            HUB_CHECK(db::checkDatabase(backup.path));
            return backup;
        }
        return fail(ErrorCode::NotFound,
                    name.isEmpty() ? u"There is no backup of the hub's own data yet."_s
                                   : u"There is no backup '%1'."_s.arg(name),
                    name.isEmpty() ? u"agenthubctl hub-backup create"_s : u"agenthubctl hub-backup list"_s);
    });
}

// In the queue of the backups, so that a purge meets none in the making.
QFuture<Result<ExportReport>> HubBackups::exportTo(const QString &file, const QString &hubId)
{
    return m_workers.run(queue, [this, file, hubId] { return exportJob(file, hubId); });
}

Result<ExportReport> HubBackups::exportJob(const QString &file, const QString &hubId) const
{
    const QString scratch = m_data.path(u"scratch/export"_s);
    const QByteArray folder = QFile::encodeName(scratch);
    HUB_CHECK(removeTree(folder));
    ExportReport report{.file = file};
    const auto made = [&]() -> Result<> {
        const Instant now = m_stores.clock.now();
        QList<ArchiveMember> members;
        const QString names[]{u"task_state.db"_s, u"safety_monitor.db"_s};
        for (qsizetype i = 0; i < m_databases.size(); ++i) {
            HUB_TRY(const auto copy, db::makeBackup(m_databases[i], scratch, now));
            members.append({names[i], QFile::encodeName(copy.path)});
        }
        const state::BodyStore bodies(m_data.bodies());
        HUB_TRY(const auto copy,
                db::Database::open(QFile::decodeName(members.first().path), db::Database::Mode::ReadOnly));
        HUB_TRY(const auto wanted,
                copy->select(u"SELECT DISTINCT body_file FROM message WHERE body_file IS NOT NULL ORDER BY 1"_s, {},
                             [](const db::Row &row) { return row.text(0); }));
        for (const QString &name : wanted) {
            const QByteArray path = bodies.pathOf(name);
            if (QFileInfo::exists(QFile::decodeName(path)))
                members.append({u"bodies/"_s + name, path});
            else
                ++report.missing;
        }
        report.bodies = wanted.size() - report.missing;
        return writeArchive(QFile::encodeName(file), members, {{u"hub"_s, hubId}, {u"at"_s, toMillis(now)}});
    }();
    HUB_CHECK(removeTree(folder));
    HUB_CHECK(made);
    report.bytes = QFileInfo(file).size();
    return report;
}

QFuture<Result<ImportFacts>> HubBackups::checkImport(const QString &from)
{
    return m_workers.run(queue, [this, from] { return recovery::checkImport(from, m_data, m_stores.clock.now()); });
}

QFuture<Result<ImportFacts>> HubBackups::stageImport(const QString &from, const QString &digest)
{
    return m_workers.run(
        queue, [this, from, digest] { return recovery::stageImport(from, digest, m_data, m_stores.clock.now()); });
}

QFuture<Result<bool>> HubBackups::withdrawImport()
{
    return m_workers.run(queue, [this] { return recovery::withdrawImport(m_data); });
}

} // namespace hub::recovery
