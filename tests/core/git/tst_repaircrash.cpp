// Putting a new `.git` in, killed at every system call that changes anything: the old one or the new one is there, and
// the old one's content is never gone.
#include "core/base/durablefile.h"
#include "core/git/repair.h"
#include "core/git/repairswap.h"
#include "tests/support/gitvalue.h"
#include "tests/support/killuntil.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

constexpr Instant time20260101{std::chrono::milliseconds{1767225600000}};

Result<> buildAndPutIn(const QByteArray &git)
{
    HUB_CHECK(settleRepair(git));
    if (QFile::exists(QFile::decodeName(git + "/new")))
        return {};
    HUB_CHECK(beginBuild(git));
    HUB_CHECK(writeFileDurably(buildPlace(git) + "/new", "new"));
    HUB_CHECK(putIn(git, time20260101));
    return {};
}

} // namespace

class TestRepairCrash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void killedAnywhereItIsOldOrNew_data()
    {
        QTest::addColumn<bool>("there");
        QTest::newRow("a damaged one is replaced") << true;
        QTest::newRow("a deleted one is put in") << false;
    }
    void killedAnywhereItIsOldOrNew()
    {
        QFETCH(bool, there);
        int kills = 0;
        for (bool killed = true; killed; kills += killed ? 1 : 0) {
            QTemporaryDir folder;
            const QByteArray git = QFile::encodeName(folder.path()) + "/.git";
            if (there)
                VERIFY_VALUE(writeFileDurably(git + "/old", "old"));
            killed = tests::runUntil(kills + 1, [&] { return buildAndPutIn(git) ? 0 : 1; });
            VERIFY_VALUE(settleRepair(git));
            QVERIFY(!isUnsettled(git));
            const auto has = [&](const QByteArray &path) { return QFile::exists(QFile::decodeName(git + path)); };
            const bool isNew = has("/new");
            QVERIFY(killed || isNew);
            QCOMPARE(has("/old"), there && !isNew);
            QCOMPARE(has("/agenthub/broken-20260101T000000Z/old"), there && isNew);
            VERIFY_VALUE(buildAndPutIn(git));
            QVERIFY(has("/new"));
            QCOMPARE(has("/agenthub/broken-20260101T000000Z/old"), there);
            QVERIFY(!isUnsettled(git));
        }
        QVERIFY(kills > 10);
    }
};

QTEST_GUILESS_MAIN(TestRepairCrash)
#include "tst_repaircrash.moc"
