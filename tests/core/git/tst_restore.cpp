// Snapshot, damage, rollback, undo: each compared with what an independent script and git itself see.
#include "core/git/restore.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

const QString wreck = uR"(
    for f in *; do [ -f "$f" ] && echo wrecked >> "$f" 2>/dev/null; done
    rm -rf sub; echo made > made.txt; mkdir -p made/deep; echo x > made/deep/x
    git add -A 2>/dev/null; true
)"_s;

} // namespace

class TestRestore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void rollback_data()
    {
        QTest::addColumn<QString>("setUp");
        QTest::addColumn<QString>("damage");
        QTest::addColumn<QStringList>("stays"); // paths that the rollback rightly leaves, not compared

        const QString base =
            u"mkdir -p sub/deep; echo a > a.txt; echo b > sub/b.txt; echo c > sub/deep/c.txt; git add -A; git commit -qm one\n"_s;
        const auto row = [&](const char *name, const QString &setUp, const QString &damage = wreck,
                             const QStringList &stays = {}) { QTest::newRow(name) << base + setUp << damage << stays; };
        row("a clean tree", u""_s);
        row("a changed tracked file", u"echo more >> a.txt"_s);
        row("untracked files and folders", u"echo new > new.txt; mkdir n; echo n > n/n"_s);
        row("a deleted tracked file", u"rm sub/b.txt"_s);
        row("staged changes that differ from the files", u"echo staged > a.txt; git add a.txt; echo later > a.txt"_s);
        row("a staged deletion with the file still there", u"git rm -q --cached a.txt"_s);
        row("an intent-to-add entry", u"echo new > new.txt; git add -N new.txt"_s);
        row("assume-valid and skip-worktree flags",
            u"git update-index --assume-unchanged a.txt; git update-index --skip-worktree sub/b.txt"_s);
        row("a sparse file that is absent", u"git update-index --skip-worktree sub/b.txt; rm sub/b.txt"_s);
        row("a merge with conflicts",
            u"git checkout -qb side; echo side > a.txt; git commit -qam side; git checkout -q main; echo main > a.txt; git commit -qam main; git merge side >/dev/null || true"_s);
        row("a cherry-pick with conflicts",
            u"git checkout -qb side; echo side > a.txt; git commit -qam side; git checkout -q main; echo main > a.txt; git commit -qam main; git cherry-pick side 2>/dev/null >/dev/null || true"_s,
            u"git cherry-pick --abort; "_s + wreck);
        row("a rebase that stopped",
            u"git checkout -qb side; echo side > a.txt; git commit -qam side; git checkout -q main; echo main > a.txt; git commit -qam main; git checkout -q side; git rebase main >/dev/null 2>&1 || true"_s,
            u"git rebase --abort; "_s + wreck);
        row("a bisect under way",
            u"echo 2 > a.txt; git commit -qam two; echo 3 > a.txt; git commit -qam three; git bisect start HEAD HEAD~2 >/dev/null"_s,
            u"git bisect reset >/dev/null 2>&1; "_s + wreck);
        row("a detached HEAD", u"git checkout -q --detach"_s);
        row("a commit made since on the agent's branch", u"git checkout -qb agent/x/1"_s,
            wreck + u"git commit -qm agent; echo z > z; git add z; git commit -qm z"_s);
        row("a switch to another branch since", u"git checkout -qb agent/x/1"_s,
            u"git checkout -qb elsewhere; "_s + wreck + u"git commit -qm agent"_s);
        row("a detach since", u"git checkout -qb agent/x/1"_s,
            wreck + u"git commit -qm agent; git checkout -q --detach"_s);
        row("symbolic links, dangling and leading outside",
            u"ln -s nowhere dangling; ln -s /etc/passwd outside; ln -s sub tofolder; git add -A"_s,
            u"rm dangling outside tofolder; echo file > dangling; mkdir tofolder; echo x > tofolder/x; ln -s /tmp outside"_s);
        row("a folder replaced by a link to another folder", u""_s, u"mv sub elsewhere; ln -s elsewhere sub"_s);
        row("a folder replaced by a link that leads outside", u""_s,
            u"mkdir ../victim; mkdir ../victim/deep; echo precious > ../victim/b.txt; rm -r sub; ln -s ../victim sub"_s);
        row("executable bits",
            u"echo '#!/bin/sh' > run.sh; chmod +x run.sh; git add run.sh; git commit -qm run; chmod -x run.sh; chmod +x a.txt"_s,
            u"chmod +x run.sh; chmod -x a.txt"_s);
        row("modes that git does not keep",
            u"echo s > secret; chmod 600 secret; chmod 640 a.txt; chmod 700 sub; chmod 755 sub/deep; chmod 4755 sub/b.txt"_s,
            u"chmod 644 secret a.txt sub/b.txt; chmod 755 sub; chmod 711 sub/deep"_s);
        row("a tree where most files have a group's mode", u"chmod -R g+w ."_s,
            u"chmod -R g-w a.txt sub; echo x > sub/b.txt"_s);
        row("read-only files and folders", u"chmod 444 a.txt; chmod 444 sub/b.txt; chmod 555 sub"_s,
            u"chmod 755 sub; chmod 644 sub/b.txt; echo w > sub/b.txt; rm -f a.txt; echo new > sub/new; chmod 555 sub"_s);
        row("empty folders", u"mkdir -p empty/inner hollow; chmod 700 hollow"_s,
            u"rmdir empty/inner empty hollow; mkdir -p other/empty"_s);
        row("a file that became a folder", u""_s, u"rm a.txt; mkdir a.txt; echo x > a.txt/x; echo y > a.txt/y"_s);
        row("a folder that became a file", u""_s, u"rm -r sub; echo file > sub"_s);
        row("a folder that became a file and back inside", u""_s,
            u"rm -r sub/deep; echo file > sub/deep; rm sub/b.txt; mkdir sub/b.txt; echo x > sub/b.txt/x"_s);
        row("a rename of letters", u""_s, u"mv a.txt A.txt; mv sub Sub"_s);
        row("names with spaces, newlines and bytes that are no text",
            u"touch -- 'with space' $'new\\nline' $'b\\xff\\xfeytes' '-dash' '%41' $'tab\\t'; echo v > $'b\\xff\\xfeytes'; mkdir $'d\\xff'; echo q > $'d\\xff/\\xfe'; git add -A"_s,
            u"rm -- 'with space' $'new\\nline' $'b\\xff\\xfeytes' '-dash' '%41'; rm -r $'d\\xff'; touch $'other\\xff'"_s);
        row("small ignored files such as .env",
            u"echo .env > .gitignore; echo SECRET=1 > .env; chmod 600 .env; echo S=2 > sub/.env.local; echo '.env*' >> .gitignore"_s,
            u"echo SECRET=2 > .env; rm sub/.env.local; echo x > a.txt"_s);
        row("mixed line ends under autocrlf and attributes",
            u"git config core.autocrlf true; printf 'a\\r\\nb\\nc\\r\\n' > mixed.txt; printf '* text=auto\\n*.bat eol=crlf\\n*.id ident\\n' > .gitattributes; printf 'x\\ny\\n' > t.bat; printf '$Id$\\n' > f.id; git add -A 2>/dev/null; git commit -qm m; printf 'a\\r\\nb\\nc\\r\\nd\\n' > mixed.txt"_s,
            u"printf 'a\\nb\\n' > mixed.txt; printf 'x\\n' > t.bat; rm f.id; git checkout -q -- f.id"_s);
        row("a filter that changes content",
            u"git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; echo '*.up filter=up' > .gitattributes; echo lower > f.up; git add -A; git commit -qm f; echo other > f.up"_s,
            u"echo x > f.up; rm .gitattributes"_s);
        row("a nested repository with a commit",
            u"git init -q nested; cd nested; git config user.name n; git config user.email n@n; echo n > n.txt; git add -A; git commit -qm n; echo dirty >> n.txt; echo u > u.txt"_s,
            u"echo x > nested/n.txt; rm nested/u.txt; echo a > a.txt"_s);
        row("a nested repository without a commit",
            u"git init -q nested; echo n > nested/n.txt; mkdir nested/sub; echo s > nested/sub/s"_s,
            u"rm nested/n.txt; rm -r nested/sub; echo y > nested/y; echo a > a.txt"_s);
        row("a submodule with changes",
            u"git init -q ../lib; git -C ../lib config user.name l; git -C ../lib config user.email l@l; echo l > ../lib/l.txt; git -C ../lib add -A; git -C ../lib commit -qm l; git -c protocol.file.allow=always submodule --quiet add ../lib lib; git commit -qm sub; echo dirty >> lib/l.txt; echo u > lib/u"_s,
            u"echo gone > lib/l.txt; rm lib/u; echo a > a.txt"_s);
        row("ignored build output stays",
            u"echo build/ > .gitignore; mkdir build; echo o > build/o; git add -A; git commit -qm i"_s,
            u"echo new > build/o; echo more > build/p; rm -r sub"_s, {u"build"_s});
        row("a tracked file in an ignored folder",
            u"echo build/ > .gitignore; mkdir build; echo k > build/keep; git add -f build/keep .gitignore; git commit -qm i; echo kk > build/keep; echo junk > build/junk"_s,
            u"echo other > build/keep; rm a.txt"_s);
        row("an ignore rule written since, for a file that was held", u"echo note > notes.log"_s,
            u"echo '*.log' > .gitignore; echo changed > notes.log"_s);
        row("an ignore rule removed since leaves what was ignored",
            u"echo '*.log' > .gitignore; echo l > x.log; git add .gitignore; git commit -qm i"_s,
            u"rm .gitignore; rm a.txt"_s);
        row("a file over the size limit stays as it is", u"truncate -s 100M big.bin"_s,
            u"rm a.txt; echo x >> big.bin"_s, {u"big.bin"_s});
        row("a file that grew over the limit stays as it is", u""_s, u"truncate -s 100M a.txt; rm sub/b.txt"_s,
            {u"a.txt"_s});
        row("everything deleted", u"echo u > u.txt"_s, u"rm -rf * "_s);
        row("pruned objects that the index needs", u"echo staged > s.txt; git add s.txt; echo later > s.txt"_s,
            u"git rm -q --cached s.txt; rm s.txt; git reflog expire --expire=now --all; git gc -q --prune=now"_s);
        row("a split index", u"git update-index --split-index; echo s > s.txt; git add s.txt"_s);
        row("an index of version 4", u"git update-index --index-version 4; echo s > s.txt; git add s.txt"_s);
        QTest::newRow("no commit yet") << u"echo a > a.txt; mkdir sub; echo b > sub/b; git add a.txt; echo u > u.txt"_s
                                       << u"git add -A; "_s + wreck + u"git commit -qm first"_s << QStringList();
        QTest::newRow("an empty repository")
            << QString() << u"echo x > x; git add x; git commit -qm x"_s << QStringList();
    }

    void rollback()
    {
        QFETCH(QString, setUp);
        QFETCH(QString, damage);
        QFETCH(QStringList, stays);
        GitScratch scratch;
        scratch.inRepo(setUp);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        const RestorePlace where{place, scratch.cachePath(), {}};
        RestoreOptions options;
        options.movableBranches = {"refs/heads/agent/x/1", "refs/heads/main"};

        const QByteArray gitBefore =
            scratch.inRepo(u"cd .git; find . -type f ! -path './sharedindex*' -print0 | sort -z | xargs -0 sha1sum"_s);
        const QByteArray stateBefore = scratch.state(stays);
        VALUE(const SnapshotInfo target, takeSnapshot(*vault, request(scratch, place, 1)));
        QCOMPARE(
            scratch.inRepo(u"cd .git; find . -type f ! -path './sharedindex*' -print0 | sort -z | xargs -0 sha1sum"_s),
            gitBefore);
        VALUE(const SnapshotInfo again, takeSnapshot(*vault, request(scratch, place, 2)));
        QCOMPARE(again.commit, target.commit);
        // Without what the cache knows the result is the same.
        QFile::remove(QFile::decodeName(scratch.cachePath()));
        VALUE(const SnapshotInfo fresh, takeSnapshot(*vault, request(scratch, place, 3)));
        QCOMPARE(fresh.files, target.files);

        scratch.inRepo(damage, false);
        const QByteArray stateDamaged = scratch.state(stays);
        const QByteArray staying = untouched(scratch, stays);
        SnapshotRequest undoRequest = request(scratch, place, 4);
        undoRequest.before = target.commit;
        VALUE(const SnapshotInfo undo, takeSnapshot(*vault, undoRequest));
        VALUE(const RestorePlan plan, planRestore(*vault, undo.commit, target.commit, options));
        VALUE(const RestoreReport report, executeRestore(*vault, plan, where));
        QCOMPARE(report.notRestored.size(), size_t(0));
        compareStates(scratch.state(stays), stateBefore, stays);
        QCOMPARE(untouched(scratch, stays), staying);
        VALUE(const VerifyReport verified, verifyRestored(*vault, target.commit, where, true, plan.kept));
        QVERIFY2(verified.exact(), verified.exact() ? ""
                                                    : qPrintable(QFile::decodeName(verified.differences[0].first) +
                                                                 u": "_s + verified.differences[0].second));
        QVERIFY(!QFile::exists(QFile::decodeName(place.gitDir + "/index.lock")));
        fsck(scratch);

        SnapshotRequest redoRequest = request(scratch, place, 5);
        redoRequest.before = undo.commit;
        VALUE(const SnapshotInfo redo, takeSnapshot(*vault, redoRequest));
        VALUE(const RestorePlan back, planRestore(*vault, redo.commit, undo.commit, options));
        VALUE(const RestoreReport undone, executeRestore(*vault, back, where));
        QCOMPARE(undone.notRestored.size(), size_t(0));
        compareStates(scratch.state(stays), stateDamaged, stays);
        QCOMPARE(untouched(scratch, stays), staying);
        fsck(scratch);
    }

