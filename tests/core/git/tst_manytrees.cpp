// What saving many working trees at once rests on.
#include "core/git/placecache.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

#include <set>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

class TestManyTrees : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void aPlaceIsAskedOfGitOnlyOnce()
    {
        GitScratch scratch;
        PlaceCache cache;
        VALUE(const auto first, cache.of(scratch.repo()));
        VALUE(const auto asked, locate(scratch.repo()));
        QCOMPARE(first, asked);
        const QByteArray path = qgetenv("PATH");
        qputenv("PATH", "/nowhere"); // no git from here on
        const auto again = cache.of(scratch.repo());
        qputenv("PATH", path);
        QVERIFY(again);
        QCOMPARE(*again, first);
    }

    void aPlaceThatChangedIsAskedForAgain_data()
    {
        QTest::addColumn<QString>("change");
        QTest::newRow(".git was removed") << u"rm -rf w/.git"_s;
        QTest::newRow("the tree was removed") << u"rm -rf w"_s;
        QTest::newRow("its folder in the repository was removed") << u"rm -rf repo/.git/worktrees/w"_s;
        QTest::newRow("the repository became a partial clone")
            << u"cd repo && git config core.repositoryformatversion 1 && git config extensions.partialClone origin"_s;
    }
    void aPlaceThatChangedIsAskedForAgain()
    {
        QFETCH(QString, change);
        GitScratch scratch;
        scratch.inRepo(u"echo 1 > f; git add -A; git commit -qm base; git worktree add -q ../w"_s);
        PlaceCache cache;
        VALUE(const auto known, cache.of(scratch.root() + "/w"));
        scratch.run(change);
        QVERIFY(!cache.of(scratch.root() + "/w"));
        Q_UNUSED(known);
    }

    void eachTreeIsWatchedWhileItIsReadAndARefusedOneIsLeftOut()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo 1 > f; git add -A; git commit -qm base; for i in 0 1 2 3 4 5; do git worktree add -q "
                       "../w$i; done"_s);
        VALUE(const auto main, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), main, {}));
        std::vector<SnapshotRequest> requests;
        for (int i = 0; i < 6; ++i) {
            const QByteArray name = "w" + QByteArray::number(i);
            VALUE(const auto place, locate(scratch.root() + '/' + name));
            requests.push_back({.place = place,
                                .ref = "refs/checkpoints/" + QByteArray::number(i + 1) + "/1",
                                .cachePath = scratch.root() + "/hub/" + name,
                                .message = "test"});
        }
        for (int round = 0; round < 2; ++round) { // the second time the trees are known as small ones, two at a time
            std::mutex mutex;
            std::set<size_t> held, done;
            bool written = false;
            const SnapshotWatch watch{.before = [&](size_t i) -> Result<> {
                                          const std::lock_guard lock(mutex);
                                          if (i == 3)
                                              return fail(ErrorCode::Process, u"not held"_s);
                                          held.insert(i);
                                          // The last word before it stands still belongs into the snapshot.
                                          QFile file(QFile::decodeName(requests[i].place.workTree + "/last"));
                                          written = file.open(QIODevice::WriteOnly) && file.write("word") == 4;
                                          return {};
                                      },
                                      .after =
                                          [&](size_t i) {
                                              const std::lock_guard lock(mutex);
                                              if (held.erase(i))
                                                  done.insert(i);
                                          }};
            VALUE(const auto results, takeSnapshots(*vault, requests, watch));
            QVERIFY(held.empty() && written);
            QCOMPARE(done, (std::set<size_t>{0, 1, 2, 4, 5}));
            QVERIFY(!results[3]);
            QCOMPARE(results[3].error().message, u"not held"_s);
            VALUE(const auto left, vault->ref(requests[3].ref));
            QVERIFY(!left);
            QCOMPARE(results[0]->fileCount, 2);
            for (SnapshotRequest &request : requests)
                request.ref.back() = '2';
        }
    }
};

QTEST_GUILESS_MAIN(TestManyTrees)
#include "tst_manytrees.moc"
