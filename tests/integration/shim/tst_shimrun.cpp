// The life of a run from go to the last acknowledgement, and what crosses the pipes.
#include "tests/integration/shim/shimrun.h"

#include "core/base/durablefile.h"
#include "core/posix/procfs.h"

#include <QDir>
#include <QFile>

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>

using namespace hub;
using namespace hub::agents;
using namespace hub::posix;
using namespace Qt::StringLiterals;

class TestShimRun : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRunGoesFromIdentityToExit()
    {
        ShimRun run({"sh", "-c", "echo out; echo err >&2; exit 5"});
        QVERIFY(run.start());
        QVERIFY(run.identity);
        SHIM_WAIT(run.exitFrame && run.exit);
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Code, 5, {}}));
        QVERIFY(*run.exit == *run.exitFrame);
        QCOMPARE(run.text(Stream::Output), "out\n");
        QCOMPARE(run.text(Stream::Error), "err\n");
        QVERIFY(run.frames.first().startsWith("1 ")); // identity
        QVERIFY(run.frames.last().startsWith("6 "));  // exit
        QVERIFY(run.identityFrame && *run.identityFrame == *run.identity);
        // Acknowledged to the end, the shim goes and takes its socket along.
        SHIM_WAIT(run.lost);
        SHIM_WAIT(*shimLife(run.folder()) == ShimLife::Dead);
        QVERIFY(!QFile::exists(QFile::decodeName(run.folder() + "/sock")));
        QVERIFY(run.identity->group.empty() || !QFile::exists(QString::fromStdString(run.identity->group)));
        QVERIFY(!run.damaged);
    }

    void theAgentGetsExactlyItsOwnSurroundings()
    {
        ShimRun run({"sh", "-c",
                     "pwd; env | sort; cut -d' ' -f 5,6 /proc/self/stat; ls /proc/self/fd | wc -l; echo $$; umask;"
                     "grep -E 'SigBlk|SigIgn' /proc/self/status"});
        run.spec.environment.push_back("B=b=c");
        run.spec.environment.push_back("AGENTHUB_RUN=forged");
        ::umask(027);
        QVERIFY(run.start());
        SHIM_WAIT(run.exitFrame);
        const QList<QByteArray> lines = run.text(Stream::Output).split('\n');
        QCOMPARE(lines[0], run.scratch().toUtf8());
        QVERIFY(lines.contains("AGENTHUB_RUN=" + run.mark()));
        QVERIFY(!lines.contains("AGENTHUB_RUN=forged"));
        QVERIFY(lines.contains("B=b=c"));
        for (const QByteArray &line : lines)
            QVERIFY(!line.startsWith("HOME="));
        const qsizetype at = lines.indexOf("0027");
        QVERIFY2(at > 3, run.text(Stream::Output));
        const QByteArray pid = lines[at - 1];
        QCOMPARE(lines[at - 2].toInt(), 4);       // stdin, stdout, stderr and the folder that ls reads
        QCOMPARE(lines[at - 3], pid + ' ' + pid); // group and session are its own
        QCOMPARE(lines[at + 1].simplified(), "SigBlk: 0000000000000000");
        // 32 and 33 belong to the C library, which leaves them as it got them.
        QCOMPARE(lines[at + 2].simplified().mid(8).toULongLong(nullptr, 16) & ~0x180000000ULL, 0U);
    }

    void theShimKeepsNothingOfItsStarter()
    {
        ShimRun run({"cat"});
        QVERIFY(run.start());
        const QString proc = u"/proc/%1"_s.arg(run.identity->shim.pid);
        QFile environment(proc + u"/environ"_s);
        QVERIFY(environment.open(QIODevice::ReadOnly));
        QVERIFY(environment.readAll().isEmpty());
        QCOMPARE(QFile::symLinkTarget(proc + u"/cwd"_s), u"/"_s);
        QCOMPARE(QFile::symLinkTarget(proc + u"/fd/0"_s), u"/dev/null"_s);
        struct stat info;
        QCOMPARE(::stat((run.folder() + "/sock").constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0600U);
        QCOMPARE(::stat((run.folder() + "/shim.log").constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0600U);
        // The lock is the shim's alone, so an agent that outlived it could not pretend that it lives.
        const QDir agentFds(u"/proc/%1/fd"_s.arg(run.identity->agent.pid));
        QCOMPARE(agentFds.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size(), 3);
    }

    void stopSignalsDoNotEndTheShim()
    {
        ShimRun run({"cat"});
        QVERIFY(run.start());
        for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGUSR1, SIGUSR2})
            QCOMPARE(::kill(run.identity->shim.pid, number), 0);
        run.link->sendInput(1, "still here\n");
        SHIM_WAIT(run.text(Stream::Output) == "still here\n");
    }

    void anAgentThatCannotStartSaysWhy_data()
    {
        QTest::addColumn<QByteArray>("program");
        QTest::addColumn<QByteArray>("folder");
        QTest::addColumn<QByteArray>("problem");
        QTest::newRow("a program that does not exist")
            << QByteArray("no-such-agent") << QByteArray() << QByteArray("No such file");
        QTest::newRow("a file that is no program")
            << QByteArray("/etc/passwd") << QByteArray() << QByteArray("Permission denied");
        QTest::newRow("a folder that is gone")
            << QByteArray("true") << QByteArray("/no/such/folder") << QByteArray("cannot enter");
    }
    void anAgentThatCannotStartSaysWhy()
    {
        QFETCH(QByteArray, program);
        QFETCH(QByteArray, folder);
        QFETCH(QByteArray, problem);
        ShimRun run({program});
        if (!folder.isEmpty())
            run.spec.folder = folder.toStdString();
        QVERIFY(run.start());
        SHIM_WAIT(run.exitFrame);
        QVERIFY(!run.identity);
        QVERIFY(run.startProblem);
        QCOMPARE(run.exitFrame->kind, ExitKind::NotStarted);
        QVERIFY2(QByteArray::fromStdString(run.exitFrame->text).contains(problem), run.exitFrame->text.c_str());
        SHIM_WAIT(run.lost);
    }

    void aShimThatCannotStartSaysWhy()
    {
        ShimRun run({"cat"});
        QVERIFY(run.launch());
        const auto second = run.launch();
        QVERIFY(!second);
        QVERIFY2(second.error().message.contains(u"another shim"), qPrintable(second.error().message));
        QCOMPARE(*shimLife(run.folder()), ShimLife::Alive);

        ShimRun bad({"cat"});
        bad.spec.folder = "relative";
        QCOMPARE(bad.launch().error().code, ErrorCode::InvalidInput);
        QCOMPARE(launchShim("/no/such/shim", bad.folder(), run.spec).error().code, ErrorCode::Process);
    }

    void goWithAnOldEpochIsRefused()
    {
        ShimRun run({"cat"});
        QVERIFY(run.launch());
        QVERIFY(run.connectLink());
        run.link->freeze({.epoch = 5});
        run.link->go(4);
        SHIM_WAIT(run.refusedEpoch);
        QCOMPARE(*run.refusedEpoch, 5U);
        QCOMPARE(run.froze.size(), 1);
        QVERIFY(!run.identity);
        // Not forgotten when the hub is another one.
        run.dropLink();
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QCOMPARE(run.welcome->newestEpoch, 5U);
        QCOMPARE(run.welcome->state, ShimState::Waiting);
        run.link->go(5);
        SHIM_WAIT(run.identity);
        // A second go is the same start, not another one.
        const RunIdentity first = *run.identity;
        run.identity.reset();
        run.link->go(5);
        SHIM_WAIT(run.identity);
        QVERIFY(*run.identity == first);
    }

    void endBeforeGoEndsTheShim()
    {
        ShimRun run({"cat"});
        QVERIFY(run.launch());
        QVERIFY(run.connectLink());
        run.link->end(1000);
        SHIM_WAIT(run.exitFrame && run.lost);
        QCOMPARE(run.exitFrame->kind, ExitKind::NotStarted);
    }

    void inputIsGivenExactlyOnceAcrossReconnects()
    {
        ShimRun run({ShimRun::testAgent(), "echo"});
        QVERIFY(run.start());
        QByteArray expected;
        quint64 next = 1;
        for (int round = 0; round < 20; ++round) {
            // A hub that restarts does not know what arrived: it sends all again, and then some new.
            for (quint64 number = next > 5 ? next - 5 : 1; number < next + 3; ++number)
                run.link->sendInput(number, QByteArray::number(number) + '\n');
            for (int i = 0; i < 3; ++i)
                expected += QByteArray::number(next++) + '\n';
            SHIM_WAIT(run.text(Stream::Output) == expected);
            run.dropLink();
            QVERIFY(run.connectLink());
            SHIM_WAIT(run.welcome);
            QCOMPARE(run.welcome->lastInput, next - 1);
            QCOMPARE(run.welcome->state, ShimState::Running);
        }
        run.link->sendInput(next + 1, "a gap");
        SHIM_WAIT(run.statuses.size() == 2);
        QCOMPARE(run.statuses[0].kind, StatusKind::InputRefused);
        QCOMPARE(run.statuses[0].lastInput, next - 1);
        QCOMPARE(run.statuses[1].kind, StatusKind::InputReady); // the queue is empty: send what comes after lastInput
        run.link->closeInput(next);
        run.link->closeInput(next);
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.text(Stream::Output), expected);
        QCOMPARE(run.inputNumbers.size(), qsizetype(next));
        QVERIFY(std::is_sorted(run.inputNumbers.begin(), run.inputNumbers.end()));
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Code, 0, {}}));
    }

    void inputSentByADyingHubArrivesWholeOrNotAtAll()
    {
        ShimRun run({ShimRun::testAgent(), "echo"});
        QVERIFY(run.start());
        quint64 known = 0;
        QByteArray expected;
        for (int round = 1; round <= 30; ++round) {
            const QByteArray body = QByteArray(round * 1000, char('a' + round % 26)) + '\n';
            run.link->sendInput(known + 1, body);
            run.dropLink(); // at once, with bytes possibly unsent
            QVERIFY(run.connectLink());
            SHIM_WAIT(run.welcome);
            if (run.welcome->lastInput == known)
                run.link->sendInput(known + 1, body);
            expected += body;
            ++known;
            SHIM_WAIT(run.text(Stream::Output) == expected);
        }
    }

    void anotherHubReplacesTheFirst()
    {
        ShimRun run({ShimRun::testAgent(), "echo"});
        QVERIFY(run.start());
        auto first = std::move(run.link);
        bool firstLost = false;
        connect(first.get(), &ShimLink::lost, this, [&] { firstLost = true; });
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome && firstLost);
        run.link->sendInput(1, "x");
        SHIM_WAIT(run.text(Stream::Output) == "x");
    }

    void theAgentItselfCannotSteerItsShim()
    {
        if (!QFile::exists(u"/usr/bin/python3"_s))
            QSKIP("needs python3");
        ShimRun run({"/usr/bin/python3", "-c",
                     "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
                     "s.sendall(b'\\x03\\0\\0\\0\\x01\\x01\\0')\nprint(len(s.recv(100)))"});
        run.spec.arguments.push_back((run.folder() + "/sock").toStdString());
        QVERIFY(run.start());
        SHIM_WAIT(run.exitFrame);
        // Closed before or while it speaks.
        QVERIFY2(run.text(Stream::Output) == "0\n" || run.text(Stream::Error).contains("ConnectionReset") ||
                     run.text(Stream::Error).contains("BrokenPipe"),
                 run.text(Stream::Output) + run.text(Stream::Error));
        QVERIFY(!run.lost || run.exit);
    }

    void newsIsAnnouncedOncePerAcknowledgement()
    {
        ShimRun run({ShimRun::testAgent(), "echo"});
        run.acknowledges = false;
        QVERIFY(run.start());
        SHIM_WAIT(run.identityFrame && run.announcements == 1); // after the welcome
        run.link->acknowledge(run.reader->position());
        for (quint64 number = 1; number <= 50; ++number)
            run.link->sendInput(number, "x");
        SHIM_WAIT((run.collect(), run.outputBytes == 50 && run.announcements >= 2));
        run.link->acknowledge(run.reader->position());
        run.link->sendInput(51, "x");
        SHIM_WAIT((run.collect(), run.outputBytes == 51 && run.announcements >= 3));
        QCOMPARE(run.announcements, 3);
    }

    void outputClosedEarlyIsNotTheEnd()
    {
        ShimRun run({ShimRun::testAgent(), "close-output"});
        QVERIFY(run.start());
        SHIM_WAIT(run.text(Stream::Output) == "last words\n");
        run.link->sendInput(1, "more");
        QVERIFY(!run.exit);
        run.link->closeInput(2);
        SHIM_WAIT(run.exitFrame);
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Code, 7, {}}));
    }

    void aStrayThatHoldsThePipeIsEnded_data()
    {
        QTest::addColumn<QByteArray>("method");
        for (const char *method : {"walk", "cgroup1", "cgroup2"})
            QTest::newRow(method) << QByteArray(method);
    }
    void aStrayThatHoldsThePipeIsEnded()
    {
        QFETCH(QByteArray, method);
        ShimRun run({ShimRun::testAgent(), "stray"});
        run.spec.freeze = method.toStdString();
        if (auto probe = run.launch(); !probe)
            QSKIP(qPrintable(probe.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.exitFrame);
        QVERIFY(*run.exitFrame == (RunExit{ExitKind::Code, 3, {}}));
        QCOMPARE(run.text(Stream::Output), "left one behind\n");
        QVERIFY2(run.hasNote("ended 1 processes"), run.text(Stream::Note));
        QVERIFY(processesWithMark(run.spec.mark).found.empty());
    }

    void endGivesTimeThenKills()
    {
        ShimRun polite({"sh", "-c", "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done"});
        QVERIFY(polite.start());
        SHIM_WAIT(polite.text(Stream::Output) == "ready\n");
        polite.link->end(15000);
        SHIM_WAIT(polite.exitFrame);
        QVERIFY(*polite.exitFrame == (RunExit{ExitKind::Code, 4, {}}));
        QCOMPARE(polite.text(Stream::Output), "ready\nbye\n");

        ShimRun stubborn({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"});
        QVERIFY(stubborn.start());
        SHIM_WAIT(stubborn.text(Stream::Output) == "ready\n");
        stubborn.link->end(200);
        SHIM_WAIT(stubborn.exitFrame);
        QVERIFY(*stubborn.exitFrame == (RunExit{ExitKind::Signal, SIGKILL, {}}));
        QVERIFY(stubborn.hasNote("did not end in time"));
    }

    void signalsReachTheAgent()
    {
        ShimRun run({"sh", "-c", "trap 'echo usr; exit 0' USR1; echo ready; while :; do sleep 0.05; done"});
        QVERIFY(run.start());
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        run.link->signalAgent(SIGUSR1);
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.text(Stream::Output), "ready\nusr\n");
    }

    void exitWaitsForAHubThatComesLate()
    {
        ShimRun run({"sh", "-c", "echo done"});
        run.acknowledges = false;
        QVERIFY(run.start());
        run.dropLink();
        const ProcessId agent = run.identity->agent;
        const std::string boot = run.identity->bootId;
        SHIM_WAIT(!isAlive(agent, boot));
        SHIM_WAIT((run.collect(), run.exitFrame.has_value()));
        QCOMPARE(*shimLife(run.folder()), ShimLife::Alive);
        run.acknowledges = true;
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QCOMPARE(run.welcome->state, ShimState::Exited);
        SHIM_WAIT(run.exit);
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.lost);
    }

    void anIdleShimIsSmall()
    {
        // Pages of a program that was just linked count as dirty until they are on disk.
        const QByteArray program = ShimRun::binFolder() + "/agenthub-shim";
        QVERIFY(syncFile(openFile(program, O_RDONLY)->fd(), program));
        ShimRun run({"cat"});
        QVERIFY(run.start());
        run.link->sendInput(1, "one line\n");
        SHIM_WAIT(run.text(Stream::Output) == "one line\n");
        const qint64 kib = privateKib(run.identity->shim.pid);
        qInfo("private memory of an idle shim: %lld KiB", kib);
        QVERIFY(kib > 0);
        QVERIFY(!ShimRun::tellsMemory || kib <= 300);
    }
};

QTEST_GUILESS_MAIN(TestShimRun)
#include "tst_shimrun.moc"
