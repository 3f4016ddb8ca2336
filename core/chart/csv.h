// A chart as a table for other programs. Pure; any thread.
#pragma once

#include "core/chart/chart.h"

namespace hub::chart
{

// A row for each moment at which any line has a point; of each line its low, mean and high, empty where it has none.
// Times are UTC as ISO 8601, decimal points are points, texts are quoted where they have to be (RFC 4180).
QByteArray csvOf(const Chart &chart);

} // namespace hub::chart
