// Draws a chart as a phone shows it well: 1080 pixels wide, as high as what there is to show. Needs a QApplication and
// at least one font.
#pragma once

#include "core/base/result.h"
#include "core/chart/chart.h"

#include <QImage>

namespace hub::render
{

// NotFound when this machine has no font that can write the chart.
Result<QImage> draw(const chart::Chart &chart);

} // namespace hub::render
