// Merging packs and dropping what nothing names, with real vaults; git says each time whether anything is missing.
#include "core/git/snapshot.h"
#include "core/git/treeobject.h"
#include "core/git/vaultcare.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"
#include "tests/support/killuntil.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

const std::atomic<bool> never{false};
const Instant today = SystemClock().now();
const Instant tomorrow = today + std::chrono::hours{25};

// A tree that names nothing but this.
Result<ObjectId> putTreeOver(PackWriter &writer, const QByteArray &blob)
{
    std::vector<TreeEntry> entries{{"x", modeFile, *ObjectId::fromHex(blob)}};
    return writer.put(ObjectType::Tree, treeBytes(entries));
}

struct Scene {
    GitScratch scratch;
    RepositoryPlace place;
    std::unique_ptr<Vault> vault;

    Result<> make(int snapshots)
    {
        scratch.inRepo(
            u"for i in $(seq 20); do mkdir -p d$i; seq $((i * 100)) > d$i/f; done; git add -A; git commit -qm one; git gc -q"_s);
        HUB_TRY(place, locate(scratch.repo()));
        HUB_TRY(vault, Vault::create(scratch.vaultPath(), place, {}));
        for (int n = 1; n <= snapshots; ++n)
            HUB_CHECK(take(n, u"seq %1 90000 > big; echo %1 > only; echo %1 >> d1/f"_s.arg(n)));
        return {};
    }
    Result<SnapshotInfo> take(int number, const QString &edit)
    {
        scratch.inRepo(edit);
        return takeSnapshot(*vault, request(scratch, place, number));
    }
    QByteArray inVault(const QString &command, bool mustWork = true)
    {
        return scratch.run(u"cd hub/vault.git\n"_s + command, mustWork);
    }
    // Everything that the refs reach, with names, each object read.
    QByteArray content()
    {
        return inVault(
            u"git fsck --full --connectivity-only --no-dangling 2>&1 && git for-each-ref --format='%(refname) %(objectname)' refs/checkpoints && git rev-list --objects --no-object-names --stdin < <(git for-each-ref --format='%(objectname)' refs/checkpoints) | sort | git cat-file --batch-check"_s);
    }
    int ownPacks()
    {
        const auto size = vaultSize(vault->path());
        return size ? size->packs : -1;
    }
    QByteArray seededFiles()
    {
        return inVault(
            u"for p in $(sed -n 's/^pack //p' seeded); do stat -c '%n %i %Y %s' objects/pack/$p.*; sha1sum objects/pack/$p.*; done"_s);
    }
    bool has(const QString &name) { return !inVault(u"git cat-file -e %1 && echo yes"_s.arg(name), false).isEmpty(); }
    Result<CareReport> sweep(Instant now)
    {
        HUB_TRY(CareWork work, planSweep(*vault, {}, now, {}));
        HUB_CHECK(buildPack(work, never));
        return installPack(*vault, work);
    }
    Result<CareReport> merge(int most, Instant now = today)
    {
        HUB_TRY(auto work, planMerge(*vault, {.mostPacks = most}, now));
        if (!work)
            return CareReport{};
        HUB_CHECK(buildPack(*work, never));
        return installPack(*vault, *work);
    }
};

} // namespace

