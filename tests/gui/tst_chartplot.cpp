#include "gui/chart/chartplot.h"

#include <QAction>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>

#include <set>

using namespace hub;
using namespace hub::gui;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

const bool offscreen = qputenv("QT_QPA_PLATFORM", "offscreen");

const QColor firstDark(0x5aa9ff), firstLight(0x1264c8), secondDark(0xb892ff), warningDark(0xf0b429),
    criticalDark(0xff5f5f);
const Instant begin = fromMillis(1'780'000'000'000);
constexpr std::chrono::milliseconds step = 30s;

QPalette paletteOf(bool dark)
{
    QPalette palette;
    palette.setColor(QPalette::Base, dark ? QColor(0x1e1f24) : Qt::white);
    palette.setColor(QPalette::Text, dark ? Qt::white : Qt::black);
    return palette;
}

chart::Line lineOf(std::chrono::minutes from, std::chrono::minutes to, double value, const QString &name = {})
{
    chart::Line line{.name = name};
    for (Instant at = begin + from; at <= begin + to; at += step)
        line.points << chart::Point{at, value, value, value};
    return line;
}

chart::Panel panelOf(const QList<chart::Line> &lines, const QString &title = u"CPU"_s)
{
    return {.title = title, .unit = u"%"_s, .bottom = 0, .top = 100, .lines = lines};
}

chart::Chart chartOf(const QList<chart::Panel> &panels)
{
    return {
        .title = u"machine"_s, .zone = u"UTC"_s, .from = begin, .to = begin + 60min, .step = step, .panels = panels};
}

// Of pixels of that hue: the edges of a thin line are soft.
std::set<int> columnsOf(const QImage &image, const QColor &colour)
{
    std::set<int> columns;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            if (pixel.hsvSaturation() > 90 && std::abs(pixel.hsvHue() - colour.hsvHue()) < 12)
                columns.insert(x);
        }
    }
    return columns;
}

QImage drawn(ChartPlot &plot)
{
    QCoreApplication::processEvents(); // it is drawn when there is nothing else to do
    return plot.grab().toImage();
}

// Of one of the plots only: heads have the same colours.
QImage plotImage(ChartPlot &plot, int index = 0)
{
    const QImage image = drawn(plot);
    return image.copy(plot.drawing().plots()[index]->rect().adjusted(0, -2, 0, 2));
}

void send(QWidget &widget, QEvent &&event) { QApplication::sendEvent(&widget, &event); }

void turnWheel(QWidget &widget, const QPointF &at, int clicks)
{
    send(widget, QWheelEvent(at, widget.mapToGlobal(at), {}, {0, 120 * clicks}, Qt::NoButton, Qt::NoModifier,
                             Qt::NoScrollPhase, false));
}

void showIt(ChartPlot &plot)
{
    plot.setPalette(paletteOf(true));
    plot.resize(600, 400);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
}

} // namespace

