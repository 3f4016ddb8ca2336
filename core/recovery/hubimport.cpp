#include "core/recovery/hubimport.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/db/backups.h"
#include "core/db/migrations.h"
#include "core/recovery/hubarchive.h"
#include "core/state/bodystore.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString state = u"task_state.db"_s, monitor = u"safety_monitor.db"_s;

QByteArray bytes(const QString &path) { return QFile::encodeName(path); }
bool isThere(const QByteArray &path) { return ::access(path.constData(), F_OK) == 0; }
QByteArray staged(const DataFolder &data) { return bytes(data.path(u"import"_s)); }

Result<> move(const QByteArray &from, const QByteArray &to)
{
    return ::rename(from.constData(), to.constData()) == 0 ? Result<>() : Result<>(systemError(errno, u"move", from));
}

// Each file once, without a copy of its bytes: none is ever changed.
Result<> linkBodies(const state::BodyStore &from, const QByteArray &to)
{
    HUB_CHECK(makeFolders(to));
    for (const QString &name : from.all()) {
        if (::link(from.pathOf(name).constData(), (to + '/' + name.toLatin1()).constData()) != 0 && errno != EEXIST)
            return systemError(errno, u"keep", from.pathOf(name));
    }
    return {};
}

// A folder that an import before left: a copy of its databases, as of a hub at work.
Result<Instant> unpackKept(const QString &from, const QByteArray &into, Instant now)
{
    qint64 room = 0;
    for (const char *name : {"task_state.db", "task_state.db-wal", "safety_monitor.db", "safety_monitor.db-wal"})
        room += QFileInfo(from + u'/' + QLatin1StringView(name)).size();
    HUB_CHECK(checkRoom(into, room, u"Not imported, and nothing was changed"_s));
    for (const QString &name : {state, monitor}) {
        const QString database = from + u'/' + name;
        if (!QFileInfo::exists(database)) {
            if (name == state)
                return fail(ErrorCode::InvalidInput, u"%1 holds no data of a hub; nothing was changed."_s.arg(from));
            continue;
        }
        HUB_TRY(const auto copy, db::makeBackup(database, QFile::decodeName(into), now));
        HUB_CHECK(move(bytes(copy.path), into + '/' + bytes(name)));
    }
    for (const QFileInfo &file : QDir(from + u"/bodies"_s).entryInfoList(QDir::Files)) {
        const QByteArray target = into + "/bodies/" + bytes(file.fileName());
        if (::link(bytes(file.filePath()).constData(), target.constData()) != 0)
            return systemError(errno, u"take", bytes(file.filePath()));
    }
    return fromMillis(QFileInfo(from + u'/' + state).lastModified().toMSecsSinceEpoch());
}

Result<ImportFacts> inspect(const QByteArray &folder, ImportFacts facts)
{
    const QString path = QFile::decodeName(folder) + u'/' + state;
    if (!QFileInfo::exists(path))
        return fail(ErrorCode::Corrupt, u"%1 has no database of tasks; nothing was changed."_s.arg(facts.from));
    HUB_CHECK(db::checkDatabase(path));
    {
        HUB_TRY(const auto database, db::Database::open(path, db::Database::Mode::ReadOnly));
        const auto number = [&](const QString &sql) -> Result<qint64> {
            HUB_TRY(const auto found, database->selectOne(sql, {}, [](const db::Row &row) { return row.number(0); }));
            return found.value_or(0);
        };
        HUB_TRY(const qint64 schema, number(u"PRAGMA user_version"_s));
        if (schema > std::end(db::stateMigrations)[-1].version)
            return fail(ErrorCode::Unsupported,
                        u"%1 is of a newer AgentHub than this one; nothing was changed."_s.arg(facts.from),
                        u"Update AgentHub here, then import it."_s);
        HUB_TRY(facts.tasks, number(u"SELECT count(*) FROM task"_s));
        HUB_TRY(facts.projects, number(u"SELECT count(*) FROM project"_s));
    }
    for (const char *ending : {"-wal", "-shm"})
        ::unlink((bytes(path) + ending).constData());
    return facts;
}

