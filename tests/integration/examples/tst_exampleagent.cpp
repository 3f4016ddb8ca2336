// The example agents as processes, with a scripted hub at the other end of their pipes.
#include "core/agents/brief.h"
#include "tests/support/stdiohub.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace hub;
using hub::test::StdioHub;

namespace
{

const QString agentProgram = QStringLiteral(HUB_BIN_DIR "/agenthub-example-agent");

class Tree
{
public:
    QString path() const { return m_folder.path(); }
    QByteArray read(const QString &name) const
    {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
    }
    void write(const QString &name, const QByteArray &bytes) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write");
    }
    bool has(const QString &name) const { return QFile::exists(m_folder.filePath(name)); }

private:
    QTemporaryDir m_folder;
};

// A hub that keeps what save_checkpoint gives it, as the real one does.
void keepContext(StdioHub &hub, QJsonObject &context)
{
    hub.methods[u"save_checkpoint"_s] = [&context](const QJsonObject &arguments) -> Result<QJsonObject> {
        context = arguments[u"context"_s].toObject();
        return QJsonObject{{u"checkpoint_id"_s, u"1/1"_s}};
    };
    hub.methods[u"resume_from_checkpoint"_s] = [&context](const QJsonObject &) -> Result<QJsonObject> {
        return QJsonObject{{u"context"_s, context}};
    };
}

QString briefOf(const QString &description, const QString &next)
{
    Task task{
        .id = TaskId::of(1),
        .spec = {.project = *ProjectName::parse(u"p"), .agent = *AgentName::parse(u"a"), .description = description},
        .step = u"half"_s};
    const QList<Message> talk{{.role = u"person"_s, .kind = u"prompt"_s, .body = description},
                              {.role = u"agent"_s, .kind = u"output"_s, .body = u"write told.txt by the agent"_s}};
    return agents::resumeBrief({.task = task, .conversation = talk, .last = {}, .next = next});
}

} // namespace

