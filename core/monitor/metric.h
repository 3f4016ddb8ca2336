// The figures that are watched, kept and drawn: each stands in one table, from which limits, history and charts come.
#pragma once

#include "core/base/enumtext.h"
#include "core/monitor/sample.h"

#include <span>

namespace hub::monitor
{

enum class Metric {
    Cpu,
    Load,
    Memory,
    Swap,
    CpuPressure,
    MemoryPressure,
    IoPressure,
    Temperature,
    Disk,
    Inodes,
    Supply,
    Agents,
    Paused,
    AgentCpu,
    AgentMemory,
};
inline constexpr EnumText<Metric> metricTexts[]{{Metric::Cpu, QLatin1StringView("cpu")},
                                                {Metric::Load, QLatin1StringView("load")},
                                                {Metric::Memory, QLatin1StringView("memory")},
                                                {Metric::Swap, QLatin1StringView("swap")},
                                                {Metric::CpuPressure, QLatin1StringView("cpu_pressure")},
                                                {Metric::MemoryPressure, QLatin1StringView("memory_pressure")},
                                                {Metric::IoPressure, QLatin1StringView("io_pressure")},
                                                {Metric::Temperature, QLatin1StringView("temperature")},
                                                {Metric::Disk, QLatin1StringView("disk")},
                                                {Metric::Inodes, QLatin1StringView("inodes")},
                                                {Metric::Supply, QLatin1StringView("supply")},
                                                {Metric::Agents, QLatin1StringView("agents")},
                                                {Metric::Paused, QLatin1StringView("paused")},
                                                {Metric::AgentCpu, QLatin1StringView("agent_cpu")},
                                                {Metric::AgentMemory, QLatin1StringView("agent_memory")}};

// One figure of one sample. `subject` tells several of a kind apart: a mount point, a sensor, an agent.
struct Reading {
    Metric metric = Metric::Cpu;
    QString subject;
    double value = 0; // in the unit of its metric
    friend bool operator==(const Reading &, const Reading &) = default;
};

struct MetricSpec {
    Metric metric;
    QLatin1StringView title; // "Memory"
    QStringView unit;        // "%", "°C", "" for a bare number
    void (*read)(const Sample &sample, QList<Reading> &readings);
};

std::span<const MetricSpec> metricTable();
const MetricSpec &specOf(Metric metric);

// All that the sample has; what it doesn't have is not among them.
QList<Reading> readingsOf(const Sample &sample);

// "84 °C", "92 %", "3"
QString valueText(Metric metric, double value);

} // namespace hub::monitor