Result<ImportFacts> unpack(const QString &from, const QByteArray &into, Instant now)
{
    HUB_CHECK(removeTree(into));
    HUB_CHECK(makeFolders(into + "/bodies"));
    ImportFacts facts{.from = from};
    QByteArray named = bytes(from);
    if (QFileInfo(from).isDir()) {
        HUB_TRY(facts.at, unpackKept(from, into, now));
    } else {
        HUB_TRY(const QJsonObject manifest, readArchive(bytes(from), into));
        facts.at = fromMillis(manifest[u"at"_s].toInteger());
        named = toJson(manifest); // with the hash of each member
    }
    named += ' ' + QByteArray::number(toMillis(facts.at));
    facts.digest = QString::fromLatin1(QCryptographicHash::hash(named, QCryptographicHash::Sha256).toHex().first(24));
    return inspect(into, facts);
}

// SQLite makes -shm anew from what -wal holds, and an empty file is left by whoever only looked into a database.
bool isWorthless(const QByteArray &path, const char *ending)
{
    return QLatin1StringView(ending) == "-shm"_L1 || QFileInfo(QFile::decodeName(path + ending)).size() == 0;
}

// All of a database, however much of it a start before has moved already. Its log first: beside another file of that
// name it would be taken for that one's.
Result<> moveDatabase(const QByteArray &from, const QByteArray &to)
{
    for (const char *ending : {"-wal", "-shm", ""}) {
        if (!isThere(from + ending))
            continue;
        if (isThere(to + ending) && !isWorthless(to, ending)) {
            if (!isWorthless(from, ending))
                return fail(ErrorCode::Conflict,
                            u"%1 and %2 are both there, so neither was replaced and nothing is lost; the hub does not "
                            "start like this."_s.arg(QFile::decodeName(from + ending), QFile::decodeName(to + ending)),
                            u"Copy both somewhere safe, leave one of them where it is, then start the hub again."_s);
            ::unlink((from + ending).constData());
            continue;
        }
        HUB_CHECK(move(from + ending, to + ending));
    }
    return {};
}

// A start before may have been killed while it moved the present data aside.
Result<> moveBack(const QByteArray &kept, const DataFolder &data)
{
    if (!isThere(kept))
        return {};
    HUB_CHECK(moveDatabase(kept + '/' + bytes(state), bytes(data.stateDatabase())));
    HUB_CHECK(syncFolder(bytes(data.root())));
    return syncFolder(kept);
}

// The staged bodies join those that are there: the same name is the same text.
Result<> joinBodies(const QByteArray &from, const state::BodyStore &to)
{
    for (const QFileInfo &file : QDir(QFile::decodeName(from)).entryInfoList(QDir::Files)) {
        const QByteArray target = to.pathOf(file.fileName());
        HUB_CHECK(makeFolders(target.left(target.lastIndexOf('/'))));
        if (!isThere(target))
            HUB_CHECK(move(bytes(file.filePath()), target));
    }
    return {};
}

} // namespace

Result<ImportFacts> checkImport(const QString &from, const DataFolder &data, Instant now)
{
    const QByteArray scratch = bytes(data.path(u"scratch/import"_s));
    auto facts = unpack(from, scratch, now);
    HUB_CHECK(removeTree(scratch));
    return facts;
}

