// Texts of messages: what is cleaned, what is a link, how they are cut into blocks; and heights of rows.
#include "gui/views/heighttree.h"
#include "gui/views/plaintext.h"
#include "gui/views/talkblocks.h"

#include <QTest>

using namespace hub::gui;
using namespace Qt::StringLiterals;
using Kind = TalkBlock::Kind;

class TestTalkText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plain_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("plain");
        QTest::newRow("nothing to do") << u"a\tb\nü 🙂"_s << u"a\tb\nü 🙂"_s;
        QTest::newRow("colours") << u"\x1b[1;32mok\x1b[0m done"_s << u"ok done"_s;
        QTest::newRow("a title of the terminal") << u"\x1b]0;title\x07text"_s << u"text"_s;
        QTest::newRow("a link of the terminal") << u"\x1b]8;;http://x\x1b\\name\x1b]8;;\x1b\\ end"_s << u"name end"_s;
        QTest::newRow("the title never ends") << u"\x1b]0;title\nnext"_s << u"\nnext"_s;
        QTest::newRow("a character set") << u"\x1b(Btext"_s << u"text"_s;
        QTest::newRow("cut inside a sequence") << u"text\x1b[3"_s << u"text"_s;
        QTest::newRow("cut behind escape") << u"text\x1b"_s << u"text"_s;
        QTest::newRow("ends of lines") << u"a\r\nb\rc\u2028d"_s << u"a\nb\nc\nd"_s;
        QTest::newRow("controls are shown") << u"a\x08\x07"_s + QChar(0) << u"a\uFFFD\uFFFD\uFFFD"_s;
        QTest::newRow("text that reads backwards") << u"exe.\u202Etxt"_s << u"exe.\uFFFDtxt"_s;
    }
    void plain()
    {
        QFETCH(QString, text);
        QTEST(plainText(text), "plain");
    }

    void links_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("urls");
        QTest::newRow("none") << u"no link: a://b, javascript:alert(1)"_s << QStringList{};
        QTest::newRow("files are not opened") << u"file:///etc/passwd ftp://x.org"_s << QStringList{};
        QTest::newRow("the end of a sentence") << u"See https://a.org/b. And (http://c.org/d), too!"_s
                                               << QStringList{u"https://a.org/b"_s, u"http://c.org/d"_s};
        QTest::newRow("brackets within") << u"https://a.org/x_(y)"_s << QStringList{u"https://a.org/x_(y)"_s};
        QTest::newRow("query") << u"<https://a.org/?q=1&b=2#c>"_s << QStringList{u"https://a.org/?q=1&b=2#c"_s};
        QTest::newRow("no host") << u"http:///x"_s << QStringList{};
    }
    void links()
    {
        QFETCH(QString, text);
        QStringList urls;
        for (const TextLink &link : linksIn(text)) {
            urls << link.url.toString();
            QCOMPARE(text.mid(link.start, link.length), urls.last());
        }
        QTEST(urls, "urls");
    }

    void blocks_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("blocks"); // a letter for the kind, then the text
        QTest::newRow("empty") << u""_s << QStringList{};
        QTest::newRow("white space alone") << u" \n\n"_s << QStringList{};
        QTest::newRow("prose") << u"a\n\nb\n\n"_s << QStringList{u"pa\n\nb"_s};
        QTest::newRow("code") << u"a\n```cpp\nx\n\ny\n```\nb"_s << QStringList{u"pa"_s, u"cx\n\ny"_s, u"pb"_s};
        QTest::newRow("a fence that never ends") << u"```\nx\ny"_s << QStringList{u"cx\ny"_s};
        QTest::newRow("a fenced diff") << u"```diff\n-x\n+y\n```"_s << QStringList{u"d-x\n+y"_s};
        QTest::newRow("a bare diff") << u"so:\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+y\n\nthat's it"_s
                                     << QStringList{u"pso:"_s, u"d--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+y"_s,
                                                    u"p\nthat's it"_s};
        QTest::newRow("a list is no diff") << u"- one\n- two\n+ three"_s << QStringList{u"p- one\n- two\n+ three"_s};
        QTest::newRow("two fences") << u"```\na\n```\n```\nb\n```"_s << QStringList{u"ca"_s, u"cb"_s};
    }
    void blocks()
    {
        QFETCH(QString, text);
        BlockReader reader(text);
        QStringList found;
        while (const auto block = reader.next()) {
            QCOMPARE(block->text, text.mid(block->start, block->text.size()));
            QCOMPARE(block->lines, block->text.count(u'\n') + 1);
            found << QChar(block->kind == Kind::Prose ? u'p' : block->kind == Kind::Code ? u'c' : u'd') + block->text;
        }
        QTEST(found, "blocks");
    }

    void theOutputOfAProgramHasNoFences()
    {
        BlockReader reader(u"```\nx\n```"_s, true);
        const auto block = reader.next();
        QVERIFY(block && block->kind == Kind::Code);
        QCOMPARE(block->text, u"```\nx\n```"_s);
    }

    void aLongTextIsCutAndNothingIsLost_data()
    {
        QTest::addColumn<QString>("text");
        QString lines, words;
        for (int i = 0; i < 20'000; ++i) {
            lines += u"line %1 of many\n"_s.arg(i);
            words += u"word%1 "_s.arg(i);
        }
        QTest::newRow("many lines") << lines.trimmed();
        QTest::newRow("one line of words") << words.trimmed();
        QTest::newRow("one line without an end") << QString(300'000, u'x');
        QTest::newRow("pairs of surrogates") << u"🙂"_s.repeated(50'000);
    }
    void aLongTextIsCutAndNothingIsLost()
    {
        QFETCH(QString, text);
        BlockReader reader(text);
        qsizetype at = 0;
        while (const auto block = reader.next()) {
            QVERIFY(block->text.size() <= BlockReader::mostCharacters);
            QVERIFY(block->lines <= BlockReader::mostLines);
            QVERIFY(block->start - at <= 1); // nothing but the end of a line between them
            QVERIFY(!block->text.isEmpty() && !block->text.front().isLowSurrogate());
            at = block->start + block->text.size();
            QCOMPARE(block->goesOn, at < text.size());
        }
        QCOMPARE(at, text.size());
    }

    void rowsAreFoundByTheirHeights()
    {
        HeightTree tree;
        QCOMPARE(tree.rowAt(0), -1);
        QList<int> heights;
        quint32 random = 3;
        for (int round = 0; round < 600; ++round) {
            random = random * 1664525u + 1013904223u;
            const int height = (random >> 10) % 5 == 0 ? 0 : int((random >> 16) % 50);
            if (round % 3 == 0 && !heights.isEmpty()) {
                const int row = int((random >> 4) % uint(heights.size()));
                heights[row] = height;
                tree.set(row, height);
            } else {
                heights.append(height);
                tree.append(height);
            }
        }
        qint64 top = 0;
        for (int row = 0; row < heights.size(); ++row) {
            QCOMPARE(tree.top(row), top);
            if (heights[row] > 0) {
                QCOMPARE(tree.rowAt(top), row);
                QCOMPARE(tree.rowAt(top + heights[row] - 1), row);
            }
            top += heights[row];
        }
        QCOMPARE(tree.total(), top);
        QCOMPARE(tree.rowAt(top + 5), heights.size() - 1);
    }
};

QTEST_GUILESS_MAIN(TestTalkText)
#include "tst_talktext.moc"
