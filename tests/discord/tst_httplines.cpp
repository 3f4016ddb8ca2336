#include "headless/discord/httplines.h"

#include <QHash>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

// A server that says what a test wants, and sees what comes on which connection.
class Server : public QObject
{
public:
    struct Call {
        QTcpSocket *socket;
        QByteArray target;
        qsizetype waitingBefore; // calls on that connection without an answer
    };

    Server()
    {
        m_server.listen(QHostAddress::LocalHost);
        connect(&m_server, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *socket = m_server.nextPendingConnection();
            ++connections;
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onData(socket); });
        });
    }
    QUrl url() const { return QUrl(u"http://127.0.0.1:%1"_s.arg(m_server.serverPort())); }
    void close() { m_server.close(); }

    static QByteArray answer(const QByteArray &body)
    {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    }
    void reply(const Call &call, const QByteArray &bytes)
    {
        --m_waiting[call.socket];
        call.socket->write(bytes);
    }

    // By default the answer is what was asked for.
    std::function<void(const Call &)> onCall = [this](const Call &call) { reply(call, answer(call.target)); };
    QList<Call> calls;
    int connections = 0;

private:
    void onData(QTcpSocket *socket)
    {
        QByteArray &input = m_input[socket];
        input += socket->readAll();
        for (qsizetype end = input.indexOf("\r\n\r\n"); end >= 0; end = input.indexOf("\r\n\r\n")) {
            const qsizetype at = input.indexOf("Content-Length: ");
            const qsizetype length = at >= 0 && at < end ? input.mid(at + 16, end - at).split('\r')[0].toLongLong() : 0;
            if (input.size() < end + 4 + length)
                return;
            const Call call{socket, input.split(' ')[1], m_waiting[socket]++};
            input.remove(0, end + 4 + length);
            calls << call;
            onCall(call);
        }
    }

    QTcpServer m_server;
    QHash<QTcpSocket *, QByteArray> m_input;
    QHash<QTcpSocket *, qsizetype> m_waiting;
};

// "200 /target", or how it ended.
QString shown(const HttpEnd &end)
{
    switch (end.ended) {
    case HttpEnd::Ended::Answered:
        return QString::number(end.answer.status) + u' ' + QString::fromLatin1(end.answer.body);
    case HttpEnd::Ended::NeverSent: return u"never sent"_s;
    case HttpEnd::Ended::Lost: return u"lost"_s;
    }
    return {};
}

struct Bench {
    Server server;
    HttpLines lines{server.url()};
    QHash<QByteArray, QStringList> ends; // by target

    void call(const QByteArray &target, bool isRepeatable = true, milliseconds limit = 15s)
    {
        lines.call({.method = "POST",
                    .target = target,
                    .headers = {{"X-Test", "1"}},
                    .body = "{}",
                    .limit = limit,
                    .isRepeatable = isRepeatable},
                   [this, target](const HttpEnd &end) { ends[target] << shown(end); });
    }
    QString endOf(const QByteArray &target)
    {
        const bool ended = QTest::qWaitFor([&] { return ends.contains(target); });
        return ended ? ends[target].join(u'|') : u"nothing"_s;
    }
};

} // namespace

