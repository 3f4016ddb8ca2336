// The hub's end of an agent's stdin and stdout, played by a test: starts the agent, gives prompts, answers its calls.
#pragma once

#include "core/agents/jsonrpcadapter.h"

#include <QDeadlineTimer>
#include <QProcess>
#include <QStringList>

#include <functional>
#include <map>

namespace hub::test
{

class StdioHub
{
public:
    using Method = std::function<Result<QJsonObject>(const QJsonObject &arguments)>;

    std::map<QString, Method> methods; // others are answered with {}
    QList<agents::Asked> calls;        // all that came, in order
    QStringList output;                // lines that are no messages
    std::function<void(const agents::Asked &)> beforeAnswer;

    ~StdioHub() { kill(); }

    bool start(const QString &program, const QStringList &arguments, const QString &folder)
    {
        kill();
        m_bytes.clear();
        m_lastPrompt = 0;
        m_process = std::make_unique<QProcess>();
        m_process->setWorkingDirectory(folder);
        m_process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process->start(program, arguments);
        return m_process->waitForStarted();
    }

    void kill()
    {
        if (!m_process)
            return;
        m_process->kill();
        m_process->waitForFinished();
        m_process.reset();
    }

    qint64 prompt(const QString &text)
    {
        m_process->write(m_adapter.prompt(++m_lastPrompt, text));
        return m_lastPrompt;
    }
    void cancel(qint64 prompt) { m_process->write(m_adapter.cancel(prompt)); }

    // Answers calls until the agent ends the turn; nothing when it ended, was killed, or took too long.
    std::optional<agents::Answered> serve(int limit = 20000)
    {
        const QDeadlineTimer deadline(limit);
        while (!deadline.hasExpired()) {
            if (const auto answered = handleOutput())
                return answered;
            if (m_process->state() == QProcess::NotRunning)
                return std::nullopt;
            m_process->waitForReadyRead(50);
        }
        return std::nullopt;
    }

    // Serves one turn from its prompt to its end.
    std::optional<agents::Answered> turn(const QString &text)
    {
        prompt(text);
        return serve();
    }

    // Ends its input; the exit code, -1 when it had to be killed or died.
    int finish()
    {
        m_process->closeWriteChannel();
        const bool ended = m_process->waitForFinished(5000) && m_process->exitStatus() == QProcess::NormalExit;
        return ended ? m_process->exitCode() : -1;
    }

    QProcess &process() { return *m_process; }

    QStringList methodsCalled() const
    {
        QStringList names;
        for (const auto &call : calls)
            names << call.method;
        return names;
    }

private:
    std::optional<agents::Answered> handleOutput()
    {
        m_bytes += m_process->readAllStandardOutput();
        const agents::Parsed parsed = m_adapter.parse(agents::AgentStream::Output, m_bytes, false);
        m_bytes.remove(0, parsed.done);
        std::optional<agents::Answered> answered;
        for (const auto &event : parsed.events) {
            if (const auto *said = std::get_if<agents::Said>(&event)) {
                output << said->text.split(u'\n');
            } else if (const auto *asked = std::get_if<agents::Asked>(&event)) {
                calls << *asked;
                const auto method = methods.find(asked->method);
                if (beforeAnswer)
                    beforeAnswer(*asked);
                m_process->write(m_adapter.answer(asked->id, method == methods.end()
                                                                 ? Result<QJsonObject>(QJsonObject())
                                                                 : method->second(asked->arguments)));
            } else if (const auto *ended = std::get_if<agents::Answered>(&event)) {
                answered = *ended;
            }
        }
        return answered;
    }

    agents::JsonRpcAdapter m_adapter;
    std::unique_ptr<QProcess> m_process;
    QByteArray m_bytes;
    qint64 m_lastPrompt = 0;
};

} // namespace hub::test
