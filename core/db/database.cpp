#include "core/db/database.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"

#include <QFile>
#include <QSqlDatabase>
#include <QSqlError>

#include <atomic>
#include <fcntl.h>

using namespace Qt::StringLiterals;

namespace hub::db
{

namespace
{

// SQLite's primary result codes, https://www.sqlite.org/rescode.html; the driver hands them on as text.
constexpr int sqliteBusy = 5, sqliteInputOutput = 10, sqliteCorrupt = 11, sqliteFull = 13, sqliteCannotOpen = 14,
              sqliteNotADatabase = 26;

Error errorFrom(const QSqlError &error, const QString &path)
{
    int code = error.nativeErrorCode().toInt() & 0xff;
    if (code == sqliteInputOutput || code == sqliteCannotOpen) { // so it says of its smaller files
        const auto room = roomOf(QFile::encodeName(path));
        code = room && isFull(*room) ? sqliteFull : code;
    }
    const QString text = u"%1: %2"_s.arg(path, error.text().trimmed());
    switch (code) {
    case sqliteFull:
        return fail(ErrorCode::DiskFull, text, u"Make room on that disk; agenthubctl doctor shows what uses it."_s);
    case sqliteCorrupt:
    case sqliteNotADatabase: return fail(ErrorCode::Corrupt, text);
    case sqliteBusy: return fail(ErrorCode::Conflict, text);
    default: return fail(ErrorCode::Storage, text);
    }
}

} // namespace

Database::Database(QString path, QString connection)
    : m_path(std::move(path))
    , m_connection(std::move(connection))
{
}

Result<std::unique_ptr<Database>> Database::open(const QString &path, Mode mode)
{
    if (mode == Mode::ReadWrite) {
        // Created here and not by SQLite, so that it is never readable by others, not even for an instant.
        HUB_TRY(const FileHandle created, openFile(QFile::encodeName(path), O_RDWR | O_CREAT, 0600));
    }
    static std::atomic<int> counter = 0;
    const QString connection = u"hub-%1"_s.arg(++counter);
    std::unique_ptr<Database> database(new Database(path, connection));
    {
        auto sql = QSqlDatabase::addDatabase(u"QSQLITE"_s, connection);
        sql.setDatabaseName(path);
        sql.setConnectOptions(mode == Mode::ReadOnly ? u"QSQLITE_OPEN_READONLY;QSQLITE_BUSY_TIMEOUT=5000"_s
                                                     : u"QSQLITE_BUSY_TIMEOUT=5000"_s);
        if (!sql.open())
            return errorFrom(sql.lastError(), path);
    }
    if (mode == Mode::ReadWrite) {
        HUB_CHECK(database->run(u"PRAGMA journal_mode=WAL"_s));
        HUB_CHECK(database->run(u"PRAGMA synchronous=FULL"_s));
        HUB_CHECK(database->run(u"PRAGMA secure_delete=FAST"_s)); // Debian's default doubles the log's volume
        HUB_CHECK(database->run(u"PRAGMA journal_size_limit=16777216"_s));
        HUB_CHECK(database->run(u"PRAGMA foreign_keys=ON"_s));
    }
    HUB_CHECK(database->run(u"PRAGMA cache_size=-2048"_s)); // KiB
    return database;
}

Database::~Database()
{
    m_prepared.clear();
    QSqlDatabase::removeDatabase(m_connection);
}

Result<QSqlQuery *> Database::run(const QString &sql, const QVariantList &parameters)
{
    auto &query = m_prepared[sql];
    if (!query) {
        auto prepared = std::make_shared<QSqlQuery>(QSqlDatabase::database(m_connection, false));
        prepared->setForwardOnly(true);
        if (!prepared->prepare(sql)) {
            m_prepared.remove(sql);
            return errorFrom(prepared->lastError(), m_path).within(sql);
        }
        query = std::move(prepared);
    }
    for (qsizetype i = 0; i < parameters.size(); ++i) {
        // The driver would store a null QString as NULL; here only an invalid QVariant means NULL.
        const bool nullText = parameters[i].typeId() == QMetaType::QString && parameters[i].toString().isNull();
        query->bindValue(int(i), nullText ? QVariant(u""_s) : parameters[i]);
    }
    if (!query->exec())
        return errorFrom(query->lastError(), m_path).within(sql);
    return query.get();
}

Result<> Database::checkEnd(const QSqlQuery &query)
{
    if (query.lastError().isValid())
        return errorFrom(query.lastError(), m_path);
    return {};
}

Result<qint64> Database::execute(const QString &sql, const QVariantList &parameters)
{
    HUB_TRY(QSqlQuery * query, run(sql, parameters));
    const Finisher finisher{*query};
    m_lastInsertId = query->lastInsertId().toLongLong();
    return qint64(query->numRowsAffected());
}

Result<> Database::run(const QString &sql)
{
    QSqlQuery query(QSqlDatabase::database(m_connection, false));
    if (!query.exec(sql))
        return errorFrom(query.lastError(), m_path).within(sql);
    return {};
}

} // namespace hub::db
