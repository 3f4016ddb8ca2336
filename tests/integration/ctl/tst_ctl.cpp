#include "tests/integration/ctl/hubfixture.h"

#include <QFile>
#include <QTimer>

#include <unistd.h>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

namespace
{

Reply preview(const QString &confirm)
{
    Reply reply;
    reply.title = u"14 files will be restored"_s;
    reply.data = {{u"restored"_s, 14}};
    reply.confirm = confirm;
    return reply;
}

QJsonObject message(int id, const QString &text)
{
    return {{u"task_id"_s, u"12"_s},  {u"message_id"_s, u"m%1"_s.arg(id)}, {u"at"_s, u"2026-01-31T14:05:06.789Z"_s},
            {u"from"_s, u"claude"_s}, {u"kind"_s, u"message"_s},           {u"text"_s, text}};
}

} // namespace

class TestCtl : public QObject
{
    Q_OBJECT

    std::unique_ptr<HubFixture> m_fixture;

    static QJsonObject json(const QByteArray &text) { return QJsonDocument::fromJson(text).object(); }

    // Runs a line of a real bash on a terminal of its own, typing `input`.
    static Ran onTerminal(const QString &line, const QByteArray &input)
    {
        return HubFixture::run(u"script"_s, {u"-qec"_s, line, u"/dev/null"_s}, input, {u"TERM=xterm"_s});
    }

private Q_SLOTS:
    void init()
    {
        m_fixture = std::make_unique<HubFixture>();
        QVERIFY(m_fixture->start().hasValue());
    }
    void cleanup() { m_fixture.reset(); }

    void answersAreTextOrJson()
    {
        const Ran text = HubFixture::runCtl({u"task-status"_s, u"#12"_s});
        QCOMPARE(text.code, 0);
        QCOMPARE(text.out, QByteArray("did task-status\n"));
        const Ran asJson = HubFixture::runCtl({u"st"_s, u"12"_s, u"--json"_s});
        QCOMPARE(json(asJson.out)[u"options"_s][u"task_id"_s].toString(), u"12"_s);
        QCOMPARE(json(asJson.out)[u"folder"_s].toString(), QDir::currentPath());
    }

    void exitCodesTellWhatHappened_data()
    {
        QTest::addColumn<int>("error");
        QTest::addColumn<int>("code");
        QTest::newRow("not found is a failure") << int(ErrorCode::NotFound) << 1;
        QTest::newRow("wrong input") << int(ErrorCode::InvalidInput) << 2;
        QTest::newRow("ambiguous") << int(ErrorCode::Ambiguous) << 2;
        QTest::newRow("needs confirmation") << int(ErrorCode::NeedsConfirmation) << 3;
        QTest::newRow("refused") << int(ErrorCode::Refused) << 4;
    }
    void exitCodesTellWhatHappened()
    {
        QFETCH(int, error);
        QFETCH(int, code);
        m_fixture->hub.onCommand = [error](const auto &) {
            return readyFuture<Reply>(Error{ErrorCode(error), u"What happened."_s, u"what to do"_s, {u"#12 a"_s}});
        };
        const Ran ran = HubFixture::runCtl({u"task-log"_s});
        QCOMPARE(ran.code, code);
        QCOMPARE(ran.out, QByteArray());
        QCOMPARE(ran.err, QByteArray("What happened.\n  - #12 a\n  what to do\n"));
        const Ran asJson = HubFixture::runCtl({u"task-log"_s, u"--json"_s});
        QCOMPARE(asJson.code, code);
        QCOMPARE(json(asJson.out)[u"error"_s][u"message"_s].toString(), u"What happened."_s);
        QCOMPARE(json(asJson.out)[u"error"_s][u"candidates"_s].toArray().size(), 1);
    }

