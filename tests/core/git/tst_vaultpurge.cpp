// Erasing a text or a path from real vaults: git and an independent search say that it is gone, that nothing else is,
// and that each checkpoint still comes back.
#include "core/git/record.h"
#include "core/git/restore.h"
#include "core/git/snapshot.h"
#include "core/git/treestate.h"
#include "core/git/vaultcare.h"
#include "core/git/vaultpurge.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"
#include "tests/support/killuntil.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

const std::atomic<bool> never{false};
const QByteArray secret = "hunter2-\"quoted\"-secret"; // as JSON it is spelled otherwise

PurgeTarget textTarget() { return {.text = *SecretText::parse(secret)}; }

struct Scene {
    GitScratch scratch;
    RepositoryPlace place;
    std::unique_ptr<Vault> vault;

    explicit Scene(const QString &script, const SeedOptions &seed = {})
    {
        scratch.run(u"printf '%s' '%1' > secret"_s.arg(QString::fromUtf8(secret)));
        scratch.inRepo(script);
        place = *locate(scratch.repo());
        vault = *Vault::create(scratch.vaultPath(), place, seed);
    }
    Result<SnapshotInfo> take(int number, const QString &edit)
    {
        scratch.inRepo(edit);
        return takeSnapshot(*vault, request(scratch, place, number, {"refs/heads/work"}));
    }
    QByteArray inVault(const QString &command, bool mustWork = true)
    {
        return scratch.run(u"cd hub/vault.git\n"_s + command, mustWork);
    }
    Result<VaultRewrite> purge(const PurgeTarget &target)
    {
        HUB_TRY(const auto named, namedInRepository(place));
        HUB_TRY(VaultRewrite done, rewriteForPurge(*vault, target, named, never));
        HUB_CHECK(dropPurged(*vault, done, named, never));
        scratch.run(u"rm -f hub/*.stat"_s);
        return done;
    }
    // Every byte of the vault, objects unpacked, streams in them inflated.
    QByteArray search()
    {
        return scratch.run(uR"(cat > search.py <<'END'
import glob, os, re, subprocess, sys, zlib
secret = open('secret', 'rb').read()
spellings = [secret, secret.replace(b'"', b'\\"')]
found = []
def look(name, data):
    if any(s in data for s in spellings):
        found.append(name)
for root, _, names in os.walk('hub/vault.git'):
    for name in names:
        path = os.path.join(root, name)
        look(path, path.encode() + open(path, 'rb').read())
out = subprocess.run(['git', '-C', 'hub/vault.git', 'cat-file', '--batch-all-objects', '--batch'], check=True, capture_output=True).stdout
at = 0
while at < len(out):
    end = out.index(b'\n', at)
    id, kind, size = out[at:end].split()
    data = out[end + 1:end + 1 + int(size)]
    look(id.decode() + ' ' + kind.decode(), data)
    try:
        look(id.decode() + ' inflated', zlib.decompressobj(47).decompress(data))
    except zlib.error:
        pass
    at = end + 1 + int(size) + 1
print('\n'.join(found), end='')
END
python3 search.py)"_s);
    }
    // All of a snapshot but what was to change: path, mode and content of each file.
    QByteArray files(int number, const QString &without)
    {
        return inVault(
            u"git ls-tree -r refs/checkpoints/1/%1 files | grep -v -e '%2' || true; git ls-tree -r refs/checkpoints/1/%1 index | grep -v -e '%2' || true"_s
                .arg(number)
                .arg(without));
    }
    // The tree that lists nested repositories has names with slashes, purged or not.
    bool isWhole()
    {
        const QByteArray said = inVault(
            u"(git fsck --full --no-dangling; git fsck --connectivity-only --no-dangling) 2>&1 | grep -v -e fullPathname -e treeNotSorted -e ^notice:"_s,
            false);
        if (!said.isEmpty())
            qWarning() << said;
        return said.isEmpty();
    }
    // Goes back and proves it.
    Result<VerifyReport> goBack(int number, RestorePlan *plan = nullptr)
    {
        HUB_TRY(const auto target, vault->ref("refs/checkpoints/1/" + QByteArray::number(number)));
        SnapshotRequest before = request(scratch, place, 90 + number, {"refs/heads/work"});
        before.before = *target;
        HUB_TRY(const SnapshotInfo now, takeSnapshot(*vault, before));
        HUB_TRY(const RestorePlan planned,
                planRestore(*vault, now.commit, *target, {.movableBranches = {"refs/heads/work"}}));
        const RestorePlace where{place, scratch.cachePath()};
        HUB_CHECK(executeRestore(*vault, planned, where));
        if (plan)
            *plan = planned;
        return verifyRestored(*vault, *target, where, true, planned.kept);
    }
};

