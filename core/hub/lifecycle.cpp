#include "core/hub/lifecycle.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/commands/reply.h"
#include "core/commands/toolspec.h"

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

// As an answer is stored and comes back: {"result":{…}} or {"error":{…}}.
QJsonObject stored(const Result<QJsonObject> &answer)
{
    return answer ? QJsonObject{{u"result"_s, *answer}} : QJsonObject{{u"error"_s, commands::toJson(answer.error())}};
}

Result<QJsonObject> fromStored(const QJsonObject &stored)
{
    if (stored.contains(u"error"_s))
        return commands::errorFromJson(stored.value(u"error"_s).toObject());
    return stored.value(u"result"_s).toObject();
}

const QString stdioPrefix = u"stdio:"_s;

// A JSON-RPC id as part of a key, and back.
QString keyOf(const QJsonValue &id) { return stdioPrefix + QString::fromUtf8(toJson(QJsonArray{id})); }
QJsonValue idOf(const QString &key)
{
    return QJsonDocument::fromJson(key.mid(stdioPrefix.size()).toUtf8()).array().at(0);
}

} // namespace

Lifecycle::Lifecycle(state::Stores &stores, agents::TaskDriver &driver, agents::RunKeeper &runs,
                     recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts, Workers &workers,
                     const Settings &settings)
    : m_stores(stores)
    , m_driver(driver)
    , m_runs(runs)
    , m_checkpointer(checkpointer)
    , m_alerts(alerts)
    , m_workers(workers)
    , m_settings(settings)
{
    driver.setToolPort(*this);
}

QFuture<Result<QJsonObject>> Lifecycle::call(const ToolCall &call)
{
    if (!call.caller.run) {
        return readyFuture<QJsonObject>(
            fail(ErrorCode::Refused, u"'tool' is for agents that AgentHub runs; this process is none of them."_s,
                 u"People use the commands: agenthubctl help"_s));
    }
    if (call.key.isEmpty() || call.key.startsWith(stdioPrefix))
        return readyFuture<QJsonObject>(fail(ErrorCode::InvalidInput, u"The call needs a key of its own."_s));
    const RunId id = *call.caller.run;
    auto promise = std::make_shared<QPromise<Result<QJsonObject>>>();
    promise->start();
    auto future = promise->future();
    auto begun = m_stores.commits.submit([this, id, call, promise]() -> Result<std::optional<QJsonObject>> {
        HUB_TRY(const Run run, m_stores.runs.get(id));
        HUB_TRY(const auto added, m_stores.runs.addToolRequest(id, call.key, u"socket"_s, call.method, call.arguments));
        const auto &[request, isNew] = added;
        if (request.answer)
            return request.answer;
        if (isNew)
            HUB_CHECK(begin(run, request));
        HUB_TRY(const ToolRequest now, m_stores.runs.toolRequest(request.id));
        if (now.answer)
            return now.answer;
        m_callers.emplace(request.id, promise);
        return std::optional<QJsonObject>();
    });
    whenDone(std::move(begun), this, [promise](const Result<std::optional<QJsonObject>> &answer) {
        if (answer && !*answer)
            return; // answered later, through m_callers
        promise->addResult(answer ? fromStored(**answer) : Result<QJsonObject>(answer.error()));
        promise->finish();
    });
    return future;
}

Result<> Lifecycle::onAsked(const Run &run, const agents::Asked &asked)
{
    if (asked.id.isUndefined() || asked.id.isNull()) {
        // A notification: done, and nobody hears how it went. The spool's position makes it happen once.
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        const commands::ToolSpec *spec = commands::findTool(asked.method);
        const auto checked =
            spec ? commands::checkToolArguments(*spec, asked.arguments) : Result<QJsonObject>(QJsonObject());
        if (spec && checked && (asked.method == u"report_progress" || asked.method == u"log_decision")) {
            const auto done = process({run, task, {0, run.id, {}, u"stdio"_s, asked.method, *checked, {}}});
            if (!done)
                return done.error();
        }
        return {};
    }
    HUB_TRY(const auto added,
            m_stores.runs.addToolRequest(run.id, keyOf(asked.id), u"stdio"_s, asked.method, asked.arguments));
    const auto &[request, isNew] = added;
    if (isNew)
        return begin(run, request);
    if (request.answer) { // asked again with the same id: the same answer
        HUB_TRY(const agents::Adapter *adapter, agents::adapterNamed(run.adapter));
        HUB_CHECK(m_stores.runs.addInput(run.id, adapter->answer(asked.id, fromStored(*request.answer))));
    }
    return {};
}

