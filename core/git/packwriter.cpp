#include "core/git/packwriter.h"

#include <QCryptographicHash>
#include <QtEndian>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Level 1 costs a third of the default's time for a tenth more space; merging packs compresses again.
constexpr int compression = 1;
constexpr qsizetype bufferSize = 256 * 1024;

QByteArray entryHeader(ObjectType type, qint64 size)
{
    QByteArray header;
    auto rest = quint64(size);
    quint8 byte = quint8((int(type) << 4) | int(rest & 15));
    for (rest >>= 4; rest; rest >>= 7) {
        header.append(char(byte | 0x80));
        byte = quint8(rest & 0x7f);
    }
    header.append(char(byte));
    return header;
}

Error compressionFailed() { return fail(ErrorCode::Internal, u"zlib could not compress an object"_s); }

// A deflate state costs 256 KB to set up; each thread keeps its own between objects.
class Deflater
{
public:
    Deflater() { m_ready = deflateInit(&m_stream, compression) == Z_OK; }
    ~Deflater()
    {
        if (m_ready)
            deflateEnd(&m_stream);
    }
    Deflater(const Deflater &) = delete;
    Deflater &operator=(const Deflater &) = delete;

    Result<QByteArray> whole(QByteArray start, QByteArrayView bytes)
    {
        if (!m_ready || deflateReset(&m_stream) != Z_OK)
            return compressionFailed();
        const qsizetype at = start.size();
        start.resize(at + qsizetype(deflateBound(&m_stream, uLong(bytes.size()))));
        m_stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
        m_stream.avail_in = uInt(bytes.size());
        m_stream.next_out = reinterpret_cast<Bytef *>(start.data() + at);
        m_stream.avail_out = uInt(start.size() - at);
        if (deflate(&m_stream, Z_FINISH) != Z_STREAM_END)
            return compressionFailed();
        start.resize(start.size() - qsizetype(m_stream.avail_out));
        return start;
    }
    z_stream *restarted() { return m_ready && deflateReset(&m_stream) == Z_OK ? &m_stream : nullptr; }

private:
    z_stream m_stream{};
    bool m_ready = false;
};

} // namespace

Result<ObjectId> ObjectSink::put(ObjectType type, const QByteArray &bytes)
{
    const ObjectId id = hashObject(type, bytes);
    if (!has(id))
        HUB_CHECK(add(id, type, bytes));
    return id;
}

PackWriter::PackWriter(ObjectStore &store)
    : m_store(store)
{
}

PackWriter::~PackWriter()
{
    if (m_file.isOpen())
        ::unlink(m_path.constData());
}

bool PackWriter::has(const ObjectId &id) const
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_known.contains(id))
            return true;
    }
    return m_store.has(id);
}

Result<> PackWriter::begin()
{
    if (m_file.isOpen())
        return {};
    static std::atomic<int> number{0};
    m_path =
        m_store.folder() + "/pack/tmp_agenthub_" + QByteArray::number(::getpid()) + '_' + QByteArray::number(++number);
    ::unlink(m_path.constData());
    HUB_TRY(m_file, openFile(m_path, O_RDWR | O_CREAT | O_EXCL, 0444));
    m_buffer.reserve(bufferSize * 2);
    m_buffer = QByteArray("PACK\0\0\0\2\0\0\0\0", 12); // the number of objects is filled in at the end
    m_offset = m_buffer.size();
    return {};
}

Result<> PackWriter::flush()
{
    HUB_CHECK(writeAll(m_file.fd(), m_buffer, m_path));
    m_buffer.resize(0);
    return {};
}

Result<> PackWriter::append(const char *data, qsizetype size)
{
    m_buffer.append(data, size);
    m_offset += size;
    return m_buffer.size() >= bufferSize ? flush() : Result<>();
}

