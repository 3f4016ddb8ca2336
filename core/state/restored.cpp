#include "core/state/restored.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{
// Larger than what can have come since the copy: tasks and the like, checkpoints of one task.
constexpr qint64 jump = 1000, checkpointJump = 100000;
} // namespace

Result<> settleRestored(db::Database &copy, const QString &reason, Instant now)
{
    const struct {
        QString sql;
        QVariantList parameters = {};
    } steps[]{
        {u"INSERT OR REPLACE INTO meta (key, value) SELECT 'unknown_checkpoints:' || id || ':' || next_checkpoint, "
         "next_checkpoint + ? FROM task"_s,
         {checkpointJump}},
        {u"UPDATE task SET next_checkpoint = next_checkpoint + ?"_s, {checkpointJump}},
        // A table that had no row yet gave out no number, as far as the copy knows.
        {u"INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_schema WHERE type = 'table' AND sql LIKE "
         "'%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)"_s},
        {u"UPDATE sqlite_sequence SET seq = seq + ?"_s, {jump}},
        {u"UPDATE run SET state = 'interrupted', ended_at = ?, end_reason = ? WHERE state IN ('starting','running')"_s,
         {toMillis(now), reason}},
        {u"DELETE FROM open_request"_s},
        {u"UPDATE tool_request SET answer = '{\"error\":{\"code\":-32000,\"message\":\"interrupted\"}}' WHERE answer "
         "IS NULL"_s},
        {u"UPDATE turn SET state = 'interrupted', ended_at = ?, outcome = ? WHERE state = 'open'"_s,
         {toMillis(now), reason}},
        {u"UPDATE task SET state = 'interrupted', reason = ? WHERE state IN ('preparing','running','awaiting_approval')"_s,
         {reason}},
        {u"UPDATE approval SET state = 'withdrawn', reason = ? WHERE state = 'open'"_s, {reason}},
        {u"UPDATE operation SET state = 'failed', ended_at = ? WHERE state = 'executing'"_s, {toMillis(now)}},
        {u"UPDATE project SET doing = '{}'"_s},
        {u"DELETE FROM known_ref"_s},
        {u"DELETE FROM authorised_ref"_s},
        {u"DELETE FROM ref_watch"_s},
        {u"INSERT OR REPLACE INTO safe_mode (id, since, who, reason) VALUES (1, ?, 'the hub', ?)"_s,
         {toMillis(now), reason}}};
    HUB_CHECK(copy.run(u"BEGIN IMMEDIATE"_s));
    for (const auto &step : steps) {
        if (auto done = copy.execute(step.sql, step.parameters); !done) {
            HUB_CHECK(copy.run(u"ROLLBACK"_s));
            return done.error();
        }
    }
    return copy.run(u"COMMIT"_s);
}

} // namespace hub::state
