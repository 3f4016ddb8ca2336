// A message, durable, at the end of conversations of different lengths.
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/base/durablefile.h"
#include "core/db/migrations.h"
#include "core/state/stores.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <atomic>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr int bodySize = 1000;
constexpr int writers = 10;

Message message()
{
    return {.role = u"agent"_s, .kind = u"output"_s, .author = u"bench"_s, .body = QString(bodySize, u'x')};
}

// A database with one task.
class Talk
{
public:
    static Result<std::unique_ptr<Talk>> create(const QString &folder)
    {
        db::loadMigrations();
        HUB_TRY(auto database, db::Database::open(folder + u"/task_state.db"_s));
        HUB_CHECK(db::migrate(*database, db::stateMigrations, folder + u"/backups"_s));
        std::unique_ptr<Talk> talk(new Talk(std::move(database), folder));
        HUB_CHECK(talk->stores.projects.add(*ProjectName::parse(u"project"_s), u"/nowhere"_s, u"bench"_s, {}));
        HUB_TRY(const Task task, talk->stores.tasks.create({.project = *ProjectName::parse(u"project"_s),
                                                            .agent = *AgentName::parse(u"bench"_s),
                                                            .title = u"bench"_s}));
        talk->task = task.id;
        return talk;
    }

    Result<> append()
    {
        auto stored = stores.commits.submit([this] { return stores.talk.append(task, message()); });
        stores.commits.flush();
        HUB_CHECK(takeResult(stored));
        return {};
    }
    // Many, a few commits.
    Result<> fill(int messages)
    {
        QFuture<Result<qint64>> last;
        for (int i = 0; i < messages; ++i)
            last = stores.commits.submit([this] { return stores.talk.append(task, message()); });
        stores.commits.flush();
        if (messages > 0)
            HUB_CHECK(takeResult(last));
        return {};
    }
    // The log grows to its full size once and is then written over and over: that is its usual state.
    Result<> growLog()
    {
        HUB_CHECK(database->execute(u"CREATE TABLE filler (bytes BLOB)"_s));
        HUB_CHECK(database->execute(u"INSERT INTO filler VALUES (zeroblob(8000000))"_s));
        return {};
    }
    Result<qint64> sizeOnDisk()
    {
        HUB_CHECK(database->run(u"PRAGMA wal_checkpoint(TRUNCATE)"_s));
        return QFileInfo(database->path()).size();
    }

    std::unique_ptr<db::Database> database;
    SystemClock clock;
    state::Stores stores;
    TaskId task = TaskId::of(1);

private:
    Talk(std::unique_ptr<db::Database> opened, const QString &folder)
        : database(std::move(opened))
        , stores(*database, folder + u"/bodies"_s, clock)
    {
    }
};

// The disk by itself: as many bytes as one commit puts into the log, written over a file of the log's size, synced.
class PlainDisk
{
public:
    static Result<PlainDisk> create(const QByteArray &path)
    {
        PlainDisk disk;
        HUB_TRY(disk.m_file, openFile(path, O_RDWR | O_CREAT, 0600));
        HUB_CHECK(writeAll(disk.m_file.fd(), QByteArray(size, 'y'), path));
        HUB_CHECK(syncFile(disk.m_file.fd(), path));
        return disk;
    }
    Result<> write(qsizetype bytes)
    {
        if (m_at + bytes > size)
            m_at = 0;
        const QByteArray block(bytes, 'z');
        if (::pwrite(m_file.fd(), block.constData(), size_t(bytes), m_at) != bytes || ::fdatasync(m_file.fd()) != 0)
            return systemError(errno, u"write", "the file beside the database");
        m_at += bytes;
        return {};
    }

private:
    static constexpr qsizetype size = 4 << 20;
    FileHandle m_file;
    qsizetype m_at = 0;
};

Result<qint64> bytesWritten()
{
    HUB_TRY(const QByteArray text, readFile("/proc/self/io"));
    for (const QByteArray &line : text.split('\n')) {
        if (line.startsWith("wchar: "))
            return line.mid(7).toLongLong();
    }
    return fail(ErrorCode::Unsupported, u"This kernel does not count written bytes."_s);
}

Result<std::unique_ptr<Talk>> talkOf(const Scratch &scratch, const QByteArray &name, int messages)
{
    const QByteArray folder = scratch.path(name);
    HUB_CHECK(makeFolders(folder));
    HUB_TRY(auto talk, Talk::create(QFile::decodeName(folder)));
    HUB_CHECK(talk->growLog());
    HUB_CHECK(talk->fill(messages));
    return talk;
}

