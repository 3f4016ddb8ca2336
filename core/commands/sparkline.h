// A course of values in one line of text: "▁▂▅█▇▃".
#pragma once

#include <QList>
#include <QString>

namespace hub::commands
{

// At most `width` signs, each the mean of its part of the values, from the lowest value to the highest one; a course
// that stays within `calm` is flat. Empty for no values.
QString sparkline(const QList<double> &values, int width, double calm = 1);

} // namespace hub::commands