Result<> PackWriter::add(const ObjectId &id, ObjectType type, QByteArrayView bytes)
{
    static thread_local Deflater deflater;
    HUB_TRY(const QByteArray packed, deflater.whole(entryHeader(type, bytes.size()), bytes));
    const auto crc = quint32(::crc32(0, reinterpret_cast<const Bytef *>(packed.constData()), uInt(packed.size())));
    const std::lock_guard lock(m_mutex);
    if (!m_known.insert(id).second)
        return {};
    HUB_CHECK(begin());
    m_rows.push_back({id, crc, m_offset});
    return append(packed.constData(), packed.size());
}

Result<bool> PackWriter::addLarge(const ObjectId &id, qint64 size, const Read &read)
{
    static thread_local Deflater deflater;
    z_stream *stream = deflater.restarted();
    if (!stream)
        return compressionFailed();
    // Other threads wait meanwhile: the pack is one sequence of bytes.
    const std::lock_guard lock(m_mutex);
    if (m_known.contains(id))
        return true;
    HUB_CHECK(begin());
    const qint64 start = m_offset;
    QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.addData(objectHeader(ObjectType::Blob, size));
    const QByteArray header = entryHeader(ObjectType::Blob, size);
    auto crc = quint32(::crc32(0, reinterpret_cast<const Bytef *>(header.constData()), uInt(header.size())));
    HUB_CHECK(append(header.constData(), header.size()));
    QByteArray in(bufferSize, Qt::Uninitialized);
    QByteArray out(bufferSize, Qt::Uninitialized);
    qint64 total = 0;
    bool readable = true;
    int state = Z_OK;
    while (state != Z_STREAM_END) {
        const qint64 got = read(in.data(), in.size());
        if (got < 0 || total + got > size) {
            readable = false;
            break;
        }
        total += got;
        hash.addData(QByteArrayView(in.constData(), got));
        stream->next_in = reinterpret_cast<Bytef *>(in.data());
        stream->avail_in = uInt(got);
        do {
            stream->next_out = reinterpret_cast<Bytef *>(out.data());
            stream->avail_out = uInt(out.size());
            state = deflate(stream, got == 0 ? Z_FINISH : Z_NO_FLUSH);
            const qsizetype made = out.size() - qsizetype(stream->avail_out);
            crc = quint32(::crc32(crc, reinterpret_cast<const Bytef *>(out.constData()), uInt(made)));
            HUB_CHECK(append(out.constData(), made));
        } while (stream->avail_out == 0);
    }
    if (!readable || total != size || ObjectId::fromRaw(hash.resultView().constData()) != id) {
        HUB_CHECK(flush());
        if (::ftruncate(m_file.fd(), start) != 0 || ::lseek(m_file.fd(), start, SEEK_SET) != start)
            return systemError(errno, u"shorten", m_path);
        m_offset = start;
        return false;
    }
    m_known.insert(id);
    m_rows.push_back({id, crc, start});
    return true;
}

Result<QByteArray> PackWriter::writeIndex(const QByteArray &packSum)
{
    std::sort(m_rows.begin(), m_rows.end(), [](const Row &a, const Row &b) { return a.id < b.id; });
    QByteArray index("\377tOc\0\0\0\2", 8);
    const auto put32 = [&](quint32 value) {
        const quint32 big = qToBigEndian(value);
        index.append(reinterpret_cast<const char *>(&big), 4);
    };
    index.reserve(8 + 1024 + qsizetype(m_rows.size()) * 28 + 40);
    size_t row = 0;
    for (int first = 0; first < 256; ++first) {
        while (row < m_rows.size() && m_rows[row].id.bytes[0] <= first)
            ++row;
        put32(quint32(row));
    }
    for (const Row &entry : m_rows)
        index.append(entry.id.raw());
    for (const Row &entry : m_rows)
        put32(entry.crc);
    QList<qint64> large;
    for (const Row &entry : m_rows) {
        if (entry.offset < 0x80000000) {
            put32(quint32(entry.offset));
        } else {
            put32(0x80000000u | quint32(large.size()));
            large << entry.offset;
        }
    }
    for (const qint64 offset : large) {
        put32(quint32(offset >> 32));
        put32(quint32(offset & 0xffffffff));
    }
    index.append(packSum);
    index.append(QCryptographicHash::hash(index, QCryptographicHash::Sha1));
    const QByteArray path = m_path + ".idx";
    ::unlink(path.constData());
    HUB_TRY(const FileHandle file, openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0444));
    HUB_CHECK(writeAll(file.fd(), index, path));
    HUB_CHECK(syncFile(file.fd(), path));
    return path;
}

