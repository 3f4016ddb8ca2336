// An import that is cut off and then fails: what was there is there again, its last word too.
#include "core/recovery/hubimport.h"

#include "core/recovery/hubarchive.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <dlfcn.h>
#include <sys/statvfs.h>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;

namespace
{

const Instant now = fromMillis(1'750'000'000'000);
const QString state = u"task_state.db"_s;

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

// A database whose newest row is in its log alone, as a kill leaves it.
void makeKilled(const QString &folder, const QByteArray &said)
{
    QTemporaryDir living;
    const QString path = living.filePath(state);
    const auto database = db::Database::open(path);
    QVERIFY(database);
    QVERIFY((*database)->execute(u"CREATE TABLE task (said)"_s, {}));
    QVERIFY((*database)->execute(u"CREATE TABLE project (name)"_s, {}));
    QVERIFY((*database)->execute(u"PRAGMA wal_checkpoint(TRUNCATE)"_s, {}));
    QVERIFY((*database)->execute(u"INSERT INTO task VALUES (?)"_s, {QString::fromLatin1(said)}));
    for (const char *ending : {"", "-wal", "-shm"})
        QVERIFY(QFile::copy(path + QLatin1StringView(ending), folder + u'/' + state + QLatin1StringView(ending)));
}

QStringList saidIn(const QString &path)
{
    const auto database = db::Database::open(path);
    if (!database)
        return {database.error().message};
    const auto rows =
        (*database)->select(u"SELECT said FROM task"_s, {}, [](const db::Row &row) { return row.text(0); });
    return rows ? QStringList(rows->begin(), rows->end()) : QStringList{rows.error().message};
}

Result<> succeed(db::Database &, const QString &) { return {}; }
Result<> runOutOfRoom(db::Database &, const QString &) { return fail(ErrorCode::DiskFull, u"The disk is full."_s); }

qint64 roomLeft = -1; // on every disk; negative: what there really is

} // namespace

// Large files are the default here, so this is statvfs64().
extern "C" int statvfs(const char *path, struct statvfs *info)
{
    static const auto real = reinterpret_cast<int (*)(const char *, struct statvfs *)>(::dlsym(RTLD_NEXT, "statvfs64"));
    const int result = real(path, info);
    if (result == 0 && roomLeft >= 0)
        info->f_bavail = fsblkcnt_t(roomLeft) / info->f_frsize;
    return result;
}

class TestHubImport : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    DataFolder data() const { return DataFolder(m_folder->filePath(u"data"_s)); }
    QString archive() const { return m_folder->filePath(u"hub.tar"_s); }
    QString kept() const { return data().path(u"kept-20250615T150640Z"_s); }
    QString monitor() const { return data().path(u"safety_monitor.db"_s); }

    Result<ImportFacts> stage() const
    {
        HUB_TRY(const ImportFacts facts, checkImport(archive(), data(), now));
        return stageImport(archive(), facts.digest, data(), now);
    }

    void makeArchive(const QByteArray &said)
    {
        const QString other = m_folder->filePath(QString::fromLatin1(said));
        QDir().mkpath(other);
        makeKilled(other, said);
        QCOMPARE(saidIn(other + u'/' + state), QStringList{QString::fromLatin1(said)}); // and it is in one file now
        QFile::remove(archive());
        QVERIFY(writeArchive(QFile::encodeName(archive()), {{state, QFile::encodeName(other + u'/' + state)}}, {}));
    }

