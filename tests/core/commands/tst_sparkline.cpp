#include "core/commands/sparkline.h"

#include <QTest>

using namespace hub::commands;
using namespace Qt::StringLiterals;

class TestSparkline : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void valuesBecomeALine_data()
    {
        QTest::addColumn<QList<double>>("values");
        QTest::addColumn<QString>("line");
        using L = QList<double>;
        QTest::newRow("nothing") << L{} << QString();
        QTest::newRow("one value") << L{5} << u"▁"_s;
        QTest::newRow("from low to high") << L{0, 1, 2, 3, 4, 5, 6, 7} << u"▁▂▃▄▅▆▇█"_s;
        QTest::newRow("a calm course is flat") << L{50, 50.05, 50, 50.05} << u"▁▁▁▁"_s;
        QTest::newRow("more values than signs are averaged")
            << L{0, 0, 0, 0, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0} << u"▁▁██▁▁▁▁"_s;
    }
    void valuesBecomeALine()
    {
        QFETCH(const QList<double>, values);
        QFETCH(const QString, line);
        QCOMPARE(sparkline(values, 8), line);
    }
};

QTEST_GUILESS_MAIN(TestSparkline)
#include "tst_sparkline.moc"
