#include "core/posix/crc32c.h"
#include "core/posix/spoolreader.h"
#include "core/posix/spoolwriter.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>

using namespace hub::posix;
using namespace Qt::StringLiterals;

namespace
{

struct Scratch {
    QTemporaryDir folder;
    Fd handle = openAt(AT_FDCWD, path().c_str(), O_RDONLY | O_DIRECTORY);
    std::string path() const { return folder.path().toStdString(); }
    QString segment(quint64 n) const { return folder.filePath(u"spool/"_s + QString::fromStdString(segmentName(n))); }
    QByteArray bytes(quint64 n) const
    {
        QFile file(segment(n));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void setBytes(quint64 n, const QByteArray &content) const
    {
        QFile file(segment(n));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(content), content.size());
    }
};

QByteArrayList readAll(SpoolReader &reader, ReadStatus &last)
{
    QByteArrayList texts;
    Frame frame;
    while ((last = reader.next(frame)) == ReadStatus::Frame)
        texts << QByteArray(frame.bytes.data(), qsizetype(frame.bytes.size()));
    return texts;
}

} // namespace

class TestSpool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theChecksumIsTheKnownOne()
    {
        QCOMPARE(crc32c(0, "123456789"), 0xe3069283U);
        QCOMPARE(crc32c(crc32c(0, "1234"), "56789"), 0xe3069283U);
        QCOMPARE(crc32c(0, {}), 0U);
    }

    void framesComeBackAsTheyWereWritten()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        QCOMPARE(writer.append(Stream::Identity, 0, "who"), 0);
        QCOMPARE(writer.append(Stream::Input, 7, ""), 0);
        QCOMPARE(writer.append(Stream::Output, 1234567890123, std::string(framePayloadLimit, 'x')), 0);
        SpoolReader reader(scratch.path(), "run");
        Frame frame;
        QCOMPARE(reader.next(frame), ReadStatus::Frame);
        QCOMPARE(frame.stream, Stream::Identity);
        QCOMPARE(frame.bytes, "who");
        QCOMPARE(frame.sequence, 1U);
        QVERIFY(frame.wallNanos > 1'600'000'000'000'000'000ULL);
        QCOMPARE(reader.next(frame), ReadStatus::Frame);
        QCOMPARE(frame.place, 7U);
        QVERIFY(frame.bytes.empty());
        QCOMPARE(reader.next(frame), ReadStatus::Frame);
        QCOMPARE(frame.place, 1234567890123U);
        QCOMPARE(frame.bytes.size(), framePayloadLimit);
        QVERIFY(frame.end == writer.end());
        QCOMPARE(reader.next(frame), ReadStatus::End);
        QCOMPARE(reader.tornBytes(), 0U);
    }

    void aLargerFrameIsRefused()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        QCOMPARE(writer.append(Stream::Output, 0, std::string(framePayloadLimit + 1, 'x')), EMSGSIZE);
    }

    void aSecondWriterDoesNotTouchAUsedSpool()
    {
        Scratch scratch;
        SpoolWriter first, second;
        QCOMPARE(first.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        QCOMPARE(second.open(scratch.handle.get(), "run", defaultSegmentSize), EEXIST);
    }

    void aFrameTornAtAnyByteIsNeverReturnedAndReadsOnceItIsWhole()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        writer.append(Stream::Output, 0, "first");
        const qsizetype whole = scratch.bytes(0).size();
        writer.append(Stream::Output, 5, "second frame");
        const QByteArray all = scratch.bytes(0);
        for (qsizetype cut = whole; cut < all.size(); ++cut) {
            scratch.setBytes(0, all.first(cut));
            SpoolReader reader(scratch.path(), "run");
            ReadStatus last;
            QCOMPARE(readAll(reader, last), QByteArrayList{"first"});
            QCOMPARE(last, ReadStatus::End);
            QCOMPARE(reader.tornBytes(), quint64(cut - whole));
            scratch.setBytes(0, all);
            QCOMPARE(readAll(reader, last), QByteArrayList{"second frame"});
        }
    }

    void anyChangedByteInTheMiddleIsReportedAndTheRestIsReadable()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        writer.append(Stream::Output, 0, "first");
        const qsizetype begin = scratch.bytes(0).size();
        writer.append(Stream::Output, 5, "second");
        const qsizetype end = scratch.bytes(0).size();
        writer.append(Stream::Output, 11, "third");
        const QByteArray all = scratch.bytes(0);
        for (qsizetype at = begin; at < end; ++at) {
            QByteArray damaged = all;
            damaged[at] = char(damaged[at] ^ 0x40);
            scratch.setBytes(0, damaged);
            SpoolReader reader(scratch.path(), "run");
            ReadStatus last;
            QCOMPARE(readAll(reader, last), QByteArrayList{"first"});
            QCOMPARE(last, ReadStatus::Corrupt);
            QVERIFY(!reader.error().empty());
            QCOMPARE(reader.resume().offset, quint64(end));
            reader.skip();
            QCOMPARE(readAll(reader, last), QByteArrayList{"third"});
            QCOMPARE(last, ReadStatus::End);
        }
    }

    void aDamagedTailIsTheEndAndNotCorruption()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        writer.append(Stream::Output, 0, "first");
        const QByteArray all = scratch.bytes(0);
        scratch.setBytes(0, all + QByteArray(500, '\0')); // as a power cut leaves it
        SpoolReader reader(scratch.path(), "run");
        ReadStatus last;
        QCOMPARE(readAll(reader, last), QByteArrayList{"first"});
        QCOMPARE(last, ReadStatus::End);
        QCOMPARE(reader.tornBytes(), 500U);
    }

    void aTornFrameThatHoldsOldFramesIsNotCorruption()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        writer.append(Stream::Output, 0, "first");
        const QByteArray copied = scratch.bytes(0); // an agent printing its own spool
        writer.append(Stream::Output, 5, (copied + copied).toStdString());
        QByteArray all = scratch.bytes(0);
        all[copied.size() + 16] = char(all[copied.size() + 16] ^ 1); // the header of the second frame
        scratch.setBytes(0, all);
        SpoolReader reader(scratch.path(), "run");
        ReadStatus last;
        QCOMPARE(readAll(reader, last), QByteArrayList{"first"});
        QCOMPARE(last, ReadStatus::End);
    }

    void framesOfAnotherRunAreNotRead()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        writer.append(Stream::Output, 0, "first");
        SpoolReader reader(scratch.path(), "other");
        Frame frame;
        QCOMPARE(reader.next(frame), ReadStatus::End);
    }

    void segmentsFollowEachOtherAndGoAfterAcknowledgement()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", 4096), 0);
        QByteArrayList written;
        for (int i = 0; i < 100; ++i) {
            written << QByteArray::number(i).rightJustified(300, '.');
            QCOMPARE(writer.append(Stream::Output, quint64(i), written.last().toStdString()), 0);
        }
        QVERIFY(writer.end().segment > 5);
        SpoolReader reader(scratch.path(), "run");
        Frame frame;
        Position middle;
        for (int i = 0; i < 50; ++i) {
            QCOMPARE(reader.next(frame), ReadStatus::Frame);
            QCOMPARE(frame.bytes, written[i].toStdString());
            middle = frame.end;
        }
        const quint64 before = writer.unacknowledged();
        QVERIFY(writer.acknowledge(middle));
        QCOMPARE(writer.unacknowledged(), before - 50 * (300 + frameHeaderSize));
        const QStringList left = QDir(scratch.folder.filePath(u"spool"_s)).entryList(QDir::Files);
        QCOMPARE(left.size(), int(writer.end().segment - middle.segment + 1));
        QCOMPARE(left.first(), QString::fromStdString(segmentName(middle.segment)));
        SpoolReader second(scratch.path(), "run", middle);
        ReadStatus last;
        QCOMPARE(readAll(second, last), written.mid(50));
        QVERIFY(second.position() == writer.end());
        QVERIFY(!writer.acknowledge(Position{})); // backwards
        QVERIFY(!writer.acknowledge({writer.end().segment, writer.end().offset + 1}));
        QVERIFY(!writer.acknowledge({writer.end().segment + 1, 0}));
        QVERIFY(writer.acknowledge(writer.end()));
        QCOMPARE(writer.unacknowledged(), 0U);
    }

    void aMissingSegmentIsCorruption()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", 4096), 0);
        for (int i = 0; i < 40; ++i)
            writer.append(Stream::Output, 0, std::string(500, 'x'));
        QVERIFY(QFile::remove(scratch.segment(1)));
        SpoolReader reader(scratch.path(), "run");
        ReadStatus last;
        readAll(reader, last);
        QCOMPARE(last, ReadStatus::Corrupt);
        QVERIFY(reader.resume() == (Position{2, 0}));
        reader.skip();
        QVERIFY(!readAll(reader, last).isEmpty());
        QCOMPARE(last, ReadStatus::End);
    }

    void aReaderSeesWhatIsWrittenAfterItsEnd()
    {
        Scratch scratch;
        SpoolWriter writer;
        SpoolReader reader(scratch.path(), "run");
        Frame frame;
        QCOMPARE(reader.next(frame), ReadStatus::End); // not even a folder
        QCOMPARE(writer.open(scratch.handle.get(), "run", 4096), 0);
        for (int i = 0; i < 200; ++i) {
            QCOMPARE(reader.next(frame), ReadStatus::End);
            QCOMPARE(writer.append(Stream::Output, quint64(i), std::string(size_t(i), 'x')), 0);
            QCOMPARE(reader.next(frame), ReadStatus::Frame);
            QCOMPARE(frame.place, quint64(i));
        }
    }

    void aFailedAppendLeavesNothingAndCanBeTriedAgain()
    {
        Scratch scratch;
        SpoolWriter writer;
        QCOMPARE(writer.open(scratch.handle.get(), "run", defaultSegmentSize), 0);
        QCOMPARE(writer.append(Stream::Output, 0, "first"), 0);
        rlimit old;
        ::getrlimit(RLIMIT_FSIZE, &old);
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{120, old.rlim_max}; // room for the header and a part of the payload
        ::setrlimit(RLIMIT_FSIZE, &tight);
        const int failed = writer.append(Stream::Output, 5, std::string(200, 'x'));
        ::setrlimit(RLIMIT_FSIZE, &old);
        QVERIFY(failed != 0);
        SpoolReader reader(scratch.path(), "run");
        ReadStatus last;
        QCOMPARE(readAll(reader, last), QByteArrayList{"first"});
        QCOMPARE(reader.tornBytes(), 0U);
        QCOMPARE(writer.append(Stream::Output, 5, "again"), 0);
        QCOMPARE(readAll(reader, last), QByteArrayList{"again"});
        QCOMPARE(last, ReadStatus::End);
    }
};

QTEST_GUILESS_MAIN(TestSpool)
#include "tst_spool.moc"
