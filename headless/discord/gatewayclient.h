// The gateway over a WebSocket: does what Gateway says. Lives on the I/O thread.
#pragma once

#include "headless/discord/gateway.h"
#include "headless/discord/inflatestream.h"
#include "headless/discord/waketimer.h"

#include <QFuture>
#include <QObject>
#include <QTimer>

#include <deque>

class QWebSocket;

namespace hub::discord
{

class GatewayClient : public QObject
{
    Q_OBJECT
public:
    // How GET /gateway/bot is asked (RestClient::gateway).
    using Ask = std::function<QFuture<Result<GatewayInfo>>()>;

    GatewayClient(GatewayOptions options, Ask ask, std::optional<GatewaySession> session = std::nullopt,
                  QObject *parent = nullptr);
    ~GatewayClient() override;

    void start();
    void stop(Gateway::Leaving leaving);
    void setPresence(const Presence &presence);
    std::optional<GatewaySession> session() const { return m_gateway.session(); }
    GatewayHealth health() const { return m_gateway.health(momentNow()); }

Q_SIGNALS:
    // Once for each, in Discord's order. READY and RESUMED are events as well.
    void dispatched(const QString &event, const QJsonObject &data);
    // For a person: nothing happens any more until start().
    void gaveUp(const hub::Error &why);

private:
    void perform(const GatewayActions &actions);
    void perform(const action::AskForGateway &);
    void perform(const action::OpenConnection &open);
    void perform(const action::SendText &send);
    void perform(const action::CloseConnection &close);
    void perform(const action::Deliver &deliver) { Q_EMIT dispatched(deliver.event, deliver.data); }
    void perform(const action::Remark &remark);
    void perform(const action::GiveUp &giveUp) { Q_EMIT gaveUp(giveUp.why); }
    void onBinary(const QByteArray &message);
    bool takeIn(std::optional<milliseconds> atMost);
    void forgetSocket();

    Gateway m_gateway;
    const Ask m_ask;
    QWebSocket *m_socket = nullptr;
    std::unique_ptr<InflateStream> m_inflate;
    std::deque<QByteArray> m_arrived; // of this connection, and not looked at yet
    QTimer m_more;                    // an event that is posted would come before what the sockets have
    WakeTimer m_timer;
};

} // namespace hub::discord
