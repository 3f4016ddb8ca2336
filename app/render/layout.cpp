#include "app/render/layout.h"

namespace hub::render
{

namespace
{

constexpr int titleHeight = 64, spanHeight = 44, headHeight = 54, plotHeight = 190, timesHeight = 56, gap = 26;
constexpr int headGap = 18; // the highest label of a scale stands out by half its height

} // namespace

Layout layoutFor(const chart::Chart &chart, int scaleWidth)
{
    Layout layout;
    int y = margin - 10;
    const auto take = [&y](int left, int height) {
        const QRect row(left, y, width - margin - left, height);
        y += height;
        return row;
    };
    layout.title = take(margin, titleHeight);
    layout.span = take(margin, spanHeight);
    const int left = margin + scaleWidth + scaleGap;
    bool plotted = false;
    for (const chart::Panel &panel : chart.panels) {
        y += gap;
        PanelPlace place{take(margin, headHeight), {}};
        if (panel.hasPoints()) {
            y += headGap;
            place.plot = take(left, plotHeight);
            plotted = true;
        }
        layout.panels << place;
    }
    // Below all: the times belong to each of the plots.
    if (plotted)
        layout.times = take(left, timesHeight);
    layout.size = {width, y + margin - 10};
    return layout;
}

} // namespace hub::render
