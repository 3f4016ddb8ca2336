// The repository record and the repair that is made of it.
#include "core/git/repair.h"
#include "core/git/repairswap.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

#include <QTest>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Packed and loose objects and refs, tags of both kinds, three stashes, a merge that is not finished, a linked tree.
const QString make = uR"(
for n in 1 2 3 4 5; do head -c 4000 /dev/urandom | base64 > file$n; echo line > text; git add .; git commit -qm "commit $n"; done
git gc -q; echo 'old ones' > later; git add later; git commit -qm later
git tag light; git tag -a annotated -m 'a tag'; git tag -a nested annotated -m 'a tag of a tag'
git branch side HEAD~2; git branch deep/er HEAD~1; git update-ref refs/remotes/origin/main HEAD~3
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
for n in 1 2 3; do echo stash$n >> file1; echo new$n > untracked$n; git stash push -qum "stash $n"; done
git config alias.x status; git config user.signingkey none; echo '*.log' > .git/info/exclude; echo '*.bin -text' > .git/info/attributes
printf '#!/bin/sh\nexit 0\n' > .git/hooks/pre-commit; chmod 750 .git/hooks/pre-commit; ln -s pre-commit .git/hooks/pre-push
git worktree add -q ../linked side; git worktree add -q --detach ../detached HEAD~1
(cd ../linked; echo staged > staged; git add staged; echo half >> staged)
echo ours > both; git add both; echo changed >> file2
)"_s;

class Repository
{
public:
    Repository()
    {
        m_scratch.inRepo(make);
        m_place = locate(m_scratch.repo());
        m_vault = Vault::create(m_scratch.vaultPath(), *m_place, {.copyLimit = 0x7fffffff});
    }

    GitScratch &scratch() { return m_scratch; }
    Vault &vault() { return **m_vault; }
    const RepositoryPlace &place() const { return *m_place; }
    Result<std::optional<ObjectId>> record()
    {
        return takeRecord(vault(), place(), fromMillis(1800000000000 + m_time++));
    }
    Result<RepairReport> repair()
    {
        return repairRepository(vault(), {m_scratch.repo(), {}, fromMillis(1800000100000)});
    }
    QByteArray facts()
    {
        return m_scratch.run(u"python3 %1/tests/support/repositorystate.py '%2'"_s.arg(
            qEnvironmentVariable("HUB_SOURCE_DIR", QStringLiteral(HUB_SOURCE_DIR)),
            QFile::decodeName(m_scratch.repo())));
    }
    void in(const QString &script) { m_scratch.inRepo(script); }

private:
    GitScratch m_scratch;
    Result<RepositoryPlace> m_place = RepositoryPlace();
    Result<std::unique_ptr<Vault>> m_vault = std::unique_ptr<Vault>();
    qint64 m_time = 0;
};

} // namespace

