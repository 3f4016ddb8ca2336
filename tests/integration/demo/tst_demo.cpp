// agenthubctl demo with the real programs: every check holds, and it leaves nothing behind, however it ends.
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Qt::StringLiterals;

namespace
{

// Programs with this text in their command line or environment.
QStringList processesNaming(const QByteArray &text)
{
    QStringList found;
    for (const QString &name : QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        bool isPid = false;
        const qint64 pid = name.toLongLong(&isPid);
        if (!isPid || pid == QCoreApplication::applicationPid())
            continue;
        for (const QString &part : {u"/cmdline"_s, u"/environ"_s}) {
            QFile file(u"/proc/"_s + name + part);
            if (file.open(QIODevice::ReadOnly) && file.readAll().contains(text)) {
                found << name;
                break;
            }
        }
    }
    return found;
}

} // namespace

class TestDemo : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    void start(QProcess &demo, const QStringList &arguments)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"TMPDIR"_s, m_folder.path());
        demo.setProcessEnvironment(environment);
        demo.start(QStringLiteral(HUB_BIN_DIR "/agenthubctl"), QStringList{u"demo"_s} + arguments);
    }

    void nothingIsLeft()
    {
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList());
        QTRY_COMPARE_WITH_TIMEOUT(processesNaming(m_folder.path().toLocal8Bit()), QStringList(), 2000);
    }

private Q_SLOTS:
    void everyCheckHolds()
    {
        QProcess demo;
        start(demo, {});
        QVERIFY(demo.waitForFinished(90000));
        const QByteArray out = demo.readAllStandardOutput();
        QVERIFY2(demo.exitCode() == 0, (out + demo.readAllStandardError()).constData());
        QVERIFY2(out.contains("nothing is left running"), out.constData());
        QVERIFY(out.count("✓") >= 20);
        QVERIFY(!out.contains('\x1b')); // no colours in a pipe
        nothingIsLeft();
    }

    void anInterruptTakesAllAway_data()
    {
        QTest::addColumn<QByteArray>("after");
        QTest::newRow("before the hub runs") << QByteArray("A repository");
        QTest::newRow("while the agent works") << QByteArray("Thinking aloud");
        QTest::newRow("while no hub runs") << QByteArray("ended by SIGKILL");
        QTest::newRow("after the ruin") << QByteArray("gone from git");
    }

    void anInterruptTakesAllAway()
    {
        QFETCH(QByteArray, after);
        QProcess demo;
        start(demo, {});
        QByteArray out;
        while (!out.contains(after)) {
            QVERIFY2(demo.waitForReadyRead(30000), out.constData());
            out += demo.readAllStandardOutput();
        }
        ::kill(pid_t(demo.processId()), SIGINT);
        QVERIFY(demo.waitForFinished(30000));
        QCOMPARE(demo.exitStatus(), QProcess::NormalExit);
        QCOMPARE(demo.exitCode(), 1);
        QVERIFY(demo.readAllStandardError().contains("Interrupted"));
        nothingIsLeft();
    }

    void keepLeavesTheFolder()
    {
        QProcess demo;
        start(demo, {u"--keep"_s});
        QVERIFY(demo.waitForFinished(90000));
        QCOMPARE(demo.exitCode(), 0);
        const QStringList left = QDir(m_folder.path()).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        QCOMPARE(left.size(), 1);
        QVERIFY(QFile::exists(m_folder.path() + u'/' + left.first() + u"/data/task_state.db"_s));
        QVERIFY(QDir(m_folder.path() + u'/' + left.first()).removeRecursively());
        nothingIsLeft();
    }

    void wrongWordsAreRefused()
    {
        QProcess demo;
        start(demo, {u"--forever"_s});
        QVERIFY(demo.waitForFinished(5000));
        QCOMPARE(demo.exitCode(), 2);
        nothingIsLeft();
    }
};

QTEST_GUILESS_MAIN(TestDemo)
#include "tst_demo.moc"
