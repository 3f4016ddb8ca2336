#include "core/monitor/samplefile.h"

#include "core/base/durablefile.h"
#include "core/base/jsonreader.h"

#include <QDateTime>

#include <fcntl.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

constexpr off_t largestFile = 64 << 20;

template <class List, class Fn>
QJsonArray arrayOf(const List &list, Fn toValue)
{
    QJsonArray array;
    for (const auto &item : list)
        array << toValue(item);
    return array;
}

template <class Fn>
auto listFrom(const QJsonArray &array, Fn fromValue) -> Result<QList<std::decay_t<decltype(*fromValue(QJsonValue()))>>>
{
    QList<std::decay_t<decltype(*fromValue(QJsonValue()))>> list;
    for (const QJsonValue &value : array) {
        HUB_TRY(auto item, fromValue(value));
        list << std::move(item);
    }
    return list;
}

void put(QJsonObject &object, const QString &name, const std::optional<double> &value)
{
    if (value)
        object[name] = *value;
}

// Only what holds: most flags of a machine never do.
void put(QJsonObject &object, const QString &name, bool flag)
{
    if (flag)
        object[name] = true;
}

QJsonObject pressureJson(const Pressure &pressure)
{
    QJsonObject object{{u"some"_s, pressure.some}};
    put(object, u"full"_s, pressure.full);
    return object;
}

Result<std::optional<Pressure>> pressureFrom(JsonReader &from, const QString &name)
{
    if (!from.has(name))
        return std::optional<Pressure>();
    HUB_TRY(const QJsonValue value, from.value(name));
    HUB_TRY(auto reader, JsonReader::of(value, name));
    Pressure pressure;
    HUB_TRY(pressure.some, reader.number(u"some"_s));
    HUB_TRY(pressure.full, reader.maybeNumber(u"full"_s));
    HUB_CHECK(reader.end());
    return std::optional(pressure);
}

QJsonObject memoryJson(const Memory &memory)
{
    return {{u"size"_s, memory.size},
            {u"free"_s, memory.free},
            {u"swap_size"_s, memory.swapSize},
            {u"swap_free"_s, memory.swapFree}};
}

Result<Memory> memoryFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"memory"_s));
    Memory memory;
    HUB_TRY(memory.size, reader.whole(u"size"_s));
    HUB_TRY(memory.free, reader.whole(u"free"_s));
    HUB_TRY(memory.swapSize, reader.whole(u"swap_size"_s));
    HUB_TRY(memory.swapFree, reader.whole(u"swap_free"_s));
    HUB_CHECK(reader.end());
    if (memory.size <= 0)
        return fail(ErrorCode::InvalidInput, u"the size of memory is not above 0"_s);
    return memory;
}

QJsonValue diskJson(const FileSystem &disk)
{
    QJsonObject object{{u"mount"_s, disk.mount}, {u"size"_s, disk.size}, {u"free"_s, disk.free}};
    if (disk.inodes)
        object[u"inodes"_s] = *disk.inodes;
    if (disk.inodesFree)
        object[u"inodes_free"_s] = *disk.inodesFree;
    return object;
}

Result<FileSystem> diskFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"a disk"_s));
    FileSystem disk;
    HUB_TRY(disk.mount, reader.text(u"mount"_s));
    HUB_TRY(disk.size, reader.whole(u"size"_s));
    HUB_TRY(disk.free, reader.whole(u"free"_s));
    HUB_TRY(disk.inodes, reader.maybeWhole(u"inodes"_s));
    HUB_TRY(disk.inodesFree, reader.maybeWhole(u"inodes_free"_s));
    HUB_CHECK(reader.end());
    return disk;
}

Result<Temperature> temperatureFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"a temperature"_s));
    Temperature temperature;
    HUB_TRY(temperature.sensor, reader.text(u"sensor"_s));
    HUB_TRY(temperature.celsius, reader.number(u"celsius"_s));
    HUB_CHECK(reader.end());
    return temperature;
}

// Throttle and what it was since boot have the same four flags.
template <class Flags>
QJsonObject flagsJson(const Flags &flags)
{
    QJsonObject object;
    put(object, u"under_voltage"_s, flags.underVoltage);
    put(object, u"capped"_s, flags.capped);
    put(object, u"throttled"_s, flags.throttled);
    put(object, u"soft_limit"_s, flags.softLimit);
    return object;
}