Result<> appendEach(const Scratch &scratch, const Scale &scale, Report &report)
{
    const int lengths[]{10, scale.sizeOr(1000, 100), scale.sizeOr(100'000, 1000)};
    std::vector<std::unique_ptr<Talk>> talks;
    for (const int length : lengths) {
        HUB_TRY(auto talk, talkOf(scratch, "talk" + QByteArray::number(length), length));
        talks.push_back(std::move(talk));
    }
    HUB_TRY(const qint64 before, bytesWritten());
    for (int i = 0; i < 5; ++i)
        HUB_CHECK(talks.front()->append());
    HUB_TRY(const qint64 after, bytesWritten());
    const qsizetype commitSize = (after - before) / 5;
    HUB_TRY(PlainDisk disk, PlainDisk::create(scratch.path("plain")));

    std::vector<double> times[3], plain;
    const int rounds = scale.roundsOr(1) * scale.sizeOr(300, 20);
    for (int round = 0; round < rounds; ++round) {
        for (size_t i = 0; i < talks.size(); ++i) {
            const auto began = Watch::now();
            HUB_CHECK(talks[i]->append());
            times[i].push_back(millisecondsSince(began));
        }
        const auto began = Watch::now();
        HUB_CHECK(disk.write(commitSize));
        plain.push_back(millisecondsSince(began));
    }
    const QString peer = u"fdatasync of %1 kB"_s.arg((commitSize + 512) / 1024);
    for (size_t i = 0; i < talks.size(); ++i) {
        report.add({.what = u"append to %L1 messages, durable"_s.arg(lengths[i]),
                    .values = times[i],
                    .peer = peer,
                    .peerValues = plain,
                    .target = Target{.of = Target::Of::Ratio, .limit = 1.5}});
    }
    report.add({.what = u"append to %L1 messages, flatness"_s.arg(lengths[2]),
                .values = times[2],
                .peer = u"append to 10"_s,
                .peerValues = times[0],
                .target = Target{.of = Target::Of::Ratio, .limit = 1.2}});
    return {};
}

Result<> appendTogether(const Scratch &scratch, const Scale &scale, Report &report)
{
    std::vector<double> rates, syncs;
    HUB_TRY(PlainDisk disk, PlainDisk::create(scratch.path("plain")));
    for (int round = 0; round < scale.roundsOr(5); ++round) {
        HUB_TRY(auto talk, talkOf(scratch, "writers" + QByteArray::number(round), 0));
        const int each = scale.sizeOr(2000, 50);
        std::atomic<int> left = writers, failed = 0;
        std::vector<std::thread> threads;
        const auto began = Watch::now();
        for (int i = 0; i < writers; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < each; ++k)
                    failed +=
                        !talk->stores.commits.ask([&] { return talk->stores.talk.append(talk->task, message()); });
                if (--left == 0)
                    QMetaObject::invokeMethod(qApp, &QCoreApplication::quit, Qt::QueuedConnection);
            });
        }
        QCoreApplication::exec();
        rates.push_back(writers * each * 1000 / millisecondsSince(began));
        for (auto &thread : threads)
            thread.join();
        if (failed > 0)
            return fail(ErrorCode::Storage, u"%1 messages could not be appended."_s.arg(failed.load()));
        constexpr int plainSyncs = 50;
        const auto beganPlain = Watch::now();
        for (int i = 0; i < plainSyncs; ++i)
            HUB_CHECK(disk.write(writers * 4096));
        syncs.push_back(plainSyncs * 1000 / millisecondsSince(beganPlain));
    }
    report.add({.what = u"%1 writers at once, each waits for the disk"_s.arg(writers),
                .unit = Unit::PerSecond,
                .values = rates,
                .peer = u"fdatasync of 40 kB"_s,
                .peerValues = syncs,
                .target = Target{.is = Target::Is::AtLeast, .limit = 10'000}});
    return {};
}

Result<> sizeOfMessages(const Scratch &scratch, const Scale &scale, Report &report)
{
    HUB_TRY(auto talk, talkOf(scratch, "size", 0));
    HUB_TRY(const qint64 empty, talk->sizeOnDisk());
    const int messages = scale.sizeOr(20'000, 2000);
    // One commit each would fill pages no differently: they are in the order of the key.
    HUB_CHECK(talk->fill(messages));
    HUB_TRY(const qint64 full, talk->sizeOnDisk());
    report.add({.what = u"stored for a message of 1 kB"_s,
                .unit = Unit::Kilobytes,
                .values = {double(full - empty) / messages / bodySize},
                .target = Target{.limit = 1.5}});
    return {};
}

} // namespace

Result<> measureAppend(const Scale &scale, Report &report)
{
    HUB_TRY(const auto scratch, Scratch::create());
    HUB_CHECK(appendEach(*scratch, scale, report));
    HUB_CHECK(appendTogether(*scratch, scale, report));
    return sizeOfMessages(*scratch, scale, report);
}

} // namespace hub::bench
