// Whose a repository is: the file and the lock in it, a dead hub, a copy, a moved and a deleted .git.
#include "core/git/guard.h"
#include "core/git/moved.h"
#include "core/git/owner.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

#include <sys/file.h>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

class TestOwner : public QObject
{
    Q_OBJECT

    // Each hub in a data folder of its own, as it would be.
    static OwnershipRequest by(GitScratch &scratch, const QString &hub, const QString &project = u"web"_s)
    {
        const QString data = QFile::decodeName(scratch.root()) + u"/data-"_s + hub;
        QDir().mkpath(data);
        return {.self = {.hub = hub, .dataFolder = data, .host = u"pi"_s, .account = u"ana"_s, .project = project}};
    }
    static QByteArray commonDir(GitScratch &scratch) { return scratch.repo() + "/.git"; }
    static QByteArray inGit(GitScratch &scratch)
    {
        return scratch.run(
            u"cd repo && find .git -printf '%y %m %p %l\\n' | sort && find .git -type f | sort | xargs -d "
            "'\\n' sha256sum"_s);
    }
    // The lock of its data folder, as a running hub holds it.
    static FileHandle running(const OwnershipRequest &hub)
    {
        auto lock = openFile(QFile::encodeName(hub.self.dataFolder + u"/lock"_s), O_RDWR | O_CREAT);
        if (!lock || ::flock(lock->fd(), LOCK_EX | LOCK_NB) != 0)
            qFatal("no lock");
        return *std::move(lock);
    }

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void whatIsWrittenIsRead()
    {
        const Owner owner{u"a1"_s,
                          u"/data/ä"_s,
                          u"pi"_s,
                          u"ana"_s,
                          u"web"_s,
                          u"/src/with space/.git"_s,
                          fromMillis(1'750'000'000'123)};
        VALUE(const auto read, decodeOwner(encodeOwner(owner)));
        QVERIFY(read == owner);
    }

