// The table of what can be measured. Each function adds its rows to the report; an error means that the machine could
// not run it, or that a part did not do what it is timed for.
#pragma once

#include "app/bench/report.h"
#include "core/base/result.h"

#include <span>

namespace hub::bench
{

struct Scale {
    int rounds = 0;     // 0: what each measure takes for enough
    bool quick = false; // small trees and short histories: to see that it works, not to read figures from

    int roundsOr(int usual) const { return rounds > 0 ? rounds : usual; }
    int sizeOr(int usual, int small) const { return quick ? small : usual; }
};

struct Measure {
    QLatin1StringView name;
    QLatin1StringView what;
    Result<> (*run)(const Scale &scale, Report &report);
};

std::span<const Measure> allMeasures();

Result<> measureAppend(const Scale &scale, Report &report);
Result<> measureSaving(const Scale &scale, Report &report);
Result<> measureCheckpoint(const Scale &scale, Report &report);
Result<> measureRollback(const Scale &scale, Report &report);
Result<> measureStartup(const Scale &scale, Report &report);
Result<> measureMemory(const Scale &scale, Report &report);
Result<> measureRestart(const Scale &scale, Report &report);
Result<> measureFreeze(const Scale &scale, Report &report);
Result<> measureMonitor(const Scale &scale, Report &report);
Result<> measureVaultCare(const Scale &scale, Report &report);
Result<> measureWindow(const Scale &scale, Report &report);

} // namespace hub::bench
