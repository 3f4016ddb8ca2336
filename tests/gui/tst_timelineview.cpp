#include "gui/chart/timelinelanes.h"
#include "gui/chart/timelinelegend.h"
#include "gui/chart/timelineview.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>

using namespace hub;
using namespace hub::gui;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using Kind = TimelineMark::Kind;

namespace
{

const bool offscreen = qputenv("QT_QPA_PLATFORM", "offscreen");

const Instant begin = fromMillis(1'780'000'000'000);

struct TestClock : Clock {
    Instant time = begin + 60min;
    Instant now() const override { return time; }
};

TimelineMark checkpoint(const QString &id, std::chrono::milliseconds when, const QString &type = u"auto"_s)
{
    return {.kind = Kind::Checkpoint, .id = id, .type = type, .text = u"why"_s, .from = begin + when};
}

TimelineMark lasting(Kind kind, const QString &id, std::chrono::milliseconds from, std::chrono::milliseconds to)
{
    return {.kind = kind, .id = id, .from = begin + from, .to = begin + to};
}

// Two tasks in an hour.
QList<TimelineLane> twoLanes()
{
    return {{u"12 Parser"_s,
             u"12"_s,
             {checkpoint(u"12/1"_s, 10min),
              checkpoint(u"12/2"_s, 30min, u"manual"_s),
              checkpoint(u"12/3"_s, 50min),
              {.kind = Kind::Alert, .id = u"al-5"_s, .type = u"warning"_s, .from = begin + 40min}}},
            {u"13 Manual"_s,
             u"13"_s,
             {lasting(Kind::Turn, u"t1"_s, 0min, 20min), checkpoint(u"13/1"_s, 29min),
              lasting(Kind::Pause, {}, 30min, 45min)}}};
}

chart::Chart curves()
{
    chart::Line line;
    for (Instant at = begin; at <= begin + 60min; at += 30s)
        line.points << chart::Point{at, 40, 50, 60};
    return {.zone = u"UTC"_s,
            .from = begin,
            .to = begin + 60min,
            .step = 30s,
            .panels = {{.title = u"CPU"_s, .lines = {line}}}};
}

QPalette paletteOf(bool dark)
{
    QPalette palette;
    palette.setColor(QPalette::Base, dark ? QColor(0x1e1f24) : Qt::white);
    palette.setColor(QPalette::Text, dark ? Qt::white : Qt::black);
    return palette;
}

} // namespace

class TestTimelineView : public QObject
{
    Q_OBJECT

    TestClock m_clock;
    std::unique_ptr<TimelineView> m_view;

