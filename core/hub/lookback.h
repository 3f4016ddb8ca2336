// How the machine was: read from the history and drawn, beside the hub thread.
#pragma once

#include "core/monitor/healthchart.h"

namespace hub
{

// What a worker needs for it, as values.
struct LookBack {
    QString database; // safety_monitor.db
    Instant from{}, to{};
    monitor::Rules rules;
    std::chrono::milliseconds interval{0}; // between two looks
    std::optional<chart::Theme> theme;     // nothing: no chart
    QString chartTitle;
    QString programFolder; // where agenthub-render lies, if it is installed
};

struct Past {
    QList<monitor::Course> courses;
    QByteArray png;     // of the chart, if one was wanted
    QString whyNoChart; // a sentence when it could not be drawn: all else still counts
};

// The machine in that time. Blocks on the disk: worker threads only.
Result<chart::Chart> chartOf(const LookBack &wanted);

// Blocks, for as long as agenthub-render may take: worker threads only.
Result<Past> lookBack(const LookBack &wanted);

} // namespace hub
