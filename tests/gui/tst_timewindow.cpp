#include "gui/chart/timewindow.h"

#include <QTest>

using namespace hub;
using namespace hub::gui;
using namespace std::chrono_literals;

namespace
{

Instant at(std::chrono::seconds seconds) { return Instant{seconds}; }

TimeWindow hour()
{
    TimeWindow window;
    window.setBounds(at(0s), at(3600s));
    return window;
}

} // namespace

class TestTimeWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whoSeesAllGoesOnToSeeAll()
    {
        TimeWindow window = hour();
        QVERIFY(window.isWhole() && window.isFollowing());
        window.setBounds(at(0s), at(4000s));
        QCOMPARE(window.from(), at(0s));
        QCOMPARE(window.to(), at(4000s));
    }

    void whoSeesTheEndStaysThere()
    {
        TimeWindow window = hour();
        QVERIFY(window.show(at(3000s), at(3600s)));
        QVERIFY(window.isFollowing() && !window.isWhole());
        window.setBounds(at(0s), at(4000s));
        QCOMPARE(window.from(), at(3400s));
        QCOMPARE(window.to(), at(4000s));
    }

    void whoLooksBackIsLeftAlone()
    {
        TimeWindow window = hour();
        window.show(at(1000s), at(1600s));
        QVERIFY(!window.isFollowing());
        window.setBounds(at(0s), at(4000s));
        QCOMPARE(window.from(), at(1000s));
        QCOMPARE(window.to(), at(1600s));
        window.setBounds(at(1200s), at(4000s)); // what is too old is gone
        QCOMPARE(window.from(), at(1200s));
        QCOMPARE(window.length(), 600s);
        QVERIFY(window.setFollowing(true));
        QCOMPARE(window.to(), at(4000s));
        QVERIFY(!window.setFollowing(false));
        window.setBounds(at(1200s), at(5000s));
        QCOMPARE(window.to(), at(4000s));
    }

    void aZoomKeepsItsMoment()
    {
        TimeWindow window = hour();
        QVERIFY(window.zoom(0.5, at(900s)));
        QCOMPARE(window.from(), at(450s));
        QCOMPARE(window.to(), at(2250s));
        QVERIFY(window.zoom(2, at(900s)));
        QVERIFY(window.isWhole());
        QVERIFY(!window.zoom(2, at(900s))); // there is no more
        QVERIFY(window.zoom(0.5, at(3590s)));
        QVERIFY(window.isFollowing()); // at the right edge
        QCOMPARE(window.from(), at(1800s));
    }

    void nothingLeavesTheBoundsOrBecomesTooShort()
    {
        TimeWindow window = hour();
        window.show(at(1000s), at(2000s));
        QVERIFY(window.pan(-5000s));
        QCOMPARE(window.from(), at(0s));
        QCOMPARE(window.length(), 1000s);
        QVERIFY(!window.pan(-1s));
        QVERIFY(window.pan(9000s));
        QCOMPARE(window.to(), at(3600s));
        for (int i = 0; i < 100; ++i)
            window.zoom(0.5, at(3000s));
        QCOMPARE(window.length(), TimeWindow::least);
        window.show(at(-50s), at(9000s));
        QVERIFY(window.isWhole());
    }
};

QTEST_GUILESS_MAIN(TestTimeWindow)
#include "tst_timewindow.moc"
