#include "core/monitor/verdict.h"

#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

constexpr Instant start = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};

Rules rules()
{
    return {.limits = {{Metric::Cpu, {95, 0, 10}},
                       {Metric::Memory, {85, 95, 5}},
                       {Metric::Temperature, {}},
                       {Metric::Disk, {90, 98, 2}},
                       {Metric::Supply, {1, 2, 0}}},
            .samples = 3,
            .least = 10s,
            .fullWithin = 30min};
}

// Memory in use, in percent, each 5 s.
Sample withMemory(double percent, int number)
{
    return {.at = start + number * 5s,
            .uptime = 1h + number * 5s,
            .memory = Memory{.size = 1000, .free = 1000 - qint64(percent * 10)}};
}

QString course(const QList<double> &percents)
{
    Verdicts verdicts;
    QString text;
    for (int i = 0; i < percents.size(); ++i) {
        verdicts.feed(withMemory(percents[i], i), rules());
        text += verdicts.worst() == Concern::Fine ? u'.' : verdicts.worst() == Concern::Warning ? u'w' : u'C';
    }
    return text;
}

} // namespace

class TestVerdict : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thresholds_data()
    {
        QTest::addColumn<QList<double>>("percents");
        QTest::addColumn<QString>("verdicts"); // after each sample
        using L = QList<double>;
        QTest::newRow("well") << L{50, 60, 70, 84} << u"...."_s;
        QTest::newRow("one high sample trips nothing") << L{50, 99, 50, 50} << u"...."_s;
        QTest::newRow("two trip nothing") << L{50, 99, 99, 50} << u"...."_s;
        QTest::newRow("three in a row are a warning") << L{50, 86, 86, 86, 86} << u"...ww"_s;
        QTest::newRow("the limit itself counts") << L{85, 85, 85} << u"..w"_s;
        QTest::newRow("three above the second limit are critical") << L{50, 96, 96, 96} << u"...C"_s;
        QTest::newRow("what goes up and down across a limit settles nothing")
            << L{86, 84, 86, 84, 86, 84, 86} << u"......."_s;
        QTest::newRow("from warning to critical") << L{90, 90, 90, 96, 96, 96} << u"..wwwC"_s;
        QTest::newRow("a warning ends below its limit by the slack")
            << L{90, 90, 90, 82, 82, 82, 82, 79, 79, 79} << u"..wwwwwww."_s;
        QTest::newRow("critical becomes a warning before it is well")
            << L{96, 96, 96, 88, 88, 88, 70, 70, 70} << u"..CCCwww."_s;
        QTest::newRow("one low sample ends nothing") << L{90, 90, 90, 20, 90, 90, 90} << u"..wwwww"_s;
        QTest::newRow("mixed warnings and criticals are not critical yet") << L{96, 90, 96, 90, 90, 90} << u".....w"_s;
    }
    void thresholds()
    {
        QFETCH(const QList<double>, percents);
        QFETCH(const QString, verdicts);
        QCOMPARE(course(percents), verdicts);
    }

    void threeSamplesInAMomentAreNotEnough()
    {
        Verdicts verdicts;
        for (int i = 0; i < 5; ++i) {
            Sample sample = withMemory(99, 0);
            sample.uptime += i * 1s;
            QVERIFY(verdicts.feed(sample, rules()).isEmpty());
        }
        QVERIFY(verdicts.unsettled());
        Sample later = withMemory(99, 0);
        later.uptime += 10s;
        const auto changes = verdicts.feed(later, rules());
        QCOMPARE(changes.size(), 1);
        QCOMPARE(changes[0].concern, Concern::Critical);
        QCOMPARE(changes[0].since, start);
    }

    void someFiguresHaveToBeTooHighForLonger()
    {
        Rules patient = rules();
        patient.limits[Metric::Cpu].least = 5min;
        Verdicts verdicts;
        for (int minute = 0; minute <= 5; ++minute) {
            QCOMPARE(verdicts.worst(), Concern::Fine);
            verdicts.feed({.uptime = minute * 1min, .cpu = 100}, patient);
        }
        QCOMPARE(verdicts.worst(), Concern::Warning);
    }

    void aClockThatJumpsChangesNothing()
    {
        Verdicts verdicts;
        for (int i = 0; i < 3; ++i) {
            Sample sample = withMemory(90, i);
            sample.at = start - i * 24h;
            verdicts.feed(sample, rules());
        }
        QCOMPARE(verdicts.worst(), Concern::Warning);
    }

    void theSameSamplesGiveTheSameVerdicts()
    {
        QList<double> percents;
        quint32 state = 12345; // a fixed course that looks like noise
        for (int i = 0; i < 500; ++i) {
            state = state * 1664525 + 1013904223;
            percents << 70 + double(state >> 24) / 256 * 30;
        }
        QCOMPARE(course(percents), course(percents));
        QVERIFY(course(percents).contains(u'w'));
    }

    void aFigureThatIsGoneIsWellAfterAWhile()
    {
        Verdicts verdicts;
        for (int i = 0; i < 3; ++i)
            verdicts.feed(withMemory(90, i), rules());
        QCOMPARE(verdicts.worst(), Concern::Warning);
        for (int i = 3; i < 6; ++i) {
            Sample sample = withMemory(0, i);
            sample.memory.reset();
            verdicts.feed(sample, rules());
        }
        QCOMPARE(verdicts.worst(), Concern::Fine);
        QVERIFY(verdicts.standing().isEmpty());
    }

    void aTemperatureHasTheLimitsOfItsSensor_data()
    {
        QTest::addColumn<QString>("sensor");
        QTest::addColumn<double>("celsius");
        QTest::addColumn<Concern>("concern");
        QTest::newRow("a board at 74") << u"cpu-thermal"_s << 74.0 << Concern::Fine;
        QTest::newRow("a board at 75") << u"cpu-thermal"_s << 75.0 << Concern::Warning;
        QTest::newRow("a board at 82") << u"cpu-thermal"_s << 82.0 << Concern::Critical;
        QTest::newRow("a laptop at 82") << u"x86_pkg_temp"_s << 82.0 << Concern::Fine;
        QTest::newRow("a sensor of whatever kind at 85") << u"acpitz"_s << 85.0 << Concern::Fine;
        QTest::newRow("a laptop at 91") << u"x86_pkg_temp"_s << 91.0 << Concern::Warning;
        QTest::newRow("a laptop at 98") << u"coretemp"_s << 98.0 << Concern::Critical;
    }
    void aTemperatureHasTheLimitsOfItsSensor()
    {
        QFETCH(const QString, sensor);
        QFETCH(const double, celsius);
        QFETCH(const Concern, concern);
        Verdicts verdicts;
        for (int i = 0; i < 3; ++i) {
            Sample sample{.at = start, .uptime = i * 5s};
            sample.temperatures = {{u"cool"_s, 30}, {sensor, celsius}, {sensor, celsius - 3}};
            verdicts.feed(sample, rules());
        }
        QCOMPARE(verdicts.worst(), concern);
    }

    void ownLimitsOfATemperatureCountForAllSensors()
    {
        Rules own = rules();
        own.limits[Metric::Temperature] = {40, 50, 5};
        QCOMPARE(own.of(Metric::Temperature, u"x86_pkg_temp"_s).critical, 50.0);
        QCOMPARE(rules().of(Metric::Temperature, u"x86_pkg_temp"_s).critical, 98.0);
    }

    void theFirmwareIsBelieved()
    {
        Verdicts verdicts;
        for (int i = 0; i < 3; ++i)
            verdicts.feed({.uptime = i * 5s, .throttle = Throttle{.underVoltage = true}}, rules());
        QCOMPARE(verdicts.worst(), Concern::Critical);
        QCOMPARE(sentenceFor(verdicts.standing()[0], rules().of(Metric::Supply, {}), Instant{}).section(u':', -1),
                 u" too little voltage."_s);
    }

    void aDiskThatFillsIsAWarningBeforeItIsFull()
    {
        // 1 % a minute from 60 % on: full 40 minutes later.
        Verdicts verdicts;
        QList<Concern> concerns;
        for (int minute = 0; minute <= 20; ++minute) {
            Sample sample{.at = start + minute * 1min, .uptime = minute * 1min};
            sample.disks = {{u"/"_s, 1000, 400 - minute * 10, {}, {}}};
            verdicts.feed(sample, rules());
            concerns << verdicts.worst();
        }
        QCOMPARE(concerns[10], Concern::Fine);
        QCOMPARE(concerns[20], Concern::Warning);
        const Verdict disk = verdicts.standing()[0];
        QVERIFY(disk.untilFull);
        QCOMPARE(disk.untilFull->count(), 20);
        QCOMPARE(disk.perHour ? qRound(*disk.perHour) : 0, 60);
        QVERIFY(sentenceFor(disk, rules().of(Metric::Disk, u"/"_s), start + 20min).endsWith(u"full in 20 min."));
    }

    void aSteadyDiskIsNoWarning()
    {
        Verdicts verdicts;
        for (int minute = 0; minute <= 30; ++minute) {
            Sample sample{.at = start + minute * 1min, .uptime = minute * 1min};
            sample.disks = {{u"/"_s, 1000, 400 + (minute % 2), {}, {}}};
            verdicts.feed(sample, rules());
        }
        QCOMPARE(verdicts.worst(), Concern::Fine);
        QVERIFY(!verdicts.standing()[0].untilFull || *verdicts.standing()[0].untilFull > 60min);
    }

    void sentencesSayWhatIsTooHigh()
    {
        Verdict verdict{.metric = Metric::Memory, .concern = Concern::Critical, .value = 96.4, .since = start};
        QCOMPARE(sentenceFor(verdict, {85, 95, 5}, start),
                 u"Memory is at 96 % (critical from 95 %) since %1."_s.arg(toLocalShort(start, start)));
        verdict = {.metric = Metric::Disk, .subject = u"/home"_s, .concern = Concern::Fine, .value = 60};
        QCOMPARE(sentenceFor(verdict, {90, 98, 2}, start), u"Disk (/home) is well again (60 % when last seen)."_s);
        verdict = {.metric = Metric::Memory, .concern = Concern::Warning, .value = 60};
        QCOMPARE(sentenceFor(verdict, {85, 95, 5}, start), u"Memory is at 60 % now."_s);
    }
};

QTEST_GUILESS_MAIN(TestVerdict)
#include "tst_verdict.moc"
