// A rollback that is killed at every system call that changes anything: run again it finishes, run the other way it
// undoes.
#include "core/git/restore.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"
#include "tests/support/killuntil.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

const QString damage = uR"(
    echo wrecked > a.txt; rm sub/b.txt; rm -r gone; mkdir made; echo m > made/m; rm link; echo file > link
    rm -r folder; echo now > folder; rm file; mkdir file; echo x > file/x; chmod 600 mode; chmod 755 sub; rmdir empty
    git add -A; git commit -qm agent; echo staged > s; git add s
)"_s;

struct Scene {
    GitScratch scratch;
    RepositoryPlace place;
    std::unique_ptr<Vault> vault;
    RestorePlace where;
    ObjectId target, undo;
    QByteArray before, damaged;
    RestoreOptions options;

    Result<> make()
    {
        scratch.inRepo(
            u"mkdir -p sub gone/deep folder empty; echo a > a.txt; echo b > sub/b.txt; echo g > gone/deep/g; ln -s a.txt link; echo f > folder/f; echo file > file; echo m > mode; chmod 640 mode; git add -A; git commit -qm one; chmod 555 sub; echo '*.tmp' > .gitignore; git checkout -qb agent/x/1; echo u > u"_s);
        HUB_TRY(place, locate(scratch.repo()));
        HUB_TRY(vault, Vault::create(scratch.vaultPath(), place, {}));
        where = {place, scratch.cachePath(), {}};
        options.movableBranches = {"refs/heads/agent/x/1"};
        before = scratch.state();
        HUB_TRY(const SnapshotInfo first, takeSnapshot(*vault, request(1, {})));
        target = first.commit;
        scratch.inRepo(u"chmod 755 sub\n"_s + damage);
        damaged = scratch.state();
        HUB_TRY(const SnapshotInfo second, takeSnapshot(*vault, request(2, target)));
        undo = second.commit;
        return {};
    }
    SnapshotRequest request(int number, std::optional<ObjectId> target_) const
    {
        return {place,
                "refs/checkpoints/1/" + QByteArray::number(number),
                where.cachePath,
                "test",
                fromMillis(1000000),
                {},
                target_,
                {"refs/heads/agent/x/1"}};
    }
    // In a process of its own, as after a restart: nothing is left but what is on the disk.
    int restore(const ObjectId &from, const ObjectId &to) const
    {
        auto own = Vault::open(scratch.vaultPath());
        if (!own)
            return 1;
        auto plan = planRestore(**own, from, to, options);
        if (!plan)
            return 2;
        auto done = executeRestore(**own, *plan, where);
        if (!done)
            std::fprintf(stderr, "%s\n", qPrintable(done.error().message));
        else if (!done->notRestored.empty())
            std::fprintf(stderr, "%s: %s\n", done->notRestored[0].first.constData(),
                         qPrintable(done->notRestored[0].second));
        return done && done->notRestored.empty() ? 0 : 3;
    }
};

} // namespace

