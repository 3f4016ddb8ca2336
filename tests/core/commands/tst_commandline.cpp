#include "core/base/json.h"
#include "core/commands/commandline.h"
#include "core/commands/toolline.h"

#include <QProcess>
#include <QTest>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

namespace
{

constexpr PlumbingSpec plumbing[]{{"tool"_L1, "For agents"_L1}, {"__complete"_L1, "For the shell"_L1, true}};

Result<CommandLine> parsed(const QString &typed) { return parseCommandLine(QProcess::splitCommand(typed), plumbing); }

} // namespace

class TestCommandLine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void linesBecomeCalls_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("command");
        QTest::addColumn<QByteArray>("options");
        const auto row = [](const char *name, const char *typed, const char *command, const char *options) {
            QTest::newRow(name) << QString::fromLatin1(typed) << QString::fromLatin1(command) << QByteArray(options);
        };
        row("one word", "tasks", "tasks", "{}");
        row("two words", "rollback show", "rollback show", "{}");
        row("a bare group is its first subcommand", "projects", "projects list", "{}");
        row("a bare group with an option", "rollback --limit 3", "rollback show", R"({"limit":3})");
        row("underscore for dash in a command", "pause_task 12", "pause-task", R"({"task_id":"12"})");
        row("dash for underscore in a command", "rollback task-checkpoint claude 12 12/3", "rollback task_checkpoint",
            R"({"agent":"claude","checkpoint_id":"12/3","task_id":"12"})");
        row("options by position", "resume-task 12 12/3", "resume-task", R"({"checkpoint_id":"12/3","task_id":"12"})");
        row("a checkpoint's id is no agent", "rollback task_checkpoint 12/3", "rollback task_checkpoint",
            R"({"checkpoint_id":"12/3"})");
        row("a number is a task rather than an agent", "rollback show 12", "rollback show", R"({"task_id":"12"})");
        row("a checkpoint's id is no task", "resume-task 12/3", "resume-task", R"({"checkpoint_id":"12/3"})");
        row("a hash before a task", "task-status #12", "task-status", R"({"task_id":"12"})");
        row("options by name, with a space", "task-diff --from 12/1 --to 12/3", "task-diff",
            R"({"from":"12/1","to":"12/3"})");
        row("options by name, with an equals sign", "task-diff --from=12/1 --stat", "task-diff",
            R"({"from":"12/1","stat":true})");
        row("dash for underscore in an option", "say hello --task-id 12", "say",
            R"({"message":"hello","task_id":"12"})");
        row("a flag can be refused by the next word", "safe-mode disable --clear-pauses no done", "safe-mode disable",
            R"({"clear_pauses":false,"notes":"done"})");
        row("a flag can be refused", "safe-mode disable --clear-pauses=no", "safe-mode disable",
            R"({"clear_pauses":false})");
        row("one before the last checkpoint is no option", "resume-task 12 -1", "resume-task",
            R"({"checkpoint_id":"-1","task_id":"12"})");
        row("a named option frees its position", "resume-task --task_id 12 last", "resume-task",
            R"({"checkpoint_id":"last","task_id":"12"})");
        row("the rest is one text", "say please add a test --task_id 12 too", "say",
            R"({"message":"please add a test too","task_id":"12"})");
        row("the rest after others", "deny a7 use the staging server", "deny",
            R"({"approval_id":"a7","reason":"use the staging server"})");
        row("two dashes end the options", "say --task_id 12 -- --json is a word", "say",
            R"({"message":"--json is a word","task_id":"12"})");
        row("an option's value may begin with dashes", "say --message --hello", "say", R"({"message":"--hello"})");
        row("a command line keeps its own options", "agents add mine run -c a --yes", "agents add",
            R"({"agent":"mine","command":"run -c a --yes"})");
        row("short form new", "new fix it", "assign-task", R"({"description":"fix it"})");
        row("short form undo", "undo op-81", "rollback undo", R"({"operation_id":"op-81"})");
        row("common options before the command", "--json --data-dir /tmp/x tasks", "tasks", "{}");
        row("a choice by its own spelling", "assign-task x --mode in_place", "assign-task",
            R"({"description":"x","mode":"in-place"})");
        row("a value for config", "config set monitor/interval 60", "config set",
            R"({"key":"monitor/interval","value":"60"})");
    }
    void linesBecomeCalls()
    {
        QFETCH(QString, typed);
        QFETCH(QString, command);
        QFETCH(QByteArray, options);
        const auto line = parsed(typed);
        QVERIFY2(line.hasValue(), line ? "" : qPrintable(line.error().message));
        QCOMPARE(int(line->kind), int(CommandLine::Kind::Command));
        QCOMPARE(line->call.command, command);
        QCOMPARE(toJson(line->call.options), options);
    }

    void commonOptionsAreTaken()
    {
        const auto line = parsed(u"cancel-task 12 --yes --json --data_dir=/a --config /b --dry-run"_s);
        QVERIFY(line.hasValue());
        QVERIFY(line->json && line->call.yes && line->call.dryRun);
        QCOMPARE(line->dataDir, u"/a"_s);
        QCOMPARE(line->config, u"/b"_s);
        QVERIFY(parsed(u"task-log 12 --follow"_s)->follow);
        QVERIFY(parsed(u"st 12 --path"_s)->path);
    }

    void wrongLinesAreExplained_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const char *typed, const char *says) {
            QTest::newRow(name) << QString::fromLatin1(typed) << QString::fromLatin1(says);
        };
        row("unknown command with a near miss", "taks", "There is no command 'taks'. Did you mean 'tasks'?");
        row("unknown command without one", "frobnicate", "There is no command 'frobnicate'.");
        row("hidden words are not offered", "__complte", "There is no command '__complte'.");
        row("unknown subcommand", "rollback shw",
            "rollback has no 'shw'; it has show, task_checkpoint, git_backup, commit, file, undo. Did you mean "
            "'show'?");
        row("unknown option", "tasks --filtr open", "tasks has no option '--filtr'. Did you mean '--filter'?");
        row("an option of another command", "tasks --follow", "tasks has no option '--follow'.");
        row("one word too many", "task-status 12 13", "'13' is one word too many for task-status.");
        row("a missing value", "task-diff --from", "--from needs a value after it: Compare from this checkpoint.");
        row("given twice", "task-diff --from 1 --from 2", "--from is given twice.");
        row("a wrong choice", "tasks --filter opne",
            "tasks: filter takes one of needs-me, open, mine, done, all, not 'opne'. Did you mean 'open'?");
        row("not a number", "task-log 12 many", "task-log: limit takes a whole number of 0 or more, not 'many'.");
        row("a missing option", "pause-agent", "pause-agent needs name: The agent, or all.");
        row("no preview to show", "pause-task 12 --dry-run",
            "pause-task has no preview, so --dry-run is refused; nothing was done.");
        row("data-dir without a path", "tasks --data-dir", "--data-dir needs a path after it.");
        row("unknown option before the command", "--jsno tasks",
            "Unknown option '--jsno' before the command. Did you mean '--json'?");
        row("help for nothing", "help taks", "There is no command 'taks'. Did you mean 'tasks'?");
    }
    void wrongLinesAreExplained()
    {
        QFETCH(QString, typed);
        QFETCH(QString, says);
        const auto line = parsed(typed);
        QVERIFY(!line.hasValue());
        QCOMPARE(int(line.error().code), int(ErrorCode::InvalidInput));
        QCOMPARE(line.error().message, says);
        QVERIFY(!line.error().hint.isEmpty());
    }

    void otherKinds()
    {
        QCOMPARE(int(parsed(u""_s)->kind), int(CommandLine::Kind::Overview));
        QVERIFY(parsed(u"--json"_s)->json);
        QCOMPARE(int(parsed(u"help"_s)->kind), int(CommandLine::Kind::Help));
        QCOMPARE(int(parsed(u"--help"_s)->kind), int(CommandLine::Kind::Help));
        QVERIFY(parsed(u"rollback file --help"_s)->text.startsWith(u"rollback file: "));
        QVERIFY(parsed(u"help rollback file"_s)->text.startsWith(u"rollback file: "));
        QVERIFY(parsed(u"help rollback_show"_s)->text.startsWith(u"rollback show: "));
        QVERIFY(parsed(u"help safe_mode_enable"_s)->text.startsWith(u"safe-mode enable: "));
        QVERIFY(parsed(u"help log"_s)->text.startsWith(u"task-log: "));
        QVERIFY(parsed(u"help projects"_s)->text.contains(u"projects add"));
        const auto tool = parsed(u"tool save-checkpoint --notes x"_s);
        QCOMPARE(tool->plumbing, u"tool"_s);
        QCOMPARE(tool->words, QStringList({u"save-checkpoint"_s, u"--notes"_s, u"x"_s}));
        QCOMPARE(parsed(u"say --task_id 12"_s)->missingText, u"message"_s);
    }

    void toolLines_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QByteArray>("arguments"); // empty: refused
        QTest::newRow("names and values") << u"save-checkpoint --notes \"half way\" --milestone"_s
                                          << QByteArray(R"({"milestone":true,"notes":"half way"})");
        QTest::newRow("a list by repeating")
            << u"request_file_access --paths a --paths=b"_s << QByteArray(R"({"paths":["a","b"]})");
        QTest::newRow("from standard input") << u"report-progress -"_s << QByteArray(R"({"step":"one"})");
        QTest::newRow("nothing needed") << u"validate-safe-to-proceed"_s << QByteArray("{}");
        QTest::newRow("a positional is refused") << u"save-checkpoint hello"_s << QByteArray();
        QTest::newRow("an unknown tool is refused") << u"save-chekpoint"_s << QByteArray();
        QTest::newRow("a missing value is refused") << u"save-checkpoint --notes"_s << QByteArray();
        QTest::newRow("broken JSON is refused") << u"save-checkpoint {"_s << QByteArray();
    }
    void toolLines()
    {
        QFETCH(QString, typed);
        QFETCH(QByteArray, arguments);
        const auto line = parseToolLine(QProcess::splitCommand(typed), R"({"step":"one"})");
        QCOMPARE(line.hasValue(), !arguments.isEmpty());
        if (line)
            QCOMPARE(toJson(line->arguments), arguments);
    }

    void aToolTakesOneJsonObject()
    {
        const auto line = parseToolLine({u"report-progress"_s, u"{\"step\":\"two\",\"percent\":40}"_s}, {});
        QVERIFY(line.hasValue());
        QCOMPARE(line->arguments[u"percent"_s].toInt(), 40);
        QVERIFY(parseToolLine({}, {})->help.contains(u"commit-atomically"_s));
        QVERIFY(parseToolLine({u"log-decision"_s, u"--help"_s}, {})->help.contains(u"--alternatives"_s));
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
