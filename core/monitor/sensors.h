// Where the machine's figures come from: small files of the kernel, and on a Raspberry Pi what the firmware says. Reads
// only; any thread that may wait a moment.
#pragma once

#include "core/monitor/sample.h"

#include <QByteArray>

#include <functional>

namespace hub::monitor
{

// Everything that is not a file below `root` stands here as a function, so that tests give a whole machine.
struct Sources {
    QByteArray root = {};                                                    // before /proc, /sys and /usr
    std::function<std::optional<FileSystem>(const QByteArray &path)> statfs; // of the file system that holds `path`
    std::function<std::optional<quint32>()> firmware;    // the throttle bits by the mailbox, /dev/vcio
    std::function<std::optional<QByteArray>()> vcgencmd; // what `vcgencmd get_throttled` prints
    std::function<std::chrono::milliseconds()> uptime;   // goes on in a suspended machine, and never jumps

    static Sources ofThisMachine();
};

struct CpuTime {
    quint64 busy = 0, total = 0; // ticks of all cores since boot
    friend bool operator==(const CpuTime &, const CpuTime &) = default;
};

int coreCount(const Sources &sources);
std::optional<CpuTime> readCpuTime(const Sources &sources);
// Nothing when the counters did not move, or went back.
std::optional<double> cpuPercent(const CpuTime &before, const CpuTime &now);
std::optional<Load> readLoad(const Sources &sources);
std::optional<Memory> readMemory(const Sources &sources);
// `what` is cpu, memory or io. Kernels of the Raspberry Pi have it only with psi=1 on their command line.
std::optional<Pressure> readPressure(const Sources &sources, const QByteArray &what);
// By thermal zone; where there is none, by hardware monitor chip. Sensors that don't work (they say 0, or something
// colder than a running machine can be) are left out.
QList<Temperature> readTemperatures(const Sources &sources);
// The first source that answers, in this order: get_throttled of the firmware driver, the alarm of the rpi_volt chip
// (under-voltage only), the firmware's mailbox, vcgencmd.
std::optional<Throttle> readThrottle(const Sources &sources);
// Each file system that holds one of the paths once, in the order of the paths.
QList<FileSystem> readDisks(const Sources &sources, const QList<QByteArray> &paths);

} // namespace hub::monitor