const QString base =
    u"mkdir -p src; seq 100 > src/list; echo other > other; git add -A; git commit -qm one; git switch -qc work"_s;

} // namespace

class TestVaultPurge : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void aTextGoesWhereverASnapshotMayHoldIt_data()
    {
        QTest::addColumn<QString>("edit");
        QTest::addColumn<QString>("clean"); // so that the repository itself has it no more
        const auto row = [](const char *name, const QString &edit, const QString &clean = u"true"_s) {
            QTest::newRow(name) << edit << clean;
        };
        row("an untracked file", u"(echo before; cat ../secret; echo; echo after) > note"_s, u"rm note"_s);
        row("a tracked file", u"cat ../secret >> src/list"_s, u"git checkout -q src/list"_s);
        row("a staged file", u"cat ../secret > note; git add note"_s,
            u"git rm -qf note; git gc -q --prune=now; git reflog expire --expire=now --all"_s);
        row("a commit of the agent",
            u"cat ../secret > note; git add note; git commit -qm two; echo more >> other; git commit -qam three"_s,
            u"git reset -q --hard main; git reflog expire --expire=now --all; rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s);
        row("the message of a commit", u"echo more >> other; git commit -qam \"two $(cat ../secret)\""_s,
            u"git reset -q --hard main; git reflog expire --expire=now --all; rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s);
        row("the name of a file", u"echo more > \"a-$(cat ../secret)\""_s, u"rm a-*"_s);
        row("an ignored file that is held", u"echo .env > .gitignore; cat ../secret > .env"_s, u"rm .env"_s);
        row("a pattern of what is ignored", u"cat ../secret >> .git/info/exclude"_s, u": > .git/info/exclude"_s);
        row("the target of a link", u"ln -s \"$(cat ../secret)\" link"_s, u"rm link"_s);
        row("an unfinished merge",
            u"git switch -qc side; echo side > other; git commit -qam side; git switch -q work; "
            "cat ../secret > other; git commit -qam ours; git merge side || true; "
            "cat ../secret >> .git/MERGE_MSG"_s,
            u"git merge --abort; git reset -q --hard main; git branch -qD side; git reflog expire --expire=now --all; "
            "rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s);
        row("a nested repository",
            u"git init -q nested; cat ../secret > nested/file; cd nested; git add file; "
            "git -c user.name=n -c user.email=n commit -qm one"_s,
            u"rm -rf nested"_s);
        row("a packed nested repository",
            u"git init -q nested; cat ../secret > nested/file; cd nested; git add file; "
            "git -c user.name=n -c user.email=n commit -qm one; git gc -q"_s,
            u"rm -rf nested"_s);
        row("a compressed file", u"gzip -c ../secret > note.gz"_s, u"rm note.gz"_s);
        row("a file of JSON", u"python3 -c \"import json; print(json.dumps({'a': open('../secret').read()}))\" > j"_s,
            u"rm j"_s);
    }
    void aTextGoesWhereverASnapshotMayHoldIt()
    {
        QFETCH(QString, edit);
        QFETCH(QString, clean);
        Scene scene(base);
        VERIFY_VALUE(scene.take(1, u"echo first > kept"_s));
        VERIFY_VALUE(scene.take(2, edit));
        scene.scratch.inRepo(clean);
        VERIFY_VALUE(scene.take(3, u"echo third > third"_s));
        QVERIFY(!scene.search().isEmpty());
        const QByteArray first = scene.inVault(u"git rev-parse refs/checkpoints/1/1 refs/checkpoints/1/3"_s);
        VALUE(const auto named, namedInRepository(scene.place));
        VALUE(const auto look, lookForPurge(*scene.vault, textTarget(), named, never));
        QVERIFY(!look.isEmpty());
        QCOMPARE(look.refsOfUser, QList<QByteArray>());
        QVERIFY(look.checkpoints > 0);
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        QCOMPARE(scene.inVault(u"git rev-parse refs/checkpoints/1/1 refs/checkpoints/1/3"_s), first); // untouched
        VALUE(const auto after, lookForPurge(*scene.vault, textTarget(), named, never));
        QVERIFY(after.isEmpty());
        for (const int number : {2, 1, 3}) {
            VALUE(const VerifyReport verified, scene.goBack(number));
            QVERIFY2(verified.exact(),
                     verified.differences.empty() ? "" : verified.differences.front().first.constData());
        }
        QCOMPARE(scene.scratch.inRepo(u"cat kept third"_s), QByteArray("first\nthird\n"));
    }

    void filesThatHaveOneNameWithoutItAllStay()
    {
        Scene scene(base);
        const QString blanked = u"a-"_s + QString(secret.size(), u'x');
        VERIFY_VALUE(scene.take(1, u"s=$(cat ../secret); echo one > \"a-$s\"; chmod 600 a-*; echo two > %1; "
                                   "mkdir \"d-$s\" d%2; echo three > \"d-$s/file\"; chmod 640 d-*/file; "
                                   "echo four > d%2/file; chmod 644 d%2/file"_s.arg(blanked, blanked.mid(1))));
        scene.scratch.inRepo(u"rm -r a-* d-*"_s);
        VERIFY_VALUE(scene.take(2, u"true"_s));
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        VALUE(const VerifyReport verified, scene.goBack(1));
        QVERIFY2(verified.exact(), verified.differences.empty() ? "" : verified.differences.front().first.constData());
        QCOMPARE(scene.scratch.inRepo(u"cat %1 %1-2 d%2/file d%2-2/file; stat -c %a %1 %1-2 d%2/file d%2-2/file"_s.arg(
                     blanked, blanked.mid(1))),
                 QByteArray("two\none\nfour\nthree\n644\n600\n644\n640\n"));
    }

    void allElseOfTheFileComesBack()
    {
        Scene scene(base);
        VERIFY_VALUE(
            scene.take(1, u"(echo before; cat ../secret; echo; echo after) > note; chmod 640 note; echo x > y"_s));
        const QByteArray others = scene.files(1, u"note"_s);
        VERIFY_VALUE(scene.take(2, u"rm note"_s));
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.files(1, u"note"_s), others);
        RestorePlan plan;
        VALUE(const VerifyReport verified, scene.goBack(1, &plan));
        QVERIFY(verified.exact());
        QCOMPARE(scene.scratch.inRepo(u"cat note; stat -c %a note"_s),
                 "before\n" + QByteArray(secret.size(), 'x') + "\nafter\n640\n");
        QCOMPARE(plan.purged.size(), size_t(1));
        QCOMPARE(plan.purged.front().first, QByteArray("note"));
    }

    void whatTheRepositoryHasStaysAndIsNamed()
    {
        Scene scene(base + u"; cat ../secret > note; git add note; git commit -qm leak"_s);
        VERIFY_VALUE(scene.take(1, u"true"_s));
        VALUE(const auto named, namedInRepository(scene.place));
        VALUE(const auto look, lookForPurge(*scene.vault, textTarget(), named, never));
        QVERIFY(look.refsOfUser.contains("refs/heads/work"));
        QVERIFY(!look.refsOfUser.contains("refs/heads/main"));
        QCOMPARE(look.commits, 0);
        VERIFY_VALUE(scene.purge(textTarget()));
        QVERIFY(scene.isWhole());
        // Rewritten, then purged again.
        scene.scratch.inRepo(
            u"git reset -q --hard main; git reflog expire --expire=now --all; rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s);
        VALUE(const auto left, namedInRepository(scene.place));
        VALUE(const auto again, lookForPurge(*scene.vault, textTarget(), left, never));
        QVERIFY(again.commits > 0);
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        VALUE(const VerifyReport verified, scene.goBack(1));
        QVERIFY(verified.exact());
    }

    void aPathGoesAndARollbackLeavesItAlone_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QString>("edit");
        QTest::newRow("a file") << QByteArray("keys/a.pem")
                                << u"mkdir keys; cp ../secret keys/a.pem; echo b > keys/b"_s;
        QTest::newRow("a folder") << QByteArray("keys")
                                  << u"mkdir -p keys/deep; cp ../secret keys/a.pem; cp ../secret keys/deep/b"_s;
        QTest::newRow("a staged file") << QByteArray("keys/a.pem")
                                       << u"mkdir keys; cp ../secret keys/a.pem; git add keys"_s;
        QTest::newRow("an ignored one") << QByteArray(".env") << u"echo .env > .gitignore; cp ../secret .env"_s;
        QTest::newRow("in a nested repository")
            << QByteArray("nested/a.pem") << u"git init -q nested; cp ../secret nested/a.pem; echo b > nested/b"_s;
        QTest::newRow("a whole nested repository")
            << QByteArray("nested") << u"git init -q nested; cp ../secret nested/a.pem; git -C nested add a.pem"_s;
    }
    void aPathGoesAndARollbackLeavesItAlone()
    {
        QFETCH(QByteArray, path);
        QFETCH(QString, edit);
        const QString name = QString::fromUtf8(path);
        Scene scene(base);
        VERIFY_VALUE(scene.take(1, edit));
        const QByteArray others = scene.files(1, name);
        scene.scratch.inRepo(u"git reset -q; rm -rf '%1'; rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s.arg(name));
        VERIFY_VALUE(scene.take(2, u"echo two > two"_s));
        QVERIFY(!scene.search().isEmpty());
        VALUE(const auto before, namedInRepository(scene.place));
        VALUE(const auto look, lookForPurge(*scene.vault, {.path = path}, before, never));
        QCOMPARE(look.checkpoints, 1);
        VERIFY_VALUE(scene.purge({.path = path}));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        QCOMPARE(scene.files(1, name), others);
        VALUE(const auto named, namedInRepository(scene.place));
        VALUE(const auto again, lookForPurge(*scene.vault, {.path = path}, named, never));
        QVERIFY(again.isEmpty());
        scene.scratch.inRepo(u"mkdir -p $(dirname '%1'); [ -e '%1' ] || echo mine > '%1'"_s.arg(name));
        RestorePlan plan;
        VALUE(const VerifyReport verified, scene.goBack(1, &plan));
        QVERIFY2(verified.exact(), verified.differences.empty() ? "" : verified.differences.front().first.constData());
        QVERIFY(!plan.purged.empty());
        QVERIFY(!scene.scratch.inRepo(u"[ -e two ] && echo yes || true"_s).contains("yes"));
        if (scene.scratch.inRepo(u"[ -f '%1' ] && echo yes || true"_s.arg(name)).contains("yes"))
            QCOMPARE(scene.scratch.inRepo(u"cat '%1'"_s.arg(name)), QByteArray("mine\n"));
    }

    void theSameContentElsewhereStays()
    {
        Scene scene(base);
        VERIFY_VALUE(scene.take(1, u"cp ../secret a; cp ../secret b"_s));
        VERIFY_VALUE(scene.purge({.path = "a"}));
        QVERIFY(scene.isWhole());
        QCOMPARE(scene.inVault(u"git show refs/checkpoints/1/1:files/b"_s), secret);
        QCOMPARE(scene.inVault(u"git ls-tree refs/checkpoints/1/1:files a"_s), QByteArray());
    }

    // Packs that the vault was seeded with are written anew for this alone.
    void whatTheVaultWasSeededWithGoesToo()
    {
        Scene scene(base +
                    u"; cat ../secret > note; git add note; git commit -qm leak; git tag -am \"$(cat ../secret)\" "
                    "v1; git gc -q"_s);
        VERIFY_VALUE(scene.take(1, u"echo 1 > n"_s));
        scene.scratch.inRepo(
            u"git tag -d v1; git reset -q --hard main; git reflog expire --expire=now --all; git gc -q "
            "--prune=now; git commit -qm anew --allow-empty"_s);
        VERIFY_VALUE(scene.take(2, u"echo 2 > n"_s));
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        // It is still one that no sweep rewrites, and a sweep finds all that it needs.
        QCOMPARE(
            scene.inVault(u"for p in $(sed -n 's/^pack //p' seeded); do ls objects/pack/$p.pack; done"_s).count('\n'),
            1);
        VALUE(CareWork work, planSweep(*scene.vault, {}, SystemClock().now() + std::chrono::hours{48}, {}));
        VERIFY_VALUE(buildPack(work, never));
        VERIFY_VALUE(installPack(*scene.vault, work));
        QVERIFY(scene.isWhole());
        VALUE(const VerifyReport verified, scene.goBack(1));
        QVERIFY(verified.exact());
    }

    void recordsLoseItToo()
    {
        Scene scene(base);
        scene.scratch.inRepo(
            u"git config remote.origin.url \"https://me:$(cat ../secret | tr -d '\"')@example.org/x\"; "
            "git config secret.text x; cat ../secret > .git/hooks/own; cat ../secret > n; git add n; "
            "git stash -q; git stash list > /dev/null"_s);
        VERIFY_VALUE(takeRecord(*scene.vault, scene.place, fromMillis(1000)));
        scene.scratch.inRepo(u"git stash drop -q; rm .git/hooks/own; rm -f .git/ORIG_HEAD; git gc -q --prune=now"_s);
        VERIFY_VALUE(takeRecord(*scene.vault, scene.place, fromMillis(2000)));
        QVERIFY(!scene.search().isEmpty());
        VALUE(const auto named, namedInRepository(scene.place));
        VALUE(const auto look, lookForPurge(*scene.vault, textTarget(), named, never));
        QCOMPARE(look.records, 1);
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
        VALUE(const auto record, newestRecord(*scene.vault));
        QVERIFY(record.has_value());
    }

    void garbageGoesToo()
    {
        Scene scene(base);
        VERIFY_VALUE(scene.take(1, u"cat ../secret > note"_s));
        scene.scratch.inRepo(u"rm note"_s);
        VERIFY_VALUE(scene.vault->removeRef("refs/checkpoints/1/1"));
        VALUE(const auto named, namedInRepository(scene.place));
        VALUE(const auto look, lookForPurge(*scene.vault, textTarget(), named, never));
        QVERIFY(look.unnamed > 0);
        VERIFY_VALUE(scene.purge(textTarget()));
        QCOMPARE(scene.search(), QByteArray());
        QVERIFY(scene.isWhole());
    }

    // Killed before each call that changes the disk, then done again.
    void whereverItIsCutOffItIsDoneAgain()
    {
        int n = 1;
        for (bool killed = true; killed; n += 1) {
            Scene scene(base + u"; cat ../secret > note; git add note; git commit -qm leak; git gc -q"_s);
            VERIFY_VALUE(scene.take(1, u"cat ../secret > second"_s));
            scene.scratch.inRepo(
                u"rm second; git reset -q --hard main; git reflog expire --expire=now --all; git gc -q "
                "--prune=now"_s);
            VERIFY_VALUE(scene.take(2, u"echo 2 > n"_s));
            scene.vault.reset();
            killed = tests::runUntil(n, [&] {
                auto vault = Vault::open(scene.scratch.vaultPath());
                if (!vault)
                    return 1;
                scene.vault = *std::move(vault);
                return scene.purge(textTarget()) ? 0 : 1;
            });
            VALUE(scene.vault, Vault::open(scene.scratch.vaultPath()));
            QVERIFY2(scene.isWhole(), qPrintable(u"killed before call %1"_s.arg(n)));
            VERIFY_VALUE(scene.purge(textTarget()));
            QCOMPARE(scene.search(), QByteArray());
            QVERIFY(scene.isWhole());
            for (const int number : {1, 2}) {
                VALUE(const VerifyReport verified, scene.goBack(number));
                QVERIFY(verified.exact());
            }
            if (n > 12)
                n += 6; // the later ones are many of a kind
        }
        QVERIFY2(n > 20, qPrintable(QString::number(n)));
    }
};

QTEST_GUILESS_MAIN(TestVaultPurge)
#include "tst_vaultpurge.moc"
