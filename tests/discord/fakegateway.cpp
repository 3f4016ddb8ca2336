#include "tests/discord/fakegateway.h"

#include "tests/discord/faketls.h"

#include <QHostAddress>
#include <QNetworkRequest>
#include <QUrlQuery>
#include <QWebSocket>

#include <zlib.h>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

QByteArray envelope(int op, const QJsonValue &data, const QJsonValue &sequence = QJsonValue::Null,
                    const QJsonValue &event = QJsonValue::Null)
{
    return toJson(QJsonObject{{u"op"_s, op}, {u"d"_s, data}, {u"s"_s, sequence}, {u"t"_s, event}});
}

} // namespace

FakeGateway::FakeGateway(QString token, QObject *parent)
    : QObject(parent)
    , m_token(std::move(token))
    , m_server(u"fake"_s, fakeTls() ? QWebSocketServer::SecureMode : QWebSocketServer::NonSecureMode)
{
    m_clock.start();
    if (const auto tls = fakeTls())
        m_server.setSslConfiguration(*tls);
    m_server.listen(QHostAddress::LocalHost);
    connect(&m_server, &QWebSocketServer::newConnection, this, &FakeGateway::onConnection);
}

FakeGateway::~FakeGateway()
{
    if (m_socket)
        m_socket->disconnect(this);
    if (m_deflate)
        deflateEnd(m_deflate.get());
}

QString FakeGateway::address(const QString &path) const
{
    return u"%1://127.0.0.1:%2/%3"_s.arg(fakeTls() ? u"wss"_s : u"ws"_s).arg(m_server.serverPort()).arg(path);
}

QUrl FakeGateway::url() const { return QUrl(address(u"gateway"_s)); }

// False when the connection, or what it was about to do, is over.
bool FakeGateway::survives(Place place)
{
    const Break wanted = breaks(place);
    switch (wanted.how) {
    case Break::How::None: return true;
    case Break::How::Tcp: {
        QWebSocket *socket = m_socket;
        onGone(socket);
        socket->abort();
        return false;
    }
    case Break::How::Close: close(wanted.code); return false;
    case Break::How::Message: send(wanted.text); [[fallthrough]];
    case Break::How::Silence: m_silent = true; return false;
    }
    return true;
}

void FakeGateway::onConnection()
{
    QWebSocket *socket = m_server.nextPendingConnection();
    if (m_socket) {
        // Its end may be on the way still; what is wrong is to have two that are signed in.
        onGone(m_socket);
    }
    ++m_connections;
    m_socket = socket;
    socket->setParent(this);
    m_silent = false;
    m_beaten = false;
    m_numbered = false;
    m_received.clear();
    checkQuery(socket->requestUrl());
    if (!socket->request().rawHeader("User-Agent").startsWith("DiscordBot ("))
        violated(u"no User-Agent as Discord wants it"_s);
    connect(socket, &QWebSocket::textMessageReceived, this, [this, socket](const QString &text) {
        if (socket == m_socket)
            onText(text);
    });
    connect(socket, &QWebSocket::binaryMessageReceived, this, [this] { violated(u"a binary message"_s); });
    connect(socket, &QWebSocket::disconnected, this, [this, socket] {
        const int code = int(socket->closeCode());
        if (socket == m_socket && (code == 1000 || code == 1001))
            m_sessionId.clear(); // the client's own farewell
        if (socket == m_socket)
            onGone(socket);
        socket->deleteLater();
    });
    if (!survives(Place::Opened))
        return;
    m_sinceBeat.start();
    send(envelope(10, QJsonObject{{u"heartbeat_interval"_s, heartbeatInterval}, {u"_trace"_s, QJsonArray{}}}));
    m_state = State::Greeted;
    survives(Place::Greeted);
}

void FakeGateway::checkQuery(const QUrl &url)
{
    const QUrlQuery query(url);
    if (query.queryItemValue(u"v"_s) != "10"_L1 || query.queryItemValue(u"encoding"_s) != "json"_L1)
        violated(u"without version and encoding: "_s + url.query());
    if (!m_query.isEmpty() && m_query != url.query())
        violated(u"another query than before: "_s + url.query());
    m_query = url.query();
    if (m_deflate)
        deflateEnd(m_deflate.get());
    m_deflate.reset();
    if (query.queryItemValue(u"compress"_s) == "zlib-stream"_L1) {
        m_deflate = std::make_unique<z_stream_s>();
        deflateInit(m_deflate.get(), 6);
    }
}

void FakeGateway::onGone(QWebSocket *socket)
{
    if (socket != m_socket)
        return;
    m_socket = nullptr;
    m_state = State::Closed;
}

void FakeGateway::close(int code)
{
    QWebSocket *socket = m_socket;
    onGone(socket);
    if (socket)
        socket->close(QWebSocketProtocol::CloseCode(code));
}

void FakeGateway::send(const QByteArray &text)
{
    if (!m_socket || m_silent)
        return;
    if (!m_deflate) {
        m_socket->sendTextMessage(QString::fromUtf8(text));
        return;
    }
    QByteArray input = text;
    QByteArray output(qsizetype(deflateBound(m_deflate.get(), uLong(input.size())) + 64), Qt::Uninitialized);
    m_deflate->next_in = reinterpret_cast<Bytef *>(input.data());
    m_deflate->avail_in = uInt(input.size());
    m_deflate->next_out = reinterpret_cast<Bytef *>(output.data());
    m_deflate->avail_out = uInt(output.size());
    deflate(m_deflate.get(), Z_SYNC_FLUSH);
    output.chop(qsizetype(m_deflate->avail_out));
    if (m_holds) {
        m_held << output;
        return;
    }
    // Now and then in two messages, as large ones come.
    if (output.size() % 3 == 0) {
        m_socket->sendBinaryMessage(output.first(output.size() / 2));
        m_socket->sendBinaryMessage(output.sliced(output.size() / 2));
    } else {
        m_socket->sendBinaryMessage(output);
    }
}

