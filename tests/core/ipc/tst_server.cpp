#include "core/base/json.h"
#include "core/ipc/endpoint.h"
#include "core/ipc/remotehub.h"
#include "core/ipc/server.h"
#include "tests/support/fakehub.h"

#include <QElapsedTimer>
#include <QFile>
#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace hub;
using namespace hub::ipc;
using namespace Qt::StringLiterals;

namespace
{

qint64 residentBytes()
{
    QFile file(u"/proc/self/statm"_s);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
}

} // namespace

class TestServer : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<FakeHub> m_hub;
    FakeRuns m_runs;
    std::unique_ptr<Server> m_server;
    QByteArray m_rest;

    QString dataDir() const { return m_folder->path() + u"/data"_s; }

    void start()
    {
        auto socket = listenFor(dataDir());
        QVERIFY2(socket.hasValue(), socket ? "" : qPrintable(socket.error().message));
        m_server = std::make_unique<Server>(*m_hub, m_runs, ServerInfo{u"1.2.3"_s, dataDir()});
        m_server->listen(*std::move(socket));
    }

    std::unique_ptr<QLocalSocket> connected()
    {
        m_rest.clear();
        auto socket = std::make_unique<QLocalSocket>();
        socket->connectToServer(*findSocket(dataDir()));
        socket->waitForConnected(2000);
        return socket;
    }

    // The next line that the server sends.
    QJsonObject nextLine(QLocalSocket &socket, int limit = 5000)
    {
        QElapsedTimer timer;
        timer.start();
        while (!m_rest.contains('\n') && timer.elapsed() < limit) {
            QTest::qWait(1);
            m_rest += socket.readAll();
        }
        const qsizetype end = m_rest.indexOf('\n');
        const QByteArray line = m_rest.left(end);
        m_rest.remove(0, end + 1);
        return QJsonDocument::fromJson(line).object();
    }

    QJsonObject ask(QLocalSocket &socket, const QByteArray &line)
    {
        socket.write(line + '\n');
        return nextLine(socket);
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_RUNTIME_DIR", m_folder->path().toLocal8Bit());
        m_hub = std::make_unique<FakeHub>();
        m_runs.shim = 0;
        start();
    }
    void cleanup()
    {
        m_server.reset();
        m_hub.reset();
    }

    void helloSaysWhoIsThere()
    {
        auto socket = connected();
        const QJsonObject result = ask(*socket, requestLine(1, u"hello"_s, {}).trimmed())[u"result"_s].toObject();
        QCOMPARE(result[u"version"_s].toString(), u"1.2.3"_s);
        QCOMPARE(result[u"role"_s].toString(), u"machine"_s);
        QCOMPARE(result[u"data_dir"_s].toString(), dataDir());
    }

    void commandsReachTheHubWhole()
    {
        auto socket = connected();
        const QJsonObject answer =
            ask(*socket, QByteArray(R"({"jsonrpc":"2.0","id":"a","method":"command","params":{"name":"cancel-task",
                       "options":{"task_id":"12"},"yes":true,"dry_run":true,"confirm":"c","folder":"/x"}})")
                             .simplified());
        QCOMPARE(answer[u"id"_s].toString(), u"a"_s);
        QCOMPARE(m_hub->calls.size(), 1);
        const auto &call = m_hub->calls[0];
        QCOMPARE(call.command, u"cancel-task"_s);
        QCOMPARE(call.options[u"task_id"_s].toString(), u"12"_s);
        QVERIFY(call.yes && call.dryRun);
        QCOMPARE(call.confirm, u"c"_s);
        QCOMPARE(call.folder, u"/x"_s);
        QCOMPARE(int(call.caller.role), int(commands::Role::Machine));
        QCOMPARE(call.caller.origin, u"terminal"_s);
    }

    void valuesForAnOptionAreSuggested()
    {
        SuggestCall asked;
        m_hub->onSuggest = [&](const SuggestCall &call) {
            asked = call;
            return readyFuture(Result<QList<Suggestion>>(QList<Suggestion>{{u"12"_s, u"#12 fix login"_s}}));
        };
        auto socket = connected();
        const QJsonObject answer =
            ask(*socket, QByteArray(R"({"jsonrpc":"2.0","id":"a","method":"suggest","params":{"name":"pause-task",
                       "option":"task_id","typed":"lo","options":{"reason":"x"},"folder":"/x"}})")
                             .simplified());
        const QJsonArray found = answer[u"result"_s][u"suggestions"_s].toArray();
        QCOMPARE(found, (QJsonArray{QJsonObject{{u"value"_s, u"12"_s}, {u"label"_s, u"#12 fix login"_s}}}));
        QCOMPARE(asked.option, u"task_id"_s);
        QCOMPARE(asked.typed, u"lo"_s);
        QCOMPARE(asked.call.command, u"pause-task"_s);
        QCOMPARE(asked.call.options, (QJsonObject{{u"reason"_s, u"x"_s}}));
        QCOMPARE(asked.call.folder, u"/x"_s);
        QCOMPARE(int(asked.call.caller.role), int(commands::Role::Machine));
    }

    void aWindowGetsThemToo()
    {
        RemoteHub remote(std::make_unique<LocalChannel>(dataDir()));
        QSignalSpy ready(&remote, &RemoteHub::connected);
        QVERIFY(ready.wait());
        const auto found = remote.suggest({.option = u"task_id"_s, .typed = u"x"_s});
        QVERIFY(QTest::qWaitFor([&] { return found.isFinished(); }));
        const auto result = takeResult(found);
        QVERIFY(result.hasValue());
        QCOMPARE(*result, (QList<Suggestion>{{u"x"_s, u"task_id x"_s}}));
    }

    void aWindowReadsManyRowsAtOnce()
    {
        RemoteHub remote(std::make_unique<LocalChannel>(dataDir()));
        QSignalSpy ready(&remote, &RemoteHub::connected);
        QVERIFY(ready.wait());
        QueryCall asked;
        m_hub->onQuery = [&](const QueryCall &call) {
            asked = call;
            return readyFuture<QJsonObject>(QJsonObject{{u"tasks"_s, 2}});
        };
        const auto found = remote.query({.name = u"tasks"_s, .arguments = {{u"from"_s, 1}}});
        QVERIFY(QTest::qWaitFor([&] { return found.isFinished(); }));
        const auto result = takeResult(found);
        QVERIFY(result.hasValue());
        QCOMPARE(*result, (QJsonObject{{u"tasks"_s, 2}}));
        QCOMPARE(asked.name, u"tasks"_s);
        QCOMPARE(asked.arguments, (QJsonObject{{u"from"_s, 1}}));
        QCOMPARE(int(asked.caller.role), int(commands::Role::Machine));
        QCOMPARE(asked.caller.origin, u"window"_s);
    }

    void wrongMessagesAreAnswered_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<int>("code");
        QTest::newRow("not JSON") << QByteArray("hello there") << -32700;
        QTest::newRow("cut JSON") << QByteArray("{\"jsonrpc\":") << -32700;
        QTest::newRow("binary") << QByteArray("\x00\xff\x1b[2J", 6) << -32700;
        QTest::newRow("a list") << QByteArray("[1]") << -32600;
        QTest::newRow("no version") << QByteArray(R"({"id":1,"method":"hello"})") << -32600;
        QTest::newRow("no id") << QByteArray(R"({"jsonrpc":"2.0","method":"hello"})") << -32600;
        QTest::newRow("an object as id") << QByteArray(R"({"jsonrpc":"2.0","id":{},"method":"hello"})") << -32600;
        QTest::newRow("a number as method") << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":7})") << -32600;
        QTest::newRow("unknown method") << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"shutdown"})") << -32601;
        QTest::newRow("params as a list")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":[]})") << -32602;
        QTest::newRow("command without a name")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"command","params":{}})") << -32602;
        QTest::newRow("tool without a key")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"tool","params":{"name":"x"}})") << -32602;
        QTest::newRow("names as a text")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"names":"x"}})") << -32602;
    }
    void wrongMessagesAreAnswered()
    {
        QFETCH(QByteArray, line);
        QFETCH(int, code);
        auto socket = connected();
        QCOMPARE(ask(*socket, line)[u"error"_s][u"code"_s].toInt(), code);
        // and the connection goes on
        QVERIFY(ask(*socket, requestLine(2, u"hello"_s, {}).trimmed()).contains(u"result"_s));
        QVERIFY(m_hub->calls.isEmpty() && m_hub->tools.isEmpty());
    }

    void deepNestingIsNoCrash()
    {
        auto socket = connected();
        QCOMPARE(ask(*socket, QByteArray(2'000'000, '['))[u"error"_s][u"code"_s].toInt(), -32700);
    }

    void errorsTravelWhole()
    {
        m_hub->onCommand = [](const auto &) {
            return readyFuture<commands::Reply>(
                Error{ErrorCode::Ambiguous, u"Which task?"_s, u"Add task_id."_s, {u"#12"_s, u"#13"_s}});
        };
        auto socket = connected();
        const QJsonObject answer = ask(*socket, requestLine(1, u"command"_s, {{u"name"_s, u"task-log"_s}}).trimmed());
        const Error error = errorOfAnswer(answer[u"error"_s].toObject());
        QCOMPARE(int(error.code), int(ErrorCode::Ambiguous));
        QCOMPARE(error.candidates.size(), 2);
    }

    void aHubThatGoesAwayAnswers()
    {
        m_hub->onCommand = [](const auto &) {
            QPromise<Result<commands::Reply>> promise;
            promise.start();
            return promise.future(); // dropped unanswered
        };
        auto socket = connected();
        const QJsonObject answer = ask(*socket, requestLine(1, u"command"_s, {{u"name"_s, u"tasks"_s}}).trimmed());
        QCOMPARE(int(errorOfAnswer(answer[u"error"_s].toObject()).code), int(ErrorCode::ShuttingDown));
    }

    void manyRequestsSideBySide()
    {
        // Answered in reverse: each must still find its own request.
        QList<std::pair<commands::CommandCall, std::shared_ptr<QPromise<Result<commands::Reply>>>>> open;
        m_hub->onCommand = [&open](const commands::CommandCall &call) {
            auto promise = std::make_shared<QPromise<Result<commands::Reply>>>();
            promise->start();
            open.emplace_back(call, promise);
            return promise->future();
        };
        constexpr int many = 200;
        auto socket = connected();
        for (int i = 0; i < many; ++i)
            socket->write(requestLine(i, u"command"_s, {{u"name"_s, u"tasks"_s}, {u"folder"_s, QString::number(i)}}));
        QTRY_COMPARE(open.size(), many);
        for (auto it = open.rbegin(); it != open.rend(); ++it) {
            it->second->addResult(Result<commands::Reply>(FakeHub::echo(it->first)));
            it->second->finish();
        }
        for (int i = 0; i < many; ++i) {
            const QJsonObject answer = nextLine(*socket);
            QCOMPARE(answer[u"result"_s][u"data"_s][u"folder"_s].toString(),
                     QString::number(answer[u"id"_s].toInt(-1)));
        }
    }

    void tooManyRequestsWaitInTheSocket()
    {
        QList<std::shared_ptr<QPromise<Result<commands::Reply>>>> open;
        m_hub->onCommand = [&open](const commands::CommandCall &) {
            open << std::make_shared<QPromise<Result<commands::Reply>>>();
            open.last()->start();
            return open.last()->future();
        };
        auto socket = connected();
        for (int i = 0; i < 1000; ++i)
            socket->write(requestLine(i, u"command"_s, {{u"name"_s, u"tasks"_s}}));
        QTRY_COMPARE(open.size(), 256);
        QTest::qWait(50);
        QCOMPARE(open.size(), 256);
        int answered = 0;
        for (int i = 0; i < open.size(); ++i) { // grows while they are answered
            open[i]->addResult(Result<commands::Reply>(commands::Reply()));
            open[i]->finish();
            while (nextLine(*socket).isEmpty())
                QFAIL("an answer is missing");
            ++answered;
        }
        QCOMPARE(answered, 1000);
    }

    void aLineWithoutEndIsDropped()
    {
        auto socket = connected();
        const QByteArray part(1024 * 1024, 'x');
        QElapsedTimer timer;
        timer.start();
        while (socket->state() == QLocalSocket::ConnectedState && timer.elapsed() < 20000) {
            socket->write(part);
            while (socket->bytesToWrite() > 4 * part.size() && socket->state() == QLocalSocket::ConnectedState)
                QTest::qWait(1);
        }
        QCOMPARE(socket->state(), QLocalSocket::UnconnectedState);
        QTRY_COMPARE(m_server->clientCount(), 0);
        auto other = connected();
        QVERIFY(ask(*other, requestLine(1, u"hello"_s, {}).trimmed()).contains(u"result"_s));
    }

    void aClientThatDoesNotReadIsDropped()
    {
        auto slow = connected();
        QVERIFY(ask(*slow, requestLine(1, u"subscribe"_s, {}).trimmed()).contains(u"result"_s));
        slow->setReadBufferSize(1);
        auto good = connected();
        QVERIFY(ask(*good, requestLine(1, u"subscribe"_s, {{u"names"_s, QJsonArray{u"alert"_s}}}).trimmed())
                    .contains(u"result"_s));
        QCOMPARE(m_server->clientCount(), 2);
        const qint64 before = residentBytes();
        const QString text(100'000, u'x');
        for (int i = 0; i < 1000; ++i) {
            Q_EMIT m_hub->eventHappened({u"message"_s, {{u"text"_s, text}}});
            if (i % 50 == 0)
                QTest::qWait(1);
        }
        QTRY_COMPARE(m_server->clientCount(), 1);
#ifndef __SANITIZE_ADDRESS__ // it keeps freed memory on purpose
        QVERIFY2(residentBytes() - before < 64 * 1024 * 1024, "events for a client that does not read pile up");
#else
        Q_UNUSED(before);
#endif
        Q_EMIT m_hub->eventHappened({u"alert"_s, {{u"n"_s, 1}}});
        QCOMPARE(nextLine(*good)[u"params"_s][u"name"_s].toString(), u"alert"_s);
    }

    void eventsAreFiltered()
    {
        auto socket = connected();
        QVERIFY(ask(*socket,
                    requestLine(1, u"subscribe"_s, {{u"task_id"_s, u"12"_s}, {u"names"_s, QJsonArray{u"message"_s}}})
                        .trimmed())
                    .contains(u"result"_s));
        Q_EMIT m_hub->eventHappened({u"message"_s, {{u"task_id"_s, u"13"_s}}});
        Q_EMIT m_hub->eventHappened({u"task"_s, {{u"task_id"_s, u"12"_s}}});
        Q_EMIT m_hub->eventHappened({u"message"_s, {{u"task_id"_s, 12}, {u"n"_s, 1}}});
        const QJsonObject event = nextLine(*socket);
        QCOMPARE(event[u"method"_s].toString(), u"event"_s);
        QCOMPARE(event[u"params"_s][u"data"_s][u"n"_s].toInt(), 1);
    }

    void agentsHaveTheToolsOnly()
    {
        m_runs.shim = ::getpid(); // we ourselves are below it
        QSignalSpy refused(m_server.get(), &Server::refused);
        auto socket = connected();
        const QJsonObject hello =
            ask(*socket, requestLine(1, u"hello"_s, {{u"origin"_s, u"window"_s}, {u"role"_s, u"machine"_s}}).trimmed());
        QCOMPARE(hello[u"result"_s][u"role"_s].toString(), u"agent"_s);
        QCOMPARE(hello[u"result"_s][u"run"_s].toString(), u"r5"_s);

        const QJsonObject command =
            ask(*socket,
                requestLine(2, u"command"_s, {{u"name"_s, u"approve"_s}, {u"caller"_s, QJsonObject{{u"role"_s, 4}}}})
                    .trimmed());
        QCOMPARE(int(errorOfAnswer(command[u"error"_s].toObject()).code), int(ErrorCode::Refused));
        QCOMPARE(int(m_hub->calls[0].caller.role), int(commands::Role::Agent));
        QCOMPARE(m_hub->calls[0].caller.run, RunId::of(5));

        const QJsonObject subscribe = ask(*socket, requestLine(3, u"subscribe"_s, {}).trimmed());
        QCOMPARE(int(errorOfAnswer(subscribe[u"error"_s].toObject()).code), int(ErrorCode::Refused));
        QCOMPARE(refused.size(), 1);
        QCOMPARE(refused[0][1].toString(), u"subscribe"_s);
        Q_EMIT m_hub->eventHappened({u"message"_s, {}});

        const QJsonObject tool =
            ask(*socket, requestLine(4, u"tool"_s, {{u"name"_s, u"save_checkpoint"_s}, {u"key"_s, u"k"_s}}).trimmed());
        QCOMPARE(tool[u"result"_s][u"method"_s].toString(), u"save_checkpoint"_s);
        QCOMPARE(m_hub->tools[0].caller.run, RunId::of(5));
    }

    void theNextHubTakesTheSocketOver()
    {
        auto old = connected();
        QVERIFY(ask(*old, requestLine(1, u"hello"_s, {}).trimmed()).contains(u"result"_s));
        // As after kill -9: the socket is still there, nobody listens.
        const QString path = *findSocket(dataDir());
        m_server.reset();
        QVERIFY(!QFile::exists(path));
        auto dead = listenFor(dataDir());
        QVERIFY(dead.hasValue());
        dead = fail(ErrorCode::Internal, u"killed"_s);
        QVERIFY(QFile::exists(path));
        QCOMPARE(int(connectTo(dataDir(), 100).error().code), int(ErrorCode::NoHub));
        start();
        auto again = connected();
        QVERIFY(ask(*again, requestLine(1, u"hello"_s, {}).trimmed()).contains(u"result"_s));
    }

    void theWindowsHubReconnects()
    {
        RemoteHub remote(std::make_unique<LocalChannel>(dataDir()));
        QSignalSpy up(&remote, &RemoteHub::connected);
        QSignalSpy down(&remote, &RemoteHub::disconnected);
        QSignalSpy events(&remote, &HubPort::eventHappened);
        QTRY_COMPARE(up.size(), 1);
        QCOMPARE(remote.greeting()[u"version"_s].toString(), u"1.2.3"_s);

        Result<commands::Reply> reply = shuttingDown();
        whenDone(remote.execute({u"tasks"_s, {}, false, false, {}, {}, {}}), this, [&](const auto &r) { reply = r; });
        QTRY_VERIFY(reply.hasValue());
        QCOMPARE(reply->title, u"did tasks"_s);
        QCOMPARE(m_hub->calls.last().caller.origin, u"window"_s);
        Q_EMIT m_hub->eventHappened({u"alert"_s, {{u"n"_s, 1}}});
        QTRY_COMPARE(events.size(), 1);

        // A command and a tool call are on their way when the hub dies.
        const auto never = [this] {
            m_open << std::make_shared<QPromise<Result<QJsonObject>>>();
            m_open.last()->start();
            return m_open.last()->future();
        };
        m_hub->onTool = [never](const auto &) { return never(); };
        m_hub->onCommand = [](const auto &) {
            static QPromise<Result<commands::Reply>> promise;
            promise.start();
            return promise.future();
        };
        std::optional<Result<commands::Reply>> lost;
        std::optional<Result<QJsonObject>> tool;
        whenDone(remote.execute({u"tasks"_s, {}, false, false, {}, {}, {}}), this, [&](const auto &r) { lost = r; });
        whenDone(remote.callTool({u"save_checkpoint"_s, {}, u"key-1"_s, {}}), this, [&](const auto &r) { tool = r; });
        QTRY_COMPARE(m_hub->tools.size(), 1);
        m_server.reset();
        QTRY_VERIFY(lost.has_value());
        QCOMPARE(int(lost->error().code), int(ErrorCode::Conflict));
        QVERIFY(!tool.has_value());
        QCOMPARE(down.size(), 1);
        QVERIFY(!remote.isConnected());
        std::optional<Result<commands::Reply>> refused;
        whenDone(remote.execute({u"tasks"_s, {}, false, false, {}, {}, {}}), this, [&](const auto &r) { refused = r; });
        QTRY_VERIFY(refused.has_value());
        QCOMPARE(int(refused->error().code), int(ErrorCode::NoHub));

        m_hub->onTool = nullptr;
        start();
        QTRY_VERIFY(tool.has_value());
        QCOMPARE((**tool)[u"key"_s].toString(), u"key-1"_s);
        QCOMPARE(up.size(), 2);
        m_open.clear();
    }

private:
    QList<std::shared_ptr<QPromise<Result<QJsonObject>>>> m_open;
};

QTEST_GUILESS_MAIN(TestServer)
#include "tst_server.moc"
