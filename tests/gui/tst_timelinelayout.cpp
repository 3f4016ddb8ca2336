#include "gui/chart/timelinelayout.h"

#include <QTest>

using namespace hub;
using namespace hub::gui;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using Kind = TimelineMark::Kind;

namespace
{

Instant at(std::chrono::seconds seconds) { return Instant{seconds}; }

TimelineMark checkpoint(std::chrono::seconds when) { return {.type = u"auto"_s, .from = at(when)}; }

TimelineMark turn(std::chrono::seconds from, std::optional<std::chrono::seconds> to)
{
    return {.kind = Kind::Turn, .from = at(from), .to = to ? std::optional(at(*to)) : std::nullopt};
}

// A pixel for each second.
constexpr TimelineScale scale{Instant{1000s}, Instant{2000s}, Instant{1900s}, 100, 1000};

} // namespace

class TestTimelineLayout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aTimeAndItsPlaceAreTheSame()
    {
        QCOMPARE(scale.xOf(at(1000s)), 100.0);
        QCOMPARE(scale.xOf(at(1500s)), 600.0);
        QCOMPARE(scale.timeAt(600), at(1500s));
    }

    void whatLiesOutsideIsLeftOut()
    {
        QCOMPARE(layOut({checkpoint(999s), checkpoint(1000s), checkpoint(2000s), checkpoint(2001s)}, scale).size(), 2);
        QCOMPARE(layOut({turn(100s, 900s), turn(900s, 1100s), turn(1990s, 2500s), turn(2001s, {})}, scale).size(), 2);
        QVERIFY(layOut({}, scale).isEmpty());
    }

    void whatGoesOnEndsNow()
    {
        const QList<TimelineItem> items = layOut({turn(1200s, {})}, scale);
        QCOMPARE(items.size(), 1);
        QVERIFY(items[0].bar);
        QCOMPARE(items[0].left, 300.0);
        QCOMPARE(items[0].right, 1000.0);
    }

    void aBarThatGoesOnOutsideIsSeenToDoSo()
    {
        const QList<TimelineItem> items = layOut({turn(500s, 3000s)}, scale);
        QVERIFY(items[0].left < 100 && items[0].right > 1100);
        QVERIFY(items[0].left > 80 && items[0].right < 1120);
    }

    void symbolsThatWouldOverlapAreOne()
    {
        const QList<TimelineItem> items =
            layOut({checkpoint(1100s), checkpoint(1105s), checkpoint(1110s), checkpoint(1200s)}, scale);
        QCOMPARE(items.size(), 2);
        QCOMPARE(items[0].marks, (QList<qsizetype>{0, 1, 2}));
        QVERIFY(items[0].isCluster() && !items[1].isCluster());
        QCOMPARE(items[0].middle(), 205.0);
        QCOMPARE(items[1].middle(), 300.0);
    }

    void noTwoSymbolsOverlapHoweverManyThereAre()
    {
        QList<TimelineMark> marks;
        for (int i = 0; i < 3000; ++i)
            marks << checkpoint(1000s + std::chrono::seconds{i * i % 977});
        std::sort(marks.begin(), marks.end(), [](const auto &a, const auto &b) { return a.from < b.from; });
        const QList<TimelineItem> items = layOut(marks, scale);
        qsizetype held = 0;
        double before = 0;
        for (const TimelineItem &item : items) {
            QVERIFY(item.left >= before);
            before = item.right;
            held += item.marks.size();
        }
        QCOMPARE(held, marks.size()); // none is lost
        QVERIFY(items.size() > 20 && items.size() < 80);
    }

    void barsAreOneOnlyWhereTheyAreNarrow()
    {
        QList<TimelineMark> marks;
        for (int i = 0; i < 50; ++i)
            marks << turn(1100s + std::chrono::seconds{2 * i}, 1101s + std::chrono::seconds{2 * i});
        marks << turn(1200s, 1300s) << turn(1300s, 1400s);
        const QList<TimelineItem> items = layOut(marks, scale);
        QCOMPARE(items.size(), 3);
        QCOMPARE(items[0].marks.size(), 50);
        QVERIFY(!items[1].isCluster() && !items[2].isCluster());
    }

    void turnsPausesAndSymbolsAreApart()
    {
        const QList<TimelineItem> items = layOut({{.kind = Kind::Pause, .from = at(1100s), .to = at(1150s)},
                                                  turn(1100s, 1150s),
                                                  {.kind = Kind::Approval, .from = at(1100s)}},
                                                 scale);
        QCOMPARE(items.size(), 3);
        QVERIFY(items[0].bar && items[1].bar && !items[2].bar);
    }
};

QTEST_GUILESS_MAIN(TestTimelineLayout)
#include "tst_timelinelayout.moc"
