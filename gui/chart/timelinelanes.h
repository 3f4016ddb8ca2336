// The lanes of a time line: what happened in each task, along time. It shows the part that its TimeWindow says, and
// changes it as a person wants. UI thread.
#pragma once

#include "gui/chart/chartlook.h"
#include "gui/chart/timelinelayout.h"
#include "gui/chart/timewindow.h"

#include <QAbstractScrollArea>

namespace hub::gui
{

class TimelineLanes : public QAbstractScrollArea
{
    Q_OBJECT
public:
    // The window has to outlive it; whoever else changes it calls windowMoved().
    TimelineLanes(TimeWindow &window, QWidget *parent);

    // Selection and focus stay with the marks that are still there.
    void setLanes(QList<TimelineLane> lanes);
    const QList<TimelineLane> &lanes() const { return m_lanes; }
    void setZone(const QString &zone);
    void setNow(Instant now);
    void windowMoved();

    // What is left beside the plot, in pixels of this widget.
    int leftSide() const;
    int rightSide() const;

    QList<TimelineChoice> selection() const;
    void clearSelection();
    // What has the keyboard's focus: one mark, or several that are drawn as one.
    QList<TimelineMark> current() const;

    // Where a mark, or the cluster that holds it, is drawn, in pixels of the viewport; nothing where it isn't.
    std::optional<QRectF> placeOf(const QString &laneId, const QString &markId) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void markActivated(const hub::gui::TimelineMark &mark, const QString &laneId);
    void selectionChanged();
    void menuWanted(const hub::gui::TimelineMark &mark, const QString &laneId, const QPoint &globalPos);
    void moved();        // a person changed what is shown
    void sidesChanged(); // leftSide() or rightSide()

protected:
    bool viewportEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    bool focusNextPrevChild(bool next) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    struct Place { // of an item
        qsizetype lane = -1, item = -1;
        bool operator==(const Place &) const = default;
    };
    using Found = std::optional<Place>;

    TimelineScale scale() const;
    const QList<TimelineItem> &itemsOf(qsizetype lane) const;
    const TimelineItem &itemAt(Place place) const { return itemsOf(place.lane)[place.item]; }
    QList<TimelineMark> marksAt(Place place) const;
    TimelineChoice choiceAt(Place place) const; // the first of its marks
    double topOf(qsizetype lane) const;         // in the viewport
    QRectF rectOf(Place place) const;
    Found placeAt(const QPointF &pos) const;
    Found currentPlace() const;
    Found following(Place place, int step) const; // in the order of reading
    Found beside(Place place, int step) const;    // in another lane, near in time
    bool isSelected(const TimelineItem &item, qsizetype lane) const;

    void drawLane(QPainter &painter, qsizetype lane) const;
    void drawSymbol(QPainter &painter, const QRectF &place, const TimelineMark &mark, qsizetype count) const;
    void drawTimes(QPainter &painter) const;
    void setCurrent(Place place);
    void select(const TimelineChoice &choice, bool more);
    void open(Place place, bool activate); // a cluster: what it is of
    void move(bool changed);
    void layOutAnew();
    void announce();
    bool moveByKey(int key);
    QString wordsOf(Place place) const;

    TimeWindow &m_window;
    QList<TimelineLane> m_lanes;
    QString m_zone;
    Instant m_now{};
    ChartLook m_look;
    int m_laneHeight = 40, m_headHeight = 24;
    mutable QHash<qsizetype, QList<TimelineItem>> m_items;        // of lanes that were drawn since anything moved
    mutable QHash<std::pair<int, qsizetype>, QPixmap> m_pictures; // of symbols, by look and count
    QList<TimelineChoice> m_selection;                            // two at most, then of checkpoints
    std::optional<TimelineChoice> m_current;
    std::optional<QPointF> m_pressed;
    QPointF m_dragged; // where the pointer was last
    bool m_dragging = false;
};

} // namespace hub::gui
