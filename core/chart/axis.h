// What of a chart can be decided without drawing: scales, ticks, where lines break. Pure; any thread.
#pragma once

#include "core/chart/chart.h"

namespace hub::chart
{

struct Scale {
    double low = 0, high = 1; // low < high
    QList<double> ticks;      // from bottom to top, each within
    friend bool operator==(const Scale &, const Scale &) = default;
};

// Holds all points and limits, ends at round numbers, and has few ticks.
Scale scaleFor(const Panel &panel);

struct TimeTick {
    Instant at{};
    QString text; // "14:30"; for seconds "14:30:05", for days "Mon 3", for weeks "3 Jun"
    friend bool operator==(const TimeTick &, const TimeTick &) = default;
};

// At round times of the zone, at most `most`, between the two moments.
QList<TimeTick> timeTicks(Instant from, Instant to, const QString &zone, int most);

// "3 Mar 14:05 – 15:05", with both days where they differ.
QString spanText(const Chart &chart);

// "3 Mar 14:05:30", of that zone.
QString momentText(Instant at, const QString &zone);

// The pieces that a line is drawn in: it goes from point to point, but never across a time in which nothing was
// measured.
QList<QList<Point>> piecesOf(const Line &line, std::chrono::milliseconds step);

// Points of one piece that lie within the same stretch of time become one: its low and high hold theirs, its mean is
// theirs. Stretches begin at the same moments whatever the piece, so that a picture made again does not flicker.
QList<Point> thinned(const QList<Point> &piece, std::chrono::milliseconds stretch);

// What was measured nearest to that moment; nothing where the line has a gap.
std::optional<Point> pointAt(const Line &line, Instant at, std::chrono::milliseconds step);

// The last value, if it is of the end of the time; else nothing is known of now.
std::optional<double> nowOf(const Line &line, const Chart &chart);

// "54 %", "3", "–" for nothing.
QString valueText(std::optional<double> value, const QString &unit);

} // namespace hub::chart
