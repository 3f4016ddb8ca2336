#include "core/state/conversation.h"

#include "core/base/log.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

constexpr qsizetype previewLength = 1000;

Message messageFrom(const db::Row &row)
{
    Message message;
    message.seq = row.number(0);
    message.at = fromMillis(row.number(1));
    if (!row.isNull(2))
        message.turn = TurnId::of(row.number(2));
    if (!row.isNull(3))
        message.run = RunId::of(row.number(3));
    message.role = row.text(4);
    message.kind = row.text(5);
    message.author = row.text(6);
    message.body = row.text(7);
    message.bodyFile = row.text(8);
    return message;
}

struct Range {
    qint64 id, first, last;
    bool shownAgain, countedThen;
};

} // namespace

Result<qint64> Conversation::append(TaskId task, Message message)
{
    message.body = redactSecrets(message.body);
    const QByteArray bytes = message.body.toUtf8();
    if (bytes.size() > BodyStore::inlineLimit) {
        HUB_TRY(message.bodyFile, m_bodies.put(bytes));
        message.body.truncate(previewLength);
    }
    HUB_TRY(const auto seq,
            m_database.selectOne(
                u"INSERT INTO message (task, seq, at, turn, run, role, kind, author, body, body_file) VALUES (?, "
                "(SELECT coalesce(max(seq), 0) + 1 FROM message WHERE task = ?), ?,?,?,?,?,?,?,?) RETURNING seq"_s,
                {task.value(), task.value(), toMillis(m_clock.now()),
                 message.turn ? QVariant(message.turn->value()) : QVariant(),
                 message.run ? QVariant(message.run->value()) : QVariant(), message.role, message.kind, message.author,
                 message.body, message.bodyFile.isEmpty() ? QVariant() : QVariant(message.bodyFile)},
                [](const db::Row &row) { return row.number(0); }));
    return seq.value_or(0);
}

Result<QList<Message>> Conversation::list(TaskId task, const MessageFilter &filter) const
{
    QString sql =
        u"SELECT seq, at, turn, run, role, kind, author, body, body_file FROM visible_message WHERE task = ? AND seq > ?"_s;
    QVariantList parameters{task.value(), filter.afterSeq};
    if (filter.since) {
        sql += u" AND at >= ?"_s;
        parameters << toMillis(*filter.since);
    }
    if (!filter.kinds.isEmpty()) {
        sql += u" AND kind IN (?"_s + u",?"_s.repeated(filter.kinds.size() - 1) + u')';
        for (const QString &kind : filter.kinds)
            parameters << kind;
    }
    sql += u" ORDER BY seq"_s;
    if (filter.newest > 0) {
        sql += u" DESC LIMIT ?"_s;
        parameters << filter.newest;
    }
    HUB_TRY(auto messages, m_database.select(sql, parameters, messageFrom));
    if (filter.newest > 0)
        std::reverse(messages.begin(), messages.end());
    return messages;
}

Result<qint64> Conversation::lastSeq(TaskId task) const
{
    HUB_TRY(const auto seq, m_database.selectOne(u"SELECT coalesce(max(seq), 0) FROM message WHERE task = ?"_s,
                                                 {task.value()}, [](const db::Row &row) { return row.number(0); }));
    return seq.value_or(0);
}

Result<QStringList> Conversation::errors(TaskId task, int newest) const
{
    return m_database.select(
        u"SELECT body FROM message WHERE role = 'hub' AND kind = 'error' AND task = ? ORDER BY seq DESC LIMIT ?"_s,
        {task.value(), newest}, [](const db::Row &row) { return row.text(0); });
}

Result<Conversation::ErrorCount> Conversation::errorsSince(const AgentName &agent, Instant since) const
{
    HUB_TRY(const auto count,
            m_database.selectOne(u"SELECT count(*), count(DISTINCT message.task) FROM message JOIN task ON task.id = "
                                 "message.task WHERE role = 'hub' AND kind = 'error' AND at >= ? AND agent = ?"_s,
                                 {toMillis(since), agent.toString()}, [](const db::Row &row) {
                                     return ErrorCount{row.number(0), row.number(1)};
                                 }));
    return count.value_or(ErrorCount());
}

