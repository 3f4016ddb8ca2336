// Hubs that die, a shim that dies, a run folder that disappears.
#include "tests/integration/shim/shimrun.h"

#include "core/base/durablefile.h"
#include "core/posix/procfs.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRandomGenerator>

#include <csignal>

#include <QDeadlineTimer>
#include <QThread>

using namespace hub;
using namespace hub::agents;
using namespace hub::posix;
using namespace Qt::StringLiterals;

class TestShimLost : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void outputSurvivesAHubThatDiesAtAnyTime()
    {
        constexpr qint64 size = 120 << 20;
        ShimRun run({ShimRun::testAgent(), "flood", QByteArray::number(size)});
        run.keepsBytes = false;
        run.acknowledges = false;
        run.reads = false; // or a slow first hub would read all of it while it starts
        QVERIFY(run.start());
        Position committed; // what a hub has in its database
        quint64 committedBytes = 0;
        int hubs = 1;
        while (!run.exitFrame) {
            // The news of the link is not waited for here, so that the hub dies in the middle of reading.
            run.reads = true;
            // So few that several hubs are needed, however much was read while it started.
            const int frames = 1 + int(QRandomGenerator::global()->bounded(20U));
            const quint64 before = run.outputBytes;
            // No events meanwhile: the link's news would have everything read at once.
            const QDeadlineTimer deadline(20000);
            while (run.outputBytes == before && !run.exitFrame && !deadline.hasExpired()) {
                run.collect(frames);
                QThread::msleep(1);
            }
            QVERIFY(run.outputBytes > before || run.exitFrame);
            run.reads = false;
            if (run.exitFrame)
                break;
            // It dies before its commit, after it, or after it acknowledged.
            const quint32 fate = QRandomGenerator::global()->bounded(3U);
            if (fate > 0) {
                committed = run.reader->position();
                committedBytes = run.outputBytes;
            }
            if (fate == 2)
                run.link->acknowledge(committed);
            run.dropLink();
            run.reader = std::make_unique<SpoolReader>(run.folder().toStdString(), run.spec.mark, committed);
            run.outputBytes = committedBytes;
            QVERIFY(run.connectLink());
            SHIM_WAIT(run.welcome);
            QVERIFY(run.welcome->acknowledged <= committed);
            run.link->acknowledge(committed);
            ++hubs;
        }
        QCOMPARE(run.outputBytes, quint64(size));
        QVERIFY(!run.damaged);
        QVERIFY(hubs > 2);
        run.reads = true;
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.lost);
    }

    void whatAKilledShimLeavesIsFoundAndEnded_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("mode");
        QTest::addColumn<bool>("frozen");
        for (const char *method : {"walk", "cgroup1", "cgroup2"}) {
            QTest::addRow("%s: a running tree", method) << QByteArray(method) << QByteArray("tree") << false;
            QTest::addRow("%s: a frozen tree", method) << QByteArray(method) << QByteArray("tree") << true;
            QTest::addRow("%s: a fork storm", method) << QByteArray(method) << QByteArray("storm") << false;
        }
    }
    void whatAKilledShimLeavesIsFoundAndEnded()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, mode);
        QFETCH(bool, frozen);
        ShimRun run({ShimRun::testAgent(), mode});
        run.spec.arguments.push_back(run.scratch().toStdString());
        run.spec.freeze = method.toStdString();
        if (auto launched = run.launch(); !launched)
            QSKIP(qPrintable(launched.error().message));
        QVERIFY(run.connectLink());
        run.link->go(1);
        SHIM_WAIT(run.text(Stream::Output) == "ready\n" && run.beats() > 50);
        if (frozen) {
            run.link->freeze({.epoch = 1});
            SHIM_WAIT(run.froze.size() == 1);
        }
        QCOMPARE(endRemains(run.folder(), run.mark(), run.identity).error().code, ErrorCode::Refused);
        const ProcessId agent = run.identity->agent;
        const std::string boot = run.identity->bootId;
        QCOMPARE(signalProcess(run.identity->shim, SIGKILL), 0);
        SHIM_WAIT(run.lost);
        SHIM_WAIT(*shimLife(run.folder()) == ShimLife::Dead);
        if (!(frozen && method == "cgroup1")) // there even SIGKILL waits for the thaw
            SHIM_WAIT(!isAlive(agent, boot)); // the direct child dies with its shim
        // One look may miss a storm.
        QVERIFY(QTest::qWaitFor([&] { return !processesWithMark(run.spec.mark).found.empty(); }, 20000));
        const auto identity = identityInSpool(run.folder(), run.mark());
        QVERIFY(identity && *identity == *run.identity);
        const auto ended = endRemains(run.folder(), run.mark(), identity);
        QVERIFY2(ended, ended ? "" : qPrintable(ended.error().message));
        QVERIFY(ended->ended >= 1);
        QVERIFY(processesWithMark(run.spec.mark).found.empty());
        QCOMPARE(run.growing(100), QStringList());
        QVERIFY(run.identity->group.empty() || !QFile::exists(QString::fromStdString(run.identity->group)));
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(endRemains(run.folder(), run.mark(), identity)->ended, 0);
        qInfo("looking for remains where none are: %lld ms", timer.elapsed());
    }

    void everyShimStateIsTold()
    {
        ShimRun run({"cat"});
        QCOMPARE(*shimLife(run.folder()), ShimLife::NoneYet);
        QVERIFY(run.launch());
        QCOMPARE(*shimLife(run.folder()), ShimLife::Alive);
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QVERIFY(!identityInSpool(run.folder(), run.mark()));
        // The lock is held, but the file names a process of another start: neither alive nor free.
        const QByteArray lock = run.folder() + "/lock";
        const QByteArray holder = *readFile(lock);
        QFile file(QFile::decodeName(lock));
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write(QByteArray::number(run.welcome->identity.shim.pid) + " 1 " + holder.split(' ').last());
        file.close();
        QCOMPARE(*shimLife(run.folder()), ShimLife::Doubtful);
        QVERIFY(file.open(QIODevice::ReadWrite | QIODevice::Truncate));
        file.write(holder);
        file.close();
        QCOMPARE(*shimLife(run.folder()), ShimLife::Alive);
    }

    void noShimListensIsNotFound()
    {
        ShimRun run({"cat"});
        QCOMPARE(run.connectLink().error().code, ErrorCode::NotFound);
        QVERIFY(makeFolders(run.folder()));
        QCOMPARE(run.connectLink().error().code, ErrorCode::NotFound);
    }

    void aRunFolderThatDisappearsEndsTheRun()
    {
        ShimRun run({ShimRun::testAgent(), "tree"});
        run.spec.arguments.push_back(run.scratch().toStdString());
        QVERIFY(run.start());
        SHIM_WAIT(run.text(Stream::Output) == "ready\n");
        run.dropLink();
        run.reads = false;
        QVERIFY(removeTree(run.folder()));
        const ProcessId shim = run.identity->shim;
        const std::string boot = run.identity->bootId;
        SHIM_WAIT(!isAlive(shim, boot));
        QVERIFY(processesWithMark(run.spec.mark).found.empty());
        QVERIFY(run.identity->group.empty() || !QFile::exists(QString::fromStdString(run.identity->group)));
    }

    void aRunFolderMayHaveAnyLength()
    {
        QTemporaryDir home;
        const QByteArray folder = home.path().toUtf8() + '/' + QByteArray(200, 'a') + '/' + QByteArray(200, 'b');
        ShimSpec spec;
        spec.mark = "long-" + std::to_string(::getpid());
        spec.folder = "/";
        spec.arguments = {"true"};
        const auto launched = launchShim(ShimRun::binFolder() + "/agenthub-shim", folder, spec);
        QVERIFY2(launched, launched ? "" : qPrintable(launched.error().message));
        ShimLink link;
        std::optional<Position> end;
        connect(&link, &ShimLink::exited, this, [&](const RunExit &, const Position &behind) { end = behind; });
        QVERIFY(link.open(folder));
        link.go(0);
        SHIM_WAIT(end);
        link.acknowledge(*end);
        SHIM_WAIT(!link.isOpen());
    }
};

QTEST_GUILESS_MAIN(TestShimLost)
#include "tst_shimlost.moc"
