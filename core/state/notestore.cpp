#include "core/state/notestore.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

Result<QMap<QString, QJsonObject>> NoteStore::ofKind(const QString &kind) const
{
    QMap<QString, QJsonObject> notes;
    HUB_TRY(const auto rows, m_database.select(u"SELECT key, value FROM front_note WHERE kind = ?"_s, {kind},
                                               [](const db::Row &row) { return std::pair(row.text(0), row.text(1)); }));
    for (const auto &[key, value] : rows)
        notes.insert(key, objectFromJson(value.toUtf8()).valueOr({}));
    return notes;
}

Result<> NoteStore::set(const QString &kind, const QString &key, const QJsonObject &value)
{
    HUB_CHECK(m_database.execute(u"INSERT OR REPLACE INTO front_note (kind, key, value, at) VALUES (?,?,?,?)"_s,
                                 {kind, key, QString::fromUtf8(toJson(value)), toMillis(m_clock.now())}));
    return {};
}

Result<> NoteStore::remove(const QString &kind, const QString &key)
{
    HUB_CHECK(m_database.execute(u"DELETE FROM front_note WHERE kind = ? AND key = ?"_s, {kind, key}));
    return {};
}

} // namespace hub::state
