#include "core/state/holdstore.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

Pause pauseFrom(const db::Row &row)
{
    return {row.text(0), row.text(1), fromMillis(row.number(2)), row.text(3), row.text(4)};
}

Result<Claim> claimFrom(const db::Row &row)
{
    const auto project = ProjectName::parse(row.text(0));
    if (!project)
        return fail(ErrorCode::Corrupt, u"a claim names no valid project"_s);
    return Claim{*project,
                 row.text(1),
                 TaskId::of(row.number(2)),
                 row.number(3),
                 fromMillis(row.number(4)),
                 row.isNull(5) ? std::nullopt : std::optional(fromMillis(row.number(5)))};
}

const QString claimColumns = u"project, path, task, fence, at, expires_at"_s;

} // namespace

Result<std::optional<SafeMode>> HoldStore::safeMode() const
{
    return m_database.selectOne(u"SELECT since, who, reason FROM safe_mode"_s, {}, [](const db::Row &row) {
        return SafeMode{fromMillis(row.number(0)), row.text(1), row.text(2)};
    });
}

Result<> HoldStore::enterSafeMode(const QString &who, const QString &reason)
{
    HUB_CHECK(m_database.execute(u"INSERT OR IGNORE INTO safe_mode (id, since, who, reason) VALUES (1,?,?,?)"_s,
                                 {toMillis(m_clock.now()), who, reason}));
    return {};
}

Result<> HoldStore::leaveSafeMode()
{
    HUB_CHECK(m_database.execute(u"DELETE FROM safe_mode"_s));
    return {};
}

Result<QList<Pause>> HoldStore::pauses() const
{
    return m_database.select(u"SELECT scope, subject, at, who, reason FROM pause WHERE scope <> 'disk' ORDER BY at"_s,
                             {}, pauseFrom);
}

Result<QList<Pause>> HoldStore::fullDisks() const
{
    return m_database.select(u"SELECT scope, subject, at, who, reason FROM pause WHERE scope = 'disk' ORDER BY at"_s,
                             {}, pauseFrom);
}

Result<> HoldStore::recordFullDisk(const QString &disk, const QString &reason)
{
    return pause(u"disk"_s, disk, u"the hub"_s, reason);
}

Result<> HoldStore::endFullDisk(const QString &disk)
{
    HUB_CHECK(endPause(u"disk"_s, disk));
    return {};
}

Result<std::optional<Pause>> HoldStore::pauseOf(const QString &scope, const QString &subject) const
{
    return m_database.selectOne(u"SELECT scope, subject, at, who, reason FROM pause WHERE scope = ? AND subject = ?"_s,
                                {scope, subject}, pauseFrom);
}

Result<> HoldStore::pause(const QString &scope, const QString &subject, const QString &who, const QString &reason)
{
    HUB_CHECK(m_database.execute(u"INSERT OR IGNORE INTO pause (scope, subject, at, who, reason) VALUES (?,?,?,?,?)"_s,
                                 {scope, subject, toMillis(m_clock.now()), who, reason}));
    return {};
}

Result<bool> HoldStore::endPause(const QString &scope, const QString &subject)
{
    HUB_TRY(const qint64 ended,
            m_database.execute(u"DELETE FROM pause WHERE scope = ? AND subject = ?"_s, {scope, subject}));
    return ended > 0;
}

Result<Claim> HoldStore::claim(const ProjectName &project, const QString &path, TaskId task,
                               std::chrono::seconds duration)
{
    const Instant now = m_clock.now();
    // The holder renews; a free or expired claim changes hands and gets a new fence.
    HUB_CHECK(
        m_database.execute(u"INSERT INTO claim (project, path, task, fence, at, expires_at) VALUES (?,?,?,1,?,?) "
                           "ON CONFLICT (project, path) DO UPDATE SET "
                           "fence = fence + (task <> excluded.task), task = excluded.task, at = excluded.at, "
                           "expires_at = excluded.expires_at WHERE task = excluded.task OR expires_at <= excluded.at"_s,
                           {project.toString(), path, task.value(), toMillis(now), toMillis(now + duration)}));
    HUB_TRY(const auto held,
            m_database.select(u"SELECT "_s + claimColumns + u" FROM claim WHERE project = ? AND path = ?"_s,
                              {project.toString(), path}, claimFrom));
    if (held.isEmpty())
        return fail(ErrorCode::Internal, u"the claim on %1 was not stored"_s.arg(path));
    return held.first();
}

Result<bool> HoldStore::release(const ProjectName &project, const QString &path, std::optional<TaskId> onlyOf)
{
    // The row stays, expired, so that the next holder's fence is higher than this one's.
    QString sql = u"UPDATE claim SET expires_at = 0 WHERE project = ? AND path = ? AND expires_at > ?"_s;
    QVariantList parameters{project.toString(), path, toMillis(m_clock.now())};
    if (onlyOf) {
        sql += u" AND task = ?"_s;
        parameters << onlyOf->value();
    }
    HUB_TRY(const qint64 released, m_database.execute(sql, parameters));
    return released > 0;
}

Result<> HoldStore::releaseAllOf(TaskId task)
{
    HUB_CHECK(m_database.execute(u"UPDATE claim SET expires_at = 0 WHERE task = ?"_s, {task.value()}));
    return {};
}

Result<QList<Claim>> HoldStore::claims() const
{
    return m_database.select(u"SELECT "_s + claimColumns + u" FROM claim WHERE expires_at > ? ORDER BY project, path"_s,
                             {toMillis(m_clock.now())}, claimFrom);
}

} // namespace hub::state
