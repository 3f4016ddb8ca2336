// A hub in another process, for programs with an event loop (the window).
#pragma once

#include "core/hub/hubport.h"
#include "core/ipc/channel.h"
#include "core/ipc/message.h"

#include <QHash>
#include <QPromise>
#include <QTimer>

#include <memory>
#include <variant>

namespace hub::ipc
{

// Connects by itself and again after a loss, and subscribes to all events each time. Lives on one thread, which never
// blocks. A command without a connection fails at once with NoHub; one that was on its way when the connection was lost
// fails with Conflict, since it may have been done. Tool calls are sent again with their key after the loss, for up to
// 30 s. Caller fields of a call are not sent: the hub decides who is asking.
class RemoteHub : public HubPort
{
    Q_OBJECT

public:
    explicit RemoteHub(std::unique_ptr<Channel> channel, QObject *parent = nullptr);
    ~RemoteHub() override;

    QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call) override;
    QFuture<Result<QJsonObject>> callTool(const ToolCall &call) override;
    QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call) override;
    QFuture<Result<QJsonObject>> query(const QueryCall &call) override;

    // hello's answer; empty while there is no connection.
    const QJsonObject &greeting() const { return m_greeting; }
    bool isConnected() const { return !m_greeting.isEmpty(); }
    // Why there is no connection, while there is none.
    const Error &whyNot() const { return m_whyNot; }
    // At once, rather than at the end of the pause between two attempts.
    void tryNow();

Q_SIGNALS:
    // Events between the two signals are gone: whoever shows state asks for it anew on `connected`.
    void connected();
    void disconnected();
    // An attempt failed, for whyNot(); the next one follows by itself.
    void unreachable();

private:
    using CommandPromise = QPromise<Result<commands::Reply>>;
    using ToolPromise = // of queries too; these have no params here, since they are not sent again
        QPromise<Result<QJsonObject>>;
    using SuggestPromise = QPromise<Result<QList<Suggestion>>>;
    struct Pending {
        std::variant<std::monostate, std::shared_ptr<CommandPromise>, std::shared_ptr<ToolPromise>,
                     std::shared_ptr<SuggestPromise>>
            promise;
        QJsonObject params;         // of a tool call, to send it again
        qint64 askedAgainUntil = 0; // of a tool call: milliseconds of the monotonic clock
    };

    void tryToConnect();
    void onOpened();
    void onClosed(const Error &why);
    void onReadyRead();
    void onMessage(const QJsonObject &message);
    void onAnswer(qint64 id, const QJsonObject &message);
    void expireTools();
    qint64 sendRequest(const QString &method, const QJsonObject &params, Pending pending);
    static void finish(const Pending &pending, const Error &error);

    std::unique_ptr<Channel> m_channel;
    Error m_whyNot;
    LineBuffer m_input;
    QTimer m_retry;
    int m_retryDelay = 0; // milliseconds
    QHash<qint64, Pending> m_pending;
    qint64 m_lastId = 0;
    qint64 m_helloId = 0;
    QJsonObject m_greeting;
};

} // namespace hub::ipc