Result<> Lifecycle::begin(const Run &run, const ToolRequest &request)
{
    const commands::ToolSpec *spec = commands::findTool(request.method);
    if (!spec)
        return answer(request.id,
                      fail(ErrorCode::InvalidInput, u"There is no lifecycle method '%1'."_s.arg(request.method)));
    auto arguments = commands::checkToolArguments(*spec, request.arguments);
    if (!arguments)
        return answer(request.id, std::move(arguments).error());
    HUB_TRY(const Task task, m_stores.tasks.get(run.task));
    if (isEnded(task.state) && request.method != u"get_rollback_options") {
        return answer(request.id,
                      fail(ErrorCode::Refused, u"Task #%1 is %2; there is nothing more to do."_s.arg(
                                                   task.id.toString(), textOf(taskStateTexts, task.state))));
    }
    Context context{run, task, request};
    context.request.method = QString(spec->name);
    context.request.arguments = *arguments;
    HUB_TRY(const auto now, process(context));
    return now ? answer(request.id, *now) : Result<>();
}

Result<std::optional<Lifecycle::Answer>> Lifecycle::process(const Context &context)
{
    struct Method {
        QLatin1StringView name;
        Result<std::optional<Answer>> (Lifecycle::*call)(const Context &);
    };
    static constexpr Method methods[]{{"prepare_for_task"_L1, &Lifecycle::prepareForTask},
                                      {"start_task_with_reliability"_L1, &Lifecycle::startTask},
                                      {"validate_safe_to_proceed"_L1, &Lifecycle::validate},
                                      {"save_checkpoint"_L1, &Lifecycle::saveCheckpoint},
                                      {"report_progress"_L1, &Lifecycle::reportProgress},
                                      {"resume_from_checkpoint"_L1, &Lifecycle::resumeFrom},
                                      {"get_rollback_options"_L1, &Lifecycle::rollbackOptions},
                                      {"complete_task_safely"_L1, &Lifecycle::complete},
                                      {"request_file_access"_L1, &Lifecycle::requestFiles},
                                      {"release_file_access"_L1, &Lifecycle::releaseFiles},
                                      {"log_decision"_L1, &Lifecycle::logDecision},
                                      {"commit_atomically"_L1, &Lifecycle::commitAtomically},
                                      {"request_approval"_L1, &Lifecycle::requestApproval},
                                      {"await_approval"_L1, &Lifecycle::awaitApproval}};
    for (const Method &method : methods) {
        if (method.name == context.request.method)
            return (this->*method.call)(context);
    }
    return std::optional<Answer>(
        fail(ErrorCode::Internal, u"%1 is declared but not implemented"_s.arg(context.request.method)));
}

// Inside work. The answer, its effects and the position of the request are committed together, before it is sent.
Result<> Lifecycle::answer(qint64 id, const Answer &answer)
{
    HUB_TRY(const ToolRequest request, m_stores.runs.toolRequest(id));
    if (request.answer)
        return {};
    HUB_CHECK(m_stores.runs.answerToolRequest(id, stored(answer)));
    if (request.channel == u"stdio") {
        HUB_TRY(const Run run, m_stores.runs.get(request.run));
        HUB_TRY(const agents::Adapter *adapter, agents::adapterNamed(run.adapter));
        HUB_CHECK(m_stores.runs.addInput(run.id, adapter->answer(idOf(request.key), answer)));
    }
    m_stores.commits.afterCommit([this, id, run = request.run, answer] {
        m_runs.sendInputs(run);
        const auto [first, last] = m_callers.equal_range(id);
        for (auto it = first; it != last; ++it) {
            it->second->addResult(answer);
            it->second->finish();
        }
        m_callers.erase(first, last);
    });
    return {};
}