class TestHttpLines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLineIsUsedAgain()
    {
        Bench bench;
        for (const QByteArray target : {"/a", "/b?x=%20", "/c"})
            QCOMPARE(bench.endOf((bench.call(target), target)), u"200 "_s + QString::fromLatin1(target));
        QCOMPARE(bench.server.connections, 1);
    }

    void nothingIsCalledBackBeforeTheCallReturns()
    {
        Bench bench;
        bench.server.close();
        bench.call("/a");
        QVERIFY(bench.ends.isEmpty());
        QCOMPARE(bench.endOf("/a"), u"never sent"_s);
    }

    void aThousandAtOnceHaveTheirOwnAnswersEach()
    {
        Bench bench;
        for (int i = 0; i < 1000; ++i)
            bench.call('/' + QByteArray::number(i));
        for (int i = 0; i < 1000; ++i)
            QCOMPARE(bench.endOf('/' + QByteArray::number(i)), u"200 /%1"_s.arg(i));
        QVERIFY2(bench.server.connections <= 64, qPrintable(QString::number(bench.server.connections)));
        QCOMPARE(bench.server.calls.size(), qsizetype(1000));
    }

    void onlyWhatMayBeRepeatedIsSentBehindAnotherCall_data()
    {
        QTest::addColumn<bool>("isRepeatable");
        QTest::newRow("an edit") << true;
        QTest::newRow("a message") << false;
    }
    void onlyWhatMayBeRepeatedIsSentBehindAnotherCall()
    {
        QFETCH(bool, isRepeatable);
        Bench bench;
        bench.server.onCall = [](const Server::Call &) {};
        for (int i = 0; i < 100; ++i)
            bench.call('/' + QByteArray::number(i), isRepeatable);
        const qsizetype expected = isRepeatable ? 100 : 64;
        QTRY_COMPARE(bench.server.calls.size(), expected);
        for (qsizetype i = 0; i < bench.server.calls.size(); ++i) {
            QVERIFY(isRepeatable || bench.server.calls[i].waitingBefore == 0);
            bench.server.reply(bench.server.calls[i], Server::answer(bench.server.calls[i].target));
            QTRY_COMPARE(bench.server.calls.size(), isRepeatable ? 100 : std::min<qsizetype>(100, 65 + i));
        }
        for (int i = 0; i < 100; ++i)
            QCOMPARE(bench.endOf('/' + QByteArray::number(i)), u"200 /%1"_s.arg(i));
    }

    void whatWasSentBehindTheLastAnswerOfALineIsLost()
    {
        Bench bench;
        bench.server.onCall = [](const Server::Call &) {};
        for (int i = 0; i < 32; ++i)
            bench.call('/' + QByteArray::number(i));
        QTRY_COMPARE(bench.server.calls.size(), qsizetype(32));
        const auto behind = std::find_if(bench.server.calls.begin(), bench.server.calls.end(),
                                         [](const Server::Call &call) { return call.waitingBefore == 1; });
        QVERIFY(behind != bench.server.calls.end());
        QList<Server::Call> onLine;
        for (const Server::Call &call : bench.server.calls) {
            if (call.socket == behind->socket)
                onLine << call;
        }
        bench.server.reply(onLine[0], "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
        QCOMPARE(bench.endOf(onLine[0].target), u"200 x"_s);
        for (const Server::Call &call : onLine.mid(1))
            QCOMPARE(bench.endOf(call.target), u"lost"_s);
        QCOMPARE(bench.ends.size(), onLine.size());
        bench.server.onCall = [&](const Server::Call &call) { bench.server.reply(call, Server::answer("y")); };
        bench.call("/later", false); // on a new line: all others are busy
        QCOMPARE(bench.endOf("/later"), u"200 y"_s);
    }

    void whoIsToldMayCallAgainThoughTheLineWasTheLast()
    {
        Bench bench;
        bench.server.onCall = [&](const Server::Call &call) {
            bench.server.reply(call, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n" + call.target);
        };
        bench.lines.call({.method = "POST", .target = "/1"}, [&](const HttpEnd &) { bench.call("/2", false); });
        QCOMPARE(bench.endOf("/2"), u"200 /2"_s);
        QCOMPARE(bench.server.connections, 2);
    }

    void whatMayNotBeRepeatedHoldsUpNothingBehindIt()
    {
        Bench bench;
        bench.server.onCall = [](const Server::Call &) {};
        for (int i = 0; i < 64; ++i)
            bench.call("/busy", false);
        QTRY_COMPARE(bench.server.calls.size(), qsizetype(64));
        bench.server.onCall = [&](const Server::Call &call) { bench.server.reply(call, Server::answer(call.target)); };
        bench.call("/post", false);
        bench.call("/edit");
        QTRY_COMPARE(bench.server.calls.size(), qsizetype(65));
        QCOMPARE(bench.server.calls.last().target, QByteArray("/edit"));
        bench.server.reply(bench.server.calls.first(), Server::answer("/busy"));
        QCOMPARE(bench.endOf("/post"), u"200 /post"_s);
    }

    void eachHasItsOwnTimeWhileItWaits()
    {
        Bench bench;
        bench.server.onCall = [](const Server::Call &) {};
        for (int i = 0; i < 64; ++i)
            bench.call("/busy", false);
        QTRY_COMPARE(bench.server.calls.size(), qsizetype(64));
        bench.call("/patient", false);
        bench.call("/hasty", false, 100ms);
        QCOMPARE(bench.endOf("/hasty"), u"never sent"_s);
        QCOMPARE(bench.ends.size(), qsizetype(1));
        bench.server.onCall = [&](const Server::Call &call) { bench.server.reply(call, Server::answer(call.target)); };
        bench.server.reply(bench.server.calls.first(), Server::answer("/busy"));
        QCOMPARE(bench.endOf("/patient"), u"200 /patient"_s);
    }

    void howALineEndsIsTold_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::addColumn<bool>("closes");
        QTest::addColumn<QString>("expected");
        QTest::newRow("no word") << QByteArray() << true << u"lost"_s;
        QTest::newRow("half an answer") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") << true
                                        << u"lost"_s;
        QTest::newRow("no HTTP") << QByteArray("hello\r\n\r\n") << false << u"lost"_s;
        QTest::newRow("an answer up to its end") << QByteArray("HTTP/1.1 200 OK\r\n\r\nall") << true << u"200 all"_s;
        QTest::newRow("silence") << QByteArray() << false << u"lost"_s;
    }
    void howALineEndsIsTold()
    {
        QFETCH(QByteArray, said);
        QFETCH(bool, closes);
        Bench bench;
        bench.server.onCall = [&](const Server::Call &call) {
            if (!said.isEmpty())
                bench.server.reply(call, said);
            if (closes)
                call.socket->disconnectFromHost();
        };
        bench.call("/a", true, 300ms);
        QTEST(bench.endOf("/a"), "expected");
        bench.server.onCall = [&](const Server::Call &call) { bench.server.reply(call, Server::answer("again")); };
        bench.call("/b");
        QCOMPARE(bench.endOf("/b"), u"200 again"_s);
        QCOMPARE(bench.server.connections, 2);
    }

    void aLineThatTheServerClosedOrSpokeUnaskedOnIsNotUsedAgain_data()
    {
        QTest::addColumn<bool>("speaks");
        QTest::newRow("closed") << false;
        QTest::newRow("spoke") << true;
    }
    void aLineThatTheServerClosedOrSpokeUnaskedOnIsNotUsedAgain()
    {
        QFETCH(bool, speaks);
        Bench bench;
        bench.call("/a");
        QCOMPARE(bench.endOf("/a"), u"200 /a"_s);
        QTcpSocket *socket = bench.server.calls.first().socket;
        if (speaks)
            socket->write(Server::answer("unasked"));
        else
            socket->disconnectFromHost();
        QTRY_COMPARE(bench.lines.lines(), qsizetype(0));
        bench.call("/b");
        QCOMPARE(bench.endOf("/b"), u"200 /b"_s);
        QCOMPARE(bench.server.connections, 2);
    }

    void whoIsGoneIsNotCalledBack()
    {
        Server server;
        const auto answers = std::exchange(server.onCall, [](const Server::Call &) {});
        auto lines = std::make_unique<HttpLines>(server.url());
        bool called = false;
        lines->call({.method = "GET", .target = "/a"}, [&called](const HttpEnd &) { called = true; });
        QTRY_COMPARE(server.calls.size(), qsizetype(1));
        lines.reset();
        server.onCall = answers;
        lines = std::make_unique<HttpLines>(server.url());
        bool later = false;
        lines->call({.method = "GET", .target = "/b"}, [&later](const HttpEnd &) { later = true; });
        QTRY_VERIFY(later);
        QVERIFY(!called);
    }
};

QTEST_GUILESS_MAIN(TestHttpLines)
#include "tst_httplines.moc"
