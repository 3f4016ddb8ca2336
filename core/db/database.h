// One SQLite connection, bound to the thread that opened it. WAL, synchronous=FULL: a commit that returned is on disk.
#pragma once

#include "core/base/result.h"

#include <QList>
#include <QSqlQuery>
#include <QString>
#include <QVariant>

#include <optional>

namespace hub::db
{

// The current row of a running select; columns by position in the select's list.
class Row
{
public:
    explicit Row(const QSqlQuery &query)
        : m_query(query)
    {
    }
    QString text(int column) const { return m_query.value(column).toString(); }
    qint64 number(int column) const { return m_query.value(column).toLongLong(); }
    double real(int column) const { return m_query.value(column).toDouble(); }
    QByteArray bytes(int column) const { return m_query.value(column).toByteArray(); }
    QVariant value(int column) const { return m_query.value(column); } // as it is stored, to be bound again
    bool isNull(int column) const { return m_query.isNull(column); }
    std::optional<qint64> maybeNumber(int column) const
    {
        return isNull(column) ? std::nullopt : std::optional(number(column));
    }

private:
    const QSqlQuery &m_query;
};

class Database
{
public:
    enum class Mode { ReadWrite, ReadOnly };

    // Creates the file (mode 0600) if it is missing and mode allows it.
    static Result<std::unique_ptr<Database>> open(const QString &path, Mode mode = Mode::ReadWrite);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    const QString &path() const { return m_path; }

    // One statement with positional parameters; the answer is the number of rows changed. Prepared once, kept.
    Result<qint64> execute(const QString &sql, const QVariantList &parameters = {});
    qint64 lastInsertId() const { return m_lastInsertId; }

    // Every row through `map` (const Row & → T or Result<T>).
    template <class Map>
    auto select(const QString &sql, const QVariantList &parameters, Map map)
    {
        using Mapped = std::invoke_result_t<Map, const Row &>;
        return selectInto<Mapped>(sql, parameters, map);
    }
    // The first row, if there is one.
    template <class Map>
    auto selectOne(const QString &sql, const QVariantList &parameters, Map map)
        -> Result<std::optional<std::invoke_result_t<Map, const Row &>>>
    {
        using T = std::invoke_result_t<Map, const Row &>;
        HUB_TRY(QSqlQuery * query, run(sql, parameters));
        const Finisher finisher{*query};
        if (!query->next()) {
            HUB_CHECK(checkEnd(*query));
            return std::optional<T>();
        }
        return std::optional<T>(map(Row(*query)));
    }

    // Not prepared, not cached: pragmas, savepoints, DDL.
    Result<> run(const QString &sql);

private:
    struct Finisher {
        QSqlQuery &query;
        ~Finisher() { query.finish(); }
    };
    template <class T>
    struct Unwrapped {
        using Type = T;
    };
    template <class T>
    struct Unwrapped<Result<T>> {
        using Type = T;
    };

    Database(QString path, QString connection);
    Result<QSqlQuery *> run(const QString &sql, const QVariantList &parameters);
    Result<> checkEnd(const QSqlQuery &query);

    template <class Mapped, class Map>
    auto selectInto(const QString &sql, const QVariantList &parameters, Map &map)
        -> Result<QList<typename Unwrapped<Mapped>::Type>>
    {
        QList<typename Unwrapped<Mapped>::Type> values;
        HUB_TRY(QSqlQuery * query, run(sql, parameters));
        const Finisher finisher{*query};
        while (query->next()) {
            if constexpr (std::is_same_v<Mapped, typename Unwrapped<Mapped>::Type>) {
                values.append(map(Row(*query)));
            } else {
                HUB_TRY(auto value, map(Row(*query)));
                values.append(std::move(value));
            }
        }
        HUB_CHECK(checkEnd(*query));
        return values;
    }

    QString m_path;
    QString m_connection;
    QHash<QString, std::shared_ptr<QSqlQuery>> m_prepared;
    qint64 m_lastInsertId = 0;
};

} // namespace hub::db
