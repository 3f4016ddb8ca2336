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
        QCOMPARE(courses->size(), 3);
        QCOMPARE(courses->at(0).points, (QList<Point>{{start, 12.5, 12.5, 12.5}}));
        QCOMPARE(courses->at(1).subject, u"/"_s);
        QCOMPARE(courses->at(1).points[0].mean, 75.0);
        QCOMPARE(courses->at(2).subject, u"/home"_s);
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
        QVERIFY(days && days->size() == 1);
        const QList<Point> &minutes = days->at(0).points;
        QCOMPARE(minutes.size(), 30);
        QCOMPARE(minutes[0], (Point{start, 10, 20, 30}));
        const auto week = history.courses(start - 100h, start + 2h);
        QCOMPARE(week->at(0).points, (QList<Point>{{start, 10, 20, 30}}));
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
        QCOMPARE(days->at(0).points, (QList<Point>{{start, 10, 15, 20}}));
        // Of hours there is none yet, so a week shows what there is.
        QCOMPARE(history.courses(start - 100h, start + 2h)->at(0).points, days->at(0).points);
    }

    void aClockThatGoesBackLosesNothing()
    {
        StateFixture fixture;
        HistoryStore history(*fixture.monitorDatabase);
        DO(history.add(at(start + 1h, 10)));
        DO(history.add(at(start, 20)));
        DO(history.add(at(start + 30s, 30)));
        const auto courses = history.courses(start - 1min, start + 2h);
        QCOMPARE(courses->at(0).points.size(), 3);
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
