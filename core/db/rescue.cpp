#include "core/db/rescue.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::db
{

namespace
{

// Bytes that are read through before the hub is ready: after an unclean stop, and always.
constexpr qint64 smallEnough = 64 << 20, smallAnyway = 8 << 20;

// What is wrong with it, as the rest of a sentence; empty: nothing.
Result<QString> wrongWith(const RescueRequest &request)
{
    const QFileInfo file(request.path), log(request.path + u"-wal"_s);
    if (!file.exists() || file.size() == 0) {
        if (!request.usedBefore)
            return QString();
        return file.exists() ? u"is empty"_s : u"is gone"_s;
    }
    const qint64 limit = log.exists() && log.size() > 0 ? smallEnough : smallAnyway;
    const auto well = [&]() -> Result<> {
        if (file.size() < limit)
            return checkDatabase(request.path, true);
        HUB_TRY(const auto database, Database::open(request.path, Database::Mode::ReadOnly));
        HUB_CHECK(database->selectOne(u"SELECT count(*) FROM sqlite_schema"_s, {},
                                      [](const Row &row) { return row.number(0); }));
        return {};
    }();
    if (well)
        return QString();
    return well.error().code == ErrorCode::Corrupt ? Result<QString>(u"is damaged (%1)"_s.arg(well.error().message))
                                                   : Result<QString>(well.error());
}

// In pieces: it may be large. On the disk on return.
Result<> copyFile(const QByteArray &from, const QByteArray &to)
{
    HUB_TRY(const FileHandle source, openFile(from, O_RDONLY));
    HUB_TRY(const FileHandle target, openFile(to, O_WRONLY | O_CREAT | O_TRUNC));
    QByteArray piece(1 << 20, Qt::Uninitialized);
    for (;;) {
        const ssize_t read = ::read(source.fd(), piece.data(), size_t(piece.size()));
        if (read < 0 && errno == EINTR)
            continue;
        if (read < 0)
            return systemError(errno, u"read", from);
        if (read == 0)
            return syncFile(target.fd(), to);
        HUB_CHECK(writeAll(target.fd(), piece.first(read), to));
    }
}

// The newest whole copy, beside the database under a name of its own, prepared and on the disk.
Result<Backup> copyOfBest(const RescueRequest &request, const QString &target)
{
    const QByteArray path = QFile::encodeName(target);
    for (const Backup &backup : listBackups(request.backupFolder, QFileInfo(request.path).completeBaseName())) {
        if (backup.schema > request.schema)
            continue;
        if (const auto whole = checkDatabase(backup.path); !whole) {
            qCWarning(lcDb).noquote() << "not used:" << whole.error().message;
            continue;
        }
        for (const char *ending : {"", "-wal", "-shm"})
            ::unlink((path + ending).constData());
        HUB_CHECK(copyFile(QFile::encodeName(backup.path), path));
        HUB_TRY(const auto copy, Database::open(target));
        HUB_CHECK(request.prepare(*copy));
        return backup;
    }
    return fail(ErrorCode::NotFound, u"no good backup"_s);
}

Result<> moveAside(const QByteArray &path, const QByteArray &aside)
{
    for (const char *ending : {"", "-wal", "-shm"}) {
        if (::rename((path + ending).constData(), (aside + ending).constData()) != 0 && errno != ENOENT)
            return systemError(errno, u"move aside", path + ending);
    }
    return {};
}

} // namespace

Result<std::optional<Rescue>> rescueDatabase(const RescueRequest &request)
{
    HUB_TRY(const QString wrong, wrongWith(request));
    if (wrong.isEmpty())
        return std::optional<Rescue>();
    const QFileInfo file(request.path);
    const QString restoring = request.path + u".restoring"_s;
    const auto backup = copyOfBest(request, restoring);
    if (!backup && backup.error().code != ErrorCode::NotFound)
        return backup.error();
    if (!backup)
        return fail(
            ErrorCode::Corrupt,
            u"%1 %2, and there is no good backup of it in %3. The hub does not start, and nothing was changed; "
            "checkpoints and working trees are not touched by that."_s.arg(request.path, wrong, request.backupFolder),
            u"Put the file back. To begin anew beside it, start with another --data-dir."_s);
    Rescue rescue{.why = u"%1 %2"_s.arg(file.fileName(), wrong), .from = *backup};
    const QByteArray path = QFile::encodeName(request.path);
    if (file.exists()) {
        rescue.keptAs =
            request.path + u".damaged-"_s +
            QDateTime::fromMSecsSinceEpoch(toMillis(request.now), Qt::UTC).toString(u"yyyyMMddTHHmmss'Z'"_s);
    }
    HUB_CHECK(moveAside(path, QFile::encodeName(rescue.keptAs.isEmpty() ? request.path + u".rest"_s : rescue.keptAs)));
    if (::rename(QFile::encodeName(restoring).constData(), path.constData()) != 0)
        return systemError(errno, u"put back", path);
    HUB_CHECK(syncFolder(QFile::encodeName(file.path())));
    qCCritical(lcDb).noquote() << rescue.why << "- restored from" << rescue.from.path;
    return std::optional(rescue);
}

} // namespace hub::db