class TestRecord : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void repairBringsAllBack_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::newRow("the folder deleted") << u"rm -rf .git"_s;
        QTest::newRow("made anew by git init") << u"rm -rf .git; git init -q -b main ."_s;
        QTest::newRow("made anew with a commit") << u"rm -rf .git; git init -q -b main .; git add file1; "
                                                    "git -c user.name=A -c user.email=a commit -qm all"_s;
        QTest::newRow("HEAD deleted") << u"rm .git/HEAD"_s;
        QTest::newRow("HEAD garbled") << u"head -c 30 /dev/urandom > .git/HEAD"_s;
        QTest::newRow("the configuration garbled") << u"echo '[core' > .git/config"_s;
        QTest::newRow("all refs deleted") << u"rm -rf .git/refs .git/packed-refs; mkdir -p .git/refs"_s;
        QTest::newRow("loose refs emptied") << u"find .git/refs -type f -exec truncate -s 0 {} +"_s;
        QTest::newRow("packed refs and their files gone") << u"git pack-refs --all; rm .git/packed-refs"_s;
        QTest::newRow("all objects deleted") << u"rm -rf .git/objects/*"_s;
        QTest::newRow("the objects' folder deleted") << u"rm -rf .git/objects"_s;
        QTest::newRow("a pack cut short") << u"chmod -R u+w .git; f=$(ls .git/objects/pack/*.pack | head -1); "
                                             "truncate -s $(($(stat -c %s $f) / 2)) $f"_s;
        QTest::newRow("bytes of a pack flipped")
            << u"chmod -R u+w .git; for f in .git/objects/pack/*.pack; do python3 -c \"import sys; "
               "f = open(sys.argv[1], 'r+b'); f.seek(0, 2); n = f.tell(); "
               "[(f.seek(p), f.write(b'XXXX')) for p in range(100, n - 40, 3000)]\" $f; done"_s;
        QTest::newRow("an index of a pack garbled") << u"chmod -R u+w .git; for f in .git/objects/pack/*.idx; do "
                                                       "head -c 200 /dev/urandom > $f; done"_s;
        QTest::newRow("loose objects emptied") << u"chmod -R u+w .git; find .git/objects -type f -path "
                                                  "'*objects/[0-9a-f]*/*' -exec truncate -s 0 {} +"_s;
        QTest::newRow("the index cut short") << u"truncate -s 50 .git/index"_s;
        QTest::newRow("links to working trees deleted") << u"rm -rf .git/worktrees"_s;
        QTest::newRow("only the stash's reflog and HEAD gone") << u"rm -rf .git/logs .git/HEAD"_s;
    }
    void repairBringsAllBack()
    {
        QFETCH(QString, damage);
        Repository repository;
        VERIFY_VALUE(repository.record());
        const QByteArray before = repository.facts();
        QVERIFY(before.contains("stash stash@{2}"));
        repository.in(damage);
        QVERIFY2(repository.facts() != before, "the damage does nothing");
        const auto report = repository.repair();
        VERIFY_VALUE(report);
        QCOMPARE(repository.facts(), before);
        QVERIFY(!report->damage.isEmpty());
        QCOMPARE(report->stashes, 3);
        QCOMPARE(report->aside.isEmpty(), damage == u"rm -rf .git"_s);
        const auto again = repository.repair();
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Conflict);
        QCOMPARE(repository.facts(), before);
    }

    void whatCameAfterTheRecordIsTakenOver()
    {
        Repository repository;
        VERIFY_VALUE(repository.record());
        repository.in(u"git commit -qm 'after the record'; git tag after; git branch -q new; echo x >> file3; "
                      "git stash push -qm 'fourth'; (cd ../linked; git commit -qm 'in the linked one')"_s);
        const QByteArray before = repository.facts();
        repository.in(u"rm .git/HEAD; rm -rf .git/hooks"_s);
        const auto report = repository.repair();
        VERIFY_VALUE(report);
        QCOMPARE(repository.facts(), before);
        QCOMPARE(report->stashes, 4);
        QVERIFY(report->newer.contains("refs/heads/main"));
        QVERIFY(report->takenOver > 0);
        QCOMPARE(report->unreadable, 0);
    }

    void anObjectThatNobodyNamedIsTakenOver()
    {
        Repository repository;
        VERIFY_VALUE(repository.record());
        repository.in(u"echo lost work | git hash-object -w --stdin > ../id; rm .git/HEAD"_s);
        VERIFY_VALUE(repository.repair());
        QCOMPARE(repository.scratch().inRepo(u"git cat-file -p $(cat ../id)"_s), "lost work\n");
    }

    void anUnchangedRepositoryMakesNoRecord()
    {
        Repository repository;
        const auto first = repository.record();
        VERIFY_VALUE(first);
        QVERIFY(first->has_value());
        const QByteArray stamp = recordStamp(repository.place());
        repository.in(u"git status; git log"_s);
        QCOMPARE(recordStamp(repository.place()), stamp);
        const auto second = repository.record();
        VERIFY_VALUE(second);
        QVERIFY(!second->has_value());
    }

    void eachChangeMakesARecord_data()
    {
        QTest::addColumn<QString>("change");
        QTest::newRow("a branch") << u"git branch another"_s;
        QTest::newRow("a tag") << u"git tag another"_s;
        QTest::newRow("a deleted tag") << u"git tag -d light"_s;
        QTest::newRow("a switch") << u"git switch -q -c elsewhere"_s;
        QTest::newRow("a stash") << u"git stash push -q"_s;
        QTest::newRow("a dropped stash") << u"git stash drop -q stash@{1}"_s;
        QTest::newRow("the configuration") << u"git config a.b c"_s;
        QTest::newRow("a hook") << u"echo '#!/bin/sh' > .git/hooks/post-commit"_s;
        QTest::newRow("a hook's mode") << u"chmod 700 .git/hooks/pre-commit"_s;
        QTest::newRow("ignore rules") << u"echo '*.tmp' >> .git/info/exclude"_s;
        QTest::newRow("a working tree") << u"git worktree add -q ../third"_s;
        QTest::newRow("a commit in a linked tree") << u"cd ../linked; git commit -qm more"_s;
    }
    void eachChangeMakesARecord()
    {
        QFETCH(QString, change);
        Repository repository;
        VERIFY_VALUE(repository.record());
        const QByteArray stamp = recordStamp(repository.place());
        repository.in(change);
        QVERIFY(recordStamp(repository.place()) != stamp);
        const auto taken = repository.record();
        VERIFY_VALUE(taken);
        QVERIFY(taken->has_value());
        const QByteArray before = repository.facts();
        repository.in(u"rm -rf .git"_s);
        VERIFY_VALUE(repository.repair());
        QCOMPARE(repository.facts(), before);
    }

    void aDamagedRepositoryIsNotRecorded_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::newRow("no branch and no tag") << u"rm -rf .git/refs .git/packed-refs; mkdir .git/refs"_s;
        QTest::newRow("the branch gone") << u"git update-ref -d refs/heads/main"_s;
        QTest::newRow("another repository")
            << u"rm -rf .git ../linked ../detached; git init -q -b main .; git add file1; "
               "git -c user.name=A -c user.email=a commit -qm all"_s;
    }
    void aDamagedRepositoryIsNotRecorded()
    {
        QFETCH(QString, damage);
        Repository repository;
        const auto first = repository.record();
        VERIFY_VALUE(first);
        repository.in(damage);
        const auto second = repository.record();
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Corrupt);
        QCOMPARE(newestRecord(repository.vault())->value().commit, **first);
    }

    void theNewestHundredRecordsStay()
    {
        Repository repository;
        for (int n = 0; n < 103; ++n) {
            repository.in(u"git update-ref refs/heads/moving HEAD~%1"_s.arg(n % 2));
            VERIFY_VALUE(repository.record());
        }
        QCOMPARE(namesBelow(repository.vault().path() + "/refs/records").size(), 100);
        QCOMPARE(newestRecord(repository.vault())->value().number, 103);
    }

    void theVaultAloneReachesAllThatWasRecorded()
    {
        Repository repository;
        repository.in(u"git commit -qm after; git tag -a last -m last"_s);
        VERIFY_VALUE(repository.record());
        const auto listed = repository.scratch().inRepo(u"git for-each-ref --format='%(objectname)'; "
                                                        "git stash list --format=%H"_s);
        repository.in(u"rm -rf .git"_s);
        const auto reached = repository.scratch().run(u"git -C hub/vault.git rev-list --objects --all"_s);
        for (const QByteArray &id : listed.trimmed().split('\n'))
            QVERIFY2(reached.contains(id), id.constData());
    }

    // Every state between two steps of the rename-in, made by hand.
    void aCutOffRenameIsFinished_data()
    {
        QTest::addColumn<QString>("state");
        const QString built = u"rm -rf ../good; cp -a .git ../good; mkdir -p ../good/agenthub; "_s;
        QTest::newRow("while building") << u"mkdir -p .git.agenthub-new/agenthub; echo building > "
                                           ".git.agenthub-new/agenthub/repair; rm .git/HEAD"_s;
        QTest::newRow("before the mark") << u"mkdir -p .git.agenthub-tmp/agenthub; rm .git/HEAD"_s;
        QTest::newRow("built, the old one in place")
            << built +
                   u"echo complete 20260101T000000Z > ../good/agenthub/repair; mv ../good .git.agenthub-new; rm .git/HEAD"_s;
        QTest::newRow("built, the old one gone")
            << built +
                   u"echo complete 20260101T000000Z > ../good/agenthub/repair; mv ../good .git.agenthub-new; rm -rf .git"_s;
        QTest::newRow("exchanged, the old one not put away")
            << built +
                   u"echo complete 20260101T000000Z > ../good/agenthub/repair; rm .git/HEAD; mv .git .git.agenthub-new; mv ../good .git"_s;
        QTest::newRow("the old one away, the new one not in")
            << built +
                   u"echo complete 20260101T000000Z > ../good/agenthub/repair; rm .git/HEAD; mv .git .git.agenthub-old; mv ../good .git.agenthub-new"_s;
        QTest::newRow("the new one in after two renames")
            << built +
                   u"echo complete 20260101T000000Z > ../good/agenthub/repair; rm .git/HEAD; mv .git .git.agenthub-old; mv ../good .git"_s;
        QTest::newRow("all but the mark removed")
            << u"mkdir -p .git/agenthub; echo complete 20260101T000000Z > .git/agenthub/repair"_s;
    }
    void aCutOffRenameIsFinished()
    {
        QFETCH(QString, state);
        Repository repository;
        VERIFY_VALUE(repository.record());
        const QByteArray before = repository.facts();
        repository.in(state);
        VERIFY_VALUE(repository.repair());
        QCOMPARE(repository.facts(), before);
        const auto left = repository.scratch().inRepo(u"ls -d .git.* .git/agenthub/repair 2>/dev/null || true"_s);
        QCOMPARE(left, QByteArray());
        const QByteArray kept = repository.scratch().inRepo(u"ls -d .git/agenthub/broken-* 2>/dev/null | wc -l"_s);
        const QString row = QString::fromUtf8(QTest::currentDataTag());
        QCOMPARE(kept.trimmed(), row == u"built, the old one gone" || row == u"all but the mark removed" ? "0" : "1");
    }

    void whatIsNotOursInTheWayIsLeft()
    {
        Repository repository;
        VERIFY_VALUE(repository.record());
        repository.in(u"rm -rf .git; mkdir .git.agenthub-new; echo mine > .git.agenthub-new/file"_s);
        const auto report = repository.repair();
        QVERIFY(!report);
        QCOMPARE(report.error().code, ErrorCode::Conflict);
        QCOMPARE(repository.scratch().inRepo(u"cat .git.agenthub-new/file"_s), "mine\n");
    }

    void theOldOneCanBePutBack()
    {
        Repository repository;
        VERIFY_VALUE(repository.record());
        repository.in(u"rm .git/HEAD; find .git -type f -exec sha1sum {} + | sort > ../before"_s);
        const auto report = repository.repair();
        VERIFY_VALUE(report);
        repository.in(u"mv '%1' ../aside; rm -rf .git; mv ../aside .git"_s.arg(QFile::decodeName(report->aside)));
        repository.in(u"find .git -type f -exec sha1sum {} + | sort | diff - ../before"_s);
    }
};

} // namespace hub::git

QTEST_GUILESS_MAIN(hub::git::TestRecord)
#include "tst_record.moc"
