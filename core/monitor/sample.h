// What one look at the machine saw. What a machine doesn't have is nothing, never 0.
#pragma once

#include "core/base/clock.h"

#include <QList>
#include <QString>

#include <optional>

namespace hub::monitor
{

// Share of the last 10 s in which something waited for it, in percent: `some` of the tasks, or all (`full`).
struct Pressure {
    double some = 0;
    std::optional<double> full;
    friend bool operator==(const Pressure &, const Pressure &) = default;
};

struct FileSystem {
    QString mount;                            // where it is mounted, else the path that was asked for
    qint64 size = 0, free = 0;                // bytes; free: for us; size: what is in use and that
    std::optional<qint64> inodes, inodesFree; // nothing where the file system makes them as needed
    friend bool operator==(const FileSystem &, const FileSystem &) = default;
};

struct Temperature {
    QString sensor; // its type, such as cpu-thermal
    double celsius = 0;
    friend bool operator==(const Temperature &, const Temperature &) = default;
};

// What the firmware of a Raspberry Pi reports. `sinceBoot` is nothing where only the present is told.
struct Throttle {
    bool underVoltage = false, capped = false, throttled = false, softLimit = false;
    struct SinceBoot {
        bool underVoltage = false, capped = false, throttled = false, softLimit = false;
        friend bool operator==(const SinceBoot &, const SinceBoot &) = default;
    };
    std::optional<SinceBoot> sinceBoot;
    friend bool operator==(const Throttle &, const Throttle &) = default;
};

struct Memory {
    qint64 size = 0, free = 0;         // bytes; free: what programs can have without swapping
    qint64 swapSize = 0, swapFree = 0; // bytes
    friend bool operator==(const Memory &, const Memory &) = default;
};

struct Load {
    double one = 0, five = 0, fifteen = 0; // tasks that ran or waited for a core or a disk, over so many minutes
    friend bool operator==(const Load &, const Load &) = default;
};

struct Work {
    int running = 0, paused = 0; // agents; those that are held count among the running ones too
    friend bool operator==(const Work &, const Work &) = default;
};

// Of all process trees of one agent together.
struct AgentUse {
    QString agent;
    double cpu = 0;    // percent of one core
    qint64 memory = 0; // bytes
    friend bool operator==(const AgentUse &, const AgentUse &) = default;
};

struct Sample {
    Instant at{};
    std::chrono::milliseconds uptime{0}; // since boot, sleep included: never jumps
    int cores = 0;
    std::optional<double> cpu; // percent of all cores since the sample before; nothing in the first one
    std::optional<Load> load;
    std::optional<Memory> memory;
    std::optional<Pressure> cpuPressure, memoryPressure, ioPressure;
    QList<FileSystem> disks;
    QList<Temperature> temperatures;
    std::optional<Throttle> throttle;
    std::optional<Work> work;                          // of the hub itself
    QList<AgentUse> agents;                            // those that run
    std::optional<std::chrono::milliseconds> timeJump; // the wall clock went so much further than time did
    bool clockIsSet = true;                            // false: it shows a time before this program was built

    std::optional<Temperature> warmest() const;
    friend bool operator==(const Sample &, const Sample &) = default;
};

} // namespace hub::monitor
