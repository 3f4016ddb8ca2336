#include "gui/chart/timelinelanes.h"

#include "core/chart/axis.h"
#include "gui/chart/timelinesymbols.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int rightMargin = 14, titleMargin = 10;
constexpr double barHeight = 11, laneGap = 4; // above, between and below what a lane has
constexpr qsizetype mostWords = 8;            // marks of a cluster that are told one by one

} // namespace

TimelineLanes::TimelineLanes(TimeWindow &window, QWidget *parent)
    : QAbstractScrollArea(parent)
    , m_window(window)
    , m_look(windowLook(palette(), font()))
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    setAccessibleName(tr("Time line"));
    layOutAnew();
}

void TimelineLanes::setLanes(QList<TimelineLane> lanes)
{
    for (TimelineLane &lane : lanes) {
        if (!std::is_sorted(lane.marks.cbegin(), lane.marks.cend(), isEarlier))
            std::stable_sort(lane.marks.begin(), lane.marks.end(), isEarlier);
    }
    m_lanes = std::move(lanes);
    // A mark may have got its end or its text meanwhile.
    const auto now = [this](const TimelineChoice &choice) -> std::optional<TimelineChoice> {
        for (const TimelineLane &lane : m_lanes) {
            for (const TimelineMark &mark : lane.marks) {
                if (lane.id == choice.laneId && mark.kind == choice.mark.kind && mark.id == choice.mark.id)
                    return TimelineChoice{mark, lane.id};
            }
        }
        return std::nullopt;
    };
    const auto before = m_selection.size();
    for (const TimelineChoice &choice : std::exchange(m_selection, {})) {
        if (const auto still = now(choice))
            m_selection << *still;
    }
    if (m_current)
        m_current = now(*m_current);
    layOutAnew();
    if (m_selection.size() != before)
        Q_EMIT selectionChanged();
}

void TimelineLanes::setZone(const QString &zone)
{
    m_zone = zone;
    viewport()->update();
}

void TimelineLanes::setNow(Instant now)
{
    m_now = now;
    windowMoved();
}

void TimelineLanes::windowMoved()
{
    m_items.clear();
    viewport()->update();
}

void TimelineLanes::layOutAnew()
{
    const int text = QFontMetrics(m_look.textFont).height();
    m_headHeight = text + 8;
    m_laneHeight = std::max(int(3 * laneGap + symbolSize + barHeight), 2 * text) + 2;
    QScrollBar &bar = *verticalScrollBar();
    const int room = viewport()->height() - m_headHeight;
    bar.setRange(0, std::max(0, int(m_lanes.size()) * m_laneHeight - room));
    bar.setPageStep(std::max(1, room));
    bar.setSingleStep(m_laneHeight);
    windowMoved();
}

QSize TimelineLanes::sizeHint() const
{
    return {640, m_headHeight + m_laneHeight * int(std::clamp<qsizetype>(m_lanes.size(), 2, 8))};
}

int TimelineLanes::leftSide() const { return std::clamp(width() * 22 / 100, 90, 220); }

int TimelineLanes::rightSide() const { return width() - viewport()->width() + rightMargin; }

TimelineScale TimelineLanes::scale() const
{
    return {m_window.from(), m_window.to(), m_now, double(leftSide()),
            double(std::max(1, viewport()->width() - leftSide() - rightMargin))};
}

const QList<TimelineItem> &TimelineLanes::itemsOf(qsizetype lane) const
{
    const auto known = m_items.constFind(lane);
    return known != m_items.constEnd() ? *known : *m_items.insert(lane, layOut(m_lanes[lane].marks, scale()));
}

QList<TimelineMark> TimelineLanes::marksAt(Place place) const
{
    QList<TimelineMark> marks;
    for (const qsizetype mark : itemAt(place).marks)
        marks << m_lanes[place.lane].marks[mark];
    return marks;
}

TimelineChoice TimelineLanes::choiceAt(Place place) const
{
    return {m_lanes[place.lane].marks[itemAt(place).marks.first()], m_lanes[place.lane].id};
}

