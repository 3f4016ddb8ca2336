// What front ends remember over a restart: JSON objects by kind and key, which the hub keeps and does not read.
// Hub thread, inside CommitGroup work.
#pragma once

#include "core/base/clock.h"
#include "core/db/database.h"

#include <QJsonObject>
#include <QMap>

namespace hub::state
{

class NoteStore
{
public:
    NoteStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<QMap<QString, QJsonObject>> ofKind(const QString &kind) const; // by key
    Result<> set(const QString &kind, const QString &key, const QJsonObject &value);
    Result<> remove(const QString &kind, const QString &key);

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
