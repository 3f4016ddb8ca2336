#include "headless/discord/gateway.h"

#include <QTest>

#include <random>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

const auto token = u"THE.SECRET.TOKEN"_s;

QByteArray message(int op, const QJsonValue &data = {}, std::optional<qint64> sequence = {}, const QString &event = {})
{
    QJsonObject object{{u"op"_s, op}, {u"d"_s, data}, {u"s"_s, QJsonValue::Null}, {u"t"_s, QJsonValue::Null}};
    if (sequence)
        object[u"s"_s] = *sequence;
    if (!event.isEmpty())
        object[u"t"_s] = event;
    return hub::toJson(object);
}

QByteArray hello(int interval = 40000) { return message(10, QJsonObject{{u"heartbeat_interval"_s, interval}}); }

QByteArray ready(qint64 sequence = 1, const QString &session = u"s1"_s)
{
    return message(0, QJsonObject{{u"session_id"_s, session}, {u"resume_gateway_url"_s, u"wss://resume.example"_s}},
                   sequence, u"READY"_s);
}

GatewayInfo info(int left = 1000) { return {QUrl(u"wss://gateway.example"_s), left, 24h}; }

// A gateway with a clock that the test turns, and a log of what it wants done: "20000 send 1 7".
struct Bench {
    explicit Bench(GatewayOptions options = {token, 1}, std::optional<GatewaySession> session = {})
        : gateway(
              std::move(options), [this] { return dice; }, std::move(session))
    {
    }

    void note(const QString &what) { log << QString::number((now - Moment{}).count()) + u' ' + what; }

    void take(const GatewayActions &actions)
    {
        for (const GatewayAction &action : actions) {
            if (const auto *send = std::get_if<action::SendText>(&action)) {
                const auto payload = *objectFromJson(send->text);
                const int op = payload["op"_L1].toInt();
                const QJsonValue data = payload["d"_L1];
                QString extra;
                if (op == 1)
                    extra = data.isNull() ? u" -"_s : u" %1"_s.arg(data.toInteger());
                if (op == 6)
                    extra = u" %1 %2"_s.arg(data["session_id"_L1].toString()).arg(data["seq"_L1].toInteger());
                if (op == 3)
                    extra = u' ' + data["status"_L1].toString();
                note(u"send %1"_s.arg(op) + extra);
                sent << send->text;
            } else if (const auto *open = std::get_if<action::OpenConnection>(&action)) {
                note(u"open "_s + open->url.host());
                url = open->url;
            } else if (const auto *close = std::get_if<action::CloseConnection>(&action)) {
                note(u"close %1"_s.arg(close->code));
            } else if (const auto *deliver = std::get_if<action::Deliver>(&action)) {
                note(deliver->event);
            } else if (const auto *remark = std::get_if<action::Remark>(&action)) {
                told << remark->text;
            } else if (const auto *end = std::get_if<action::GiveUp>(&action)) {
                note(u"give up"_s);
                told << end->why.message << end->why.hint;
            } else {
                note(u"ask"_s);
            }
        }
    }

    void wait(milliseconds time)
    {
        const Moment end = now + time;
        for (int turns = 0; turns < 10000; ++turns) {
            const auto next = gateway.nextWake();
            if (!next || *next > end)
                break;
            now = std::max(now, *next);
            take(gateway.tick(now));
        }
        now = end;
    }

