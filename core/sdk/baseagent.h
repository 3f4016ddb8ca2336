// For agents written in C++ that the hub runs with "adapter = jsonrpc" (docs/agent-protocol.md). An agent is a plain
// sequential program: run() hands it one prompt after the other, and a lifecycle method returns when the hub has
// answered. Every answer is the hub's own; nothing is decided here.
#pragma once

#include "core/sdk/linepipe.h"

#include <QStringList>

#include <deque>
#include <functional>
#include <unistd.h>

namespace hub::sdk
{

// What a question tells the person beside the action itself; empty parts are left out.
struct QuestionDetail {
    QString kind; // edit, read, build, publish, delete, sudo, secret, outside or other
    QString reason;
    QString command;
    QString folder;
    QStringList paths;
};

class BaseAgent
{
public:
    // Ends the turn when it returns; its error is shown to the person as the reason.
    using PromptHandler = std::function<Result<>(const QString &text)>;

    // The descriptors stay the caller's. One thread.
    explicit BaseAgent(int in = STDIN_FILENO, int out = STDOUT_FILENO)
        : m_pipe(in, out)
    {
    }
    virtual ~BaseAgent() = default;
    BaseAgent(const BaseAgent &) = delete;
    BaseAgent &operator=(const BaseAgent &) = delete;

    // Until the hub closes our input.
    Result<> run(const PromptHandler &handler);

    // The hub wants the present turn to end: a long work looks here now and then, and returns from its handler.
    // Waits for such a wish for up to `limit`, which makes it a sleep that a cancel ends.
    bool cancelled(std::chrono::milliseconds limit = {});

    // A line of output (several, where the text has line ends), kept in the task's conversation.
    Result<> say(const QString &text);

    // The lifecycle methods. Errors are the hub's own (Refused: safe mode, a claim, a guard), and
    // ErrorCode::ShuttingDown when the hub closed our input before it answered.
    Result<QJsonObject> prepareForTask(const QString &description = {}, const QStringList &paths = {});
    Result<QJsonObject> startTaskWithReliability(const QString &description = {},
                                                 std::optional<int> intervalMinutes = {});
    Result<QJsonObject> validateSafeToProceed(const QString &operation = {}, const QStringList &paths = {});
    Result<QJsonObject> saveCheckpoint(const QString &notes = {}, const QJsonObject &context = {},
                                       bool milestone = false);
    Result<QJsonObject> reportProgress(const QString &step, std::optional<int> percent = {}, const QString &notes = {});
    Result<QJsonObject> resumeFromCheckpoint(const QString &checkpointId = {});
    Result<QJsonObject> getRollbackOptions(std::optional<int> limit = {});
    Result<QJsonObject> completeTaskSafely(const QString &summary, const QString &notes = {});
    Result<QJsonObject> requestFileAccess(const QStringList &paths, const QString &reason = {},
                                          std::optional<int> minutes = {});
    Result<QJsonObject> releaseFileAccess(const QStringList &paths = {});
    Result<QJsonObject> logDecision(const QString &decision, const QString &reason = {},
                                    const QStringList &alternatives = {});
    Result<QJsonObject> commitAtomically(const QStringList &paths, const QString &message);
    Result<QJsonObject> requestApproval(const QString &action, const QuestionDetail &detail = {});
    Result<QJsonObject> awaitApproval(const QString &approvalId, std::optional<int> timeoutSeconds = {});

    // Any method by its name.
    Result<QJsonObject> call(const QString &method, const QJsonObject &arguments);

    // Answers to no open call and prompts that came before: more than 0 means that something was sent to us twice.
    int strays() const { return m_strays; }

private:
    struct Prompt {
        qint64 request;
        QString text;
        bool cancelled = false;
    };

    void take(const QJsonObject &message);
    Result<> answer(const Prompt &prompt, const Result<> &outcome);

    LinePipe m_pipe;
    std::deque<Prompt> m_waiting;
    std::optional<Prompt> m_present;
    std::optional<qint64> m_awaited; // our call that is open
    std::optional<QJsonObject> m_answer;
    qint64 m_lastCall = 0;
    qint64 m_lastPrompt = 0;
    int m_strays = 0;
};

} // namespace hub::sdk
