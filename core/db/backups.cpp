#include "core/db/backups.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/db/database.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::db
{

namespace
{

const QString timeFormat = u"yyyyMMddTHHmmss'Z'"_s;

std::optional<Backup> backupFrom(const QFileInfo &file)
{
    static const QRegularExpression shape(uR"(\A(\w+)-v(\d+)-(\d{8}T\d{6}Z)\.db\z)"_s);
    const auto match = shape.match(file.fileName());
    QDateTime at = QDateTime::fromString(match.captured(3), timeFormat);
    at.setTimeSpec(Qt::UTC);
    if (!match.hasMatch() || !at.isValid())
        return {};
    return Backup{file.filePath(), match.captured(1), match.captured(2).toLongLong(),
                  fromMillis(at.toMSecsSinceEpoch()), file.size()};
}

// A copy must not be what fills the disk.
Result<> checkRoom(const QString &database, const QByteArray &folder)
{
    return hub::checkRoom(folder, QFileInfo(database).size() + QFileInfo(database + u"-wal"_s).size(),
                          u"No copy of %1 was made"_s.arg(QFileInfo(database).fileName()));
}

Result<Backup> makeFrom(const QString &database, const QString &folder, const QString &partial, Instant now)
{
    const QByteArray folderPath = QFile::encodeName(folder), partialPath = QFile::encodeName(partial);
    const QString base = QFileInfo(database).completeBaseName();
    // Made by us and not by SQLite, so that it is never readable by others, not even for an instant.
    HUB_TRY(const FileHandle file, openFile(partialPath, O_RDWR | O_CREAT | O_TRUNC, 0600));
    qint64 schema = 0;
    {
        HUB_TRY(const auto source, Database::open(database, Database::Mode::ReadOnly));
        HUB_CHECK(source->execute(u"VACUUM INTO ?"_s, {partial}));
    }
    HUB_CHECK(checkDatabase(partial));
    {
        HUB_TRY(const auto copy, Database::open(partial, Database::Mode::ReadOnly));
        HUB_TRY(const auto version,
                copy->selectOne(u"PRAGMA user_version"_s, {}, [](const Row &row) { return row.number(0); }));
        schema = version.value_or(0);
    }
    HUB_CHECK(syncFile(file.fd(), partialPath));
    const QString path =
        u"%1/%2-v%3-%4.db"_s.arg(folder, base, QString::number(schema),
                                 QDateTime::fromMSecsSinceEpoch(toMillis(now), Qt::UTC).toString(timeFormat));
    if (::rename(partialPath.constData(), QFile::encodeName(path).constData()) != 0)
        return systemError(errno, u"rename", partialPath);
    HUB_CHECK(syncFolder(folderPath));
    return *backupFrom(QFileInfo(path));
}

} // namespace

QString Backup::name() const { return QFileInfo(path).completeBaseName(); }

Result<Backup> makeBackup(const QString &database, const QString &folder, Instant now)
{
    const QByteArray folderPath = QFile::encodeName(folder);
    HUB_CHECK(makeFolders(folderPath));
    HUB_CHECK(checkRoom(database, folderPath));
    const QString partial = u"%1/%2.partial"_s.arg(folder, QFileInfo(database).completeBaseName());
    auto made = makeFrom(database, folder, partial, now);
    if (!made)
        ::unlink(QFile::encodeName(partial).constData());
    return made;
}

QList<Backup> listBackups(const QString &folder, const QString &database)
{
    QList<Backup> backups;
    for (const QFileInfo &file : QDir(folder).entryInfoList({u"*.db"_s}, QDir::Files)) {
        const auto backup = backupFrom(file);
        if (backup && (database.isEmpty() || backup->database == database))
            backups << *backup;
    }
    std::sort(backups.begin(), backups.end(),
              [](const Backup &a, const Backup &b) { return a.at != b.at ? a.at > b.at : a.path < b.path; });
    return backups;
}

Result<int> thinBackups(const QString &folder, const QString &database, qsizetype kept)
{
    const QList<Backup> all = listBackups(folder, database);
    int removed = 0;
    for (const Backup &backup : all.mid(std::min(kept, all.size()))) {
        const QByteArray path = QFile::encodeName(backup.path);
        if (::unlink(path.constData()) != 0)
            return systemError(errno, u"remove", path);
        ++removed;
    }
    HUB_CHECK(removed > 0 ? syncFolder(QFile::encodeName(folder)) : Result<>());
    return removed;
}

Result<> checkDatabase(const QString &path, bool quick)
{
    HUB_TRY(const auto database, Database::open(path, Database::Mode::ReadOnly));
    HUB_TRY(const QStringList found,
            database->select(quick ? u"PRAGMA quick_check(5)"_s : u"PRAGMA integrity_check(5)"_s, {},
                             [](const Row &row) { return row.text(0); }));
    if (found != QStringList{u"ok"_s})
        return fail(ErrorCode::Corrupt, u"%1 is damaged: %2"_s.arg(path, found.join(u"; "_s)));
    return {};
}

} // namespace hub::db
