// What a person does with the lanes of a time line: mouse, wheel, keys, selection.
#include "gui/chart/timelinelanes.h"
#include "gui/chart/timelinesymbols.h"

#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr double zoomStep = 0.8; // of a click of the wheel
constexpr int panShare = 8;      // of what is shown, by a key
constexpr int mostComparable = 2;

bool isCheckpoint(const TimelineChoice &choice) { return choice.mark.kind == TimelineMark::Kind::Checkpoint; }

} // namespace

QList<TimelineChoice> TimelineLanes::selection() const { return m_selection; }

void TimelineLanes::clearSelection()
{
    if (m_selection.isEmpty())
        return;
    m_selection.clear();
    viewport()->update();
    Q_EMIT selectionChanged();
}

QList<TimelineMark> TimelineLanes::current() const
{
    const Found place = currentPlace();
    return place ? marksAt(*place) : QList<TimelineMark>();
}

// More than one only of checkpoints, which can be compared.
void TimelineLanes::select(const TimelineChoice &choice, bool more)
{
    const QList<TimelineChoice> before = m_selection;
    more = more && isCheckpoint(choice) && std::all_of(before.begin(), before.end(), isCheckpoint);
    if (!more)
        m_selection = {choice};
    else if (!m_selection.removeOne(choice))
        m_selection << choice;
    while (m_selection.size() > mostComparable)
        m_selection.removeFirst();
    viewport()->update();
    if (m_selection != before)
        Q_EMIT selectionChanged();
}

void TimelineLanes::setCurrent(Place place)
{
    m_current = choiceAt(place);
    const double top = topOf(place.lane), bottom = top + m_laneHeight;
    if (top < m_headHeight)
        verticalScrollBar()->setValue(verticalScrollBar()->value() - int(m_headHeight - top));
    else if (bottom > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + int(bottom - viewport()->height()));
    viewport()->update();
    announce();
}

// A screen reader says the name of what has the focus whenever it changes.
void TimelineLanes::announce()
{
    const Found place = currentPlace();
    const QString words = place ? u"%1, %2"_s.arg(m_lanes[place->lane].title, wordsOf(*place)) : QString();
    setAccessibleName(words.isEmpty() ? tr("Time line") : tr("Time line: %1").arg(words));
}

void TimelineLanes::open(Place place, bool activate)
{
    const TimelineChoice choice = choiceAt(place);
    if (!itemAt(place).isCluster()) {
        select(choice, false);
        if (activate)
            Q_EMIT markActivated(choice.mark, choice.laneId);
        return;
    }
    const QList<TimelineMark> marks = marksAt(place);
    const auto span = marks.last().from - marks.first().from;
    const Instant middle = marks.first().from + span / 2;
    const auto length = std::max(TimeWindow::least, span * 2);
    if (length < m_window.length()) {
        move(m_window.show(middle - length / 2, middle + length / 2));
        return;
    }
    // No nearer look can tell them apart.
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const TimelineMark &mark : marks)
        menu->addAction(u"%1 %2"_s.arg(TimelineSymbols::nameOf(mark), mark.id), this, [=, this] {
            select({mark, choice.laneId}, false);
            if (activate)
                Q_EMIT markActivated(mark, choice.laneId);
        });
    menu->popup(viewport()->mapToGlobal(rectOf(place).bottomLeft().toPoint()));
}

void TimelineLanes::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_pressed = m_dragged = event->position();
    m_dragging = false;
}

void TimelineLanes::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_pressed) {
        viewport()->setCursor(placeAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
        return;
    }
    const QPointF pos = event->position();
    if (!m_dragging && (pos - *m_pressed).manhattanLength() < QApplication::startDragDistance())
        return;
    m_dragging = true;
    viewport()->setCursor(Qt::ClosedHandCursor);
    const QPointF by = m_dragged - pos;
    m_dragged = pos;
    verticalScrollBar()->setValue(verticalScrollBar()->value() + qRound(by.y()));
    const double share = by.x() / scale().width;
    move(m_window.pan(std::chrono::milliseconds{std::llround(share * double(m_window.length().count()))}));
}

