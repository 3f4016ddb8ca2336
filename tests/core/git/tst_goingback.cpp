#include "core/git/backups.h"
#include "core/git/commits.h"
#include "core/git/commitsnapshot.h"
#include "core/git/workingtree.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

struct Scene {
    explicit Scene(const QString &script)
    {
        scratch.inRepo(script);
        place = *locate(scratch.repo());
        vault = *Vault::create(scratch.vaultPath(), place, {});
    }
    ObjectId id(const QString &name)
    {
        return *ObjectId::fromHex(scratch.inRepo(u"git rev-parse "_s + name).trimmed());
    }
    CommitSnapshotRequest commit(const QString &name)
    {
        return {.place = place,
                .commit = id(name),
                .head = {"refs/heads/main", id(name)},
                .branches = {"refs/heads/main"},
                .scratch = scratch.root() + "/hub/scratch",
                .ref = "refs/checkpoints/1/1",
                .message = "commit"};
    }
    // Back to it, with what it does not know kept.
    Result<RestoreReport> goTo(const QString &name)
    {
        HUB_TRY(const SnapshotInfo target, takeCommitSnapshot(*vault, commit(name)));
        SnapshotRequest before = request(scratch, place, 2, {"refs/heads/main"});
        before.before = target.commit;
        HUB_TRY(const SnapshotInfo now, takeSnapshot(*vault, before));
        RestoreOptions options{.movableBranches = {"refs/heads/main"}};
        HUB_TRY(const auto beside, untrackedBeside(*vault, now.commit, target.commit));
        for (const QByteArray &path : beside)
            options.keep[path] = u"kept"_s;
        HUB_TRY(const RestorePlan plan, planRestore(*vault, now.commit, target.commit, options));
        return executeRestore(*vault, plan, {place, scratch.cachePath()});
    }

    GitScratch scratch;
    RepositoryPlace place;
    std::unique_ptr<Vault> vault;
};

} // namespace

