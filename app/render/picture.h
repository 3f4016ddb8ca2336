// Draws a chart as gui/chart/chartpicture.h says, where this machine can write it. Needs a QApplication.
#pragma once

#include "core/base/result.h"
#include "core/chart/chart.h"

#include <QImage>

namespace hub::render
{

// NotFound when this machine has no font that can write the chart.
Result<QImage> draw(const chart::Chart &chart);

} // namespace hub::render
