// The lifecycle methods that agents call, whichever way the call came: over their stdio (as JSON-RPC lines in the
// spool) or over the local API (`agenthubctl tool`). Each call is a row with a key; the same key again gives the same
// answer and does nothing twice. Hub thread.
#pragma once

#include "core/agents/taskdriver.h"
#include "core/hub/hubport.h"

#include <map>

namespace hub
{

class Lifecycle final : public QObject, public agents::ToolPort
{
    Q_OBJECT

public:
    Lifecycle(state::Stores &stores, agents::TaskDriver &driver, agents::RunKeeper &runs,
              recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts, Workers &workers,
              const Settings &settings);

    // Over the local API. The caller is a run; others are refused.
    QFuture<Result<QJsonObject>> call(const ToolCall &call);

    // agents::ToolPort: over stdio, inside the transaction that moves the run's position.
    Result<> onAsked(const Run &run, const agents::Asked &asked) override;
    Result<> onRunEnded(const Run &run) override;

    // Inside CommitGroup work: a person answered; whoever waits for it is told.
    Result<Approval> answerApproval(ApprovalId id, bool yes, const QString &scope, const QString &who,
                                    const QString &reason);

    // At start, after the runs were adopted: goes on with calls that the last hub had not answered.
    void resumeWaiting();

Q_SIGNALS:
    void approvalChanged(const hub::Approval &approval);

private:
    struct Context {
        Run run;
        Task task;
        ToolRequest request;
    };
    using Answer = Result<QJsonObject>;

    // Answers at once with a value, or later through answer() with nothing.
    Result<std::optional<Answer>> process(const Context &context);
    Result<> begin(const Run &run, const ToolRequest &request);
    Result<> answer(qint64 request, const Answer &answer);
    void answerLater(qint64 request, const Answer &answer, const std::function<Result<qint64>()> &also = {});

    Result<std::optional<Answer>> validate(const Context &context);
    Result<std::optional<Answer>> prepareForTask(const Context &context);
    Result<std::optional<Answer>> startTask(const Context &context);
    Result<std::optional<Answer>> saveCheckpoint(const Context &context);
    Result<std::optional<Answer>> reportProgress(const Context &context);
    Result<std::optional<Answer>> resumeFrom(const Context &context);
    Result<std::optional<Answer>> rollbackOptions(const Context &context);
    Result<std::optional<Answer>> complete(const Context &context);
    Result<std::optional<Answer>> requestFiles(const Context &context);
    Result<std::optional<Answer>> releaseFiles(const Context &context);
    Result<std::optional<Answer>> logDecision(const Context &context);
    Result<std::optional<Answer>> commitAtomically(const Context &context);
    Result<std::optional<Answer>> requestApproval(const Context &context);
    Result<std::optional<Answer>> awaitApproval(const Context &context);

    Result<QStringList> reasonsAgainst(const Task &task) const;
    Result<QStringList> claimProblems(const Context &context, const QStringList &paths, bool take,
                                      std::chrono::seconds duration);
    void checkTree(const Context &context, QStringList reasons);

    state::Stores &m_stores;
    agents::TaskDriver &m_driver;
    agents::RunKeeper &m_runs;
    recovery::Checkpointer &m_checkpointer;
    monitor::AlertCenter &m_alerts;
    Workers &m_workers;
    const Settings &m_settings;
    std::multimap<qint64, std::shared_ptr<QPromise<Result<QJsonObject>>>> m_callers; // of the local API, by request
};

} // namespace hub
