#include "core/chart/axis.h"

#include <QTest>
#include <QTimeZone>

using namespace hub;
using namespace hub::chart;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

Line lineOf(const QList<double> &values, std::chrono::milliseconds apart = 30s)
{
    Line line;
    for (qsizetype i = 0; i < values.size(); ++i)
        line.points << Point{fromMillis(i * apart.count()), values[i], values[i], values[i]};
    return line;
}

Instant at(const QString &local, const QString &zone)
{
    const QDateTime time = QDateTime::fromString(local, u"yyyy-MM-dd HH:mm"_s);
    return fromMillis(QDateTime(time.date(), time.time(), QTimeZone(zone.toUtf8())).toMSecsSinceEpoch());
}

} // namespace

class TestAxis : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aScaleHoldsAllAndHasFewTicks_data()
    {
        QTest::addColumn<Panel>("panel");
        QTest::addColumn<QList<double>>("ticks");
        const Panel percent{.bottom = 0, .top = 100};
        const auto with = [](Panel panel, const QList<double> &values, const QList<double> &limits = {}) {
            panel.lines = {lineOf(values)};
            for (const double limit : limits)
                panel.limits << Limit{Limit::Kind::Warning, limit};
            return panel;
        };
        QTest::newRow("percent") << with(percent, {3, 97}) << QList<double>{0, 50, 100};
        QTest::newRow("percent without a point") << percent << QList<double>{0, 50, 100};
        QTest::newRow("a temperature, with its limits")
            << with({}, {41, 55}, {75, 82}) << QList<double>{40, 60, 80, 100};
        QTest::newRow("one temperature") << with({}, {50}) << QList<double>{50, 50.5, 51};
        const Panel counts{.whole = true, .bottom = 0};
        QTest::newRow("no agent ever") << with(counts, {0, 0}) << QList<double>{0, 1};
        QTest::newRow("two agents") << with(counts, {0, 2, 1}) << QList<double>{0, 1, 2};
        QTest::newRow("seven agents") << with(counts, {7}) << QList<double>{0, 5, 10};
        QTest::newRow("a thousand agents") << with(counts, {1000}) << QList<double>{0, 500, 1000};
        QTest::newRow("below zero") << with({}, {-12, -3}) << QList<double>{-15, -10, -5, 0};
        QTest::newRow("nothing at all") << Panel{} << QList<double>{0, 0.5, 1};
    }
    void aScaleHoldsAllAndHasFewTicks()
    {
        QFETCH(const Panel, panel);
        QFETCH(const QList<double>, ticks);
        const Scale scale = scaleFor(panel);
        QCOMPARE(scale.ticks, ticks);
        QCOMPARE(scale.low, ticks.first());
        QCOMPARE(scale.high, ticks.last());
    }

    void timesAreRoundAndFew_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("zone");
        QTest::addColumn<QStringList>("texts");
        QTest::newRow("an hour") << u"2026-06-01 14:03"_s << u"2026-06-01 15:03"_s << u"UTC"_s
                                 << QStringList{u"14:10"_s, u"14:20"_s, u"14:30"_s, u"14:40"_s, u"14:50"_s, u"15:00"_s};
        QTest::newRow("a day") << u"2026-06-01 14:03"_s << u"2026-06-02 14:03"_s << u"Asia/Kolkata"_s
                               << QStringList{u"16:00"_s, u"20:00"_s, u"00:00"_s, u"04:00"_s, u"08:00"_s, u"12:00"_s};
        QTest::newRow("a minute") << u"2026-06-01 23:59"_s << u"2026-06-02 00:00"_s << u"UTC"_s
                                  << QStringList{u"23:59:00"_s, u"23:59:10"_s, u"23:59:20"_s, u"23:59:30"_s,
                                                 u"23:59:40"_s, u"23:59:50"_s, u"00:00:00"_s};
        QTest::newRow("a week") << u"2026-06-01 14:03"_s << u"2026-06-08 14:03"_s << u"UTC"_s
                                << QStringList{u"Tue 2"_s, u"Wed 3"_s, u"Thu 4"_s, u"Fri 5"_s,
                                               u"Sat 6"_s, u"Sun 7"_s, u"Mon 8"_s};
        QTest::newRow("an hour is left out") << u"2026-03-29 00:30"_s << u"2026-03-29 05:30"_s << u"Europe/Rome"_s
                                             << QStringList{u"01:00"_s, u"03:00"_s, u"04:00"_s, u"05:00"_s};
        QTest::newRow("a day of 25 hours")
            << u"2026-10-24 20:00"_s << u"2026-10-25 20:00"_s << u"Europe/Rome"_s
            << QStringList{u"20:00"_s, u"00:00"_s, u"04:00"_s, u"08:00"_s, u"12:00"_s, u"16:00"_s, u"20:00"_s};
    }
    void timesAreRoundAndFew()
    {
        QFETCH(const QString, from);
        QFETCH(const QString, to);
        QFETCH(const QString, zone);
        QFETCH(const QStringList, texts);
        QStringList found;
        Instant last{};
        for (const TimeTick &tick : timeTicks(at(from, zone), at(to, zone), zone, 7)) {
            found << tick.text;
            QVERIFY(tick.at > last && tick.at >= at(from, zone) && tick.at <= at(to, zone));
            last = tick.at;
        }
        QCOMPARE(found, texts);
    }

    void anyLengthHasTicks_data()
    {
        QTest::addColumn<qint64>("minutes");
        for (const qint64 minutes : {2, 10, 47, 90, 600, 2000, 5000, 20'000, 100'000, 570'000})
            QTest::addRow("%lld minutes", minutes) << minutes;
    }
    void anyLengthHasTicks()
    {
        QFETCH(const qint64, minutes);
        const Instant from = at(u"2026-06-01 14:03"_s, u"UTC"_s);
        const auto ticks = timeTicks(from, from + std::chrono::minutes{minutes}, u"UTC"_s, 7);
        QVERIFY2(ticks.size() >= 2 && ticks.size() <= 7, qPrintable(QString::number(ticks.size())));
    }

    void aLineIsBrokenWhereNothingWasMeasured()
    {
        Line line = lineOf({1, 2, 3, 4, 5, 6});
        QCOMPARE(piecesOf(line, 30s).size(), 1);
        line.points.removeAt(2); // one missing look is no gap
        QCOMPARE(piecesOf(line, 30s).size(), 1);
        line.points.removeAt(2);
        const auto pieces = piecesOf(line, 30s);
        QCOMPARE(pieces.size(), 2);
        QCOMPARE(pieces[0].size(), 2);
        QCOMPARE(pieces[1].first().mean, 5.0);
        QCOMPARE(piecesOf(line, 1s).size(), 4);
        QVERIFY(piecesOf({}, 30s).isEmpty());
    }

    void nowIsKnownOnlyWhileItIsMeasured()
    {
        Chart chart{.from = fromMillis(0), .to = fromMillis(100'000), .step = 30s};
        const Line line = lineOf({1, 2, 7.4});
        QCOMPARE(nowOf(line, chart), std::optional(7.4));
        chart.to = fromMillis(200'000);
        QCOMPARE(nowOf(line, chart), std::nullopt);
        chart.step = 1h; // the newest points come closer than that
        QCOMPARE(nowOf(line, chart), std::optional(7.4));
        chart.to = fromMillis(0) + 20min;
        QCOMPARE(nowOf(line, chart), std::nullopt);
        QCOMPARE(nowOf({}, chart), std::nullopt);
        QCOMPARE(valueText(7.4, u"%"_s), u"7 %"_s);
        QCOMPARE(valueText(3, {}), u"3"_s);
        QCOMPARE(valueText(std::nullopt, u"%"_s), u"–"_s);
    }

    void pointsOfOneStretchBecomeOneThatHoldsThem()
    {
        const QList<Point> piece{{fromMillis(900), 1, 2, 3},
                                 {fromMillis(1000), 4, 5, 9},
                                 {fromMillis(1500), 3, 4, 5},
                                 {fromMillis(1999), 5, 6, 7},
                                 {fromMillis(4000), 8, 8, 8}};
        const QList<Point> thin{piece[0], {fromMillis(1000), 3, 5, 9}, piece[4]};
        QCOMPARE(thinned(piece, 1s), thin);
        QCOMPARE(thinned(piece, 1ms), piece);
        QCOMPARE(thinned({}, 1s), QList<Point>());
        // One more at the end changes nothing before it.
        QCOMPARE(thinned(piece.first(4), 1s), thin.first(2));
    }

    void aMomentHasTheNearestPointOrNone()
    {
        Line line = lineOf({1, 2, 3, 4, 5, 6});
        line.points.remove(2, 2); // 60 s and 90 s
        const auto valueAt = [&](qint64 seconds) {
            const auto point = pointAt(line, fromMillis(seconds * 1000), 30s);
            return point ? point->mean : -1;
        };
        QCOMPARE(valueAt(0), 1.0);
        QCOMPARE(valueAt(14), 1.0);
        QCOMPARE(valueAt(16), 2.0);
        QCOMPARE(valueAt(75), -1.0);
        QCOMPARE(valueAt(119), 5.0);
        QCOMPARE(valueAt(160), 6.0);
        QCOMPARE(valueAt(1000), -1.0);
        QCOMPARE(pointAt({}, fromMillis(0), 30s), std::nullopt);
    }

    void aMomentIsToldInItsZone()
    {
        QCOMPARE(momentText(at(u"2026-06-01 14:03"_s, u"Europe/Rome"_s), u"Europe/Rome"_s), u"1 Jun 14:03:00"_s);
    }

    void theSpanNamesBothDaysWhereTheyDiffer()
    {
        Chart chart{.zone = u"Europe/Rome"_s,
                    .from = at(u"2026-06-01 14:03"_s, u"Europe/Rome"_s),
                    .to = at(u"2026-06-01 15:03"_s, u"Europe/Rome"_s)};
        QCOMPARE(spanText(chart), u"1 Jun 14:03 – 15:03"_s);
        chart.to += 24h;
        QCOMPARE(spanText(chart), u"1 Jun 14:03 – 2 Jun 15:03"_s);
    }
};

QTEST_GUILESS_MAIN(TestAxis)
#include "tst_axis.moc"