void Lifecycle::answerLater(qint64 id, const Answer &reply, const std::function<Result<qint64>()> &also)
{
    // After a shutdown began nothing is lost: the request waits, and the next hub goes on with it.
    if (!reply && reply.error().code == ErrorCode::ShuttingDown)
        return;
    m_stores.commits.submitOrLog(u"answering call %1"_s.arg(id), [this, id, reply, also]() -> Result<> {
        if (also)
            HUB_CHECK(also());
        return answer(id, reply);
    });
}

Result<> Lifecycle::onRunEnded(const Run &run)
{
    HUB_TRY(const auto approvals, m_stores.approvals.list(run.task, ApprovalState::Open));
    for (const Approval &approval : approvals) {
        if (approval.run != run.id)
            continue;
        HUB_CHECK(m_stores.approvals.withdraw(approval.id, u"the agent that asked has ended"_s));
        m_stores.commits.afterCommit([this, id = approval.id] {
            if (const auto changed = m_stores.approvals.get(id))
                Q_EMIT approvalChanged(*changed);
        });
    }
    HUB_TRY(const auto waiting, m_stores.runs.waitingToolRequests(run.id));
    for (const ToolRequest &request : waiting)
        HUB_CHECK(answer(request.id, fail(ErrorCode::Refused, u"The agent that asked has ended."_s)));
    return {};
}

void Lifecycle::resumeWaiting()
{
    m_stores.commits.submitOrLog(u"going on with unanswered calls"_s, [this]() -> Result<> {
        HUB_TRY(const auto living, m_stores.runs.living());
        for (const Run &run : living) {
            HUB_TRY(const auto waiting, m_stores.runs.waitingToolRequests(run.id));
            for (const ToolRequest &request : waiting)
                HUB_CHECK(begin(run, request));
        }
        return {};
    });
}

Result<Approval> Lifecycle::answerApproval(ApprovalId id, bool yes, const QString &scope, const QString &who,
                                           const QString &reason)
{
    HUB_TRY(const Approval approval, m_stores.approvals.answer(id, yes, scope, who, reason));
    HUB_CHECK(m_stores.talk.append(
        approval.task, {.run = approval.run,
                        .role = u"person"_s,
                        .kind = u"approval"_s,
                        .author = who,
                        .body = (yes ? u"Allowed %1: %2"_s : u"Denied %1: %2"_s).arg(id.toString(), approval.question) +
                                (reason.isEmpty() ? QString() : u" ("_s + reason + u')')}));
    // Everybody who waits for this answer gets it now.
    HUB_TRY(const auto waiting, m_stores.runs.waitingToolRequests(approval.run));
    for (const ToolRequest &request : waiting) {
        if (request.method == u"await_approval" &&
            ApprovalId::parse(request.arguments.value(u"approval_id"_s).toString()) == id) {
            HUB_CHECK(answer(request.id, QJsonObject{{u"approval_id"_s, id.toString()},
                                                     {u"state"_s, textOf(approvalStateTexts, approval.state)},
                                                     {u"allowed"_s, yes},
                                                     {u"reason"_s, reason}}));
        }
    }
    HUB_TRY(const Task task, m_stores.tasks.get(approval.task));
    if (task.state == TaskState::AwaitingApproval) {
        HUB_TRY(const TaskState state, m_driver.stateByRun(task));
        HUB_CHECK(m_stores.tasks.setState(task.id, state, {}));
        m_driver.announce(task.id);
    }
    m_stores.commits.afterCommit([this, approval] { Q_EMIT approvalChanged(approval); });
    return approval;
}

} // namespace hub
