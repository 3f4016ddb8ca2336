// Rows that come and go as the hub tells them, while Qt's own tester watches.
#include "gui/model/rowmodel.h"
#include "gui/model/texts.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace hub::gui;
using namespace Qt::StringLiterals;

class TestRowModel : public QObject
{
    Q_OBJECT

    static QList<Column> columns()
    {
        using K = Column::Kind;
        return {{u"Task"_s, "task_id"_L1, K::Number, 60},
                {u"State"_s, "state"_L1, K::State},
                {u"Title"_s, "title"_L1, K::Text},
                {u"Done"_s, "progress"_L1, K::Percent},
                {u"Changed"_s, "at"_L1, K::Moment}};
    }
    static QJsonObject row(int id, const QString &title, const QString &state = u"running"_s)
    {
        return {{u"task_id"_s, id}, {u"title"_s, title}, {u"state"_s, state}, {u"progress"_s, id * 1.5}};
    }
    static QStringList idsOf(const QAbstractItemModel &model)
    {
        QStringList ids;
        for (int i = 0; i < model.rowCount(); ++i)
            ids << QString::number(model.index(i, 0).data(RowModel::DataRole).toJsonObject()[u"task_id"_s].toInt());
        return ids;
    }

private Q_SLOTS:
    void rowsComeChangeAndGo_data()
    {
        QTest::addColumn<QList<int>>("before");
        QTest::addColumn<QList<int>>("after");
        QTest::newRow("none") << QList<int>{} << QList<int>{};
        QTest::newRow("the first ones") << QList<int>{} << QList<int>{1, 2, 3};
        QTest::newRow("all gone") << QList<int>{1, 2, 3} << QList<int>{};
        QTest::newRow("one in the middle gone") << QList<int>{1, 2, 3} << QList<int>{1, 3};
        QTest::newRow("one more") << QList<int>{1, 2} << QList<int>{1, 2, 3};
        QTest::newRow("all others") << QList<int>{1, 2, 3, 4} << QList<int>{5, 6};
        QTest::newRow("two runs gone") << QList<int>{1, 2, 3, 4, 5, 6, 7} << QList<int>{1, 4, 7};
        QTest::newRow("one twice") << QList<int>{1} << QList<int>{2, 2, 1};
    }
    void rowsComeChangeAndGo()
    {
        QFETCH(QList<int>, before);
        QFETCH(QList<int>, after);
        RowModel model(columns(), "task_id"_L1);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QList<QJsonObject> rows;
        for (const int id : before)
            rows << row(id, u"before"_s);
        model.setRows(rows);
        rows.clear();
        for (const int id : after)
            rows << row(id, u"after"_s);
        model.setRows(rows);
        QStringList wanted;
        for (const int id : after) {
            if (!wanted.contains(QString::number(id)))
                wanted << QString::number(id);
        }
        QStringList got = idsOf(model);
        got.sort();
        wanted.sort();
        QCOMPARE(got, wanted);
        for (int i = 0; i < model.rowCount(); ++i) {
            QCOMPARE(model.rowAt(i)[u"title"_s].toString(), u"after"_s);
            QCOMPARE(model.rowOf(model.idAt(i)), i);
        }
    }

