// A gateway of Discord's that trusts nobody: it checks what it is sent against the protocol, and breaks the connection
// where a test wants it. What was wrong stands in violations(). One bot, one session at a time.
#pragma once

#include "core/base/json.h"

#include <QElapsedTimer>
#include <QList>
#include <QTimer>
#include <QUrl>
#include <QWebSocketServer>

#include <functional>
#include <memory>

class QWebSocket;
struct z_stream_s;

namespace hub::discord
{

class FakeGateway : public QObject
{
    Q_OBJECT
public:
    // Where in the life of a connection the test may break it.
    enum class Place { Opened, Greeted, SigningIn, Resuming, Replaying, Ready, Resumed, BeforeEvent, AfterEvent, Beat };
    struct Break {
        enum class How {
            None,
            Tcp,     // without a word
            Close,   // with `code`
            Message, // `text` instead; what follows is up to the client
            Silence, // nothing is sent or answered any more
        };
        How how = How::None;
        int code = 0;
        QByteArray text{};
    };

    explicit FakeGateway(QString token, QObject *parent = nullptr);
    ~FakeGateway() override;

    QUrl url() const;

    // Becomes an event of the session, sent at once or replayed later.
    void publish(const QString &event, const QJsonObject &data);
    void send(const QByteArray &text); // as it is, to the present connection
    // What is sent in between goes all at once, on a connection that is compressed.
    void hold() { m_holds = true; }
    void release();
    bool hasSession() const { return !m_sessionId.isEmpty(); }

    QString violations() const { return m_violations.join(u'\n'); }
    int identifies() const { return m_identifies; }
    int resumes() const { return m_resumes; }
    int connections() const { return m_connections; }
    int beats() const { return m_beats; }
    bool isReady() const { return m_state == State::Ready && !m_silent; }
    QList<QJsonObject> presences() const { return m_presences; }

    std::function<Break(Place)> breaks = [](Place) { return Break{}; };
    int heartbeatInterval = 40000;
    QJsonObject readyData{{QStringLiteral("application"), QJsonObject{{QStringLiteral("id"), QStringLiteral("77")}}}};
    // What follows READY.
    std::function<QList<std::pair<QString, QJsonObject>>()> afterReady = [] {
        return QList<std::pair<QString, QJsonObject>>();
    };
    bool answersBeats = true;

private:
    enum class State { Closed, Greeted, Ready };

    QString address(const QString &path) const;
    void violated(const QString &what) { m_violations << what; }
    bool survives(Place place);
    void onConnection();
    void onText(const QString &text);
    void onIdentify(const QJsonObject &data);
    void onResume(const QJsonObject &data);
    void onBeat(const QJsonValue &data);
    void onGone(QWebSocket *socket);
    void close(int code);
    void sendEvent(qint64 sequence);
    qint64 append(const QString &event, const QJsonObject &data);
    void checkQuery(const QUrl &url);

    const QString m_token;
    QWebSocketServer m_server;
    QWebSocket *m_socket = nullptr;
    State m_state = State::Closed;
    bool m_silent = false;
    bool m_holds = false;
    QList<QByteArray> m_held;
    std::unique_ptr<z_stream_s> m_deflate;
    QElapsedTimer m_sinceBeat;
    bool m_beaten = false;
    bool m_numbered = false;  // a heartbeat of this connection had a number
    QList<qint64> m_received; // when, of this connection
    QElapsedTimer m_clock;

    QString m_sessionId;
    bool m_everReady = false;
    QList<QByteArray> m_events; // of the session; the first has number 1
    qint64 m_sent = 0;          // the newest number that was sent on any connection
    QString m_query;
    int m_identifies = 0, m_resumes = 0, m_connections = 0, m_beats = 0, m_sessions = 0;
    QList<QJsonObject> m_presences;
    QStringList m_violations;
};

} // namespace hub::discord