class TestVaultCare : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void manyPacksBecomeFewAndNothingElseChanges()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(40));
        QCOMPARE(scene.ownPacks(), 40);
        const QByteArray before = scene.content(), seeded = scene.seededFiles();
        QVERIFY(!seeded.isEmpty());
        VALUE(const CareReport merged, scene.merge(30));
        QVERIFY(merged.packsBefore > 20);
        QCOMPARE(merged.dropped, 0);
        QVERIFY(merged.bytesAfter * 2 < merged.bytesBefore); // the versions of a file are packed as differences
        QCOMPARE(scene.ownPacks(), 41 - merged.packsBefore);
        QCOMPARE(scene.content(), before);
        QCOMPARE(scene.seededFiles(), seeded);
        VALUE(const CareReport again, scene.merge(30));
        QCOMPARE(again.packsBefore, 0); // few are left alone
        // The open vault goes on by the new pack.
        VERIFY_VALUE(scene.take(41, u"echo more > more"_s));
        QVERIFY(scene.content().contains("refs/checkpoints/1/41 "));
    }

    void whatWasRetiredStaysForADay()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(5));
        const QByteArray blob = scene.inVault(u"git rev-parse refs/checkpoints/1/3:files/only"_s).trimmed();
        VERIFY_VALUE(scene.vault->retireRefs({"refs/checkpoints/1/3", "refs/checkpoints/1/4"}, today));
        const QByteArray rest = scene.content();
        QVERIFY(!rest.contains("refs/checkpoints/1/3 "));
        VALUE(const CareReport early, scene.sweep(today + std::chrono::hours{23}));
        QCOMPARE(early.dropped, 0);
        QVERIFY(scene.has(QString::fromLatin1(blob)));
        VALUE(const CareReport swept, scene.sweep(tomorrow));
        QVERIFY(swept.dropped > 0);
        QVERIFY(!scene.has(QString::fromLatin1(blob)));
        QVERIFY(!scene.vault->objects().has(*ObjectId::fromHex(blob)));
        QCOMPARE(scene.content(), rest);
        QCOMPARE(scene.inVault(u"git for-each-ref refs/gone"_s), QByteArray());
        VALUE(const CareReport nothing, scene.sweep(tomorrow));
        QCOMPARE(nothing.packsBefore, 0);
    }

    void whatIsKeptByNameStays()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(3));
        VALUE(const auto commit, scene.vault->ref("refs/checkpoints/1/2"));
        VERIFY_VALUE(scene.vault->removeRef("refs/checkpoints/1/2"));
        VALUE(CareWork work, planSweep(*scene.vault, {}, tomorrow, {*commit}));
        VERIFY_VALUE(buildPack(work, never));
        VALUE(const CareReport report, installPack(*scene.vault, work));
        QCOMPARE(report.dropped, 0);
        QVERIFY(scene.has(QString::fromLatin1(commit->hex()) + u"^{tree}"_s));
    }

    void garbageOfToday_data()
    {
        QTest::addColumn<bool>("named");
        QTest::newRow("of a checkpoint that was cut off stays") << true;
        QTest::newRow("keeps what it names in older packs") << false;
    }
    // As after a kill between the pack and the ref.
    void garbageOfToday()
    {
        QFETCH(bool, named);
        Scene scene;
        VERIFY_VALUE(scene.make(3));
        const QByteArray old = scene.inVault(u"git rev-parse refs/checkpoints/1/2:files/only"_s).trimmed();
        VERIFY_VALUE(scene.vault->removeRefs({"refs/checkpoints/1/1", "refs/checkpoints/1/2"}));
        scene.inVault(u"touch -d '3 days ago' objects/pack/*"_s);
        PackWriter writer(scene.vault->objects());
        VALUE(const ObjectId tree, putTreeOver(writer, old));
        VERIFY_VALUE(writer.finish());
        VALUE(const CareReport swept, scene.sweep(today));
        QVERIFY(swept.dropped > 0);
        QVERIFY(scene.has(QString::fromLatin1(named ? tree.hex() : old)));
    }

    void packsInWhichLittleGoesAreLeftAloneAndStayWhole()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(2));
        // One old pack with much that is needed and a tree that is not, which names a blob of a pack that goes.
        const QByteArray blob = scene.inVault(u"git rev-parse refs/checkpoints/1/1:files/only"_s).trimmed();
        PackWriter writer(scene.vault->objects());
        VALUE(const ObjectId tree, putTreeOver(writer, blob));
        VALUE(const ObjectId needed, writer.put(ObjectType::Blob, scene.scratch.run(u"seq 70000"_s)));
        VERIFY_VALUE(writer.finish());
        VERIFY_VALUE(scene.vault->writeRefs({{"refs/held/x", needed}}));
        VERIFY_VALUE(scene.vault->removeRef("refs/checkpoints/1/1"));
        VALUE(const CareReport swept, scene.sweep(tomorrow));
        QVERIFY(swept.dropped > 0);
        QVERIFY(scene.has(QString::fromLatin1(tree.hex())));
        QVERIFY(scene.has(QString::fromLatin1(blob)));
    }

    void takenOverMeanwhile_data()
    {
        QTest::addColumn<bool>("byRef");
        QTest::newRow("a checkpoint takes over what was to go") << true;
        QTest::newRow("a pack without a ref takes over what was to go") << false;
    }
    // The race: the object is "already in the vault" when the checkpoint looks, and leaves it afterwards.
    void takenOverMeanwhile()
    {
        QFETCH(bool, byRef);
        Scene scene;
        VERIFY_VALUE(scene.make(4));
        const QByteArray blob = scene.inVault(u"git rev-parse refs/checkpoints/1/2:files/only"_s).trimmed();
        VERIFY_VALUE(scene.vault->removeRefs({"refs/checkpoints/1/2", "refs/checkpoints/1/3"}));
        VALUE(CareWork work, planSweep(*scene.vault, {}, tomorrow, {}));
        VERIFY_VALUE(buildPack(work, never));
        if (byRef) {
            VALUE(const SnapshotInfo taken, scene.take(5, u"echo 2 > only"_s));
        } else {
            PackWriter writer(scene.vault->objects());
            VERIFY_VALUE(putTreeOver(writer, blob));
            VERIFY_VALUE(writer.finish());
        }
        VALUE(const CareReport report, installPack(*scene.vault, work));
        QVERIFY(report.postponed);
        QVERIFY(scene.has(QString::fromLatin1(blob)));
        const QByteArray rest = scene.content();
        VALUE(const CareReport later, scene.sweep(today)); // nothing is of yesterday
        QVERIFY(!later.postponed);
        QCOMPARE(scene.content(), rest);
    }

    void aCheckpointThatNeedsNothingOfItDoesNotPostpone()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(4));
        VERIFY_VALUE(scene.vault->removeRefs({"refs/checkpoints/1/2", "refs/checkpoints/1/3"}));
        VALUE(CareWork work, planSweep(*scene.vault, {}, tomorrow, {}));
        VERIFY_VALUE(buildPack(work, never));
        VERIFY_VALUE(scene.take(5, u"echo quite new > only"_s));
        const QByteArray rest = scene.content();
        VALUE(const CareReport report, installPack(*scene.vault, work));
        QVERIFY(!report.postponed);
        QVERIFY(report.dropped > 0);
        QCOMPARE(scene.content(), rest);
        // What is gone is written again when a file has it once more.
        VERIFY_VALUE(scene.take(6, u"echo 2 > only; seq 2 90000 > big"_s));
        QVERIFY(scene.content().contains("refs/checkpoints/1/6 "));
    }

    void aStatCacheOfADroppedSnapshotIsNotBelieved()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(3));
        VERIFY_VALUE(scene.vault->retireRefs({"refs/checkpoints/1/3"}, today)); // the one that the cache names
        VALUE(const CareReport swept, scene.sweep(tomorrow));
        QVERIFY(swept.dropped > 0);
        VALUE(const SnapshotInfo taken, scene.take(4, u"true"_s));
        QVERIFY(taken.filesRead > 0);
        QVERIFY(scene.content().contains("refs/checkpoints/1/4 "));
    }

    void stoppedItLeavesAllAsItWas()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(10));
        const QByteArray before = scene.content();
        VALUE(auto work, planMerge(*scene.vault, {.mostPacks = 2}, today));
        const std::atomic<bool> stop{true};
        const auto built = buildPack(*work, stop);
        QVERIFY(!built);
        QCOMPARE(built.error().code, ErrorCode::ShuttingDown);
        QCOMPARE(scene.content(), before);
        QCOMPARE(scene.ownPacks(), 10);
    }

    void killedAnywhereNothingIsMissing_data()
    {
        QTest::addColumn<bool>("sweep");
        QTest::newRow("merging") << false;
        QTest::newRow("dropping") << true;
    }
    void killedAnywhereNothingIsMissing()
    {
        QFETCH(bool, sweep);
        Scene scene;
        VERIFY_VALUE(scene.make(8));
        if (sweep)
            VERIFY_VALUE(scene.vault->retireRefs({"refs/checkpoints/1/2", "refs/checkpoints/1/3"}, today));
        scene.scratch.run(u"cp -a hub hub-before"_s);
        const QByteArray before = scene.content();
        const QString all = u"git cat-file --batch-check --batch-all-objects | wc -l"_s;
        const QByteArray objectsBefore = scene.inVault(all);
        QByteArray objectsAfter;
        QSet<QByteArray> counts;
        int kills = 0;
        for (int n = 1;; ++n) {
            scene.vault.reset();
            scene.scratch.run(u"rm -rf hub; cp -a hub-before hub"_s);
            const bool killed = tests::runUntil(n, [&] {
                auto own = Vault::open(scene.scratch.vaultPath());
                if (!own)
                    return 1;
                scene.vault = *std::move(own);
                const auto done = sweep ? scene.sweep(tomorrow) : scene.merge(3);
                if (!done)
                    std::fprintf(stderr, "%s\n", qPrintable(done.error().message));
                return done && done->packsBefore > 0 && !done->postponed ? 0 : 2;
            });
            VALUE(scene.vault, Vault::open(scene.scratch.vaultPath())); // as the next hub does
            if (scene.content() != before)
                QFAIL(("at call " + QByteArray::number(n) + "\n" + scene.content()).constData());
            if (!killed) {
                objectsAfter = scene.inVault(all);
                break;
            }
            ++kills;
            counts.insert(scene.inVault(all));
            const auto again = sweep ? scene.sweep(tomorrow) : scene.merge(3);
            QVERIFY2(again, again ? "" : qPrintable(again.error().message));
            QCOMPARE(scene.content(), before);
            QCOMPARE(
                scene.inVault(u"ls objects/pack | grep -c tmp_ || true; ls -d care/* leaving 2>/dev/null | wc -l"_s),
                QByteArray("0\n0\n"));
        }
        QCOMPARE(objectsAfter == objectsBefore, !sweep);
        // Wholly dropped, or not at all: a part of it might name what is gone.
        QVERIFY(counts.subtract({objectsBefore, objectsAfter}).isEmpty());
        QVERIFY(kills > 15);
        qInfo("killed at %d system calls", kills);
    }

    void onlyOwnPacksCount()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(0));
        VALUE(const VaultSize seeded, vaultSize(scene.vault->path()));
        QCOMPARE(seeded.bytes, 0);
        QVERIFY(seeded.seededBytes > 0);
        VERIFY_VALUE(scene.take(1, u"seq 9000 > n"_s));
        VALUE(const VaultSize size, vaultSize(scene.vault->path()));
        QVERIFY(size.bytes > 0);
        QCOMPARE(size.packs, 1);
        QCOMPARE(size.seededBytes, seeded.seededBytes);
    }
};

QTEST_GUILESS_MAIN(TestVaultCare)
#include "tst_vaultcare.moc"