    void withoutAHub()
    {
        m_fixture->server.reset();
        const Ran ran = HubFixture::runCtl({u"tasks"_s});
        QCOMPARE(ran.code, 5);
        QVERIFY(ran.err.startsWith("No hub is running for "));
        QVERIFY(ran.err.contains("Start it: agenthubd --data-dir "));
        QCOMPARE(HubFixture::runCtl({u"help"_s}).code, 0);
        QVERIFY(HubFixture::runCtl({u"version"_s}).out.startsWith("agenthubctl "));
        const Ran silent = HubFixture::runCtl({u"__complete"_s, u"task"_s});
        QCOMPARE(silent.code, 0);
        QVERIFY(silent.out.isEmpty() && silent.err.isEmpty());
    }

    void theDataFolderCanBeNamed()
    {
        const QStringList elsewhere{u"AGENTHUB_DATA_DIR=/nowhere"_s};
        QCOMPARE(HubFixture::run(HubFixture::ctl(), {u"tasks"_s}, {}, elsewhere).code, 5);
        QCOMPARE(
            HubFixture::run(HubFixture::ctl(), {u"tasks"_s, u"--data-dir"_s, m_fixture->dataDir()}, {}, elsewhere).code,
            0);
    }

    void wrongInputNeverReachesTheHub()
    {
        QCOMPARE(HubFixture::runCtl({u"taks"_s}).code, 2);
        QCOMPARE(HubFixture::runCtl({u"tasks"_s, u"--filter"_s, u"x"_s}).code, 2);
        QCOMPARE(HubFixture::runCtl({u"say"_s}).code, 2);
        QVERIFY(m_fixture->hub.calls.isEmpty());
    }