template <class Flags>
Result<> readFlags(JsonReader &reader, Flags &flags)
{
    HUB_TRY(flags.underVoltage, reader.flagOr(u"under_voltage"_s, false));
    HUB_TRY(flags.capped, reader.flagOr(u"capped"_s, false));
    HUB_TRY(flags.throttled, reader.flagOr(u"throttled"_s, false));
    HUB_TRY(flags.softLimit, reader.flagOr(u"soft_limit"_s, false));
    return {};
}

QJsonObject throttleJson(const Throttle &throttle)
{
    QJsonObject object = flagsJson(throttle);
    if (throttle.sinceBoot)
        object[u"since_boot"_s] = flagsJson(*throttle.sinceBoot);
    return object;
}

Result<Throttle> throttleFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"throttle"_s));
    Throttle throttle;
    HUB_CHECK(readFlags(reader, throttle));
    if (reader.has(u"since_boot"_s)) {
        HUB_TRY(const QJsonValue before, reader.value(u"since_boot"_s));
        HUB_TRY(auto inner, JsonReader::of(before, u"since_boot"_s));
        throttle.sinceBoot.emplace();
        HUB_CHECK(readFlags(inner, *throttle.sinceBoot));
        HUB_CHECK(inner.end());
    }
    HUB_CHECK(reader.end());
    return throttle;
}

Result<Work> workFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"work"_s));
    HUB_TRY(const qint64 running, reader.whole(u"running"_s));
    HUB_TRY(const qint64 paused, reader.whole(u"paused"_s));
    HUB_CHECK(reader.end());
    return Work{int(running), int(paused)};
}

Result<AgentUse> agentFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"an agent"_s));
    AgentUse use;
    HUB_TRY(use.agent, reader.text(u"agent"_s));
    HUB_TRY(use.cpu, reader.number(u"cpu"_s));
    HUB_TRY(use.memory, reader.whole(u"memory"_s));
    HUB_CHECK(reader.end());
    return use;
}

QJsonObject sampleJson(const Sample &sample)
{
    QJsonObject object{
        {u"at"_s, toIso(sample.at)}, {u"uptime"_s, qint64(sample.uptime.count())}, {u"cores"_s, sample.cores}};
    put(object, u"cpu"_s, sample.cpu);
    if (sample.load)
        object[u"load"_s] = QJsonArray{sample.load->one, sample.load->five, sample.load->fifteen};
    if (sample.memory)
        object[u"memory"_s] = memoryJson(*sample.memory);
    if (sample.cpuPressure)
        object[u"cpu_pressure"_s] = pressureJson(*sample.cpuPressure);
    if (sample.memoryPressure)
        object[u"memory_pressure"_s] = pressureJson(*sample.memoryPressure);
    if (sample.ioPressure)
        object[u"io_pressure"_s] = pressureJson(*sample.ioPressure);
    if (!sample.disks.isEmpty())
        object[u"disks"_s] = arrayOf(sample.disks, &diskJson);
    if (!sample.temperatures.isEmpty()) {
        object[u"temperatures"_s] = arrayOf(sample.temperatures, [](const Temperature &temperature) {
            return QJsonObject{{u"sensor"_s, temperature.sensor}, {u"celsius"_s, temperature.celsius}};
        });
    }
    if (sample.throttle)
        object[u"throttle"_s] = throttleJson(*sample.throttle);
    if (sample.work)
        object[u"work"_s] = QJsonObject{{u"running"_s, sample.work->running}, {u"paused"_s, sample.work->paused}};
    if (!sample.agents.isEmpty()) {
        object[u"agents"_s] = arrayOf(sample.agents, [](const AgentUse &use) {
            return QJsonObject{{u"agent"_s, use.agent}, {u"cpu"_s, use.cpu}, {u"memory"_s, use.memory}};
        });
    }
    if (sample.timeJump)
        object[u"time_jump"_s] = qint64(sample.timeJump->count());
    put(object, u"clock_not_set"_s, !sample.clockIsSet);
    return object;
}

Result<> readLoad(JsonReader &reader, Sample &sample)
{
    HUB_TRY(const QJsonArray load, reader.maybeList(u"load"_s));
    if (load.isEmpty())
        return {};
    if (load.size() != 3 || !load[0].isDouble() || !load[1].isDouble() || !load[2].isDouble())
        return fail(ErrorCode::InvalidInput, u"the load is not three numbers"_s);
    sample.load = Load{load[0].toDouble(), load[1].toDouble(), load[2].toDouble()};
    return {};
}

