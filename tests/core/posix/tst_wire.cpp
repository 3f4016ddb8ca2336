#include "core/posix/shimspec.h"
#include "core/posix/wire.h"

#include <QTest>

using namespace hub::posix;
using namespace Qt::StringLiterals;

class TestWire : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void messagesComeBackWhole()
    {
        const RunIdentity identity{{12, 34}, {56, 78}, "boot", FreezeMethod::Cgroup1, "/sys/fs/x", "mark"};
        std::string out;
        putWelcome(out, {wireVersion, ShimState::Running, identity, 9, true, 4, {1, 2}, {0, 5}});
        putInput(out, 10, std::string(inputLimit, 'i'));
        putFreezeNews(out, MessageType::Frozen, {{FreezeMethod::Walk, true, 7, 99}, 4});
        putFreeze(out, {.epoch = 5, .leaseMillis = 6, .graceMillis = 7});
        putExited(out, {ExitKind::Signal, 9, "killed"}, {3, 4});
        putStatus(out, {StatusKind::InputRefused, 8, "why"});
        std::string_view rest = out;
        bool broken = false;
        const auto welcome = getWelcome(takeMessage(rest, broken)->payload);
        QVERIFY(welcome && welcome->identity == identity && welcome->frozen && welcome->lastInput == 9);
        QVERIFY(welcome->spoolEnd == (Position{1, 2}) && welcome->acknowledged == (Position{0, 5}));
        uint64_t number = 0;
        std::string_view bytes;
        QVERIFY(getInput(takeMessage(rest, broken)->payload, number, bytes));
        QCOMPARE(number, 10U);
        QCOMPARE(bytes.size(), inputLimit);
        const auto news = getFreezeNews(takeMessage(rest, broken)->payload);
        QVERIFY(news && news->report.processes == 7 && news->report.micros == 99 && news->epoch == 4);
        const auto wish = getFreeze(takeMessage(rest, broken)->payload);
        QVERIFY(wish && wish->epoch == 5 && wish->leaseMillis == 6 && wish->graceMillis == 7);
        RunExit end;
        Position behind;
        QVERIFY(getExited(takeMessage(rest, broken)->payload, end, behind));
        QVERIFY(end == (RunExit{ExitKind::Signal, 9, "killed"}) && behind == (Position{3, 4}));
        const auto status = getStatus(takeMessage(rest, broken)->payload);
        QVERIFY(status && status->text == "why" && status->lastInput == 8);
        QVERIFY(rest.empty() && !takeMessage(rest, broken) && !broken);
    }

    void aMessageCutAtAnyByteIsWaitedFor()
    {
        std::string out;
        putStatus(out, {StatusKind::Information, 1, "text"});
        for (size_t cut = 0; cut < out.size(); ++cut) {
            std::string_view rest(out.data(), cut);
            bool broken = false;
            QVERIFY(!takeMessage(rest, broken));
            QVERIFY(!broken);
            QCOMPARE(rest.size(), cut);
        }
    }

    void payloadsCutAtAnyByteAreRefused()
    {
        std::string out;
        putWelcome(out, {});
        std::string_view rest = out;
        bool broken = false;
        const std::string_view payload = takeMessage(rest, broken)->payload;
        for (size_t cut = 0; cut < payload.size(); ++cut)
            QVERIFY(!getWelcome(payload.substr(0, cut)));
        QVERIFY(getWelcome(std::string(payload) + "a newer shim says more"));
        QVERIFY(!getNumber64("1234567") && !getNumber32("123") && !getHello("1") && !getPosition("123456789012345"));
        const std::string huge("\xff\xff\xff\xff", 4); // a text longer than anything
        QVERIFY(!decodeIdentity(std::string(24, 'x') + huge));
        QVERIFY(!decodeExit("\1\0\0\0\0" + huge));
    }

    void anImpossibleLengthBreaksTheConnection()
    {
        for (const std::string &bytes : {std::string(4, '\0'), std::string(4, '\x7f')}) {
            std::string_view rest = bytes;
            bool broken = false;
            QVERIFY(!takeMessage(rest, broken));
            QVERIFY(broken);
        }
    }

    void specsComeBackAsTheyWereWritten()
    {
        ShimSpec spec;
        spec.mark = "run-1_A";
        spec.folder = "/tmp/a b";
        spec.arguments = {"sh", "-c", "echo = \n \xff"};
        spec.environment = {"PATH=/bin", "EMPTY=", "E=a=b\nc"};
        spec.locks = {"/tmp/a b/.git/index.lock", "/x"};
        spec.quota = 1ULL << 40;
        spec.freeze = "walk";
        spec.segmentSize = 4096;
        spec.stallMillis = 5;
        ShimSpec read;
        QCOMPARE(decodeSpec(encodeSpec(spec), read), std::string());
        QVERIFY(read == spec);
    }

    void badSpecsAreNamed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("problem");
        const QByteArray good("version=1\0run=a\0cwd=/\0arg=sh\0", 29);
        const auto with = [&](const char *line) { return good + QByteArray(line) + '\0'; };
        QTest::newRow("nothing at all") << QByteArray() << QByteArray("no version");
        QTest::newRow("another version") << with("version=2") << QByteArray("bad version");
        QTest::newRow("a key that is not known") << with("colour=red") << QByteArray("unknown key");
        QTest::newRow("a line without a value") << with("colour") << QByteArray("without '='");
        QTest::newRow("a quota that is no number") << with("quota=12x") << QByteArray("bad quota");
        QTest::newRow("a mark that leaves the folder") << with("run=../x") << QByteArray("mark");
        QTest::newRow("a relative folder") << with("cwd=src") << QByteArray("not absolute");
        QTest::newRow("a method that does not exist") << with("freeze=hard") << QByteArray("unknown freezing");
        QTest::newRow("an environment entry without a value") << with("env=PATH") << QByteArray("environment entry");
        QTest::newRow("an end in the middle of a line") << good + "env=A" << QByteArray("cut short");
    }
    void badSpecsAreNamed()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, problem);
        ShimSpec spec;
        const QByteArray said = QByteArray::fromStdString(decodeSpec(bytes.toStdString(), spec));
        QVERIFY2(said.contains(problem), said);
    }
};

QTEST_GUILESS_MAIN(TestWire)
#include "tst_wire.moc"
