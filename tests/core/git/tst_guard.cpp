// The ref guard as it is put into a repository and taken out again. What it refuses is tried with real agents in
// tests/integration/guard.
#include "core/git/guard.h"
#include "core/posix/guardfile.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

// A shell that is named as the shim is: what it starts is an agent's.
const QString asAgent =
    u"cp \"$(command -v bash)\" ./agenthub-shim; agent() { ./agenthub-shim -c \"$1; exit \\$?\"; }\n"_s;

GuardRules rules(const QStringList &branches = {u"main"_s, u"master"_s})
{
    return {qEnvironmentVariable("HUB_BIN_DIR", QStringLiteral(HUB_BIN_DIR)).toLocal8Bit() + "/agenthub-hook",
            branches};
}

} // namespace

class TestGuard : public QObject
{
    Q_OBJECT

    // Everything below .git: kind, rights, name, content.
    static QByteArray gitFolder(GitScratch &scratch)
    {
        return scratch.run(
            u"cd repo && find .git -printf '%y %m %p %l\\n' | sort && find .git -type f | sort | xargs -d "
            "'\\n' sha256sum"_s);
    }
    static RepositoryPlace begin(GitScratch &scratch, const QString &more = {})
    {
        scratch.inRepo(u"echo 1 > f; git add -A; git commit -qm base\n"_s + more);
        return *locate(scratch.repo());
    }

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void itsFileIsReadAsItWasWritten()
    {
        const posix::GuardFile written{{"refs/heads/main", "refs/heads/with space"}, true, "../some where/hooks"};
        posix::GuardFile read;
        QCOMPARE(posix::decodeGuard(posix::encodeGuard(written), read), std::string());
        QVERIFY(read == written);
    }

