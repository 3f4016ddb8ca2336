#include "core/posix/procfs.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hub::posix;
using namespace Qt::StringLiterals;

namespace
{

// A child that waits until it is killed; reaped at the end.
struct Child {
    Child()
    {
        pid = ::fork();
        if (pid == 0) {
            for (;;)
                ::pause();
        }
    }
    ~Child()
    {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    pid_t pid;
};

} // namespace

class TestProcfs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void statLinesAreReadWhateverTheNameHolds_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("a plain name") << QByteArray("bash");
        QTest::newRow("a closing bracket") << QByteArray("a) S 1 (b");
        QTest::newRow("a line end") << QByteArray("a\nb");
        QTest::newRow("brackets and digits that look like a whole line") << QByteArray("x) R 99 98 97 0");
        QTest::newRow("no name at all") << QByteArray("");
    }
    void statLinesAreReadWhateverTheNameHolds()
    {
        QFETCH(QByteArray, name);
        const QByteArray text = "42 (" + name + ") T 7 40 39 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2 3\n";
        const auto stat = parseStat(text.toStdString());
        QVERIFY(stat);
        QCOMPARE(stat->id.pid, 42);
        QCOMPARE(stat->id.startTicks, 987654U);
        QCOMPARE(stat->parent, 7);
        QCOMPARE(stat->group, 40);
        QCOMPARE(stat->session, 39);
        QCOMPARE(stat->threads, 11);
        QVERIFY(stat->isStopped());
    }

    void brokenStatLinesAreRefused()
    {
        for (const char *text :
             {"", "42", "42 (a", "42 (a)", "42 (a) S 1 2 3", "x (a) S 1 2 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 5"})
            QVERIFY2(!parseStat(text), text);
    }

    void aZombieIsGoneUnlessOtherThreadsGoOn()
    {
        ProcessStat stat;
        stat.state = 'Z';
        stat.threads = 1;
        QVERIFY(stat.isGone());
        stat.threads = 2;
        QVERIFY(!stat.isGone());
    }

    void aProcessIsAliveOnlyInItsOwnBootWithItsOwnStart()
    {
        Child child;
        const auto stat = readStat(child.pid);
        QVERIFY(stat);
        const std::string boot = bootId();
        QCOMPARE(boot.size(), 36U);
        QVERIFY(isAlive(stat->id, boot));
        QVERIFY(!isAlive(stat->id, "another boot"));
        QVERIFY(!isAlive(stat->id, ""));
        QVERIFY(!isAlive({child.pid, stat->id.startTicks + 1}, boot));
        QCOMPARE(signalProcess({child.pid, stat->id.startTicks + 1}, SIGKILL), ESRCH);
        QVERIFY(isAlive(stat->id, boot));
        QCOMPARE(signalProcess(stat->id, SIGKILL), 0);
        siginfo_t info;
        QCOMPARE(::waitid(P_PID, id_t(child.pid), &info, WEXITED | WNOWAIT), 0);
        QVERIFY(!isAlive(stat->id, boot)); // a zombie now
    }

    void theLineOfAncestorsEndsAtTheFirstProcess()
    {
        Child child;
        const auto line = ancestry(child.pid);
        QVERIFY(line.size() >= 2);
        QCOMPARE(line[0].pid, child.pid);
        QCOMPARE(line[1].pid, ::getpid());
        QVERIFY(ancestry(0x7ffffff0).empty());
    }

    void descendantsAreListedParentsFirst()
    {
        Child first, second;
        const auto below = descendants(::getpid());
        QVERIFY(below.size() >= 2);
        QVector<pid_t> pids;
        for (const auto &stat : below)
            pids << stat.id.pid;
        QVERIFY(pids.contains(first.pid) && pids.contains(second.pid));
    }

    void aKernelWithoutChildrenFilesIsSearchedAsAWhole()
    {
        QTemporaryDir root;
        const auto put = [&](int pid, int parent) {
            const QString folder = root.filePath(QString::number(pid));
            QVERIFY(QDir().mkpath(folder + u"/task/"_s + QString::number(pid)));
            QFile file(folder + u"/stat"_s);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::number(pid) + " (x) S " + QByteArray::number(parent) +
                       " 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n");
        };
        put(10, 1);
        put(11, 10);
        put(12, 11);
        put(13, 1);
        const QByteArray path = root.path().toUtf8();
        const auto below = descendants(10, path.constData());
        QCOMPARE(below.size(), 2U);
        QCOMPARE(below[0].id.pid, 11);
        QCOMPARE(below[1].id.pid, 12);
    }

    void onlyTheExactMarkIsFound()
    {
        QTemporaryDir root;
        const auto put = [&](int pid, const QByteArray &environment) {
            const QString folder = root.filePath(QString::number(pid));
            QVERIFY(QDir().mkpath(folder));
            QFile stat(folder + u"/stat"_s), environFile(folder + u"/environ"_s);
            QVERIFY(stat.open(QIODevice::WriteOnly) && environFile.open(QIODevice::WriteOnly));
            stat.write(QByteArray::number(pid) + " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n");
            environFile.write(environment);
        };
        put(10, QByteArray("A=1\0AGENTHUB_RUN=r1\0B=2\0", 24));
        put(11, QByteArray("AGENTHUB_RUN=r11\0", 17));
        put(12, QByteArray("X_AGENTHUB_RUN=r1\0", 18));
        put(13, QByteArray("AGENTHUB_RUN=r1", 15)); // a program may have cut the end
        const auto found = processesWithMark("r1", 0, root.path().toUtf8().constData()).found;
        QCOMPARE(found.size(), 2U);
        QVERIFY((found[0].pid == 10 && found[1].pid == 13) || (found[0].pid == 13 && found[1].pid == 10));
    }
};

QTEST_GUILESS_MAIN(TestProcfs)
#include "tst_procfs.moc"