    void step(const QString &step)
    {
        const QString word = step.section(u' ', 0, 0), rest = step.section(u' ', 1);
        if (word == "start"_L1)
            take(gateway.start(now));
        else if (word == "found"_L1)
            take(gateway.gatewayFound(info(rest.isEmpty() ? 1000 : rest.toInt()), now));
        else if (word == "down"_L1)
            take(gateway.gatewayNotFound(fail(ErrorCode::Timeout, u"no network"_s), now));
        else if (word == "refused"_L1)
            take(gateway.gatewayNotFound(fail(ErrorCode::Refused, u"bad token"_s), now));
        else if (word == "hello"_L1)
            take(gateway.received(hello(), now));
        else if (word == "ready"_L1)
            take(gateway.received(ready(), now));
        else if (word == "event"_L1)
            take(gateway.received(message(0, QJsonObject{}, rest.toInt(), u"E"_s + rest), now));
        else if (word == "resumed"_L1)
            take(gateway.received(message(0, QJsonObject{}, rest.toInt(), u"RESUMED"_s), now));
        else if (word == "op"_L1)
            take(gateway.received(message(rest.toInt()), now));
        else if (word == "invalid"_L1)
            take(gateway.received(message(9, rest == "true"_L1), now));
        else if (word == "raw"_L1)
            take(gateway.received(rest.toUtf8(), now));
        else if (word == "lost"_L1)
            take(gateway.closed(rest.isEmpty() ? std::nullopt : std::optional(rest.toInt()), now));
        else if (word == "wait"_L1)
            wait(milliseconds(rest.toInt()));
        else if (word == "presence"_L1)
            take(gateway.setPresence({rest == "idle"_L1 ? Presence::Status::Idle : Presence::Status::DoNotDisturb, {}},
                                     now));
        else if (word == "stop"_L1)
            take(gateway.stop(rest == "now"_L1 ? Gateway::Leaving::ForGood : Gateway::Leaving::ToComeBack));
        else
            qFatal("no such step: %s", qPrintable(step));
    }

    void steps(const QString &all)
    {
        for (const QString &one : all.split(u"; "_s))
            step(one);
    }

    double dice = 0.5;
    Moment now{};
    Gateway gateway;
    QStringList log;
    QStringList told;
    QList<QByteArray> sent;
    QUrl url;
};

} // namespace

