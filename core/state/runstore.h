// Runs, their inputs, and the requests that travel both ways. Hub thread, inside CommitGroup work: the position in the
// spool, the messages found before it and the answers they caused are committed together.
#pragma once

#include "core/db/database.h"
#include "core/state/run.h"

namespace hub::state
{

class RunStore
{
public:
    RunStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    // `folderPattern` contains %1 for the new run's number.
    Result<Run> create(TaskId task, const AgentName &agent, const QString &adapter, const QString &folderPattern);
    Result<Run> get(RunId id) const;
    Result<QList<Run>> living() const; // starting and running
    Result<std::optional<Run>> livingOf(TaskId task) const;
    Result<QList<Run>> ofTask(TaskId task) const; // newest first
    // Those that live, and those that ended since; newest first.
    Result<QList<Run>> ofProjectSince(const ProjectName &project, Instant since) const;
    Result<QList<Run>> ofAgent(const AgentName &agent, int newest) const;

    // Of `started` only shim, agentProcess, boot, freezeMethod and group are stored.
    Result<> setStarted(RunId id, const Run &started);
    Result<> setEnding(RunId id, const QString &reason);
    Result<> setEnded(RunId id, RunState state, std::optional<int> exitCode, std::optional<int> exitSignal,
                      const QString &reason);
    Result<> setPosition(RunId id, const IngestPosition &position);

    // Stored before it is sent, numbered from 1 without gaps. Long ones become several rows of at most largestInput.
    Result<> addInput(RunId id, const QByteArray &bytes);
    Result<> endInput(RunId id);
    Result<QList<RunInput>> inputsAfter(RunId id, qint64 number) const;

    // JSON-RPC ids of the hub's requests come from here, so they are never used twice in a run.
    Result<qint64> openRequest(RunId id, const QString &kind, std::optional<TurnId> turn);
    struct OpenRequest {
        QString kind;
        std::optional<TurnId> turn;
    };
    Result<std::optional<OpenRequest>> closeRequest(RunId id, qint64 request);

    // The prompt that began this turn, while it is unanswered.
    Result<std::optional<qint64>> requestOfTurn(RunId id, TurnId turn) const;

    // The stored request when the key was seen before (second: false), else a new one (true).
    Result<std::pair<ToolRequest, bool>> addToolRequest(RunId run, const QString &key, const QString &channel,
                                                        const QString &method, const QJsonObject &arguments);
    Result<> answerToolRequest(qint64 id, const QJsonObject &answer);
    Result<ToolRequest> toolRequest(qint64 id) const;
    Result<QList<ToolRequest>> waitingToolRequests(RunId run) const;

    static constexpr qsizetype largestInput = 65536; // bytes; what a shim takes at once

private:
    Result<> addRow(RunId id, const std::optional<QByteArray> &bytes);

    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
