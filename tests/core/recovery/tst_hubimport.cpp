// An import that is cut off and then fails: what was there is there again, its last word too.
#include "core/recovery/hubimport.h"

#include "core/recovery/hubarchive.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

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

} // namespace

class TestHubImport : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    DataFolder data() const { return DataFolder(m_folder->filePath(u"data"_s)); }
    QString archive() const { return m_folder->filePath(u"hub.tar"_s); }
    QString kept() const { return data().path(u"kept-20250615T150640Z"_s); }
    QString monitor() const { return data().path(u"safety_monitor.db"_s); }

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
        QVERIFY(stageImport(archive(), data(), now));
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
        QVERIFY(stageImport(archive(), data(), now));
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
            QVERIFY(stageImport(archive(), data(), now));
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
};

QTEST_GUILESS_MAIN(TestHubImport)
#include "tst_hubimport.moc"