    void dangerousCommandsAskOrStop()
    {
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            return readyFuture<Reply>(call.yes || call.confirm == u"c1" ? FakeHub::echo(call) : preview(u"c1"_s));
        };
        const Ran stopped = HubFixture::runCtl({u"resume-task"_s, u"12"_s, u"12/3"_s}, "y\n");
        QCOMPARE(stopped.code, 3);
        QVERIFY(stopped.out.contains("14 files will be restored"));
        QVERIFY(stopped.err.contains("Nothing was changed."));
        QCOMPARE(m_fixture->hub.calls.size(), 1);
        QCOMPARE(json(HubFixture::runCtl({u"resume-task"_s, u"12"_s, u"--json"_s}).out)[u"confirm"_s].toString(),
                 u"c1"_s);
        QCOMPARE(HubFixture::runCtl({u"resume-task"_s, u"12"_s, u"--yes"_s}).out, QByteArray("did resume-task\n"));
        QCOMPARE(HubFixture::runCtl({u"resume-task"_s, u"12"_s, u"--dry-run"_s}).code, 0);
        QVERIFY(m_fixture->hub.calls.last().dryRun);
    }

    void aPersonIsAskedOnATerminal_data()
    {
        QTest::addColumn<QByteArray>("typed");
        QTest::addColumn<int>("code");
        QTest::newRow("a yes does it") << QByteArray("y\n") << 0;
        QTest::newRow("a no leaves it") << QByteArray("n\n") << 3;
        QTest::newRow("just Enter leaves it") << QByteArray("\n") << 3;
        QTest::newRow("the end of input leaves it") << QByteArray("\x04") << 3;
    }
    void aPersonIsAskedOnATerminal()
    {
        QFETCH(QByteArray, typed);
        QFETCH(int, code);
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            return readyFuture<Reply>(call.confirm == u"c1" ? FakeHub::echo(call) : preview(u"c1"_s));
        };
        const Ran ran = onTerminal(HubFixture::ctl() + u" rollback undo"_s, typed);
        QVERIFY2(ran.out.contains("Do this? [y/N]"), ran.out.constData());
        QCOMPARE(ran.code, code);
        QCOMPARE(m_fixture->hub.calls.size(), code == 0 ? 2 : 1);
        QCOMPARE(ran.out.contains("did rollback undo"), code == 0);
    }

    void aChangedPreviewIsAskedAgain()
    {
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            return readyFuture<Reply>(call.confirm == u"c2" ? FakeHub::echo(call)
                                                            : preview(call.confirm.isEmpty() ? u"c1"_s : u"c2"_s));
        };
        const Ran ran = onTerminal(HubFixture::ctl() + u" rollback undo"_s, "y\ny\n");
        QCOMPARE(ran.code, 0);
        QCOMPARE(ran.out.count("[y/N]"), 2);
    }

    void messagesCanBeWrittenInAnEditor()
    {
        QFile editor(m_fixture->home() + u"/editor"_s);
        QVERIFY(editor.open(QIODevice::WriteOnly));
        editor.write("#!/bin/sh\nprintf 'two\\nlines\\n# a remark\\n' > \"$1\"\n");
        editor.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        editor.close();
        const Ran ran = onTerminal(u"EDITOR=%1 %2 say --task_id 12"_s.arg(editor.fileName(), HubFixture::ctl()), {});
        QCOMPARE(ran.code, 0);
        QCOMPARE(m_fixture->hub.calls[0].options[u"message"_s].toString(), u"two\nlines"_s);
        QCOMPARE(HubFixture::runCtl({u"say"_s, u"-"_s}, "from a pipe\n").code, 0);
        QCOMPARE(m_fixture->hub.calls[1].options[u"message"_s].toString(), u"from a pipe"_s);
    }

    void nothingControlsTheTerminal()
    {
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            Reply reply;
            reply.title = u"\x1b]0;owned\x07title"_s;
            reply.data = {{u"path"_s, u"/x\x1b[2J"_s}, {u"c1"_s, u"\u009b2J"_s}};
            if (call.options.contains(u"project"_s))
                return readyFuture<Reply>(fail(ErrorCode::NotFound, u"no \x1b[31mproject"_s));
            return readyFuture<Reply>(reply);
        };
        const auto clean = [](const QByteArray &bytes) {
            return !bytes.contains('\x1b') && !bytes.contains('\x07') && !bytes.contains("\xc2\x9b");
        };
        QVERIFY(clean(HubFixture::runCtl({u"tasks"_s}).out));
        QVERIFY(clean(HubFixture::runCtl({u"tasks"_s, u"--json"_s}).out));
        QVERIFY(clean(HubFixture::runCtl({u"tasks"_s, u"--project"_s, u"x"_s}).err));
        QVERIFY(clean(HubFixture::runCtl({u"tasks"_s, u"--filter"_s, u"\x1b[2J"_s}).err));
        QVERIFY(!onTerminal(HubFixture::ctl() + u" st 12 --path"_s, {}).out.contains("\x1b[2J"));
    }

    void thePathOfATask()
    {
        m_fixture->hub.onCommand = [](const CommandCall &) {
            Reply reply;
            reply.data = {{u"path"_s, u"/home/ana/a b"_s}};
            return readyFuture<Reply>(reply);
        };
        QCOMPARE(HubFixture::runCtl({u"st"_s, u"12"_s, u"--path"_s}).out, QByteArray("/home/ana/a b\n"));
        m_fixture->hub.onCommand = nullptr;
        QCOMPARE(HubFixture::runCtl({u"st"_s, u"12"_s, u"--path"_s}).code, 1);
    }

    void theOverviewIsTenLines()
    {
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            Reply reply;
            reply.title = call.command;
            reply.tables = {{{}, {u"id"_s}, {}, {}}};
            for (int i = 0; i < 30; ++i)
                reply.tables[0].rows << QStringList{QString::number(i)};
            return readyFuture<Reply>(reply);
        };
        const Ran ran = HubFixture::runCtl({});
        QCOMPARE(ran.code, 0);
        QCOMPARE(ran.out.count('\n'), 10);
        QCOMPARE(m_fixture->hub.calls[0].options[u"filter"_s].toString(), u"needs-me"_s);
        QVERIFY(ran.out.contains("agenthubctl tasks needs-me"));
    }

    void aToolCallOutlivesTheHub()
    {
        QList<std::shared_ptr<QPromise<Result<QJsonObject>>>> open;
        m_fixture->hub.onTool = [&open](const ToolCall &) {
            open << std::make_shared<QPromise<Result<QJsonObject>>>();
            open.last()->start();
            return open.last()->future();
        };
        QProcess process;
        process.start(HubFixture::ctl(), {u"tool"_s, u"report-progress"_s, u"--step"_s, u"one"_s, u"--percent=40"_s});
        QTRY_COMPARE(m_fixture->hub.tools.size(), 1);
        m_fixture->server.reset();
        QTest::qWait(500);
        QCOMPARE(process.state(), QProcess::Running);
        m_fixture->hub.onTool = nullptr;
        QVERIFY(m_fixture->start().hasValue());
        const Ran ran = HubFixture::finished(process);
        QCOMPARE(ran.code, 0);
        QCOMPARE(m_fixture->hub.tools.size(), 2);
        QCOMPARE(m_fixture->hub.tools[0].key, m_fixture->hub.tools[1].key);
        QCOMPARE(json(ran.out)[u"arguments"_s][u"percent"_s].toInt(), 40);
        HubFixture::runCtl({u"tool"_s, u"report-progress"_s, u"--step"_s, u"one"_s});
        QVERIFY(m_fixture->hub.tools[2].key != m_fixture->hub.tools[1].key);
    }

    void theLogGoesAlongOverARestart()
    {
        QJsonArray log{message(1, u"one"_s), message(2, u"two\nlines"_s)};
        m_fixture->hub.onCommand = [&log](const CommandCall &) {
            Reply reply;
            reply.title = u"#12 fix"_s;
            reply.data = {{u"task_id"_s, u"12"_s}, {u"messages"_s, log}};
            return readyFuture<Reply>(reply);
        };
        QProcess process;
        process.start(HubFixture::ctl(), {u"log"_s, u"12"_s, u"--follow"_s});
        QByteArray out;
        const auto shows = [&](const QByteArray &text) {
            out += process.readAllStandardOutput();
            return out.contains(text);
        };
        QTRY_VERIFY(shows("lines\n"));
        Q_EMIT m_fixture->hub.eventHappened({u"message"_s, message(2, u"two\nlines"_s)}); // already shown
        Q_EMIT m_fixture->hub.eventHappened({u"message"_s, message(3, u"three \x1b[2J"_s)});
        QTRY_VERIFY(shows("three"));
        m_fixture->server.reset();
        log << message(3, u"three"_s) << message(4, u"while it was away"_s);
        QTest::qWait(400);
        QVERIFY(m_fixture->start().hasValue());
        QTRY_VERIFY(shows("while it was away"));
        Q_EMIT m_fixture->hub.eventHappened({u"message"_s, message(5, u"five"_s)});
        QTRY_VERIFY(shows("five"));
        for (const char *text : {"one", "two", "three", "while", "five"})
            QCOMPARE(out.count(text), 1);
        QVERIFY(!out.contains('\x1b'));
        QCOMPARE(out.count("#12 fix"), 1);
        process.kill();
        process.waitForFinished();
    }

    void waitingForATask_data()
    {
        QTest::addColumn<QString>("wanted");
        QTest::addColumn<QString>("becomes");
        QTest::addColumn<int>("code");
        QTest::newRow("the state is reached") << u"completed"_s << u"completed"_s << 0;
        QTest::newRow("dashes or underscores") << u"needs-review"_s << u"needs_review"_s << 0;
        QTest::newRow("settled is whatever needs somebody") << u"settled"_s << u"awaiting_approval"_s << 0;
        QTest::newRow("never to be reached") << u"completed"_s << u"cancelled"_s << 1;
        QTest::newRow("not in time") << u"completed"_s << u"running"_s << 124;
    }
    void waitingForATask()
    {
        QFETCH(QString, wanted);
        QFETCH(QString, becomes);
        QFETCH(int, code);
        QString state = u"running"_s;
        m_fixture->hub.onCommand = [&state](const CommandCall &) {
            Reply reply;
            reply.data = {{u"task_id"_s, u"12"_s}, {u"state"_s, state}};
            return readyFuture<Reply>(reply);
        };
        QProcess process;
        process.start(HubFixture::ctl(), {u"wait"_s, u"12"_s, u"--for"_s, wanted, u"--timeout"_s, u"2"_s});
        QTRY_VERIFY(!m_fixture->hub.calls.isEmpty());
        QCOMPARE(process.state(), QProcess::Running);
        state = becomes;
        Q_EMIT m_fixture->hub.eventHappened({u"task"_s, {{u"task_id"_s, u"12"_s}, {u"state"_s, state}}});
        QCOMPARE(HubFixture::finished(process).code, code);
    }

    void bashCompletes_data()
    {
        QTest::addColumn<QString>("typed"); // the last word is being completed
        QTest::addColumn<QString>("offers");
        QTest::newRow("commands") << u"agenthubctl pause"_s << u"pause-agent pause-task"_s;
        QTest::newRow("subcommands") << u"agenthubctl rollback "_s
                                     << u"commit file git_backup show task_checkpoint undo"_s;
        QTest::newRow("options") << u"agenthubctl task-diff --f"_s << u"--file --from"_s;
        QTest::newRow("options of a subcommand")
            << u"agenthubctl safe-mode disable --c"_s << u"--clear_pauses --config"_s;
        QTest::newRow("choices by name") << u"agenthubctl assign-task x --priority "_s << u"high low medium urgent"_s;
        QTest::newRow("choices after an equals sign")
            << u"agenthubctl assign-task x --priority="_s << u"high low medium urgent"_s;
        QTest::newRow("choices by position") << u"agenthubctl tasks n"_s << u"needs-me"_s;
        QTest::newRow("tasks from the hub") << u"agenthubctl task-status "_s << u"12 13"_s;
        QTest::newRow("tasks for a short form") << u"agenthubctl st 1"_s << u"12 13"_s;
        QTest::newRow("agents, with dashes for underscores") << u"agenthubctl pause_agent c"_s << u"claude"_s;
        QTest::newRow("tools") << u"agenthubctl tool save"_s << u"save-checkpoint"_s;
        QTest::newRow("nothing for free text") << u"agenthubctl emergency-stop "_s << u""_s;
    }
    void bashCompletes()
    {
        QFETCH(QString, typed);
        QFETCH(QString, offers);
        m_fixture->hub.onCommand = [](const CommandCall &call) {
            Reply reply;
            Table table;
            if (call.command == u"tasks")
                table.rows = {{u"#12"_s, u"fix"_s}, {u"13"_s, u"$(touch /tmp/owned)"_s}, {u"$(id)"_s, u"`id`"_s}};
            else if (call.command == u"agents list")
                table.rows = {{u"claude"_s}, {u"codex; rm -rf /"_s}};
            reply.tables = {table};
            return readyFuture<Reply>(reply);
        };
        const QString script =
            u"PATH=\"%1:$PATH\"; source <(agenthubctl completion bash)\n"
            "words=%2\n"
            "COMP_WORDS=(${words//=/ = }); [[ $words == *' ' || $words == *= ]] && COMP_WORDS+=('')\n"
            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _agenthubctl\n"
            "printf '%s\\n' \"${COMPREPLY[@]}\" | sort | paste -sd ' '\n"_s.arg(QStringLiteral(HUB_BIN_DIR),
                                                                                u'\'' + typed + u'\'');
        const Ran ran = HubFixture::run(u"bash"_s, {u"--norc"_s, u"-c"_s, script});
        QCOMPARE(QString::fromUtf8(ran.err), QString());
        QCOMPARE(QString::fromUtf8(ran.out).trimmed(), offers);
    }

    void itLinksNoDatabase()
    {
        const Ran ran = HubFixture::run(u"ldd"_s, {HubFixture::ctl()});
        QVERIFY(ran.out.contains("libQt6Core"));
        for (const char *library : {"Qt6Sql", "sqlite", "git2", "Qt6Gui", "WebSockets"})
            QVERIFY2(!ran.out.contains(library), library);
    }
};

QTEST_GUILESS_MAIN(TestCtl)
#include "tst_ctl.moc"
