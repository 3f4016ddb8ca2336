// Discord's REST API as a strict stranger: checks each call's headers, token, body and rate, counts what it carried
// out, and fails in the ways that a test lists. What was wrong stands in violations().
#pragma once

#include "headless/discord/route.h"

#include <QElapsedTimer>
#include <QHash>
#include <QJsonObject>
#include <QTcpServer>
#include <QUrl>

#include <deque>
#include <functional>

class QTcpSocket;

namespace hub::discord
{

class FakeRest : public QObject
{
    Q_OBJECT
public:
    struct Call {
        QByteArray method;
        QString path;                          // below /api/v10
        QHash<QByteArray, QByteArray> headers; // names in lower case
        QByteArray body;
    };
    struct Answer {
        int status = 200;
        QByteArray body = "{}";
        QList<std::pair<QByteArray, QByteArray>> headers{};
    };
    enum class Fault {
        None,
        ResetBefore, // the connection breaks, nothing was done
        ResetAfter,  // it was done, and the connection breaks
        HalfAnswer,  // it was done, and the answer breaks off
        Silence,     // it was done, and no answer comes
        Error500,    // a page of HTML, nothing was done
        Limited,     // 429 of the bucket
        LimitedAll,  // 429 of the bot
    };

    explicit FakeRest(QString token, QObject *parent = nullptr);

    QUrl base() const;
    void close() { m_server->close(); } // nobody gets through any more
    // Of a kind of call (Route::kind), for each channel: `limit` in `windowMs`. To pass it is a violation.
    void setLimit(const QString &kind, int limit, int windowMs, const QByteArray &bucket);

    QHash<QString, QByteArray> attachments; // by name: what people sent along, at /attachments/NAME and not of the API
    std::deque<Fault> faults;               // of the next calls, in turn
    std::function<Answer(const Call &)> answers = [](const Call &) { return Answer{}; };
    std::function<int(const Call &)> delays = [](const Call &) { return 0; }; // ms that it takes to answer

    const QList<Call> &done() const { return m_done; } // carried out, in order
    int received() const { return m_received; }
    QString violations() const { return m_violations.join(u'\n'); }

private:
    struct Limit {
        int limit = 0;
        int window = 0;
        QByteArray bucket;
    };
    struct Window {
        qint64 began = 0;
        int used = 0;
    };

    void onData(QTcpSocket *socket);
    void onCall(QTcpSocket *socket, const Call &call);
    void onAttachment(QTcpSocket *socket, const Call &call);
    void check(const Call &call, const Route &route);
    Answer answer(const Call &call, const Route &route);
    void reply(QTcpSocket *socket, const Answer &answer, bool half = false);
    void violated(const QString &what) { m_violations << what; }

    const QString m_token;
    QHash<QTcpSocket *, QByteArray> m_input; // outlives the sockets
    QHash<QTcpSocket *, qint64> m_busyUntil;
    std::unique_ptr<QTcpServer> m_server;
    QHash<QString, Limit> m_limits;
    QHash<QString, Window> m_windows;
    QElapsedTimer m_clock;
    QList<Call> m_done;
    int m_received = 0;
    QStringList m_violations;
};

} // namespace hub::discord
