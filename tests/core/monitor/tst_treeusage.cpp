#include "core/monitor/treeusage.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

struct FakeProcess {
    int pid, parent;
    char state = 'S';
    int ticks = 0, childTicks = 0, pages = 0;
    QByteArray environment = {}, io = {};
    int files = 0, pss = 0; // kB
};

class FakeProc
{
public:
    void put(const FakeProcess &process)
    {
        const QString folder = m_root.filePath(QString::number(process.pid));
        QVERIFY(QDir().mkpath(folder + u"/fd"_s));
        const QByteArray threads = process.state == 'Z' ? "1" : "2";
        write(folder + u"/stat"_s, QByteArray::number(process.pid) + " (x) " + process.state + ' ' +
                                       QByteArray::number(process.parent) + " 1 1 0 -1 0 0 0 0 0 " +
                                       QByteArray::number(process.ticks) + " 0 " +
                                       QByteArray::number(process.childTicks) + " 0 20 0 " + threads + " 0 7 1000 " +
                                       QByteArray::number(process.pages) + " 0\n");
        write(folder + u"/comm"_s, "prog" + QByteArray::number(process.pid) + '\n');
        write(folder + u"/environ"_s, process.environment);
        write(folder + u"/io"_s, process.io);
        write(folder + u"/smaps_rollup"_s,
              "00 ---p\nRss: 9 kB\nPss:  " + QByteArray::number(process.pss) + " kB\nPss_Anon: 5 kB\n");
        for (int i = 0; i < process.files; ++i)
            write(folder + u"/fd/%1"_s.arg(i), {});
    }
    QByteArray path() const { return QFile::encodeName(m_root.path()); }

private:
    static void write(const QString &path, const QByteArray &text)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    QTemporaryDir m_root;
};

const QList<TreeRoot> oneRoot{{RunId::of(1), {100, 7}}};

} // namespace

class TestTreeUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theWholeTreeCounts()
    {
        FakeProc proc;
        proc.put({.pid = 100, .parent = 1, .pages = 50}); // the shim
        proc.put({.pid = 101, .parent = 100, .ticks = 10, .pages = 100, .files = 3, .pss = 200});
        proc.put({.pid = 102, .parent = 101, .ticks = 20, .pages = 200, .files = 1, .pss = 300});
        proc.put({.pid = 103, .parent = 100, .pages = 1, .pss = 1}); // an orphan of the agent
        proc.put({.pid = 104, .parent = 101, .state = 'Z'});
        proc.put({.pid = 200, .parent = 1, .ticks = 999, .pages = 999}); // of somebody else
        TreeSampler sampler(proc.path());
        const TreePass pass = sampler.take(oneRoot, u"hub"_s, 0ms);
        QCOMPARE(pass.processes, 6);
        QCOMPARE(pass.trees.size(), 1);
        const TreeUsage &usage = pass.trees[0];
        QCOMPARE(usage.processes, 3);
        QCOMPARE(usage.threads, 6);
        QCOMPARE(usage.memory, 301 * qint64(::sysconf(_SC_PAGESIZE)));
        QCOMPARE(usage.proportional, std::optional<qint64>(501 * 1024));
        QCOMPARE(usage.openFiles, 4);
        QCOMPARE(usage.cpu, 0.0);
        QCOMPARE(usage.zombies, QStringList{u"104 prog104"_s});
    }

    void ratesAreOfTheTimeBetweenTwoPasses()
    {
        FakeProc proc;
        const int hertz = int(::sysconf(_SC_CLK_TCK));
        proc.put({.pid = 100, .parent = 1});
        proc.put({.pid = 101, .parent = 100, .ticks = 100, .io = "rchar: 9\nread_bytes: 1000\nwrite_bytes: 0\n"});
        TreeSampler sampler(proc.path());
        sampler.take(oneRoot, u"hub"_s, 10s);
        // One core for 10 s, half of it by children that ended; 5 MB written.
        proc.put({.pid = 101,
                  .parent = 100,
                  .ticks = 100 + 5 * hertz,
                  .childTicks = 5 * hertz,
                  .io = "rchar: 9\nread_bytes: 1000\nwrite_bytes: 5000000\n"});
        const TreePass pass = sampler.take(oneRoot, u"hub"_s, 20s);
        QCOMPARE(pass.trees[0].cpu, 100.0);
        QCOMPARE(pass.trees[0].readPerSecond, 0.0);
        QCOMPARE(pass.trees[0].writtenPerSecond, 500000.0);
        // What ended takes its counts with it.
        proc.put({.pid = 101, .parent = 100, .ticks = 1});
        QCOMPARE(sampler.take(oneRoot, u"hub"_s, 30s).trees[0].cpu, 0.0);
    }

    void anotherProcessWithTheShimsNumberIsNotIt()
    {
        FakeProc proc;
        proc.put({.pid = 100, .parent = 1});
        proc.put({.pid = 101, .parent = 100, .pages = 10});
        TreeSampler sampler(proc.path());
        QCOMPARE(sampler.take({{RunId::of(1), {100, 8}}}, u"hub"_s, 0ms).trees[0].processes, 0);
    }

    void straysAreThisHubsAndUnderNoShim()
    {
        FakeProc proc;
        proc.put({.pid = 100, .parent = 1});
        proc.put({.pid = 101, .parent = 100, .environment = QByteArray("A=1\0AGENTHUB_RUN=hub-1\0", 23)});
        proc.put({.pid = 102, .parent = 1, .environment = QByteArray("AGENTHUB_RUN=hub-2\0B=3\0", 23)});
        proc.put({.pid = 103, .parent = 1, .environment = QByteArray("AGENTHUB_RUN=other-2\0", 21)});
        proc.put({.pid = 104, .parent = 1, .environment = QByteArray("PATH=/bin\0", 10)});
        TreeSampler sampler(proc.path());
        const TreePass pass = sampler.take(oneRoot, u"hub"_s, 0ms);
        QCOMPARE(pass.strays.size(), 1);
        QCOMPARE(pass.strays[0].process.pid, 102);
        QCOMPARE(pass.strays[0].name, u"prog102"_s);
        QCOMPARE(pass.strays[0].mark, u"hub-2"_s);
    }

    void thisVeryProcessIsSeen()
    {
        QElapsedTimer busy;
        for (busy.start(); busy.elapsed() < 50;)
            ;
        const auto own = posix::readStat(::getpid());
        QVERIFY(own && own->resident > 0 && own->ticks > 0);
        TreeSampler sampler;
        QVERIFY(sampler.take({}, u"hub"_s, 0ms).processes > 1);
    }
};

QTEST_GUILESS_MAIN(TestTreeUsage)
#include "tst_treeusage.moc"
