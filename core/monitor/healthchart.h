// The chart of the machine: CPU, memory, disk, temperature and agents, with their limits. Pure; any thread.
#pragma once

#include "core/monitor/historystore.h"
#include "core/monitor/verdict.h"

namespace hub::monitor
{

// Title, theme and time are `frame`'s; its panels are made here. `interval`: between two looks.
chart::Chart healthChart(const HistoryStore::Courses &courses, const Rules &rules, std::chrono::milliseconds interval,
                         chart::Chart frame);

} // namespace hub::monitor
