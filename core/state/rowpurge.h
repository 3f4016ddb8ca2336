// Erases a text from the rows of one project: they stay, with a mark where it stood. Finding is slow and only reads, on
// a connection of its own; changing is quick, row by row, on the connection that writes. Works on both databases, and
// on copies of any version: tables and columns that are not there are passed over. Never touches the audit trail and
// the log of git operations, whose rows are chained by hashes. On the thread of its database.
#pragma once

#include "core/base/secrettext.h"
#include "core/db/database.h"
#include "core/state/task.h"

#include <QMap>

#include <map>

namespace hub::state
{

// One row, by its place in the list of what is looked through and its key.
struct FoundRow {
    int place = 0;
    QVariantList key;
    friend bool operator==(const FoundRow &, const FoundRow &) = default;
};

// A column that names commits which have other names now.
struct MovedIds {
    QString table, column;
    QVariantList key;
    QString value;
};

struct LargeBody {
    qint64 message = 0;
    QString file;
};

class RowPurge
{
public:
    // `tasks` are the project's, for tables that know no projects.
    RowPurge(db::Database &database, const ProjectName &project, const QList<TaskId> &tasks);

    Result<QList<FoundRow>> find(const SecretText &text) const;
    Result<> mark(const FoundRow &row, const SecretText &text);
    // What the rows are, for people: "messages" and how many.
    static QMap<QString, qint64> counted(const QList<FoundRow> &rows);

    // Hexadecimal ids, old to new.
    using Moves = std::map<QByteArray, QByteArray>;
    Result<QList<MovedIds>> findMoved(const Moves &moves) const;
    Result<> move(const MovedIds &change);

    // Of the project's messages, those whose body is a file; and giving one another.
    Result<QList<LargeBody>> largeBodies() const;
    Result<> setBody(qint64 message, const QString &file, const QString &beginning);

    // Numbers of rows that have it and must not be changed.
    Result<QList<qint64>> inAudit(const SecretText &text) const;
    Result<QList<qint64>> inGitLog(const SecretText &text) const;
    // Messages of other projects.
    Result<qint64> elsewhere(const SecretText &text) const;

private:
    struct Columns {
        QStringList all, keys; // those that are there
    };
    Result<Columns> columnsOf(const QString &table) const;
    Result<QList<qint64>> chained(const QString &table, const QStringList &columns, const SecretText &text) const;
    Result<QList<FoundRow>> findSplit(int place, const SecretText &text) const;
    Result<> markSplit(const FoundRow &row, const SecretText &text);
    QString scopeOf(const QString &scope) const;

    db::Database &m_database;
    const QString m_project;
    QString m_tasks; // "1,2,3"
};

} // namespace hub::state
