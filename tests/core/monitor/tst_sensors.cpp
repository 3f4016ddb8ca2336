#include "core/monitor/metric.h"
#include "core/monitor/sampler.h"
#include "tests/support/fakemachine.h"

#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

constexpr Instant start = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};
const QString firmwareFile = u"sys/devices/platform/soc/soc:firmware/get_throttled"_s;

} // namespace

class TestSensors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatTheKernelSaysIsRead()
    {
        test::FakeMachine machine;
        machine.write(u"proc/loadavg"_s, "1.25 0.80 0.50 2/345 6789\n");
        machine.write(u"proc/meminfo"_s,
                      "MemTotal:        4000 kB\nMemFree:          100 kB\nMemAvailable:    1500 kB\n"
                      "SwapTotal:       2000 kB\nSwapFree:         500 kB\n");
        machine.write(u"proc/stat"_s, "cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n");
        machine.write(u"proc/pressure/cpu"_s, "some avg10=12.50 avg60=1.00 avg300=0.00 total=5\n");
        machine.write(u"proc/pressure/memory"_s, "some avg10=3.00 avg60=0.00 avg300=0.00 total=5\n"
                                                 "full avg10=1.50 avg60=0.00 avg300=0.00 total=5\n");
        Sampler sampler(machine.sources());
        const Sample first = sampler.take({}, start);
        QCOMPARE(first.cores, 2);
        QVERIFY(!first.cpu); // nothing to compare with
        QCOMPARE(first.load, std::optional(Load{1.25, 0.80, 0.50}));
        QCOMPARE(first.memory, std::optional(Memory{4000 * 1024, 1500 * 1024, 2000 * 1024, 500 * 1024}));
        QCOMPARE(first.cpuPressure, std::optional(Pressure{12.5, {}}));
        QCOMPARE(first.memoryPressure, std::optional(Pressure{3.0, 1.5}));
        QVERIFY(!first.ioPressure);
        // 100 ticks went by, 30 of them busy; waiting for a disk is idle, a guest counts once.
        machine.write(u"proc/stat"_s, "cpu  120 0 110 750 120 0 0 0 60 0\ncpu0 1 2 3\ncpu1 1 2 3\n");
        QCOMPARE(sampler.take({}, start + 30s).cpu, std::optional(30.0));
    }

    void whatAMachineDoesNotHaveIsUnknown()
    {
        test::FakeMachine machine;
        Sampler sampler(machine.sources());
        const Sample sample = sampler.take({"/data"}, start);
        QVERIFY(!sample.cpu && !sample.load && !sample.memory && !sample.cpuPressure && !sample.throttle);
        QVERIFY(sample.disks.isEmpty() && sample.temperatures.isEmpty() && !sample.warmest());
        QVERIFY(readingsOf(sample).isEmpty());
    }

    void temperatures_data()
    {
        using Files = QList<std::pair<QString, QByteArray>>;
        QTest::addColumn<Files>("files");
        QTest::addColumn<QList<Temperature>>("found");
        const QString zones = u"sys/class/thermal/"_s, chips = u"sys/class/hwmon/"_s;
        QTest::newRow("a zone is named by its type")
            << Files{{zones + u"thermal_zone0/temp"_s, "51234\n"}, {zones + u"thermal_zone0/type"_s, "cpu-thermal\n"}}
            << QList<Temperature>{{u"cpu-thermal"_s, 51.234}};
        QTest::newRow("a zone without a type is named by its number")
            << Files{{zones + u"thermal_zone3/temp"_s, "40000\n"}} << QList<Temperature>{{u"thermal_zone3"_s, 40}};
        QTest::newRow("a sensor that says 0 does not work")
            << Files{{zones + u"thermal_zone0/temp"_s, "0\n"}, {zones + u"thermal_zone1/temp"_s, "84000\n"}}
            << QList<Temperature>{{u"thermal_zone1"_s, 84}};
        QTest::newRow("one that says nonsense is left out")
            << Files{{zones + u"thermal_zone0/temp"_s, "warm\n"}, {zones + u"thermal_zone1/temp"_s, "999999\n"}}
            << QList<Temperature>{};
        QTest::newRow("one far below zero is left out")
            << Files{{zones + u"thermal_zone0/temp"_s, "-273200\n"}} << QList<Temperature>{};
        QTest::newRow("a cooling device is no sensor")
            << Files{{zones + u"cooling_device0/temp"_s, "99000\n"}} << QList<Temperature>{};
        QTest::newRow("without zones the monitoring chips are read")
            << Files{{chips + u"hwmon0/name"_s, "coretemp\n"}, {chips + u"hwmon0/temp1_input"_s, "61000\n"}}
            << QList<Temperature>{{u"coretemp"_s, 61}};
        QTest::newRow("with zones they are not read too")
            << Files{{zones + u"thermal_zone0/temp"_s, "50000\n"}, {chips + u"hwmon0/temp1_input"_s, "61000\n"}}
            << QList<Temperature>{{u"thermal_zone0"_s, 50}};
        QTest::newRow("ten zones come in their order")
            << Files{{zones + u"thermal_zone10/temp"_s, "20000\n"}, {zones + u"thermal_zone9/temp"_s, "30000\n"}}
            << QList<Temperature>{{u"thermal_zone9"_s, 30}, {u"thermal_zone10"_s, 20}};
    }
    void temperatures()
    {
        using Files = QList<std::pair<QString, QByteArray>>;
        QFETCH(const Files, files);
        QFETCH(const QList<Temperature>, found);
        test::FakeMachine machine;
        for (const auto &[path, text] : files)
            QVERIFY(machine.write(path, text));
        QCOMPARE(readTemperatures(machine.sources()), found);
    }

    void throttling_data()
    {
        QTest::addColumn<QByteArray>("file");     // of the firmware's driver
        QTest::addColumn<QByteArray>("voltage");  // of the rpi_volt chip
        QTest::addColumn<qint64>("mailbox");      // -1: no /dev/vcio
        QTest::addColumn<QByteArray>("vcgencmd"); // empty: not there
        QTest::addColumn<bool>("known");
        QTest::addColumn<Throttle>("throttle");
        const QByteArray none;
        const Throttle now{true, true, true, true, Throttle::SinceBoot{}};
        QTest::newRow("no source: unknown") << none << none << qint64(-1) << none << false << Throttle{};
        QTest::newRow("all is well, by the driver")
            << QByteArray("0\n") << none << qint64(-1) << none << true << Throttle{.sinceBoot = Throttle::SinceBoot{}};
        QTest::newRow("bits 0 to 3 are now") << QByteArray("f\n") << none << qint64(-1) << none << true << now;
        QTest::newRow("bits 16 to 19 are since boot")
            << QByteArray("50000\n") << none << qint64(-1) << none << true
            << Throttle{.sinceBoot = Throttle::SinceBoot{.underVoltage = true, .throttled = true}};
        QTest::newRow("the driver comes before the others")
            << QByteArray("0\n") << QByteArray("1\n") << qint64(0xf) << QByteArray("throttled=0xf\n") << true
            << Throttle{.sinceBoot = Throttle::SinceBoot{}};
        QTest::newRow("a chip that tells of its voltage only")
            << none << QByteArray("1\n") << qint64(-1) << none << true << Throttle{.underVoltage = true};
        QTest::newRow("the same chip, when all is well")
            << none << QByteArray("0\n") << qint64(-1) << none << true << Throttle{};
        QTest::newRow("the firmware's mailbox") << none << none << qint64(0x2) << none << true
                                                << Throttle{.capped = true, .sinceBoot = Throttle::SinceBoot{}};
        QTest::newRow("vcgencmd, when nothing else answers")
            << none << none << qint64(-1) << QByteArray("throttled=0x4\n") << true
            << Throttle{.throttled = true, .sinceBoot = Throttle::SinceBoot{}};
        QTest::newRow("vcgencmd without rights: unknown")
            << none << none << qint64(-1) << QByteArray("VCHI initialization failed\n") << false << Throttle{};
    }
    void throttling()
    {
        QFETCH(const QByteArray, file);
        QFETCH(const QByteArray, voltage);
        QFETCH(const qint64, mailbox);
        QFETCH(const QByteArray, vcgencmd);
        QFETCH(const bool, known);
        QFETCH(const Throttle, throttle);
        test::FakeMachine machine;
        if (!file.isEmpty())
            QVERIFY(machine.write(firmwareFile, file));
        if (!voltage.isEmpty()) {
            QVERIFY(machine.write(u"sys/class/hwmon/hwmon1/name"_s, "rpi_volt\n"));
            QVERIFY(machine.write(u"sys/class/hwmon/hwmon1/in0_lcrit_alarm"_s, voltage));
        }
        if (mailbox >= 0)
            machine.firmware = quint32(mailbox);
        if (!vcgencmd.isEmpty())
            machine.vcgencmd = vcgencmd;
        QCOMPARE(readThrottle(machine.sources()), known ? std::optional(throttle) : std::nullopt);
    }

    void eachFileSystemCountsOnce()
    {
        test::FakeMachine machine;
        const FileSystem root{u"/"_s, 1000, 400, 100, 50}, home{u"/home"_s, 2000, 100, {}, {}};
        machine.disks = {{"/var/data", root}, {"/srv/project", root}, {"/home/x/project", home}};
        QCOMPARE(readDisks(machine.sources(), {"/var/data", "/home/x/project", "/srv/project", "/nowhere"}),
                 (QList<FileSystem>{root, home}));
    }

    void aJumpOfTheClockIsSeenAndASleepIsNone_data()
    {
        QTest::addColumn<std::chrono::milliseconds>("wall");
        QTest::addColumn<std::chrono::milliseconds>("real");
        QTest::addColumn<std::chrono::milliseconds>("jump"); // 0: none
        QTest::newRow("half a minute is half a minute") << 30000ms << 30000ms << 0ms;
        QTest::newRow("a slewed clock") << 30500ms << 30000ms << 0ms;
        QTest::newRow("a night asleep") << std::chrono::milliseconds(8h) << std::chrono::milliseconds(8h) << 0ms;
        QTest::newRow("set forward") << std::chrono::milliseconds(1h + 30s) << 30000ms << std::chrono::milliseconds(1h);
        QTest::newRow("set back") << -30000ms << 30000ms << -60000ms;
    }
    void aJumpOfTheClockIsSeenAndASleepIsNone()
    {
        QFETCH(const std::chrono::milliseconds, wall);
        QFETCH(const std::chrono::milliseconds, real);
        QFETCH(const std::chrono::milliseconds, jump);
        test::FakeMachine machine;
        Sampler sampler(machine.sources());
        QVERIFY(!sampler.take({}, start).timeJump);
        machine.uptime += real;
        QCOMPARE(sampler.take({}, start + wall).timeJump, jump == 0ms ? std::nullopt : std::optional(jump));
    }

    void aClockThatWasNeverSetIsSeen()
    {
        test::FakeMachine machine;
        Sampler sampler(machine.sources());
        QVERIFY(sampler.take({}, start).clockIsSet);
        QVERIFY(!sampler.take({}, Instant{} + 10s).clockIsSet);
    }

    void thisMachineMakesSense()
    {
        Sampler sampler;
        const Sample sample = sampler.take({QFile::encodeName(QDir::tempPath())}, SystemClock().now());
        QVERIFY(sample.cores >= 1 && sample.memory && sample.memory->free <= sample.memory->size);
        QCOMPARE(sample.disks.size(), 1);
        QVERIFY(sample.disks[0].size > 0 && sample.disks[0].free <= sample.disks[0].size);
        QVERIFY(sample.uptime > 0ms);
    }
};

QTEST_GUILESS_MAIN(TestSensors)
#include "tst_sensors.moc"
