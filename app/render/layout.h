// Where the parts of a chart lie in the picture, in pixels. Pure; the picture's width is fixed, its height follows from
// what there is to show.
#pragma once

#include "core/chart/chart.h"

#include <QRect>
#include <QSize>

namespace hub::render
{

// A phone shows the picture at a third of its size: 30 pixels are as small as a text may be.
inline constexpr int width = 1080, margin = 40;
inline constexpr int scaleGap = 14; // between the labels of a scale and its plot
inline constexpr int titlePixels = 50, headPixels = 38, textPixels = 30;

struct PanelPlace {
    QRect head;
    QRect plot; // empty for a panel without points: its head says so
};

struct Layout {
    QSize size;
    QRect title, span;
    QList<PanelPlace> panels; // as in the chart
    QRect times;              // below the last plot; empty where there is none
};

// `scaleWidth`: what the longest label of a scale takes.
Layout layoutFor(const chart::Chart &chart, int scaleWidth);

} // namespace hub::render