private Q_SLOTS:
    void init()
    {
        roomLeft = -1;
        m_folder = std::make_unique<QTemporaryDir>();
        QDir().mkpath(data().root());
        makeKilled(data().root(), "present");
        makeArchive("imported");
    }

    void anImportThatFailsAfterAKillLeavesAllOfThePresentData_data()
    {
        QTest::addColumn<QStringList>("moved");
        QTest::addColumn<bool>("lookedInto");
        QTest::newRow("nothing moved") << QStringList{} << false;
        QTest::newRow("its log moved") << QStringList{u"-wal"_s} << false;
        QTest::newRow("its log moved, and a reader left an empty one") << QStringList{u"-wal"_s} << true;
        QTest::newRow("all but the file moved") << QStringList{u"-wal"_s, u"-shm"_s} << false;
        QTest::newRow("all moved") << QStringList{u"-wal"_s, u"-shm"_s, u""_s} << false;
    }
    void anImportThatFailsAfterAKillLeavesAllOfThePresentData()
    {
        QFETCH(QStringList, moved);
        QFETCH(bool, lookedInto);
        QVERIFY(stage());
        for (const QString &ending : moved) {
            QDir().mkpath(kept());
            QVERIFY(QFile::rename(data().stateDatabase() + ending, kept() + u'/' + state + ending));
        }
        if (lookedInto) {
            write(data().stateDatabase() + u"-wal"_s, {});
            write(data().stateDatabase() + u"-shm"_s, QByteArray(32768, '\0'));
        }
        const auto taken = takeImport(data(), monitor(), runOutOfRoom);
        QVERIFY(taken && *taken);
        QCOMPARE((*taken)->problem, u"The disk is full."_s);
        QCOMPARE(saidIn(data().stateDatabase()), QStringList{u"present"_s});
        const auto again = takeImport(data(), monitor(), succeed);
        QVERIFY(again && !*again); // it was called off
    }

    void anImportThatWorksAfterAKillKeepsAllOfThePresentData()
    {
        QVERIFY(stage());
        QDir().mkpath(kept());
        QVERIFY(QFile::rename(data().stateDatabase() + u"-wal"_s, kept() + u'/' + state + u"-wal"_s));
        write(data().stateDatabase() + u"-wal"_s, {}); // by a reader meanwhile
        const auto taken = takeImport(data(), monitor(), succeed);
        QVERIFY2(taken && *taken, taken ? "" : qPrintable(taken.error().message));
        QCOMPARE(saidIn(data().stateDatabase()), QStringList{u"imported"_s});
        QCOMPARE(saidIn(kept() + u'/' + state), QStringList{u"present"_s});
    }

    void twoLogsOfOneDatabaseAreNeverReplaced()
    {
        for (const auto prepare : {&runOutOfRoom, &succeed}) {
            init();
            QVERIFY(stage());
            QDir().mkpath(kept());
            const QString here = data().stateDatabase() + u"-wal"_s, there = kept() + u'/' + state + u"-wal"_s;
            QVERIFY(QFile::copy(here, there));
            const auto taken = takeImport(data(), monitor(), prepare);
            QVERIFY(!taken);
            QCOMPARE(taken.error().code, ErrorCode::Conflict);
            QVERIFY(taken.error().message.contains(here) && taken.error().message.contains(there));
            QVERIFY(QFileInfo(here).size() > 0 && QFileInfo(there).size() > 0);
            QVERIFY(QFileInfo::exists(data().path(u"import/task_state.db"_s))); // still to be taken
            QCOMPARE(saidIn(data().stateDatabase()), QStringList{u"present"_s});
        }
    }

    void onlyWhatWasConfirmedIsStaged()
    {
        const auto facts = checkImport(archive(), data(), now);
        QVERIFY(facts);
        makeArchive("another");
        const auto staged = stageImport(archive(), facts->digest, data(), now);
        QVERIFY(!staged);
        QCOMPARE(staged.error().code, ErrorCode::Conflict);
        QVERIFY(staged.error().message.contains(u"changed since the preview"_s));
        QCOMPARE(QDir(data().root()).entryList({u"import*"_s}), QStringList());
    }

    void aDiskWithoutRoomIsSaidBeforeAnythingIsWritten_data()
    {
        QTest::addColumn<int>("more"); // bytes beside 64 MB
        QTest::addColumn<bool>("fits");
        QTest::newRow("not even what stays free") << -4096 << false;
        QTest::newRow("that, but not the data") << 4096 << false;
        QTest::newRow("both") << (1 << 20) << true;
    }
    void aDiskWithoutRoomIsSaidBeforeAnythingIsWritten()
    {
        QFETCH(int, more);
        QFETCH(bool, fits);
        const auto facts = checkImport(archive(), data(), now);
        QVERIFY(facts);
        const QString folder = m_folder->filePath(u"imported"_s), exported = m_folder->filePath(u"second.tar"_s);
        roomLeft = (64 << 20) + more;
        const auto check = [&](const Result<> &done, const QString &undone) {
            QCOMPARE(bool(done), fits);
            if (fits)
                return;
            QCOMPARE(done.error().code, ErrorCode::DiskFull);
            QVERIFY2(done.error().message.contains(undone + u": 6"_s) &&
                         done.error().message.endsWith(u"MB are needed."_s),
                     qPrintable(done.error().message));
        };
        const auto plain = [](const auto &result) { return result ? Result<>() : Result<>(result.error()); };
        check(plain(checkImport(archive(), data(), now)), u"Not imported, and nothing was changed"_s);
        check(plain(checkImport(folder, data(), now)), u"Not imported, and nothing was changed"_s);
        check(plain(stageImport(archive(), facts->digest, data(), now)), u"Not imported, and nothing was changed"_s);
        check(writeArchive(QFile::encodeName(exported), {{state, QFile::encodeName(folder + u'/' + state)}}, {}),
              u"Not exported"_s);
        QCOMPARE(QFile::exists(exported), fits);
        QCOMPARE(QDir(data().root()).entryList({u"import*"_s}), fits ? QStringList{u"import"_s} : QStringList());
    }
};

QTEST_GUILESS_MAIN(TestHubImport)
#include "tst_hubimport.moc"