    void whatIsNoOwnerIsSaid_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("another version") << QByteArray("{\"version\":2,\"hub\":\"a\"}");
        QTest::newRow("a part is missing") << QByteArray("{\"version\":1,\"hub\":\"a\",\"project\":\"web\"}");
        QTest::newRow("cut off") << QByteArray("{\"version\":1,\"hub\":");
    }
    void whatIsNoOwnerIsSaid()
    {
        QFETCH(QByteArray, text);
        const auto read = decodeOwner(text);
        QVERIFY(!read);
        QVERIFY(read.error().message.startsWith(u"It names no owner"));
    }

    void oneHubHasIt()
    {
        GitScratch scratch;
        VALUE(auto mine, takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        QVERIFY(isLockOf(mine.lock, commonDir(scratch)));
        for (const bool takeOver : {false, true}) {
            auto request = by(scratch, u"b"_s);
            request.takeOver = takeOver;
            const auto refused = takeOwnership(commonDir(scratch), std::move(request));
            QVERIFY(!refused);
            QVERIFY2(refused.error().message.contains(u"That hub is running"), qPrintable(refused.error().message));
            QVERIFY(refused.error().message.contains(u"account ana on pi"));
        }
        // Again by itself, with the lock that it has.
        auto again = by(scratch, u"a"_s);
        again.held = std::move(mine.lock);
        VALUE(const auto kept, takeOwnership(commonDir(scratch), std::move(again)));
        QVERIFY(isLockOf(kept.lock, commonDir(scratch)));
        QVERIFY(!kept.before);
    }

    void aDeadHubsIsTakenOverOnlyWhenSaid()
    {
        GitScratch scratch;
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s))); // its lock is free again
        const auto refused = takeOwnership(commonDir(scratch), by(scratch, u"b"_s));
        QVERIFY(!refused && refused.error().hint.contains(u"--take-over"));
        auto request = by(scratch, u"b"_s);
        request.takeOver = true;
        {
            const FileHandle alive = running(by(scratch, u"a"_s)); // its lock in the repository was lost
            auto early = by(scratch, u"b"_s);
            early.takeOver = true;
            QVERIFY(!takeOwnership(commonDir(scratch), std::move(early)));
        }
        VALUE(const auto taken, takeOwnership(commonDir(scratch), std::move(request)));
        QVERIFY(taken.before && taken.before->hub == u"a");
        const auto back = takeOwnership(commonDir(scratch), by(scratch, u"a"_s));
        QVERIFY(!back && back.error().message.contains(u"data-b"));
    }

    void aHubWhoseAgentsWorkIsNotDead()
    {
        GitScratch scratch;
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        const QString run = by(scratch, u"a"_s).self.dataFolder + u"/runs/a-1"_s;
        QDir().mkpath(run);
        VALUE(const auto lock, openFile(QFile::encodeName(run + u"/lock"_s), O_RDWR | O_CREAT));
        QVERIFY(::flock(lock.fd(), LOCK_EX | LOCK_NB) == 0);
        auto request = by(scratch, u"b"_s);
        request.takeOver = true;
        const auto refused = takeOwnership(commonDir(scratch), std::move(request));
        QVERIFY(!refused && refused.error().message.contains(u"agents of it still work"));
    }

    void aHubThatBeganAnewInTheSameFolderGoesOn()
    {
        GitScratch scratch;
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        auto anew = by(scratch, u"a"_s);
        anew.self.hub = u"c"_s;
        VERIFY_VALUE(takeOwnership(commonDir(scratch), std::move(anew)));
    }

    void aCopyIsFreeAndAMovedOneIsNot()
    {
        GitScratch scratch;
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        scratch.run(u"cp -a repo copy"_s);
        VERIFY_VALUE(takeOwnership(scratch.root() + "/copy/.git", by(scratch, u"b"_s)));
        scratch.run(u"mv repo moved"_s);
        const auto refused = takeOwnership(scratch.root() + "/moved/.git", by(scratch, u"b"_s));
        QVERIFY(!refused && refused.error().code == ErrorCode::Refused);
        auto other = by(scratch, u"a"_s, u"web-2"_s);
        other.projects = QStringList{u"web"_s};
        const auto own = takeOwnership(scratch.root() + "/moved/.git", std::move(other));
        QVERIFY(!own && own.error().hint.contains(u"projects move web"));
    }

    void anotherGitFolderHasAnotherLock()
    {
        GitScratch scratch;
        VALUE(const auto mine, takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        scratch.run(u"rm -rf repo/.git; git init -q repo"_s);
        QVERIFY(!isLockOf(mine.lock, commonDir(scratch)));
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
    }

    void leavingLeavesNothing()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo 1 > f; git add -A; git commit -qm base"_s);
        const QByteArray was = inGit(scratch);
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        QVERIFY(inGit(scratch) != was);
        QVERIFY(endOwnership(commonDir(scratch), u"b"_s)); // not another's
        QVERIFY(inGit(scratch) != was);
        QVERIFY(endOwnership(commonDir(scratch), u"a"_s));
        QCOMPARE(inGit(scratch), was);
        QVERIFY(endOwnership(commonDir(scratch), u"a"_s));
        VERIFY_VALUE(takeOwnership(commonDir(scratch), by(scratch, u"a"_s)));
        scratch.run(u"mkdir repo/.git/agenthub/broken-1"_s);
        QVERIFY(endOwnership(commonDir(scratch), u"a"_s));
        QCOMPARE(scratch.run(u"ls repo/.git/agenthub"_s), "broken-1\n");
    }

    void theGuardFollowsAMove_data()
    {
        QTest::addColumn<QString>("before");
        QTest::newRow("no hooks path") << QString();
        QTest::newRow("one within the repository") << u"git config core.hooksPath \"$PWD/hooks here\""_s;
        QTest::newRow("an entry written by hand") << u"printf '[Core] ; mine\\nHOOKSPATH=x ; why\\n' >> .git/config"_s;
        QTest::newRow("one of elsewhere") << u"git config core.hooksPath /nowhere/hooks"_s;
    }
    void theGuardFollowsAMove()
    {
        QFETCH(QString, before);
        GitScratch scratch;
        scratch.inRepo(
            u"echo 1 > f; git add -A; git commit -qm base; git worktree add -q ../linked; git worktree add -q "
            "inside; "_s +
            before);
        VALUE(const auto place, locate(scratch.repo()));
        const QByteArray config = scratch.run(u"cat repo/.git/config"_s);
        const GuardRules rules{qEnvironmentVariable("HUB_BIN_DIR", QStringLiteral(HUB_BIN_DIR)).toLocal8Bit() +
                                   "/agenthub-hook",
                               {u"main"_s}};
        VERIFY_VALUE(installGuard(place, rules));
        scratch.run(
            u"mkdir to; mv repo to/repo; mkdir dep; mkdir -p to/repo/modules; echo /lib > to/repo/.git/info/exclude;"
            "ln -s '%1/modules' linked/lib"_s.arg(QFile::decodeName(place.workTree)));
        VALUE(const auto there, locate(scratch.root() + "/to/repo"));
        for (int again = 0; again < 2; ++again) {
            VERIFY_VALUE(followMove(there, place.workTree, {scratch.root() + "/linked"}));
            VALUE(const auto guard, guardState(there));
            QVERIFY2(guard.installed, qPrintable(guard.problems.join(u' ')));
            scratch.run(
                u"git -C linked status; git -C to/repo/inside status; git -C to/repo worktree list | grep /to/repo/inside"_s);
            QCOMPARE(scratch.run(u"readlink linked/lib"_s).trimmed(), there.workTree + "/modules");
        }
        VERIFY_VALUE(uninstallGuard(there));
        QCOMPARE(scratch.run(u"cat to/repo/.git/config"_s), config);
    }
};

QTEST_GUILESS_MAIN(TestOwner)
#include "tst_owner.moc"
