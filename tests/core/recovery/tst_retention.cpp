// Which ended tasks stay although they are old, by what the database knows. What goes is tried in
// tests/integration/hub/test_cleanup.py.
#include "core/recovery/retention.h"

#include <QTest>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;

class TestRetention : public QObject
{
    Q_OBJECT

    static Task task(qint64 id, TaskState state)
    {
        return {.id = TaskId::of(id),
                .spec = {.project = *ProjectName::parse(u"web"), .agent = *AgentName::parse(u"a")},
                .state = state};
    }
    static state::Operation operation(const QString &state, bool undone)
    {
        state::Operation made{.id = OperationId::of(4), .task = TaskId::of(1), .state = state};
        if (undone)
            made.undoneBy = OperationId::of(5);
        return made;
    }

private Q_SLOTS:
    void whatIsStillOfUseStays_data()
    {
        using Operations = QList<state::Operation>;
        QTest::addColumn<QList<Task>>("others");
        QTest::addColumn<Operations>("operations");
        QTest::addColumn<bool>("works");
        QTest::addColumn<QString>("why");
        Task after = task(2, TaskState::Queued), ended = task(3, TaskState::Completed);
        after.spec.after = ended.spec.after = TaskId::of(1);
        QTest::newRow("nothing needs it") << QList<Task>{} << Operations{} << false << QString();
        QTest::newRow("an open task comes after it") << QList<Task>{after} << Operations{} << false << u"task #2"_s;
        QTest::newRow("an ended one came after it") << QList<Task>{ended} << Operations{} << false << QString();
        QTest::newRow("a rollback can be undone")
            << QList<Task>{} << Operations{operation(u"done"_s, false)} << false << u"op-4"_s;
        QTest::newRow("it was undone") << QList<Task>{} << Operations{operation(u"done"_s, true)} << false << QString();
        QTest::newRow("it failed") << QList<Task>{} << Operations{operation(u"failed"_s, false)} << false << QString();
        QTest::newRow("it is going on") << QList<Task>{} << Operations{operation(u"executing"_s, false)} << false
                                        << u"op-4"_s;
        QTest::newRow("something runs") << QList<Task>{} << Operations{} << true << u"still runs"_s;
    }
    void whatIsStillOfUseStays()
    {
        QFETCH(QList<Task>, others);
        QFETCH(QList<state::Operation>, operations);
        QFETCH(bool, works);
        QFETCH(QString, why);
        const QString said = whyItStays(task(1, TaskState::Completed), others, operations, works);
        QCOMPARE(said.isEmpty(), why.isEmpty());
        QVERIFY2(said.contains(why), qPrintable(said));
    }

    void thePlanIsNamedByWhatGoes()
    {
        RetentionReport report{.tasks = {{.id = TaskId::of(1), .title = {}, .checkpoints = 2, .messages = 3}}};
        const QString name = report.confirm();
        report.tasks << OldTask{.id = TaskId::of(2), .title = {}, .stays = u"of use"_s};
        QCOMPARE(report.confirm(), name);
        QCOMPARE(report.going(), 1);
        report.tasks[0].checkpoints = 3;
        QVERIFY(report.confirm() != name);
    }
};

QTEST_GUILESS_MAIN(TestRetention)
#include "tst_retention.moc"
