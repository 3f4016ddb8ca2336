#include "core/monitor/machine.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace hub::monitor;
using namespace Qt::StringLiterals;

class TestMachine : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    void write(const QString &path, const QByteArray &text)
    {
        const QString whole = m_folder.filePath(path);
        QVERIFY(QDir().mkpath(QFileInfo(whole).path()));
        QFile file(whole);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    QByteArray root() const { return QFile::encodeName(m_folder.path()); }

private Q_SLOTS:
    void whatTheKernelSaysIsRead()
    {
        write(u"proc/loadavg"_s, "1.25 0.80 0.50 2/345 6789\n");
        write(u"proc/meminfo"_s, "MemTotal:        4000 kB\nMemFree:          100 kB\nMemAvailable:    1500 kB\n"
                                 "SwapTotal:       2000 kB\nSwapFree:         500 kB\n");
        write(u"sys/class/thermal/thermal_zone0/temp"_s, "51234\n");
        write(u"sys/class/thermal/thermal_zone1/temp"_s, "84000\n");
        write(u"sys/class/thermal/thermal_zone2/temp"_s, "0\n");
        write(u"sys/class/thermal/cooling_device0/temp"_s, "99000\n");
        const Machine machine = readMachine(root());
        QCOMPARE(machine.load, 1.25);
        QCOMPARE(machine.memory, 4000 * 1024);
        QCOMPARE(machine.memoryFree, 1500 * 1024);
        QCOMPARE(machine.swap, 2000 * 1024);
        QCOMPARE(machine.swapFree, 500 * 1024);
        QCOMPARE(machine.temperature, std::optional(84.0));
        QVERIFY(machine.cores >= 1);
    }

    void whatIsMissingStaysOut()
    {
        const Machine machine = readMachine(root() + "/nowhere");
        QCOMPARE(machine.memory, 0);
        QCOMPARE(machine.load, 0.0);
        QVERIFY(!machine.temperature);
        QVERIFY(!readDisk(root() + "/nowhere"));
    }

    void theRealOneMakesSense()
    {
        const Machine machine = readMachine();
        QVERIFY(machine.memory > 0 && machine.memoryFree > 0 && machine.memoryFree <= machine.memory);
        const auto disk = readDisk(root());
        QVERIFY(disk && disk->size > 0 && disk->free <= disk->size);
    }
};

QTEST_GUILESS_MAIN(TestMachine)
#include "tst_machine.moc"
