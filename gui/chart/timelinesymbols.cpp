#include "gui/chart/timelinesymbols.h"

#include <QPainter>
#include <QPainterPath>

#include <cmath>
#include <numbers>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using Kind = TimelineMark::Kind;

namespace
{

enum class Shape { Ring, Diamond, Star, Cross, Back, Question, Triangle, Octagon, Square, Turn, Pause };

// All that a mark is told by: a type that is not here looks like the first one of its kind.
struct Look {
    Kind kind;
    QLatin1StringView type;
    Shape shape;
    int line; // of the colours of lines; below zero: warning, critical, muted
    int weight;
    const char *name;
};

constexpr int warning = -1, critical = -2, muted = -3;
constexpr Look looks[]{
    {Kind::Checkpoint, QLatin1StringView("auto"), Shape::Ring, 0, 2,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "checkpoint by the timer")},
    {Kind::Checkpoint, QLatin1StringView("manual"), Shape::Diamond, 0, 5,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "checkpoint by hand")},
    {Kind::Checkpoint, QLatin1StringView("milestone"), Shape::Star, 3, 4,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "milestone")},
    {Kind::Checkpoint, QLatin1StringView("error"), Shape::Cross, critical, 8,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "checkpoint at an error")},
    {Kind::Checkpoint, QLatin1StringView("rollback"), Shape::Back, 1, 6,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "checkpoint before a rollback")},
    {Kind::Turn, QLatin1StringView(), Shape::Turn, 0, 0, QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "turn")},
    {Kind::Pause, QLatin1StringView(), Shape::Pause, muted, 0, QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "pause")},
    {Kind::Approval, QLatin1StringView(), Shape::Question, 2, 7,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "approval")},
    {Kind::Alert, QLatin1StringView("warning"), Shape::Triangle, warning, 7,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "alert: warning")},
    {Kind::Alert, QLatin1StringView("info"), Shape::Triangle, muted, 1,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "alert: information")},
    {Kind::Alert, QLatin1StringView("error"), Shape::Triangle, critical, 9,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "alert: error")},
    {Kind::Alert, QLatin1StringView("critical"), Shape::Octagon, critical, 10,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "alert: critical")},
    {Kind::Operation, QLatin1StringView(), Shape::Square, 5, 3,
     QT_TRANSLATE_NOOP("hub::gui::TimelineSymbols", "operation")},
};

const Look &lookOf(const TimelineMark &mark)
{
    const Look *first = nullptr;
    for (const Look &look : looks) {
        if (look.kind != mark.kind)
            continue;
        if (look.type == mark.type)
            return look;
        first = first ? first : &look;
    }
    return *first;
}

QPolygonF octagon(const QPointF &middle, double radius)
{
    QPolygonF points;
    for (int i = 0; i < 8; ++i) {
        const double angle = std::numbers::pi * (i + 0.5) / 4;
        points << middle + QPointF(std::cos(angle), std::sin(angle)) * radius;
    }
    return points;
}

QPolygonF star(const QPointF &middle, double radius)
{
    QPolygonF points;
    for (int i = 0; i < 10; ++i) {
        const double angle = std::numbers::pi * (i / 5.0 - 0.5), far = i % 2 == 0 ? radius : radius * 0.45;
        points << middle + QPointF(std::cos(angle), std::sin(angle)) * far;
    }
    return points;
}

void drawLetter(QPainter &painter, const QRectF &place, QChar letter, const QColor &colour, const ChartLook &look)
{
    QFont font = look.headFont;
    font.setPixelSize(std::max(7, int(place.height() * 0.75)));
    painter.setFont(font);
    painter.setPen(colour);
    painter.drawText(place, Qt::AlignCenter, letter);
}

} // namespace

int TimelineSymbols::lookOf(const TimelineMark &mark) { return int(&gui::lookOf(mark) - looks); }

QColor TimelineSymbols::colourOf(const TimelineMark &mark, const ChartLook &look)
{
    const int line = gui::lookOf(mark).line;
    return line == warning    ? look.warning
           : line == critical ? look.critical
           : line == muted    ? look.muted
                              : look.lineColour(line);
}

int TimelineSymbols::weightOf(const TimelineMark &mark) { return gui::lookOf(mark).weight; }

QString TimelineSymbols::nameOf(const TimelineMark &mark) { return tr(gui::lookOf(mark).name); }

