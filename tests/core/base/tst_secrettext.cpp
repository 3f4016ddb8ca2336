#include "core/base/secrettext.h"

#include "tests/support/gitvalue.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestSecretText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatCantBeLookedFor_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("line ends only") << QByteArray("\n\n\r\n");
        QTest::newRow("spaces only") << QByteArray("          ");
        QTest::newRow("five letters") << QByteArray("abcde");
        QTest::newRow("five letters and spaces") << QByteArray("  abcde  ");
        QTest::newRow("a zero byte") << QByteArray("abc\0defgh", 9);
        QTest::newRow("what stands for it in files") << QByteArray("xxxxxxxx");
        QTest::newRow("what stands for it in rows") << QByteArray("purged");
        QTest::newRow("two of those") << QByteArray("][purge");
    }
    void whatCantBeLookedFor()
    {
        QFETCH(QByteArray, text);
        const auto parsed = SecretText::parse(text);
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().code, ErrorCode::InvalidInput);
        QVERIFY(parsed.error().message.endsWith(u"Nothing was changed."));
        if (text.trimmed().size() > 2)
            QVERIFY(!parsed.error().message.contains(QString::fromUtf8(text.trimmed())));
    }

    void everySpellingIsFound_data()
    {
        QTest::addColumn<QByteArray>("stored");
        QTest::newRow("as it is") << QByteArray("a \"q\\\nü-secret b");
        QTest::newRow("with other line ends") << QByteArray("a \"q\\\r\nü-secret b");
        QTest::newRow("in JSON") << QByteArray("{\"a\":\"\\\"q\\\\\\nü-secret\"}");
        QTest::newRow("in JSON of plain letters") << QByteArray("{\"a\":\"\\\"q\\\\\\n\\u00fc-secret\"}");
        QTest::newRow("in JSON in JSON") << QByteArray(
            "{\"a\":\"{\\\"b\\\":\\\"\\\\\\\"q\\\\\\\\\\\\nü-secret\\\"}\"}");
    }
    void everySpellingIsFound()
    {
        QFETCH(QByteArray, stored);
        VALUE(const SecretText secret, SecretText::parse("\n\"q\\\nü-secret\n"));
        QVERIFY(secret.isIn(stored));
        const QByteArray blanked = secret.blanked(stored);
        QVERIFY(!secret.isIn(blanked));
        QCOMPARE(blanked.size(), stored.size());
        QVERIFY(!blanked.contains("-secret"));
        QCOMPARE(blanked.count('\n'), stored.count('\n'));
        const QByteArray marked = secret.marked(stored);
        QVERIFY(!secret.isIn(marked));
        QVERIFY(marked.contains("[purged]"));
        QVERIFY(!secret.isIn(QByteArray(stored).replace("-secret", "-SECRET"))); // letters count
        if (stored.startsWith('{'))
            QVERIFY(!QJsonDocument::fromJson(secret.markedJson(stored)).isNull());
    }

    void itIsFoundWhereReplacingMakesItAnew()
    {
        VALUE(const SecretText secret, SecretText::parse("xxbxxx"));
        QVERIFY(!secret.isIn(secret.blanked("axxbxxxbxxxbxxx")));
        VALUE(const SecretText other, SecretText::parse("]aaaaa"));
        QVERIFY(!other.isIn(other.marked("]aaaaaaaaaaaaaaaa")));
    }

    void jsonStaysJson()
    {
        VALUE(const SecretText secret, SecretText::parse("12345678"));
        QCOMPARE(secret.markedJson("{\"at\":12345678,\"k\":[\"a 12345678\"],\"o\":true}"),
                 QByteArray("{\"at\":\"[purged]\",\"k\":[\"a [purged]\"],\"o\":true}"));
        QCOMPARE(secret.markedJson("{\"at\":1234}"), QByteArray("{\"at\":1234}"));
    }

    void aBeginningAtACutGoesToo()
    {
        VALUE(const SecretText secret, SecretText::parse("hunter2-secret"));
        QCOMPARE(secret.markedCut("use hunter2-se…"), QByteArray("use [purged]…"));
        QCOMPARE(secret.markedCut("use hunter2-secret now"), QByteArray("use [purged] now"));
        QCOMPARE(secret.markedCut("use hunt…"), QByteArray("use hunt…")); // too little to be it
    }
};

QTEST_GUILESS_MAIN(TestSecretText)
#include "tst_secrettext.moc"
