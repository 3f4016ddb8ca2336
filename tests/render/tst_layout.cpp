#include "app/render/layout.h"

#include <QTest>

using namespace hub;
using namespace hub::render;
using namespace Qt::StringLiterals;

namespace
{

chart::Panel panel(bool measured)
{
    chart::Panel panel{.lines = {{}}};
    if (measured)
        panel.lines[0].points << chart::Point{fromMillis(1), 1, 1, 1};
    return panel;
}

chart::Chart chartOf(const QList<bool> &measured)
{
    chart::Chart chart;
    for (const bool one : measured)
        chart.panels << panel(one);
    return chart;
}

} // namespace

class TestLayout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingLiesOverAnotherOrOutside_data()
    {
        QTest::addColumn<QList<bool>>("measured");
        QTest::newRow("no panel") << QList<bool>{};
        QTest::newRow("one") << QList<bool>{true};
        QTest::newRow("four") << QList<bool>{true, true, true, true};
        QTest::newRow("one of them not measured") << QList<bool>{true, true, false, true};
        QTest::newRow("nothing measured") << QList<bool>{false, false};
        QTest::newRow("as many as there may be") << QList<bool>(chart::mostPanels, true);
    }
    void nothingLiesOverAnotherOrOutside()
    {
        QFETCH(const QList<bool>, measured);
        const Layout layout = layoutFor(chartOf(measured), 80);
        QCOMPARE(layout.size.width(), width);
        QCOMPARE(layout.panels.size(), measured.size());
        QList<QRect> places{layout.title, layout.span};
        for (qsizetype i = 0; i < measured.size(); ++i) {
            QCOMPARE(!layout.panels[i].plot.isEmpty(), measured[i]);
            places << layout.panels[i].head << layout.panels[i].plot;
        }
        places << layout.times;
        places.removeIf([](const QRect &place) { return place.isEmpty(); });
        int below = 0;
        for (const QRect &place : places) {
            QVERIFY(place.top() >= below);
            QVERIFY(QRect(QPoint(), layout.size).contains(place));
            below = place.bottom();
        }
    }

    void whatWasNotMeasuredTakesLittleRoom()
    {
        const int whole = layoutFor(chartOf({true, true}), 80).size.height();
        const int less = layoutFor(chartOf({true, false}), 80).size.height();
        QVERIFY(whole - less > 150);
        QVERIFY(!layoutFor(chartOf({true}), 80).times.isEmpty());
        QVERIFY(layoutFor(chartOf({false}), 80).times.isEmpty());
    }

    void allPlotsShareOneTimeAxis()
    {
        const Layout layout = layoutFor(chartOf({true, true, true}), 120);
        for (const PanelPlace &place : layout.panels) {
            QCOMPARE(place.plot.left(), layout.times.left());
            QCOMPARE(place.plot.right(), layout.times.right());
            QVERIFY(place.plot.left() > margin + 120);
        }
    }
};

QTEST_GUILESS_MAIN(TestLayout)
#include "tst_layout.moc"
