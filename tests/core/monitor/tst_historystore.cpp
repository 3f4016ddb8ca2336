#include "core/monitor/historystore.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::monitor;
using namespace hub::test;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

constexpr Instant start = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};

Sample at(Instant time, double cpu) { return {.at = time, .cpu = cpu}; }

} // namespace

class TestHistoryStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatWasMeasuredComesBack()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        Sample sample = at(start, 12.5);
        sample.disks = {{u"/"_s, 1000, 250, {}, {}}, {u"/home"_s, 1000, 500, {}, {}}};
        DO(history.add(sample));
        const auto courses = history.courses(start - 1min, start + 1min);
        QVERIFY(courses);
        QCOMPARE(courses->span, 0ms);
        QCOMPARE(courses->each.size(), 3);
        QCOMPARE(courses->each.at(0).points, (QList<Point>{{start, 12.5, 12.5, 12.5}}));
        QCOMPARE(courses->each.at(1).subject, u"/"_s);
        QCOMPARE(courses->each.at(1).points[0].mean, 75.0);
        QCOMPARE(courses->each.at(2).subject, u"/home"_s);
    }

    void minutesAndHoursAreSummedUpOnceTheyAreOver()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        for (int i = 0; i < 60; ++i) { // each 30 s for half an hour, twice
            DO(history.add(at(start + i * 30s, i % 2 == 0 ? 10 : 30)));
        }
        DO(history.add(at(start + 1h, 50)));
        const auto days = history.courses(start - 36h, start + 2h);
        QVERIFY(days && days->each.size() == 1);
        QCOMPARE(days->span, 1min);
        const QList<Point> &minutes = days->each.at(0).points;
        // What is not over yet follows look by look.
        const Point newest{start + 1h, 50, 50, 50};
        QCOMPARE(minutes.size(), 31);
        QCOMPARE(minutes.first(), (Point{start, 10, 20, 30}));
        QCOMPARE(minutes.last(), newest);
        const auto week = history.courses(start - 100h, start + 2h);
        QCOMPARE(week->span, 1h);
        QCOMPARE(week->each.at(0).points, (QList<Point>{{start, 10, 20, 30}, newest}));
    }

    void aHubThatIsStartedAgainSumsUpWhatWasBegun()
    {
        StateFixture fixture;
        {
            HistoryStore history(*fixture.monitorDatabase);
            DO(history.add(at(start, 10)));
            DO(history.add(at(start + 30s, 20)));
        }
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start + 70s, 90)));
        const auto days = history.courses(start - 36h, start + 2h);
        QCOMPARE(days->each.at(0).points, (QList<Point>{{start, 10, 15, 20}, {start + 70s, 90, 90, 90}}));
        // Of hours there is none yet, so a week shows what there is.
        QCOMPARE(history.courses(start - 100h, start + 2h)->each.at(0).points, days->each.at(0).points);
    }

    void aFigureThatCameLaterIsAmongTheFinerPointsOnly()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start, 10)));
        Sample later = at(start + 1h, 20);
        later.temperatures = {{u"cpu-thermal"_s, 50}};
        DO(history.add(later));
        const auto week = history.courses(start - 100h, start + 2h);
        QCOMPARE(week->each.size(), 2);
        QCOMPARE(week->each.at(0).points.size(), 2);
        QCOMPARE(week->each.at(1).metric, Metric::Temperature);
        QCOMPARE(week->each.at(1).points, (QList<Point>{{start + 1h, 50, 50, 50}}));
    }

    void anotherConnectionReadsTheSameAndDoesNotWrite()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start, 10)));
        GET(const auto other, db::Database::open(history.file(), db::Database::Mode::ReadOnly));
        HistoryStore seen(*other);
        QCOMPARE(seen.courses(start, start + 1min)->each.at(0).points, (QList<Point>{{start, 10, 10, 10}}));
        QVERIFY(!seen.add(at(start + 30s, 20)));
    }

    void aClockThatGoesBackLosesNothing()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start + 1h, 10)));
        DO(history.add(at(start, 20)));
        DO(history.add(at(start + 30s, 30)));
        const auto courses = history.courses(start - 1min, start + 2h);
        QCOMPARE(courses->each.at(0).points.size(), 3);
    }

    void whatIsTooOldGoesSoThatItsSizeIsBounded()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start, 1)));
        DO(history.add(at(start + 1h, 2)));
        DO(history.add(at(start + 2h, 3)));
        const auto count = [&](int span) {
            return fixture.monitorDatabase
                ->selectOne(u"SELECT count(*) FROM point WHERE span = ?"_s, {span},
                            [](const db::Row &row) { return row.number(0); })
                ->value();
        };
        QCOMPARE(count(0), 3);
        QCOMPARE(count(60000), 2);
        QCOMPARE(count(3600000), 2);
        DO(history.thin(start + 26h));
        QCOMPARE(count(0), 1);
        DO(history.thin(start + 31 * 24h));
        QCOMPARE(count(60000), 0);
        QCOMPARE(count(3600000), 2);
        DO(history.thin(start + 366 * 24h));
        QCOMPARE(count(3600000), 0);
    }

    void peopleCanReadIt()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start, 12.3)));
        const auto row = fixture.monitorDatabase->selectOne(
            u"SELECT metric, timestamp, average FROM metrics"_s, {},
            [](const db::Row &r) { return u"%1 %2 %3"_s.arg(r.text(0), r.text(1), r.text(2)); });
        QCOMPARE(row->value(), u"cpu 2026-06-01T00:00:00.000Z 12.3"_s);
    }
};

QTEST_GUILESS_MAIN(TestHistoryStore)
#include "tst_historystore.moc"