class TestExampleAgent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPromptWithoutWorkGetsTheStory()
    {
        Tree tree;
        StdioHub hub;
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        const auto ended = hub.turn(u"Please improve this repository."_s);
        QVERIFY(ended);
        QCOMPARE(ended->outcome, u"end_turn"_s);
        QVERIFY(tree.read(u"EXAMPLE.md"_s).startsWith("# Example\n"));
        const QStringList called = hub.methodsCalled();
        QCOMPARE(called.count(u"report_progress"_s), 5);
        QVERIFY(called.count(u"save_checkpoint"_s) >= 3);
        QCOMPARE(called.last(), u"complete_task_safely"_s);
        QCOMPARE(hub.finish(), 0);
    }

    void linesAreDoneInOrder()
    {
        Tree tree;
        tree.write(u"old.txt"_s, "old\n");
        StdioHub hub;
        hub.methods[u"request_approval"_s] = [](const QJsonObject &) -> Result<QJsonObject> {
            return QJsonObject{{u"approval_id"_s, u"a7"_s}, {u"state"_s, u"open"_s}};
        };
        hub.methods[u"await_approval"_s] = [](const QJsonObject &) -> Result<QJsonObject> {
            return QJsonObject{{u"state"_s, u"denied"_s}, {u"reason"_s, u"not today"_s}};
        };
        hub.methods[u"request_file_access"_s] = [](const QJsonObject &) -> Result<QJsonObject> {
            return QJsonObject{{u"granted"_s, false}, {u"reasons"_s, QJsonArray{u"#2 holds it."_s}}};
        };
        hub.methods[u"commit_atomically"_s] = [](const QJsonObject &) -> Result<QJsonObject> {
            return fail(ErrorCode::Refused, u"main is protected"_s);
        };
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        const auto ended = hub.turn(u"Some words first.\n"
                                    "say {\"method\":\"complete_task_safely\"}\n"
                                    "write sub/new.txt one\\ntwo\\n\n"
                                    "append sub/new.txt three\\n\n"
                                    "delete old.txt\n"
                                    "run cat sub/new.txt; exit 3\n"
                                    "ask Push the branch\n"
                                    "claim src\n"
                                    "commit All of it -- sub/new.txt old.txt\n"
                                    "step Nearly there 80\n"
                                    "decide Keep it\n"_s);
        QVERIFY(ended);
        QCOMPARE(ended->outcome, u"end_turn"_s);
        QCOMPARE(tree.read(u"sub/new.txt"_s), "one\ntwo\nthree\n");
        QVERIFY(!tree.has(u"old.txt"_s));
        QCOMPARE(hub.output, (QStringList{u" {\"method\":\"complete_task_safely\"}"_s, u"one"_s, u"two"_s, u"three"_s,
                                          u"exit code 3"_s, u"answered: denied: not today"_s,
                                          u"not granted: #2 holds it."_s, u"refused: main is protected"_s}));
        for (const auto &call : hub.calls) {
            if (call.method == u"commit_atomically") {
                QCOMPARE(call.arguments[u"message"_s].toString(), u"All of it"_s);
                QCOMPARE(call.arguments[u"paths"_s].toArray(), (QJsonArray{u"sub/new.txt"_s, u"old.txt"_s}));
            } else if (call.method == u"report_progress") {
                QCOMPARE(call.arguments[u"percent"_s].toInt(), 80);
                QCOMPARE(call.arguments[u"step"_s].toString(), u"Nearly there"_s);
            }
        }
    }

    void anErrorEndsTheTurn()
    {
        Tree tree;
        StdioHub hub;
        hub.methods[u"commit_atomically"_s] = [](const QJsonObject &) -> Result<QJsonObject> {
            return fail(ErrorCode::Storage, u"no disk"_s);
        };
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        const auto ended = hub.turn(u"commit x a\nwrite late.txt x"_s);
        QVERIFY(ended);
        QCOMPARE(ended->outcome, u"error"_s);
        QVERIFY(ended->text.contains(u"no disk"));
        QVERIFY(!tree.has(u"late.txt"_s));
    }

    void aCancelEndsASleep()
    {
        Tree tree;
        StdioHub hub;
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        const qint64 prompt = hub.prompt(u"say begun\nsleep 60000\nwrite late.txt x"_s);
        QVERIFY(!hub.serve(300));
        hub.cancel(prompt);
        const auto ended = hub.serve(5000);
        QVERIFY(ended);
        QCOMPARE(ended->outcome, u"cancelled"_s);
        QVERIFY(!tree.has(u"late.txt"_s));
    }

    // The prompt of the new process holds the whole task again, and the conversation with lines that look like work.
    void aResumedAgentDoesNothingTwice_data()
    {
        QTest::addColumn<QString>("next");
        QTest::addColumn<QByteArray>("more");
        QTest::newRow("only goes on") << QString() << QByteArray("(missing)");
        QTest::newRow("is told more") << u"write more.txt new"_s << QByteArray("new");
    }

    void aResumedAgentDoesNothingTwice()
    {
        QFETCH(QString, next);
        QFETCH(QByteArray, more);
        Tree tree;
        StdioHub hub;
        QJsonObject context;
        keepContext(hub, context);
        const QString description = u"append log.txt 1\\n\nappend log.txt 2\\n\ncrash\nappend log.txt 3\\n"_s;
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        QVERIFY(!hub.turn(description));
        QCOMPARE(hub.process().exitStatus(), QProcess::CrashExit);
        QCOMPARE(tree.read(u"log.txt"_s), "1\n2\n");
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        const auto ended = hub.turn(briefOf(description, next));
        QVERIFY(ended);
        QCOMPARE(ended->outcome, u"end_turn"_s);
        QCOMPARE(tree.read(u"log.txt"_s), "1\n2\n3\n");
        QCOMPARE(tree.read(u"more.txt"_s), more);
        QVERIFY(!tree.has(u"told.txt"_s));
    }

    // Killed at any moment, resumed, killed again: every step is there once.
    void killedAtAnyMoment()
    {
        Tree tree;
        StdioHub hub;
        QJsonObject context;
        keepContext(hub, context);
        QString description;
        QByteArray expected;
        for (int i = 0; i < 12; ++i) {
            description += u"append log.txt %1;\n"_s.arg(i);
            expected += QByteArray::number(i) + ';';
        }
        int calls = 0;
        bool die = false;
        hub.beforeAnswer = [&](const agents::Asked &asked) {
            // Before the save is kept: the step is done, but nobody knows.
            die = ++calls % 3 == 0 && asked.method == u"save_checkpoint";
            if (die)
                hub.process().kill();
        };
        auto &save = hub.methods[u"save_checkpoint"_s];
        save = [&die, keep = save](const QJsonObject &arguments) -> Result<QJsonObject> {
            return die ? Result<QJsonObject>(QJsonObject()) : keep(arguments);
        };
        std::optional<agents::Answered> ended;
        int lives = 0;
        for (; lives < 40 && !ended; ++lives) {
            QVERIFY(hub.start(agentProgram, {}, tree.path()));
            ended = hub.turn(context.isEmpty() ? description : briefOf(description, {}));
        }
        QVERIFY(ended);
        QVERIFY(lives > 4);
        QCOMPARE(tree.read(u"log.txt"_s), expected);
    }

    void ruinLeavesNothingWhole()
    {
        Tree tree;
        QProcess git;
        git.setWorkingDirectory(tree.path());
        git.start(u"sh"_s, {u"-c"_s, u"git init -q -b agent/x/1 . && echo a > a && echo b > b && git add . && "
                                     "git -c user.name=P -c user.email=p@example.org commit -qm one"_s});
        QVERIFY(git.waitForFinished());
        QCOMPARE(git.exitCode(), 0);
        StdioHub hub;
        QVERIFY(hub.start(agentProgram, {}, tree.path()));
        QVERIFY(hub.turn(u"ruin"_s));
        QCOMPARE(tree.read(u"a"_s), "ruined\n");
        QVERIFY(!tree.has(u"b"_s));
        QVERIFY(tree.has(u"litter/3.tmp"_s));
        git.start(u"git"_s, {u"for-each-ref"_s});
        QVERIFY(git.waitForFinished());
        QCOMPARE(git.readAllStandardOutput(), QByteArray());
    }

    void theMinimalAgentInPython()
    {
        Tree tree;
        StdioHub hub;
        QVERIFY(hub.start(u"python3"_s, {QStringLiteral(HUB_SOURCE_DIR "/examples/minimal_agent.py")}, tree.path()));
        for (int i = 0; i < 2; ++i) {
            const auto ended = hub.turn(u"say\nhello"_s);
            QVERIFY(ended);
            QCOMPARE(ended->outcome, u"end_turn"_s);
        }
        QCOMPARE(tree.read(u"hello.txt"_s), "hello\n");
        QCOMPARE(hub.methodsCalled(),
                 (QStringList{u"report_progress"_s, u"save_checkpoint"_s, u"report_progress"_s, u"save_checkpoint"_s}));
        QCOMPARE(hub.output, QStringList(2, u"I was asked: say hello"_s));
        QCOMPARE(hub.calls.last().id.toInteger(), 4);
        QCOMPARE(hub.finish(), 0);
    }
};

QTEST_GUILESS_MAIN(TestExampleAgent)
#include "tst_exampleagent.moc"