class TestChartPlot : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plotsShareOneTimeAndNothingOverlaps_data()
    {
        QTest::addColumn<QList<bool>>("measured");
        QTest::newRow("no panel") << QList<bool>{};
        QTest::newRow("one") << QList<bool>{true};
        QTest::newRow("four") << QList<bool>{true, true, true, true};
        QTest::newRow("one of them not measured") << QList<bool>{true, true, false, true};
        QTest::newRow("nothing measured") << QList<bool>{false, false};
        QTest::newRow("as many as there may be") << QList<bool>(chart::mostPanels, true);
    }
    void plotsShareOneTimeAndNothingOverlaps()
    {
        QFETCH(const QList<bool>, measured);
        QList<chart::Panel> panels;
        for (const bool one : measured)
            panels << panelOf({one ? lineOf(0min, 60min, panels.size() == 1 ? 1e8 : 5) : chart::Line{}});
        if (panels.size() > 1)
            panels[1].top.reset(); // long labels
        ChartPlot plot;
        showIt(plot);
        plot.resize(600, 800);
        plot.setChart(chartOf(panels));
        drawn(plot);
        const QList<QCPAxisRect *> plots = plot.drawing().plots();
        QCOMPARE(plots.size(), measured.count(true));
        QList<QRect> places;
        for (const QCPLayoutElement *part : plot.plotLayout()->elements(false))
            places << part->outerRect();
        for (const QRect &one : places) {
            QVERIFY2(plot.rect().contains(one), qPrintable(QDebug::toString(one)));
            for (const QRect &other : places)
                QVERIFY(&one == &other || !one.intersects(other));
        }
        for (const QCPAxisRect *one : plots) {
            QCOMPARE(one->left(), plots.first()->left());
            QCOMPARE(one->right(), plots.first()->right());
            QVERIFY(one->height() > 30);
        }
    }

    void nothingIsDrawnWhereNothingWasMeasured()
    {
        ChartPlot plot;
        showIt(plot);
        chart::Line line = lineOf(0min, 15min, 50);
        line.points << lineOf(30min, 60min, 50).points;
        plot.setChart(chartOf({panelOf({line})}));
        const QImage image = plotImage(plot);
        const std::set<int> columns = columnsOf(image, firstDark);
        const double width = image.width();
        for (const int x : columns)
            QVERIFY2(x < 0.26 * width || x > 0.49 * width, qPrintable(QString::number(x / width)));
        QVERIFY(columns.size() > std::size_t(0.7 * width));
    }

    void onePointIsADot()
    {
        ChartPlot plot;
        showIt(plot);
        plot.setChart(chartOf({panelOf({lineOf(30min, 30min, 50)})}));
        const std::size_t columns = columnsOf(plotImage(plot), firstDark).size();
        QVERIFY2(columns >= 2 && columns < 10, qPrintable(QString::number(columns)));
    }

    void limitsAreLinesAcross()
    {
        ChartPlot plot;
        showIt(plot);
        chart::Panel panel = panelOf({lineOf(0min, 60min, 20)});
        panel.limits = {{chart::Limit::Kind::Warning, 60}, {chart::Limit::Kind::Critical, 100}};
        plot.setChart(chartOf({panel}));
        const QImage image = plotImage(plot);
        for (const QColor &colour : {warningDark, criticalDark}) { // dashes, at the very edge too
            const std::set<int> columns = columnsOf(image, colour);
            QVERIFY(!columns.empty());
            QVERIFY(*columns.rbegin() - *columns.begin() > 0.95 * image.width());
        }
    }

    void whatIsNowIsSaidInWords()
    {
        ChartPlot plot;
        chart::Panel cpu = panelOf({lineOf(0min, 60min, 54)});
        cpu.limits = {{chart::Limit::Kind::Warning, 85}};
        plot.setChart(
            chartOf({cpu, panelOf({chart::Line{}}, u"Memory"_s),
                     panelOf({lineOf(0min, 60min, 3, u"running"_s), lineOf(0min, 10min, 1, u"held"_s)}, u"Agents"_s)}));
        QCOMPARE(plot.accessibleDescription(),
                 u"CPU: 54 %, warning from 85. Memory: not measured. Agents: 3 % running, – held."_s);
        QCOMPARE(plot.accessibleName(), u"machine"_s);
    }

    void anotherValueChangesNoPart()
    {
        ChartPlot plot;
        plot.setChart(chartOf({panelOf({lineOf(0min, 50min, 54)})}));
        const QList<QCPAxisRect *> before = plot.drawing().plots();
        chart::Chart next = chartOf({panelOf({lineOf(0min, 60min, 10)})});
        next.to += 10min;
        plot.setChart(next);
        QCOMPARE(plot.drawing().plots(), before);
        next.panels << next.panels.first();
        plot.setChart(next);
        QCOMPARE(plot.drawing().plots().size(), 2);
    }

    void whatNobodySeesIsNotDrawn()
    {
        ChartPlot plot;
        QCoreApplication::processEvents();
        QSignalSpy replots(&plot, &QCustomPlot::afterReplot);
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        QCoreApplication::processEvents();
        QCOMPARE(replots.count(), 0);
        showIt(plot);
        QTRY_VERIFY(replots.count() > 0);
        QVERIFY(columnsOf(plotImage(plot), firstDark).size() > 100);
    }

    void theMomentUnderThePointerIsTold()
    {
        ChartPlot plot;
        showIt(plot);
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)}), panelOf({lineOf(0min, 10min, 7)}, u"Memory"_s)}));
        drawn(plot);
        const QPoint middle = plot.drawing().plots().first()->center();
        const auto moveTo = [&](const QPoint &at) {
            send(plot, QMouseEvent(QEvent::MouseMove, at, plot.mapToGlobal(at), Qt::NoButton, Qt::NoButton, {}));
        };
        const QColor before = drawn(plot).pixelColor(middle.x(), middle.y() - 20);
        moveTo(middle);
        QVERIFY2(QToolTip::text().contains(u"CPU: 54 %\nMemory: –"_s), qPrintable(QToolTip::text()));
        QVERIFY(drawn(plot).pixelColor(middle.x(), middle.y() - 20) != before); // a line across
        moveTo({1, 1});
        QTRY_VERIFY(QToolTip::text().isEmpty());
        QCOMPARE(drawn(plot).pixelColor(middle.x(), middle.y() - 20), before);
        chart::Chart wide = plot.chart();
        for (chart::Point &point : wide.panels[0].lines[0].points)
            point = {point.at, 10, 54, 90};
        plot.setChart(wide);
        QVERIFY(plot.wordsAt(begin + 10min).contains(u"CPU: 54 % (10 to 90)"_s));
    }

    void theWheelZoomsOnlyWhereItMay()
    {
        ChartPlot plot;
        showIt(plot);
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        drawn(plot);
        QSignalSpy moved(&plot, &ChartPlot::rangeChanged);
        const QPointF quarter(plot.drawing().plots().first()->left() + plot.drawing().plots().first()->width() / 4.0,
                              plot.drawing().plots().first()->center().y());
        turnWheel(plot, quarter, 3);
        QCOMPARE(moved.count(), 0);
        plot.setZoomable(true);
        turnWheel(plot, quarter, 3);
        QCOMPARE(moved.count(), 1);
        QVERIFY(plot.window().length() < 35min);
        // What lay under the pointer still does.
        const double share =
            double((begin + 15min - plot.window().from()).count()) / double(plot.window().length().count());
        QVERIFY2(std::abs(share - 0.25) < 0.01, qPrintable(QString::number(share)));
        QTest::mouseDClick(&plot, Qt::LeftButton, {}, quarter.toPoint());
        QCOMPARE(plot.window().length(), std::chrono::milliseconds(60min));
        QCOMPARE(moved.count(), 2);
    }

    void draggingPansAndKeysDoLikewise()
    {
        ChartPlot plot;
        showIt(plot);
        plot.setZoomable(true);
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        plot.setRange(begin + 20min, begin + 40min);
        drawn(plot);
        QSignalSpy moved(&plot, &ChartPlot::rangeChanged);
        const QRect place = plot.drawing().plots().first()->rect();
        QTest::mousePress(&plot, Qt::LeftButton, {}, place.center());
        const QPoint left = place.center() - QPoint(place.width() / 4, 0);
        send(plot, QMouseEvent(QEvent::MouseMove, left, plot.mapToGlobal(left), Qt::NoButton, Qt::LeftButton, {}));
        QTest::mouseRelease(&plot, Qt::LeftButton, {}, left);
        QVERIFY(std::chrono::abs(plot.window().from() - (begin + 25min)) < 5s);
        QCOMPARE(moved.count(), 1);
        const auto pressed = [&](Qt::Key key) {
            QTest::keyClick(&plot, key);
            return std::pair(plot.window().from(), plot.window().to());
        };
        QCOMPARE(pressed(Qt::Key_Home).first, begin);
        QVERIFY(pressed(Qt::Key_Right).first > begin);
        QCOMPARE(pressed(Qt::Key_Left).first, begin);
        QVERIFY(pressed(Qt::Key_Plus).second < begin + 20min);
        QCOMPARE(pressed(Qt::Key_End).second, begin + 60min);
        QCOMPARE(pressed(Qt::Key_0), std::pair(begin, begin + 60min));
    }

    void aPictureOfNowGoesOnWithTheTime()
    {
        ChartPlot plot;
        chart::Chart chart = chartOf({panelOf({lineOf(0min, 60min, 54)})});
        plot.setChart(chart);
        plot.setRange(begin + 50min, begin + 60min);
        chart.to += 5min;
        plot.setChart(chart);
        QCOMPARE(plot.window().to(), begin + 65min);
        QCOMPARE(plot.window().from(), begin + 55min);
        plot.setRange(begin + 10min, begin + 20min);
        chart.to += 5min;
        plot.setChart(chart);
        QCOMPARE(plot.window().from(), begin + 10min);
    }

    void itFollowsThePalette()
    {
        ChartPlot plot;
        showIt(plot);
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        drawn(plot);
        const QRect place = plot.drawing().plots().first()->rect();
        const auto brightest = [&] { // of the line's column, then of its ground
            const QImage image = drawn(plot);
            int most = 0;
            for (int y = place.top(); y < place.bottom(); ++y)
                most = std::max(most, image.pixelColor(place.left() + 20, y).lightness());
            return std::pair(most, image.pixelColor(1, 1));
        };
        QVERIFY(brightest().first > 120 && brightest().first < 200);
        QCOMPARE(brightest().second, QColor(0x1e1f24));
        plot.setPalette(paletteOf(false));
        QCOMPARE(brightest(), std::pair(255, QColor(Qt::white)));
        QVERIFY(!columnsOf(plotImage(plot), firstLight).empty());
    }

    void aCardHasNoAxesAndItsOwnColour()
    {
        ChartPlot card;
        showIt(card);
        card.resize(200, 120);
        card.setCompact(true);
        card.setFirstColour(1);
        card.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        const QCPAxisRect *plot = card.drawing().plots().first();
        QVERIFY(!columnsOf(drawn(card), secondDark).empty());
        QVERIFY(columnsOf(drawn(card), firstDark).empty());
        QVERIFY(!plot->axis(QCPAxis::atLeft)->tickLabels());
        QVERIFY(plot->height() > 30);
        QVERIFY(plot->width() > 170);
    }

    void itCanBeKeptAsAPictureAndAsATable()
    {
        ChartPlot plot;
        plot.setChart(chartOf({panelOf({lineOf(0min, 60min, 54)})}));
        QSignalSpy wanted(&plot, &ChartPlot::exportWanted);
        for (QAction *action : plot.actions())
            action->trigger();
        QCOMPARE(wanted.count(), 2);
        QCOMPARE(wanted[0][0].toString(), u"agenthub-2026-05-28-2126.png"_s);
        QCOMPARE(QImage::fromData(wanted[0][1].toByteArray()).width(), 1080);
        QCOMPARE(wanted[1][0].toString(), u"agenthub-2026-05-28-2126.csv"_s);
        const QByteArray table = wanted[1][1].toByteArray();
        QVERIFY2(table.startsWith("time,CPU (%) low,CPU (%) mean,CPU (%) high\r\n"), table.first(80));
        QCOMPARE(table.count('\n'), 122);
    }
};

QTEST_MAIN(TestChartPlot)
#include "tst_chartplot.moc"
