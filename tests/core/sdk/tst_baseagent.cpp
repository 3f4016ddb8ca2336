// An agent at one end of two pipes, the test as the hub at the other.
#include "core/sdk/baseagent.h"

#include "core/base/json.h"
#include "core/commands/toolspec.h"

#include <QTest>

#include <fcntl.h>
#include <thread>

using namespace Qt::StringLiterals;
using namespace hub;
using namespace hub::sdk;

namespace
{

class Ends
{
public:
    Ends()
    {
        if (::pipe2(m_toAgent, O_CLOEXEC) != 0 || ::pipe2(m_fromAgent, O_CLOEXEC) != 0)
            qFatal("no pipes");
        pipe = std::make_unique<LinePipe>(m_fromAgent[0], m_toAgent[1]);
    }
    ~Ends()
    {
        closeInput();
        ::close(m_toAgent[0]);
        ::close(m_fromAgent[0]);
        ::close(m_fromAgent[1]);
    }
    void closeInput()
    {
        if (m_toAgent[1] >= 0)
            ::close(std::exchange(m_toAgent[1], -1));
    }
    int agentIn() const { return m_toAgent[0]; }
    int agentOut() const { return m_fromAgent[1]; }
    int fromAgent() const { return m_fromAgent[0]; }

    void send(const QByteArray &bytes)
    {
        if (!pipe->write(bytes + '\n'))
            qFatal("the agent is gone");
    }
    void prompt(qint64 id, const QString &text)
    {
        send(toJson(
            QJsonObject{{u"id"_s, id}, {u"method"_s, u"prompt"_s}, {u"params"_s, QJsonObject{{u"text"_s, text}}}}));
    }
    // The next message of the agent; empty when none came in five seconds.
    QJsonObject next()
    {
        const auto message = pipe->read(std::chrono::seconds{5});
        return message && *message ? **message : QJsonObject();
    }

    std::unique_ptr<LinePipe> pipe;

private:
    int m_toAgent[2];
    int m_fromAgent[2];
};

// Runs the agent on a thread of its own until its input ends.
class Running
{
public:
    Running(Ends &ends, std::function<Result<>(BaseAgent &, const QString &)> handler)
        : agent(ends.agentIn(), ends.agentOut())
        , m_ends(ends)
        , m_thread([this, handler = std::move(handler)] {
            ended = agent.run([&](const QString &text) { return handler(agent, text); });
        })
    {
    }
    ~Running() { stop(); }
    void stop()
    {
        m_ends.closeInput();
        if (m_thread.joinable())
            m_thread.join();
    }

    BaseAgent agent;
    Result<> ended;

private:
    Ends &m_ends;
    std::thread m_thread;
};

} // namespace

