// Pause means pause, by each method: nothing of the tree runs, whatever it did to escape.
#include "tests/integration/shim/shimrun.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>

#include <csignal>
#include <unistd.h>

using namespace hub;
using namespace hub::agents;
using namespace hub::posix;
using namespace Qt::StringLiterals;

class TestShimFreeze : public QObject
{
    Q_OBJECT

    static void methods()
    {
        QTest::addColumn<QByteArray>("method");
        for (const char *method : {"walk", "cgroup1", "cgroup2"})
            QTest::newRow(method) << QByteArray(method);
    }

    static void methodsAndTrees()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("mode");
        for (const char *method : {"walk", "cgroup1", "cgroup2"}) {
            QTest::addRow("%s: setsid child and daemon", method) << QByteArray(method) << QByteArray("tree");
            QTest::addRow("%s: fork storm", method) << QByteArray(method) << QByteArray("storm");
        }
    }

private Q_SLOTS:
    void nothingRunsWhileFrozen_data() { methodsAndTrees(); }
    void nothingRunsWhileFrozen()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, mode);
        ShimRun run({ShimRun::testAgent(), mode});
        run.spec.arguments.push_back(run.scratch().toStdString());
        run.spec.freeze = method.toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n" && run.beats() > 50);
        const qsizetype alive = mode == "tree" ? 4 : 2;
        SHIM_WAIT(run.growing(200).size() == alive); // a busy machine lets each go on when it is its turn

        for (int round = 1; round <= 3; ++round) {
            run.link->freeze({.epoch = quint64(round)});
            SHIM_WAIT(run.froze.size() == round);
            QCOMPARE(run.growing(300), QStringList());
            QVERIFY(run.froze.last().report.success);
            QCOMPARE(freezeMethodText(run.froze.last().report.method), method.toStdString());
            QVERIFY(run.froze.last().report.processes >= 4);
            run.link->thaw();
            SHIM_WAIT(run.thawed.size() == round);
            QVERIFY(run.thawed.last().report.success);
            SHIM_WAIT(run.growing(300).size() == alive);
        }
        // Frozen outlives the hub, and a frozen tree can be ended without running again.
        run.link->freeze({.epoch = 9});
        SHIM_WAIT(run.froze.size() == 4);
        run.dropLink();
        QCOMPARE(run.growing(200), QStringList());
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QVERIFY(run.welcome->frozen);
        QCOMPARE(run.welcome->newestEpoch, 9U);
        const qint64 before = run.beats();
        run.link->end(0);
        SHIM_WAIT(run.exitFrame && run.lost);
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Signal, SIGKILL, {}}));
        QCOMPARE(run.beats(), before);
        QVERIFY(processesWithMark(run.spec.mark).found.empty());
        QVERIFY(run.identity->group.empty() || !QFile::exists(QString::fromStdString(run.identity->group)));
    }

    void killEndsARunningTree_data() { methodsAndTrees(); }
    void killEndsARunningTree()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, mode);
        ShimRun run({ShimRun::testAgent(), mode});
        run.spec.arguments.push_back(run.scratch().toStdString());
        run.spec.freeze = method.toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n" && run.beats() > 50);
        run.link->end(0);
        SHIM_WAIT(run.exitFrame && run.lost);
        QVERIFY(processesWithMark(run.spec.mark).found.empty());
        QCOMPARE(run.growing(100), QStringList());
    }

    void aFrozenAgentThatIsEndedWithGraceMeetsTheSignalFirst_data() { methods(); }
    void aFrozenAgentThatIsEndedWithGraceMeetsTheSignalFirst()
    {
        QFETCH(QByteArray, method);
        ShimRun run({"sh", "-c", "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done"});
        run.spec.freeze = method.toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        run.link->freeze({.epoch = 2});
        SHIM_WAIT(run.froze.size() == 1);
        run.link->end(15000);
        SHIM_WAIT(run.exitFrame);
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Code, 4, {}}));
        QVERIFY(run.text(Stream::Output).endsWith("bye\n"));
    }

    void aShellThatStartsProgramAfterProgramIsFrozenEachTime_data() { methods(); }
    void aShellThatStartsProgramAfterProgramIsFrozenEachTime()
    {
        QFETCH(QByteArray, method);
        ShimRun run({"sh", "-c", "echo ready; while :; do touch heart; done"}); // dash waits in vfork
        run.spec.freeze = method.toStdString();
        run.spec.folder = run.scratch().toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        for (int round = 1; round <= 25; ++round) {
            run.link->freeze({.epoch = quint64(round)});
            SHIM_WAIT(run.froze.size() == round);
            QVERIFY(run.froze.last().report.success);
            run.link->thaw();
            SHIM_WAIT(run.thawed.size() == round);
        }
    }

    void anAgentIsNotFrozenWhileItHoldsALockUnlessItTakesTooLong_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("script"); // it makes the lock; "go" tells that the freeze was asked for
        QTest::addColumn<quint32>("grace");
        QTest::addColumn<bool>("released");
        const QString takesAWhile = u"for i in 1 2 3 4 5 6 7 8; do sleep 0.01; done; rm lock; echo done; sleep 600"_s;
        for (const char *method : {"walk", "cgroup1", "cgroup2"}) {
            QTest::addRow("%s, soon given back", method) << QByteArray(method) << takesAWhile << 15000U << true;
            QTest::addRow("%s, an emergency", method) << QByteArray(method) << takesAWhile << 0U << false;
            QTest::addRow("%s, never given back", method) << QByteArray(method) << u"sleep 600"_s << 100U << false;
            QTest::addRow("%s, left long ago", method)
                << QByteArray(method) << u"touch -d '1 minute ago' lock; sleep 600"_s << 3'600'000U << false;
        }
    }
    void anAgentIsNotFrozenWhileItHoldsALockUnlessItTakesTooLong()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, script);
        QFETCH(quint32, grace);
        QFETCH(bool, released);
        const QString begin = u"touch lock; echo ready; while [ ! -e go ]; do sleep 0.01; done; "_s;
        ShimRun run({"sh", "-c", (begin + script).toUtf8()});
        run.spec.freeze = method.toStdString();
        run.spec.folder = run.scratch().toStdString();
        run.spec.locks = {run.spec.folder + "/another", run.spec.folder + "/lock"};
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        QFile go(run.scratch() + u"/go"_s);
        if (grace != 0) // else it may be done before the freeze
            QVERIFY(go.open(QIODevice::WriteOnly));
        run.link->freeze({.epoch = 2, .graceMillis = grace});
        SHIM_WAIT(run.froze.size() == 1);
        QVERIFY(run.froze.last().report.success);
        QCOMPARE(!QFile::exists(run.scratch() + u"/lock"_s), released);
        QVERIFY(run.froze.last().report.micros >= (grace == 100U ? 100'000U : 0U));
    }

    void aJobThatStoodStillBeforeStaysStoppedAfterTheThaw()
    {
        ShimRun run({"sh", "-c", "sleep 600 & echo $!; kill -STOP $!; echo stopped; wait"});
        run.spec.freeze = "walk";
        QVERIFY(run.start());
        SHIM_WAIT(run.text(Stream::Output).endsWith("stopped\n"));
        const pid_t job = run.text(Stream::Output).split('\n').first().toInt();
        SHIM_WAIT(readStat(job)->isStopped());
        run.link->freeze({.epoch = 2});
        SHIM_WAIT(run.froze.size() == 1);
        QVERIFY(run.froze.last().report.success);
        run.link->thaw();
        SHIM_WAIT(run.thawed.size() == 1);
        SHIM_WAIT(!readStat(run.identity->agent.pid)->isStopped());
        QVERIFY(readStat(job)->isStopped());
    }

    void freezingAHundredProcesses_data()
    {
        QTest::addColumn<QByteArray>("method");
        for (const char *method : {"walk", "cgroup1", "cgroup2"})
            QTest::newRow(method) << QByteArray(method);
    }
    void freezingAHundredProcesses()
    {
        QFETCH(QByteArray, method);
        ShimRun run({ShimRun::testAgent(), "many", "100"});
        run.spec.freeze = method.toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        QElapsedTimer timer;
        qint64 whole = 0; // from the request to its answer, in us
        connect(run.link.get(), &ShimLink::froze, this, [&] { whole = timer.nsecsElapsed() / 1000; });
        for (int round = 1; round <= 5; ++round) {
            timer.start();
            run.link->freeze({.epoch = quint64(round)});
            SHIM_WAIT(run.froze.size() == round);
            const FreezeReport frozen = run.froze.last().report;
            run.link->thaw();
            SHIM_WAIT(run.thawed.size() == round);
            qInfo("%s: %u processes frozen in %u us (%lld us to the answer), thawed in %u us", method.constData(),
                  frozen.processes, frozen.micros, static_cast<long long>(whole), run.thawed.last().report.micros);
            QVERIFY(frozen.success);
            QCOMPARE(frozen.processes, 100U);
        }
    }

    void withoutRightsOverGroupsTheProbeFallsBackToTheWalk()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to become somebody else");
        QTemporaryDir home;
        const QString folder = home.filePath(u"run"_s);
        QVERIFY(QDir().mkpath(folder));
        ShimSpec spec;
        spec.mark = "nobody-" + std::to_string(::getpid());
        spec.folder = "/";
        spec.arguments = {"cat"};
        QFile file(folder + u"/spec"_s);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(encodeSpec(spec)));
        file.close();
        QCOMPARE(QProcess::execute(u"chown"_s, {u"-R"_s, u"nobody"_s, home.path()}), 0);
        QProcess shim;
        // The build folder may be closed to others, so the program is handed over by its open file.
        shim.start(u"sh"_s,
                   {u"-c"_s, u"exec 9<\"$0\"; exec setpriv --reuid nobody --clear-groups /proc/self/fd/9 \"$1\""_s,
                    QString::fromUtf8(ShimRun::binFolder()) + u"/agenthub-shim"_s, folder});
        QVERIFY(shim.waitForFinished());
        QVERIFY2(shim.exitCode() == 0, shim.readAllStandardError());
        ShimLink link;
        std::optional<Welcome> welcome;
        std::optional<FreezeNews> froze;
        std::optional<Position> end;
        connect(&link, &ShimLink::welcomed, this, [&](const Welcome &news) { welcome = news; });
        connect(&link, &ShimLink::froze, this, [&](const FreezeNews &news) { froze = news; });
        connect(&link, &ShimLink::exited, this, [&](const RunExit &, const Position &behind) { end = behind; });
        QVERIFY(link.open(folder.toUtf8())); // root may connect
        SHIM_WAIT(welcome);
        QCOMPARE(freezeMethodText(welcome->identity.method), "walk");
        link.go(1);
        link.freeze({.epoch = 2});
        SHIM_WAIT(froze);
        QVERIFY(froze->report.success);
        QCOMPARE(froze->report.processes, 1U);
        link.end(0);
        SHIM_WAIT(end);
        link.acknowledge(*end);
        SHIM_WAIT(!link.isOpen());
        // A method that is forced is not replaced by another.
        spec.mark += "x";
        spec.freeze = "cgroup2";
        QDir(folder).removeRecursively();
        QVERIFY(QDir().mkpath(folder));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(encodeSpec(spec)));
        file.close();
        QCOMPARE(QProcess::execute(u"chown"_s, {u"-R"_s, u"nobody"_s, home.path()}), 0);
        shim.start();
        QVERIFY(shim.waitForFinished());
        QCOMPARE(shim.exitCode(), 1);
        QVERIFY(shim.readAllStandardError().contains("cannot freeze by cgroup2"));
    }
};

QTEST_GUILESS_MAIN(TestShimFreeze)
#include "tst_shimfreeze.moc"