class TestRestoreCrash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void killedAnywhereItFinishesOrIsUndone_data()
    {
        QTest::addColumn<bool>("finish");
        QTest::newRow("run again, it finishes") << true;
        QTest::newRow("run the other way, it is undone") << false;
    }
    void killedAnywhereItFinishesOrIsUndone()
    {
        QFETCH(bool, finish);
        Scene scene;
        const auto made = scene.make();
        QVERIFY2(made, made ? "" : qPrintable(made.error().message));
        int kills = 0;
        for (int n = 1;; ++n) {
            const bool killed = tests::runUntil(n, [&] { return scene.restore(scene.undo, scene.target); });
            if (!killed)
                break;
            ++kills;
            VALUE(const auto interrupted, interruptedRestore(scene.place));
            if (!interrupted && scene.scratch.state() == scene.before) {
                // Done but for the farewell: running it again must say so and change nothing.
                QCOMPARE(scene.restore(scene.undo, scene.target), 0);
            } else if (finish) {
                QVERIFY2(scene.restore(scene.undo, scene.target) == 0, qPrintable(u"at call %1"_s.arg(n)));
            } else if (interrupted) {
                QVERIFY2(scene.restore(scene.target, scene.undo) == 0, qPrintable(u"at call %1"_s.arg(n)));
                QCOMPARE(scene.scratch.state(), scene.damaged);
                QVERIFY(leftovers(scene).isEmpty());
                continue;
            } else {
                QCOMPARE(scene.scratch.state(), scene.damaged);
                continue;
            }
            if (scene.scratch.state() != scene.before)
                QFAIL(("at call " + QByteArray::number(n) + "\n" + scene.before + "\nbut\n" + scene.scratch.state())
                          .constData());
            QVERIFY2(leftovers(scene).isEmpty(), leftovers(scene).constData());
            QCOMPARE(scene.restore(scene.target, scene.undo), 0);
            QCOMPARE(scene.scratch.state(), scene.damaged);
        }
        QVERIFY(kills > 40); // else the calls are not seen
        qInfo("killed at %d system calls", kills);
    }

    void recoveringCleansUp()
    {
        Scene scene;
        const auto made = scene.make();
        QVERIFY2(made, made ? "" : qPrintable(made.error().message));
        for (int n = 20; n < 60; n += 7) {
            if (!tests::runUntil(n, [&] { return scene.restore(scene.undo, scene.target); }))
                break;
            const auto recovered = recoverPlace(scene.place);
            QVERIFY2(recovered, recovered ? "" : qPrintable(recovered.error().message));
            QVERIFY(leftovers(scene).isEmpty());
            QVERIFY(!QFile::exists(QFile::decodeName(scene.place.gitDir + "/index.lock")));
            VALUE(const SnapshotInfo half, takeSnapshot(*scene.vault, scene.request(100 + n, scene.undo)));
            VALUE(const RestorePlan plan, planRestore(*scene.vault, half.commit, scene.undo, scene.options));
            VALUE(const RestoreReport report, executeRestore(*scene.vault, plan, scene.where));
            QCOMPARE(scene.scratch.state(), scene.damaged);
        }
    }

    void alienLocksAndChangesAreConflicts()
    {
        Scene scene;
        const auto made = scene.make();
        QVERIFY2(made, made ? "" : qPrintable(made.error().message));
        VALUE(const RestorePlan plan, planRestore(*scene.vault, scene.undo, scene.target, scene.options));
        scene.scratch.inRepo(u": > .git/index.lock"_s);
        auto refused = executeRestore(*scene.vault, plan, scene.where);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Conflict);
        QVERIFY(recoverPlace(scene.place));
        QVERIFY(QFile::exists(QFile::decodeName(scene.place.gitDir + "/index.lock"))); // not ours to remove
        scene.scratch.inRepo(u"rm .git/index.lock; echo person >> a.txt"_s);
        const QByteArray state = scene.scratch.state();
        refused = executeRestore(*scene.vault, plan, scene.where);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Conflict);
        QCOMPARE(scene.scratch.state(), state);
    }

    void keepsWhatIsAskedAndRestoresOnePath()
    {
        Scene scene;
        const auto made = scene.make();
        QVERIFY2(made, made ? "" : qPrintable(made.error().message));
        RestoreOptions options = scene.options;
        options.keep = {{"a.txt", u"kept as asked"_s}, {"made", u"kept as asked"_s}};
        VALUE(const RestorePlan plan, planRestore(*scene.vault, scene.undo, scene.target, options));
        VALUE(const RestoreReport report, executeRestore(*scene.vault, plan, scene.where));
        QCOMPARE(scene.scratch.inRepo(u"cat a.txt made/m sub/b.txt"_s), QByteArray("wrecked\nm\nb\n"));
        VALUE(const VerifyReport verified, verifyRestored(*scene.vault, scene.target, scene.where, true, plan.kept));
        QVERIFY(verified.exact());
        VALUE(const RestoreReport one,
              restoreFile(*scene.vault, scene.target, "a.txt", scene.where, scene.request(9, {})));
        QCOMPARE(one.written, 1);
        QCOMPARE(scene.scratch.inRepo(u"cat a.txt made/m"_s), QByteArray("a\nm\n"));
    }

    void aPersonsBranchIsNotMoved()
    {
        Scene scene;
        const auto made = scene.make();
        QVERIFY2(made, made ? "" : qPrintable(made.error().message));
        const QByteArray tip = scene.scratch.inRepo(u"git rev-parse agent/x/1"_s);
        VALUE(const RestorePlan plan, planRestore(*scene.vault, scene.undo, scene.target, {}));
        VALUE(const RestoreReport report, executeRestore(*scene.vault, plan, scene.where));
        QCOMPARE(report.branchesNotMoved, QList<QByteArray>{"refs/heads/agent/x/1"});
        QCOMPARE(scene.scratch.inRepo(u"git rev-parse agent/x/1"_s), tip);
        QCOMPARE(scene.scratch.inRepo(u"cat a.txt"_s), QByteArray("a\n"));
    }

private:
    static QByteArray leftovers(Scene &scene)
    {
        return scene.scratch.inRepo(
            u"find . -name '.agenthub-tmp-*' -o -path ./.git/index.lock -o -name 'agenthub-rollback*' -o -name 'index.new' -o -name 'index.agenthub*'"_s);
    }
};

QTEST_GUILESS_MAIN(TestRestoreCrash)
#include "tst_restorecrash.moc"