double TimelineLanes::topOf(qsizetype lane) const
{
    return m_headHeight + double(lane) * m_laneHeight - verticalScrollBar()->value();
}

QRectF TimelineLanes::rectOf(Place place) const
{
    const TimelineItem &item = itemAt(place);
    const double top = topOf(place.lane) + (m_laneHeight - 3 * laneGap - symbolSize - barHeight) / 2 + laneGap;
    if (item.bar)
        return {item.left, top + symbolSize + laneGap, item.right - item.left, barHeight};
    return {item.left, top, item.right - item.left, symbolSize};
}

std::optional<QRectF> TimelineLanes::placeOf(const QString &laneId, const QString &markId) const
{
    for (qsizetype lane = 0; lane < m_lanes.size(); ++lane) {
        for (qsizetype item = 0; m_lanes[lane].id == laneId && item < itemsOf(lane).size(); ++item) {
            const QList<TimelineMark> marks = marksAt({lane, item});
            if (std::any_of(marks.begin(), marks.end(), [&](const TimelineMark &mark) { return mark.id == markId; }))
                return rectOf({lane, item});
        }
    }
    return std::nullopt;
}

// Symbols lie over bars, and later ones over earlier ones.
TimelineLanes::Found TimelineLanes::placeAt(const QPointF &pos) const
{
    const qsizetype lane = qsizetype(std::floor((pos.y() - topOf(0)) / m_laneHeight));
    if (pos.y() < m_headHeight || lane < 0 || lane >= m_lanes.size())
        return std::nullopt;
    for (qsizetype item = itemsOf(lane).size() - 1; item >= 0; --item) {
        if (rectOf({lane, item}).adjusted(-1, -1, 1, 1).contains(pos))
            return Place{lane, item};
    }
    return std::nullopt;
}

TimelineLanes::Found TimelineLanes::currentPlace() const
{
    for (qsizetype lane = 0; m_current && lane < m_lanes.size(); ++lane) {
        for (qsizetype item = 0; m_lanes[lane].id == m_current->laneId && item < itemsOf(lane).size(); ++item) {
            if (marksAt({lane, item}).contains(m_current->mark))
                return Place{lane, item};
        }
    }
    return std::nullopt;
}

TimelineLanes::Found TimelineLanes::following(Place place, int step) const
{
    // Within a lane by time, whatever is a bar and what a symbol.
    const auto order = [this](qsizetype lane) {
        QList<qsizetype> items(itemsOf(lane).size());
        std::iota(items.begin(), items.end(), 0);
        std::stable_sort(items.begin(), items.end(), [&](qsizetype a, qsizetype b) {
            return itemsOf(lane)[a].middle() < itemsOf(lane)[b].middle();
        });
        return items;
    };
    qsizetype lane = std::max<qsizetype>(0, place.lane);
    QList<qsizetype> items = m_lanes.isEmpty() ? QList<qsizetype>() : order(lane);
    qsizetype at = place.lane < 0 ? -1 : items.indexOf(place.item);
    for (at += step; !m_lanes.isEmpty();) {
        if (at >= 0 && at < items.size())
            return Place{lane, items[at]};
        lane += step;
        if (lane < 0 || lane >= m_lanes.size())
            break;
        items = order(lane);
        at = step > 0 ? 0 : items.size() - 1;
    }
    return std::nullopt;
}

TimelineLanes::Found TimelineLanes::beside(Place place, int step) const
{
    const double x = itemAt(place).middle();
    for (qsizetype lane = place.lane + step; lane >= 0 && lane < m_lanes.size(); lane += step) {
        const QList<TimelineItem> &items = itemsOf(lane);
        const auto nearest = std::min_element(items.begin(), items.end(), [x](const auto &a, const auto &b) {
            return std::abs(a.middle() - x) < std::abs(b.middle() - x);
        });
        if (nearest != items.end())
            return Place{lane, nearest - items.begin()};
    }
    return std::nullopt;
}

