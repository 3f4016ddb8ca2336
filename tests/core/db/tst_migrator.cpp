#include "core/db/migrations.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestMigrator : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QLatin1StringView step(const char *name, const char *sql)
    {
        const QString path = m_folder.filePath(QString::fromLatin1(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            qFatal("can't write");
        file.write(sql);
        m_names.push_back(path.toLatin1());
        return QLatin1StringView(m_names.back());
    }
    std::list<QByteArray> m_names;

private Q_SLOTS:
    void stepsAreAppliedOnceAndBackedUp()
    {
        const db::Migration steps[]{{1, step("1.sql", "CREATE TABLE a (x)\n--;\nINSERT INTO a VALUES (1)")},
                                    {2, step("2.sql", "ALTER TABLE a ADD COLUMN y")}};
        auto database = *db::Database::open(m_folder.filePath(u"x.db"_s));
        const QString backups = m_folder.filePath(u"backups"_s);
        QVERIFY(db::migrate(*database, std::span(steps).first(1), backups));
        QVERIFY(!QDir(backups).exists()); // nothing to lose yet
        QVERIFY(db::migrate(*database, steps, backups));
        QCOMPARE(QDir(backups).entryList(QDir::Files).size(), 1);
        QVERIFY(db::migrate(*database, steps, backups));
        QCOMPARE(QDir(backups).entryList(QDir::Files).size(), 1);
    }

    void aFailingStepLeavesTheFileAsItWas()
    {
        const db::Migration steps[]{{1, step("f1.sql", "CREATE TABLE a (x)")},
                                    {2, step("f2.sql", "CREATE TABLE b (x)\n--;\nCREATE NONSENSE")}};
        auto database = *db::Database::open(m_folder.filePath(u"f.db"_s));
        QVERIFY(!db::migrate(*database, steps, m_folder.filePath(u"fb"_s)));
        QVERIFY(database->run(u"SELECT * FROM a"_s));
        QVERIFY(!database->run(u"SELECT * FROM b"_s));
    }

    void aNewerFileIsRefused()
    {
        auto database = *db::Database::open(m_folder.filePath(u"n.db"_s));
        QVERIFY(database->run(u"PRAGMA user_version=99"_s));
        const auto refused = db::migrate(*database, {}, m_folder.filePath(u"nb"_s));
        QVERIFY(!refused);
        QVERIFY(refused.error().message.contains(u"written by a newer AgentHub"_s));
    }

    void theReleasedSchemasApply()
    {
        db::loadMigrations();
        for (auto migrations : {std::span<const db::Migration>(db::stateMigrations),
                                std::span<const db::Migration>(db::monitorMigrations)}) {
            auto database = *db::Database::open(m_folder.filePath(u"s%1.db"_s.arg(quintptr(migrations.data()))));
            const auto applied = db::migrate(*database, migrations, m_folder.filePath(u"sb"_s));
            QVERIFY2(applied, qPrintable(applied ? QString() : applied.error().message));
        }
    }
};

QTEST_GUILESS_MAIN(TestMigrator)
#include "tst_migrator.moc"
