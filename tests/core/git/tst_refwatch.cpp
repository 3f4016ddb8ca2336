// Where protected branches stand, read without git and compared with it; what came from an agent; putting back.
#include "core/git/displaced.h"
#include "core/git/refwatch.h"
#include "core/posix/guardfile.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

class TestRefWatch : public QObject
{
    Q_OBJECT

    static inline const QByteArray mainRef = "refs/heads/main";

    // main at two; agent/x/1 began there and has a commit of its own, and so has the person's `other`.
    static RepositoryPlace begin(GitScratch &scratch)
    {
        scratch.inRepo(u"echo 1 > f; git add -A; git commit -qm one; echo 2 > f; git commit -qam two\n"
                       "git worktree add -q -b agent/x/1 ../trees/1 2>/dev/null; git branch other\n"
                       "cd ../trees/1; echo a > a; git add a; git commit -qm agent; cd ../../repo\n"
                       "git checkout -q other; echo o > o; git add o; git commit -qm other; git checkout -q main"_s);
        return *locate(scratch.repo());
    }
    static QByteArray at(GitScratch &scratch, const QString &rev)
    {
        return scratch.inRepo(u"git rev-parse "_s + rev).trimmed();
    }
    static QByteArray valueOfMain(const RepositoryPlace &place)
    {
        return readWatched(place.commonDir, {mainRef})->at(mainRef);
    }

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void aRefIsReadAsItLies_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("expected"); // what git resolves, or the value itself behind '='
        QTest::newRow("a file") << QString() << u"main"_s;
        QTest::newRow("packed") << u"git pack-refs --all"_s << u"main"_s;
        QTest::newRow("packed, and moved since") << u"git pack-refs --all; git reset -q --hard HEAD~1"_s << u"main"_s;
        QTest::newRow("packed, deleted") << u"git pack-refs --all; git checkout -q other; git branch -qD main"_s
                                         << u"="_s;
        QTest::newRow("a symbolic one") << u"git symbolic-ref refs/heads/main refs/heads/other"_s
                                        << u"=ref: refs/heads/other"_s;
        QTest::newRow("written by hand without a line end")
            << u"printf %s $(git rev-parse other) > .git/refs/heads/main"_s << u"other"_s;
        QTest::newRow("garbage") << u"echo nonsense > .git/refs/heads/main"_s << u"=?"_s;
        QTest::newRow("an empty file") << u": > .git/refs/heads/main"_s << u"=?"_s;
    }
    void aRefIsReadAsItLies()
    {
        QFETCH(QString, script);
        QFETCH(QString, expected);
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        scratch.inRepo(script);
        QCOMPARE(valueOfMain(place), expected.startsWith(u'=') ? expected.mid(1).toLatin1() : at(scratch, expected));
    }

    void aDamagedRepositoryHasNoValues()
    {
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        scratch.inRepo(u"rm .git/HEAD"_s);
        QVERIFY(!readWatched(place.commonDir, {mainRef}));
    }

    void theStampChangesWithEachWayToMoveARef_data()
    {
        QTest::addColumn<QString>("script");
        QTest::newRow("git") << u"git reset -q --soft HEAD~1"_s;
        QTest::newRow("by hand") << u"git rev-parse other > .git/refs/heads/main"_s;
        QTest::newRow("deleted") << u"rm .git/refs/heads/main"_s;
        QTest::newRow("packed") << u"git pack-refs --all"_s;
        QTest::newRow("HEAD") << u"git symbolic-ref HEAD refs/heads/other"_s;
        QTest::newRow("a line about it") << u"mkdir -p .git/agenthub-guard; echo x >> .git/agenthub-guard/moves"_s;
    }
    void theStampChangesWithEachWayToMoveARef()
    {
        QFETCH(QString, script);
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        const auto settledStamp = [&] {
            QByteArray stamp;
            [&] { QTRY_VERIFY(!(stamp = watchStamp(place.commonDir, {mainRef})).isEmpty()); }();
            return stamp;
        };
        const QByteArray before = settledStamp();
        QCOMPARE(settledStamp(), before);
        scratch.inRepo(script);
        QVERIFY(settledStamp() != before);
    }

    void aLineOfMovesIsTakenOrLeft_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("taken");
        const QByteArray id(40, 'a'), none(40, '0');
        QTest::newRow("done") << "12 1000 " + none + ' ' + id + " refs/heads/main" << true;
        QTest::newRow("intended") << "12 1000 " + id + ' ' + id + " refs/heads/main intended" << true;
        QTest::newRow("cut off") << "12 1000 " + id << false;
        QTest::newRow("no time") << "x 1000 " + id + ' ' + id + " refs/heads/main" << false;
        QTest::newRow("nothing") << QByteArray() << false;
    }
    void aLineOfMovesIsTakenOrLeft()
    {
        QFETCH(QByteArray, line);
        QFETCH(bool, taken);
        const auto move = moveFrom(line);
        QCOMPARE(move.has_value(), taken);
        if (taken) {
            QCOMPARE(move->ref, mainRef);
            QCOMPARE(move->intended, line.endsWith(" intended"));
            QCOMPARE(move->from.isEmpty(), line.contains(QByteArray(40, '0')));
        }
    }

    void noLineIsLostWhenTheFileIsRenamed()
    {
        QTemporaryDir folder;
        const QByteArray common = folder.path().toLocal8Bit();
        QDir(folder.path()).mkdir(u"agenthub-guard"_s);
        const QString path = folder.filePath(u"agenthub-guard/moves"_s);
        const QByteArray id(40, 'a');
        qint64 written = 0, seen = 0;
        const auto write = [&](QFile &file) {
            file.write(QByteArray::number(++written) + " 1 " + id + ' ' + id + " refs/heads/main\n");
            file.flush();
        };
        QMap<quint64, qint64> positions;
        const auto read = [&] {
            const auto got = readMoves(common, positions);
            for (const GuardMove &move : got->moves)
                seen += move.at;
            positions = got->positions;
        };
        for (int round = 0; round < 3; ++round) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::Append));
            while (file.size() <= 1 << 20)
                write(file);
            read();
            write(file); // not read yet: the file stays
            read();
            read(); // renamed now
            QVERIFY(!QFile::exists(path));
            write(file); // by a hook that opened it before
            QFile next(path);
            QVERIFY(next.open(QIODevice::Append));
            write(next);
            read();
        }
        QCOMPARE(seen, written * (written + 1) / 2);
    }

    void whatIsWrittenByHalfIsReadWhenItIsWhole()
    {
        QTemporaryDir folder;
        QDir(folder.path()).mkdir(u"agenthub-guard"_s);
        QFile file(folder.filePath(u"agenthub-guard/moves"_s));
        QVERIFY(file.open(QIODevice::Append));
        const QByteArray line = "1 1 " + QByteArray(40, 'a') + ' ' + QByteArray(40, 'b') + " refs/heads/main\n";
        file.write(line + line.left(30));
        file.flush();
        const auto first = readMoves(folder.path().toLocal8Bit(), {});
        QCOMPARE(first->moves.size(), 1);
        file.write(line.mid(30));
        file.flush();
        const auto second = readMoves(folder.path().toLocal8Bit(), first->positions);
        QCOMPARE(second->moves.size(), 1);
        QCOMPARE(second->moves.first(), first->moves.first());
    }

    void whoMadeTheValue_data()
    {
        QTest::addColumn<QString>("script"); // moves main
        QTest::addColumn<bool>("agent");
        QTest::newRow("an agent's branch") << u"git update-ref refs/heads/main agent/x/1"_s << true;
        QTest::newRow("a symbolic ref to it") << u"git symbolic-ref refs/heads/main refs/heads/agent/x/1"_s << true;
        QTest::newRow("a commit that the agent's branch left again")
            << u"git update-ref refs/heads/main agent/x/1; git -C ../trees/1 reset -q --hard HEAD~1"_s << true;
        QTest::newRow("a commit on top of it")
            << u"git update-ref refs/heads/main $(git commit-tree -p agent/x/1 -m more agent/x/1^{tree})"_s << true;
        QTest::newRow("a commit in the agent's tree, on no branch")
            << u"git -C ../trees/1 checkout -q --detach main; git -C ../trees/1 commit -q --allow-empty -m d; git "
               u"update-ref "
               "refs/heads/main $(git -C ../trees/1 rev-parse HEAD); git -C ../trees/1 checkout -q agent/x/1"_s
            << true;
        QTest::newRow("one from which the agent began") << u"git update-ref refs/heads/main main~1"_s << true;
        QTest::newRow("nothing: the branch is gone") << u"rm .git/refs/heads/main"_s << true;
        QTest::newRow("a person's branch") << u"git update-ref refs/heads/main other"_s << false;
        QTest::newRow("a commit of its own")
            << u"git update-ref refs/heads/main $(git commit-tree -p main -m own main^{tree})"_s << false;
        QTest::newRow("an object that isn't there")
            << u"echo 1234567812345678123456781234567812345678 > .git/refs/heads/main"_s << false;
    }
    void whoMadeTheValue()
    {
        QFETCH(QString, script);
        QFETCH(bool, agent);
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        const QByteArray before = valueOfMain(place);
        scratch.inRepo(script);
        const auto came = cameFromAgent(place, mainRef, before, valueOfMain(place), scratch.root() + "/trees");
        QVERIFY2(came, came ? "" : qPrintable(came.error().message));
        QCOMPARE(*came, agent);
    }

    void itIsPutBack_data()
    {
        QTest::addColumn<QString>("script");
        QTest::newRow("moved") << u"git update-ref refs/heads/main agent/x/1"_s;
        QTest::newRow("moved back") << u"git update-ref refs/heads/main main~1"_s;
        QTest::newRow("by hand") << u"git rev-parse agent/x/1 > .git/refs/heads/main"_s;
        QTest::newRow("deleted") << u"rm .git/refs/heads/main"_s;
        QTest::newRow("a symbolic ref") << u"git symbolic-ref refs/heads/main refs/heads/agent/x/1"_s;
        QTest::newRow("in packed-refs")
            << u"git pack-refs --all; sed -i \"s/.* refs.heads.main$/$(git rev-parse agent/x/1) refs\\/heads\\/main/\" "
               ".git/packed-refs"_s;
    }
    void itIsPutBack()
    {
        QFETCH(QString, script);
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        const QByteArray before = valueOfMain(place), agents = at(scratch, u"agent/x/1"_s);
        auto vault = *Vault::create(scratch.vaultPath(), place, {});
        scratch.inRepo(script);
        const QByteArray after = valueOfMain(place);
        QVERIFY(after != before);
        const auto kept = archiveDisplaced(*vault, place, mainRef, after, fromMillis(1'800'000'000'000));
        QVERIFY2(kept, kept ? "" : qPrintable(kept.error().message));
        QCOMPARE(kept->isEmpty(), after.isEmpty());
        const auto again = archiveDisplaced(*vault, place, mainRef, after, fromMillis(1'900'000'000'000));
        QCOMPARE(*again, *kept); // one name for one value
        const auto done = putBack(place, mainRef, before, after);
        QVERIFY2(done, done ? "" : qPrintable(done.error().message));
        QCOMPARE(valueOfMain(place), before);
        QCOMPARE(at(scratch, u"main"_s), before);
        QCOMPARE(at(scratch, u"agent/x/1"_s), agents);
        scratch.inRepo(u"git fsck --strict"_s);
    }

    void aNewerMoveIsLeftAlone()
    {
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        const QByteArray before = valueOfMain(place);
        scratch.inRepo(u"git update-ref refs/heads/main other"_s);
        const auto refused = putBack(place, mainRef, before, at(scratch, u"agent/x/1"_s));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Conflict);
        QCOMPARE(valueOfMain(place), at(scratch, u"other"_s));
    }

    void theCommandDoesTheSame()
    {
        GitScratch scratch;
        const RepositoryPlace place = begin(scratch);
        const QByteArray before = valueOfMain(place);
        for (const QString &script :
             {u"git update-ref refs/heads/main other"_s, u"rm .git/refs/heads/main"_s,
              u"git symbolic-ref refs/heads/main refs/heads/other"_s, u"git symbolic-ref HEAD refs/heads/other"_s}) {
            const RefValues then = *readWatched(place.commonDir, {mainRef});
            scratch.inRepo(script);
            const RefValues now = *readWatched(place.commonDir, {mainRef});
            for (const auto &[ref, value] : now) {
                if (ref != headLog && value != then.at(ref))
                    scratch.run(putBackCommand(place, ref, then.at(ref), value));
            }
            QCOMPARE(valueOfMain(place), before);
            QCOMPARE(readWatched(place.commonDir, {})->at(headRef), QByteArray("ref: refs/heads/main"));
        }
    }
};

QTEST_GUILESS_MAIN(TestRefWatch)
#include "tst_refwatch.moc"
