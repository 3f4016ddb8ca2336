// Much output, little disk, nobody who reads: bounded memory, back-pressure, nothing lost.
#include "tests/integration/shim/shimrun.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QScopeGuard>

#include <unistd.h>

using namespace hub;
using namespace hub::agents;
using namespace hub::posix;
using namespace Qt::StringLiterals;

namespace
{

// The flood's bytes are their own places.
bool isFlood(const QByteArray &bytes)
{
    for (qsizetype i = 0; i + 8 <= bytes.size(); i += 8) {
        qint64 word = 0;
        memcpy(&word, bytes.constData() + i, 8);
        if (word != i / 8)
            return false;
    }
    return true;
}

} // namespace

class TestShimPressure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void twoHundredMegabytesPassInBoundedMemory()
    {
        constexpr qint64 size = 200 << 20;
        ShimRun run({ShimRun::testAgent(), "flood", QByteArray::number(size)});
        run.keepsBytes = false;
        QElapsedTimer timer;
        timer.start();
        QVERIFY(run.start());
        SHIM_WAIT(run.exitFrame);
        qInfo("200 MiB in %lld ms: %lld MB/s; shim at most %lld KiB private", timer.elapsed(),
              size / 1000 / qMax<qint64>(1, timer.elapsed()), run.mostKib);
        QCOMPARE(run.outputBytes, quint64(size));
        QVERIFY(!run.damaged);
        QVERIFY(run.mostKib > 0);
        QVERIFY(!ShimRun::tellsMemory || run.mostKib < 2048);
    }

    void aBurstsMemoryIsGivenBack()
    {
        ShimRun run({"sh", "-c", "\"$0\" flood 3000000; exec cat", ShimRun::testAgent()});
        run.keepsBytes = false;
        QVERIFY(run.start());
        SHIM_WAIT(run.outputBytes == 3000000);
        SHIM_WAIT(!ShimRun::tellsMemory || privateKib(run.identity->shim.pid) <= 300);
        qInfo("private memory after a burst: %lld KiB", privateKib(run.identity->shim.pid));
    }

    void atTheQuotaOutputWaitsAndGoesOnAfterAcknowledgement()
    {
        constexpr qint64 size = 3 << 20;
        ShimRun run({ShimRun::testAgent(), "flood", QByteArray::number(size)});
        run.spec.quota = 1 << 20;
        run.spec.segmentSize = 256 << 10;
        run.acknowledges = false;
        QVERIFY(run.start());
        SHIM_WAIT((run.collect(), run.hasNote("output is held back")));
        QVERIFY(run.outputBytes < (1 << 20) + 2 * framePayloadLimit);
        QVERIFY(!run.exit);
        SHIM_WAIT(!run.statuses.isEmpty());
        run.acknowledges = true;
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.outputBytes, quint64(size));
        QVERIFY(isFlood(run.text(Stream::Output)));
        QVERIFY(run.hasNote("output flows again"));
        QVERIFY(!run.damaged);
    }

    void withoutAHubAFullSpoolFreezesTheTreeUntilOneComes()
    {
        constexpr qint64 size = 3 << 20;
        ShimRun run({"sh", "-c", "\"$0\" flood $1 & while :; do echo x >> beat; sleep 0.01; done", ShimRun::testAgent(),
                     QByteArray::number(size)});
        run.spec.quota = 1 << 20;
        run.spec.stallMillis = 100;
        run.spec.segmentSize = 256 << 10;
        run.acknowledges = false;
        QVERIFY(run.start());
        run.dropLink();
        SHIM_WAIT((run.collect(), run.hasNote("no hub is there")));
        QCOMPARE(run.growing(200), QStringList());
        run.acknowledges = true;
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QVERIFY(run.welcome->frozen);
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.outputBytes == quint64(size));
        QVERIFY(isFlood(run.text(Stream::Output)));
        SHIM_WAIT(run.hasNote("thawed"));
        QCOMPARE(run.growing(300), QStringList{u"beat"_s});
    }

    void aTreeThatTheHubFrozeStaysFrozenWhenOutputFlowsAgain()
    {
        ShimRun run({ShimRun::testAgent(), "flood", QByteArray::number(3 << 20)});
        run.spec.quota = 1 << 20;
        run.spec.stallMillis = 50;
        run.acknowledges = false;
        QVERIFY(run.start());
        SHIM_WAIT((run.collect(), run.hasNote("output is held back")));
        run.link->freeze({.epoch = 7});
        SHIM_WAIT(run.froze.size() == 1);
        run.acknowledges = true;
        run.collect();
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.hasNote("output flows again"));
        QVERIFY(!run.hasNote("thawed"));
        run.dropLink();
        QVERIFY(run.connectLink());
        SHIM_WAIT(run.welcome);
        QVERIFY(run.welcome->frozen);
    }

    void largeInputToAnAgentThatWritesFirstDoesNotBlock()
    {
        constexpr qint64 output = 20 << 20;
        ShimRun run({ShimRun::testAgent(), "deaf", QByteArray::number(output)});
        run.keepsBytes = false;
        QVERIFY(run.start());
        const QByteArray piece(inputLimit, 'i');
        for (quint64 number = 1; number <= 96; ++number) // 6 MiB
            run.link->sendInput(number, piece);
        run.link->closeInput(97);
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.outputBytes, quint64(output));
        QCOMPARE(run.text(Stream::Error), QByteArray::number(96 * qint64(inputLimit)) + '\n');
        QCOMPARE(run.inputNumbers.size(), 97);
    }

    void moreInputThanWaitsIsRefusedAndSentAgain()
    {
        ShimRun run({"sh", "-c", "read go < \"$0\"; wc -c", "fifo"});
        QCOMPARE(QProcess::execute(u"mkfifo"_s, {run.scratch() + u"/fifo"_s}), 0);
        run.keepsBytes = false;
        run.spec.quota = 1ULL << 40;
        QVERIFY(run.start());
        const QByteArray piece(inputLimit, 'i');
        constexpr quint64 count = 300; // 18.75 MiB
        for (quint64 number = 1; number <= count; ++number)
            run.link->sendInput(number, piece);
        SHIM_WAIT(!run.statuses.isEmpty());
        QCOMPARE(run.statuses.first().kind, StatusKind::InputRefused);
        QVERIFY(run.statuses.first().lastInput < count);
        run.keepsBytes = true;
        QFile fifo(run.scratch() + u"/fifo"_s);
        QVERIFY(fifo.open(QIODevice::WriteOnly));
        fifo.write("go\n");
        fifo.close();
        // As the hub does it: go on after the last number, each time the shim says so.
        connect(run.link.get(), &ShimLink::statusChanged, this, [&](const StatusNews &news) {
            if (news.kind != StatusKind::InputReady)
                return;
            for (quint64 number = news.lastInput + 1; number <= count; ++number)
                run.link->sendInput(number, piece);
            run.link->closeInput(count + 1);
        });
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.text(Stream::Output).trimmed(), QByteArray::number(qint64(count) * qint64(inputLimit)));
    }

    void aFullDiskStopsReadingAndLosesNothing()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to mount a small disk");
        constexpr qint64 size = 3 << 20;
        ShimRun run({ShimRun::testAgent(), "flood", QByteArray::number(size)});
        const QString spool = QFile::decodeName(run.folder() + "/spool");
        QVERIFY(QDir().mkpath(spool));
        if (QProcess::execute(u"mount"_s, {u"-t"_s, u"tmpfs"_s, u"-o"_s, u"size=1m"_s, u"none"_s, spool}) != 0)
            QSKIP("can't mount here");
        const auto unmount = qScopeGuard([&] { QProcess::execute(u"umount"_s, {u"-l"_s, spool}); });
        run.spec.segmentSize = 128 << 10;
        run.acknowledges = false;
        QVERIFY(run.start());
        SHIM_WAIT(!run.statuses.isEmpty());
        QCOMPARE(run.statuses.first().kind, StatusKind::SpoolFailed);
        run.link->sendInput(1, QByteArray(60000, 'x'));
        SHIM_WAIT(run.statuses.size() >= 2);
        QCOMPARE(run.statuses.at(1).kind, StatusKind::InputRefused);
        QCOMPARE(run.statuses.at(1).lastInput, 0U);
        run.collect();
        run.acknowledges = true;
        run.link->acknowledge(run.reader->position());
        SHIM_WAIT(run.exitFrame);
        QCOMPARE(run.outputBytes, quint64(size));
        QVERIFY(isFlood(run.text(Stream::Output)));
        QVERIFY(!run.damaged);
        QVERIFY(std::any_of(run.statuses.begin(), run.statuses.end(),
                            [](const StatusNews &news) { return news.kind == StatusKind::SpoolWorks; }));
        SHIM_WAIT(run.lost);
    }
};

QTEST_GUILESS_MAIN(TestShimPressure)
#include "tst_shimpressure.moc"
