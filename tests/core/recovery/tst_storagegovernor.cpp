// Which build output goes first, and what a plan's confirm text stands for.
#include "core/recovery/storagegovernor.h"

#include <QTest>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;

namespace
{

git::CacheEntry entry(const char *path, qint64 bytes, qint64 written)
{
    return {.path = path, .kind = u"test"_s, .folder = true, .bytes = bytes, .newest = fromMillis(written), .inode = 1};
}

CachePlan plan()
{
    return {
        {{TaskId::of(1), *ProjectName::parse(u"web"), u"/1"_s, {entry("b", 10, 20), entry("d", 10, 40)}, {}, {}},
         {TaskId::of(2), *ProjectName::parse(u"web"), u"/2"_s, {entry("a", 10, 10), entry("c", 10, 30)}, {}, {}},
         {TaskId::of(3), *ProjectName::parse(u"web"), u"/3"_s, {entry("0", 99, 1)}, {}, u"its agent has not ended"_s}}};
}

QByteArrayList pathsOf(const CachePlan &of)
{
    QByteArrayList paths;
    for (const TreeCaches &tree : of.trees) {
        for (const git::CacheEntry &one : tree.entries)
            paths << one.path;
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

} // namespace

class TestStorageGovernor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theOldestGoUntilItIsEnough_data()
    {
        QTest::addColumn<qint64>("enough");
        QTest::addColumn<qint64>("before");
        QTest::addColumn<QByteArrayList>("going");
        QTest::newRow("nothing is missing") << qint64(0) << qint64(100) << QByteArrayList{};
        QTest::newRow("a little") << qint64(1) << qint64(100) << QByteArrayList{"a"};
        QTest::newRow("exactly two") << qint64(20) << qint64(100) << QByteArrayList{"a", "b"};
        QTest::newRow("more than there is") << qint64(1000) << qint64(100) << QByteArrayList{"a", "b", "c", "d"};
        QTest::newRow("young ones stay") << qint64(1000) << qint64(30) << QByteArrayList{"a", "b"};
    }
    void theOldestGoUntilItIsEnough()
    {
        QFETCH(qint64, enough);
        QFETCH(qint64, before);
        QFETCH(QByteArrayList, going);
        QCOMPARE(pathsOf(plan().oldest(enough, fromMillis(before))), going);
    }

    void whatStaysCountsForNothing()
    {
        QCOMPARE(plan().bytes(), 40);
        CachePlan other = plan();
        other.trees[2].entries[0].bytes = 1;
        QCOMPARE(other.confirm(), plan().confirm());
    }

    void aChangedEntryIsAnotherPlan_data()
    {
        QTest::addColumn<CachePlan>("other");
        const auto row = [](const char *name, auto change) {
            CachePlan other = plan();
            change(other.trees[0].entries[0]);
            QTest::newRow(name) << other;
        };
        row("size", [](git::CacheEntry &one) { one.bytes = 11; });
        row("written", [](git::CacheEntry &one) { one.newest = fromMillis(21); });
        row("another file", [](git::CacheEntry &one) { one.inode = 2; });
        row("path", [](git::CacheEntry &one) { one.path = "x"; });
    }
    void aChangedEntryIsAnotherPlan()
    {
        QFETCH(CachePlan, other);
        QVERIFY(other.confirm() != plan().confirm());
    }
};

QTEST_GUILESS_MAIN(TestStorageGovernor)
#include "tst_storagegovernor.moc"
