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
