#include "core/git/contentpass.h"

#include "core/git/treefile.h"

#include <QCryptographicHash>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr qint64 smallFile = 1 << 20; // held in memory whole; larger ones are read in pieces, twice
constexpr int tries = 3;

qint64 readSome(int fd, char *buffer, qint64 size)
{
    for (;;) {
        const ssize_t got = ::read(fd, buffer, size_t(size));
        if (got >= 0 || errno != EINTR)
            return got;
    }
}

// False when reading failed.
bool readWhole(int fd, qint64 expected, QByteArray &buffer)
{
    qint64 total = 0;
    for (;;) {
        if (total == buffer.size())
            buffer.resize(std::max<qint64>(total * 2, expected + 1));
        const qint64 got = readSome(fd, buffer.data() + total, buffer.size() - total);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        total += got;
        if (total > smallFile * 4)
            return false; // grew while it was read: the next try takes it in pieces
    }
    buffer.resize(total);
    return true;
}

class Reader
{
public:
    Reader(int root, qint64 sizeLimit, ObjectSink &sink)
        : m_root(root)
        , m_sizeLimit(sizeLimit)
        , m_sink(sink)
    {
    }

    Result<> readOne(const ScanFolder &folder, ScanNode &node)
    {
        const QByteArray path = joinPath(folder.path(), QByteArray(node.name, node.nameSize));
        if (node.kind == NodeKind::Link)
            return readLink(path, node);
        for (int attempt = 1; attempt <= tries; ++attempt) {
            const int fd = openBeneath(m_root, path, O_RDONLY | O_NONBLOCK);
            if (fd < 0) {
                node.kind = fd == -EACCES || fd == -EPERM ? NodeKind::Unreadable : NodeKind::Gone;
                return {};
            }
            const FileHandle file(fd);
            struct stat info;
            if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
                node.kind = NodeKind::Gone;
                return {};
            }
            node.stamp = stampOf(info);
            if (info.st_size > m_sizeLimit) {
                node.kind = NodeKind::TooBig;
                return {};
            }
            node.flags &= quint8(~NodeFlag::inMotion);
            HUB_TRY(const bool stable, info.st_size <= smallFile ? readSmall(fd, node, attempt) : readLarge(fd, node));
            if (stable || node.kind == NodeKind::Unreadable)
                return {};
            node.flags |= NodeFlag::inMotion;
        }
        if (node.id.isNull())
            node.kind = NodeKind::Unreadable;
        return {};
    }

private:
    static bool unchanged(int fd, const ScanNode &node)
    {
        struct stat info;
        return ::fstat(fd, &info) == 0 && stampOf(info) == node.stamp;
    }

    Result<bool> readSmall(int fd, ScanNode &node, int attempt)
    {
        m_buffer.resize(std::max<qint64>(qint64(node.stamp.size) + 1, 64));
        if (!readWhole(fd, qint64(node.stamp.size), m_buffer)) {
            if (attempt == tries)
                node.kind = NodeKind::Unreadable;
            return false;
        }
        const bool stable = unchanged(fd, node) && quint64(m_buffer.size()) == node.stamp.size;
        if (!stable && attempt < tries)
            return false;
        node.id = hashObject(ObjectType::Blob, m_buffer);
        if (!m_sink.has(node.id))
            HUB_CHECK(m_sink.add(node.id, ObjectType::Blob, m_buffer));
        return stable;
    }

    Result<bool> readLarge(int fd, ScanNode &node)
    {
        const auto size = qint64(node.stamp.size);
        QCryptographicHash hash(QCryptographicHash::Sha1);
        hash.addData(objectHeader(ObjectType::Blob, size));
        m_buffer.resize(smallFile / 4);
        qint64 total = 0;
        for (qint64 got; (got = readSome(fd, m_buffer.data(), m_buffer.size())) != 0; total += got) {
            if (got < 0) {
                node.kind = NodeKind::Unreadable;
                return false;
            }
            hash.addData(QByteArrayView(m_buffer.constData(), got));
        }
        if (total != size || !unchanged(fd, node))
            return false;
        const ObjectId id = ObjectId::fromRaw(hash.resultView().constData());
        if (!m_sink.has(id)) {
            if (::lseek(fd, 0, SEEK_SET) != 0)
                return false;
            HUB_TRY(const bool same,
                    m_sink.addLarge(id, size, [fd](char *to, qint64 room) { return readSome(fd, to, room); }));
            if (!same)
                return false;
        }
        node.id = id;
        return true;
    }

    Result<> readLink(const QByteArray &path, ScanNode &node)
    {
        auto parent = openParent(m_root, path);
        auto target =
            parent ? readLinkAt(parent->folder.fd(), parent->name) : Result<QByteArray>(std::move(parent).error());
        if (!target) {
            node.kind = NodeKind::Gone;
            return {};
        }
        HUB_TRY(node.id, m_sink.put(ObjectType::Blob, *target));
        return {};
    }

    int m_root;
    qint64 m_sizeLimit;
    ObjectSink &m_sink;
    QByteArray m_buffer;
};

} // namespace

Result<> readContents(int rootFd, const std::vector<std::pair<ScanFolder *, ScanNode *>> &wanted, qint64 sizeLimit,
                      ObjectSink &sink)
{
    std::atomic<size_t> next{0};
    std::mutex mutex;
    Result<> outcome;
    const auto work = [&] {
        Reader reader(rootFd, sizeLimit, sink);
        for (size_t i; (i = next++) < wanted.size();) {
            if (auto done = reader.readOne(*wanted[i].first, *wanted[i].second); !done) {
                const std::lock_guard lock(mutex);
                outcome = std::move(done);
                next = wanted.size();
            }
        }
    };
    std::thread second;
    if (wanted.size() > 8)
        second = std::thread(work);
    work();
    if (second.joinable())
        second.join();
    return outcome;
}

} // namespace hub::git