Result<> PackWriter::finish()
{
    const std::lock_guard lock(m_mutex);
    if (m_rows.empty())
        return {};
    HUB_CHECK(flush());
    const quint32 count = qToBigEndian(quint32(m_rows.size()));
    if (::pwrite(m_file.fd(), &count, sizeof count, 8) != sizeof count)
        return systemError(errno, u"write", m_path);
    // The sum covers the count, which was not known before: the pages are still in memory, so this reads no disk.
    QCryptographicHash hash(QCryptographicHash::Sha1);
    QByteArray chunk(bufferSize, Qt::Uninitialized);
    for (qint64 at = 0; at < m_offset;) {
        const ssize_t got = ::pread(m_file.fd(), chunk.data(), size_t(chunk.size()), at);
        if (got <= 0)
            return systemError(got < 0 ? errno : EIO, u"read", m_path);
        hash.addData(QByteArrayView(chunk.constData(), got));
        at += got;
    }
    const QByteArray sum = hash.result();
    HUB_CHECK(writeAll(m_file.fd(), sum, m_path));
    HUB_CHECK(syncFile(m_file.fd(), m_path));
    HUB_TRY(const QByteArray indexPath, writeIndex(sum));

    const QByteArray folder = m_store.folder() + "/pack";
    const QByteArray name = folder + "/pack-" + sum.toHex();
    // The pack first: git takes a pack for complete once its index is there.
    if (::rename(m_path.constData(), (name + ".pack").constData()) != 0 ||
        ::rename(indexPath.constData(), (name + ".idx").constData()) != 0)
        return systemError(errno, u"rename", name);
    m_file = FileHandle();
    HUB_CHECK(syncFolder(folder));
    m_rows.clear();
    m_known.clear();
    m_buffer.clear();
    m_offset = 0;
    return m_store.refresh();
}

bool MemorySink::has(const ObjectId &id) const
{
    if (m_store.has(id))
        return true;
    const std::lock_guard lock(m_mutex);
    return m_objects.contains(id);
}

Result<> MemorySink::add(const ObjectId &id, ObjectType type, QByteArrayView bytes)
{
    const std::lock_guard lock(m_mutex);
    if (type != ObjectType::Blob)
        m_objects.emplace(id, RawObject{type, bytes.toByteArray()});
    return {};
}

Result<bool> MemorySink::addLarge(const ObjectId &id, qint64 size, const Read &read)
{
    QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.addData(objectHeader(ObjectType::Blob, size));
    QByteArray in(bufferSize, Qt::Uninitialized);
    for (;;) {
        const qint64 got = read(in.data(), in.size());
        if (got < 0)
            return false;
        if (got == 0)
            break;
        hash.addData(QByteArrayView(in.constData(), got));
    }
    return ObjectId::fromRaw(hash.resultView().constData()) == id;
}

Result<> LooseSink::add(const ObjectId &, ObjectType type, QByteArrayView bytes)
{
    HUB_CHECK(m_store.writeLoose(type, bytes.toByteArray()));
    return {};
}

Result<bool> LooseSink::addLarge(const ObjectId &, qint64 size, const Read &read)
{
    QByteArray bytes(size, Qt::Uninitialized);
    if (read(bytes.data(), size) != size)
        return false;
    HUB_CHECK(m_store.writeLoose(ObjectType::Blob, bytes));
    return true;
}

Result<RawObject> MemorySink::read(const ObjectId &id) const
{
    {
        const std::lock_guard lock(m_mutex);
        if (const auto at = m_objects.find(id); at != m_objects.end())
            return at->second;
    }
    return m_store.read(id);
}

} // namespace hub::git
