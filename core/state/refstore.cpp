#include "core/state/refstore.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

Result<> RefStore::authorise(const ProjectName &project, const QString &ref, const QString &value)
{
    const qint64 now = toMillis(m_clock.now());
    HUB_CHECK(m_database.execute(u"DELETE FROM authorised_ref WHERE at < ?"_s,
                                 {now - std::chrono::milliseconds(std::chrono::hours(24)).count()}));
    HUB_CHECK(m_database.execute(u"INSERT OR REPLACE INTO authorised_ref (project, ref, value, at) VALUES (?,?,?,?)"_s,
                                 {project.toString(), ref, value, now}));
    return {};
}

Result<bool> RefStore::isAuthorised(const ProjectName &project, const QString &ref, const QString &value) const
{
    HUB_TRY(const auto found,
            m_database.selectOne(u"SELECT 1 FROM authorised_ref WHERE project = ? AND ref = ? AND value = ?"_s,
                                 {project.toString(), ref, value}, [](const db::Row &) { return true; }));
    return found.has_value();
}

Result<QMap<QString, QString>> RefStore::known(const ProjectName &project) const
{
    QMap<QString, QString> values;
    HUB_TRY(const auto rows, m_database.select(u"SELECT ref, value FROM known_ref WHERE project = ?"_s,
                                               {project.toString()}, [&](const db::Row &row) {
                                                   values.insert(row.text(0), row.text(1));
                                                   return true;
                                               }));
    return values;
}

Result<> RefStore::setKnown(const ProjectName &project, const QString &ref, const QString &value)
{
    HUB_CHECK(m_database.execute(u"INSERT OR REPLACE INTO known_ref (project, ref, value, at) VALUES (?,?,?,?)"_s,
                                 {project.toString(), ref, value, toMillis(m_clock.now())}));
    HUB_CHECK(m_database.execute(u"DELETE FROM authorised_ref WHERE project = ? AND ref = ? AND value = ?"_s,
                                 {project.toString(), ref, value}));
    return {};
}

Result<> RefStore::forget(const ProjectName &project, const QString &ref)
{
    HUB_CHECK(m_database.execute(u"DELETE FROM known_ref WHERE project = ? AND ref = ?"_s, {project.toString(), ref}));
    return {};
}

Result<> RefStore::forgetKnown(const ProjectName &project)
{
    HUB_CHECK(m_database.execute(u"DELETE FROM known_ref WHERE project = ?"_s, {project.toString()}));
    HUB_CHECK(m_database.execute(u"DELETE FROM authorised_ref WHERE project = ?"_s, {project.toString()}));
    return {};
}

Result<std::optional<Instant>> RefStore::checkedAt(const ProjectName &project) const
{
    return m_database.selectOne(u"SELECT checked_at FROM ref_watch WHERE project = ?"_s, {project.toString()},
                                [](const db::Row &row) { return fromMillis(row.number(0)); });
}

Result<> RefStore::setChecked(const ProjectName &project, Instant at)
{
    HUB_CHECK(m_database.execute(u"INSERT OR REPLACE INTO ref_watch (project, checked_at) VALUES (?,?)"_s,
                                 {project.toString(), toMillis(at)}));
    return {};
}

Result<QMap<quint64, qint64>> RefStore::movesRead(const ProjectName &project) const
{
    QMap<quint64, qint64> offsets;
    HUB_TRY(const auto rows, m_database.select(u"SELECT inode, position FROM moves_read WHERE project = ?"_s,
                                               {project.toString()}, [&](const db::Row &row) {
                                                   offsets.insert(quint64(row.number(0)), row.number(1));
                                                   return true;
                                               }));
    return offsets;
}

Result<> RefStore::setMovesRead(const ProjectName &project, const QMap<quint64, qint64> &offsets)
{
    HUB_CHECK(m_database.execute(u"DELETE FROM moves_read WHERE project = ?"_s, {project.toString()}));
    for (auto it = offsets.begin(); it != offsets.end(); ++it)
        HUB_CHECK(m_database.execute(u"INSERT INTO moves_read (project, inode, position) VALUES (?,?,?)"_s,
                                     {project.toString(), qint64(it.key()), it.value()}));
    return {};
}

} // namespace hub::state
