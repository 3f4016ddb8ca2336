#include "core/monitor/machine.h"

#include "core/base/durablefile.h"

#include <QDir>
#include <QFile>
#include <QThread>

#include <sys/statvfs.h>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

Machine readMachine(const QByteArray &root)
{
    Machine machine{.cores = QThread::idealThreadCount()};
    machine.load = readFile(root + "/proc/loadavg").valueOr({}).split(' ').first().toDouble();
    for (const QByteArray &line : readFile(root + "/proc/meminfo").valueOr({}).split('\n')) {
        const qsizetype colon = line.indexOf(':');
        const qint64 bytes = line.mid(colon + 1).trimmed().split(' ').first().toLongLong() * 1024;
        const QByteArray name = line.left(colon);
        qint64 *place = name == "MemTotal"       ? &machine.memory
                        : name == "MemAvailable" ? &machine.memoryFree
                        : name == "SwapTotal"    ? &machine.swap
                        : name == "SwapFree"     ? &machine.swapFree
                                                 : nullptr;
        if (place)
            *place = bytes;
    }
    const QString zones = QFile::decodeName(root) + u"/sys/class/thermal"_s;
    for (const QString &zone : QDir(zones).entryList({u"thermal_zone*"_s}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        const auto text = readFile(QFile::encodeName(zones + u'/' + zone + u"/temp"_s));
        bool ok = false;
        const double celsius = text ? text->trimmed().toDouble(&ok) / 1000 : 0;
        // Sensors that don't work say 0, or something colder than any running machine.
        if (ok && celsius > 1)
            machine.temperature = std::max(machine.temperature.value_or(celsius), celsius);
    }
    return machine;
}

std::optional<Disk> readDisk(const QByteArray &path)
{
    struct statvfs info;
    if (::statvfs(path.constData(), &info) != 0)
        return std::nullopt;
    return Disk{qint64(info.f_blocks) * qint64(info.f_frsize), qint64(info.f_bavail) * qint64(info.f_frsize)};
}

} // namespace hub::monitor
