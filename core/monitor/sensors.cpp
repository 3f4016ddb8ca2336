#include "core/monitor/sensors.h"

#include "core/base/durablefile.h"
#include "core/base/program.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

std::optional<QByteArray> readSmall(const QByteArray &path)
{
    auto text = readFile(path);
    return text ? std::optional(text->trimmed()) : std::nullopt;
}

std::optional<double> numberIn(const std::optional<QByteArray> &text)
{
    bool ok = false;
    const double value = text ? text->toDouble(&ok) : 0;
    return ok && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

QStringList entries(const QByteArray &folder, const QString &pattern)
{
    QStringList names = QDir(QFile::decodeName(folder)).entryList({pattern}, QDir::Dirs | QDir::NoDotAndDotDot);
    // thermal_zone10 comes behind thermal_zone9
    std::sort(names.begin(), names.end(),
              [](const QString &a, const QString &b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    return names;
}

// The mount point of a device, as in proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime …"; the last one mounted wins.
QString mountOf(const QByteArray &root, dev_t device)
{
    const QByteArray number = QByteArray::number(major(device)) + ':' + QByteArray::number(minor(device));
    QByteArray found;
    for (const QByteArray &line : readFile(root + "/proc/self/mountinfo").valueOr({}).split('\n')) {
        const QList<QByteArray> words = line.split(' ');
        if (words.size() > 4 && words[2] == number && words[3] == "/")
            found = words[4];
    }
    return QFile::decodeName(found.replace("\\040", " "));
}

std::optional<FileSystem> statfsOf(const QByteArray &path)
{
    struct statvfs info;
    struct stat file;
    if (::statvfs(path.constData(), &info) != 0 || ::stat(path.constData(), &file) != 0)
        return std::nullopt;
    FileSystem found{.mount = mountOf({}, file.st_dev),
                     // As df counts: without what is kept for root.
                     .size = qint64(info.f_blocks - info.f_bfree + info.f_bavail) * qint64(info.f_frsize),
                     .free = qint64(info.f_bavail) * qint64(info.f_frsize)};
    if (found.mount.isEmpty())
        found.mount = QFile::decodeName(path);
    if (info.f_files > 0) { // btrfs and the like count none
        found.inodes = qint64(info.f_files - info.f_ffree + info.f_favail);
        found.inodesFree = qint64(info.f_favail);
    }
    return found;
}

// The property mailbox of the VideoCore firmware, tag "get throttled" (0x00030046): size of the whole, request code,
// tag, size of its value, request size, value, end. Anyone in the group video may ask.
std::optional<quint32> askFirmware()
{
    const int fd = ::open("/dev/vcio", O_RDWR | O_CLOEXEC);
    const FileHandle device(fd);
    if (fd < 0)
        return std::nullopt;
    alignas(16) quint32 message[7] = {sizeof message, 0, 0x00030046, 4, 4, 0, 0};
    const bool answered = ::ioctl(fd, _IOWR(100, 0, char *), message) >= 0 && message[1] == 0x80000000;
    return answered ? std::optional(message[5]) : std::nullopt;
}

std::optional<QByteArray> runVcgencmd()
{
    if (!QFileInfo(u"/usr/bin/vcgencmd"_s).isExecutable())
        return std::nullopt;
    const auto run = runProgram(
        {.program = u"/usr/bin/vcgencmd"_s, .arguments = {u"get_throttled"_s}, .timeLimit = std::chrono::seconds{5}});
    return run && run->exitCode == 0 ? std::optional(run->out) : std::nullopt;
}

// CLOCK_BOOTTIME, since a sleep is not a jump of the clock.
std::chrono::milliseconds timeSinceBoot()
{
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::milliseconds{qint64(now.tv_sec) * 1000 + now.tv_nsec / 1000000};
}

// Bits 0 to 3 are now, 16 to 19 since boot.
Throttle throttleFrom(quint32 bits)
{
    const auto has = [bits](int bit) { return (bits >> bit & 1) != 0; };
    return {has(0), has(1), has(2), has(3), Throttle::SinceBoot{has(16), has(17), has(18), has(19)}};
}

std::optional<quint32> hexIn(const std::optional<QByteArray> &text)
{
    bool ok = false;
    const quint32 bits = text ? QByteArray(*text).replace("throttled=", "").trimmed().toUInt(&ok, 16) : 0;
    return ok ? std::optional(bits) : std::nullopt;
}

bool isPlausible(double celsius) { return celsius > 1 && celsius < 200; }

} // namespace

Sources Sources::ofThisMachine() { return {{}, &statfsOf, &askFirmware, &runVcgencmd, &timeSinceBoot}; }

std::optional<Temperature> Sample::warmest() const
{
    const auto found = std::max_element(temperatures.begin(), temperatures.end(),
                                        [](const auto &a, const auto &b) { return a.celsius < b.celsius; });
    return found == temperatures.end() ? std::nullopt : std::optional(*found);
}

int coreCount(const Sources &sources)
{
    int cores = 0;
    for (const QByteArray &line : readFile(sources.root + "/proc/stat").valueOr({}).split('\n'))
        cores += line.startsWith("cpu") && line.size() > 3 && line[3] != ' ';
    return cores;
}

// "cpu user nice system idle iowait irq softirq steal guest guest_nice": guest is part of user, a machine that waits
// for a disk is idle.
std::optional<CpuTime> readCpuTime(const Sources &sources)
{
    const QByteArray line = readFile(sources.root + "/proc/stat").valueOr({}).split('\n').first().simplified();
    const QList<QByteArray> words = line.split(' ');
    if (words.size() < 6 || words[0] != "cpu")
        return std::nullopt;
    CpuTime time;
    for (qsizetype i = 1; i < std::min<qsizetype>(words.size(), 9); ++i) {
        const quint64 ticks = words[i].toULongLong();
        time.total += ticks;
        time.busy += i == 4 || i == 5 ? 0 : ticks;
    }
    return time;
}

std::optional<double> cpuPercent(const CpuTime &before, const CpuTime &now)
{
    if (now.total <= before.total || now.busy < before.busy)
        return std::nullopt;
    return 100.0 * double(now.busy - before.busy) / double(now.total - before.total);
}

std::optional<Load> readLoad(const Sources &sources)
{
    const auto text = readSmall(sources.root + "/proc/loadavg");
    const QList<QByteArray> words = text.value_or(QByteArray()).split(' ');
    if (words.size() < 3)
        return std::nullopt;
    return Load{words[0].toDouble(), words[1].toDouble(), words[2].toDouble()};
}

std::optional<Memory> readMemory(const Sources &sources)
{
    Memory memory;
    for (const QByteArray &line : readFile(sources.root + "/proc/meminfo").valueOr({}).split('\n')) {
        const qsizetype colon = line.indexOf(':');
        const qint64 bytes = line.mid(colon + 1).trimmed().split(' ').first().toLongLong() * 1024;
        const QByteArray name = line.left(colon);
        qint64 *place = name == "MemTotal"       ? &memory.size
                        : name == "MemAvailable" ? &memory.free
                        : name == "SwapTotal"    ? &memory.swapSize
                        : name == "SwapFree"     ? &memory.swapFree
                                                 : nullptr;
        if (place)
            *place = bytes;
    }
    return memory.size > 0 ? std::optional(memory) : std::nullopt;
}

// "some avg10=0.12 avg60=0.10 avg300=0.05 total=123456", and a line "full" where the kernel has one.
std::optional<Pressure> readPressure(const Sources &sources, const QByteArray &what)
{
    std::optional<Pressure> pressure;
    for (const QByteArray &line : readFile(sources.root + "/proc/pressure/" + what).valueOr({}).split('\n')) {
        const QList<QByteArray> words = line.split(' ');
        if (words.size() < 2 || !words[1].startsWith("avg10="))
            continue;
        const auto percent = numberIn(words[1].mid(6));
        if (!percent)
            continue;
        if (!pressure)
            pressure = Pressure{};
        if (words[0] == "some")
            pressure->some = *percent;
        else if (words[0] == "full")
            pressure->full = *percent;
    }
    return pressure;
}

QList<Temperature> readTemperatures(const Sources &sources)
{
    QList<Temperature> found;
    const QByteArray zones = sources.root + "/sys/class/thermal/";
    for (const QString &zone : entries(zones, u"thermal_zone*"_s)) {
        const QByteArray folder = zones + QFile::encodeName(zone);
        const auto value = numberIn(readSmall(folder + "/temp"));
        if (value && isPlausible(*value / 1000))
            found << Temperature{QString::fromUtf8(readSmall(folder + "/type").value_or(zone.toUtf8())), *value / 1000};
    }
    if (!found.isEmpty())
        return found;
    const QByteArray chips = sources.root + "/sys/class/hwmon/";
    for (const QString &chip : entries(chips, u"hwmon*"_s)) {
        const QString folder = QFile::decodeName(chips) + chip;
        // Others have inputs that nothing is connected to.
        static const QStringList known{u"coretemp"_s, u"k10temp"_s, u"zenpower"_s, u"cpu_thermal"_s, u"nvme"_s};
        const QString name = QString::fromUtf8(readSmall(QFile::encodeName(folder + u"/name"_s)).value_or("hwmon"));
        if (!known.contains(name))
            continue;
        for (const QString &input : QDir(folder).entryList({u"temp*_input"_s}, QDir::Files, QDir::Name)) {
            const auto value = numberIn(readSmall(QFile::encodeName(folder + u'/' + input)));
            if (value && isPlausible(*value / 1000))
                found << Temperature{name, *value / 1000};
        }
    }
    return found;
}

std::optional<Throttle> readThrottle(const Sources &sources)
{
    if (const auto bits = hexIn(readSmall(sources.root + "/sys/devices/platform/soc/soc:firmware/get_throttled")))
        return throttleFrom(*bits);
    const QByteArray chips = sources.root + "/sys/class/hwmon/";
    for (const QString &chip : entries(chips, u"hwmon*"_s)) {
        const QByteArray folder = chips + QFile::encodeName(chip);
        const auto alarm = readSmall(folder + "/in0_lcrit_alarm");
        if (alarm && readSmall(folder + "/name") == "rpi_volt")
            return Throttle{.underVoltage = *alarm != "0"};
    }
    if (const auto bits = sources.firmware ? sources.firmware() : std::nullopt)
        return throttleFrom(*bits);
    if (const auto bits = hexIn(sources.vcgencmd ? sources.vcgencmd() : std::nullopt))
        return throttleFrom(*bits);
    return std::nullopt;
}

QList<FileSystem> readDisks(const Sources &sources, const QList<QByteArray> &paths)
{
    QList<FileSystem> found;
    for (const QByteArray &path : paths) {
        const auto disk = sources.statfs ? sources.statfs(path) : std::nullopt;
        const bool known = disk && std::any_of(found.begin(), found.end(),
                                               [&](const auto &other) { return other.mount == disk->mount; });
        if (disk && !known)
            found << *disk;
    }
    return found;
}

} // namespace hub::monitor