bool TimelineLanes::isSelected(const TimelineItem &item, qsizetype lane) const
{
    return std::any_of(m_selection.begin(), m_selection.end(), [&](const TimelineChoice &choice) {
        return choice.laneId == m_lanes[lane].id &&
               std::any_of(item.marks.begin(), item.marks.end(),
                           [&](qsizetype mark) { return m_lanes[lane].marks[mark] == choice.mark; });
    });
}

void TimelineLanes::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_look.ground);
    painter.setRenderHint(QPainter::Antialiasing);
    drawTimes(painter);
    painter.setClipRect(QRect(0, m_headHeight, viewport()->width(), viewport()->height() - m_headHeight));
    const qsizetype first = verticalScrollBar()->value() / m_laneHeight;
    for (qsizetype lane = first; lane < m_lanes.size() && topOf(lane) < viewport()->height(); ++lane)
        drawLane(painter, lane);
    if (m_lanes.isEmpty()) {
        painter.setPen(m_look.muted);
        painter.drawText(viewport()->rect(), Qt::AlignCenter, tr("Nothing has happened yet."));
    }
}

void TimelineLanes::drawTimes(QPainter &painter) const
{
    const TimelineScale place = scale();
    const QFontMetrics metrics(m_look.textFont);
    painter.setFont(m_look.textFont);
    const bool seconds = m_window.length() < std::chrono::minutes{7};
    const int wide = metrics.horizontalAdvance(seconds ? u"00:00:00"_s : u"00:00"_s);
    const int most = std::clamp(int(place.width) / (2 * wide), 2, 7);
    int free = int(place.left) - wide;
    for (const chart::TimeTick &tick : chart::timeTicks(m_window.from(), m_window.to(), m_zone, most)) {
        const int x = qRound(place.xOf(tick.at)), width = metrics.horizontalAdvance(tick.text);
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(m_look.grid);
        painter.drawLine(x, m_headHeight, x, viewport()->height());
        painter.setRenderHint(QPainter::Antialiasing);
        const int left = std::min(x - width / 2, viewport()->width() - width - 2);
        if (left < free)
            continue;
        painter.setPen(m_look.muted);
        painter.drawText(QRect(left, 0, width + 2, m_headHeight), Qt::AlignLeft | Qt::AlignVCenter, tick.text);
        free = left + width + metrics.horizontalAdvance(u'0');
    }
}

void TimelineLanes::drawLane(QPainter &painter, qsizetype lane) const
{
    const TimelineScale place = scale();
    const double top = topOf(lane);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(m_look.grid);
    painter.drawLine(QPointF(0, top), QPointF(viewport()->width(), top));
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF title(titleMargin, top, place.left - 2 * titleMargin, m_laneHeight);
    painter.setFont(font());
    painter.setPen(m_look.text);
    painter.drawText(title, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                     fontMetrics().elidedText(m_lanes[lane].title, Qt::ElideRight, int(title.width())));
    const Found current = hasFocus() ? currentPlace() : std::nullopt;
    const QList<TimelineItem> &items = itemsOf(lane);
    for (qsizetype i = 0; i < items.size(); ++i) {
        const QList<TimelineMark> marks = marksAt({lane, i});
        const QRectF rect = rectOf({lane, i});
        if (isSelected(items[i], lane)) {
            QColor halo = palette().color(QPalette::Highlight);
            halo.setAlphaF(0.45f);
            painter.setPen(Qt::NoPen);
            painter.setBrush(halo);
            painter.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), 5, 5);
        }
        const TimelineMark &most = *std::max_element(marks.begin(), marks.end(), [](const auto &a, const auto &b) {
            return TimelineSymbols::weightOf(a) < TimelineSymbols::weightOf(b);
        });
        if (items[i].bar) {
            painter.save();
            painter.setClipRect(QRectF(place.left, m_headHeight, place.width + 1, viewport()->height()));
            TimelineSymbols::drawBar(painter, rect, most.kind, m_look);
            painter.restore();
        } else {
            drawSymbol(painter, rect, most, marks.size());
        }
        if (most.kind == TimelineMark::Kind::Approval && !items[i].isCluster()) { // how long it waited
            const double end = std::min(place.xOf(most.to.value_or(m_now)), place.left + place.width);
            painter.setPen(QPen(TimelineSymbols::colourOf(most, m_look), 2));
            if (end > rect.right())
                painter.drawLine(QPointF(rect.right(), rect.center().y()), QPointF(end, rect.center().y()));
        }
        if (current == Place{lane, i}) {
            painter.setPen(QPen(palette().color(QPalette::Highlight), 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), 4, 4);
        }
    }
}

