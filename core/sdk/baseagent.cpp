#include "core/sdk/baseagent.h"

#include "core/base/errortexts.h"
#include "core/base/json.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::sdk
{

namespace
{

QByteArray line(QJsonObject message)
{
    message.insert(u"jsonrpc"_s, u"2.0"_s);
    return toJson(message) + '\n';
}

// What is empty counts as left out: the hub then takes its own default.
class Arguments
{
public:
    Arguments &with(const QString &name, const QString &value)
    {
        if (!value.isEmpty())
            m_object.insert(name, value);
        return *this;
    }
    Arguments &with(const QString &name, const QStringList &values)
    {
        if (!values.isEmpty())
            m_object.insert(name, QJsonArray::fromStringList(values));
        return *this;
    }
    Arguments &with(const QString &name, std::optional<int> value)
    {
        if (value)
            m_object.insert(name, *value);
        return *this;
    }
    Arguments &withObject(const QString &name, const QJsonObject &value)
    {
        if (!value.isEmpty())
            m_object.insert(name, value);
        return *this;
    }
    Arguments &withFlag(const QString &name, bool value)
    {
        if (value)
            m_object.insert(name, true);
        return *this;
    }
    operator const QJsonObject &() const { return m_object; }

private:
    QJsonObject m_object;
};

Error errorFrom(const QJsonObject &error)
{
    const QJsonObject data = error.value(u"data"_s).toObject();
    // A code that this version does not know is a failure all the same.
    const auto code = enumFromText(errorCodeTexts, data.value(u"code"_s).toString(), u"error code");
    return fail(code.valueOr(ErrorCode::Conflict), error.value(u"message"_s).toString(),
                data.value(u"hint"_s).toString());
}

} // namespace

Result<> BaseAgent::run(const PromptHandler &handler)
{
    for (;;) {
        while (m_waiting.empty()) {
            HUB_TRY(const auto message, m_pipe.read(std::nullopt));
            if (!message)
                return {};
            take(*message);
        }
        m_present = std::move(m_waiting.front());
        m_waiting.pop_front();
        const Result<> outcome = m_present->cancelled ? Result<>() : handler(m_present->text);
        const Prompt done = *std::exchange(m_present, std::nullopt);
        HUB_CHECK(answer(done, outcome));
    }
}

Result<> BaseAgent::answer(const Prompt &prompt, const Result<> &outcome)
{
    if (!outcome) {
        const QJsonObject error{{u"code"_s, -32000}, {u"message"_s, outcome.error().message}};
        return m_pipe.write(line({{u"id"_s, prompt.request}, {u"error"_s, error}}));
    }
    const QString word = prompt.cancelled ? u"cancelled"_s : u"end_turn"_s;
    return m_pipe.write(line({{u"id"_s, prompt.request}, {u"result"_s, QJsonObject{{u"outcome"_s, word}}}}));
}

void BaseAgent::take(const QJsonObject &message)
{
    const QString method = message.value(u"method"_s).toString();
    const QJsonObject params = message.value(u"params"_s).toObject();
    if (method == u"prompt") {
        // Prompts are numbered upward, so one that is not above the last was sent twice.
        const qint64 request = message.value(u"id"_s).toInteger();
        if (request <= m_lastPrompt) {
            ++m_strays;
            return;
        }
        m_lastPrompt = request;
        m_waiting.push_back({request, params.value(u"text"_s).toString()});
    } else if (method == u"cancel") {
        const qint64 request = params.value(u"id"_s).toInteger();
        if (m_present && m_present->request == request)
            m_present->cancelled = true;
        for (Prompt &prompt : m_waiting)
            prompt.cancelled |= prompt.request == request;
    } else if (method.isEmpty() && m_awaited && message.value(u"id"_s).toInteger() == *m_awaited && !m_answer) {
        m_answer = message;
    } else if (method.isEmpty()) {
        ++m_strays;
    }
    // Other methods are of a newer hub, which knows that an older agent passes over them.
}

bool BaseAgent::cancelled(std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (m_present && !m_present->cancelled) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const auto message = m_pipe.read(std::max(left, std::chrono::milliseconds{0}));
        // Without a hub nobody wants the turn any more.
        if (!message || m_pipe.atEnd())
            return true;
        if (!*message)
            return false;
        take(**message);
    }
    return m_present && m_present->cancelled;
}

Result<> BaseAgent::say(const QString &text)
{
    QByteArray bytes;
    for (const QString &part : text.split(u'\n')) {
        // Text that begins as a message does must not be taken for one.
        bytes += (part.startsWith(u'{') ? u' ' + part : part).toUtf8() + '\n';
    }
    return m_pipe.write(bytes);
}

