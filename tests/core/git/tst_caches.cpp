// What counts as build output in a real working tree, and what never does.
#include "core/git/caches.h"

#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

#include <QDir>

#include <cerrno>
#include <dirent.h>
#include <dlfcn.h>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

const QString tag = u"tag() { mkdir -p $1; printf 'Signature: 8a477f597d28d172789f06886806bc55\\n# a cache\\n' > "
                    "$1/CACHEDIR.TAG; echo made > $1/made; }\n"_s;

QList<QByteArray> pathsOf(const CacheSearch &search)
{
    QList<QByteArray> paths;
    for (const CacheEntry &entry : search.found)
        paths << entry.path;
    std::sort(paths.begin(), paths.end());
    return paths;
}

enum class Fault { None, Open, Read };
Fault fault = Fault::None; // in the listing of each folder named "deep"

bool isFaulty(int folder, Fault kind)
{
    return fault == kind && QFile::symLinkTarget(u"/proc/self/fd/%1"_s.arg(folder)).endsWith(u"/deep"_s);
}

} // namespace

extern "C" DIR *fdopendir(int folder)
{
    static const auto real = reinterpret_cast<DIR *(*)(int)>(::dlsym(RTLD_NEXT, "fdopendir"));
    if (!isFaulty(folder, Fault::Open))
        return real(folder);
    errno = ENOMEM;
    return nullptr;
}

// Large files are the default here, so this is readdir64().
extern "C" dirent *readdir(DIR *entries)
{
    static const auto real = reinterpret_cast<dirent *(*)(DIR *)>(::dlsym(RTLD_NEXT, "readdir64"));
    if (!isFaulty(::dirfd(entries), Fault::Read))
        return real(entries);
    errno = EIO;
    return nullptr;
}
class TestCaches : public QObject
{
    Q_OBJECT

