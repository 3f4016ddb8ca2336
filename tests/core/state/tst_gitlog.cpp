#include "core/state/gitlog.h"
#include "core/state/refstore.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

class TestGitLog : public QObject
{
    Q_OBJECT

    static state::GitOperation move(const QString &who)
    {
        return {.project = u"web"_s,
                .task = TaskId::of(3),
                .who = who,
                .action = u"commit"_s,
                .refs = {{u"refs/heads/agent/ana/3"_s, u"1111"_s, u"2222"_s}, {u"HEAD"_s, QString(), u"2222"_s}},
                .outcome = u"done"_s};
    }

private Q_SLOTS:
    void anOperationComesBackAsItWasAdded()
    {
        StateFixture fixture;
        state::GitLog log(*fixture.database, fixture.clock);
        GET(const qint64 first, fixture.commit([&] { return log.add(move(u"ana"_s)); }));
        GET(const qint64 second, fixture.commit([&] { return log.add({.project = u"app"_s, .who = u"hub"_s}); }));
        QCOMPARE(first, 1);
        QCOMPARE(second, 2);
        GET(const auto all, log.list({}));
        QCOMPARE(all.size(), 2);
        QCOMPARE(all.first().project, u"app"_s);
        QCOMPARE(all.last().refs, move(u"ana"_s).refs);
        QCOMPARE(all.last().task->value(), 3);
        QCOMPARE(all.last().at, fixture.clock.now());
        GET(const auto ofProject, log.list({.project = u"web"_s}));
        QCOMPARE(ofProject.size(), 1);
        GET(const auto ofTask, log.list({.task = TaskId::of(4)}));
        QVERIFY(ofTask.isEmpty());
        GET(const qint64 commits, log.count(u"web"_s, u"commit"_s));
        QCOMPARE(commits, 1);
    }

    void theNewestHundredAreShown()
    {
        StateFixture fixture;
        state::GitLog log(*fixture.database, fixture.clock);
        for (int i = 0; i < 120; ++i)
            DO(fixture.commit([&] { return log.add(move(u"ana"_s)); }));
        GET(const auto shown, log.list({}));
        QCOMPARE(shown.size(), 100);
        QCOMPARE(shown.first().id, 120);
        GET(const auto all, log.list({.limit = 0}));
        QCOMPARE(all.size(), 120);
    }

    void aChangedRowBreaksTheChain_data()
    {
        QTest::addColumn<QString>("tampering");
        QTest::addColumn<qint64>("brokenAt"); // 0: intact
        QTest::newRow("nothing touched") << QString() << qint64(0);
        QTest::newRow("a word changed") << u"UPDATE git_operation SET who = 'eve' WHERE id = 3"_s << qint64(3);
        QTest::newRow("a row removed") << u"DELETE FROM git_operation WHERE id = 2"_s << qint64(3);
        QTest::newRow("the first row removed") << u"DELETE FROM git_operation WHERE id = 1"_s << qint64(2);
        QTest::newRow("a ref's value changed")
            << u"UPDATE git_operation SET refs = replace(refs, '2222', '3333') WHERE id = 5"_s << qint64(5);
        QTest::newRow("refs garbled") << u"UPDATE git_operation SET refs = 'x' WHERE id = 1"_s << qint64(1);
    }
    void aChangedRowBreaksTheChain()
    {
        QFETCH(QString, tampering);
        QFETCH(qint64, brokenAt);
        StateFixture fixture;
        state::GitLog log(*fixture.database, fixture.clock);
        for (int i = 0; i < 5; ++i)
            DO(fixture.commit([&] { return log.add(move(u"ana"_s)); }));
        if (!tampering.isEmpty()) {
            DO(fixture.database->run(u"DROP TRIGGER git_operation_is_never_changed"_s));
            DO(fixture.database->run(u"DROP TRIGGER git_operation_is_never_shortened"_s));
            DO(fixture.database->run(tampering));
        }
        GET(const auto verdict, log.verify());
        QCOMPARE(verdict.brokenAt.value_or(0), brokenAt);
    }

    void theDatabaseItselfRefusesChanges()
    {
        StateFixture fixture;
        state::GitLog log(*fixture.database, fixture.clock);
        DO(fixture.commit([&] { return log.add(move(u"ana"_s)); }));
        QVERIFY(!fixture.database->execute(u"UPDATE git_operation SET who = 'eve'"_s));
        QVERIFY(!fixture.database->execute(u"DELETE FROM git_operation"_s));
    }

    void anAuthorisedValueCountsUntilItWasSeen()
    {
        StateFixture fixture;
        state::RefStore refs(*fixture.database, fixture.clock);
        const ProjectName web = *ProjectName::parse(u"web");
        const QString main = u"refs/heads/main"_s;
        const auto isAuthorised = [&](const QString &value) {
            return refs.isAuthorised(web, main, value).valueOr(false);
        };
        DO(fixture.commit([&] { return refs.setKnown(web, main, u"1111"_s); }));
        DO(fixture.commit([&] { return refs.authorise(web, main, u"2222"_s); }));
        QVERIFY(isAuthorised(u"2222"_s));
        QVERIFY(!isAuthorised(u"3333"_s));
        DO(fixture.commit([&] { return refs.setKnown(web, main, u"2222"_s); }));
        QVERIFY(!isAuthorised(u"2222"_s));
        GET(const auto known, refs.known(web));
        QCOMPARE(known.value(main), u"2222"_s);

        DO(fixture.commit([&] { return refs.authorise(web, main, u"4444"_s); }));
        fixture.clock.advance(std::chrono::hours(25));
        DO(fixture.commit([&] { return refs.authorise(web, main, u"5555"_s); }));
        QVERIFY(!isAuthorised(u"4444"_s));
    }
};

QTEST_GUILESS_MAIN(TestGitLog)
#include "tst_gitlog.moc"
