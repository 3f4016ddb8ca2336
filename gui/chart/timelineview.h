// What happened along time, a lane for each task, above the curves of the machine over the same time. UI thread.
#pragma once

#include "gui/chart/chartplot.h"
#include "gui/chart/timeline.h"

class QTimer;

namespace hub::gui
{

class TimelineLanes;

class TimelineView : public QWidget
{
    Q_OBJECT
public:
    // The clock has to outlive it: what is open goes on until now.
    explicit TimelineView(const Clock &clock, QWidget *parent = nullptr);

    // Both are cheap enough for every second. All of it is shown at first; then what a person looks at stays.
    void setLanes(QList<TimelineLane> lanes);
    void setChart(chart::Chart chart);

    void setRange(Instant from, Instant to);
    Instant from() const { return m_window.from(); }
    Instant to() const { return m_window.to(); }
    // Now is at the right edge and stays there, until a person moves away. So it is at first.
    void setFollowing(bool following);
    bool isFollowing() const { return m_window.isFollowing(); }

    // What a person selected: one mark, or two checkpoints to be compared, in the order of selecting.
    QList<TimelineChoice> selection() const;
    void clearSelection();

    TimelineLanes &lanes() const { return *m_lanes; }
    ChartPlot &plot() const { return *m_plot; }

Q_SIGNALS:
    void markActivated(const hub::gui::TimelineMark &mark, const QString &laneId);
    void selectionChanged();
    void menuWanted(const hub::gui::TimelineMark &mark, const QString &laneId, const QPoint &globalPos);
    void rangeChanged(hub::Instant from, hub::Instant to); // by a person
    void followingChanged(bool following);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setBounds();
    void showWindow();
    void moved();

    const Clock &m_clock;
    TimeWindow m_window;
    bool m_following = true; // as told last
    TimelineLanes *m_lanes;
    ChartPlot *m_plot;
    QTimer *m_everySecond;
};

} // namespace hub::gui
