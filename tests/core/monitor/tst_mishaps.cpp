// How loud the errors of agents are told.
#include "core/monitor/mishaps.h"

#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestMishaps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatRepeatsIsLouder_data()
    {
        QTest::addColumn<QStringList>("newestFirst");
        QTest::addColumn<AlertLevel>("level");
        const QString crash = u"It ended with exit code 1."_s, other = u"no disk"_s;
        QTest::newRow("nothing") << QStringList{} << AlertLevel::Warning;
        QTest::newRow("once") << QStringList{crash} << AlertLevel::Warning;
        QTest::newRow("twice") << QStringList{crash, crash} << AlertLevel::Error;
        QTest::newRow("three times") << QStringList{crash, crash, crash} << AlertLevel::Critical;
        QTest::newRow("with something else between") << QStringList{crash, other, crash} << AlertLevel::Warning;
        QTest::newRow("twice after something else") << QStringList{crash, crash, other, other} << AlertLevel::Error;
        QTest::newRow("the numbers differ")
            << QStringList{u"pid 12 at 0x7f"_s, u"pid 345 at 0xa0"_s} << AlertLevel::Error;
    }
    void whatRepeatsIsLouder()
    {
        QFETCH(const QStringList, newestFirst);
        QFETCH(const AlertLevel, level);
        const auto escalation = monitor::repetition(newestFirst);
        QCOMPARE(escalation.level, level);
        QCOMPARE(escalation.why.isEmpty(), level == AlertLevel::Warning);
    }

    void burstsAreLouder_data()
    {
        QTest::addColumn<int>("errors");
        QTest::addColumn<AlertLevel>("level");
        QTest::newRow("none") << 0 << AlertLevel::Warning;
        QTest::newRow("below") << 2 << AlertLevel::Warning;
        QTest::newRow("at the limit") << 3 << AlertLevel::Error;
        QTest::newRow("below twice") << 5 << AlertLevel::Error;
        QTest::newRow("twice") << 6 << AlertLevel::Critical;
    }
    void burstsAreLouder()
    {
        QFETCH(const int, errors);
        QFETCH(const AlertLevel, level);
        QCOMPARE(monitor::burst(errors, 2, 3).level, level);
    }

    void theSentenceSaysWhere()
    {
        QCOMPARE(monitor::burst(3, 1, 3).why, u"3 errors within 10 minutes, all in one task."_s);
        QCOMPARE(monitor::burst(4, 2, 3).why, u"4 errors within 10 minutes, in 2 tasks."_s);
    }
};

QTEST_GUILESS_MAIN(TestMishaps)
#include "tst_mishaps.moc"