    QWidget &viewport() { return *m_view->lanes().viewport(); }
    QPoint middleOf(const QString &lane, const QString &mark)
    {
        const auto place = m_view->lanes().placeOf(lane, mark);
        return place ? place->center().toPoint() : QPoint(-1, -1);
    }
    void click(const QString &lane, const QString &mark, Qt::KeyboardModifiers keys = {})
    {
        QTest::mouseClick(&viewport(), Qt::LeftButton, keys, middleOf(lane, mark));
    }
    void press(Qt::Key key, Qt::KeyboardModifiers keys = {}) { QTest::keyClick(&m_view->lanes(), key, keys); }
    void tabInto()
    {
        m_view->plot().setFocus();
        m_view->lanes().setFocus(Qt::TabFocusReason);
    }
    QStringList selected()
    {
        QStringList ids;
        for (const TimelineChoice &choice : m_view->selection())
            ids << choice.mark.id;
        return ids;
    }
    QStringList current()
    {
        QStringList ids;
        for (const TimelineMark &mark : m_view->lanes().current())
            ids << mark.id;
        return ids;
    }
    void turnWheel(const QPointF &at, QPoint by, Qt::KeyboardModifiers keys = {})
    {
        QWheelEvent event(at, viewport().mapToGlobal(at), {}, by, Qt::NoButton, keys, Qt::NoScrollPhase, false);
        QApplication::sendEvent(&viewport(), &event);
    }
    void moveTo(const QPoint &at, Qt::MouseButtons buttons)
    {
        QMouseEvent event(QEvent::MouseMove, at, viewport().mapToGlobal(at), Qt::NoButton, buttons, {});
        QApplication::sendEvent(&viewport(), &event);
    }

private Q_SLOTS:
    void init()
    {
        m_clock.time = begin + 60min;
        m_view = std::make_unique<TimelineView>(m_clock);
        m_view->setPalette(paletteOf(true));
        m_view->setLanes(twoLanes());
        m_view->setChart(curves());
        m_view->resize(900, 500);
        m_view->show();
        m_view->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_view.get()));
    }
    void cleanup() { m_view.reset(); }

    void lanesAndCurvesShareOneTime()
    {
        m_view->grab();
        const auto agree = [this] {
            const QCPAxisRect *plot = m_view->plot().drawing().plots().first();
            const double x = plot->axis(QCPAxis::atBottom)->coordToPixel(double(toMillis(begin + 30min)));
            return std::abs(m_view->plot().mapTo(m_view.get(), QPointF(x, 0)).x() -
                            viewport().mapTo(m_view.get(), QPointF(middleOf(u"12"_s, u"12/2"_s))).x()) <= 2;
        };
        QVERIFY(agree());
        // With a scroll bar beside the lanes as well.
        QList<TimelineLane> many = twoLanes();
        for (int i = 0; i < 40; ++i)
            many << TimelineLane{u"more"_s, QString::number(100 + i), {}};
        m_view->setLanes(many);
        m_view->grab();
        QVERIFY(m_view->lanes().verticalScrollBar()->maximum() > 0);
        QCoreApplication::processEvents();
        m_view->grab();
        QVERIFY(agree());
        m_view->setRange(begin + 25min, begin + 35min);
        m_view->grab();
        QVERIFY(agree());
    }

    void aClickSelectsAndADoubleClickActivates()
    {
        QSignalSpy changed(m_view.get(), &TimelineView::selectionChanged);
        QSignalSpy activated(m_view.get(), &TimelineView::markActivated);
        click(u"12"_s, u"12/2"_s);
        QCOMPARE(selected(), QStringList{u"12/2"_s});
        QCOMPARE(changed.count(), 1);
        QCOMPARE(activated.count(), 0);
        click(u"13"_s, u"t1"_s); // a bar likewise
        QCOMPARE(selected(), QStringList{u"t1"_s});
        QTest::mouseDClick(&viewport(), Qt::LeftButton, {}, middleOf(u"12"_s, u"12/1"_s));
        QCOMPARE(activated.count(), 1);
        QCOMPARE(activated[0][0].value<TimelineMark>().id, u"12/1"_s);
        QCOMPARE(activated[0][1].toString(), u"12"_s);
        QTest::mouseClick(&viewport(), Qt::LeftButton, {}, {600, viewport().height() - 5});
        QVERIFY(selected().isEmpty());
    }

    void twoCheckpointsCanBeCompared()
    {
        click(u"12"_s, u"12/1"_s);
        click(u"12"_s, u"12/3"_s, Qt::ControlModifier);
        QCOMPARE(selected(), (QStringList{u"12/1"_s, u"12/3"_s}));
        click(u"13"_s, u"13/1"_s, Qt::ControlModifier); // of another task too; a third one takes the place of the first
        QCOMPARE(selected(), (QStringList{u"12/3"_s, u"13/1"_s}));
        click(u"13"_s, u"13/1"_s, Qt::ControlModifier);
        QCOMPARE(selected(), QStringList{u"12/3"_s});
        click(u"12"_s, u"al-5"_s, Qt::ControlModifier); // nothing to compare with
        QCOMPARE(selected(), QStringList{u"al-5"_s});
        click(u"12"_s, u"12/3"_s, Qt::ControlModifier);
        QCOMPARE(selected(), QStringList{u"12/3"_s});
    }

    void theSelectionStaysWithTheMarks()
    {
        click(u"12"_s, u"12/2"_s);
        QSignalSpy changed(m_view.get(), &TimelineView::selectionChanged);
        QList<TimelineLane> lanes = twoLanes();
        lanes[0].marks[1].text = u"another word"_s;
        lanes.move(0, 1);
        m_view->setLanes(lanes);
        QCOMPARE(m_view->selection().first().mark.text, u"another word"_s);
        QCOMPARE(changed.count(), 0);
        lanes[1].marks.removeAt(1);
        m_view->setLanes(lanes);
        QVERIFY(selected().isEmpty());
        QCOMPARE(changed.count(), 1);
    }

    void whatIsDrawnAsOneOpensOnANearerLook()
    {
        QList<TimelineLane> lanes = twoLanes();
        for (int i = 0; i < 5; ++i)
            lanes[0].marks << checkpoint(u"12/%1"_s.arg(10 + i), 20min + i * 4s);
        m_view->setLanes(lanes);
        QCOMPARE(middleOf(u"12"_s, u"12/10"_s), middleOf(u"12"_s, u"12/14"_s));
        click(u"12"_s, u"12/10"_s);
        QVERIFY(selected().isEmpty());
        QVERIFY(m_view->to() - m_view->from() < 1min);
        QVERIFY(middleOf(u"12"_s, u"12/10"_s) != middleOf(u"12"_s, u"12/14"_s));
        click(u"12"_s, u"12/12"_s);
        QCOMPARE(selected(), QStringList{u"12/12"_s});
    }

    void whatNoLookTellsApartIsAskedFor()
    {
        QList<TimelineLane> lanes = twoLanes();
        lanes[0].marks << checkpoint(u"12/10"_s, 20min) << checkpoint(u"12/11"_s, 20min);
        m_view->setLanes(lanes);
        click(u"12"_s, u"12/10"_s); // near
        QCOMPARE(m_view->to() - m_view->from(), TimeWindow::least);
        QSignalSpy activated(m_view.get(), &TimelineView::markActivated);
        press(Qt::Key_Return);
        auto *menu = m_view->lanes().findChild<QMenu *>();
        QVERIFY(menu);
        QCOMPARE(menu->actions().size(), 2);
        menu->actions()[1]->trigger();
        menu->close();
        QCOMPARE(selected(), QStringList{u"12/11"_s});
        QCOMPARE(activated.count(), 1);
    }

    void theWheelZoomsAroundThePointer()
    {
        QSignalSpy moved(m_view.get(), &TimelineView::rangeChanged);
        const QPoint mark = middleOf(u"12"_s, u"12/2"_s);
        turnWheel(mark, {0, 360});
        QVERIFY(m_view->to() - m_view->from() < 35min);
        QVERIFY((middleOf(u"12"_s, u"12/2"_s) - mark).manhattanLength() <= 1);
        QCOMPARE(moved.count(), 1);
        QCOMPARE(m_view->plot().window().from(), m_view->from()); // the curves with it
        const Instant from = m_view->from();
        turnWheel(mark, {0, 120}, Qt::ShiftModifier);
        QVERIFY(m_view->from() < from);
        turnWheel(mark, {0, -3600});
        QCOMPARE(m_view->to() - m_view->from(), std::chrono::milliseconds(60min));
    }

    void draggingPansAndSelectsNothing()
    {
        m_view->setRange(begin + 20min, begin + 40min);
        const QPoint mark = middleOf(u"12"_s, u"12/2"_s);
        QTest::mousePress(&viewport(), Qt::LeftButton, {}, mark);
        moveTo(mark - QPoint(50, 0), Qt::LeftButton);
        moveTo(mark - QPoint(100, 0), Qt::LeftButton);
        QTest::mouseRelease(&viewport(), Qt::LeftButton, {}, mark - QPoint(100, 0));
        QVERIFY(m_view->from() > begin + 20min);
        QVERIFY((middleOf(u"12"_s, u"12/2"_s) - (mark - QPoint(100, 0))).manhattanLength() <= 2);
        QVERIFY(selected().isEmpty());
    }

    void theCurvesMoveTheLanes()
    {
        m_view->plot().setFocus();
        QTest::keyClick(&m_view->plot(), Qt::Key_Plus);
        QVERIFY(m_view->to() - m_view->from() < 60min);
        QCOMPARE(m_view->plot().window().from(), m_view->from());
    }

    void allGoesWithTheKeyboard()
    {
        tabInto();
        QCOMPARE(current(), QStringList{u"12/1"_s});
        QVERIFY(m_view->lanes().accessibleName().contains(u"12/1"_s));
        QVERIFY(m_view->lanes().accessibleName().contains(u"12 Parser"_s));
        press(Qt::Key_Tab);
        QCOMPARE(current(), QStringList{u"12/2"_s});
        press(Qt::Key_Backtab);
        QCOMPARE(current(), QStringList{u"12/1"_s});
        press(Qt::Key_Down);
        QCOMPARE(current(), QStringList{u"t1"_s}); // nearest in time
        press(Qt::Key_Up);
        QCOMPARE(current(), QStringList{u"12/1"_s});
        press(Qt::Key_Space);
        press(Qt::Key_Tab);
        press(Qt::Key_Space, Qt::ControlModifier);
        QCOMPARE(selected(), (QStringList{u"12/1"_s, u"12/2"_s}));
        QSignalSpy activated(m_view.get(), &TimelineView::markActivated);
        press(Qt::Key_Return);
        QCOMPARE(activated.count(), 1);
        QCOMPARE(activated[0][0].value<TimelineMark>().id, u"12/2"_s);
        press(Qt::Key_Escape);
        QVERIFY(selected().isEmpty());
    }

    void tabLeavesBehindTheLastMark()
    {
        tabInto();
        int tabs = 0;
        for (; m_view->lanes().hasFocus() && tabs < 50; ++tabs)
            press(Qt::Key_Tab);
        QCOMPARE(tabs, 7); // as many as there are marks
        QVERIFY(m_view->plot().hasFocus());
    }

    void keysPanAndZoom()
    {
        m_view->setRange(begin + 20min, begin + 40min);
        press(Qt::Key_Left);
        QVERIFY(m_view->from() < begin + 20min);
        press(Qt::Key_Right);
        QCOMPARE(m_view->from(), begin + 20min);
        press(Qt::Key_Plus);
        QVERIFY(m_view->to() - m_view->from() < 20min);
        press(Qt::Key_Minus);
        press(Qt::Key_Home);
        QCOMPARE(m_view->from(), begin);
        press(Qt::Key_End);
        QCOMPARE(m_view->to(), begin + 60min);
        press(Qt::Key_0);
        QCOMPARE(m_view->from(), begin);
    }

    void aLaneFarBelowIsScrolledTo()
    {
        QList<TimelineLane> many;
        for (int i = 0; i < 40; ++i)
            many << TimelineLane{u"task"_s, QString::number(i), {checkpoint(u"%1/1"_s.arg(i), 30min)}};
        m_view->setLanes(many);
        tabInto();
        for (int i = 0; i < 39; ++i)
            press(Qt::Key_Down);
        QCOMPARE(current(), QStringList{u"39/1"_s});
        QVERIFY(viewport().rect().contains(middleOf(u"39"_s, u"39/1"_s)));
        QVERIFY(m_view->lanes().verticalScrollBar()->value() > 0);
        for (int i = 0; i < 50; ++i)
            turnWheel({10, 100}, {0, 120}); // over the titles it scrolls
        QCOMPARE(m_view->lanes().verticalScrollBar()->value(), 0);
    }

    void nowStaysAtTheRightEdgeUntilAPersonLooksBack()
    {
        QSignalSpy changed(m_view.get(), &TimelineView::followingChanged);
        m_view->setRange(begin + 50min, begin + 60min);
        QVERIFY(m_view->isFollowing());
        m_clock.time += 5min;
        QTRY_COMPARE(m_view->to(), begin + 65min); // by itself, every second
        QCOMPARE(m_view->from(), begin + 55min);
        press(Qt::Key_Left);
        QVERIFY(!m_view->isFollowing());
        QCOMPARE(changed.count(), 1);
        const Instant from = m_view->from();
        m_clock.time += 5min;
        m_view->setLanes(twoLanes());
        QCOMPARE(m_view->from(), from);
        m_view->setFollowing(true);
        QCOMPARE(m_view->to(), begin + 70min);
        QCOMPARE(changed.count(), 2);
    }

    void whatIsOpenGoesOnUntilNow()
    {
        QList<TimelineLane> lanes = twoLanes();
        lanes[1].marks = {{.kind = Kind::Turn, .id = u"t9"_s, .from = begin + 30min}};
        m_view->setLanes(lanes);
        const double right = m_view->lanes().placeOf(u"13"_s, u"t9"_s)->right();
        QVERIFY(std::abs(right - (viewport().width() - 14)) <= 1);
        m_view->setRange(begin, begin + 60min);
        m_view->setFollowing(false);
        m_clock.time += 20min;
        m_view->setLanes(lanes);
        QVERIFY(m_view->lanes().placeOf(u"13"_s, u"t9"_s)->right() > right); // over the edge of what is shown
    }

    void aMenuIsAskedForAMark()
    {
        QSignalSpy wanted(m_view.get(), &TimelineView::menuWanted);
        const QPoint at = middleOf(u"12"_s, u"12/2"_s);
        QContextMenuEvent mouse(QContextMenuEvent::Mouse, at, viewport().mapToGlobal(at));
        QApplication::sendEvent(&viewport(), &mouse);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].value<TimelineMark>().id, u"12/2"_s);
        QCOMPARE(wanted[0][1].toString(), u"12"_s);
        QContextMenuEvent nowhere(QContextMenuEvent::Mouse, {500, viewport().height() - 3}, {});
        QApplication::sendEvent(&viewport(), &nowhere);
        QCOMPARE(wanted.count(), 1);
        QContextMenuEvent key(QContextMenuEvent::Keyboard, {}, {});
        QApplication::sendEvent(&viewport(), &key);
        QCOMPARE(wanted.count(), 2); // of what has the focus
    }

    void aToolTipSaysWhatItIs()
    {
        const QPoint at = middleOf(u"12"_s, u"12/2"_s);
        QHelpEvent help(QEvent::ToolTip, at, viewport().mapToGlobal(at));
        QApplication::sendEvent(&viewport(), &help);
        QCOMPARE(QToolTip::text(), u"checkpoint by hand 12/2: 28 May 20:56:40 – why"_s);
        QToolTip::hideText();
    }

    void itFollowsThePalette()
    {
        const QPoint mark = middleOf(u"12"_s, u"12/2"_s);
        const auto colourAt = [this](const QPoint &at) { return viewport().grab().toImage().pixelColor(at); };
        QCOMPARE(colourAt({1, 1}), QColor(0x1e1f24));
        QCOMPARE(colourAt(mark), QColor(0x5aa9ff));
        m_view->setPalette(paletteOf(false));
        QCoreApplication::processEvents();
        QCOMPARE(colourAt({1, 1}), QColor(Qt::white));
        QCOMPARE(colourAt(mark), QColor(0x1264c8));
    }

    void theLegendWrapsAndIsReadAloud()
    {
        TimelineLegend legend;
        QVERIFY(legend.heightForWidth(200) > 3 * legend.heightForWidth(2000));
        QVERIFY(legend.accessibleDescription().contains(u"checkpoint by hand"_s));
    }

    void nothingAtAllIsShownToo()
    {
        TimelineView empty(m_clock);
        empty.resize(700, 300);
        empty.show();
        QVERIFY(QTest::qWaitForWindowExposed(&empty));
        QTest::keyClick(&empty.lanes(), Qt::Key_Down);
        QTest::keyClick(&empty.lanes(), Qt::Key_Return);
        QVERIFY(empty.lanes().current().isEmpty());
        empty.grab();
    }
};

QTEST_MAIN(TestTimelineView)
#include "tst_timelineview.moc"