void TimelineLanes::mouseReleaseEvent(QMouseEvent *event)
{
    const bool click = m_pressed && !m_dragging && event->button() == Qt::LeftButton;
    m_pressed.reset();
    viewport()->unsetCursor();
    if (!click)
        return;
    const Found place = placeAt(event->position());
    if (!place) {
        clearSelection();
        return;
    }
    setCurrent(*place);
    if (event->modifiers() & Qt::ControlModifier && !itemAt(*place).isCluster())
        select(choiceAt(*place), true);
    else
        open(*place, false);
}

void TimelineLanes::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Found place = placeAt(event->position());
    if (!place)
        move(m_window.showAll());
    else if (!itemAt(*place).isCluster())
        open(*place, true);
}

void TimelineLanes::contextMenuEvent(QContextMenuEvent *event)
{
    const bool mouse = event->reason() == QContextMenuEvent::Mouse;
    const Found place = mouse ? placeAt(event->pos()) : currentPlace();
    if (!place || itemAt(*place).isCluster()) {
        event->ignore();
        return;
    }
    setCurrent(*place);
    const TimelineChoice choice = choiceAt(*place);
    const QPoint at = mouse ? event->globalPos() : viewport()->mapToGlobal(rectOf(*place).bottomLeft().toPoint());
    Q_EMIT menuWanted(choice.mark, choice.laneId, at);
}

void TimelineLanes::wheelEvent(QWheelEvent *event)
{
    const QPoint turned = event->angleDelta();
    const double clicks = turned.y() / 120.0;
    if (event->position().x() < leftSide()) // over the titles it scrolls
        QAbstractScrollArea::wheelEvent(event);
    else if (std::abs(turned.x()) > std::abs(turned.y()))
        move(m_window.pan(m_window.length() * -turned.x() / (120 * panShare)));
    else if (event->modifiers() & Qt::ShiftModifier)
        move(m_window.pan(m_window.length() * -turned.y() / (120 * panShare)));
    else
        move(m_window.zoom(std::pow(zoomStep, clicks), scale().timeAt(event->position().x())));
}

bool TimelineLanes::moveByKey(int key)
{
    const auto step = m_window.length() / panShare;
    const Instant middle = m_window.from() + m_window.length() / 2;
    switch (key) {
    case Qt::Key_Left: move(m_window.pan(-step)); return true;
    case Qt::Key_Right: move(m_window.pan(step)); return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal: move(m_window.zoom(zoomStep, middle)); return true;
    case Qt::Key_Minus: move(m_window.zoom(1 / zoomStep, middle)); return true;
    case Qt::Key_Home: move(m_window.pan(m_window.first() - m_window.from())); return true;
    case Qt::Key_End: move(m_window.pan(m_window.last() - m_window.to())); return true;
    case Qt::Key_0: move(m_window.showAll()); return true;
    default: return false;
    }
}

void TimelineLanes::keyPressEvent(QKeyEvent *event)
{
    const Found place = currentPlace();
    const int key = event->key();
    if (moveByKey(key))
        return;
    if (key == Qt::Key_Up || key == Qt::Key_Down) {
        const int step = key == Qt::Key_Up ? -1 : 1;
        if (const Found next = place ? beside(*place, step) : following({}, 1))
            setCurrent(*next);
    } else if (place && (key == Qt::Key_Return || key == Qt::Key_Enter)) {
        open(*place, true);
    } else if (place && key == Qt::Key_Space) {
        if (!itemAt(*place).isCluster())
            select(choiceAt(*place), event->modifiers() & Qt::ControlModifier);
    } else if (key == Qt::Key_Escape && !m_selection.isEmpty()) {
        clearSelection();
    } else {
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void TimelineLanes::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    const bool tab = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (const Found first = tab && !currentPlace() ? following({}, 1) : std::nullopt)
        setCurrent(*first);
    viewport()->update();
}

// From mark to mark, and behind the last one away from here.
bool TimelineLanes::focusNextPrevChild(bool next)
{
    const Found place = hasFocus() ? currentPlace() : std::nullopt;
    const Found other = place ? following(*place, next ? 1 : -1) : hasFocus() && next ? following({}, 1) : std::nullopt;
    if (!other)
        return QAbstractScrollArea::focusNextPrevChild(next);
    setCurrent(*other);
    return true;
}

} // namespace hub::gui