void FakeGateway::release()
{
    m_holds = false;
    for (const QByteArray &message : std::exchange(m_held, {})) {
        if (m_socket)
            m_socket->sendBinaryMessage(message);
    }
}

void FakeGateway::onText(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    const qint64 now = m_clock.elapsed();
    m_received << now;
    while (m_received.first() + 60'000 <= now)
        m_received.removeFirst();
    if (bytes.size() > 4096)
        violated(u"%1 bytes in one message"_s.arg(bytes.size()));
    if (m_received.size() > 120)
        violated(u"more than 120 messages within a minute"_s);
    if (m_silent)
        return;
    const auto object = objectFromJson(bytes);
    if (!object) {
        violated(u"no JSON"_s);
        return;
    }
    const QJsonValue data = (*object)["d"_L1];
    switch ((*object)["op"_L1].toInt(-1)) {
    case 1: onBeat(data); break;
    case 2: onIdentify(data.toObject()); break;
    case 3:
        if (m_state != State::Ready)
            violated(u"a presence before signing in"_s);
        m_presences << data.toObject();
        break;
    case 6: onResume(data.toObject()); break;
    default: violated(u"an opcode that clients do not send"_s); close(4001);
    }
}

void FakeGateway::onBeat(const QJsonValue &data)
{
    ++m_beats;
    if (m_beaten && m_sinceBeat.elapsed() < heartbeatInterval / 2)
        violated(u"a heartbeat much too early"_s);
    // Generous, since the machine may be busy; the exact times are held by tst_gateway.
    if (m_sinceBeat.elapsed() > heartbeatInterval + 3000)
        violated(u"a heartbeat much too late"_s);
    m_beaten = true;
    m_sinceBeat.restart();
    const bool mayHaveNone = !m_numbered && m_socket->requestUrl().path() != "/resume"_L1;
    if (data.isNull() ? !mayHaveNone : data.toInteger(-1) < 1 || data.toInteger() > m_sent)
        violated(u"a heartbeat with a number that was never sent, or without one"_s);
    m_numbered = m_numbered || !data.isNull();
    if (survives(Place::Beat) && answersBeats)
        send(envelope(11, QJsonValue::Null));
}

void FakeGateway::onIdentify(const QJsonObject &data)
{
    ++m_identifies;
    if (m_state != State::Greeted) {
        violated(u"signed in twice, or before the greeting"_s);
        close(4005);
        return;
    }
    if (data["token"_L1].toString() != m_token) {
        close(4004);
        return;
    }
    const QStringList keys = data["properties"_L1].toObject().keys();
    if (keys != QStringList{u"browser"_s, u"device"_s, u"os"_s} || !data["intents"_L1].isDouble())
        violated(u"signed in without properties or intents"_s);
    if (!survives(Place::SigningIn))
        return;
    m_events.clear();
    m_sent = 0;
    m_sessionId = u"session-%1"_s.arg(++m_sessions);
    m_state = State::Ready;
    QJsonObject ready = readyData;
    ready[u"v"_s] = 10;
    ready[u"session_id"_s] = m_sessionId;
    ready[u"resume_gateway_url"_s] = address(u"resume"_s);
    sendEvent(append(u"READY"_s, ready));
    for (const auto &[event, body] : afterReady())
        sendEvent(append(event, body));
    survives(Place::Ready);
}

void FakeGateway::onResume(const QJsonObject &data)
{
    ++m_resumes;
    if (m_state != State::Greeted)
        violated(u"resumed twice, or before the greeting"_s);
    if (data["token"_L1].toString() != m_token)
        violated(u"resumed with another token"_s);
    if (m_socket->requestUrl().path() != "/resume"_L1)
        violated(u"resumed at the wrong address"_s);
    if (m_sessionId.isEmpty() || data["session_id"_L1].toString() != m_sessionId) {
        send(envelope(9, false));
        return;
    }
    const qint64 from = data["seq"_L1].toInteger(-1);
    if (from < 1 || from > m_sent) {
        violated(u"resumed from a number that was never sent"_s);
        close(4007);
        return;
    }
    if (!survives(Place::Resuming))
        return;
    m_state = State::Ready;
    // Events may come more than once: now and then the replay begins with some that were there before.
    const qint64 first = m_resumes % 3 == 0 ? std::max<qint64>(from - 2, 2) : from + 1;
    for (qint64 sequence = first; sequence <= m_events.size(); ++sequence) {
        sendEvent(sequence);
        if (!survives(Place::Replaying))
            return;
    }
    // It has a number, but is not replayed: the next resume ends with one of its own.
    send(envelope(0, QJsonObject{}, m_events.size(), u"RESUMED"_s));
    survives(Place::Resumed);
}

qint64 FakeGateway::append(const QString &event, const QJsonObject &data)
{
    m_events << envelope(0, data, m_events.size() + 1, event);
    return m_events.size();
}

void FakeGateway::sendEvent(qint64 sequence)
{
    m_sent = std::max(m_sent, sequence);
    send(m_events[sequence - 1]);
}

void FakeGateway::publish(const QString &event, const QJsonObject &data)
{
    const qint64 sequence = append(event, data);
    if (m_state != State::Ready || m_silent || !survives(Place::BeforeEvent))
        return;
    sendEvent(sequence);
    survives(Place::AfterEvent);
}

} // namespace hub::discord
