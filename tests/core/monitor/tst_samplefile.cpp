#include "core/monitor/samplefile.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

Look wholeLook()
{
    Look look{.running = {TaskId::of(3), TaskId::of(1)}, .safeMode = true};
    look.sample = {
        .at = fromMillis(1'780'000'000'123),
        .uptime = 4321s,
        .cores = 4,
        .cpu = 12.5,
        .load = Load{0.5, 0.25, 0.125},
        .memory = Memory{8'000'000'000, 2'000'000'000, 1'000'000'000, 999'999'999},
        .cpuPressure = Pressure{1.5, {}},
        .memoryPressure = Pressure{2.5, 0.5},
        .ioPressure = Pressure{0, 0},
        .disks = {{u"/"_s, 1000, 400, 50, 20}, {u"/srv/a b"_s, 2000, 1999, {}, {}}},
        .temperatures = {{u"cpu-thermal"_s, 61.3}},
        .throttle =
            Throttle{.underVoltage = true, .softLimit = true, .sinceBoot = Throttle::SinceBoot{.throttled = true}},
        .work = Work{2, 1},
        .agents = {{u"claude"_s, 33.5, 1 << 30}},
        .timeJump = -90s,
        .clockIsSet = false};
    return look;
}

} // namespace

class TestSampleFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLookComesBackAsItWas_data()
    {
        QTest::addColumn<Look>("look");
        QTest::newRow("with all that there can be") << wholeLook();
        QTest::newRow("of a machine that tells nothing") << Look{};
        Look quiet;
        quiet.sample.throttle = Throttle{};
        QTest::newRow("with a firmware that has nothing to say") << quiet;
    }
    void aLookComesBackAsItWas()
    {
        QFETCH(const Look, look);
        const QByteArray line = lineOf(look);
        QCOMPARE(line.count('\n'), 1);
        const auto read = lookFromLine(line);
        QVERIFY2(read, read ? "" : qPrintable(read.error().message));
        QCOMPARE(*read, look);
    }

    void whatIsNoLookIsAnError_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("a member nobody knows") << QByteArray("\"cores\"") << QByteArray("\"kernels\"");
        QTest::newRow("no time") << QByteArray("2026-") << QByteArray("once-");
        QTest::newRow("a text for a number") << QByteArray("12.5") << QByteArray("\"12\"");
        QTest::newRow("a load of two") << QByteArray("[0.5,0.25,0.125]") << QByteArray("[0.5,0.25]");
        QTest::newRow("memory without a size") << QByteArray("\"size\":8000000000,\"swap") << QByteArray("\"swap");
        QTest::newRow("a task that is none") << QByteArray("[3,1]") << QByteArray("[3,\"x\"]");
        QTest::newRow("cut off") << QByteArray("}\n") << QByteArray("");
    }
    void whatIsNoLookIsAnError()
    {
        QFETCH(const QByteArray, from);
        QFETCH(const QByteArray, to);
        QByteArray line = lineOf(wholeLook());
        QVERIFY(line.contains(from));
        line.replace(from, to);
        const auto read = lookFromLine(line);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::InvalidInput);
    }

    void looksAreAddedToAFileOfTheOwnerAlone()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"looks"_s);
        for (int i = 0; i < 2; ++i)
            QVERIFY(appendLook(QFile::encodeName(path), wholeLook()));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), lineOf(wholeLook()) + lineOf(wholeLook()));
        QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    }

    void aFileThatIsFullStaysAsItIs()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"looks"_s);
        QVERIFY(appendLook(QFile::encodeName(path), wholeLook()));
        QVERIFY(QFile::resize(path, 64 << 20));
        QVERIFY(appendLook(QFile::encodeName(path), wholeLook()));
        QCOMPARE(QFile(path).size(), 64 << 20);
    }
};

QTEST_GUILESS_MAIN(TestSampleFile)
#include "tst_samplefile.moc"