private:
    static SnapshotRequest request(GitScratch &scratch, const RepositoryPlace &place, int number)
    {
        return {place,
                "refs/checkpoints/1/" + QByteArray::number(number),
                scratch.cachePath(),
                "test",
                fromMillis(1000000),
                {},
                {},
                {"refs/heads/agent/x/1"}};
    }
    static QByteArray untouched(GitScratch &scratch, const QStringList &stays)
    {
        return stays.isEmpty()
                   ? QByteArray()
                   : scratch.inRepo(
                         u"find %1 -type f -print0 | sort -z | xargs -0 stat -c '%n %s %Y %i'"_s.arg(stays.join(u' ')));
    }
    // A branch that was made since is nobody's to remove, and git reports a file that rightly stayed as changed.
    static QList<QByteArray> compared(const QByteArray &state, const QStringList &stays)
    {
        QList<QByteArray> lines = state.split('\n');
        lines.removeIf([&](const QByteArray &line) {
            return line.endsWith("refs/heads/elsewhere") ||
                   (line.startsWith("status ") && std::any_of(stays.begin(), stays.end(), [&](const QString &path) {
                        return line.endsWith(path.toLocal8Bit());
                    }));
        });
        return lines;
    }
    static void compareStates(const QByteArray &actual, const QByteArray &expected, const QStringList &stays)
    {
        const auto lines = compared(actual, stays), wanted = compared(expected, stays);
        if (lines == wanted)
            return;
        QByteArray text = "\n";
        for (const QByteArray &line : wanted) {
            if (!lines.contains(line))
                text += "- " + line + '\n';
        }
        for (const QByteArray &line : lines) {
            if (!wanted.contains(line))
                text += "+ " + line + '\n';
        }
        QFAIL(text.constData());
    }
    static void fsck(GitScratch &scratch)
    {
        scratch.run(
            u"git -C hub/vault.git fsck --full --strict --no-dangling --connectivity-only 2>&1 && git -C hub/vault.git fsck --full --strict --no-dangling 2>&1"_s);
        scratch.inRepo(u"git fsck --no-dangling 2>&1"_s);
    }
};

QTEST_GUILESS_MAIN(TestRestore)
#include "tst_restore.moc"
