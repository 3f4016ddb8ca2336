// Who is asking is decided by the process tree, so the tests build real ones.
#include "tests/integration/ctl/hubfixture.h"

#include <QSignalSpy>

#include <sys/stat.h>
#include <unistd.h>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

class TestPeer : public QObject
{
    Q_OBJECT

    std::unique_ptr<HubFixture> m_fixture;

    // Starts a shell that says its pid and then waits for a line before it goes on; it is the fake shim.
    std::unique_ptr<QProcess> startShim(const QString &script, const QStringList &environment = {})
    {
        auto process = std::make_unique<QProcess>();
        process->setEnvironment(QProcess::systemEnvironment() + environment);
        process->start(u"/bin/sh"_s, {u"-c"_s, u"read go; "_s + script});
        process->waitForStarted();
        m_fixture->runs.shim = process->processId();
        process->write("go\n");
        return process;
    }

private Q_SLOTS:
    void init()
    {
        m_fixture = std::make_unique<HubFixture>();
        QVERIFY(m_fixture->start().hasValue());
    }
    void cleanup() { m_fixture.reset(); }

    void aPersonIsTheMachine()
    {
        QCOMPARE(HubFixture::runCtl({u"tasks"_s}).code, 0);
        QCOMPARE(int(m_fixture->hub.calls[0].caller.role), int(Role::Machine));
        QVERIFY(!m_fixture->hub.calls[0].caller.name.isEmpty());
    }

    void whatRunsBelowAShimIsAnAgent_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QStringList>("environment");
        const QString ask = u"'%1' approve a7"_s.arg(HubFixture::ctl());
        QTest::newRow("directly") << ask + u"; exit $?"_s << QStringList();
        QTest::newRow("with a token of its own making")
            << ask + u"; exit $?"_s << QStringList{u"AGENTHUB_RUN_TOKEN=person"_s, u"AGENTHUB_ROLE=machine"_s};
        QTest::newRow("without any environment")
            << u"env -i HOME=/ AGENTHUB_DATA_DIR=\"$AGENTHUB_DATA_DIR\" %1; exit $?"_s.arg(ask) << QStringList();
        QTest::newRow("in a session of its own") << u"setsid -w %1; exit $?"_s.arg(ask) << QStringList();
        QTest::newRow("many levels down")
            << u"ask() { if [ $1 = 0 ]; then %1; else (ask $(($1 - 1)); exit $?); fi; }; ask 50; exit $?"_s.arg(ask)
            << QStringList();
        QTest::newRow("under a name that looks like a stat line")
            << u"cp '%1' \"$HOME/a) S 1 (b\"; \"$HOME/a) S 1 (b\" approve a7; exit $?"_s.arg(HubFixture::ctl())
            << QStringList();
    }
    void whatRunsBelowAShimIsAnAgent()
    {
        QFETCH(QString, script);
        QFETCH(QStringList, environment);
        const auto shim = startShim(script, environment);
        const Ran ran = HubFixture::finished(*shim);
        QVERIFY2(ran.err.contains("Agents may not do that."), ran.err.constData());
        QCOMPARE(ran.code, 4);
        QCOMPARE(m_fixture->hub.calls.size(), 1);
        QCOMPARE(int(m_fixture->hub.calls[0].caller.role), int(Role::Agent));
        QCOMPARE(m_fixture->hub.calls[0].caller.run, RunId::of(5));
    }

    // A shim is a subreaper: what an agent sends into the background comes back up to it.
    void anOrphanBelowASubreaperIsAnAgent()
    {
        QFile script(m_fixture->home() + u"/shim.py"_s);
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write(
            "import ctypes, subprocess, sys, time\n"
            "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n" // PR_SET_CHILD_SUBREAPER
            "subprocess.run(['sh', '-c', '(sleep 0.3; exec \"$0\" approve a7) >/dev/null 2>&1 &', sys.argv[1]])\n"
            "time.sleep(3)\n");
        script.close();
        const auto shim = startShim(u"exec /usr/bin/python3 '%1' '%2'"_s.arg(script.fileName(), HubFixture::ctl()));
        QTRY_COMPARE(m_fixture->hub.calls.size(), 1);
        QCOMPARE(int(m_fixture->hub.calls[0].caller.role), int(Role::Agent));
        shim->kill();
        shim->waitForFinished();
    }

    void aTokenMakesNobodyAnAgent()
    {
        const Ran ran = HubFixture::run(HubFixture::ctl(), {u"tasks"_s}, {}, {u"AGENTHUB_RUN_TOKEN=r5"_s});
        QCOMPARE(ran.code, 0);
        QCOMPARE(int(m_fixture->hub.calls[0].caller.role), int(Role::Machine));
    }

    void agentsUseTheirTools()
    {
        const auto shim = startShim(u"'%1' tool save-checkpoint --notes 'half way'; exit $?"_s.arg(HubFixture::ctl()));
        const Ran ran = HubFixture::finished(*shim);
        QCOMPARE(ran.code, 0);
        QCOMPARE(m_fixture->hub.tools.size(), 1);
        QCOMPARE(m_fixture->hub.tools[0].caller.run, RunId::of(5));
        QCOMPARE(m_fixture->hub.tools[0].arguments[u"notes"_s].toString(), u"half way"_s);
    }

    // The connecting process passes its socket on and ends: whose pid that is now, nobody can say.
    void aPeerThatEndedIsRefused()
    {
        QSignalSpy refused(m_fixture->server.get(), &ipc::Server::refused);
        const QString script =
            u"import os, socket, sys, time\n"
            "s = socket.socket(socket.AF_UNIX)\n"
            "s.connect(sys.argv[1])\n"
            "if os.fork(): os._exit(0)\n"
            "time.sleep(0.5)\n"
            "s.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"command\",\"params\":{\"name\":\"approve\"}}\\n')\n"
            "sys.stdout.write(s.recv(4096).decode())\n"_s;
        QProcess process;
        process.start(u"/usr/bin/python3"_s, {u"-c"_s, script, *ipc::findSocket(m_fixture->dataDir())});
        QVERIFY(process.waitForFinished()); // blocks this thread on purpose: the hub accepts only after the peer ended
        QTRY_COMPARE(refused.size(), 1);
        QVERIFY(m_fixture->hub.calls.isEmpty());
    }

    void otherAccountsAreRefused()
    {
        if (::geteuid() != 0)
            QSKIP("needs root, to run a process as nobody");
        // The folder keeps others out already; it is opened here so that the check behind it is what refuses.
        const QString socket = *ipc::findSocket(m_fixture->dataDir());
        for (QString path = socket; path.size() > 4; path = path.section(u'/', 0, -2))
            ::chmod(path.toLocal8Bit().constData(), 0777);
        const QString script =
            u"import socket, sys\n"
            "s = socket.socket(socket.AF_UNIX)\n"
            "s.connect(sys.argv[1])\n"
            "s.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"command\",\"params\":{\"name\":\"tasks\"}}\\n')\n"
            "sys.stdout.write(s.makefile().readline())\n"_s;
        const Ran ran = HubFixture::run(u"setpriv"_s, {u"--reuid=65534"_s, u"--regid=65534"_s, u"--clear-groups"_s,
                                                       u"/usr/bin/python3"_s, u"-c"_s, script, socket});
        QVERIFY2(ran.out.contains("may not use it"), (ran.out + ran.err).constData());
        QVERIFY(m_fixture->hub.calls.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestPeer)
#include "tst_peer.moc"