Result<ImportFacts> stageImport(const QString &from, const QString &digest, const DataFolder &data, Instant now)
{
    const QByteArray partial = staged(data) + ".partial";
    auto facts = unpack(from, partial, now);
    if (facts && facts->digest != digest)
        facts = fail(ErrorCode::Conflict, u"%1 changed since the preview, so nothing was staged."_s.arg(from),
                     u"Look at the new preview and confirm again."_s);
    if (!facts) {
        HUB_CHECK(removeTree(partial));
        return facts;
    }
    const QString second = QDateTime::fromMSecsSinceEpoch(toMillis(now), Qt::UTC).toString(u"yyyyMMddTHHmmss'Z'"_s);
    QString stamp = second; // of what is kept: two imports of one second must not share it
    for (int n = 2; QFileInfo::exists(data.path(u"kept-"_s + stamp)); ++n)
        stamp = u"%1-%2"_s.arg(second).arg(n);
    HUB_CHECK(
        writeFileDurably(partial + "/facts.json",
                         toJson(QJsonObject{{u"from"_s, from}, {u"at"_s, toMillis(facts->at)}, {u"stamp"_s, stamp}})));
    for (const QFileInfo &file : QDir(QFile::decodeName(partial)).entryInfoList(QDir::Files)) {
        HUB_TRY(const FileHandle handle, openFile(bytes(file.filePath()), 0));
        HUB_CHECK(syncFile(handle.fd(), bytes(file.filePath())));
    }
    HUB_CHECK(syncFolder(partial + "/bodies"));
    HUB_CHECK(syncFolder(partial));
    HUB_CHECK(withdrawImport(data));
    HUB_CHECK(move(partial, staged(data)));
    HUB_CHECK(syncFolder(bytes(data.root())));
    return facts;
}

Result<bool> withdrawImport(const DataFolder &data)
{
    const QByteArray gone = staged(data) + ".withdrawn";
    HUB_CHECK(removeTree(gone));
    if (!isThere(staged(data)))
        return false;
    HUB_CHECK(move(staged(data), gone)); // in one moment
    HUB_CHECK(syncFolder(bytes(data.root())));
    HUB_CHECK(removeTree(gone));
    return true;
}

Result<std::optional<TakenImport>>
takeImport(const DataFolder &data, const QString &monitorDatabase,
           const std::function<Result<>(db::Database &, const QString &stamp)> &prepare)
{
    const QByteArray folder = staged(data);
    if (!isThere(folder + "/facts.json"))
        return std::optional<TakenImport>();
    HUB_TRY(const QByteArray text, readFile(folder + "/facts.json"));
    HUB_TRY(const QJsonObject facts, objectFromJson(text));
    const QString stamp = facts[u"stamp"_s].toString();
    TakenImport taken{facts[u"from"_s].toString(), data.path(u"kept-"_s + stamp), facts[u"at"_s].toInteger(), {}};
    const QByteArray kept = bytes(taken.keptAs), newState = folder + '/' + bytes(state),
                     newMonitor = folder + '/' + bytes(monitor);
    const state::BodyStore bodies(data.bodies());
    if (isThere(newState)) {
        const auto ready = [&]() -> Result<> {
            HUB_TRY(const auto database, db::Database::open(QFile::decodeName(newState)));
            return prepare(*database, stamp);
        }();
        if (!ready) {
            HUB_CHECK(moveBack(kept, data)); // before anything opens the file that is there without its log
            taken.problem = ready.error().message;
            qCCritical(lcRecovery).noquote() << "the import was not taken:" << taken.problem;
            HUB_CHECK(withdrawImport(data));
            return std::optional(taken);
        }
        HUB_CHECK(linkBodies(bodies, kept + "/bodies"));
        HUB_CHECK(joinBodies(folder + "/bodies", bodies));
        HUB_CHECK(moveDatabase(bytes(data.stateDatabase()), kept + '/' + bytes(state)));
        HUB_CHECK(move(newState, bytes(data.stateDatabase())));
    }
    // Alerts and samples; they stay as they are where they lie on another file system.
    if (isThere(newMonitor) && monitorDatabase.startsWith(data.root() + u'/')) {
        HUB_CHECK(moveDatabase(bytes(monitorDatabase), kept + '/' + bytes(monitor)));
        HUB_CHECK(move(newMonitor, bytes(monitorDatabase)));
    }
    HUB_CHECK(syncFolder(kept));
    HUB_CHECK(syncFolder(bytes(data.root())));
    return std::optional(taken);
}

Result<> forgetImport(const DataFolder &data)
{
    HUB_CHECK(withdrawImport(data));
    return {};
}

} // namespace hub::recovery
