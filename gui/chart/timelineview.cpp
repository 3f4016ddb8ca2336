#include "gui/chart/timelineview.h"

#include "gui/chart/timelinelanes.h"
#include "gui/chart/timelinelegend.h"

#include <QSplitter>
#include <QTimeZone>
#include <QTimer>

#include <algorithm>

namespace hub::gui
{

TimelineView::TimelineView(const Clock &clock, QWidget *parent)
    : QWidget(parent)
    , m_clock(clock)
    , m_lanes(new TimelineLanes(m_window, this))
    , m_plot(new ChartPlot)
    , m_everySecond(new QTimer(this))
{
    auto *both = new QSplitter(Qt::Vertical);
    both->setChildrenCollapsible(false);
    both->addWidget(m_lanes);
    both->addWidget(m_plot);
    both->setStretchFactor(0, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(both, 1);
    column->addWidget(new TimelineLegend);
    m_plot->setZoomable(true);
    m_plot->setVisible(false);
    m_lanes->setZone(QString::fromLatin1(QTimeZone::systemTimeZoneId()));

    connect(m_lanes, &TimelineLanes::markActivated, this, &TimelineView::markActivated);
    connect(m_lanes, &TimelineLanes::selectionChanged, this, &TimelineView::selectionChanged);
    connect(m_lanes, &TimelineLanes::menuWanted, this, &TimelineView::menuWanted);
    connect(m_lanes, &TimelineLanes::moved, this, &TimelineView::moved);
    connect(m_lanes, &TimelineLanes::sidesChanged, this,
            [this] { m_plot->setSides(m_lanes->leftSide(), m_lanes->rightSide()); });
    connect(m_plot, &ChartPlot::rangeChanged, this, [this](Instant from, Instant to) {
        m_window.show(from, to);
        m_lanes->windowMoved();
        moved();
    });
    connect(m_everySecond, &QTimer::timeout, this, &TimelineView::setBounds);
    m_everySecond->setInterval(std::chrono::seconds{1});
    setBounds();
}

void TimelineView::setLanes(QList<TimelineLane> lanes)
{
    m_lanes->setLanes(std::move(lanes));
    setBounds();
}

void TimelineView::setChart(chart::Chart chart)
{
    if (!chart.zone.isEmpty())
        m_lanes->setZone(chart.zone);
    m_plot->setVisible(!chart.panels.isEmpty());
    m_plot->setChart(std::move(chart));
    setBounds();
}

// All that there is to see, until now.
void TimelineView::setBounds()
{
    const Instant now = m_clock.now();
    Instant first = now - std::chrono::minutes{1}, last = now;
    const auto hold = [&](Instant from, Instant to) {
        first = std::min(first, from);
        last = std::max(last, to);
    };
    for (const TimelineLane &lane : m_lanes->lanes()) {
        for (const TimelineMark &mark : lane.marks)
            hold(mark.from, mark.to.value_or(mark.from));
    }
    if (!m_plot->chart().panels.isEmpty())
        hold(m_plot->chart().from, m_plot->chart().to);
    m_window.setBounds(first, last);
    m_lanes->setNow(now);
    showWindow();
}

void TimelineView::showWindow()
{
    m_plot->setBounds(m_window.first(), m_window.last());
    m_plot->setRange(m_window.from(), m_window.to());
    if (m_following != m_window.isFollowing()) {
        m_following = m_window.isFollowing();
        Q_EMIT followingChanged(m_following);
    }
}

void TimelineView::moved()
{
    showWindow();
    Q_EMIT rangeChanged(m_window.from(), m_window.to());
}

void TimelineView::setRange(Instant from, Instant to)
{
    m_window.show(from, to);
    m_lanes->windowMoved();
    showWindow();
}

void TimelineView::setFollowing(bool following)
{
    m_window.setFollowing(following);
    m_lanes->windowMoved();
    showWindow();
}

QList<TimelineChoice> TimelineView::selection() const { return m_lanes->selection(); }

void TimelineView::clearSelection() { m_lanes->clearSelection(); }

void TimelineView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    setBounds();
    m_everySecond->start();
}

void TimelineView::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_everySecond->stop();
}

} // namespace hub::gui
