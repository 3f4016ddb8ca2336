#include "core/ipc/endpoint.h"
#include "core/ipc/message.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace hub;
using namespace hub::ipc;
using namespace Qt::StringLiterals;

class TestEndpoint : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const char *name) const { return m_folder->filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_RUNTIME_DIR", path("run").toLocal8Bit());
        qputenv("XDG_CONFIG_HOME", path("config").toLocal8Bit());
        qputenv("XDG_DATA_HOME", path("share").toLocal8Bit());
        qunsetenv("AGENTHUB_DATA_DIR");
        qunsetenv("AGENTHUB_CONFIG");
        QDir().mkpath(path("run"));
    }

    void theDataFolderIsFoundInOrder()
    {
        QCOMPARE(*findDataDir({}, {}), path("share/agenthub"));
        QDir().mkpath(path("config/agenthub"));
        QFile config(path("config/agenthub/agenthub.ini"));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("[hub]\ndata_dir=../state\n");
        config.close();
        QCOMPARE(*findDataDir({}, {}), path("config/state"));
        qputenv("AGENTHUB_DATA_DIR", "/from/environment");
        QCOMPARE(*findDataDir({}, {}), u"/from/environment"_s);
        QCOMPARE(*findDataDir(u"/from/flag/../flag2"_s, {}), u"/from/flag2"_s);
        qunsetenv("AGENTHUB_DATA_DIR");
        QCOMPARE(int(findDataDir({}, path("missing.ini")).error().code), int(ErrorCode::NotFound));
    }

    void oneFolderHasOneSocket()
    {
        QDir().mkpath(path("data"));
        QVERIFY(QFile::link(path("data"), path("link")));
        QCOMPARE(socketPathFor(path("link")), socketPathFor(path("data")));
        QCOMPARE(socketPathFor(path("data/../data/")), socketPathFor(path("data")));
        QVERIFY(socketPathFor(path("other")) != socketPathFor(path("data")));
    }

    void theSocketIsPrivateAndFound()
    {
        auto socket = listenFor(path("data"));
        QVERIFY2(socket.hasValue(), socket ? "" : qPrintable(socket.error().message));
        struct stat info;
        QCOMPARE(::stat(QFile::encodeName(socket->path).constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0600u);
        QCOMPARE(::stat(path("run/agenthub").toLocal8Bit().constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0700u);
        // A client in another environment finds it through the data folder.
        qputenv("XDG_RUNTIME_DIR", path("elsewhere").toLocal8Bit());
        QCOMPARE(*findSocket(path("data")), socket->path);
        QVERIFY(connectTo(path("data"), 100).hasValue());
    }

    void strangeFoldersAreRefused_data()
    {
        QTest::addColumn<QString>("what");
        QTest::newRow("a symbolic link") << u"link"_s;
        QTest::newRow("a file") << u"file"_s;
        QTest::newRow("another account's folder") << u"foreign"_s;
    }
    void strangeFoldersAreRefused()
    {
        QFETCH(QString, what);
        const QString folder = path("run/agenthub");
        if (what == u"link") {
            QDir().mkpath(path("target"));
            QVERIFY(QFile::link(path("target"), folder));
        } else if (what == u"file") {
            QFile file(folder);
            QVERIFY(file.open(QIODevice::WriteOnly));
        } else {
            QDir().mkpath(folder);
            if (::chown(folder.toLocal8Bit().constData(), 65534, 65534) != 0)
                QSKIP("only root can give a folder away");
        }
        const auto socket = listenFor(path("data"));
        QVERIFY(!socket.hasValue());
        QCOMPARE(int(socket.error().code), int(ErrorCode::Refused));
        QVERIFY(!QFile::exists(path("data/endpoint")));
    }

    void anOpenFolderIsClosed()
    {
        QDir().mkpath(path("run/agenthub"));
        ::chmod(path("run/agenthub").toLocal8Bit().constData(), 0777);
        QVERIFY(listenFor(path("data")).hasValue());
        struct stat info;
        QCOMPARE(::stat(path("run/agenthub").toLocal8Bit().constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0700u);
    }

    void withoutARuntimeFolderItIsInTmp()
    {
        qunsetenv("XDG_RUNTIME_DIR");
        QCOMPARE(socketPathFor(path("data")).section(u'/', 0, -2), u"/tmp/agenthub-%1"_s.arg(::geteuid()));
        qputenv("XDG_RUNTIME_DIR", "relative"); // the specification says to ignore it
        QVERIFY(socketPathFor(path("data")).startsWith(u"/tmp/"));
    }

    void noHubSaysWhatToDo()
    {
        const Error error = connectTo(path("data"), 0).error();
        QCOMPARE(int(error.code), int(ErrorCode::NoHub));
        QVERIFY(error.message.startsWith(u"No hub is running for "));
        QVERIFY(error.message.contains(u"Agents that were working go on by themselves."));
        QCOMPARE(error.hint, u"Start it: agenthubd --data-dir "_s + path("data"));
        // The usual folder needs no name.
        QCOMPARE(connectTo(path("share/agenthub"), 0).error().hint, u"Start it: agenthubd"_s);
    }

    void linesAreCutAnywhere()
    {
        LineBuffer buffer;
        const QByteArray text = "one\r\n\n  \ntwo\nthr";
        QList<QByteArray> lines;
        for (const char c : text) {
            QVERIFY(buffer.append(QByteArray(1, c)));
            while (const auto line = buffer.next())
                lines << *line;
        }
        QCOMPARE(lines, QList<QByteArray>({"one", "two"}));
        QCOMPARE(buffer.pending(), 3);
        QVERIFY(buffer.append("ee\n"));
        QCOMPARE(buffer.next(), QByteArray("three"));
        QCOMPARE(buffer.pending(), 0);
    }

    void aLineMayBeLongButNotEndless()
    {
        LineBuffer buffer;
        QVERIFY(buffer.append(QByteArray(maxMessageBytes - 1, 'x') + '\n'));
        QVERIFY(buffer.next().has_value());
        QVERIFY(buffer.append(QByteArray(maxMessageBytes, 'x')));
        QVERIFY(!buffer.append("x"));
    }
};

QTEST_GUILESS_MAIN(TestEndpoint)
#include "tst_endpoint.moc"
