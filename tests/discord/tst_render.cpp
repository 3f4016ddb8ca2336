#include "headless/discord/markup.h"
#include "headless/discord/nextstep.h"
#include "headless/discord/render.h"
#include "tests/discord/rules.h"

#include <QRandomGenerator>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace hub::commands;
using namespace Qt::StringLiterals;

namespace
{

const Instant now = fromMillis(1'780'000'000'000);

struct Bench {
    CustomIds ids{QByteArray(32, 'k')};
    MessageBody of(const Reply &reply, const CommandCall &call = {})
    {
        return discord::render(reply, {.ids = ids, .now = now, .call = call, .footer = u"Ben"_s});
    }
    MessageBody of(const Error &error, const CommandCall &call = {})
    {
        return discord::render(error, {.ids = ids, .now = now, .call = call});
    }
};

QString wrongWith(const MessageBody &body)
{
    QStringList wrong = rules::message(body.json, {.files = body.files.size()});
    for (const QJsonValue &embed : body.json["embeds"_L1].toArray()) {
        if (embed["description"_L1].toString().count(u"```"_s) % 2 != 0)
            wrong << u"a block of code is not closed"_s;
    }
    if (body.json["allowed_mentions"_L1] != QJsonObject{{u"parse"_s, QJsonArray()}})
        wrong << u"mentions may fire"_s;
    return wrong.join(u'\n');
}

QString descriptions(const MessageBody &body)
{
    QString all;
    for (const QJsonValue &embed : body.json["embeds"_L1].toArray())
        all += embed["title"_L1].toString() + u'\n' + embed["description"_L1].toString() + u'\n';
    return all;
}

QStringList buttonLabels(const MessageBody &body)
{
    QStringList labels;
    for (const QJsonValue &row : body.json["components"_L1].toArray()) {
        for (const QJsonValue &part : row["components"_L1].toArray())
            labels << (part["type"_L1].toInt() == 2 ? part["label"_L1] : part["placeholder"_L1]).toString();
    }
    return labels;
}

Result<Press> pressOf(Bench &bench, const MessageBody &body, int row, int column)
{
    return bench.ids.read(
        body.json["components"_L1].toArray()[row]["components"_L1].toArray()[column]["custom_id"_L1].toString());
}

QString longText(int characters)
{
    QString text;
    while (text.size() < characters)
        text += u"Zeile mit *Stern*, `code` und 😀 "_s + (text.size() % 7 == 0 ? u"\n"_s : u""_s);
    return text;
}

Table wideTable(int rows)
{
    Table table{.title = u"Tasks"_s, .columns = {u"task"_s, u"state"_s, u"title"_s}};
    for (int i = 0; i < rows; ++i)
        table.rows << QStringList{u"#%1"_s.arg(i), u"needs review"_s,
                                  u"a title that is rather long, number %1"_s.arg(i)};
    return table;
}

} // namespace

Q_DECLARE_METATYPE(hub::commands::Reply)