Result<QJsonObject> BaseAgent::call(const QString &method, const QJsonObject &arguments)
{
    m_awaited = ++m_lastCall;
    m_answer.reset();
    HUB_CHECK(m_pipe.write(line({{u"id"_s, *m_awaited}, {u"method"_s, method}, {u"params"_s, arguments}})));
    while (!m_answer) {
        HUB_TRY(const auto message, m_pipe.read(std::nullopt));
        if (!message)
            return fail(ErrorCode::ShuttingDown, u"The hub closed our input before it answered %1."_s.arg(method));
        take(*message);
    }
    m_awaited.reset();
    const QJsonObject answered = *std::exchange(m_answer, std::nullopt);
    if (answered.contains(u"error"_s))
        return errorFrom(answered.value(u"error"_s).toObject());
    return answered.value(u"result"_s).toObject();
}

Result<QJsonObject> BaseAgent::prepareForTask(const QString &description, const QStringList &paths)
{
    return call(u"prepare_for_task"_s, Arguments().with(u"description"_s, description).with(u"paths"_s, paths));
}

Result<QJsonObject> BaseAgent::startTaskWithReliability(const QString &description, std::optional<int> intervalMinutes)
{
    return call(u"start_task_with_reliability"_s,
                Arguments().with(u"description"_s, description).with(u"interval_minutes"_s, intervalMinutes));
}

Result<QJsonObject> BaseAgent::validateSafeToProceed(const QString &operation, const QStringList &paths)
{
    return call(u"validate_safe_to_proceed"_s, Arguments().with(u"operation"_s, operation).with(u"paths"_s, paths));
}

Result<QJsonObject> BaseAgent::saveCheckpoint(const QString &notes, const QJsonObject &context, bool milestone)
{
    return call(
        u"save_checkpoint"_s,
        Arguments().with(u"notes"_s, notes).withObject(u"context"_s, context).withFlag(u"milestone"_s, milestone));
}

Result<QJsonObject> BaseAgent::reportProgress(const QString &step, std::optional<int> percent, const QString &notes)
{
    return call(u"report_progress"_s,
                Arguments().with(u"step"_s, step).with(u"percent"_s, percent).with(u"notes"_s, notes));
}

Result<QJsonObject> BaseAgent::resumeFromCheckpoint(const QString &checkpointId)
{
    return call(u"resume_from_checkpoint"_s, Arguments().with(u"checkpoint_id"_s, checkpointId));
}

Result<QJsonObject> BaseAgent::getRollbackOptions(std::optional<int> limit)
{
    return call(u"get_rollback_options"_s, Arguments().with(u"limit"_s, limit));
}

Result<QJsonObject> BaseAgent::completeTaskSafely(const QString &summary, const QString &notes)
{
    return call(u"complete_task_safely"_s, Arguments().with(u"summary"_s, summary).with(u"notes"_s, notes));
}

Result<QJsonObject> BaseAgent::requestFileAccess(const QStringList &paths, const QString &reason,
                                                 std::optional<int> minutes)
{
    return call(u"request_file_access"_s,
                Arguments().with(u"paths"_s, paths).with(u"reason"_s, reason).with(u"minutes"_s, minutes));
}

Result<QJsonObject> BaseAgent::releaseFileAccess(const QStringList &paths)
{
    return call(u"release_file_access"_s, Arguments().with(u"paths"_s, paths));
}

Result<QJsonObject> BaseAgent::logDecision(const QString &decision, const QString &reason,
                                           const QStringList &alternatives)
{
    return call(
        u"log_decision"_s,
        Arguments().with(u"decision"_s, decision).with(u"reason"_s, reason).with(u"alternatives"_s, alternatives));
}

Result<QJsonObject> BaseAgent::commitAtomically(const QStringList &paths, const QString &message)
{
    return call(u"commit_atomically"_s, Arguments().with(u"paths"_s, paths).with(u"message"_s, message));
}

Result<QJsonObject> BaseAgent::requestApproval(const QString &action, const QuestionDetail &detail)
{
    return call(u"request_approval"_s, Arguments()
                                           .with(u"action"_s, action)
                                           .with(u"kind"_s, detail.kind)
                                           .with(u"reason"_s, detail.reason)
                                           .with(u"command"_s, detail.command)
                                           .with(u"folder"_s, detail.folder)
                                           .with(u"paths"_s, detail.paths));
}

Result<QJsonObject> BaseAgent::awaitApproval(const QString &approvalId, std::optional<int> timeoutSeconds)
{
    return call(u"await_approval"_s, Arguments().with(u"approval_id"_s, approvalId).with(u"timeout"_s, timeoutSeconds));
}

} // namespace hub::sdk