    void anyOrderOfChangesKeepsTheModelWhole()
    {
        QRandomGenerator random(7);
        RowModel model(columns(), "task_id"_L1);
        RowFilter filter(model);
        filter.sort(2);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester sorted(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QMap<int, QJsonObject> truth;
        for (int round = 0; round < 300; ++round) {
            const int id = int(random.bounded(30));
            if (random.bounded(3) == 0) {
                truth.remove(id);
                model.setRows(truth.values());
            } else {
                truth[id] = row(id, QString::number(random.bounded(1000)));
                model.putRow(truth[id]);
            }
            QCOMPARE(model.rowCount(), int(truth.size()));
            for (auto it = truth.cbegin(); it != truth.cend(); ++it)
                QCOMPARE(model.rowAt(model.rowOf(QString::number(it.key()))), it.value());
            for (int i = 1; i < filter.rowCount(); ++i)
                QVERIFY(filter.rowAt(filter.index(i - 1, 0))->value(u"title"_s).toString() <=
                        filter.rowAt(filter.index(i, 0))->value(u"title"_s).toString());
        }
    }

    void aPartOfARowChangesOnlyThat()
    {
        RowModel model(columns(), "task_id"_L1);
        model.setRows({row(1, u"one"_s), row(2, u"two"_s)});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.putRow({{u"task_id"_s, 2}, {u"state"_s, u"paused"_s}});
        QCOMPARE(changed.size(), 1);
        QCOMPARE(model.rowAt(1)[u"title"_s].toString(), u"two"_s);
        QCOMPARE(model.rowAt(1)[u"state"_s].toString(), u"paused"_s);
        model.putRow({{u"task_id"_s, 2}, {u"state"_s, u"paused"_s}});
        QCOMPARE(changed.size(), 1); // nothing is told of what stays as it is
    }

    void numbersSortAsNumbersAndWordsWithoutCase()
    {
        RowModel model(columns(), "task_id"_L1);
        model.setRows({row(9, u"beta"_s), row(10, u"Alpha"_s), row(1, u"gamma"_s)});
        RowFilter filter(model);
        filter.sort(0);
        QCOMPARE(idsOf(filter), (QStringList{u"1"_s, u"9"_s, u"10"_s}));
        filter.sort(0, Qt::DescendingOrder);
        QCOMPARE(idsOf(filter), (QStringList{u"10"_s, u"9"_s, u"1"_s}));
        filter.sort(2);
        QCOMPARE(idsOf(filter), (QStringList{u"10"_s, u"9"_s, u"1"_s}));
    }

    void wordsNarrowAndATestToo()
    {
        RowModel model(columns(), "task_id"_L1);
        model.setRows({row(1, u"Fix login"_s), row(2, u"fix the parser"_s, u"needs_review"_s), row(3, u"Docs"_s)});
        RowFilter filter(model);
        filter.setWords(u"FIX"_s);
        QCOMPARE(filter.rowCount(), 2);
        filter.setWords(u"fix review"_s);
        QCOMPARE(idsOf(filter), QStringList{u"2"_s});
        filter.setTest([](const QJsonObject &task) { return task[u"state"_s] == u"running"_s; });
        QCOMPARE(filter.rowCount(), 0);
        filter.setWords({});
        QCOMPARE(filter.rowCount(), 2);
        model.putRow({{u"task_id"_s, 2}, {u"state"_s, u"running"_s}});
        QCOMPARE(filter.rowCount(), 3);
    }

    void momentsAreToldAsPeopleSayThem_data()
    {
        QTest::addColumn<int>("secondsAgo");
        QTest::addColumn<QString>("text");
        QTest::newRow("now") << 1 << u"just now"_s;
        QTest::newRow("seconds") << 30 << u"30 s ago"_s;
        QTest::newRow("minutes") << 200 << u"3 min ago"_s;
    }
    void momentsAreToldAsPeopleSayThem()
    {
        QFETCH(int, secondsAgo);
        QFETCH(QString, text);
        QCOMPARE(momentText(QDateTime::currentDateTimeUtc().addSecs(-secondsAgo).toString(Qt::ISODateWithMs)), text);
        QCOMPARE(momentText(QString()), QString());
    }

    void anAuditEntryIsReadAsASentence_data()
    {
        QTest::addColumn<QString>("detail");
        QTest::addColumn<QString>("text");
        QTest::newRow("options and outcome") << u"{\"notes\":\"a } b\",\"task_id\":\"1\"} Saved as 1/2"_s
                                             << u"notes: a } b · task id: 1 · Saved as 1/2"_s;
        QTest::newRow("options") << u"{\"yes\":true,\"limit\":5}"_s << u"limit: 5 · yes: true"_s;
        QTest::newRow("an outcome that is JSON as well") << u"{\"a\":1} {\"b\":2}"_s << u"a: 1 · {\"b\":2}"_s;
        QTest::newRow("nothing was asked") << u"{} Done"_s << u"Done"_s;
        QTest::newRow("a sentence") << u"An agent tried it"_s << u"An agent tried it"_s;
        QTest::newRow("broken") << u"{\"a\":"_s << u"{\"a\":"_s;
        QTest::newRow("empty") << QString() << QString();
    }
    void anAuditEntryIsReadAsASentence()
    {
        QFETCH(QString, detail);
        QTEST(auditText(detail), "text");
    }
};

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    TestRowModel test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_rowmodel.moc"
