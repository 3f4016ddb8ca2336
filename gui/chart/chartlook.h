// Colours, fonts and widths that a chart is drawn with. UI thread.
#pragma once

#include "core/chart/chart.h"

#include <QColor>
#include <QFont>
#include <QPalette>

namespace hub::gui
{

struct ChartLook {
    QColor ground, text, muted, grid, warning, critical;
    QList<QColor> lines; // one after another through the panels
    QFont titleFont, headFont, textFont;
    double linePen = 1.5, limitPen = 1, gridPen = 1; // widths, in pixels that do not depend on the screen

    QColor lineColour(qsizetype line) const { return lines[line % lines.size()]; }
};

// Of a picture that a phone shows at a third of its size: 30 pixels are as small as a text may be there.
ChartLook pictureLook(chart::Theme theme);

// Of a part of a window: its colours and its font. Light and dark follow from how bright its ground is.
ChartLook windowLook(const QPalette &palette, const QFont &font);

// Between the two colours; 0 is all `from`.
QColor mixed(const QColor &from, const QColor &to, double share);

} // namespace hub::gui
