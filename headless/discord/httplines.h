// Connections to one server that are kept and used again (HTTP/1.1, RFC 9112). For what people wait for:
// QNetworkAccessManager opens six connections at most and takes several times as long for a call. When all lines are
// busy, calls that may be repeated are sent behind others without waiting for those' answers (RFC 9112 §9.3.2). It
// knows nothing of Discord; tries nothing again and follows no redirection. I/O thread.
#pragma once

#include "headless/discord/httpanswer.h"
#include "headless/discord/moment.h"

#include <QAbstractSocket>
#include <QObject>
#include <QTimer>
#include <QUrl>

#include <deque>
#include <vector>

namespace hub::discord
{

struct HttpCall {
    QByteArray method;
    QByteArray target; // of the request line: "/api/v10/webhooks/1/2?wait=true"
    QList<std::pair<QByteArray, QByteArray>> headers{};
    QByteArray body{};
    milliseconds limit = 15s;  // from now to the last byte of the answer
    bool isRepeatable = false; // doing it twice comes to the same as once
};

using HttpThen = std::function<void(const HttpEnd &)>;

// As it goes over the line.
struct HttpRequest {
    QByteArray bytes;
    Moment until;
    bool isRepeatable;
    HttpThen then;
};

// One connection.
class HttpLine : public QObject
{
    Q_OBJECT
public:
    HttpLine(const QUrl &server, QAbstractSocket::NetworkLayerProtocol family, QObject *parent);

    void open();
    // The socket may know before its signal has come that the other side is gone.
    bool isReady() const { return m_ready && m_socket->state() == QAbstractSocket::ConnectedState; }
    bool isFree() const { return isReady() && m_sent.empty(); }
    bool isOver() const { return m_over; }
    bool isUnreachable() const { return m_over && !m_wasReady; }
    const QString &problem() const { return m_problem; }
    QAbstractSocket::NetworkLayerProtocol family() const { return m_family; }
    size_t load() const { return m_sent.size(); } // calls without an answer
    Moment since() const { return m_since; }      // when it was opened, or was last answered
    bool isLate(Moment now) const;                // a call has had its time

    // isReady(). `then` is called once: later, but for what TLS finds out while it sends.
    void start(const HttpRequest &request);
    void giveUp(const QString &problem);

Q_SIGNALS:
    void changed(); // ready, answered, or over: for good

private:
    struct Sent {
        Moment until;
        HttpThen then;
    };

    void onReadable();
    void onEnd();
    void answered();

    const QUrl m_server;
    const QAbstractSocket::NetworkLayerProtocol m_family;
    std::unique_ptr<QAbstractSocket> m_socket;
    HttpAnswerReader m_reader;
    std::deque<Sent> m_sent; // the answers come in this order
    Moment m_since;
    bool m_ready = false, m_wasReady = false, m_over = false;
    QString m_problem;
};

class HttpLines : public QObject
{
    Q_OBJECT
public:
    // `server`: scheme, host and port.
    explicit HttpLines(const QUrl &server, QObject *parent = nullptr);

    // `then` is called once, and mostly after this returns; not at all when this is deleted before.
    void call(const HttpCall &call, HttpThen then);
    qsizetype lines() const { return qsizetype(m_lines.size()); }

private:
    void pump();
    HttpLine *lineFor(const HttpRequest &next) const;
    void openLine(QAbstractSocket::NetworkLayerProtocol family);
    qsizetype connecting() const;
    void onChanged(HttpLine *line);
    void keepTo(QAbstractSocket::NetworkLayerProtocol family);
    void look();
    void endLate(Moment now);
    void lookAtLines(Moment now);
    void setClock();

    const QUrl m_server;
    QAbstractSocket::NetworkLayerProtocol m_family = QAbstractSocket::AnyIPProtocol; // that works
    std::vector<HttpLine *> m_lines;
    std::deque<HttpRequest> m_waiting; // for a line
    qsizetype m_mayOpen;               // lines
    Moment m_openNotBefore{};
    QTimer m_clock;
    bool m_hadMany = false; // lines
};

} // namespace hub::discord
