#include "core/git/compare.h"
#include "core/git/ignorerules.h"
#include "core/git/snapshot.h"
#include "core/git/statcache.h"
#include "core/git/workingtree.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

#include <QRandomGenerator>

#include <atomic>
#include <sys/mman.h>
#include <thread>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

class TestVault : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void refusals_data()
    {
        QTest::addColumn<QString>("setUp"); // leaves the path to look at in the file "path"
        QTest::addColumn<QString>("sentence");
        QTest::newRow("the root folder") << u"printf / > path"_s << u"root folder"_s;
        QTest::newRow("the home folder") << u"printf \"$HOME\" > path"_s << u"home folder"_s;
        QTest::newRow("a folder below a repository in the home folder")
            << u"git init -q \"$HOME\"; mkdir -p \"$HOME/x\"; printf \"$HOME/x\" > path"_s << u"home folder"_s;
        QTest::newRow("no repository") << u"mkdir plain; printf $PWD/plain > path"_s << u"not in a git repository"_s;
        QTest::newRow("a missing folder") << u"printf $PWD/none > path"_s << u"There is no folder"_s;
        QTest::newRow("a bare repository")
            << u"git init -q --bare bare; printf $PWD/bare > path"_s << u"bare repository"_s;
        QTest::newRow("SHA-256 names") << u"git init -q --object-format=sha256 long; printf $PWD/long > path"_s
                                       << u"sha256"_s;
        QTest::newRow("a partial clone")
            << u"cd repo; echo a > a; git add a; git commit -qm a; git config uploadpack.allowFilter true; cd ..; git clone -q --filter=blob:none file://$PWD/repo part; printf $PWD/part > path"_s
            << u"partial clone"_s;
    }
    void refusals()
    {
        QFETCH(QString, setUp);
        QFETCH(QString, sentence);
        GitScratch scratch;
        scratch.run(setUp);
        const auto place = locate(scratch.run(u"cat path"_s));
        scratch.run(u"rm -rf \"$HOME/.git\" \"$HOME/x\""_s);
        QVERIFY(!place);
        QVERIFY2(place.error().message.contains(sentence), qPrintable(place.error().message));
    }

    void whatThePartialCloneHintDoesIsAccepted()
    {
        GitScratch scratch;
        scratch.run(
            u"cd repo; echo a > a; git add a; git commit -qm a; git config uploadpack.allowFilter true; cd ..; git clone -q --filter=blob:none file://$PWD/repo part"_s);
        const auto refused = locate(scratch.root() + "/part");
        QVERIFY(!refused);
        scratch.run(refused.error().hint);
        VALUE(const RepositoryPlace place, locate(scratch.root() + "/part"));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
    }

    void seeds_data()
    {
        QTest::addColumn<QString>("setUp");
        QTest::addColumn<QString>("repository");
        QTest::addColumn<qint64>("copyLimit");
        const QString commits =
            u"cd repo; for i in 1 2 3; do echo $i > f$i; git add -A; git commit -qm $i; done; git tag -a v1 -m v1; git branch b; cd ..\n"_s;
        const qint64 plenty = 1 << 30;
        QTest::newRow("loose objects") << commits << u"repo"_s << plenty;
        QTest::newRow("packs") << commits + u"git -C repo gc -q"_s << u"repo"_s << plenty;
        QTest::newRow("hard links above the limit") << commits + u"git -C repo gc -q"_s << u"repo"_s << qint64(0);
        QTest::newRow("a clone that borrows objects")
            << commits +
                   u"git clone -q --shared repo lent; cd lent; git config user.name n; git config user.email e; echo x > x; git add x; git commit -qm x"_s
            << u"lent"_s << plenty;
        QTest::newRow("a shallow clone") << commits + u"git clone -q --depth 1 file://$PWD/repo flat"_s << u"flat"_s
                                         << plenty;
        QTest::newRow("no commit at all") << u""_s << u"repo"_s << plenty;
    }
    void seeds()
    {
        QFETCH(QString, setUp);
        QFETCH(QString, repository);
        QFETCH(qint64, copyLimit);
        GitScratch scratch;
        scratch.run(setUp);
        VALUE(const RepositoryPlace place, locate(scratch.root() + '/' + repository.toLocal8Bit()));
        SeedReport report;
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {copyLimit}, &report));
        if (copyLimit == 0)
            QVERIFY(report.method == SeedMethod::HardLink || report.method == SeedMethod::Reflink);
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.vaultPath() + "/objects/info/alternates")));
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        // The vault stands alone, and making it again changes nothing.
        scratch.run(
            u"mv hub/vault.git alone.git; rm -rf repo lent flat; git -C alone.git fsck --full --strict --no-dangling 2>&1; git -C alone.git log --format=%h %1 | wc -l"_s
                .arg(QString::fromLatin1(snapshot.commit.hex())));
    }

    void aCollectionOfGarbageAtTheSameTimeDoesNotHurt()
    {
        GitScratch scratch;
        scratch.inRepo(u"for i in $(seq 3000); do echo $i > f$i; done; git add -A; git commit -qm many"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        for (int round = 1; round <= 5; ++round) {
            QProcess gc;
            gc.start(u"git"_s, {u"-C"_s, QFile::decodeName(scratch.repo()), u"gc"_s, u"-q"_s, u"--prune=now"_s});
            const auto vault = Vault::create(scratch.vaultPath() + QByteArray::number(round), place, {});
            gc.waitForFinished();
            QVERIFY2(vault, vault ? "" : qPrintable(vault.error().message));
            scratch.inRepo(
                u"git unpack-objects -q < /dev/null 2>/dev/null || true; mkdir p; mv .git/objects/pack/*.pack p; rm -f .git/objects/pack/*; git unpack-objects -q < p/*.pack; rm -rf p"_s);
        }
    }

    void anIncompleteRepositoryIsRefusedAndLeavesNoVault()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"echo a > a; git add a; git commit -qm a; rm -f .git/objects/$(git rev-parse HEAD:a | sed 's,^..,&/,')"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        const auto vault = Vault::create(scratch.vaultPath(), place, {});
        QVERIFY(!vault);
        QCOMPARE(vault.error().code, ErrorCode::Corrupt);
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.vaultPath())));
    }

    void newCommitsComeWithEachSnapshotAndSurviveTheRepository()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo a > a; git add a; git commit -qm a"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        scratch.inRepo(
            u"for i in 1 2 3; do echo $i > a; mkdir -p d; echo $i > d/$i; git add -A; git commit -qm $i; done; echo w > a"_s);
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        scratch.run(u"rm -rf repo/.git"_s);
        QCOMPARE(
            scratch.run(u"git -C hub/vault.git log --format=%s %1^"_s.arg(QString::fromLatin1(snapshot.commit.hex()))),
            QByteArray("3\n2\n1\na\n"));
        QCOMPARE(scratch.run(
                     u"git -C hub/vault.git cat-file -p %1:files/a"_s.arg(QString::fromLatin1(snapshot.commit.hex()))),
                 QByteArray("w\n"));
        QCOMPARE(
            scratch.run(u"git -C hub/vault.git fsck --full --strict --no-dangling 2>&1 | grep -v ^notice || true"_s),
            QByteArray());
    }

    void theFilesTreeIsWhatGitWouldAdd()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"mkdir -p a/b c; echo 1 > a/b/1; echo 2 > a/2; echo 3 > c.txt; ln -s x l; echo e > e; chmod +x e; printf 'n\\n' > $'n\\xff'; git add -A; git commit -qm a; echo u > a/u; rm a/2; printf '*.o\\n!keep.o\\n/c/\\n' > .gitignore; echo o > o.o; echo k > a/keep.o; mkdir -p c; echo c > c/c"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        QCOMPARE(snapshot.files.hex() + '\n',
                 scratch.inRepo(u"export GIT_INDEX_FILE=$PWD/../private; git add -A; git write-tree"_s));
    }

    void ignoreRulesAgreeWithGit_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 12; ++seed)
            QTest::newRow(qPrintable(u"random rules, seed %1"_s.arg(seed))) << seed;
    }
    // Random patterns over random trees: the tree of a snapshot is the one that `git add -A` writes.
    void ignoreRulesAgreeWithGit()
    {
        QFETCH(int, seed);
        QRandomGenerator random(static_cast<quint32>(seed));
        const auto pick = [&](const QStringList &list) { return list[random.bounded(int(list.size()))]; };
        const QStringList names{u"a"_s, u"b"_s, u"ab"_s, u"a.o"_s, u"b.txt"_s, u"foo"_s, u"x-y"_s, u"A"_s};
        const QStringList pieces{u"a"_s,    u"b"_s,    u"*"_s,     u"**"_s,  u"?"_s,          u"*.o"_s,
                                 u"[ab]"_s, u"[!a]"_s, u"foo"_s,   u"a*"_s,  u"*b"_s,         u"[a-f]*"_s,
                                 u"\\a"_s,  u"x-*"_s,  u"*.t?t"_s, u"**b"_s, u"[[:upper:]]"_s};
        GitScratch scratch;
        QString script;
        for (int i = 0; i < 120; ++i) {
            QStringList path;
            for (int depth = random.bounded(4); depth >= 0; --depth)
                path << pick(names);
            const QString name = path.takeLast();
            const QString folder = path.isEmpty() ? u"."_s : path.join(u'/');
            script += u"mkdir -p %1 2>/dev/null && [ ! -e %1/%2 ] && echo %3 > %1/%2\n"_s.arg(folder, name).arg(i);
        }
        for (int i = 0; i < 4; ++i) {
            QString rules;
            for (int line = 0; line < 4; ++line) {
                QStringList parts;
                for (int n = random.bounded(3); n >= 0; --n)
                    parts << pick(pieces);
                rules += (random.bounded(4) == 0 ? u"!"_s : QString()) + (random.bounded(4) == 0 ? u"/"_s : QString()) +
                         parts.join(u'/') + (random.bounded(4) == 0 ? u"/"_s : QString()) + u'\n';
            }
            const QString where = i == 0 ? u"."_s : i == 1 ? u".git/info"_s : pick(names);
            script += u"if [ -d %1 ]; then cat > %1/%2 <<'END'\n%3END\nfi\n"_s.arg(
                where, i == 1 ? u"exclude"_s : u".gitignore"_s, rules);
        }
        scratch.inRepo(script + u"true"_s, false);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        const QByteArray expected =
            scratch.inRepo(u"export GIT_INDEX_FILE=$PWD/../private; git add -A; git write-tree"_s);
        if (snapshot.files.hex() + '\n' != expected)
            qWarning("%s", scratch
                               .run(u"cd repo; cat .gitignore; echo; git diff --name-status %1 %2 --; true"_s.arg(
                                   QString::fromLatin1(expected.trimmed()), QString::fromLatin1(snapshot.files.hex())))
                               .constData());
        QCOMPARE(snapshot.files.hex() + '\n', expected);
        // With the rules gone a second snapshot, which knows the first one's cache, sees all.
        scratch.inRepo(u"find . -name .gitignore -delete; : > .git/info/exclude"_s);
        VALUE(const auto all, takeSnapshot(*vault, request(scratch, place, 2)));
        QCOMPARE(all.files.hex() + '\n',
                 scratch.inRepo(u"export GIT_INDEX_FILE=$PWD/../private; git add -A; git write-tree"_s));
    }

    void randomEditsKeepTheCacheTrue()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"for i in $(seq 300); do mkdir -p d$((i%17))/e$((i%5)); echo $i > d$((i%17))/e$((i%5))/f$i; done; git add -A; git commit -qm base"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        QRandomGenerator random(5);
        for (int round = 1; round <= 25; ++round) {
            QString script;
            for (int i = 0; i < 12; ++i) {
                const QString path = u"d%1/e%2"_s.arg(random.bounded(18)).arg(random.bounded(5));
                const QString file = path + u"/f%1"_s.arg(random.bounded(300));
                switch (random.bounded(8)) {
                case 0: script += u"rm -f %1\n"_s.arg(file); break;
                case 1: script += u"rm -rf %1; mkdir -p %1\n"_s.arg(path); break;
                case 2: script += u"mkdir -p %1; [ -d %2 ] || ln -sfn e$RANDOM %2\n"_s.arg(path, file); break;
                case 3: script += u"[ -f %1 ] && chmod +x %1\n"_s.arg(file); break;
                case 4: script += u"rm -rf %1; mkdir -p $(dirname %1); echo file > %1\n"_s.arg(path); break;
                case 5:
                    script += u"mv %1 d%2/moved%3 2>/dev/null\n"_s.arg(path)
                                  .arg(random.bounded(17))
                                  .arg(random.bounded(1000));
                    break;
                case 6: script += u"git add -A; [ $((RANDOM%3)) = 0 ] && git commit -qm r\n"_s; break;
                default:
                    script += u"mkdir -p %1 2>/dev/null; [ -d %2 ] || { rm -f %2; echo %3 > %2; }\n"_s.arg(path, file)
                                  .arg(random.bounded(10));
                    break;
                }
            }
            scratch.inRepo(script + u"true"_s, false);
            VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, round)));
            QCOMPARE(
                snapshot.files.hex() + '\n',
                scratch.inRepo(
                    u"export GIT_INDEX_FILE=$PWD/../private; rm -f $GIT_INDEX_FILE; git add -A; git write-tree"_s));
        }
        scratch.run(u"git -C hub/vault.git fsck --full --strict --no-dangling 2>&1"_s);
    }

    void aWriteOfTheSameSizeRightAfterTheScanIsFound()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo a > a; git add a; git commit -qm a"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        const QByteArray path = scratch.repo() + "/racy";
        for (int round = 1; round <= 200; ++round) {
            const QByteArray content = QByteArray::number(1000 + round);
            const FileHandle file(::open(path.constData(), O_WRONLY | O_CREAT, 0644));
            QCOMPARE(::write(file.fd(), content.constData(), 4), 4);
            VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, round)));
            VALUE(const auto parts, vault->ref("refs/checkpoints/1/" + QByteArray::number(round)));
            QCOMPARE(parts->hex(), snapshot.commit.hex());
            QVERIFY(vault->objects().has(hashObject(ObjectType::Blob, content)));
        }
    }

    // A write through a mapping leaves the file's times alone once its page is dirty: the next best thing to two writes
    // in one tick of an older kernel's clock. Found because the file is no older than the scan before.
    void aChangeWithoutANewTimeIsFoundInTheTickOfTheScan()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo aaaa > mapped; git add -A; git commit -qm a"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        int found = 0;
        for (int round = 1; round <= 60; ++round) {
            const FileHandle file(::open((scratch.repo() + "/mapped").constData(), O_RDWR));
            char *bytes = static_cast<char *>(::mmap(nullptr, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0));
            std::memcpy(bytes, "0000", 4);
            VALUE(const auto first, takeSnapshot(*vault, request(scratch, place, round * 2)));
            std::memcpy(bytes, QByteArray::number(1000 + round).constData(), 4);
            VALUE(const auto second, takeSnapshot(*vault, request(scratch, place, round * 2 + 1)));
            found += first.files != second.files;
            ::munmap(bytes, 4);
            ::fsync(file.fd()); // the next mapping's first write gives the file a new time again
        }
        QVERIFY2(found >= 10, qPrintable(QString::number(found)));
    }

    void aPreservedTimeDoesNotHideAChange()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo aaaa > a; touch -d 2020-01-01 a; git add a; git commit -qm a"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto first, takeSnapshot(*vault, request(scratch, place, 1)));
        scratch.inRepo(u"sleep 0.05; printf 'bbbb\\n' > a; touch -d 2020-01-01 a"_s);
        VALUE(const auto second, takeSnapshot(*vault, request(scratch, place, 2)));
        QVERIFY(first.files != second.files);
    }

    void aDamagedCacheIsNotBelieved_data()
    {
        QTest::addColumn<int>("offset"); // from the start, or from the end when negative
        QTest::newRow("in the header") << 40;
        QTest::newRow("in a folder") << 300;
        QTest::newRow("in the names") << -3;
        QTest::newRow("cut short") << 0;
    }
    void aDamagedCacheIsNotBelieved()
    {
        QFETCH(int, offset);
        GitScratch scratch;
        scratch.inRepo(u"mkdir d; for i in 1 2 3; do echo $i > d/f$i; done; sleep 0.05"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto first, takeSnapshot(*vault, request(scratch, place, 1)));
        VALUE(const auto known, takeSnapshot(*vault, request(scratch, place, 2)));
        QCOMPARE(known.filesRead, 0);
        QFile file(QFile::decodeName(scratch.cachePath()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        if (offset == 0) {
            file.resize(file.size() / 2);
        } else {
            file.seek(offset > 0 ? offset : file.size() + offset);
            char byte;
            file.getChar(&byte);
            file.seek(file.pos() - 1);
            file.putChar(char(byte ^ 0x10));
        }
        file.close();
        QVERIFY(StatCache::load(scratch.cachePath()).isEmpty());
        VALUE(const auto second, takeSnapshot(*vault, request(scratch, place, 3)));
        QCOMPARE(second.files, first.files);
        QCOMPARE(second.filesRead, 3);
    }

    void whatIsNotHeldIsNamed()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"echo a > a; mkfifo pipe; truncate -s 60M big; echo s > sealed; chmod 000 sealed; mkdir closed; echo x > closed/x; chmod 000 closed; git init -q nested; echo n > nested/n"_s);
        if (::geteuid() == 0)
            QSKIP("root reads everything: run by tests/support/as_nobody.sh");
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        QCOMPARE(snapshot.leftOut, QList<QByteArray>{"big"});
        QList<QByteArray> named;
        for (const auto &[path, reason] : snapshot.notHeld)
            named << path;
        QCOMPARE(named, (QList<QByteArray>{"closed", "pipe", "sealed"}));
    }

    void aFileThatNeverStandsStillIsNamed()
    {
        GitScratch scratch;
        scratch.inRepo(u"head -c 30000000 /dev/urandom > moving; echo a > a"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        std::atomic<bool> stop{false}, started{false};
        std::thread writer([&] {
            const FileHandle file(::open((scratch.repo() + "/moving").constData(), O_WRONLY));
            while (!stop) {
                started = true;
                [[maybe_unused]] const auto n = ::pwrite(file.fd(), "x", 1, 5);
            }
        });
        while (!started)
            std::this_thread::yield();
        const auto snapshot = takeSnapshot(*vault, request(scratch, place, 1));
        stop = true;
        writer.join();
        QVERIFY(snapshot);
        QCOMPARE(snapshot->inMotion, QList<QByteArray>{"moving"});
    }

    void largeFilesGoThroughInPieces()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"head -c 40000000 /dev/urandom > noise; head -c 30000000 /dev/zero > zeros; head -c 1048577 /dev/urandom > edge; : > empty"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto snapshot, takeSnapshot(*vault, request(scratch, place, 1)));
        scratch.run(
            u"git verify-pack hub/vault.git/objects/pack/*.idx; git -C hub/vault.git fsck --full --strict --no-dangling 2>&1; for f in noise zeros edge empty; do git -C hub/vault.git cat-file blob %1:files/$f | cmp - repo/$f; done"_s
                .arg(QString::fromLatin1(snapshot.commit.hex())));
    }

    void aBatchSharesOnePackAndNamesEachSnapshot()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"echo a > a; git add a; git commit -qm a; for i in 1 2 3 4 5; do git worktree add -q -b w$i ../w$i; echo $i > ../w$i/own; done"_s);
        VALUE(const RepositoryPlace main, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), main, {}));
        std::vector<SnapshotRequest> requests;
        for (int i = 1; i <= 5; ++i) {
            const QByteArray name = "w" + QByteArray::number(i);
            VALUE(const RepositoryPlace place, locate(scratch.root() + "/" + name));
            requests.push_back({place,
                                "refs/checkpoints/" + QByteArray::number(i) + "/1",
                                scratch.root() + "/hub/" + name,
                                "m",
                                {},
                                {},
                                {},
                                {}});
        }
        requests[2].place.workTree += "-gone";
        VALUE(auto results, takeSnapshots(*vault, requests));
        for (int i = 0; i < 5; ++i) {
            QCOMPARE(bool(results[size_t(i)]), i != 2);
            VALUE(const auto ref, vault->ref(requests[size_t(i)].ref));
            QCOMPARE(ref.has_value(), i != 2);
            if (ref) {
                QCOMPARE(*ref, results[size_t(i)]->commit);
                QCOMPARE(
                    scratch.run(u"git -C hub/vault.git cat-file blob refs/checkpoints/%1/1:files/own"_s.arg(i + 1)),
                    QByteArray::number(i + 1) + '\n');
            }
        }
        QCOMPARE(scratch.run(u"ls hub/vault.git/objects/pack/*.pack | wc -l"_s), QByteArray("1\n"));
    }

    void comparesSnapshots()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"printf 'one\\ntwo\\n' > a; echo b > b; echo '.env' > .gitignore; echo S=1 > .env; printf 'x\\0y' > bin; mkdir empty"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        VALUE(const auto before, takeSnapshot(*vault, request(scratch, place, 1)));
        scratch.inRepo(
            u"printf 'one\\n2\\n' > a; rm b; echo c > c; echo S=2 > .env; printf 'x\\0z' > bin; rmdir empty; chmod 600 .gitignore"_s);
        VALUE(const auto after, takeSnapshot(*vault, request(scratch, place, 2)));
        VALUE(const auto diff, compareSnapshots(*vault, before.commit, after.commit));
        QList<QByteArray> paths;
        for (const PathChange &change : diff.paths)
            paths << change.path;
        QCOMPARE(paths, (QList<QByteArray>{".gitignore", "a", "b", "bin", "c"}));
        QCOMPARE(diff.foldersRemoved, std::vector<QByteArray>{"empty"});
        VALUE(const auto text, diffFile(*vault, diff.paths[1]));
        QVERIFY(text.text.contains("-two\n+2\n"));
        VALUE(const auto binary, diffFile(*vault, diff.paths[3]));
        QVERIFY(binary.binary && binary.text.isEmpty());
        VALUE(const auto cut, diffFile(*vault, diff.paths[1], 40));
        QVERIFY(cut.truncated && cut.text.size() <= 40);
    }

    void backupBranchHoldsUncommittedWork()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"echo a > a; echo '*.log' > .gitignore; git add -A; git commit -qm a; echo dirty > a; echo staged > s; git add s; echo later > s; echo u > u; echo i > i.log; git init -q nested; echo n > nested/n"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        const QByteArray before = scratch.state();
        VALUE(const BackupBranch backup, makeBackupBranch(place, "claude", "12", fromMillis(1767225600000)));
        QCOMPARE(backup.name, QByteArray("refs/heads/backup/claude/12-20260101T000000Z"));
        QVERIFY(backup.dirty);
        QCOMPARE(
            scratch.inRepo(
                u"git ls-tree -r --name-only backup/claude/12-20260101T000000Z; git show backup/claude/12-20260101T000000Z:s"_s),
            QByteArray(".gitignore\na\ns\nu\nlater\n"));
        QByteArray after = scratch.state();
        after.replace("ref " + backup.commit.hex() + "%20" + backup.name + '\n', "");
        QCOMPARE(after, before);
        VALUE(const BackupBranch second, makeBackupBranch(place, "claude", "12", fromMillis(1767225600000)));
        QVERIFY(second.name != backup.name);
    }

    void commitsAllNamedPathsOrNone()
    {
        GitScratch scratch;
        scratch.inRepo(
            u"echo a > a; echo b > b; echo c > c; git add -A; git commit -qm one; echo 2 > a; rm b; echo new > new; echo other > c; git add c"_s);
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        const QByteArray before = scratch.state();
        const auto missing = commitAtomically(place, {"a", "nowhere"}, "no");
        QVERIFY(!missing);
        QCOMPARE(scratch.state(), before);
        scratch.inRepo(u"printf '#!/bin/sh\\nexit 1\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit"_s);
        const auto refused = commitAtomically(place, {"a", "b", "new"}, "no");
        QVERIFY(!refused);
        QCOMPARE(scratch.state(), before);
        scratch.inRepo(u"rm .git/hooks/pre-commit"_s);
        VALUE(const ObjectId commit, commitAtomically(place, {"a", "b", "new"}, "yes"));
        QCOMPARE(scratch.inRepo(u"git show --format=%s --name-status HEAD; git diff --cached --name-only"_s),
                 QByteArray("yes\n\nM\ta\nD\tb\nA\tnew\nc\n"));
        QCOMPARE(scratch.inRepo(u"git rev-parse HEAD"_s), commit.hex() + '\n');
    }

    void aWorkingTreeWithUnheldWorkIsNotRemoved()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo a > a; git add a; git commit -qm a"_s);
        VALUE(const RepositoryPlace main, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), main, {}));
        VALUE(const RepositoryPlace tree,
              addWorkingTree(main, scratch.root() + "/trees/12", "agent/claude/12", "main"));
        QCOMPARE(scratch.run(u"git -C trees/12 rev-parse --abbrev-ref HEAD"_s), QByteArray("agent/claude/12\n"));
        scratch.run(u"echo w > trees/12/work"_s);
        SnapshotRequest work{tree, "refs/checkpoints/12/1", scratch.root() + "/hub/12.stat", "m", {}, {}, {}, {}};
        VALUE(const auto held, takeSnapshot(*vault, work));
        scratch.run(u"echo more >> trees/12/work"_s);
        const auto refused = removeWorkingTree(*vault, main, tree, held.commit, work.cachePath);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Conflict);
        work.ref = "refs/checkpoints/12/2";
        VALUE(const auto now, takeSnapshot(*vault, work));
        const auto removed = removeWorkingTree(*vault, main, tree, now.commit, work.cachePath);
        QVERIFY2(removed, removed ? "" : qPrintable(removed.error().message));
        QVERIFY(!QFile::exists(QFile::decodeName(tree.workTree)));
        QVERIFY(!scratch.inRepo(u"git branch --list agent/claude/12"_s).isEmpty());
        QVERIFY(!removeWorkingTree(*vault, main, main, now.commit, {}));
    }
};

QTEST_GUILESS_MAIN(TestVault)
#include "tst_vault.moc"
