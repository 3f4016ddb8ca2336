#include "core/monitor/limits.h"

namespace hub::monitor
{

namespace
{

struct LimitRow {
    Metric metric;
    const SettingSpec &warning, &critical;
    double slack; // in the unit of the metric
    std::chrono::milliseconds least{0};
};

// A compiler uses all cores for minutes, and a checkpoint the disk: no reason to tell anybody.
constexpr std::chrono::minutes aWhile{5};

const LimitRow rows[]{
    {Metric::Cpu, setting::cpuWarning, setting::cpuCritical, 10, aWhile},
    {Metric::Load, setting::loadWarning, setting::loadCritical, 100, aWhile},
    {Metric::Memory, setting::memoryWarning, setting::memoryCritical, 5},
    {Metric::Swap, setting::swapWarning, setting::swapCritical, 10},
    {Metric::CpuPressure, setting::cpuPressureWarning, setting::cpuPressureCritical, 20, aWhile},
    {Metric::MemoryPressure, setting::memoryPressureWarning, setting::memoryPressureCritical, 5},
    {Metric::IoPressure, setting::ioPressureWarning, setting::ioPressureCritical, 20, aWhile},
    {Metric::Temperature, setting::temperatureWarning, setting::temperatureCritical, 5},
    {Metric::Disk, setting::diskWarning, setting::diskCritical, 2},
    {Metric::Inodes, setting::inodesWarning, setting::inodesCritical, 2},
};

// An overloaded machine may be late with a look, or with three.
std::chrono::milliseconds apart(const Settings &settings)
{
    const qint64 pace =
        std::max(settings.number(setting::monitorSeconds), settings.number(setting::monitorAlertSeconds));
    return std::chrono::seconds{3 * pace + 120};
}

} // namespace

Rules rulesFrom(const Settings &settings)
{
    Rules rules{.samples = int(settings.number(setting::monitorSamples)),
                .least = std::chrono::seconds{settings.number(setting::monitorLeastSeconds)},
                .apart = apart(settings),
                .fullWithin = std::chrono::minutes{settings.number(setting::fullMinutes)}};
    for (const LimitRow &row : rows) {
        rules.limits[row.metric] = {double(settings.number(row.warning)), double(settings.number(row.critical)),
                                    row.slack, row.least};
    }
    // Facts of the firmware, not figures: see Metric::Supply.
    rules.limits[Metric::Supply] = {1, 2, 0};
    return rules;
}

Result<LadderRules> ladderRulesFrom(const Settings &settings)
{
    LadderRules rules{.adviseOnly = settings.flag(setting::ladderAdvise),
                      .pace = std::chrono::seconds{settings.number(setting::ladderUpSeconds)},
                      .rest = std::chrono::seconds{settings.number(setting::ladderDownSeconds)},
                      .apart = apart(settings)};
    HUB_TRY(rules.highest, enumFromText(stepTexts, settings.text(setting::ladder), u"step of the ladder"));
    return rules;
}

} // namespace hub::monitor
