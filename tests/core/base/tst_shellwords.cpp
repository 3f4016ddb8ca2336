#include "core/base/shellwords.h"

#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestShellWords : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void split_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("plain words") << u"a  b\tc"_s << QStringList{u"a"_s, u"b"_s, u"c"_s};
        QTest::newRow("single quotes keep everything")
            << u"sh -c 'a \"b\" \\n; c'"_s << QStringList{u"sh"_s, u"-c"_s, u"a \"b\" \\n; c"_s};
        QTest::newRow("double quotes take escapes") << u"\"a \\\"b\\\" \\x\""_s << QStringList{u"a \"b\" \\x"_s};
        QTest::newRow("an empty word") << u"a '' b"_s << QStringList{u"a"_s, QString(u""_s), u"b"_s};
        QTest::newRow("quotes inside a word") << u"--x='a b'c"_s << QStringList{u"--x=a bc"_s};
        QTest::newRow("an escaped space") << u"a\\ b"_s << QStringList{u"a b"_s};
        QTest::newRow("nothing") << u"  "_s << QStringList{};
    }
    void split()
    {
        QFETCH(QString, text);
        QFETCH(QStringList, words);
        const auto found = splitWords(text);
        QVERIFY(found);
        QCOMPARE(*found, words);
        QCOMPARE(*splitWords(joinWords(words)), words);
    }
    void anOpenQuoteIsRefused() { QVERIFY(!splitWords(u"sh -c 'a"_s)); }
};

QTEST_GUILESS_MAIN(TestShellWords)
#include "tst_shellwords.moc"
