#include "headless/discord/httpanswer.h"

#include <QTest>

using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

using State = HttpAnswerReader::State;

// "200 body", a star behind it when the connection may be used again; else why there is none.
QByteArray shown(State state, const HttpAnswerReader &reader)
{
    if (state == State::Unfinished)
        return "unfinished";
    if (state == State::Broken)
        return "broken";
    return QByteArray::number(reader.answer().status) + ' ' + reader.answer().body + (reader.staysOpen() ? "*" : "");
}

} // namespace

class TestHttpAnswer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersAreReadHoweverTheyAreCut_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected");
        QTest::addColumn<QByteArray>("atTheEnd"); // when the connection ends there
        const auto row = [](const char *name, const QByteArray &bytes, const QByteArray &expected,
                            const QByteArray &atTheEnd) { QTest::newRow(name) << bytes << expected << atTheEnd; };
        const QByteArray ok = "HTTP/1.1 200 OK\r\n";
        row("with a length", ok + "Content-Length: 5\r\n\r\nhello", "200 hello*", "200 hello");
        row("empty", ok + "content-length: 0\r\n\r\n", "200 *", "200 ");
        row("204 has no body, whatever it says", "HTTP/1.1 204 No Content\r\nContent-Type: x\r\n\r\n", "204 *", "204 ");
        row("no reason given", "HTTP/1.1 204\r\n\r\n", "204 *", "204 ");
        row("chunks", ok + "Transfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n", "200 hello*",
            "200 hello");
        row("chunks and trailers", ok + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nx: y\r\nz: \r\n\r\n",
            "200 0123456789*", "200 0123456789");
        row("a line end within a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n4\r\na\r\nb\r\n0\r\n\r\n",
            "200 a\r\nb*", "200 a\r\nb");
        row("it closes", ok + "Connection: Close\r\nContent-Length: 1\r\n\r\nx", "200 x", "200 x");
        row("it closes, among others", ok + "Connection: x, close\r\nContent-Length: 1\r\n\r\nx", "200 x", "200 x");
        row("of an old server", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x", "200 x");
        row("of an old server that keeps it open",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "200 x*", "200 x");
        row("to the end of the connection", ok + "\r\nhello", "unfinished", "200 hello");
        row("something before it", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx",
            "200 x*", "200 x");
        row("a refusal", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}", "429 {}*",
            "429 {}");
        row("it breaks off in the head", ok + "Content-Le", "unfinished", "broken");
        row("it breaks off in the body", ok + "Content-Length: 5\r\n\r\nhell", "unfinished", "broken");
        row("it breaks off between chunks", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", "unfinished",
            "broken");
        row("another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "broken", "broken");
        row("no number", "HTTP/1.1 OK\r\n\r\n", "broken", "broken");
        row("a header without a colon", ok + "nonsense\r\n\r\n", "broken", "broken");
        row("a negative length", ok + "Content-Length: -1\r\n\r\n", "broken", "broken");
        row("a length that is none", ok + "Content-Length: 5, 5\r\n\r\nhello", "broken", "broken");
        row("a length that nobody keeps", ok + "Content-Length: 99999999999\r\n\r\n", "broken", "broken");
        row("a coding nobody asked for", ok + "Transfer-Encoding: gzip\r\n\r\n", "broken", "broken");
        row("a size that is none", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "broken", "broken");
        row("a chunk longer than it says", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n", "broken", "broken");
        row("another protocol from here on", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "broken", "broken");
        row("a head without end", ok + "x: " + QByteArray(70'000, 'x'), "broken", "broken");
    }
    void answersAreReadHoweverTheyAreCut()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, atTheEnd);
        HttpAnswerReader whole;
        QTEST(shown(whole.take(bytes), whole), "expected");
        QCOMPARE(shown(whole.end(), whole), atTheEnd);
        HttpAnswerReader pieces;
        State state = State::Unfinished;
        for (const char byte : bytes.first(std::min<qsizetype>(bytes.size(), 66'000)))
            state = pieces.take(QByteArray(1, byte));
        QTEST(shown(state, pieces), "expected");
        QCOMPARE(shown(pieces.end(), pieces), atTheEnd);
    }

    void headersAreFoundByTheirNameInLowerCase()
    {
        HttpAnswerReader reader;
        reader.take("HTTP/1.1 204 x\r\nX-RateLimit-Bucket:  abc \r\nempty:\r\na: b: c\r\n\r\n");
        QCOMPARE(reader.answer().header("x-ratelimit-bucket"), QByteArray("abc"));
        QCOMPARE(reader.answer().header("empty"), QByteArray());
        QCOMPARE(reader.answer().header("a"), QByteArray("b: c"));
        QCOMPARE(reader.answer().header("none"), QByteArray());
    }

    void answersBehindOneAnotherAreReadInTurn()
    {
        HttpAnswerReader reader;
        QCOMPARE(
            shown(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 204 No Content\r\n\r\nHTTP/1"),
                  reader),
            QByteArray("200 a*"));
        reader.next();
        QCOMPARE(shown(reader.take({}), reader), QByteArray("204 *"));
        reader.next();
        QVERIFY(reader.hasBegun());
        QCOMPARE(shown(reader.take(".1 200 OK\r\nContent-Length: 1\r\n\r\nb"), reader), QByteArray("200 b*"));
        reader.next();
        QVERIFY(!reader.hasBegun());
    }
};

QTEST_GUILESS_MAIN(TestHttpAnswer)
#include "tst_httpanswer.moc"
