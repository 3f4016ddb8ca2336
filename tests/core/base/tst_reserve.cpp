#include "core/base/diskroom.h"
#include "core/base/reserve.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace hub;
using namespace Qt::StringLiterals;

class TestReserve : public QObject
{
    Q_OBJECT

    static constexpr qint64 megabyte = 1 << 20;

    static qint64 blocksOf(const QByteArray &folder)
    {
        struct stat info;
        return ::stat((folder + "/reserve").constData(), &info) == 0 ? qint64(info.st_blocks) * 512 : -1;
    }

private Q_SLOTS:
    void itReallyTakesItsBlocks()
    {
        const QTemporaryDir folder;
        const QByteArray path = QFile::encodeName(folder.path());
        Reserve reserve(path, 3 * megabyte);
        QCOMPARE(reserve.missing(), 3 * megabyte);
        QVERIFY(reserve.make());
        QVERIFY(blocksOf(path) >= 3 * megabyte);
        QCOMPARE(reserve.missing(), 0);
        QVERIFY(reserve.make()); // again changes nothing
        QCOMPARE(Reserve(path, 3 * megabyte).missing(), 0);
    }

    void itIsGivenUpInPiecesAndTheLastOneIsForAStart()
    {
        const QTemporaryDir folder;
        const QByteArray path = QFile::encodeName(folder.path());
        Reserve reserve(path, 4 * megabyte);
        QVERIFY(reserve.make());
        for (int given = 1; given < Reserve::pieces; ++given) {
            QVERIFY(reserve.giveUp().valueOr(false));
            QCOMPARE(reserve.missing(), given * megabyte);
        }
        QVERIFY(!reserve.giveUp().valueOr(true));
        QVERIFY(reserve.giveUp(Reserve::Last::Give).valueOr(false));
        QVERIFY(!reserve.giveUp(Reserve::Last::Give).valueOr(true));
        QCOMPARE(reserve.missing(), 4 * megabyte);
        QVERIFY(reserve.make());
        QCOMPARE(reserve.missing(), 0);
    }

    void itFollowsItsSetting()
    {
        const QTemporaryDir folder;
        const QByteArray path = QFile::encodeName(folder.path());
        Reserve reserve(path, 4 * megabyte);
        QVERIFY(reserve.make());
        reserve.setSize(megabyte);
        QCOMPARE(reserve.missing(), -3 * megabyte);
        QVERIFY(reserve.make());
        QVERIFY(blocksOf(path) < 2 * megabyte);
        reserve.setSize(0);
        QVERIFY(reserve.make());
        QCOMPARE(blocksOf(path), -1);
        QVERIFY(!reserve.giveUp(Reserve::Last::Give).valueOr(true));
    }

    void whatDoesNotFitLeavesItAsItWas()
    {
        const QTemporaryDir folder;
        const QByteArray path = QFile::encodeName(folder.path());
        Reserve reserve(path, megabyte);
        QVERIFY(reserve.make());
        const auto room = roomOf(path);
        QVERIFY(room);
        reserve.setSize(room->size * 2);
        const auto made = reserve.make();
        QVERIFY(!made);
        QCOMPARE(made.error().code, ErrorCode::DiskFull);
        QVERIFY(blocksOf(path) < 2 * megabyte);
    }

    void whatWouldNotFitBesideItLeavesItAsItWas()
    {
        const QTemporaryDir folder;
        const QByteArray path = QFile::encodeName(folder.path());
        Reserve reserve(path, megabyte);
        const auto room = roomOf(path);
        QVERIFY(room);
        QVERIFY(!reserve.make(room->size * 2));
        QCOMPARE(reserve.missing(), megabyte);
        QVERIFY(reserve.make(megabyte));
        QCOMPARE(reserve.missing(), 0);
        QVERIFY(blocksOf(path) < 2 * megabyte);
        Reserve none(path, 0);
        QVERIFY(!none.make(room->size * 2));
        QVERIFY(none.make(megabyte));
        QCOMPARE(blocksOf(path), -1);
    }

    void whenADiskIsFull_data()
    {
        QTest::addColumn<qint64>("size");
        QTest::addColumn<qint64>("free");
        QTest::addColumn<bool>("outOfFiles");
        QTest::addColumn<bool>("full");
        QTest::addColumn<bool>("hasRoomForTen"); // megabytes
        const qint64 large = 100'000 * megabyte;
        QTest::newRow("plenty") << large << 1000 * megabyte << false << false << true;
        QTest::newRow("not full, and no room either") << large << 41 * megabyte << false << false << false;
        QTest::newRow("just room enough") << large << 42 * megabyte << false << false << true;
        QTest::newRow("almost nothing") << large << 8 * megabyte - 1 << false << true << false;
        QTest::newRow("nothing") << large << 0 * megabyte << false << true << false;
        QTest::newRow("a small disk is not full as soon") << 64 * megabyte << 3 * megabyte << false << false << false;
        QTest::newRow("a small disk with room") << 64 * megabyte << 18 * megabyte << false << false << true;
        QTest::newRow("no more files") << large << 1000 * megabyte << true << true << false;
    }
    void whenADiskIsFull()
    {
        QFETCH(const qint64, size);
        QFETCH(const qint64, free);
        QFETCH(const bool, outOfFiles);
        QFETCH(const bool, full);
        QFETCH(const bool, hasRoomForTen);
        const DiskRoom room{u"/home"_s, size, free, outOfFiles};
        QCOMPARE(isFull(room), full);
        QCOMPARE(hasRoomFor(room, 10 * megabyte), hasRoomForTen);
    }

    void aReserveLeavesASmallDiskMostOfItself()
    {
        QCOMPARE(reserveFor(64 * megabyte, 100'000 * megabyte), 64 * megabyte);
        QCOMPARE(reserveFor(64 * megabyte, 80 * megabyte), 10 * megabyte);
        QCOMPARE(reserveFor(0, 80 * megabyte), 0);
    }

    void theMountIsNamed()
    {
        const auto room = roomOf("/proc/self/nowhere");
        QVERIFY(room);
        QCOMPARE(room->mount, u"/proc"_s);
        QVERIFY(freeText({u"/home"_s, 0, 118 * megabyte, false}) == u"118 MB free on /home");
    }
};

QTEST_GUILESS_MAIN(TestReserve)
#include "tst_reserve.moc"