// What was there at all, each by its own function.
template <class T>
Result<> readMaybe(JsonReader &reader, const QString &name, std::optional<T> &to, Result<T> (*from)(const QJsonValue &))
{
    if (!reader.has(name))
        return {};
    HUB_TRY(const QJsonValue value, reader.value(name));
    HUB_TRY(to, from(value));
    return {};
}

Result<Sample> sampleFrom(JsonReader &reader)
{
    Sample sample;
    HUB_TRY(const QString at, reader.text(u"at"_s));
    const QDateTime time = QDateTime::fromString(at, Qt::ISODateWithMs);
    if (!time.isValid())
        return fail(ErrorCode::InvalidInput, u"'%1' is no time"_s.arg(at));
    sample.at = fromMillis(time.toMSecsSinceEpoch());
    HUB_TRY(const qint64 uptime, reader.whole(u"uptime"_s));
    sample.uptime = std::chrono::milliseconds{uptime};
    HUB_TRY(const qint64 cores, reader.whole(u"cores"_s));
    sample.cores = int(cores);
    HUB_TRY(sample.cpu, reader.maybeNumber(u"cpu"_s));
    HUB_CHECK(readLoad(reader, sample));
    HUB_CHECK(readMaybe(reader, u"memory"_s, sample.memory, &memoryFrom));
    HUB_TRY(sample.cpuPressure, pressureFrom(reader, u"cpu_pressure"_s));
    HUB_TRY(sample.memoryPressure, pressureFrom(reader, u"memory_pressure"_s));
    HUB_TRY(sample.ioPressure, pressureFrom(reader, u"io_pressure"_s));
    HUB_TRY(const QJsonArray disks, reader.maybeList(u"disks"_s));
    HUB_TRY(sample.disks, listFrom(disks, &diskFrom));
    HUB_TRY(const QJsonArray temperatures, reader.maybeList(u"temperatures"_s));
    HUB_TRY(sample.temperatures, listFrom(temperatures, &temperatureFrom));
    HUB_CHECK(readMaybe(reader, u"throttle"_s, sample.throttle, &throttleFrom));
    HUB_CHECK(readMaybe(reader, u"work"_s, sample.work, &workFrom));
    HUB_TRY(const QJsonArray agents, reader.maybeList(u"agents"_s));
    HUB_TRY(sample.agents, listFrom(agents, &agentFrom));
    HUB_TRY(const auto jump, reader.maybeWhole(u"time_jump"_s));
    if (jump)
        sample.timeJump = std::chrono::milliseconds{*jump};
    HUB_TRY(const bool notSet, reader.flagOr(u"clock_not_set"_s, false));
    sample.clockIsSet = !notSet;
    return sample;
}

Result<TaskId> taskFrom(const QJsonValue &value)
{
    const auto id = TaskId::parse(value.toVariant().toString());
    return id ? Result<TaskId>(*id) : fail(ErrorCode::InvalidInput, u"what runs is not a list of tasks"_s);
}

} // namespace

QByteArray lineOf(const Look &look)
{
    QJsonObject object = sampleJson(look.sample);
    if (!look.running.isEmpty())
        object[u"running"_s] = arrayOf(look.running, [](TaskId task) { return QJsonValue(task.value()); });
    put(object, u"safe_mode"_s, look.safeMode);
    return toJson(object) + '\n';
}

Result<Look> lookFromLine(const QByteArray &line)
{
    HUB_TRY(const QJsonObject object, objectFromJson(line));
    HUB_TRY(auto reader, JsonReader::of(object, u"the look"_s));
    Look look;
    HUB_TRY(look.sample, sampleFrom(reader));
    HUB_TRY(const QJsonArray running, reader.maybeList(u"running"_s));
    HUB_TRY(look.running, listFrom(running, &taskFrom));
    HUB_TRY(look.safeMode, reader.flagOr(u"safe_mode"_s, false));
    HUB_CHECK(reader.end());
    return look;
}

Result<> appendLook(const QByteArray &path, const Look &look)
{
    HUB_TRY(const FileHandle file, openFile(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    struct stat info;
    if (::fstat(file.fd(), &info) != 0)
        return systemError(errno, u"look at", path);
    if (info.st_size >= largestFile)
        return {};
    return writeAll(file.fd(), lineOf(look), path);
}

} // namespace hub::monitor