class TestGateway : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachThingThatHappensHasItsConsequence_data()
    {
        QTest::addColumn<QString>("steps");
        QTest::addColumn<QString>("expected"); // after the steps up to READY, where "up; " begins the row

        const auto row = [](const char *name, const QString &steps, const QString &expected) {
            QTest::newRow(name) << steps << expected;
        };
        row("a first connection", u"start; found; hello; ready"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 0 READY"_s);
        row("heartbeats: the first by chance, then evenly, with the newest number",
            u"start; found; hello; ready; wait 20000; op 11; event 7; wait 40000; op 11; wait 40000"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 0 READY; 20000 send 1 1; 20000 E7; 60000 send 1 7; "
            "100000 send 1 7"_s);
        row("a heartbeat before READY has no number", u"start; found; hello; wait 20000"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 20000 send 1 -"_s);
        row("asked for a heartbeat", u"up; wait 5000; op 1"_s, u"5000 send 1 1"_s);
        row("a zombie is noticed at the next beat", u"up; wait 60000"_s,
            u"20000 send 1 1; 60000 close 4900; 60000 open resume.example"_s);
        row("an answered heartbeat is no zombie", u"up; wait 20000; op 11; wait 40000"_s,
            u"20000 send 1 1; 60000 send 1 1"_s);
        row("a loss: resumed at once, elsewhere", u"up; event 4; wait 9000; lost; hello; event 5; resumed 6"_s,
            u"0 E4; 9000 open resume.example; 9000 send 6 s1 4; 9000 E5; 9000 RESUMED"_s);
        row("what was here before is dropped", u"up; event 4; wait 9000; lost; hello; event 3; event 4; event 5"_s,
            u"0 E4; 9000 open resume.example; 9000 send 6 s1 4; 9000 E5"_s);
        row("the numbers go on over a resume", u"up; event 4; wait 9000; lost; hello; wait 20000"_s,
            u"0 E4; 9000 open resume.example; 9000 send 6 s1 4; 29000 send 1 4"_s);
        row("lost as soon as it stood: waits", u"up; wait 100; lost; wait 1000"_s, u"850 open resume.example"_s);
        row("lost again: longer", u"up; wait 9000; lost; lost; wait 750; lost; wait 1500; lost; wait 2999"_s,
            u"9000 open resume.example; 9750 open resume.example; 11250 open resume.example"_s);
        row("op 7", u"up; wait 9000; op 7; hello"_s, u"9000 close 4900; 9000 open resume.example; 9000 send 6 s1 1"_s);
        row("op 7 instead of a greeting", u"start; found; op 7; wait 1000"_s,
            u"0 ask; 0 open gateway.example; 0 close 4900; 750 open gateway.example"_s);
        row("op 9 true", u"up; wait 9000; invalid true; hello"_s,
            u"9000 close 4900; 9000 open resume.example; 9000 send 6 s1 1"_s);
        row("op 9 false", u"up; wait 9000; invalid false; wait 3000; hello"_s,
            u"9000 close 4900; 12000 open gateway.example; 12000 send 2"_s);
        row("one identify in five seconds", u"start; found; hello; invalid false; wait 3000; hello; wait 3000"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 0 close 4900; 3000 open gateway.example; 5000 send 2"_s);
        row("no greeting", u"start; found; wait 20750"_s,
            u"0 ask; 0 open gateway.example; 20000 close 4900; 20000 open gateway.example"_s);
        row("no READY", u"start; found; hello; wait 20000; op 11; wait 40000"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 20000 send 1 -; 60000 close 4900; 60000 open gateway.example"_s);
        row("nonsense is resumed over once, then given up", u"up; wait 9000; raw {; hello; raw [1]; wait 1000; hello"_s,
            u"9000 close 4900; 9000 open resume.example; 9000 send 6 s1 1; 9000 close 4900; 9750 open gateway.example; "
            "10000 send 2"_s);
        row("what nobody knows is ignored", u"up; op 77; raw {\"op\":12,\"x\":1}; event 9"_s, u"0 E9"_s);
        row("an event without a number is handed on", u"up; raw {\"op\":0,\"t\":\"NEW\"}"_s, u"0 NEW"_s);
        row("nothing comes in after the end", u"up; stop now; event 4; wait 90000"_s, u"0 close 1000"_s);
        row("an end to come back from keeps the session", u"up; stop later; start; hello"_s,
            u"0 close 4900; 0 open resume.example; 0 send 6 s1 1"_s);
        row("an end for good does not", u"up; stop now; start; hello; wait 5000"_s,
            u"0 close 1000; 0 open gateway.example; 5000 send 2"_s);
        row("the API is away", u"start; down; wait 750; down; wait 1500; found"_s,
            u"0 ask; 750 ask; 2250 ask; 2250 open gateway.example"_s);
        row("the API refuses the token", u"start; refused; wait 90000"_s, u"0 ask; 0 give up"_s);
        row("no sign-ins left: waits for the next day", u"start; found 0; wait 86399999; wait 1; found"_s,
            u"0 ask; 86400000 ask; 86400000 open gateway.example"_s);
        row("the last sign-ins are spread over the day",
            u"start; found 11; hello; ready; lost 4009; wait 8639924; wait 1"_s,
            u"0 ask; 0 open gateway.example; 0 send 2; 0 READY; 8639925 open gateway.example"_s);
        row("a resume address that stays closed: asked, tried twice more, given up",
            u"up; wait 9000; lost; lost; wait 750; lost; wait 1500; lost; wait 3000; found; lost; wait 6000; found; "
            u"lost; "
            "wait 12000; found"_s,
            u"9000 open resume.example; 9750 open resume.example; 11250 open resume.example; 14250 ask; "
            "14250 open resume.example; 20250 ask; 20250 open resume.example; 32250 ask; 32250 open gateway.example"_s);
        row("a network that is down does not cost the session",
            u"up; wait 9000; lost; lost; wait 750; lost; wait 1500; lost; wait 3000; down; wait 6000; down; wait "
            u"12000; "
            "down; wait 24000; found; hello"_s,
            u"9000 open resume.example; 9750 open resume.example; 11250 open resume.example; 14250 ask; 20250 ask; "
            "32250 ask; 56250 ask; 56250 open resume.example; 56250 send 6 s1 1"_s);
        row("a greeting in between: the address works",
            u"up; wait 9000; lost; lost; wait 750; lost; wait 1500; hello; resumed 2; lost; wait 750; lost; wait 1500; lost"_s,
            u"9000 open resume.example; 9750 open resume.example; 11250 open resume.example; 11250 send 6 s1 1; "
            "11250 RESUMED; 12000 open resume.example; 13500 open resume.example"_s);
        row("the presence is changed at a polite rate, the last one counts",
            u"up; presence idle; wait 1000; presence dnd; wait 11000"_s, u"12000 send 3 dnd"_s);
        row("the same presence is not sent again", u"up; wait 15000; presence idle; presence idle; wait 15000"_s,
            u"15000 send 3 idle; 20000 send 1 1"_s);
        row("a presence set while away follows the resume", u"up; wait 15000; lost; presence idle; hello; resumed 2"_s,
            u"15000 open resume.example; 15000 send 6 s1 1; 15000 RESUMED; 15000 send 3 idle"_s);
    }
    void eachThingThatHappensHasItsConsequence()
    {
        QFETCH(QString, steps);
        QFETCH(QString, expected);
        Bench bench;
        if (steps.startsWith("up; "_L1)) {
            bench.steps(u"start; found; hello; ready"_s);
            bench.log.clear();
            steps.remove(0, 4);
        }
        bench.steps(steps);
        QCOMPARE(bench.log.join(u"; "_s), expected);
        QVERIFY(!bench.told.join(u' ').contains(token));
    }

    void everyCloseCodeIsResumedOverSignedInAfterOrFinal_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("then");
        const auto resumed = u"resume"_s, fresh = u"new"_s, final = u"stop"_s;
        for (const int code : {0, 1000, 1001, 1006, 1011, 1012, 3000, 4000, 4001, 4002, 4005, 4006, 4008, 4015, 4999})
            QTest::addRow("%d", code) << code << resumed;
        for (const int code : {4003, 4007, 4009})
            QTest::addRow("%d", code) << code << fresh;
        for (const int code : {4004, 4010, 4011, 4012, 4013, 4014})
            QTest::addRow("%d", code) << code << final;
    }
    void everyCloseCodeIsResumedOverSignedInAfterOrFinal()
    {
        QFETCH(int, code);
        QFETCH(QString, then);
        Bench bench;
        bench.steps(u"start; found; hello; ready; wait 10000"_s);
        bench.log.clear();
        bench.take(bench.gateway.closed(code, bench.now));
        bench.wait(40s);
        if (then == "stop"_L1) {
            QCOMPARE(bench.log, QStringList{u"10000 give up"_s});
            QVERIFY(!bench.gateway.nextWake());
            QVERIFY(!bench.gateway.session());
            QVERIFY2(bench.told[0].contains(QString::number(code)), qPrintable(bench.told[0]));
            QVERIFY(!bench.told[1].isEmpty()); // what to do
            return;
        }
        QVERIFY(bench.log[0].contains(then == "resume"_L1 ? "open resume"_L1 : "open gateway"_L1));
        const qint64 at = bench.log[0].section(u' ', 0, 0).toLongLong();
        QCOMPARE(at, code == 4008 ? 40000 : 10000); // too fast: slower
        QVERIFY(bench.gateway.health(bench.now).lastCloseCode == code);
    }

    void theAddressIsCompleteAndTheSameAgain()
    {
        Bench bench;
        bench.steps(u"start; found"_s);
        const QString query = bench.url.query();
        QCOMPARE(bench.url.toString(), u"wss://gateway.example/?v=10&encoding=json&compress=zlib-stream"_s);
        bench.steps(u"hello; ready; wait 9000; lost"_s);
        QCOMPARE(bench.url.host(), u"resume.example"_s);
        QCOMPARE(bench.url.query(), query);
    }

    void theSignInIsAsDiscordWantsIt()
    {
        GatewayOptions options{token, 1 | (1 << 9)};
        options.presence = {Presence::Status::Idle, QString(200, u'x')};
        Bench bench(options);
        bench.steps(u"start; found; hello"_s);
        const QJsonValue data = (*objectFromJson(bench.sent[0]))["d"_L1];
        QCOMPARE(data["token"_L1].toString(), token);
        QCOMPARE(data["intents"_L1].toInt(), 513);
        QCOMPARE(data["properties"_L1].toObject().keys(), (QStringList{u"browser"_s, u"device"_s, u"os"_s}));
        QCOMPARE(data["presence"_L1]["activities"_L1][0]["state"_L1].toString().size(), qsizetype(128));
    }

    void aTokenOfTheWrongSizeIsNeverSent()
    {
        Bench bench({QString(5000, u'x'), 1});
        bench.steps(u"start; found; hello; wait 90000"_s);
        QCOMPARE(bench.log.join(u"; "_s), u"0 ask; 0 open gateway.example; 0 close 1000; 0 give up"_s);
        QVERIFY(!bench.told.join(u' ').contains(u"xxxx"_s));
    }

    void aHundredAndTwentyInAMinuteAreNeverPassed()
    {
        Bench bench;
        bench.steps(u"start; found; hello; ready; wait 13000"_s);
        for (int i = 0; i < 200; ++i)
            bench.step(u"op 1"_s);
        bench.wait(7s);
        bench.step(u"op 11"_s);
        for (int i = 0; i < 200; ++i)
            bench.step(u"op 1"_s);
        bench.step(u"op 11"_s);
        bench.wait(39s);
        bench.step(u"op 11"_s);
        QList<qint64> sends;
        for (const QString &line : bench.log) {
            if (line.contains(" send "_L1))
                sends << line.section(u' ', 0, 0).toLongLong();
        }
        QCOMPARE(sends.size(), qsizetype(120));
        // A new connection has room of its own.
        bench.take(bench.gateway.closed(std::nullopt, bench.now));
        bench.steps(u"hello; op 1"_s);
        QCOMPARE(bench.log.last().section(u' ', 1), u"send 1 1"_s);
    }

    void whatWasOwedIsSentWhenThereIsRoomAgain()
    {
        Bench bench;
        bench.steps(u"start; found; hello; ready; wait 13000"_s);
        for (int i = 0; i < 200; ++i)
            bench.step(u"op 1"_s);
        bench.log.clear();
        bench.wait(7s);
        bench.step(u"op 11"_s);
        bench.wait(39s);
        QCOMPARE(bench.log, QStringList());
        bench.wait(16s);
        QVERIFY(bench.log.first().contains(" send 1"_L1));
    }

    void theLastFewAreKeptForHeartbeats()
    {
        SendBudget budget;
        const Moment now{};
        for (size_t i = 0; i < SendBudget::limit - SendBudget::reserve; ++i) {
            QVERIFY(budget.allows(SendBudget::For::Other, now));
            budget.sent(now);
        }
        QVERIFY(!budget.allows(SendBudget::For::Other, now));
        QVERIFY(budget.allows(SendBudget::For::Heartbeat, now));
        QCOMPARE(budget.freeAt(SendBudget::For::Other, now), now + SendBudget::window);
    }

    void theWaitDoublesUpToItsMostAndChanceSpreadsIt()
    {
        const Backoff backoff{1s, 60s};
        milliseconds before = 0ms;
        for (int tries = 0; tries < 100; ++tries) {
            const milliseconds least = backoff.delay(tries, 0), most = backoff.delay(tries, 0.999999);
            QVERIFY(least >= 500ms && most <= 60s && least < most && least >= before);
            before = least;
        }
        QCOMPARE(before, milliseconds(30s));
    }

    void aSessionOfAnEarlierLifeIsResumed()
    {
        Bench bench({token, 1}, GatewaySession{u"old"_s, QUrl(u"wss://resume.example"_s), 41});
        bench.steps(u"start; hello; event 41; event 42; resumed 43"_s);
        QCOMPARE(bench.log.join(u"; "_s),
                 u"0 open resume.example; 0 send 6 old 41; 0 E42; 0 RESUMED; 0 send 3 online"_s);
        QVERIFY(bench.gateway.session() == (GatewaySession{u"old"_s, QUrl(u"wss://resume.example"_s), 43}));
    }

    void theTokenGoesToNoAddressInTheClear_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<bool>("good");
        QTest::newRow("wss") << u"wss://gateway.discord.gg"_s << true;
        QTest::newRow("ws") << u"ws://gateway.discord.gg"_s << false;
        QTest::newRow("ws here") << u"ws://127.0.0.1:80"_s << true;
        QTest::newRow("ws here, v6") << u"ws://[::1]:80"_s << true;
        QTest::newRow("looks like here") << u"ws://127.0.0.1.example"_s << false;
        QTest::newRow("https") << u"https://gateway.discord.gg"_s << false;
        QTest::newRow("with a user") << u"wss://a:b@gateway.discord.gg"_s << false;
        QTest::newRow("nothing") << QString() << false;
    }
    void theTokenGoesToNoAddressInTheClear()
    {
        QFETCH(QString, url);
        QFETCH(bool, good);
        QCOMPARE(bool(GatewayInfo::fromJson({{u"url"_s, url}})), good);
        // As the address to resume at, a bad one is passed over for the gateway's own.
        Bench bench;
        bench.steps(u"start; found; hello"_s);
        bench.take(bench.gateway.received(
            message(0, QJsonObject{{u"session_id"_s, u"s"_s}, {u"resume_gateway_url"_s, url}}, 1, u"READY"_s),
            bench.now));
        bench.steps(u"wait 9000; lost"_s);
        QCOMPARE(bench.url.host(), good ? QUrl(url).host() : u"gateway.example"_s);
    }

    // A model of Discord that breaks the line anywhere; what it sent may or may not have arrived.
    void whateverBreaksEachEventArrivesOnceAndInOrder()
    {
        for (unsigned seed = 1; seed <= 300; ++seed) {
            std::mt19937 random(seed);
            const auto chance = [&](unsigned outOf) { return random() % outOf == 0; };
            Bench bench;
            bench.steps(u"start; found; hello; ready"_s);
            bench.log.clear();
            QStringList expected;
            qint64 last = 1;   // number of the newest event
            qint64 passed = 1; // number up to which the line carried
            int losses = 0;
            bool connected = true;
            while (losses < 40 || passed < last) {
                if (chance(2)) {
                    ++last;
                    expected << u"E%1"_s.arg(last);
                }
                if (!connected) {
                    while (!bench.log.last().contains(" open "_L1))
                        bench.wait(1s);
                    bench.step(u"hello"_s);
                    QVERIFY2(bench.log.last().contains("send 6 s1"_L1), qPrintable(bench.log.last()));
                    passed = bench.log.last().section(u' ', -1).toLongLong();
                    connected = true;
                    if (passed > 3 && chance(3))
                        passed -= 2; // events may come more than once
                }
                while (passed < last && !chance(5))
                    bench.step(u"event %1"_s.arg(++passed));
                if (passed == last && chance(2))
                    bench.take(bench.gateway.received(message(0, {}, std::nullopt, u"RESUMED"_s), bench.now));
                if (losses < 40 && chance(3)) {
                    ++losses;
                    connected = false;
                    const QStringList ways{u"lost"_s, u"lost 1001"_s, u"lost 4000"_s, u"op 7"_s, u"invalid true"_s};
                    bench.step(ways[qsizetype(random() % 5)]);
                }
            }
            QStringList arrived;
            for (const QString &line : bench.log) {
                if (line.section(u' ', 1).startsWith(u'E'))
                    arrived << line.section(u' ', 1);
            }
            QCOMPARE(arrived, expected);
        }
    }
};

QTEST_GUILESS_MAIN(TestGateway)
#include "tst_gateway.moc"
