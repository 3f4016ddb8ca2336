#include "headless/discord/gatewayclient.h"

#include "core/base/async.h"
#include "headless/discord/address.h"
#include "headless/discord/useragent.h"

#include <QDeadlineTimer>
#include <QLoggingCategory>
#include <QNetworkRequest>
#include <QPointer>
#include <QWebSocket>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Q_LOGGING_CATEGORY(lcGateway, "hub.discord.gateway")

constexpr quint64 largestMessage = 16 * 1024 * 1024;
constexpr milliseconds slice = 3ms;

} // namespace

GatewayClient::GatewayClient(GatewayOptions options, Ask ask, std::optional<GatewaySession> session, QObject *parent)
    : QObject(parent)
    , m_gateway(std::move(options), rollDice, std::move(session))
    , m_ask(std::move(ask))
    , m_timer(this, [this] { perform(m_gateway.tick(momentNow())); })
{
    m_more.setSingleShot(true);
    connect(&m_more, &QTimer::timeout, this, [this] { takeIn(slice); });
}

// We may be deleted by a listener, that is from within a socket's signal: it must outlive that.
GatewayClient::~GatewayClient()
{
    forgetSocket();
    for (QWebSocket *old : findChildren<QWebSocket *>()) {
        old->setParent(nullptr);
        old->deleteLater();
    }
}

void GatewayClient::start() { perform(m_gateway.start(momentNow())); }
void GatewayClient::stop(Gateway::Leaving leaving) { perform(m_gateway.stop(leaving)); }
void GatewayClient::setPresence(const Presence &presence) { perform(m_gateway.setPresence(presence, momentNow())); }

// A listener of dispatched() may delete us, or call us: each call's own actions are then done first.
void GatewayClient::perform(const GatewayActions &actions)
{
    const QPointer<GatewayClient> alive(this);
    for (const GatewayAction &action : actions) {
        std::visit([this](const auto &what) { perform(what); }, action);
        if (!alive)
            return;
    }
    m_timer.set(m_gateway.nextWake());
}

void GatewayClient::perform(const action::AskForGateway &)
{
    whenDone(m_ask(), this, [this](const Result<GatewayInfo> &info) {
        perform(info ? m_gateway.gatewayFound(*info, momentNow())
                     : m_gateway.gatewayNotFound(info.error(), momentNow()));
    });
}

void GatewayClient::perform(const action::OpenConnection &open)
{
    forgetSocket();
    m_inflate = std::make_unique<InflateStream>();
    m_socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    m_socket->setMaxAllowedIncomingMessageSize(largestMessage);
    m_socket->setMaxAllowedIncomingFrameSize(largestMessage);
    connect(m_socket, &QWebSocket::textMessageReceived, this,
            [this](const QString &text) { perform(m_gateway.received(text.toUtf8(), momentNow())); });
    connect(m_socket, &QWebSocket::binaryMessageReceived, this, &GatewayClient::onBinary);
    const auto isStillOurs = [this, socket = m_socket] { return takeIn(std::nullopt) && m_socket == socket; };
    connect(m_socket, &QWebSocket::disconnected, this, [this, isStillOurs] {
        if (isStillOurs())
            perform(m_gateway.closed(int(m_socket->closeCode()), momentNow()));
    });
    connect(m_socket, qOverload<QAbstractSocket::SocketError>(&QWebSocket::error), this, [this, isStillOurs] {
        qCInfo(lcGateway).noquote() << "connection:" << m_socket->errorString();
        if (m_socket->state() != QAbstractSocket::ConnectedState && isStillOurs())
            perform(m_gateway.closed(std::nullopt, momentNow()));
    });
    QNetworkRequest request(open.url);
    request.setRawHeader("User-Agent", userAgent());
    m_socket->setSslConfiguration(safeTls());
    m_socket->open(request);
}

// What Qt has read at once it also hands over at once, however much that is. In between, others have their turn: what
// was answered goes out before the last of it is looked at.
void GatewayClient::onBinary(const QByteArray &message)
{
    m_arrived.push_back(message);
    if (!m_more.isActive())
        m_more.start();
}

// Looks at what has arrived, for so long: all of it by default. False when this was deleted meanwhile.
bool GatewayClient::takeIn(std::optional<milliseconds> atMost)
{
    const QPointer<GatewayClient> alive(this);
    const QDeadlineTimer end = atMost ? QDeadlineTimer(*atMost, Qt::PreciseTimer) : QDeadlineTimer::Forever;
    while (!m_arrived.empty() && !end.hasExpired()) {
        const auto payload = m_inflate->take(m_arrived.front());
        m_arrived.pop_front();
        if (!payload)
            perform(m_gateway.unreadable(payload.error().message, momentNow()));
        else if (*payload)
            perform(m_gateway.received(**payload, momentNow()));
        if (!alive)
            return false;
    }
    if (!m_arrived.empty())
        m_more.start();
    return true;
}

void GatewayClient::perform(const action::SendText &send)
{
    if (m_socket)
        m_socket->sendTextMessage(QString::fromUtf8(send.text));
}

void GatewayClient::perform(const action::CloseConnection &close)
{
    if (m_socket)
        m_socket->disconnect(this);
    if (m_socket && m_socket->state() == QAbstractSocket::ConnectedState)
        m_socket->close(QWebSocketProtocol::CloseCode(close.code));
    forgetSocket();
}

// The farewell may still be on its way out, but nobody waits for the answer to it.
void GatewayClient::forgetSocket()
{
    if (!m_socket)
        return;
    QWebSocket *old = std::exchange(m_socket, nullptr);
    m_arrived.clear();
    old->disconnect(this);
    if (old->state() == QAbstractSocket::ConnectingState)
        old->abort(); // or it would come to stand beside the next one
    QTimer::singleShot(2000, old, &QObject::deleteLater);
}

void GatewayClient::perform(const action::Remark &remark) { qCInfo(lcGateway).noquote() << remark.text; }

} // namespace hub::discord