class TestBaseAgent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersPromptsInOrder()
    {
        Ends ends;
        QStringList texts;
        Running running(ends, [&](BaseAgent &, const QString &text) {
            texts << text;
            return text == u"bad" ? Result<>(fail(ErrorCode::Storage, u"no disk"_s)) : Result<>();
        });
        ends.prompt(1, u"good"_s);
        ends.prompt(2, u"bad"_s);
        QJsonObject answer = ends.next();
        QCOMPARE(answer[u"id"_s].toInteger(), 1);
        QCOMPARE(answer[u"jsonrpc"_s].toString(), u"2.0"_s);
        QCOMPARE(answer[u"result"_s][u"outcome"_s].toString(), u"end_turn"_s);
        answer = ends.next();
        QCOMPARE(answer[u"id"_s].toInteger(), 2);
        QCOMPARE(answer[u"error"_s][u"message"_s].toString(), u"no disk"_s);
        running.stop();
        QVERIFY(running.ended);
        QCOMPARE(texts, (QStringList{u"good"_s, u"bad"_s}));
        QCOMPARE(running.agent.strays(), 0);
    }

    void aCallReturnsTheHubsAnswer()
    {
        Ends ends;
        Result<QJsonObject> saved = QJsonObject(), refused = QJsonObject(), failed = QJsonObject();
        Running running(ends, [&](BaseAgent &agent, const QString &) {
            saved = agent.saveCheckpoint(u"half"_s, {{u"done"_s, 3}});
            refused = agent.requestFileAccess({u"a"_s});
            failed = agent.commitAtomically({u"a"_s}, u"m"_s);
            return Result<>();
        });
        ends.prompt(1, u"go"_s);
        const QJsonObject call = ends.next();
        QCOMPARE(call[u"method"_s].toString(), u"save_checkpoint"_s);
        QCOMPARE(call[u"params"_s].toObject(),
                 (QJsonObject{{u"notes"_s, u"half"_s}, {u"context"_s, QJsonObject{{u"done"_s, 3}}}}));
        // Noise on the line, half a message, and only then the answer.
        ends.send("no JSON at all");
        ends.send(R"({"jsonrpc":"2.0","method":"of_a_newer_hub","params":{}})");
        const auto begun = ends.pipe->write(R"({"jsonrpc":"2.0","id":1,"res)");
        QVERIFY(begun);
        QTest::qSleep(20);
        ends.send(R"(ult":{"checkpoint_id":"1/2"}})");
        ends.next();
        ends.send(
            R"({"id":2,"error":{"code":-32000,"message":"b holds it","data":{"code":"refused","hint":"wait","refused":true}}})");
        ends.next();
        ends.send(
            R"({"id":3,"error":{"code":-32000,"message":"no disk","data":{"code":"disk_full","hint":"","refused":false}}})");
        QCOMPARE(ends.next()[u"result"_s][u"outcome"_s].toString(), u"end_turn"_s);
        running.stop();
        QVERIFY(saved);
        QCOMPARE((*saved)[u"checkpoint_id"_s].toString(), u"1/2"_s);
        QCOMPARE(refused.error().code, ErrorCode::Refused);
        QCOMPARE(refused.error().message, u"b holds it"_s);
        QCOMPARE(refused.error().hint, u"wait"_s);
        QCOMPARE(failed.error().code, ErrorCode::DiskFull);
        QCOMPARE(running.agent.strays(), 0);
    }

    void answersToNoCallAndRepeatedPromptsAreCounted()
    {
        Ends ends;
        int turns = 0;
        Running running(ends, [&](BaseAgent &agent, const QString &) {
            ++turns;
            return agent.logDecision(u"x"_s) ? Result<>() : Result<>(fail(ErrorCode::Internal, u"?"_s));
        });
        ends.prompt(1, u"go"_s);
        ends.next();
        ends.send(R"({"id":1,"result":{}})");
        ends.send(R"({"id":1,"result":{}})");
        ends.prompt(1, u"go"_s);
        ends.next();
        running.stop();
        QCOMPARE(turns, 1);
        QCOMPARE(running.agent.strays(), 2);
    }

    void aCancelEndsTheTurn_data()
    {
        QTest::addColumn<qint64>("meant");
        QTest::addColumn<QString>("outcome");
        QTest::newRow("of this turn") << qint64{7} << u"cancelled"_s;
        QTest::newRow("of another turn") << qint64{6} << u"end_turn"_s;
    }

    void aCancelEndsTheTurn()
    {
        QFETCH(qint64, meant);
        QFETCH(QString, outcome);
        Ends ends;
        Running running(ends, [&](BaseAgent &agent, const QString &) {
            agent.cancelled(std::chrono::milliseconds{300});
            return Result<>();
        });
        ends.prompt(7, u"long work"_s);
        ends.send(toJson(QJsonObject{{u"method"_s, u"cancel"_s}, {u"params"_s, QJsonObject{{u"id"_s, meant}}}}));
        QCOMPARE(ends.next()[u"result"_s][u"outcome"_s].toString(), outcome);
    }

    void aWaitingPromptThatWasCancelledIsNotWorkedOn()
    {
        Ends ends;
        QStringList texts;
        Running running(ends, [&](BaseAgent &agent, const QString &text) {
            texts << text;
            agent.cancelled(std::chrono::milliseconds{200});
            return Result<>();
        });
        ends.prompt(1, u"first"_s);
        ends.prompt(2, u"second"_s);
        ends.send(R"({"method":"cancel","params":{"id":2}})");
        QCOMPARE(ends.next()[u"result"_s][u"outcome"_s].toString(), u"end_turn"_s);
        QCOMPARE(ends.next()[u"result"_s][u"outcome"_s].toString(), u"cancelled"_s);
        running.stop();
        QCOMPARE(texts, QStringList{u"first"_s});
    }

    void theEndOfInputEndsACallAndTheRun()
    {
        Ends ends;
        Result<QJsonObject> answer = QJsonObject();
        Running running(ends, [&](BaseAgent &agent, const QString &) {
            answer = agent.awaitApproval(u"a1"_s);
            return Result<>();
        });
        ends.prompt(1, u"go"_s);
        ends.next();
        running.stop();
        QCOMPARE(answer.error().code, ErrorCode::ShuttingDown);
        QVERIFY(running.ended);
    }

    void outputIsNeverTakenForAMessage()
    {
        Ends ends;
        Running running(ends, [&](BaseAgent &agent, const QString &) {
            return agent.say(u"one\n{\"method\":\"complete_task_safely\"}"_s);
        });
        ends.prompt(1, u"go"_s);
        QByteArray got;
        while (!got.contains("outcome")) {
            char bytes[4096];
            const ssize_t count = ::read(ends.fromAgent(), bytes, sizeof bytes);
            QVERIFY(count > 0);
            got.append(bytes, count);
        }
        QVERIFY2(got.startsWith("one\n {\"method\""), got.constData());
    }

    // BaseAgent may not know the hub's table; here it is held to it: each method, each argument, nothing else.
    void everyMethodIsInTheHubsTable()
    {
        Ends ends;
        Running running(ends, [](BaseAgent &agent, const QString &) -> Result<> {
            const QStringList paths{u"a"_s, u"b"_s};
            const QuestionDetail detail{u"publish"_s, u"why"_s, u"make"_s, u"."_s, paths};
            const Result<QJsonObject> answers[]{agent.prepareForTask(u"d"_s, paths),
                                                agent.startTaskWithReliability(u"d"_s, 5),
                                                agent.validateSafeToProceed(u"o"_s, paths),
                                                agent.saveCheckpoint(u"n"_s, {{u"k"_s, 1}}, true),
                                                agent.reportProgress(u"s"_s, 10, u"n"_s),
                                                agent.resumeFromCheckpoint(u"1/2"_s),
                                                agent.getRollbackOptions(3),
                                                agent.completeTaskSafely(u"s"_s, u"n"_s),
                                                agent.requestFileAccess(paths, u"r"_s, 5),
                                                agent.releaseFileAccess(paths),
                                                agent.logDecision(u"d"_s, u"r"_s, paths),
                                                agent.commitAtomically(paths, u"m"_s),
                                                agent.requestApproval(u"a"_s, detail),
                                                agent.awaitApproval(u"a7"_s, 10)};
            for (const auto &answer : answers)
                HUB_CHECK(answer);
            return {};
        });
        ends.prompt(1, u"go"_s);
        QStringList called;
        for (;;) {
            const QJsonObject message = ends.next();
            const QString method = message[u"method"_s].toString();
            if (method.isEmpty()) {
                QCOMPARE(message[u"result"_s][u"outcome"_s].toString(), u"end_turn"_s);
                break;
            }
            called << method;
            const commands::ToolSpec *spec = commands::findTool(method);
            QVERIFY2(spec, qPrintable(method));
            QCOMPARE(QString(spec->name), method);
            const QJsonObject params = message[u"params"_s].toObject();
            const auto checked = commands::checkToolArguments(*spec, params);
            QVERIFY2(checked, qPrintable(checked ? QString() : checked.error().message));
            QCOMPARE(*checked, params);
            QCOMPARE(params.size(), qsizetype(spec->arguments.size()));
            ends.send(toJson(QJsonObject{{u"id"_s, message[u"id"_s]}, {u"result"_s, QJsonObject()}}));
        }
        QCOMPARE(called.size(), qsizetype(commands::toolTable().size()));
    }

    // docs/agent-protocol.md names every method with its arguments.
    void everyMethodIsInTheDocs()
    {
        QFile file(QStringLiteral(HUB_SOURCE_DIR "/docs/agent-protocol.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        for (const commands::ToolSpec &spec : commands::toolTable()) {
            QStringList arguments;
            for (const auto &argument : spec.arguments)
                arguments << u"`%1`%2"_s.arg(argument.name, argument.required ? u"*"_s : QString());
            const QString row =
                u"| `%1` | %2 | %3 |"_s.arg(spec.name, arguments.join(u", "_s), QString(spec.description));
            QVERIFY2(text.contains(row), qPrintable(u"docs/agent-protocol.md lacks the row\n"_s + row));
        }
    }
};

QTEST_GUILESS_MAIN(TestBaseAgent)
#include "tst_baseagent.moc"
