#include "core/state/approvalstore.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString columns =
    u"id, task, run, request, kind, question, detail, state, scope, asked_at, answered_at, answered_by, reason, "
    "reminders"_s;

Result<Approval> approvalFrom(const db::Row &row)
{
    Approval approval{
        .id = ApprovalId::of(row.number(0)), .task = TaskId::of(row.number(1)), .run = RunId::of(row.number(2))};
    approval.request = row.maybeNumber(3);
    approval.kind = row.text(4);
    approval.question = row.text(5);
    HUB_TRY(approval.detail, objectFromJson(row.text(6).toUtf8()));
    HUB_TRY(approval.state, enumFromText(approvalStateTexts, row.text(7), u"approval state"));
    approval.scope = row.text(8);
    approval.askedAt = fromMillis(row.number(9));
    if (!row.isNull(10))
        approval.answeredAt = fromMillis(row.number(10));
    approval.answeredBy = row.text(11);
    approval.reason = row.text(12);
    approval.reminders = int(row.number(13));
    return approval;
}

} // namespace

Result<Approval> ApprovalStore::ask(TaskId task, RunId run, qint64 request, const QString &kind,
                                    const QString &question, const QJsonObject &detail)
{
    HUB_CHECK(m_database.execute(
        u"INSERT INTO approval (task, run, request, kind, question, detail, state, asked_at) VALUES (?,?,?,?,?,?,'open',?)"_s,
        {task.value(), run.value(), request, kind, question, QString::fromUtf8(toJson(detail)),
         toMillis(m_clock.now())}));
    return get(ApprovalId::of(m_database.lastInsertId()));
}

Result<Approval> ApprovalStore::get(ApprovalId id) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + columns + u" FROM approval WHERE id = ?"_s, {id.value()}, approvalFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no approval %1."_s.arg(id.toString()), u"agenthubctl approvals"_s);
    return found.first();
}

Result<QList<Approval>> ApprovalStore::list(std::optional<TaskId> task, std::optional<ApprovalState> state) const
{
    QString sql = u"SELECT "_s + columns + u" FROM approval WHERE 1"_s;
    QVariantList parameters;
    if (task) {
        sql += u" AND task = ?"_s;
        parameters << task->value();
    }
    if (state) {
        sql += u" AND state = ?"_s;
        parameters << textOf(approvalStateTexts, *state);
    }
    return m_database.select(sql + u" ORDER BY id"_s, parameters, approvalFrom);
}

Result<Approval> ApprovalStore::answer(ApprovalId id, bool yes, const QString &scope, const QString &who,
                                       const QString &reason)
{
    HUB_TRY(const Approval approval, get(id));
    if (approval.state != ApprovalState::Open) {
        const QString how = textOf(approvalStateTexts, approval.state);
        return fail(ErrorCode::Conflict, approval.answeredBy.isEmpty()
                                             ? u"%1 was %2 already; nothing was changed."_s.arg(id.toString(), how)
                                             : u"%1 was %2 already by %3; nothing was changed."_s.arg(
                                                   id.toString(), how, approval.answeredBy));
    }
    HUB_CHECK(m_database.execute(
        u"UPDATE approval SET state = ?, scope = ?, answered_at = ?, answered_by = ?, reason = ? WHERE id = ? AND state = 'open'"_s,
        {textOf(approvalStateTexts, yes ? ApprovalState::Allowed : ApprovalState::Denied), scope,
         toMillis(m_clock.now()), who, reason, id.value()}));
    return get(id);
}

Result<> ApprovalStore::withdraw(ApprovalId id, const QString &reason)
{
    HUB_CHECK(m_database.execute(
        u"UPDATE approval SET state = 'withdrawn', answered_at = ?, reason = ? WHERE id = ? AND state = 'open'"_s,
        {toMillis(m_clock.now()), reason, id.value()}));
    return {};
}

Result<QList<Approval>> ApprovalStore::remindedAndClosed() const
{
    return m_database.select(u"SELECT "_s + columns +
                                 u" FROM approval WHERE reminders > 0 AND state <> 'open' ORDER BY id"_s,
                             {}, approvalFrom);
}

Result<> ApprovalStore::setReminders(ApprovalId id, int number)
{
    HUB_CHECK(m_database.execute(u"UPDATE approval SET reminders = ? WHERE id = ?"_s, {number, id.value()}));
    return {};
}

Result<bool> ApprovalStore::isAllowedForTask(TaskId task, const QString &kind) const
{
    HUB_TRY(const auto found,
            m_database.selectOne(
                u"SELECT 1 FROM approval WHERE task = ? AND kind = ? AND state = 'allowed' AND scope = 'task'"_s,
                {task.value(), kind}, [](const db::Row &) { return true; }));
    return found.has_value();
}

} // namespace hub::state
