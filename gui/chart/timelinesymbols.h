// How marks look and what they are called: shape and colour, never colour alone. UI thread.
#pragma once

#include "gui/chart/chartlook.h"
#include "gui/chart/timeline.h"

#include <QCoreApplication>

class QPainter;

namespace hub::gui
{

class TimelineSymbols
{
    Q_DECLARE_TR_FUNCTIONS(hub::gui::TimelineSymbols)
public:
    // A symbol within the square; of turns and pauses a piece of a bar.
    static void draw(QPainter &painter, const QRectF &place, const TimelineMark &mark, const ChartLook &look);
    static void drawBar(QPainter &painter, const QRectF &place, TimelineMark::Kind kind, const ChartLook &look);
    // A count, in the colour of the one that matters most.
    static void drawCluster(QPainter &painter, const QRectF &place, qsizetype count, const TimelineMark &most,
                            const ChartLook &look);

    // The same for what looks the same.
    static int lookOf(const TimelineMark &mark);
    static QColor colourOf(const TimelineMark &mark, const ChartLook &look);
    // Of what is drawn as one, the one with the highest number is what its colour tells.
    static int weightOf(const TimelineMark &mark);
    // "manual checkpoint", "warning", "turn"
    static QString nameOf(const TimelineMark &mark);
    // One of each, for a legend.
    static QList<TimelineMark> examples();
};

} // namespace hub::gui
