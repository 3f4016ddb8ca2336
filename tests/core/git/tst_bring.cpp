#include "core/git/bring.h"

#include "core/base/durablefile.h"
#include "tests/support/gitscratch.h"

using namespace hub;
using namespace hub::git;

class TestBring : public QObject
{
    Q_OBJECT

    static BringReport bring(GitScratch &scratch, const QList<QByteArray> &patterns)
    {
        const auto main = locate(scratch.root() + "/repo"), tree = locate(scratch.root() + "/tree");
        if (!main || !tree)
            qFatal("no repository");
        auto brought = bringAlong(*main, *tree, patterns);
        if (!brought)
            qFatal("%s", qPrintable(brought.error().message));
        return *brought;
    }
    static void prepare(GitScratch &scratch, const QString &script)
    {
        scratch.inRepo(
            QStringLiteral("printf '.env*\\nbuild/\\nconf/.env\\n' > .gitignore; git add .; git commit -qm one;"
                           "git worktree add -q ../tree;") +
            script);
    }

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void whatIsThereIsNotWrittenOver()
    {
        GitScratch scratch;
        prepare(scratch, QStringLiteral("echo ours > .env; echo theirs > ../tree/.env; echo two > .env.two"));
        const auto report = bring(scratch, {".env*"});
        QCOMPARE(report.copied, QList<QByteArray>{".env.two"});
        QCOMPARE(*readFile(scratch.root() + "/tree/.env"), QByteArray("theirs\n"));
    }

    void nothingIsWrittenThroughALinkOutOfTheTree()
    {
        GitScratch scratch;
        prepare(scratch,
                QStringLiteral("mkdir conf ../outside; echo secret > conf/.env; ln -s ../outside ../tree/conf"));
        const auto report = bring(scratch, {".env*"});
        QVERIFY(report.copied.isEmpty());
        QCOMPARE(report.left.size(), size_t(1));
        QCOMPARE(report.left.front().first, QByteArray("conf/.env"));
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.root() + "/outside/.env")));
    }

    void modesTimesAndLinksAreKept()
    {
        GitScratch scratch;
        prepare(scratch, QStringLiteral("mkdir -p build/deep; echo x > build/deep/x; chmod 751 build/deep/x; "
                                        "chmod 711 build/deep; ln -s ../../nowhere build/deep/l; "
                                        "touch -d 2020-01-01 build/deep/x"));
        QCOMPARE(bring(scratch, {"build"}).copied, QList<QByteArray>{"build"});
        const auto look = [&](const char *top) {
            return scratch.run(QStringLiteral("cd %1/build; find . -printf '%p %y %m %l '; stat -c %Y deep/x")
                                   .arg(QLatin1String(top)));
        };
        QCOMPARE(look("tree"), look("repo"));
    }

    void aFileThatACrashLeftByHalfIsBroughtWhole()
    {
        GitScratch scratch;
        prepare(scratch, QStringLiteral("echo whole > .env; echo half > ../tree/.env.agenthub-bringing"));
        QCOMPARE(bring(scratch, {".env"}).copied, QList<QByteArray>{".env"});
        QCOMPARE(*readFile(scratch.root() + "/tree/.env"), QByteArray("whole\n"));
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.root() + "/tree/.env.agenthub-bringing")));
    }

    void aFileWithinAnIgnoredFolderCanBeNamed()
    {
        GitScratch scratch;
        prepare(scratch, QStringLiteral("mkdir -p build/a; echo 1 > build/a/one; echo 2 > build/a/two"));
        QCOMPARE(bring(scratch, {"build/a/one"}).copied, QList<QByteArray>{"build/a/one"});
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.root() + "/tree/build/a/two")));
    }

    void trackedFilesAndOthersAreNeverBrought()
    {
        GitScratch scratch;
        prepare(scratch, QStringLiteral("echo new > untracked; mkfifo .env.pipe"));
        const auto report = bring(scratch, {"*"});
        QVERIFY(report.copied.isEmpty());
        QVERIFY(!QFile::exists(QFile::decodeName(scratch.root() + "/tree/untracked")));
    }
};

QTEST_GUILESS_MAIN(TestBring)
#include "tst_bring.moc"
