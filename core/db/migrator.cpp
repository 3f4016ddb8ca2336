#include "core/db/migrator.h"

#include "core/base/log.h"
#include "core/db/backups.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::db
{

namespace
{

Result<> apply(Database &database, const Migration &migration)
{
    QFile file{QString(migration.source)};
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Internal, u"migration %1 is missing from the program"_s.arg(migration.source));
    HUB_CHECK(database.run(u"BEGIN IMMEDIATE"_s));
    const auto steps = [&]() -> Result<> {
        for (const QString &statement : QString::fromUtf8(file.readAll()).split(u"\n--;\n"_s)) {
            if (!statement.trimmed().isEmpty())
                HUB_CHECK(database.run(statement));
        }
        HUB_CHECK(database.run(u"PRAGMA user_version=%1"_s.arg(migration.version)));
        return database.run(u"COMMIT"_s);
    };
    auto applied = steps();
    if (!applied) {
        if (auto undone = database.run(u"ROLLBACK"_s); !undone)
            qCWarning(lcDb).noquote() << undone.error().message;
    }
    return applied;
}

} // namespace

Result<> migrate(Database &database, std::span<const Migration> migrations, const QString &backupFolder)
{
    HUB_TRY(const auto found,
            database.selectOne(u"PRAGMA user_version"_s, {}, [](const Row &row) { return row.number(0); }));
    const qint64 version = found.value_or(0);
    const qint64 newest = migrations.empty() ? 0 : migrations.back().version;
    if (version > newest) {
        return fail(ErrorCode::Unsupported,
                    u"%1 was written by a newer AgentHub (schema %2, this one knows %3); nothing was changed."_s
                        .arg(database.path())
                        .arg(version)
                        .arg(newest),
                    u"Install the newer AgentHub again, or restore the backup made before its first start."_s);
    }
    if (version == newest)
        return {};
    if (version > 0 && !backupFolder.isEmpty()) {
        HUB_TRY(const Backup backup, makeBackup(database.path(), backupFolder, SystemClock().now()));
        qCInfo(lcDb).noquote() << "backup before migration:" << backup.path;
    }
    for (const auto &migration : migrations) {
        if (migration.version > version)
            HUB_CHECK(apply(database, migration));
    }
    qCInfo(lcDb).noquote() << database.path() << "is at schema" << newest;
    return {};
}

} // namespace hub::db
