#include "core/chart/csv.h"

#include <QTest>

using namespace hub;
using namespace hub::chart;
using namespace Qt::StringLiterals;

class TestCsv : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachMomentIsARow()
    {
        const Chart chart{
            .panels = {{.title = u"CPU"_s,
                        .unit = u"%"_s,
                        .lines = {{{}, {{fromMillis(0), 1, 2.5, 3}, {fromMillis(60'000), 4, 5, 6}}}}},
                       {.title = u"Agents"_s,
                        .lines = {{u"running"_s, {{fromMillis(30'000), 7, 7, 7}, {fromMillis(60'000), 8, 8, 8}}}}}}};
        QCOMPARE(csvOf(chart), "time,CPU (%) low,CPU (%) mean,CPU (%) high,"
                               "Agents running low,Agents running mean,Agents running high\r\n"
                               "1970-01-01T00:00:00.000Z,1,2.5,3,,,\r\n"
                               "1970-01-01T00:00:30.000Z,,,,7,7,7\r\n"
                               "1970-01-01T00:01:00.000Z,4,5,6,8,8,8\r\n"_ba);
        QCOMPARE(csvOf({}), "time\r\n"_ba);
    }

    void namesAreTextWhateverTheyHold_data()
    {
        QTest::addColumn<QString>("title");
        QTest::addColumn<QByteArray>("field");
        QTest::newRow("a comma") << u"a,b"_s << "\"a,b low\""_ba;
        QTest::newRow("quotes") << u"a \"b\""_s << "\"a \"\"b\"\" low\""_ba;
        QTest::newRow("a formula") << u"=HYPERLINK(1)"_s << "'=HYPERLINK(1) low"_ba;
    }
    void namesAreTextWhateverTheyHold()
    {
        QFETCH(const QString, title);
        QFETCH(const QByteArray, field);
        const QByteArray csv = csvOf({.panels = {{.title = title, .lines = {{}}}}});
        QVERIFY2(csv.startsWith("time," + field + ','), csv);
    }
};

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