class TestRender : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyReplyIsWithinDiscordsSizes_data()
    {
        QTest::addColumn<Reply>("reply");
        QTest::addColumn<bool>("attached"); // all of it, as a file
        QTest::newRow("nothing") << Reply{} << false;
        QTest::newRow("a title") << Reply{.title = u"Paused #12"_s} << false;
        QTest::newRow("a long title") << Reply{.title = longText(900)} << true;
        QTest::newRow("blanks") << Reply{.title = u"  "_s, .text = u"\n"_s} << false;
        QTest::newRow("a long text") << Reply{.title = u"x"_s, .text = longText(50'000)} << true;
        QTest::newRow("one long line") << Reply{.text = QString(9000, u'x')} << true;
        QTest::newRow("emoji") << Reply{.text = u"😀"_s.repeated(2500)} << true;
        QTest::newRow("much to escape") << Reply{.text = u"*_~`|"_s.repeated(600)} << true;
        Reply fields{.title = u"x"_s};
        for (int i = 0; i < 40; ++i)
            fields.fields.append({u"name %1"_s.arg(i), i % 3 == 0 ? QString() : QString(i * 40, u'v')});
        QTest::newRow("many fields") << fields << true;
        QTest::newRow("an empty table") << Reply{.tables = {Table{.columns = {u"a"_s}, .whenEmpty = u"No task."_s}}}
                                        << false;
        QTest::newRow("a table") << Reply{.tables = {wideTable(5)}} << false;
        QTest::newRow("a long table") << Reply{.tables = {wideTable(300)}} << true;
        Reply narrow{.tables = {Table{.columns = {u"path"_s}}}};
        for (int i = 0; i < 500; ++i)
            narrow.tables[0].rows << QStringList{u"src/file-%1.cpp"_s.arg(i)};
        QTest::newRow("a long narrow table") << narrow << true;
        Reply buttons{.title = u"x"_s};
        for (int i = 0; i < 60; ++i)
            buttons.next << u"task-status %1"_s.arg(i + 1) << u"resume-task %1 %1/3"_s.arg(i + 1);
        QTest::newRow("many buttons") << buttons << false;
        Reply all = fields;
        all.title = longText(300);
        all.text = longText(5000);
        all.tables = {wideTable(100), narrow.tables[0], wideTable(9)};
        all.attachments = {{u"12.diff"_s, "+ a ``` fence\n- gone\n" + QByteArray(20'000, 'x')}, {u"p.png"_s, "png"}};
        all.next = buttons.next;
        all.choices = {{u"Stop"_s, u"emergency-stop --end"_s}, {u"Leave"_s, {}}};
        QJsonArray tasks;
        for (int i = 1; i < 60; ++i)
            tasks.append(QJsonObject{{u"task_id"_s, i}, {u"title"_s, longText(200)}, {u"state"_s, u"running"_s}});
        all.data = {{u"tasks"_s, tasks}};
        QTest::newRow("all at once") << all << true;
    }
    void everyReplyIsWithinDiscordsSizes()
    {
        QFETCH(Reply, reply);
        QFETCH(bool, attached);
        Bench bench;
        const MessageBody body = bench.of(reply, {.command = u"tasks"_s});
        QCOMPARE(wrongWith(body), QString());
        const auto whole = std::find_if(body.files.begin(), body.files.end(),
                                        [](const RestFile &file) { return file.name == u"tasks.txt"; });
        QCOMPARE(whole != body.files.end(), attached);
        if (attached && !reply.text.trimmed().isEmpty())
            QVERIFY(whole->bytes.contains(reply.text.trimmed().right(20).toUtf8()));
        const QJsonArray attachments = body.json["attachments"_L1].toArray();
        QCOMPARE(attachments.size(), body.files.size());
        for (qsizetype i = 0; i < body.files.size(); ++i)
            QCOMPARE(attachments[i]["filename"_L1].toString(), body.files[i].name);
    }

    void usersTextIsShownAsItIs_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const QString &text, const QString &expected) {
            QTest::newRow(qPrintable(text)) << text << expected;
        };
        row(u"**bold** _it_ ~~no~~ `c` ||s||"_s, u"\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`c\\` \\|\\|s\\|\\|"_s);
        row(u"@everyone <@1>"_s, u"@\u200beveryone \\<@\u200b1>"_s);
        row(u"[x](http://evil.example/a_b)"_s, u"\\[x\\](http://evil.example/a_b)"_s);
        row(u"see https://host.example/pull/1_2?x=y_z."_s, u"see https://host.example/pull/1_2?x=y_z."_s);
        row(u"# not a heading\n- not a list\n> not a quote"_s, u"\\# not a heading\n\\- not a list\n\\> not a quote"_s);
        row(u"#12 at 14:05 (so)\n-1"_s, u"#12 at 14:05 (so)\n-1"_s);
        row(u"\x1b[31m\u202e"_s, u"␛\\[31m\\<U+202E>"_s);
    }
    void usersTextIsShownAsItIs()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(escaped(text), expected);
    }

    void aBlockOfCodeIsNeverLeft()
    {
        for (const QString &text : {u"```"_s, u"a```b\n``` ```"_s, u"`"_s.repeated(50), QString(5000, u'`')}) {
            const QString block = codeBlock(text, u"diff"_s, 900);
            QVERIFY(block.toUcs4().size() <= 900);
            QCOMPARE(block.count(u"```"_s), 2);
        }
    }

    void aLongTextIsCutWithoutBreakingBlocks()
    {
        QString text = u"before\n```cpp\n"_s;
        for (int i = 0; i < 200; ++i)
            text += u"int line%1 = %1; // 😀\n"_s.arg(i);
        text += u"```\nafter "_s + QString(3000, u'y');
        const QStringList all = pieces(text, 2000);
        QVERIFY(all.size() >= 4);
        QString together;
        for (const QString &piece : all) {
            QVERIFY(piece.toUcs4().size() <= 2000);
            QCOMPARE(piece.count(u"```"_s) % 2, 0);
            together += piece;
        }
        for (int i = 0; i < 200; ++i)
            QCOMPARE(together.count(u"int line%1 ="_s.arg(i)), 1);
        QCOMPARE(together.count(u'y'), 3000);
        QCOMPARE(pieces(u"short"_s, 2000), QStringList{u"short"_s});
        QVERIFY(pieces({}, 2000).isEmpty());
    }

    void whatIsCutAnywhereIsAttachedWhole_data()
    {
        QTest::addColumn<Reply>("reply");
        const QString harmless = u"echo "_s + QString(3000, u'a') + u"; rm -rf /"_s;
        QTest::newRow("a field") << Reply{.title = u"t"_s, .fields = {{u"Command"_s, harmless}}};
        QTest::newRow("a row") << Reply{
            .title = u"t"_s,
            .tables = {
                {.title = {}, .columns = {u"id"_s, u"question"_s}, .rows = {{u"a1"_s, harmless}}, .whenEmpty = {}}}};
        QTest::newRow("a text") << Reply{.title = u"t"_s, .text = harmless + QString(20000, u'b')};
    }
    void whatIsCutAnywhereIsAttachedWhole()
    {
        QFETCH(Reply, reply);
        Bench bench;
        const MessageBody body = bench.of(reply);
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(body.files.size(), 1);
        QVERIFY(QString::fromUtf8(body.files[0].bytes).simplified().remove(u' ').contains(u"rm-rf/"_s));
    }

    void secretsDoNotGoAlong()
    {
        const QString secret = u"ghp_0123456789abcdefghijklmnopqrstuvwxyz"_s;
        const QString text = u"curl -H 'Authorization: Bearer %1'"_s.arg(secret);
        const Reply reply{.title = text,
                          .text = text,
                          .fields = {{u"Command"_s, text}},
                          .tables = {{.title = {}, .columns = {u"c"_s}, .rows = {{text}}, .whenEmpty = {}}},
                          .attachments = {{u"1.diff"_s, text.toUtf8()}}};
        Bench bench;
        const MessageBody body = bench.of(reply);
        QVERIFY(!QString::fromUtf8(toJson(body.json)).contains(secret));
        QCOMPARE(body.files.size(), 1);
        QVERIFY(!body.files[0].bytes.contains(secret.toUtf8()));
        const Error error = fail(ErrorCode::Refused, text, text);
        QVERIFY(!QString::fromUtf8(toJson(bench.of(error).json)).contains(secret));
    }

    void aPreviewAsks()
    {
        Bench bench;
        const CommandCall call{.command = u"rollback task_checkpoint"_s, .options = {{u"task_id"_s, u"12"_s}}};
        const MessageBody body = bench.of(Reply{.severity = Severity::Warning,
                                                .title = u"Roll back?"_s,
                                                .next = {u"task-status 12"_s},
                                                .data = {{u"edited"_s, QJsonArray{u"a"_s}}},
                                                .confirm = u"abc:3"_s},
                                          call);
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(buttonLabels(body), (QStringList{u"Do it"_s, u"Cancel"_s, u"Also put back what people changed"_s}));
        const auto yes = pressOf(bench, body, 0, 0);
        QVERIFY(yes.hasValue());
        QCOMPARE(yes->confirm, u"abc:3"_s);
        QCOMPARE(yes->then, Press::Then::Replace);
        QCOMPARE(yes->options, call.options);
        QCOMPARE(pressOf(bench, body, 0, 1)->then, Press::Then::Close);
        const auto also = pressOf(bench, body, 0, 2);
        QCOMPARE(also->options.value(u"keep_edits"_s), QJsonValue(false));
        QVERIFY(also->confirm.isEmpty());
    }

    void whatComesNextIsPressed()
    {
        Bench bench;
        const MessageBody body = bench.of(
            Reply{.title = u"x"_s,
                  .next = {u"task-diff 12"_s, u"say --task-id 12 …"_s, u"finish-task 12"_s,
                           u"rollback show --task-id 12"_s, u"task-diff 12"_s, u"projects add FOLDER"_s, u"doctor"_s}});
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(buttonLabels(body), (QStringList{u"Diff"_s, u"Reply"_s, u"Finish"_s, u"Checkpoints"_s}));
        const auto say = pressOf(bench, body, 0, 1);
        QCOMPARE(say->then, Press::Then::Ask);
        QCOMPARE(say->ask, u"message"_s);
        QCOMPARE(say->options, (QJsonObject{{u"task_id"_s, u"12"_s}}));
        QVERIFY(descriptions(body).contains(u"`agenthubctl doctor`"_s));
    }

    void aListIsChosenFrom()
    {
        Bench bench;
        const auto entry = [](int number) {
            return QJsonObject{{u"checkpoint_id"_s, u"12/%1"_s.arg(number)},
                               {u"type"_s, u"manual"_s},
                               {u"at"_s, toIso(now - std::chrono::minutes(3))},
                               {u"step"_s, u"tests"_s}};
        };
        const QJsonObject backup{{u"branch"_s, u"backup/claude/12-x"_s}, {u"task_id"_s, 12}};
        const MessageBody body = bench.of(
            Reply{.data = {{u"checkpoints"_s, QJsonArray{entry(2), entry(1)}}, {u"backups"_s, QJsonArray{backup}}}});
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(buttonLabels(body), (QStringList{u"Go back to a checkpoint …"_s, u"Go back to a backup branch …"_s}));
        const QJsonValue menu = body.json["components"_L1].toArray()[0]["components"_L1].toArray()[0];
        QCOMPARE(menu["options"_L1].toArray()[0]["label"_L1].toString(), u"12/2 · manual · 3 min ago · tests"_s);
        const auto press = pressOf(bench, body, 0, 0);
        QCOMPARE(press->command, u"rollback task_checkpoint"_s);
        QCOMPARE(press->ask, u"checkpoint_id"_s);
        QCOMPARE(pressOf(bench, body, 1, 0)->options, (QJsonObject{{u"task_id"_s, u"12"_s}}));
    }

    void aFinishThatFailedHasOtherWays()
    {
        Bench bench;
        const MessageBody body = bench.of(fail(ErrorCode::Conflict, u"It does not merge."_s),
                                          {.command = u"finish-task"_s,
                                           .options = {{u"task_id"_s, u"12"_s}, {u"how"_s, u"merge"_s}},
                                           .caller = {.role = commands::Role::Operator}});
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(buttonLabels(body), QStringList{u"Another way …"_s});
        const auto press = pressOf(bench, body, 0, 0);
        QCOMPARE(press->ask, u"how"_s);
        QCOMPARE(press->options, (QJsonObject{{u"task_id"_s, u"12"_s}}));
    }

    void anAlertIsSeenOrSnoozed()
    {
        Bench bench;
        const QJsonObject alert{{u"alert_id"_s, u"al-5"_s}, {u"state"_s, u"open"_s}};
        const MessageBody body =
            bench.of(Reply{.next = {u"resolve-alert al-5"_s}, .data = {{u"alerts"_s, QJsonArray{alert}}}});
        QCOMPARE(wrongWith(body), QString());
        QCOMPARE(buttonLabels(body),
                 (QStringList{u"Resolve al-5"_s, u"Seen"_s, u"Snooze for 1 h"_s, u"Resolve an alert …"_s}));
    }

    void bareNumbersAreNamedByTheirColumn()
    {
        Bench bench;
        const Table table{.columns = {u"task"_s, u"%"_s, u"lowest"_s, u"title"_s},
                          .rows = {{u"#12"_s, u"40"_s, u"58 %"_s, u"a title that makes the row wider than a phone"_s}}};
        QVERIFY(descriptions(bench.of(Reply{.tables = {table}}))
                    .contains(u"**#12** · 40 % · lowest 58 % · a title that makes"));
    }

    void questionsOfAgentsAreAnswered()
    {
        Bench bench;
        const QJsonObject one{{u"approval_id"_s, u"a7"_s}, {u"state"_s, u"open"_s}};
        const MessageBody body =
            bench.of(Reply{.next = {u"approve a7"_s, u"deny a7"_s}, .data = {{u"approvals"_s, QJsonArray{one}}}});
        QCOMPARE(buttonLabels(body), (QStringList{u"Allow a7"_s, u"Allow for the rest of the task"_s, u"Deny a7 …"_s}));
        QCOMPARE(pressOf(bench, body, 0, 2)->ask, u"reason"_s);
    }

    void whichOneIsAskedWithAMenu_data()
    {
        QTest::addColumn<QString>("message");
        QTest::addColumn<QStringList>("candidates");
        QTest::addColumn<QString>("command");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::newRow("task") << u"Which task? 2 are open."_s
                              << QStringList{u"#12 fix login (claude, running)"_s, u"#13 docs (claude, paused)"_s}
                              << u"pause-task"_s << u"task_id"_s << u"12"_s;
        QTest::newRow("agent") << u"Which agent? There are 2."_s << QStringList{u"claude"_s, u"codex"_s}
                               << u"assign-task"_s << u"agent"_s << u"claude"_s;
        QTest::newRow("project") << u"Which project? There are 2."_s << QStringList{u"web"_s, u"api"_s}
                                 << u"assign-task"_s << u"project"_s << u"web"_s;
        QTest::newRow("question") << u"Which question? 2 are open."_s << QStringList{u"a7"_s, u"a8"_s} << u"approve"_s
                                  << u"approval_id"_s << u"a7"_s;
        QTest::newRow("alert") << u"Which alert? 2 are open."_s << QStringList{u"al-5"_s, u"al-6"_s}
                               << u"resolve-alert"_s << u"alert_id"_s << u"al-5"_s;
        QTest::newRow("operation") << u"Undo what? 2 tasks have something to undo."_s
                                   << QStringList{u"op-81 rollback of #12"_s, u"op-82 finish of #13"_s}
                                   << u"rollback undo"_s << u"operation_id"_s << u"op-81"_s;
    }
    void whichOneIsAskedWithAMenu()
    {
        QFETCH(QString, message);
        QFETCH(QStringList, candidates);
        QFETCH(QString, command);
        QFETCH(QString, option);
        QFETCH(QString, value);
        Bench bench;
        Error error = fail(ErrorCode::Ambiguous, message, u"Add --task-id, or go into the task's folder."_s);
        error.candidates = candidates;
        const MessageBody body = bench.of(error, {.command = command, .options = {{u"reason"_s, u"so"_s}}});
        QCOMPARE(wrongWith(body), QString());
        const auto press = pressOf(bench, body, 0, 0);
        QVERIFY(press.hasValue());
        QCOMPARE(press->ask, option);
        QCOMPARE(press->command, command);
        const QJsonValue menu = body.json["components"_L1].toArray()[0]["components"_L1].toArray()[0];
        QCOMPARE(menu["options"_L1].toArray()[0]["value"_L1].toString(), value);
        QCOMPARE(menu["options"_L1].toArray().size(), candidates.size());
    }

    void menusHoldAtMostTwentyFive()
    {
        Bench bench;
        Error error = fail(ErrorCode::Ambiguous, u"Which task? 60 are open."_s);
        for (int i = 1; i <= 60; ++i)
            error.candidates << u"#%1 %2"_s.arg(i).arg(longText(200));
        QCOMPARE(wrongWith(bench.of(error, {.command = u"pause-task"_s})), QString());
    }

    void linesForATerminalAreWrittenAsTheyAreTypedHere_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const QString &text, const QString &expected) {
            QTest::newRow(qPrintable(text)) << text << expected;
        };
        row(u"agenthubctl tasks --filter all shows the ended ones; name one with --task-id."_s,
            u"`/tasks filter:all` shows the ended ones; name one with `task_id`."_s);
        row(u"agenthubctl rollback show --task-id 12"_s, u"`/rollback show task_id:12`"_s);
        row(u"Look: agenthubctl task-log 12."_s, u"Look: `/task-log task_id:12`."_s);
        row(u"agenthubctl doctor shows what can go; then resume."_s,
            u"`agenthubctl doctor` in a terminal there shows what can go; then resume."_s);
        row(u"agenthubctl projects set"_s, u"`agenthubctl projects set` in a terminal there"_s);
        row(u"say how with: agenthubctl agents set fixer check -- --version"_s,
            u"say how with: `agenthubctl agents set fixer check -- --version` in a terminal there"_s);
        row(u"agenthubctl agents add NAME PROGRAM ARGUMENTS"_s,
            u"`agenthubctl agents add NAME PROGRAM ARGUMENTS` in a terminal there"_s);
        row(u"agenthubctl is a program."_s, u"agenthubctl is a program."_s);
        row(u"agenthubctl"_s, u"agenthubctl"_s);
    }
    void linesForATerminalAreWrittenAsTheyAreTypedHere()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(sentence(text), expected);
    }

    void noSentenceCrashes()
    {
        QRandomGenerator dice(3);
        const QStringList words{u"agenthubctl"_s, u"tasks"_s, u"--task-id"_s, u"12"_s, u"rollback"_s, u"show"_s,
                                u"'"_s,           u"…"_s,     u";"_s,         u"."_s,  u"FOLDER"_s,   u"\n"_s,
                                u"--"_s,          u"12/3"_s,  u""_s,          u"  "_s};
        for (int round = 0; round < 5000; ++round) {
            QStringList some;
            for (int i = dice.bounded(12); i > 0; --i)
                some << words[dice.bounded(words.size())];
            const QString text = some.join(u' ');
            sentence(text);
            asTyped(text);
            nextStep(text);
        }
    }
};

QTEST_GUILESS_MAIN(TestRender)
#include "tst_render.moc"
