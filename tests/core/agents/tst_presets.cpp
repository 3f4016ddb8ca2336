#include "core/agents/presets.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace hub::agents;
using namespace Qt::StringLiterals;

class TestPresets : public QObject
{
    Q_OBJECT

    static void put(const QTemporaryDir &folder, const QString &name, const QByteArray &text)
    {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("%s", qPrintable(name));
    }

private Q_SLOTS:
    void eachKindHasItsCommands_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("setup");
        QTest::addColumn<QString>("check");
        QTest::newRow("npm") << u"package-lock.json"_s << u"npm ci"_s << u"npm test"_s;
        QTest::newRow("pnpm") << u"pnpm-lock.yaml"_s << u"pnpm install --frozen-lockfile"_s << u"pnpm test"_s;
        QTest::newRow("uv") << u"uv.lock"_s << u"uv sync --frozen"_s << QString();
        QTest::newRow("cargo") << u"Cargo.toml"_s << u"cargo fetch"_s << u"cargo test"_s;
        QTest::newRow("cargo with a lock file")
            << u"Cargo.lock"_s << u"cargo fetch --locked"_s << u"cargo test --locked"_s;
        QTest::newRow("cmake") << u"CMakeLists.txt"_s << u"cmake -S . -B build"_s
                               << u"cmake --build build && ctest --test-dir build --output-on-failure"_s;
        QTest::newRow("nothing known") << u"README"_s << QString() << QString();
    }
    void eachKindHasItsCommands()
    {
        QFETCH(QString, file);
        QFETCH(QString, setup);
        QFETCH(QString, check);
        QTemporaryDir folder;
        put(folder, file, {});
        put(folder, u"package.json"_s, "{\"scripts\":{\"test\":\"jest\"}}");
        QList<Proposal> wanted;
        if (!setup.isEmpty())
            wanted << Proposal{u"setup"_s, setup, file};
        if (!check.isEmpty())
            wanted << Proposal{u"check"_s, check, file};
        QCOMPARE(proposeSettings(folder.path()), wanted);
    }

    void anNpmProjectWithoutTestsIsNotChecked()
    {
        QTemporaryDir folder;
        put(folder, u"package-lock.json"_s, "{}");
        put(folder, u"package.json"_s, "{\"scripts\":{\"test\":\"echo no test specified && exit 1\"}}");
        QCOMPARE(proposeSettings(folder.path()).size(), 1);
    }

    void setupCountsAsLongAsCommandAndLockFilesAreTheSame()
    {
        QTemporaryDir folder;
        put(folder, u"uv.lock"_s, "one");
        put(folder, u"main.py"_s, "one");
        const QString key = setupKey(u"uv sync"_s, folder.path());
        put(folder, u"main.py"_s, "two");
        QCOMPARE(setupKey(u"uv sync"_s, folder.path()), key);
        QVERIFY(setupKey(u"uv sync --frozen"_s, folder.path()) != key);
        put(folder, u"uv.lock"_s, "two");
        QVERIFY(setupKey(u"uv sync"_s, folder.path()) != key);
    }
};

QTEST_GUILESS_MAIN(TestPresets)
#include "tst_presets.moc"
