// A fake hub behind a real local API, and agenthubctl run against it.
#pragma once

#include "core/ipc/server.h"
#include "tests/support/fakehub.h"

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace hub
{

struct Ran {
    int code = -1;
    QByteArray out;
    QByteArray err;
};

class HubFixture
{
public:
    HubFixture()
    {
        QDir().mkpath(home());
        // The tests of a build may run below an agent's terminal: nothing of that may leak in.
        for (const char *name : {"AGENTHUB_CONFIG", "COLUMNS", "VISUAL", "EDITOR", "NO_COLOR"})
            qunsetenv(name);
        qputenv("HOME", home().toLocal8Bit());
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("AGENTHUB_DATA_DIR", dataDir().toLocal8Bit());
        qputenv("LC_ALL", "C.UTF-8");
    }

    QString home() const { return m_folder.path() + QStringLiteral("/home"); }
    QString dataDir() const { return m_folder.path() + QStringLiteral("/data"); }
    static QString ctl() { return QStringLiteral(HUB_BIN_DIR "/agenthubctl"); }

    Result<> start()
    {
        HUB_TRY(auto socket, ipc::listenFor(dataDir()));
        server = std::make_unique<ipc::Server>(hub, runs, ipc::ServerInfo{QStringLiteral("1.2.3"), dataDir()});
        server->listen(std::move(socket));
        return {};
    }

    // Runs it to its end while the fake hub answers.
    static Ran run(const QString &program, const QStringList &arguments, const QByteArray &input = {},
                   const QStringList &environment = {})
    {
        QProcess process;
        process.setEnvironment(QProcess::systemEnvironment() + environment);
        process.start(program, arguments);
        process.write(input);
        process.closeWriteChannel();
        return finished(process);
    }

    static Ran finished(QProcess &process, int limit = 40000)
    {
        if (!QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, limit)) {
            process.kill();
            process.waitForFinished();
            return {-1, process.readAllStandardOutput(), "did not end"};
        }
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

    static Ran runCtl(const QStringList &arguments, const QByteArray &input = {})
    {
        return run(ctl(), arguments, input);
    }

    FakeHub hub;
    FakeRuns runs;
    std::unique_ptr<ipc::Server> server;

private:
    QTemporaryDir m_folder;
};

} // namespace hub
