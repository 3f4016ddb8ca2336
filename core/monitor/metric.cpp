#include "core/monitor/metric.h"

#include <map>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

using Readings = QList<Reading>;

double usedPercent(qint64 size, qint64 free) { return 100.0 * double(size - free) / double(size); }

void readCpu(const Sample &sample, Readings &to)
{
    if (sample.cpu)
        to << Reading{Metric::Cpu, {}, *sample.cpu};
}

// Per core, so that one limit fits every machine.
void readLoadPerCore(const Sample &sample, Readings &to)
{
    if (sample.load && sample.cores > 0)
        to << Reading{Metric::Load, {}, 100 * sample.load->one / sample.cores};
}

void readMemoryUsed(const Sample &sample, Readings &to)
{
    if (sample.memory)
        to << Reading{Metric::Memory, {}, usedPercent(sample.memory->size, sample.memory->free)};
}

void readSwapUsed(const Sample &sample, Readings &to)
{
    if (sample.memory && sample.memory->swapSize > 0)
        to << Reading{Metric::Swap, {}, usedPercent(sample.memory->swapSize, sample.memory->swapFree)};
}

void readCpuPressure(const Sample &sample, Readings &to)
{
    if (sample.cpuPressure)
        to << Reading{Metric::CpuPressure, {}, sample.cpuPressure->some};
}

void readMemoryPressure(const Sample &sample, Readings &to)
{
    if (sample.memoryPressure)
        to << Reading{Metric::MemoryPressure, {}, sample.memoryPressure->full.value_or(sample.memoryPressure->some)};
}

void readIoPressure(const Sample &sample, Readings &to)
{
    if (sample.ioPressure)
        to << Reading{Metric::IoPressure, {}, sample.ioPressure->full.value_or(sample.ioPressure->some)};
}

// The warmest of each type.
void readTemperaturesByType(const Sample &sample, Readings &to)
{
    std::map<QString, double> warmest;
    for (const Temperature &temperature : sample.temperatures) {
        double &known = warmest[temperature.sensor];
        known = std::max(known, temperature.celsius);
    }
    for (const auto &[sensor, celsius] : warmest)
        to << Reading{Metric::Temperature, sensor, celsius};
}

void readDiskUsed(const Sample &sample, Readings &to)
{
    for (const FileSystem &disk : sample.disks) {
        if (disk.size > 0)
            to << Reading{Metric::Disk, disk.mount, usedPercent(disk.size, disk.free)};
    }
}

void readInodesUsed(const Sample &sample, Readings &to)
{
    for (const FileSystem &disk : sample.disks) {
        if (disk.inodes && *disk.inodes > 0 && disk.inodesFree)
            to << Reading{Metric::Inodes, disk.mount, usedPercent(*disk.inodes, *disk.inodesFree)};
    }
}

// 0 all is well, 1 slowed down by the firmware (heat, or a soft limit), 2 too little voltage.
void readSupply(const Sample &sample, Readings &to)
{
    if (!sample.throttle)
        return;
    const bool slowed = sample.throttle->capped || sample.throttle->throttled || sample.throttle->softLimit;
    to << Reading{Metric::Supply, {}, sample.throttle->underVoltage ? 2.0 : slowed ? 1.0 : 0.0};
}

void readRunning(const Sample &sample, Readings &to)
{
    if (sample.work)
        to << Reading{Metric::Agents, {}, double(sample.work->running)};
}

void readPaused(const Sample &sample, Readings &to)
{
    if (sample.work)
        to << Reading{Metric::Paused, {}, double(sample.work->paused)};
}

void readAgentCpu(const Sample &sample, Readings &to)
{
    for (const AgentUse &use : sample.agents)
        to << Reading{Metric::AgentCpu, use.agent, use.cpu};
}

void readAgentMemory(const Sample &sample, Readings &to)
{
    for (const AgentUse &use : sample.agents)
        to << Reading{Metric::AgentMemory, use.agent, double(use.memory) / (1 << 20)};
}

constexpr MetricSpec table[]{
    {Metric::Cpu, QLatin1StringView("CPU"), u"%", &readCpu},
    {Metric::Load, QLatin1StringView("Load per core"), u"%", &readLoadPerCore},
    {Metric::Memory, QLatin1StringView("Memory"), u"%", &readMemoryUsed},
    {Metric::Swap, QLatin1StringView("Swap"), u"%", &readSwapUsed},
    {Metric::CpuPressure, QLatin1StringView("Waiting for the CPU"), u"%", &readCpuPressure},
    {Metric::MemoryPressure, QLatin1StringView("Waiting for memory"), u"%", &readMemoryPressure},
    {Metric::IoPressure, QLatin1StringView("Waiting for the disk"), u"%", &readIoPressure},
    {Metric::Temperature, QLatin1StringView("Temperature"), u"°C", &readTemperaturesByType},
    {Metric::Disk, QLatin1StringView("Disk"), u"%", &readDiskUsed},
    {Metric::Inodes, QLatin1StringView("Files on disk"), u"%", &readInodesUsed},
    {Metric::Supply, QLatin1StringView("Power supply"), u"", &readSupply},
    {Metric::Agents, QLatin1StringView("Agents running"), u"", &readRunning},
    {Metric::Paused, QLatin1StringView("Agents held"), u"", &readPaused},
    {Metric::AgentCpu, QLatin1StringView("CPU of"), u"%", &readAgentCpu},
    {Metric::AgentMemory, QLatin1StringView("Memory of"), u"MB", &readAgentMemory},
};

} // namespace

std::span<const MetricSpec> metricTable() { return table; }

const MetricSpec &specOf(Metric metric)
{
    for (const MetricSpec &spec : table) {
        if (spec.metric == metric)
            return spec;
    }
    Q_UNREACHABLE();
}

QList<Reading> readingsOf(const Sample &sample)
{
    QList<Reading> readings;
    for (const MetricSpec &spec : table)
        spec.read(sample, readings);
    return readings;
}

QString valueText(Metric metric, double value)
{
    if (metric == Metric::Supply)
        return value >= 2 ? u"too little voltage"_s : value >= 1 ? u"slowed down by the firmware"_s : u"well"_s;
    const QString unit = specOf(metric).unit.toString();
    if (unit.isEmpty())
        return QString::number(qRound64(value));
    return QString::number(qRound(value)) + u' ' + unit;
}

} // namespace hub::monitor
