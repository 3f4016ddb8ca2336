#include "tests/support/statefixture.h"

#include <QSignalSpy>

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

class TestCommitGroup : public QObject
{
    Q_OBJECT

    static Result<> put(StateFixture &fixture, const QString &key)
    {
        HUB_CHECK(fixture.database->execute(u"INSERT INTO meta (key, value) VALUES (?, '')"_s, {key}));
        return {};
    }
    static QStringList keys(StateFixture &fixture)
    {
        const auto found = fixture.database->select(u"SELECT key FROM meta ORDER BY key"_s, {},
                                                    [](const db::Row &row) { return row.text(0); });
        return found ? QStringList(*found) : QStringList{found.error().message};
    }

private Q_SLOTS:
    void workOfOneMomentSharesACommit()
    {
        StateFixture fixture;
        auto a = fixture.commits->submit([&] { return put(fixture, u"a"_s); });
        auto b = fixture.commits->submit([&] { return put(fixture, u"b"_s); });
        QVERIFY(!a.isFinished() && !b.isFinished()); // nothing is acknowledged before it is on disk
        QCoreApplication::processEvents();
        QVERIFY(a.isFinished() && b.isFinished());
        QCOMPARE(keys(fixture), (QStringList{u"a"_s, u"b"_s}));
    }

    void failedWorkTakesBackOnlyItsOwnChanges()
    {
        StateFixture fixture;
        QStringList told;
        auto good = fixture.commits->submit([&] {
            fixture.commits->afterCommit([&] { told << u"good"_s; });
            return put(fixture, u"good"_s);
        });
        auto bad = fixture.commits->submit([&]() -> Result<> {
            fixture.commits->afterCommit([&] { told << u"bad"_s; });
            HUB_CHECK(put(fixture, u"bad"_s));
            return fail(ErrorCode::InvalidInput, u"no"_s);
        });
        fixture.commits->flush();
        QVERIFY(takeResult(good));
        QCOMPARE(takeResult(bad).error().message, u"no"_s);
        QCOMPARE(keys(fixture), QStringList{u"good"_s});
        QCOMPARE(told, QStringList{u"good"_s});
    }

    void aFailedCommitTakesBackEverythingAndAnnouncesNothing()
    {
        StateFixture fixture;
        DO(fixture.database->run(
            u"CREATE TABLE child (key TEXT REFERENCES meta(key) DEFERRABLE INITIALLY DEFERRED)"_s));
        bool told = false;
        auto innocent = fixture.commits->submit([&] {
            fixture.commits->afterCommit([&] { told = true; });
            return put(fixture, u"a"_s);
        });
        auto breaker = fixture.commits->submit([&]() -> Result<> {
            HUB_CHECK(fixture.database->execute(u"INSERT INTO child VALUES ('missing')"_s));
            return {};
        });
        fixture.commits->flush();
        QVERIFY(!takeResult(innocent));
        QVERIFY(!takeResult(breaker));
        QVERIFY(!told);
        QVERIFY(keys(fixture).isEmpty());
        DO(fixture.commit([&] { return put(fixture, u"later"_s); })); // the group goes on afterwards
    }

    void announcementsComeInOrderAndMaySubmitMore()
    {
        StateFixture fixture;
        QStringList told;
        QFuture<Result<>> more;
        auto first = fixture.commits->submit([&] {
            fixture.commits->afterCommit([&] {
                told << u"first"_s;
                more = fixture.commits->submit([&] { return put(fixture, u"more"_s); });
            });
            return put(fixture, u"first"_s);
        });
        auto second = fixture.commits->submit([&] {
            fixture.commits->afterCommit([&] { told << u"second"_s; });
            return put(fixture, u"second"_s);
        });
        fixture.commits->flush();
        QCOMPARE(told, (QStringList{u"first"_s, u"second"_s}));
        QVERIFY(first.isFinished() && second.isFinished() && !more.isFinished());
        fixture.commits->flush();
        QVERIFY(takeResult(more));
    }

    // On a full disk SQLite takes the whole transaction back by itself, and with it what was done before in the group.
    void whatSqliteGaveUpIsRefusedAsAWholeAndNothingOfItIsThere()
    {
        StateFixture fixture;
        GET(const auto pages,
            fixture.database->selectOne(u"PRAGMA page_count"_s, {}, [](const db::Row &row) { return row.number(0); }));
        DO(fixture.database->run(u"PRAGMA max_page_count = %1"_s.arg(*pages + 2)));
        QSignalSpy ranOut(fixture.commits.get(), &db::CommitGroup::ranOutOfRoom);
        QStringList told;
        const auto tell = [&](const QString &key) {
            return fixture.commits->submit([&fixture, &told, key]() -> Result<> {
                fixture.commits->afterCommit([&told, key] { told << key; });
                return put(fixture, key);
            });
        };
        auto before = tell(u"before"_s);
        auto large = tell(QString(100'000, u'x'));
        auto after = tell(u"after"_s);
        fixture.commits->flush();
        QCOMPARE(takeResult(before).error().code, ErrorCode::DiskFull);
        QCOMPARE(takeResult(large).error().code, ErrorCode::DiskFull);
        QVERIFY(takeResult(after));
        QCOMPARE(keys(fixture), QStringList{u"after"_s});
        QCOMPARE(told, QStringList{u"after"_s});
        QVERIFY(!ranOut.isEmpty());
    }

    void somebodyMayLookBeforeEachCommit()
    {
        StateFixture fixture;
        int looks = 0;
        fixture.commits->setBeforeCommit([&] { ++looks; });
        fixture.commits->flush();
        QCOMPARE(looks, 0); // nothing to commit
        auto a = fixture.commits->submit([&] { return put(fixture, u"a"_s); });
        fixture.commits->flush();
        QVERIFY(takeResult(a));
        QCOMPARE(looks, 1);
        fixture.commits->setBeforeCommit({});
    }
};

QTEST_GUILESS_MAIN(TestCommitGroup)
#include "tst_commitgroup.moc"