Result<QString> Conversation::wholeBody(const Message &message) const
{
    if (message.bodyFile.isEmpty())
        return message.body;
    HUB_TRY(const QByteArray bytes, m_bodies.get(message.bodyFile));
    return QString::fromUtf8(bytes);
}

Result<> Conversation::returnTo(TaskId task, qint64 seq, qint64 at, OperationId operation)
{
    HUB_TRY(const auto ranges,
            m_database.select(
                u"SELECT id, first_seq, last_seq, shown_at IS NOT NULL, "
                "hidden_at <= ? AND (shown_at IS NULL OR shown_at > ?) FROM hidden_range WHERE task = ?"_s,
                {seq, seq, task.value()}, [](const db::Row &row) {
                    return Range{row.number(0), row.number(1), row.number(2), row.number(3) != 0, row.number(4) != 0};
                }));
    const auto hide = [&](qint64 first, qint64 last) -> Result<> {
        HUB_CHECK(m_database.execute(
            u"INSERT INTO hidden_range (task, first_seq, last_seq, hidden_at, operation) VALUES (?,?,?,?,?)"_s,
            {task.value(), first, last, at, operation.value()}));
        return {};
    };
    for (const Range &range : ranges) {
        if (!range.shownAgain && !range.countedThen)
            HUB_CHECK(m_database.execute(u"UPDATE hidden_range SET shown_at = ? WHERE id = ?"_s, {at, range.id}));
        if (range.shownAgain && range.countedThen)
            HUB_CHECK(hide(range.first, range.last));
    }
    if (at - 1 > seq)
        HUB_CHECK(hide(seq + 1, at - 1));
    return {};
}

Result<TurnId> Conversation::beginTurn(TaskId task, std::optional<RunId> run)
{
    HUB_CHECK(m_database.execute(u"INSERT INTO turn (task, run, state, started_at) VALUES (?,?,'open',?)"_s,
                                 {task.value(), run ? QVariant(run->value()) : QVariant(), toMillis(m_clock.now())}));
    return TurnId::of(m_database.lastInsertId());
}

Result<> Conversation::setTurnRun(TurnId turn, RunId run)
{
    HUB_CHECK(m_database.execute(u"UPDATE turn SET run = ? WHERE id = ?"_s, {run.value(), turn.value()}));
    return {};
}

Result<> Conversation::endTurn(TurnId turn, const QString &state, const QString &outcome)
{
    HUB_CHECK(
        m_database.execute(u"UPDATE turn SET state = ?, outcome = ?, ended_at = ? WHERE id = ? AND state = 'open'"_s,
                           {state, outcome, toMillis(m_clock.now()), turn.value()}));
    return {};
}

Result<std::optional<Turn>> Conversation::openTurn(TaskId task) const
{
    return m_database.selectOne(
        u"SELECT id, task, run, started_at FROM turn WHERE task = ? AND state = 'open' ORDER BY id DESC LIMIT 1"_s,
        {task.value()}, [](const db::Row &row) {
            return Turn{TurnId::of(row.number(0)), TaskId::of(row.number(1)),
                        row.isNull(2) ? std::nullopt : std::optional(RunId::of(row.number(2))),
                        fromMillis(row.number(3))};
        });
}

Result<bool> Conversation::lastTurnEnded(TaskId task) const
{
    HUB_TRY(const auto state, m_database.selectOne(u"SELECT state FROM turn WHERE task = ? ORDER BY id DESC LIMIT 1"_s,
                                                   {task.value()}, [](const db::Row &row) { return row.text(0); }));
    return state == u"ended"_s;
}

} // namespace hub::state
