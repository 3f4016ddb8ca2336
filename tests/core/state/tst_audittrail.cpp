#include "core/state/audittrail.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

class TestAuditTrail : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aChangedRowBreaksTheChain_data()
    {
        QTest::addColumn<QString>("tampering");
        QTest::addColumn<qint64>("brokenAt"); // 0: intact
        QTest::newRow("nothing touched") << QString() << qint64(0);
        QTest::newRow("a word changed") << u"UPDATE audit SET who = 'eve' WHERE id = 3"_s << qint64(3);
        QTest::newRow("a row removed") << u"DELETE FROM audit WHERE id = 2"_s << qint64(3);
        QTest::newRow("words moved between columns")
            << u"UPDATE audit SET who = 'ana terminal', origin = '' WHERE id = 4"_s << qint64(4);
    }
    void aChangedRowBreaksTheChain()
    {
        QFETCH(QString, tampering);
        QFETCH(qint64, brokenAt);
        StateFixture fixture;
        state::AuditTrail trail(*fixture.database, fixture.clock);
        for (int i = 0; i < 5; ++i)
            DO(fixture.commit([&] {
                return trail.add({.who = u"ana"_s, .origin = u"terminal"_s, .action = u"say"_s, .outcome = u"done"_s});
            }));
        if (!tampering.isEmpty()) {
            DO(fixture.database->run(u"DROP TRIGGER audit_is_never_changed"_s));
            DO(fixture.database->run(u"DROP TRIGGER audit_is_never_shortened"_s));
            DO(fixture.database->run(tampering));
        }
        GET(const auto verdict, trail.verify());
        QCOMPARE(verdict.brokenAt.value_or(0), brokenAt);
    }

    void itIsSearchedByPersonAndTask_data()
    {
        QTest::addColumn<QString>("who");
        QTest::addColumn<QStringList>("found"); // newest first
        QTest::newRow("everybody") << QString()
                                   << QStringList{u"run r5 (claude)"_s, u"ana"_s, u"Annie (120456)"_s,
                                                  u"Ana (120456)"_s, u"Ben (120457)"_s};
        QTest::newRow("a number") << u"120456"_s << QStringList{u"Annie (120456)"_s, u"Ana (120456)"_s};
        QTest::newRow("as it stood before") << u"Ana (120456)"_s << QStringList{u"Annie (120456)"_s, u"Ana (120456)"_s};
        QTest::newRow("a name on Discord") << u"Ben"_s << QStringList{u"Ben (120457)"_s};
        QTest::newRow("at the machine") << u"ana"_s << QStringList{u"ana"_s};
        QTest::newRow("an agent") << u"claude"_s << QStringList{u"run r5 (claude)"_s};
        QTest::newRow("a part of a name") << u"An"_s << QStringList();
        QTest::newRow("what LIKE would take") << u"%"_s << QStringList();
    }
    void itIsSearchedByPersonAndTask()
    {
        QFETCH(QString, who);
        QFETCH(QStringList, found);
        StateFixture fixture;
        state::AuditTrail trail(*fixture.database, fixture.clock);
        int task = 0;
        for (const QString &one :
             {u"Ben (120457)"_s, u"Ana (120456)"_s, u"Annie (120456)"_s, u"ana"_s, u"run r5 (claude)"_s})
            DO(fixture.commit([&] { return trail.add({.who = one, .task = TaskId::of(++task)}); }));
        const auto names = [&](const state::AuditFilter &filter) {
            QStringList list;
            for (const auto &entry : trail.list(filter).valueOr({}))
                list << entry.who;
            return list;
        };
        QCOMPARE(names({.who = who}), found);
        QCOMPARE(names({.who = who, .among = QList<TaskId>()}), QStringList());
        const QStringList second = found.filter(u"Ana ("_s);
        QCOMPARE(names({.who = who, .among = QList<TaskId>{TaskId::of(2)}, .limit = 1}), second);
    }

    void theDatabaseItselfRefusesChanges()
    {
        StateFixture fixture;
        state::AuditTrail trail(*fixture.database, fixture.clock);
        DO(fixture.commit([&] { return trail.add({.who = u"ana"_s}); }));
        QVERIFY(!fixture.database->execute(u"UPDATE audit SET who = 'eve'"_s));
        QVERIFY(!fixture.database->execute(u"DELETE FROM audit"_s));
    }
};

QTEST_GUILESS_MAIN(TestAuditTrail)
#include "tst_audittrail.moc"