class TestGoingBack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void aCommitComesBackAsGitWouldCheckItOut_data()
    {
        QTest::addColumn<QString>("setUp"); // makes the commits before and after
        QTest::newRow("plain files") << u"echo a > a; git add .; git commit -qm one"_s;
        QTest::newRow("line ends by attribute")
            << u"echo '*.txt text eol=crlf' > .gitattributes; printf 'a\\nb\\n' > a.txt; git add .; git commit -qm one"_s;
        QTest::newRow("core.autocrlf")
            << u"git config core.autocrlf true; printf 'a\\r\\nb\\r\\n' > a.txt; git add .; git commit -qm one"_s;
        QTest::newRow("a filter")
            << u"git config filter.f.clean 'tr a-m n-z'; git config filter.f.smudge 'tr n-z a-m'; "
               "echo 'a filter=f' > .gitattributes; echo abc > a; git add .; git commit -qm one"_s;
        QTest::newRow("a working-tree-encoding") << u"echo '*.u text working-tree-encoding=UTF-16LE' > .gitattributes; "
                                                    u"echo hello | iconv -t UTF-16LE > a.u; "
                                                    "git add .; git commit -qm one"_s;
        QTest::newRow("executable files and links")
            << u"echo a > a; chmod 755 a; ln -s a link; mkdir d; echo b > d/b; git add .; git commit -qm one"_s;
        QTest::newRow("a sparse checkout")
            << u"mkdir in out; echo a > in/a; echo b > out/b; git add .; git commit -qm one; "
               "git sparse-checkout set --cone in"_s;
    }
    void aCommitComesBackAsGitWouldCheckItOut()
    {
        QFETCH(QString, setUp);
        Scene scene(setUp + u"; rm -f .git/index.lock; git branch then"_s);
        scene.scratch.inRepo(u"git ls-files -z | xargs -0 rm -f; git checkout -q -f HEAD"_s);
        const QByteArray wanted = scene.scratch.state();
        scene.scratch.inRepo(
            u"git rm -qrf . ; echo other > other; git add .; git commit -qm two; echo more >> other"_s);
        const auto done = scene.goTo(u"then"_s);
        QVERIFY2(done, done ? "" : qPrintable(done.error().message));
        QCOMPARE(QString::fromUtf8(scene.scratch.state()), QString::fromUtf8(wanted));
        QVERIFY(!QFile::exists(QFile::decodeName(scene.scratch.root() + "/hub/scratch")));
    }

    void nothingInTheRepositoryIsWrittenForTheSnapshot()
    {
        Scene scene(
            u"echo a > a; git add .; git commit -qm one; echo b > a; git commit -qam two; mkdir -p .git/hooks; "
            "for h in post-checkout post-index-change; do printf '#!/bin/sh\\ntouch '$PWD'/hooked\\n' > .git/hooks/$h; "
            "chmod 755 .git/hooks/$h; done"_s);
        const auto facts = [&] {
            return scene.scratch.inRepo(
                u"find . -path ./.git/objects -prune -o -type f -printf '%p %s %T@\\n' | sort"_s);
        };
        const QByteArray before = facts();
        VALUE(const SnapshotInfo first, takeCommitSnapshot(*scene.vault, scene.commit(u"HEAD~1"_s)));
        VALUE(const SnapshotInfo second, takeCommitSnapshot(*scene.vault, scene.commit(u"HEAD~1"_s)));
        QCOMPARE(first.commit, second.commit);
        QCOMPARE(facts(), before);
    }

    void untrackedFilesStayUnlessTheCommitHasAFileInTheirPlace()
    {
        Scene scene(u"echo a > place; mkdir folder; echo f > folder/f; git add .; git commit -qm one; git branch then; "
                    "git rm -qr place folder; git commit -qm two --allow-empty; mkdir place; echo u > place/u; "
                    "echo g > folder; echo mine > mine; mkdir empty"_s);
        const auto done = scene.goTo(u"then"_s);
        QVERIFY2(done, done ? "" : qPrintable(done.error().message));
        QCOMPARE(scene.scratch.inRepo(u"cat place folder/f mine; ls -d empty; git status --porcelain"_s),
                 QByteArray("a\nf\nmine\nempty\n?? mine\n"));
    }

    void backupsAreListedNewestFirstAndOnlyOurs()
    {
        Scene scene(
            u"git commit -q --allow-empty -m one; for n in claude/2-20260101T000000Z claude/2-20260101T000000Z-2 "
            "a.b/1-20270101T000000Z my-own other/2-20261399T000000Z; do git branch backup/$n; done"_s);
        VALUE(const auto backups, listBackups(scene.place, *scene.vault));
        QList<QByteArray> names;
        for (const Backup &backup : backups)
            names << backup.name;
        QCOMPARE(names, (QList<QByteArray>{"backup/a.b/1-20270101T000000Z", "backup/claude/2-20260101T000000Z-2",
                                           "backup/claude/2-20260101T000000Z"}));
        QCOMPARE(backups[1].task, QByteArray("2"));
        QCOMPARE(backups[1].base, std::optional(backups[1].commit));
    }

    void aBackupBranchThatMovedMeanwhileIsNotDeleted()
    {
        Scene scene(u"git commit -q --allow-empty -m one; git branch backup/a/1-20260101T000000Z"_s);
        VALUE(const auto backups, listBackups(scene.place, *scene.vault));
        scene.scratch.inRepo(u"git commit -q --allow-empty -m two; git branch -f backup/a/1-20260101T000000Z HEAD"_s);
        QVERIFY(!archiveBackup(*scene.vault, scene.place, backups[0]));
        QCOMPARE(scene.id(u"backup/a/1-20260101T000000Z"_s), scene.id(u"HEAD"_s));
    }

    void aRemovedBackupIsFoundInTheVault()
    {
        Scene scene(u"echo a > a; git add .; git commit -qm one"_s);
        scene.scratch.inRepo(u"echo dirty >> a"_s);
        VALUE(const BackupBranch made, makeBackupBranch(scene.place, "x", "7", fromMillis(1000000)));
        VALUE(const auto backups, listBackups(scene.place, *scene.vault));
        QVERIFY(backups[0].ofTheHub && backups[0].base == std::optional(scene.id(u"HEAD"_s)));
        const auto archived = archiveBackup(*scene.vault, scene.place, backups[0]);
        QVERIFY2(archived, archived ? "" : qPrintable(archived.error().message));
        scene.scratch.inRepo(u"git reflog expire --expire=now --all; git gc -q --prune=now; ! git cat-file -e "_s +
                             QString::fromLatin1(made.commit.hex()));
        VALUE(const auto found, listBackups(scene.place, *scene.vault));
        QCOMPARE(found.size(), size_t(1));
        QVERIFY(found[0].archived && found[0].ofTheHub && found[0].commit == made.commit);
    }

    void aCommitIsFoundByWhatLeadsToItAlone()
    {
        Scene scene(u"git commit -q --allow-empty -m one; git tag old; git commit -q --allow-empty -m two; "
                    "git commit -q --allow-empty -m gone; git reset -q --hard HEAD~1"_s);
        VALUE(const CommitInfo tagged, findCommit(scene.place, u"old"_s));
        QCOMPARE(tagged.subject, u"one"_s);
        VALUE(const CommitInfo logged, findCommit(scene.place, u"HEAD@{1}"_s));
        QCOMPARE(logged.subject, u"gone"_s);
        const QString loose =
            QString::fromLatin1(scene.scratch.inRepo(u"git commit-tree -m loose HEAD^{tree}"_s).trimmed());
        const auto refused = findCommit(scene.place, loose);
        QVERIFY(!refused && refused.error().code == ErrorCode::NotFound);
        // A branch whose name is the beginning of another commit's id may mean either.
        scene.scratch.inRepo(u"git branch $(git rev-parse --short=7 old) HEAD"_s);
        const auto either = findCommit(scene.place, QString::fromLatin1(tagged.id.hex().first(7)));
        QVERIFY(!either && either.error().code == ErrorCode::Ambiguous);
        QCOMPARE(either.error().candidates.size(), 2);
    }
};

QTEST_GUILESS_MAIN(TestGoingBack)
#include "tst_goingback.moc"