QList<TimelineMark> TimelineSymbols::examples()
{
    QList<TimelineMark> all;
    for (const Look &look : looks)
        all << TimelineMark{.kind = look.kind, .type = look.type};
    return all;
}

void TimelineSymbols::draw(QPainter &painter, const QRectF &place, const TimelineMark &mark, const ChartLook &look)
{
    const QColor colour = colourOf(mark, look);
    const QRectF inner = place.adjusted(1.5, 1.5, -1.5, -1.5);
    const QPointF middle = inner.center();
    const double half = inner.width() / 2;
    painter.setPen(QPen(colour, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(look.ground);
    switch (gui::lookOf(mark).shape) {
    case Shape::Ring: painter.drawEllipse(inner.adjusted(1, 1, -1, -1)); return;
    case Shape::Diamond:
        painter.setBrush(colour);
        painter.drawPolygon(QPolygonF{middle - QPointF(0, half), middle + QPointF(half, 0), middle + QPointF(0, half),
                                      middle - QPointF(half, 0)});
        return;
    case Shape::Star:
        painter.setBrush(colour);
        painter.setPen(QPen(colour, 1));
        painter.drawPolygon(star(middle, half + 1));
        return;
    case Shape::Cross:
        painter.setPen(QPen(colour, 2.6, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(inner.topLeft() + QPointF(1, 1), inner.bottomRight() - QPointF(1, 1));
        painter.drawLine(inner.topRight() + QPointF(-1, 1), inner.bottomLeft() + QPointF(1, -1));
        return;
    case Shape::Back:
        painter.setBrush(colour);
        painter.drawPolygon(QPolygonF{QPointF(inner.left(), middle.y()), inner.topRight(), inner.bottomRight()});
        return;
    case Shape::Question:
        painter.setBrush(colour);
        painter.drawRoundedRect(inner, 3, 3);
        drawLetter(painter, inner.adjusted(-1, -1, 1, 1), u'?', look.ground, look);
        return;
    case Shape::Triangle: {
        // A warning is hollow, an error is filled; information has no exclamation mark.
        const bool filled = weightOf(mark) > 8;
        painter.setBrush(filled ? colour : look.ground);
        painter.drawPolygon(QPolygonF{QPointF(middle.x(), inner.top()), inner.bottomRight(), inner.bottomLeft()});
        if (weightOf(mark) > 1)
            drawLetter(painter, inner.adjusted(0, 2, 0, 1), u'!', filled ? look.ground : colour, look);
        return;
    }
    case Shape::Octagon:
        painter.setBrush(colour);
        painter.drawPolygon(octagon(middle, half + 0.5));
        drawLetter(painter, inner, u'!', look.ground, look);
        return;
    case Shape::Square: painter.drawRect(inner.adjusted(1, 1, -1, -1)); return;
    case Shape::Turn:
    case Shape::Pause: drawBar(painter, place.adjusted(0, 2, 0, -2), mark.kind, look); return;
    }
}

void TimelineSymbols::drawBar(QPainter &painter, const QRectF &place, Kind kind, const ChartLook &look)
{
    const bool pause = kind == Kind::Pause;
    const QColor colour = pause ? look.muted : look.lineColour(0);
    painter.setPen(QPen(colour, 1));
    painter.setBrush(pause ? look.ground : mixed(look.ground, colour, 0.55));
    const QRectF box = place.adjusted(0.5, 0.5, -0.5, -0.5);
    const double round = std::min(3.0, box.width() / 3);
    painter.drawRoundedRect(box, round, round);
    if (pause) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(QBrush(colour, Qt::BDiagPattern));
        painter.drawRoundedRect(box, round, round);
    }
}

void TimelineSymbols::drawCluster(QPainter &painter, const QRectF &place, qsizetype count, const TimelineMark &most,
                                  const ChartLook &look)
{
    const QColor colour = colourOf(most, look);
    painter.setPen(QPen(colour, 1.4));
    painter.setBrush(mixed(look.ground, colour, 0.18));
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), place.height() / 2, place.height() / 2);
    QFont font = look.headFont;
    font.setPixelSize(count > 99 ? 8 : 9);
    painter.setFont(font);
    painter.setPen(look.text);
    painter.drawText(place, Qt::AlignCenter, count > 99 ? u"99+"_s : QString::number(count));
}

} // namespace hub::gui