    void aDamagedFileIsNotTakenForRules_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("another version") << QByteArray("agenthub-guard 2\nchain x\n");
        QTest::newRow("cut off") << QByteArray("agenthub-guard 1\nprotect refs/heads/ma");
        QTest::newRow("an unknown line") << QByteArray("agenthub-guard 1\nallow refs/heads/main\n");
    }
    void aDamagedFileIsNotTakenForRules()
    {
        QFETCH(QByteArray, text);
        posix::GuardFile read;
        QVERIFY(!posix::decodeGuard(text.toStdString(), read).empty());
    }

    void uninstallingLeavesEveryByteAsItWas_data()
    {
        QTest::addColumn<QString>("before");
        QTest::newRow("no hooks") << QString();
        QTest::newRow("hooks in .git/hooks") << u"echo '#!/bin/sh' > .git/hooks/commit-msg; chmod 755 .git/hooks/*"_s;
        QTest::newRow("an absolute folder of hooks") << u"git config core.hooksPath \"$PWD/my hooks\""_s;
        QTest::newRow("hooks in the manner of husky") << u"mkdir -p .husky/_; git config core.hooksPath .husky/_"_s;
        QTest::newRow("an entry written by hand") << u"printf '[Core] ; mine\\nHOOKSPATH=x ; why\\n' >> .git/config"_s;
        QTest::newRow("two entries") << u"git config core.hooksPath a; git config --add core.hooksPath b"_s;
        QTest::newRow("no line end at the end") << u"printf '[user]\\n\\tx = y' >> .git/config"_s;
        QTest::newRow("a file that only its owner reads") << u"chmod 600 .git/config"_s;
        QTest::newRow("hooks switched off") << u"git config core.hooksPath /dev/null"_s;
    }
    void uninstallingLeavesEveryByteAsItWas()
    {
        QFETCH(QString, before);
        GitScratch scratch;
        const auto place = begin(scratch, before);
        const QByteArray was = gitFolder(scratch);
        VALUE(const auto state, installGuard(place, rules()));
        QVERIFY2(state.installed, qPrintable(state.problems.join(u' ')));
        const QByteArray guarded = gitFolder(scratch);
        QVERIFY(guarded != was);
        VALUE(const auto again, installGuard(place, rules()));
        QVERIFY(again.installed);
        QCOMPARE(gitFolder(scratch), guarded);
        QVERIFY(uninstallGuard(place));
        QCOMPARE(gitFolder(scratch), was);
        QVERIFY(uninstallGuard(place));
        QCOMPARE(gitFolder(scratch), was);
    }

    void whatOthersChangedMeanwhileInTheConfigurationStays()
    {
        GitScratch scratch;
        const auto place = begin(scratch, u"git config core.hooksPath .husky"_s);
        QVERIFY(installGuard(place, rules()));
        scratch.inRepo(u"git config user.nick p"_s);
        QVERIFY(uninstallGuard(place));
        QCOMPARE(scratch.inRepo(u"git config user.nick; git config --get-all core.hooksPath"_s), "p\n.husky\n");
    }

    void anInstallationThatWasCutOffIsFinishedOrTakenBack_data()
    {
        QTest::addColumn<QString>("cut");
        const QString guard = u".git/agenthub-guard/"_s;
        QTest::newRow("before git was pointed at it")
            << u"git config core.hooksPath .husky; rm %1config-after"_s.arg(guard);
        QTest::newRow("after git was pointed at it") << u"rm %1config-after"_s.arg(guard);
        QTest::newRow("with half of the links") << u"rm %1hooks/p* %1config-after"_s.arg(guard);
    }
    void anInstallationThatWasCutOffIsFinishedOrTakenBack()
    {
        QFETCH(QString, cut);
        for (const bool finish : {true, false}) {
            GitScratch scratch;
            const auto place = begin(scratch, u"git config core.hooksPath .husky"_s);
            const QByteArray was = gitFolder(scratch);
            QVERIFY(installGuard(place, rules()));
            scratch.inRepo(cut);
            if (finish) {
                VALUE(const auto state, installGuard(place, rules()));
                QVERIFY2(state.installed, qPrintable(state.problems.join(u' ')));
                QCOMPARE(state.chain, ".husky");
            }
            QVERIFY(uninstallGuard(place));
            QCOMPARE(gitFolder(scratch), was);
        }
    }

    void theDefaultBranchOfARemoteIsProtectedToo()
    {
        GitScratch scratch;
        const auto place =
            begin(scratch, u"git init -q --bare -b trunk ../far; git push -q ../far main:trunk; git remote "
                           "add o ../far; git fetch -q o; git remote set-head o -a"_s);
        VALUE(const auto state, installGuard(place, rules({u"main"_s, u" release/1 "_s})));
        QCOMPARE(state.branches, (QStringList{u"main"_s, u"release/1"_s, u"trunk"_s}));
    }

    void earlierHooksRunWithTheirArgumentsAndInputAndDecide_data()
    {
        QTest::addColumn<QString>("setUp");
        QTest::addColumn<QString>("folder");
        QTest::newRow("in .git/hooks") << QString() << u".git/hooks"_s;
        QTest::newRow("in an absolute folder") << u"git config core.hooksPath \"$PWD/../own\""_s << u"../own"_s;
        QTest::newRow("in a relative folder") << u"git config core.hooksPath .husky/_"_s << u".husky/_"_s;
    }
    void earlierHooksRunWithTheirArgumentsAndInputAndDecide()
    {
        QFETCH(QString, setUp);
        QFETCH(QString, folder);
        GitScratch scratch;
        const auto place = begin(scratch, setUp);
        QVERIFY(installGuard(place, rules()));
        // Written after the guard came: git no longer looks there itself.
        scratch.inRepo(u"mkdir -p '%1'; cd '%1'\n"
                       "printf '#!/bin/sh\\necho \"$1 $(cat)\" >> ../log\\n' > ../t; sed 's,\\.\\./log,%2/log,' ../t > "
                       "reference-transaction; rm ../t\n"
                       "echo 'echo \"message $(cat \"$1\")\" >> %2/log; grep -q good \"$1\"' > commit-msg\n"
                       "chmod 755 reference-transaction commit-msg"_s.arg(folder, QFile::decodeName(scratch.root())));
        scratch.inRepo(u"echo 2 > f; git commit -qam good"_s);
        const QByteArray log = scratch.run(u"cat log"_s);
        const QByteArray head = scratch.inRepo(u"git rev-parse HEAD"_s).trimmed();
        QVERIFY2(log.contains("message good\n"), log);
        for (const QByteArray state : {"prepared", "committed"})
            QVERIFY2(log.contains(state + ' ') && log.contains(head + " refs/heads/main\n"), log);
        QCOMPARE(scratch.inRepo(u"echo 3 > f; git commit -qam poor; echo $?; git rev-parse HEAD"_s, false),
                 "1\n" + head + '\n');
    }

    void aRelativeFolderMeansThatOfEachWorkingTree()
    {
        GitScratch scratch;
        const auto place =
            begin(scratch, u"git config core.hooksPath .husky; git worktree add -q ../w -b w; mkdir .husky; "
                           "echo 'echo here >> ../log' > .husky/post-commit; chmod 755 .husky/post-commit"_s);
        QVERIFY(installGuard(place, rules()));
        scratch.run(u"git -C w commit -q --allow-empty -m w; touch log; cat log"_s);
        QCOMPARE(scratch.run(u"cat log"_s), "");
        scratch.run(u"git -C repo commit -q --allow-empty -m r"_s);
        QCOMPARE(scratch.run(u"cat log"_s), "here\n");
        // The guard holds in the tree whose folder of hooks is not there.
        const QByteArray said = scratch.run(asAgent + u"agent 'git -C w update-ref refs/heads/main w 2>&1'"_s, false);
        QVERIFY2(said.contains("main is protected"), said);
        QCOMPARE(scratch.run(u"git -C repo log --format=%s -1 main"_s), "r\n");
    }

    void aProgramThatTakesTheHooksOverIsPutBehindTheGuardAgain()
    {
        GitScratch scratch;
        const auto place = begin(scratch);
        QVERIFY(refreshGuard(place, rules()));
        VALUE(const auto none, guardState(place));
        QVERIFY(!none.installed && none.problems.isEmpty());
        QVERIFY(installGuard(place, rules()));
        scratch.inRepo(u"git config core.hooksPath .husky/_"_s);
        VALUE(const auto lost, guardState(place));
        QVERIFY(!lost.installed);
        QVERIFY(lost.problems.value(0).contains(u".husky/_"));
        QVERIFY(refreshGuard(place, rules()));
        VALUE(const auto state, guardState(place));
        QVERIFY(state.installed);
        QCOMPARE(state.chain, ".husky/_");
    }

    void aWorkingTreeWithHooksOfItsOwnIsNamed()
    {
        GitScratch scratch;
        const auto place =
            begin(scratch, u"git config extensions.worktreeConfig true; git worktree add -q ../w -b w; git "
                           "-C ../w config --worktree core.hooksPath mine"_s);
        VALUE(const auto state, installGuard(place, rules()));
        QCOMPARE(state.problems.size(), 1);
        QVERIFY2(state.problems.first().contains(u"/worktrees/w/config.worktree"), qPrintable(state.problems.first()));
    }

    void withoutTheProgramPeopleGoOn()
    {
        GitScratch scratch;
        const auto place = begin(scratch);
        QVERIFY(installGuard(place, rules()));
        scratch.inRepo(u"rm .git/agenthub-guard/agenthub-hook; git commit -q --allow-empty -m on"_s);
        VALUE(const auto state, guardState(place));
        QVERIFY(!state.installed);
    }

    void aCopyOfTheRepositoryHasItsOwnHooksAndItsBranchesAreFree()
    {
        GitScratch scratch;
        const auto place = begin(scratch);
        QVERIFY(installGuard(place, rules()));
        scratch.run(asAgent + u"cp -a repo copy; echo 'echo ran >> ../log' > copy/.git/hooks/post-commit\n"
                              "chmod 755 copy/.git/hooks/post-commit\n"
                              "agent 'cd copy; git commit -q --allow-empty -m copied'"_s);
        QCOMPARE(scratch.run(u"cat log"_s), "ran\n");
    }
};

QTEST_GUILESS_MAIN(TestGuard)
#include "tst_guard.moc"
