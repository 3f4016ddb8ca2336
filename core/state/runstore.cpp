#include "core/state/runstore.h"

#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

const QString runColumns =
    u"id, task, agent, adapter, folder, state, started_at, ended_at, end_reason, ending, shim_pid, "
    "shim_start, agent_pid, agent_start, boot, spool_segment, spool_offset, spool_sequence, out_done, err_done, freeze_method, cgroup"_s;

Result<Run> runFrom(const db::Row &row)
{
    const auto agent = AgentName::parse(row.text(2));
    if (!agent)
        return fail(ErrorCode::Corrupt, u"run %1 names no valid agent"_s.arg(row.number(0)));
    Run run{.id = RunId::of(row.number(0)), .task = TaskId::of(row.number(1)), .agent = *agent};
    run.adapter = row.text(3);
    run.folder = row.text(4);
    HUB_TRY(run.state, enumFromText(runStateTexts, row.text(5), u"run state"));
    run.startedAt = fromMillis(row.number(6));
    if (!row.isNull(7))
        run.endedAt = fromMillis(row.number(7));
    run.endReason = row.text(8);
    run.ending = row.number(9) != 0;
    run.shim = {row.number(10), row.number(11)};
    run.agentProcess = {row.number(12), row.number(13)};
    run.boot = row.text(14);
    run.position = {row.number(15), row.number(16), row.number(17), row.number(18), row.number(19)};
    run.freezeMethod = row.text(20);
    run.group = row.text(21);
    return run;
}

Result<ToolRequest> toolRequestFrom(const db::Row &row)
{
    ToolRequest request{row.number(0), RunId::of(row.number(1)), row.text(2), row.text(3), row.text(4), {}, {}};
    HUB_TRY(request.arguments, objectFromJson(row.text(5).toUtf8()));
    if (!row.isNull(6)) {
        HUB_TRY(request.answer, objectFromJson(row.text(6).toUtf8()));
    }
    return request;
}

const QString toolColumns = u"id, run, key, channel, method, arguments, answer"_s;

} // namespace

Result<Run> RunStore::create(TaskId task, const AgentName &agent, const QString &adapter, const QString &folderPattern)
{
    HUB_CHECK(m_database.execute(
        u"INSERT INTO run (task, agent, adapter, folder, state, started_at) VALUES (?,?,?,'','starting',?)"_s,
        {task.value(), agent.toString(), adapter, toMillis(m_clock.now())}));
    const qint64 id = m_database.lastInsertId();
    HUB_CHECK(m_database.execute(u"UPDATE run SET folder = ? WHERE id = ?"_s, {folderPattern.arg(id), id}));
    return get(RunId::of(id));
}

Result<Run> RunStore::get(RunId id) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + runColumns + u" FROM run WHERE id = ?"_s, {id.value()}, runFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no run %1."_s.arg(id.toString()));
    return found.first();
}

Result<QList<Run>> RunStore::living() const
{
    return m_database.select(
        u"SELECT "_s + runColumns + u" FROM run WHERE state IN ('starting','running') ORDER BY id"_s, {}, runFrom);
}

Result<std::optional<Run>> RunStore::livingOf(TaskId task) const
{
    HUB_TRY(const auto found,
            m_database.select(u"SELECT "_s + runColumns +
                                  u" FROM run WHERE task = ? AND state IN ('starting','running') ORDER BY id DESC"_s,
                              {task.value()}, runFrom));
    return found.isEmpty() ? std::optional<Run>() : found.first();
}

Result<QList<Run>> RunStore::ofTask(TaskId task) const
{
    return m_database.select(u"SELECT "_s + runColumns + u" FROM run WHERE task = ? ORDER BY id DESC"_s, {task.value()},
                             runFrom);
}

Result<QList<Run>> RunStore::ofProjectSince(const ProjectName &project, Instant since) const
{
    return m_database.select(u"SELECT "_s + runColumns +
                                 u" FROM run WHERE task IN (SELECT id FROM task WHERE project = ?) "
                                 "AND (state IN ('starting','running') OR ended_at >= ?) ORDER BY id DESC"_s,
                             {project.toString(), toMillis(since)}, runFrom);
}

Result<QList<Run>> RunStore::ofAgent(const AgentName &agent, int newest) const
{
    return m_database.select(u"SELECT "_s + runColumns + u" FROM run WHERE agent = ? ORDER BY id DESC LIMIT ?"_s,
                             {agent.toString(), newest}, runFrom);
}

Result<> RunStore::setStarted(RunId id, const Run &started)
{
    HUB_CHECK(m_database.execute(
        u"UPDATE run SET state = 'running', shim_pid = ?, shim_start = ?, agent_pid = ?, agent_start = ?, "
        "boot = ?, freeze_method = ?, cgroup = ? WHERE id = ? AND state IN ('starting','running')"_s,
        {started.shim.pid, started.shim.startTicks, started.agentProcess.pid, started.agentProcess.startTicks,
         started.boot, started.freezeMethod, started.group, id.value()}));
    return {};
}

Result<> RunStore::setEnding(RunId id, const QString &reason)
{
    HUB_CHECK(m_database.execute(u"UPDATE run SET ending = 1, end_reason = ? WHERE id = ? AND ending = 0"_s,
                                 {reason, id.value()}));
    return {};
}

Result<> RunStore::setEnded(RunId id, RunState state, std::optional<int> exitCode, std::optional<int> exitSignal,
                            const QString &reason)
{
    HUB_CHECK(m_database.execute(u"UPDATE run SET state = ?, ended_at = ?, exit_code = ?, exit_signal = ?, "
                                 "end_reason = CASE WHEN end_reason = '' THEN ? ELSE end_reason END WHERE id = ?"_s,
                                 {textOf(runStateTexts, state), toMillis(m_clock.now()),
                                  exitCode ? QVariant(*exitCode) : QVariant(),
                                  exitSignal ? QVariant(*exitSignal) : QVariant(), reason, id.value()}));
    return {};
}

