// Where the marks of a lane lie, and which of them are drawn as one since they would lie on one another. Pure; any
// thread.
#pragma once

#include "gui/chart/timeline.h"

namespace hub::gui
{

struct TimelineScale {
    Instant from{}, to{};
    Instant now{}; // what still goes on ends here
    double left = 0, width = 1;

    double xOf(Instant at) const;
    Instant timeAt(double x) const;
};

// What is drawn as one and is clicked as one.
struct TimelineItem {
    bool bar = false;       // of turns or pauses; else a symbol
    QList<qsizetype> marks; // of the lane, oldest first; several: a cluster
    double left = 0, right = 0;

    double middle() const { return (left + right) / 2; }
    bool isCluster() const { return marks.size() > 1; }
};

inline constexpr double symbolSize = 13; // pixels that do not depend on the screen

// The marks have to be in the order of time. Those outside the scale are left out; bars first, then symbols, each from
// left to right. No two symbols overlap, and no two bars of one kind are closer than can be seen.
QList<TimelineItem> layOut(const QList<TimelineMark> &marks, const TimelineScale &scale);

} // namespace hub::gui
