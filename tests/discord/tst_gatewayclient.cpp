#include "core/base/async.h"
#include "headless/discord/gatewayclient.h"
#include "tests/discord/fakegateway.h"

#include <QSignalSpy>
#include <QTest>

#include <random>

#include <zlib.h>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

using How = FakeGateway::Break::How;
using Place = FakeGateway::Place;

const auto token = u"THE.SECRET.TOKEN"_s;

GatewayOptions quick()
{
    GatewayOptions options{token, 1};
    options.times.identifyGap = 10ms;
    options.times.calm = 0ms;
    options.times.presenceGap = 10ms;
    options.times.strangerPause = 5ms;
    options.times.backoff = {2ms, 20ms};
    return options;
}

// A client at a fake, and the events that arrived.
struct Bench {
    explicit Bench(GatewayOptions options = quick(), std::optional<GatewaySession> session = {})
        : client(
              std::move(options),
              [this] {
                  ++asked;
                  return readyFuture<GatewayInfo>(GatewayInfo{fake.url(), 1000, 24h});
              },
              std::move(session))
    {
        QObject::connect(&client, &GatewayClient::dispatched, &client,
                         [this](const QString &event, const QJsonObject &data) {
                             all << event;
                             if (event == "EVENT"_L1)
                                 arrived << data["n"_L1].toInt();
                         });
    }

    void publish(int count)
    {
        for (int i = 0; i < count; ++i) {
            expected << int(expected.size());
            fake.publish(u"EVENT"_s, QJsonObject{{u"n"_s, expected.last()}, {u"text"_s, QString(i % 7 * 40, u'ä')}});
        }
    }

    FakeGateway fake{token};
    int asked = 0;
    GatewayClient client;
    QStringList all;
    QList<int> arrived;
    QList<int> expected;
};

QByteArray opcode(int op, const QJsonValue &data)
{
    return toJson(QJsonObject{{u"op"_s, op}, {u"d"_s, data}, {u"s"_s, QJsonValue::Null}, {u"t"_s, QJsonValue::Null}});
}

// The ways of losing a connection that keep the session.
const QList<FakeGateway::Break> losses{
    {How::Tcp},
    {How::Close, 1001},
    {How::Close, 1012},
    {How::Close, 4000},
    {How::Close, 4008},
    {How::Message, 0, opcode(7, QJsonValue::Null)},
    {How::Message, 0, opcode(9, true)},
};

} // namespace

class TestGatewayClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itConnectsAndStaysAlive_data()
    {
        QTest::addColumn<bool>("compressed");
        QTest::newRow("compressed") << true;
        QTest::newRow("plain") << false;
    }
    void itConnectsAndStaysAlive()
    {
        QFETCH(bool, compressed);
        GatewayOptions options = quick();
        options.compressed = compressed;
        Bench bench(options);
        bench.fake.heartbeatInterval = 1000; // shorter, and a busy machine looks like a zombie
        bench.client.start();
        QTRY_COMPARE(bench.all, QStringList{u"READY"_s});
        bench.publish(200);
        bench.fake.publish(u"BIG"_s, QJsonObject{{u"text"_s, QString(1'200'000, u'x')}});
        QTRY_COMPARE(bench.arrived, bench.expected);
        QTRY_COMPARE(bench.all.last(), u"BIG"_s);
        QTRY_VERIFY(bench.fake.beats() >= 3);
        bench.client.setPresence({Presence::Status::DoNotDisturb, u"safe mode"_s});
        QTRY_COMPARE(bench.fake.presences().size(), qsizetype(1));
        QCOMPARE(bench.fake.connections(), 1);
        QVERIFY(bench.client.health().latency.has_value());
        QCOMPARE(bench.fake.violations(), QString());
    }

    void droppedFiftyTimesEachEventArrivesOnceAndInOrder_data()
    {
        QTest::addColumn<unsigned>("seed");
        QTest::addColumn<bool>("compressed");
        for (unsigned seed = 1; seed <= 4; ++seed)
            QTest::addRow("seed %u", seed) << seed << (seed % 2 == 0);
    }
    void droppedFiftyTimesEachEventArrivesOnceAndInOrder()
    {
        QFETCH(unsigned, seed);
        QFETCH(bool, compressed);
        GatewayOptions options = quick();
        options.compressed = compressed;
        options.times.backoff.most = 10ms; // after 4008 half of it
        Bench bench(options);
        bench.fake.heartbeatInterval = 60;
        bench.client.start();
        QTRY_VERIFY(bench.all.contains(u"READY"_s));

        std::mt19937 random(seed);
        QMap<Place, int> dropped;
        int drops = 0, unopened = 0;
        bench.fake.breaks = [&](Place place) -> FakeGateway::Break {
            unopened = place == Place::Opened ? unopened : 0;
            // Often enough at the rare places; not so often before the greeting that the address seems dead.
            const unsigned outOf = place == Place::BeforeEvent || place == Place::AfterEvent ? 12 : 4;
            // At most nine at one place, so that they are spread over six at least.
            if (drops >= 50 || dropped[place] >= 9 || random() % outOf != 0 ||
                (place == Place::Opened && ++unopened > 1))
                return {};
            ++drops;
            ++dropped[place];
            return losses[qsizetype(random() % size_t(losses.size()))];
        };
        QTimer more;
        connect(&more, &QTimer::timeout, this, [&] { bench.publish(int(random() % 8)); });
        more.start(3);
        QTRY_VERIFY_WITH_TIMEOUT(drops == 50, 60'000);
        more.stop();
        QTRY_COMPARE_WITH_TIMEOUT(bench.arrived.size(), bench.expected.size(), 20'000);
        QTRY_VERIFY(bench.fake.isReady());
        QCOMPARE(bench.arrived, bench.expected);
        QCOMPARE(bench.fake.violations(), QString());
        QCOMPARE(bench.fake.identifies(), 1); // all the rest was resumed
        QVERIFY(bench.fake.resumes() > 20);
    }

    void eachLossAtEachPlaceIsMended_data()
    {
        QTest::addColumn<int>("place");
        for (int place = int(Place::Opened); place <= int(Place::Beat); ++place)
            QTest::addRow("place %d", place) << place;
    }
    void eachLossAtEachPlaceIsMended()
    {
        QFETCH(int, place);
        QList<FakeGateway::Break> ways = losses;
        ways << FakeGateway::Break{How::Silence} << FakeGateway::Break{How::Close, 4009}
             << FakeGateway::Break{How::Message, 0, opcode(9, false)}
             << FakeGateway::Break{How::Message, 0, "{\"op\":"};
        for (const auto &way : ways) {
            GatewayOptions options = quick();
            options.times.helloLimit = 150ms;
            options.times.readyLimit = 150ms;
            Bench bench(options);
            bench.fake.heartbeatInterval = 50;
            bool done = false;
            bench.fake.breaks = [&](Place at) {
                if (done || int(at) != place)
                    return FakeGateway::Break{};
                done = true;
                return way;
            };
            bench.client.start();
            // Resuming and replaying happen after a loss only.
            QTRY_VERIFY(bench.all.contains(u"READY"_s));
            bench.publish(3);
            if (place == int(Place::Resuming) || place == int(Place::Replaying) || place == int(Place::Resumed)) {
                QTRY_COMPARE(bench.arrived.size(), qsizetype(3));
                bench.fake.send(opcode(7, QJsonValue::Null));
                bench.publish(2);
            }
            QTRY_VERIFY(done);
            QTRY_VERIFY(bench.fake.isReady() && bench.client.health().phase == GatewayHealth::Phase::Ready);
            bench.publish(1);
            QTRY_VERIFY(!bench.arrived.isEmpty() && bench.arrived.last() == bench.expected.last());
            QCOMPARE(bench.fake.violations(), QString());
        }
    }

    void aZombieIsLeftAndResumed()
    {
        Bench bench;
        bench.fake.heartbeatInterval = 50;
        bench.fake.answersBeats = false;
        bench.client.start();
        QTRY_VERIFY(bench.fake.resumes() > 0);
        bench.fake.answersBeats = true;
        QVERIFY(bench.client.health().zombies > 0);
        QCOMPARE(bench.fake.violations(), QString());
    }

    void aWrongTokenIsFinal()
    {
        GatewayOptions options = quick();
        options.token = u"ANOTHER.SECRET"_s;
        Bench bench(options);
        QSignalSpy gaveUp(&bench.client, &GatewayClient::gaveUp);
        bench.client.start();
        QTRY_COMPARE(gaveUp.size(), qsizetype(1));
        const Error why = gaveUp[0][0].value<Error>();
        QVERIFY(why.message.contains("token"_L1) && !why.message.contains("ANOTHER"_L1));
        QCOMPARE(bench.fake.connections(), 1);
        QCOMPARE(bench.client.health().phase, GatewayHealth::Phase::Off);
    }

    void aSessionOutlivesTheProgram()
    {
        Bench bench;
        bench.client.start();
        QTRY_VERIFY(bench.all.contains(u"READY"_s));
        bench.publish(5);
        QTRY_COMPARE(bench.arrived, bench.expected);
        const auto session = bench.client.session();
        bench.client.stop(Gateway::Leaving::ToComeBack);
        bench.publish(5);
        GatewayClient next(
            quick(), [] { return readyFuture<GatewayInfo>(shuttingDown()); }, session);
        connect(&next, &GatewayClient::dispatched, this, [&](const QString &event, const QJsonObject &data) {
            if (event == "EVENT"_L1)
                bench.arrived << data["n"_L1].toInt();
        });
        next.start();
        QTRY_COMPARE(bench.arrived, bench.expected);
        QCOMPARE(bench.fake.identifies(), 1);
        QCOMPARE(bench.fake.violations(), QString());
    }

    void anEndForGoodEndsTheSession()
    {
        Bench bench;
        bench.client.start();
        QTRY_VERIFY(bench.all.contains(u"READY"_s));
        QVERIFY(bench.fake.hasSession());
        bench.client.stop(Gateway::Leaving::ForGood);
        QTRY_VERIFY(!bench.fake.hasSession());
        QVERIFY(!bench.client.session());
    }

    void aListenerMayEndIt()
    {
        Bench bench;
        auto *client = new GatewayClient(quick(), [&] {
            return readyFuture<GatewayInfo>(GatewayInfo{bench.fake.url(), 1000, 24h});
        });
        bool ended = false;
        connect(client, &GatewayClient::dispatched, this, [&] {
            delete client;
            ended = true;
        });
        client->start();
        QTRY_VERIFY(ended);
    }

    void aCompressedMessageIsTakenInAnyPiecesButNotWithoutEnd()
    {
        const QByteArray text = QByteArray(100'000, 'x') + "end";
        z_stream stream{};
        deflateInit(&stream, 6);
        QByteArray packed(200'000, Qt::Uninitialized);
        QByteArray input = text;
        stream.next_in = reinterpret_cast<Bytef *>(input.data());
        stream.avail_in = uInt(input.size());
        stream.next_out = reinterpret_cast<Bytef *>(packed.data());
        stream.avail_out = uInt(packed.size());
        deflate(&stream, Z_SYNC_FLUSH);
        packed.chop(qsizetype(stream.avail_out));
        deflateEnd(&stream);
        for (qsizetype cut = 0; cut <= packed.size(); ++cut) {
            InflateStream inflate;
            const auto first = inflate.take(packed.first(cut));
            QVERIFY(first);
            const auto whole = cut == packed.size() ? first : inflate.take(packed.sliced(cut));
            QVERIFY(whole && *whole && **whole == text);
        }
        InflateStream small(50'000);
        QVERIFY(!small.take(packed));
        QVERIFY(!small.take(packed)); // it stays broken
        InflateStream inflate;
        QVERIFY(!inflate.take(QByteArray("nonsense\x00\x00\xff\xff", 12)));
    }
};

QTEST_GUILESS_MAIN(TestGatewayClient)
#include "tst_gatewayclient.moc"
