#include "core/commands/exitcode.h"
#include "core/commands/plaintext.h"
#include "core/commands/reply.h"
#include "core/commands/replyformat.h"

#include <QRegularExpression>
#include <QTest>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

class TestReply : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void repliesGoBothWays()
    {
        Reply reply;
        reply.severity = Severity::Warning;
        reply.title = u"Rolled back"_s;
        reply.text = u"two\nlines"_s;
        reply.fields = {{u"Task"_s, u"#12"_s}};
        reply.tables = {{u"Files"_s, {u"a"_s, u"b"_s}, {{u"1"_s, u"2"_s}, {u"3"_s, u"4"_s}}, u"none"_s}};
        reply.attachments = {{u"12.diff"_s, QByteArray("\0\xff\n", 3)}};
        reply.next = {u"resume-task 12"_s};
        reply.data = {{u"task_id"_s, u"12"_s}};
        reply.confirm = u"abc"_s;
        const auto back = replyFromJson(toJson(reply));
        QVERIFY(back.hasValue());
        QCOMPARE(*back, reply);
        QCOMPARE(*replyFromJson(toJson(Reply())), Reply());
        QVERIFY(!replyFromJson({{u"severity"_s, u"exploded"_s}}));
        QVERIFY(!replyFromJson(
            {{u"severity"_s, u"ok"_s}, {u"attachments"_s, QJsonArray{QJsonObject{{u"base64"_s, u"%%%"_s}}}}}));
    }

    void errorsGoBothWays()
    {
        for (int code = 0; code <= int(ErrorCode::Internal); ++code) {
            const Error error{ErrorCode(code), u"what"_s, u"do"_s, {u"#12"_s, u"#13"_s}};
            QCOMPARE(errorFromJson(toJson(error)), error);
        }
        QCOMPARE(int(errorFromJson({{u"code"_s, u"of a later version"_s}}).code), int(ErrorCode::Internal));
    }

    void exitCodesAreTheDocumentedOnes()
    {
        QCOMPARE(exitCodeFor(ErrorCode::InvalidInput), 2);
        QCOMPARE(exitCodeFor(ErrorCode::Ambiguous), 2);
        QCOMPARE(exitCodeFor(ErrorCode::NeedsConfirmation), 3);
        QCOMPARE(exitCodeFor(ErrorCode::Refused), 4);
        QCOMPARE(exitCodeFor(ErrorCode::NoHub), 5);
        QCOMPARE(exitCodeFor(ErrorCode::NotFound), 1);
        QCOMPARE(exitCodeFor(ErrorCode::Internal), 1);
    }

    void controlCharactersAreNeutralised_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shown");
        QTest::newRow("a colour") << u"\x1b[31mred"_s << u"␛[31mred"_s;
        QTest::newRow("a window title") << u"\x1b]0;owned\x07"_s << u"␛]0;owned␇"_s;
        QTest::newRow("a one-byte CSI") << u"\u009b2J"_s << u"<U+009B>2J"_s;
        QTest::newRow("a carriage return that overwrites") << u"safe\revil"_s << u"safe␍evil"_s;
        QTest::newRow("a Windows line end is a line end") << u"a\r\nb"_s << u"a\nb"_s;
        QTest::newRow("a backspace") << u"a\bb"_s << u"a␈b"_s;
        QTest::newRow("delete") << u"a\x7f"_s << u"a␡"_s;
        QTest::newRow("a reversed direction") << u"a\u202eb"_s << u"a<U+202E>b"_s;
        QTest::newRow("a tab") << u"a\tb"_s << u"a    b"_s;
        QTest::newRow("a lone surrogate") << u"?x"_s.replace(u'?', QChar(0xd800)) << u"\ufffdx"_s;
        QTest::newRow("other letters stay") << u"é 漢 👍"_s << u"é 漢 👍"_s;
    }
    void controlCharactersAreNeutralised()
    {
        QFETCH(QString, text);
        QFETCH(QString, shown);
        QCOMPARE(plainText(text, Lines::Many), shown);
        const QJsonObject object{{u"k"_s, text}};
        const QByteArray json = plainJson(object);
        for (const QChar c : QString::fromUtf8(json))
            QVERIFY(c == u'\n' || (c >= u' ' && (c < QChar(0x7f) || c > QChar(0x9f)) && c != QChar(0x202e)));
        QCOMPARE(QJsonDocument::fromJson(json).object().keys(), object.keys());
    }

    // Whatever the parts of a reply hold, the only escape sequences that come out are our own colours.
    void nothingInAReplyReachesTheTerminal()
    {
        const QString evil = u"x\x1b]0;t\x07\u009b2Jy\r\nz"_s;
        Reply reply;
        reply.severity = Severity::Error;
        reply.title = reply.text = evil;
        reply.fields = {Field{evil, evil}};
        reply.tables = {Table{evil, {evil}, {{evil}}, evil}, Table{evil, {evil}, {}, evil}};
        reply.attachments = {Attachment{evil + u".diff"_s, ("+" + evil.toUtf8())}, Attachment{evil, "b"}};
        reply.next = {evil};
        Error error{ErrorCode::Ambiguous, evil, evil, {evil}};
        for (const bool colour : {false, true}) {
            const TextFormat format{colour, 40};
            QString text = toText(reply, format) + toText(error, format);
            static const QRegularExpression ours(u"\\x{1b}\\[[0-9;]*m"_s);
            QCOMPARE(text.contains(ours), colour);
            text.remove(ours);
            for (const QChar c : text)
                QVERIFY2(c == u'\n' || c.category() != QChar::Other_Control,
                         qPrintable(QString::number(c.unicode(), 16)));
        }
    }

    void widths_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("width");
        QTest::newRow("letters") << u"abc"_s << 3;
        QTest::newRow("a combining accent") << u"e\u0301"_s << 1;
        QTest::newRow("wide characters") << u"漢字"_s << 4;
        QTest::newRow("an emoji") << u"👍"_s << 2;
        QTest::newRow("half-width katakana") << u"ｱ"_s << 1;
    }
    void widths()
    {
        QFETCH(QString, text);
        QFETCH(int, width);
        QCOMPARE(displayWidth(text), width);
    }

    void cuttingKeepsTheWidth()
    {
        QCOMPARE(fitted(u"abcdef"_s, 6), u"abcdef"_s);
        QCOMPARE(fitted(u"abcdef"_s, 4), u"abc…"_s);
        QCOMPARE(fitted(u"漢字漢字"_s, 4), u"漢…"_s);
        QCOMPARE(fitted(u"👍👍"_s, 3), u"👍…"_s);
    }

    void tablesFitTheTerminal()
    {
        Reply reply;
        reply.tables = {{{},
                         {u"id"_s, u"title"_s, u"agent"_s},
                         {{u"12"_s, QString(200, u'x'), u"claude"_s}, {u"漢字"_s, u"b"_s, u"c"_s}},
                         {}}};
        for (const int width : {40, 80, 120}) {
            for (const QString &line : toText(reply, {false, width}).split(u'\n'))
                QVERIFY(displayWidth(line) <= width);
        }
        QVERIFY2(toText(reply, {}).contains(QString(200, u'x')), "a pipe gets everything");
        const QStringList lines = toText(reply, {false, 40}).split(u'\n');
        QCOMPARE(displayWidth(lines[1].first(lines[1].indexOf(u"claude"))),
                 displayWidth(lines[2].first(lines[2].lastIndexOf(u'c'))));
    }

    void aReplyReadsInOrder()
    {
        Reply reply;
        reply.title = u"#12 is paused"_s;
        reply.fields = {{u"Agent"_s, u"claude"_s}, {u"Step"_s, u"one\ntwo"_s}};
        reply.tables = {{u"Files"_s, {u"name"_s}, {}, u"No file was changed."_s}};
        reply.attachments = {{u"a.txt"_s, "hello\n"}, {u"chart.png"_s, "12345"}};
        reply.next = {u"resume-task 12"_s, u"task-diff 12"_s};
        QCOMPARE(toText(reply, {}), u"#12 is paused\n"
                                    "\nAgent:  claude\nStep:   one\n        two\n"
                                    "\nFiles\nNo file was changed.\n"
                                    "\nhello\n"
                                    "\nchart.png (5 bytes; its content comes with --json)\n"
                                    "\nNext: agenthubctl resume-task 12\n      agenthubctl task-diff 12\n"_s);
        QCOMPARE(toText(Error{ErrorCode::Ambiguous, u"Which task?"_s, u"Add task_id."_s, {u"#12 a"_s, u"#13 b"_s}}, {}),
                 u"Which task?\n  - #12 a\n  - #13 b\n  Add task_id.\n"_s);
        QCOMPARE(toText(Reply(), {}), QString());
    }
};

QTEST_GUILESS_MAIN(TestReply)
#include "tst_reply.moc"