Result<> RunStore::setPosition(RunId id, const IngestPosition &position)
{
    HUB_CHECK(m_database.execute(
        u"UPDATE run SET spool_segment = ?, spool_offset = ?, spool_sequence = ?, out_done = ?, "
        "err_done = ? WHERE id = ?"_s,
        {position.segment, position.offset, position.sequence, position.outDone, position.errDone, id.value()}));
    return {};
}

Result<> RunStore::addInput(RunId id, const QByteArray &bytes)
{
    for (qsizetype from = 0; from < bytes.size(); from += largestInput)
        HUB_CHECK(addRow(id, bytes.mid(from, largestInput)));
    return {};
}

Result<> RunStore::endInput(RunId id) { return addRow(id, std::nullopt); }

Result<> RunStore::addRow(RunId id, const std::optional<QByteArray> &bytes)
{
    HUB_TRY(const auto number,
            m_database.selectOne(u"UPDATE run SET next_input = next_input + 1 WHERE id = ? RETURNING next_input - 1"_s,
                                 {id.value()}, [](const db::Row &row) { return row.number(0); }));
    if (!number)
        return fail(ErrorCode::NotFound, u"There is no run %1."_s.arg(id.toString()));
    HUB_CHECK(
        m_database.execute(u"INSERT INTO run_input (run, number, at, bytes) VALUES (?,?,?,?)"_s,
                           {id.value(), *number, toMillis(m_clock.now()), bytes ? QVariant(*bytes) : QVariant()}));
    return {};
}

Result<QList<RunInput>> RunStore::inputsAfter(RunId id, qint64 number) const
{
    return m_database.select(
        u"SELECT number, bytes FROM run_input WHERE run = ? AND number > ? ORDER BY number"_s, {id.value(), number},
        [](const db::Row &row) {
            return RunInput{row.number(0), row.isNull(1) ? std::optional<QByteArray>() : std::optional(row.bytes(1))};
        });
}

Result<qint64> RunStore::openRequest(RunId id, const QString &kind, std::optional<TurnId> turn)
{
    HUB_TRY(const auto request,
            m_database.selectOne(
                u"UPDATE run SET next_request = next_request + 1 WHERE id = ? RETURNING next_request - 1"_s,
                {id.value()}, [](const db::Row &row) { return row.number(0); }));
    if (!request)
        return fail(ErrorCode::NotFound, u"There is no run %1."_s.arg(id.toString()));
    HUB_CHECK(m_database.execute(u"INSERT INTO open_request (run, request, kind, turn) VALUES (?,?,?,?)"_s,
                                 {id.value(), *request, kind, turn ? QVariant(turn->value()) : QVariant()}));
    return *request;
}

Result<std::optional<RunStore::OpenRequest>> RunStore::closeRequest(RunId id, qint64 request)
{
    return m_database.selectOne(
        u"DELETE FROM open_request WHERE run = ? AND request = ? RETURNING kind, turn"_s, {id.value(), request},
        [](const db::Row &row) {
            return OpenRequest{row.text(0), row.isNull(1) ? std::nullopt : std::optional(TurnId::of(row.number(1)))};
        });
}

Result<std::optional<qint64>> RunStore::requestOfTurn(RunId id, TurnId turn) const
{
    return m_database.selectOne(u"SELECT request FROM open_request WHERE run = ? AND turn = ?"_s,
                                {id.value(), turn.value()}, [](const db::Row &row) { return row.number(0); });
}

Result<std::pair<ToolRequest, bool>> RunStore::addToolRequest(RunId run, const QString &key, const QString &channel,
                                                              const QString &method, const QJsonObject &arguments)
{
    const auto stored = [&] {
        return m_database.select(u"SELECT "_s + toolColumns + u" FROM tool_request WHERE run = ? AND key = ?"_s,
                                 {run.value(), key}, toolRequestFrom);
    };
    HUB_TRY(const auto before, stored());
    if (!before.isEmpty())
        return std::pair(before.first(), false);
    HUB_CHECK(m_database.execute(
        u"INSERT INTO tool_request (run, key, channel, method, arguments, at) VALUES (?,?,?,?,?,?)"_s,
        {run.value(), key, channel, method, QString::fromUtf8(toJson(arguments)), toMillis(m_clock.now())}));
    HUB_TRY(const auto added, stored());
    return std::pair(added.first(), true);
}

Result<> RunStore::answerToolRequest(qint64 id, const QJsonObject &answer)
{
    HUB_CHECK(m_database.execute(u"UPDATE tool_request SET answer = ? WHERE id = ? AND answer IS NULL"_s,
                                 {QString::fromUtf8(toJson(answer)), id}));
    return {};
}

Result<ToolRequest> RunStore::toolRequest(qint64 id) const
{
    HUB_TRY(const auto found, m_database.select(u"SELECT "_s + toolColumns + u" FROM tool_request WHERE id = ?"_s, {id},
                                                toolRequestFrom));
    if (found.isEmpty())
        return fail(ErrorCode::NotFound, u"There is no request %1."_s.arg(id));
    return found.first();
}

Result<QList<ToolRequest>> RunStore::waitingToolRequests(RunId run) const
{
    return m_database.select(u"SELECT "_s + toolColumns +
                                 u" FROM tool_request WHERE run = ? AND answer IS NULL ORDER BY id"_s,
                             {run.value()}, toolRequestFrom);
}

} // namespace hub::state
