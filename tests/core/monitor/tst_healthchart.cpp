#include "core/monitor/healthchart.h"
#include "core/monitor/limits.h"

#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

Course course(Metric metric, const QString &subject, double value)
{
    return {metric, subject, {{fromMillis(1000), value, value, value}}};
}

chart::Chart drawn(const QList<Course> &courses, std::chrono::milliseconds span = 0ms)
{
    const chart::Chart frame{
        .title = u"a machine"_s, .zone = u"UTC"_s, .from = fromMillis(0), .to = fromMillis(60'000)};
    return healthChart({span, courses}, rulesFrom(*Settings::load({}, {})), 30s, frame);
}

} // namespace

class TestHealthChart : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itShowsFiveFiguresWithTheirLimits()
    {
        const auto chart = drawn({course(Metric::Cpu, {}, 40), course(Metric::Memory, {}, 50),
                                  course(Metric::Temperature, u"cpu-thermal"_s, 60), course(Metric::Agents, {}, 3),
                                  course(Metric::Paused, {}, 1), course(Metric::Disk, u"/"_s, 70)});
        QStringList told;
        for (const chart::Panel &panel : chart.panels) {
            QStringList parts{panel.title, panel.subject, panel.unit};
            for (const chart::Line &line : panel.lines)
                parts << line.name + QString::number(line.points.first().mean);
            for (const chart::Limit &limit : panel.limits)
                parts << textOf(chart::limitTexts, limit.kind) + QString::number(limit.value);
            told << parts.join(u' ');
        }
        QCOMPARE(told,
                 (QStringList{u"CPU  % 40 warning95"_s, u"Memory  % 50 warning85 critical95"_s,
                              u"Disk / % 70 warning85 critical95"_s,
                              u"Temperature cpu-thermal °C 60 warning75 critical82"_s, u"Agents   running3 held1"_s}));
        QCOMPARE(chart.title, u"a machine"_s);
    }

    void whatIsNotMeasuredHasAPanelWithoutPoints()
    {
        const auto chart = drawn({});
        QCOMPARE(chart.panels.size(), 5);
        for (const chart::Panel &panel : chart.panels)
            QVERIFY(!panel.hasPoints());
        QCOMPARE(chart.panels[3].subject, QString());
    }

    void ofSeveralSensorsTheOneNearestToItsLimitIsShown()
    {
        // 88 of 98 is nearer than 70 of 82 and than 30.
        const auto chart =
            drawn({course(Metric::Temperature, u"cpu-thermal"_s, 70),
                   course(Metric::Temperature, u"x86_pkg_temp"_s, 88), course(Metric::Temperature, u"acpitz"_s, 30)});
        QCOMPARE(chart.panels[3].subject, u"x86_pkg_temp"_s);
        QCOMPARE(chart.panels[3].limits.first().value, 90.0);
    }

    void theStepIsThatOfThePointsOrOfTheLooks()
    {
        QCOMPARE(drawn({}).step, 30s);
        QCOMPARE(drawn({}, 1h).step, 1h);
    }

    void whatIsTooLongToDrawLosesItsOldestPoints()
    {
        Course cpu{Metric::Cpu, {}, {}};
        for (qsizetype i = 0; i < chart::mostPoints + 10; ++i)
            cpu.points << Point{fromMillis(i), 1, 1, 1};
        const auto chart = drawn({cpu});
        QCOMPARE(chart.panels[0].lines[0].points.size(), chart::mostPoints);
        QCOMPARE(chart.panels[0].lines[0].points.first().at, fromMillis(10));
    }

    void itIsWhatTheProgramThatDrawsTakes()
    {
        const auto chart = drawn({course(Metric::Cpu, {}, 40)});
        const auto read = chart::chartFromJson(toJson(chart));
        QVERIFY2(read, read ? "" : qPrintable(read.error().message));
        QCOMPARE(*read, chart);
    }
};

QTEST_GUILESS_MAIN(TestHealthChart)
#include "tst_healthchart.moc"