// Each is drawn once and then copied: there may be thousands, and few differ.
void TimelineLanes::drawSymbol(QPainter &painter, const QRectF &place, const TimelineMark &mark, qsizetype count) const
{
    constexpr qsizetype mostTold = 100; // those above look alike
    const QRectF around = place.adjusted(-2, -2, 2, 2);
    const double ratio = devicePixelRatioF();
    QPixmap &picture = m_pictures[{TimelineSymbols::lookOf(mark), std::min(count, mostTold)}];
    if (picture.isNull() || picture.devicePixelRatio() != ratio) {
        picture = QPixmap((around.size() * ratio).toSize());
        picture.setDevicePixelRatio(ratio);
        picture.fill(Qt::transparent);
        QPainter once(&picture);
        once.setRenderHint(QPainter::Antialiasing);
        const QRectF inside(QPointF(2, 2), place.size());
        if (count > 1)
            TimelineSymbols::drawCluster(once, inside.adjusted(-1, 0, 1, 0), count, mark, m_look);
        else
            TimelineSymbols::draw(once, inside, mark, m_look);
    }
    // At whole pixels of the screen, so that it stays sharp.
    const QPointF at = around.topLeft() * ratio;
    painter.drawPixmap(QPointF(std::round(at.x()), std::round(at.y())) / ratio, picture);
}

QString TimelineLanes::wordsOf(Place place) const
{
    const QList<TimelineMark> marks = marksAt(place);
    QStringList lines;
    if (marks.size() > 1)
        lines << tr("%1 marks close together").arg(marks.size());
    for (const TimelineMark &mark : marks.first(std::min(marks.size(), mostWords))) {
        QString when = chart::momentText(mark.from, m_zone);
        if (mark.takesTime())
            when = mark.to ? tr("%1, for %2").arg(when, durationText(*mark.to - mark.from)) : tr("since %1").arg(when);
        QStringList words{TimelineSymbols::nameOf(mark), mark.id};
        words.removeAll(QString());
        lines << u"%1: %2"_s.arg(words.join(u' '), when) + (mark.text.isEmpty() ? QString() : u" – "_s + mark.text);
    }
    if (marks.size() > mostWords)
        lines << tr("and %1 more").arg(marks.size() - mostWords);
    return lines.join(u'\n');
}

bool TimelineLanes::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const Found place = placeAt(help->pos()))
            QToolTip::showText(help->globalPos(), wordsOf(*place), viewport(), rectOf(*place).toAlignedRect());
        else if (help->pos().x() < leftSide() && help->pos().y() > m_headHeight) {
            const qsizetype lane = qsizetype((help->pos().y() - topOf(0)) / m_laneHeight);
            QToolTip::showText(help->globalPos(), lane < m_lanes.size() ? m_lanes[lane].title : QString(), viewport());
        } else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TimelineLanes::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    layOutAnew();
    Q_EMIT sidesChanged();
}

void TimelineLanes::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        m_look = windowLook(palette(), font());
        m_pictures.clear();
        layOutAnew();
    }
}

void TimelineLanes::scrollContentsBy(int, int) { viewport()->update(); }

void TimelineLanes::move(bool changed)
{
    if (!changed)
        return;
    windowMoved();
    Q_EMIT moved();
}

} // namespace hub::gui