    static Result<CacheSearch> find(const GitScratch &scratch, const CacheRules &rules = {.kept = {".env*"}})
    {
        HUB_TRY(const auto place, locate(scratch.repo()));
        return findCaches(place, rules);
    }

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }

    void onlyWhatCanBeMadeAgainCounts_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QList<QByteArray>>("found");
        QTest::newRow("a marked folder that is ignored")
            << u"echo out/ > .gitignore; tag out"_s << QList<QByteArray>{"out"};
        QTest::newRow("a marked folder that is not ignored") << u"tag out"_s << QList<QByteArray>{};
        QTest::newRow("a tag without its signature")
            << u"echo out/ > .gitignore; mkdir out; echo cache > out/CACHEDIR.TAG"_s << QList<QByteArray>{};
        QTest::newRow("a tag that is a link")
            << u"echo out/ > .gitignore; tag ../other; mkdir out; ln -s ../../other/CACHEDIR.TAG out/CACHEDIR.TAG"_s
            << QList<QByteArray>{};
        QTest::newRow("a marked folder below one that is ignored")
            << u"echo var/ > .gitignore; tag var/lib/cache; echo mine > var/notes"_s
            << QList<QByteArray>{"var/lib/cache"};
        QTest::newRow("ignored notes")
            << u"printf 'notes\\nmine/\\n' > .gitignore; mkdir mine; echo a > mine/a; echo b > notes"_s
            << QList<QByteArray>{};
        QTest::newRow("packages of node") << u"echo node_modules > .gitignore; echo '{}' > package.json; mkdir -p "
                                             "node_modules/a; echo A=1 > node_modules/a/.env.example"_s
                                          << QList<QByteArray>{"node_modules"};
        QTest::newRow("a folder of that name without its tool")
            << u"echo node_modules > .gitignore; mkdir node_modules; "
               "echo a > node_modules/a"_s
            << QList<QByteArray>{};
        QTest::newRow("build output of cmake")
            << u"echo build* > .gitignore; mkdir build-x; echo > build-x/CMakeCache.txt"_s
            << QList<QByteArray>{"build-x"};
        QTest::newRow("compiled python in a nested ignore file")
            << u"mkdir -p a/b/__pycache__; echo x > a/b/__pycache__/x.pyc; echo __pycache__ > a/b/.gitignore"_s
            << QList<QByteArray>{"a/b/__pycache__"};
        QTest::newRow("a nested ignore file that takes it back")
            << u"echo 'out/' > .gitignore; mkdir a; echo '!out/' > a/.gitignore; tag a/out; tag out"_s
            << QList<QByteArray>{"out"};
        QTest::newRow("a tracked file inside")
            << u"tag out; git add -f out/made; echo out/ > .gitignore"_s << QList<QByteArray>{};
        QTest::newRow("a tracked file deeper inside, beside another marked folder")
            << u"mkdir -p big/src; echo a > big/src/a; git add -f big/src/a; echo big/ > .gitignore; tag big/cache; tag big"_s
            << QList<QByteArray>{"big/cache"};
        QTest::newRow("everything in it is ignored, but not the folder itself")
            << u"printf 'out/*\\n' > .gitignore; tag out; tag out/deep"_s << QList<QByteArray>{"out/deep"};
        QTest::newRow("an environment file inside") << u"echo out/ > .gitignore; tag out; echo T=1 > out/made.d; mkdir "
                                                       "out/deep; echo T=1 > out/deep/.env.local"_s
                                                    << QList<QByteArray>{};
        QTest::newRow("an environment file by itself")
            << u"echo '.env*' > .gitignore; echo T=1 > .env"_s << QList<QByteArray>{};
        QTest::newRow("a repository inside")
            << u"echo out/ > .gitignore; tag out; git init -q out/deps/one"_s << QList<QByteArray>{};
        QTest::newRow("a marked repository")
            << u"echo out/ > .gitignore; tag out; git init -q out"_s << QList<QByteArray>{};
        QTest::newRow("a link to a marked folder")
            << u"echo out > .gitignore; tag ../other; ln -s ../other out"_s << QList<QByteArray>{};
        QTest::newRow("excluded by info/exclude")
            << u"echo out/ > .git/info/exclude; tag out"_s << QList<QByteArray>{"out"};
        QTest::newRow("a name that is no text")
            << u"echo 'out*' > .gitignore; n=$(printf 'out\\377'); tag \"$n\""_s << QList<QByteArray>{"out\xff"};
    }
    void onlyWhatCanBeMadeAgainCounts()
    {
        QFETCH(QString, script);
        QFETCH(QList<QByteArray>, found);
        GitScratch scratch;
        scratch.inRepo(tag + script);
        VALUE(const auto search, find(scratch));
        QCOMPARE(pathsOf(search), found);
    }

    void aPersonNamesMoreAndWhatIsBroughtAlongStays()
    {
        GitScratch scratch;
        scratch.inRepo(tag + u"printf 'dist/\\n*.bin\\nout/\\nwheels/\\n' > .gitignore; mkdir dist; echo a > dist/a; "
                             "echo b > b.bin; tag out; mkdir out/conf; echo c > out/conf/local; tag wheels"_s);
        VALUE(const auto search, find(scratch, {.more = {"dist", "*.bin"}, .kept = {"out/conf/local", "link:wheels"}}));
        QCOMPARE(pathsOf(search), (QList<QByteArray>{"b.bin", "dist"}));
        QCOMPARE(search.withheld.size(), size_t(1));
        QCOMPARE(search.withheld[0].first, QByteArray("out"));
    }

    void whatWasConfiguredAmongItsSourcesStays_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("why");
        for (const char *output : {"CMakeCache.txt", "build.ninja", "meson-info/x"}) {
            for (const char *source : {"CMakeLists.txt", "meson.build", "configure", "configure.ac", "configure.py",
                                       "autogen.sh", "BUILD.gn", "args.gn", ".gn"})
                QTest::addRow("%s beside %s", output, source)
                    << u"mkdir -p deps/one/meson-info; echo x > deps/one/%1; echo x > deps/one/%2"_s.arg(
                           QLatin1StringView(output), QLatin1StringView(source))
                    << u"deps/one/%1 is no build output"_s.arg(QLatin1StringView(source));
        }
        const QString cache = u"mkdir -p deps/one/src; printf 'A:STRING=b\n%1CMAKE_HOME_DIRECTORY:INTERNAL=%2\n' "
                              "> deps/one/CMakeCache.txt"_s;
        const QString cmake = u"the sources that cmake builds"_s;
        QTest::newRow("its own folder") << cache.arg(u""_s, u"'$PWD'/deps/one"_s) << cmake;
        QTest::newRow("a folder in it") << cache.arg(u""_s, u"'$PWD'/deps/one/src"_s) << cmake;
        QTest::newRow("its own folder, which was moved")
            << cache.arg(u"CMAKE_CACHEFILE_DIR:INTERNAL=/old/one\n"_s, u"/old/one"_s) << cmake;
        QTest::newRow("a cache that is none") << u"mkdir -p deps/one/CMakeCache.txt"_s << u"deps/one can't be read"_s;
        QTest::newRow("a link to the sources") << u"mkdir -p deps/one; echo x > deps/one/CMakeCache.txt; "
                                                  "ln -s /nowhere deps/one/CMakeLists.txt"_s
                                               << u"deps/one/CMakeLists.txt is no build output"_s;
    }
    void whatWasConfiguredAmongItsSourcesStays()
    {
        QFETCH(QString, script);
        QFETCH(QString, why);
        GitScratch scratch;
        scratch.inRepo(u"echo deps/ > .gitignore; "_s + script);
        VALUE(const auto search, find(scratch));
        QCOMPARE(pathsOf(search), QList<QByteArray>());
        QCOMPARE(search.withheld.size(), size_t(1));
        QCOMPARE(search.withheld[0].first, QByteArray("deps/one"));
        QVERIFY2(search.withheld[0].second.startsWith(why), qPrintable(search.withheld[0].second));
        VALUE(const auto named, find(scratch, {.more = {"deps/one"}}));
        QCOMPARE(pathsOf(named), QList<QByteArray>{"deps/one"}); // a person's word counts
    }

    void sourcesElsewhereDoNotKeepBuildOutput()
    {
        GitScratch scratch;
        scratch.inRepo(u"echo 'build*/' > .gitignore; echo x > CMakeLists.txt; mkdir build build-two; "
                       "for b in build build-two; do printf '\nCMAKE_CACHEFILE_DIR:INTERNAL=%s\n"
                       "CMAKE_HOME_DIRECTORY:INTERNAL=%s' $PWD/$b $PWD > $b/CMakeCache.txt; done; "
                       "printf '\nCMAKE_HOME_DIRECTORY:INTERNAL=%s' $PWD/build > build-two/CMakeCache.txt"_s);
        VALUE(const auto search, find(scratch));
        QCOMPARE(pathsOf(search), (QList<QByteArray>{"build", "build-two"}));
    }

    void aFolderThatCanNotBeListedIsNotTakenForAnEmptyOne_data()
    {
        QTest::addColumn<int>("how");
        QTest::addColumn<QString>("script");
        QTest::addColumn<QByteArray>("kept");
        for (const auto &[name, how] :
             {std::pair("no listing", Fault::Open), {"an error while it is read", Fault::Read}}) {
            QTest::addRow("%s, below a marked folder", name)
                << int(how) << u"tag out; mkdir out/deep; echo T=1 > out/deep/.env"_s << QByteArray("out");
            QTest::addRow("%s, in a marked folder", name)
                << int(how) << u"tag out/deep; echo T=1 > out/deep/.env"_s << QByteArray("out/deep");
            QTest::addRow("%s, in one that is only ignored", name)
                << int(how) << u"tag out/deep/cache"_s << QByteArray("out/deep");
        }
    }
    void aFolderThatCanNotBeListedIsNotTakenForAnEmptyOne()
    {
        QFETCH(int, how);
        QFETCH(QString, script);
        QFETCH(QByteArray, kept);
        GitScratch scratch;
        scratch.inRepo(tag + u"echo out/ > .gitignore; "_s + script);
        const auto openFiles = [] {
            return QDir(u"/proc/self/fd"_s).entryList(QDir::AllEntries | QDir::System).size();
        };
        const auto before = openFiles();
        fault = Fault(how);
        const auto search = find(scratch);
        fault = Fault::None;
        QVERIFY(search);
        QCOMPARE(pathsOf(*search), QList<QByteArray>());
        QCOMPARE(search->withheld.size(), size_t(1));
        QCOMPARE(search->withheld[0].first, kept);
        QVERIFY2(search->withheld[0].second.endsWith(u"can't be read"_s), qPrintable(search->withheld[0].second));
        QCOMPARE(openFiles(), before);
    }

    void theOneThatWasWrittenLongestAgoComesFirstAndAChangeShows()
    {
        GitScratch scratch;
        scratch.inRepo(
            tag +
            u"printf 'a/\\nb/\\n' > .gitignore; tag b; sleep 0.05; tag a; head -c 100000 /dev/urandom > a/large"_s);
        VALUE(const auto first, find(scratch));
        QCOMPARE(first.found.size(), size_t(2));
        QCOMPARE(first.found[0].path, QByteArray("b"));
        QVERIFY(first.found[1].bytes >= 100000);
        VALUE(const auto same, find(scratch));
        QVERIFY(same.found == first.found);
        scratch.inRepo(u"sleep 0.05; echo more >> b/made"_s);
        VALUE(const auto changed, find(scratch));
        QCOMPARE(changed.found[1].path, QByteArray("b"));
        QVERIFY(!(changed.found[1] == first.found[0]));
    }

    void whatWasReplacedMeanwhileIsNotTakenOut()
    {
        GitScratch scratch;
        scratch.inRepo(tag + u"echo 'out/' > .gitignore; tag out; mkdir ../aside"_s);
        VALUE(const auto place, locate(scratch.repo()));
        VALUE(const auto search, find(scratch));
        QCOMPARE(search.found.size(), size_t(1));
        scratch.inRepo(u"mv out ../elsewhere; mkdir out; echo mine > out/mine"_s);
        const auto taken = takeOut(place, search.found[0], scratch.root() + "/aside/1");
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, ErrorCode::Conflict);
        scratch.inRepo(u"test -e out/mine; rm -r out; ln -s ../elsewhere out"_s);
        QVERIFY(!takeOut(place, search.found[0], scratch.root() + "/aside/1"));
        scratch.inRepo(u"rm out; mv ../elsewhere out"_s);
        VERIFY_VALUE(takeOut(place, search.found[0], scratch.root() + "/aside/1"));
        scratch.inRepo(u"test ! -e out; test -e ../aside/1/made"_s);
    }
};

QTEST_GUILESS_MAIN(TestCaches)
#include "tst_caches.moc"
