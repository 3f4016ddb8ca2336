#include "core/git/indexfile.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"

#include <QCryptographicHash>
#include <QtEndian>

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr qsizetype headerSize = 12, hashSize = 20, fixedSize = 62;

quint32 read32(const char *at) { return qFromBigEndian<quint32>(at); }

Error damaged(const QByteArray &path)
{
    return fail(ErrorCode::Corrupt, u"The index file %1 is damaged."_s.arg(QString::fromLocal8Bit(path)),
                u"git fsck; removing the index file and running git reset makes a new one"_s);
}

enum class Shape { Plain, NeedsGit };

Result<Shape> parse(IndexFile &index, const QByteArray &path)
{
    const QByteArray &bytes = index.storage;
    if (bytes.size() < headerSize + hashSize || !bytes.startsWith("DIRC"))
        return damaged(path);
    const quint32 version = read32(bytes.constData() + 4);
    const quint32 count = read32(bytes.constData() + 8);
    if (version < 2 || version > 4)
        return fail(ErrorCode::Unsupported,
                    u"The index file %1 has version %2, which is not known here."_s.arg(QString::fromLocal8Bit(path))
                        .arg(version));
    const QByteArray sum = bytes.last(hashSize);
    // index.skipHash writes zeros instead.
    if (sum != QByteArray(hashSize, '\0') &&
        QCryptographicHash::hash(QByteArrayView(bytes).chopped(hashSize), QCryptographicHash::Sha1) != sum)
        return damaged(path);
    index.checksum = sum;

    const qsizetype end = bytes.size() - hashSize;
    qsizetype at = headerSize;
    index.entries.clear();
    index.entries.reserve(std::min<size_t>(count, size_t(end / fixedSize)));
    QByteArray previous;
    for (quint32 i = 0; i < count; ++i) {
        if (at + fixedSize > end)
            return damaged(path);
        const char *raw = bytes.constData() + at;
        IndexEntry entry;
        entry.stat = {read32(raw),      read32(raw + 4),  read32(raw + 8),  read32(raw + 12), read32(raw + 16),
                      read32(raw + 20), read32(raw + 28), read32(raw + 32), read32(raw + 36)};
        entry.mode = read32(raw + 24);
        entry.id = ObjectId::fromRaw(raw + 40);
        const quint16 flags = qFromBigEndian<quint16>(raw + 60);
        entry.assumeValid = flags & 0x8000;
        entry.stage = quint8((flags >> 12) & 3);
        qsizetype name = at + fixedSize;
        if (flags & 0x4000) {
            const quint16 more = qFromBigEndian<quint16>(raw + 62);
            entry.skipWorktree = more & 0x4000;
            entry.intentToAdd = more & 0x2000;
            name += 2;
        }
        if (version < 4) {
            const qsizetype zero = bytes.indexOf('\0', name);
            if (zero < 0 || zero >= end)
                return damaged(path);
            entry.path = QByteArray::fromRawData(bytes.constData() + name, zero - name);
            at += (zero - at + 8) & ~qsizetype(7);
        } else {
            // The number of bytes to drop from the previous path, then the rest of this one.
            qsizetype drop = 0;
            quint8 byte = 0;
            bool first = true;
            do {
                if (name >= end)
                    return damaged(path);
                byte = quint8(bytes[name++]);
                drop = first ? (byte & 127) : (((drop + 1) << 7) | (byte & 127));
                first = false;
            } while (byte & 128);
            const qsizetype zero = bytes.indexOf('\0', name);
            if (zero < 0 || zero >= end || drop > previous.size())
                return damaged(path);
            entry.path = previous.chopped(drop) + bytes.mid(name, zero - name);
            previous = entry.path;
            at = zero + 1;
        }
        if (entry.mode == 0040000)
            return Shape::NeedsGit; // a folder in a sparse index
        index.entries.push_back(std::move(entry));
    }
    while (at + 8 <= end) {
        if (bytes.mid(at, 4) == "link" || bytes.mid(at, 4) == "sdir")
            return Shape::NeedsGit;
        at += 8 + qsizetype(read32(bytes.constData() + at + 4));
    }
    return Shape::Plain;
}

// Split and sparse indexes: git itself turns a private copy into a plain one, beside the index so that it finds the
// shared part.
Result<IndexFile> readThroughGit(const QByteArray &gitDir, const QByteArray &workTree, IndexFile original)
{
    const QByteArray copy = gitDir + "/index.agenthub-copy";
    HUB_CHECK(removeTree(copy));
    HUB_CHECK(writeFileDurably(copy, original.storage));
    auto rewritten = runGit({workTree,
                             {"-c", "core.splitIndex=false", "-c", "index.sparse=false", "-c", "core.fsmonitor=false",
                              "update-index", "--no-split-index", "--force-write-index"},
                             {},
                             {{"GIT_INDEX_FILE", copy}},
                             true});
    Result<QByteArray> bytes = rewritten ? readFile(copy) : Result<QByteArray>(std::move(rewritten).error());
    HUB_CHECK(removeTree(copy));
    HUB_TRY(const QByteArray plainBytes, std::move(bytes));
    IndexFile plain;
    plain.storage = plainBytes;
    HUB_TRY(const Shape shape, parse(plain, copy));
    if (shape == Shape::NeedsGit)
        return fail(ErrorCode::Unsupported,
                    u"The index of %1 has a form that git did not make plain."_s.arg(QString::fromLocal8Bit(workTree)));
    plain.checksum = original.checksum;
    plain.mtimeNs = original.mtimeNs;
    return plain;
}

} // namespace

IndexStat indexStat(const struct stat &info)
{
    return {quint32(info.st_ctim.tv_sec),  quint32(info.st_ctim.tv_nsec), quint32(info.st_mtim.tv_sec),
            quint32(info.st_mtim.tv_nsec), quint32(info.st_dev),          quint32(info.st_ino),
            quint32(info.st_uid),          quint32(info.st_gid),          quint32(info.st_size)};
}

const IndexEntry *IndexFile::find(QByteArrayView path) const
{
    const auto at =
        std::lower_bound(entries.begin(), entries.end(), path, [](const IndexEntry &entry, QByteArrayView wanted) {
            return QByteArrayView(entry.path).compare(wanted) < 0;
        });
    return at != entries.end() && at->path == path ? &*at : nullptr;
}

bool IndexFile::hasBelow(QByteArrayView folder) const
{
    const QByteArray prefix = folder.toByteArray() + '/';
    const auto at =
        std::lower_bound(entries.begin(), entries.end(), prefix,
                         [](const IndexEntry &entry, const QByteArray &wanted) { return entry.path < wanted; });
    return at != entries.end() && at->path.startsWith(prefix);
}

Result<IndexFile> readIndex(const QByteArray &gitDir, const QByteArray &workTree)
{
    IndexFile index;
    const QByteArray path = gitDir + "/index";
    struct stat info;
    auto handle = openFile(path, O_RDONLY);
    if (!handle && handle.error().code == ErrorCode::NotFound)
        return index;
    if (!handle)
        return std::move(handle).error();
    if (::fstat(handle->fd(), &info) != 0)
        return systemError(errno, u"read", path);
    index.mtimeNs = qint64(info.st_mtim.tv_sec) * 1000000000 + info.st_mtim.tv_nsec;
    QByteArray bytes(info.st_size, Qt::Uninitialized);
    qsizetype got = 0;
    while (got < bytes.size()) {
        const ssize_t n = ::read(handle->fd(), bytes.data() + got, size_t(bytes.size() - got));
        if (n <= 0)
            return systemError(errno, u"read", path);
        got += n;
    }
    index.storage = bytes;
    HUB_TRY(const Shape shape, parse(index, path));
    if (shape == Shape::NeedsGit)
        return readThroughGit(gitDir, workTree, std::move(index));
    return index;
}

Result<QByteArray> readIndexChecksum(const QByteArray &gitDir)
{
    auto handle = openFile(gitDir + "/index", O_RDONLY);
    if (!handle && handle.error().code == ErrorCode::NotFound)
        return QByteArray();
    if (!handle)
        return std::move(handle).error();
    QByteArray sum(hashSize, Qt::Uninitialized);
    if (::lseek(handle->fd(), -hashSize, SEEK_END) < 0 || ::read(handle->fd(), sum.data(), hashSize) != hashSize)
        return damaged(gitDir + "/index");
    return sum;
}

QByteArray indexBytes(const std::vector<IndexEntry> &entries)
{
    const bool extended = std::any_of(entries.begin(), entries.end(),
                                      [](const IndexEntry &e) { return e.intentToAdd || e.skipWorktree; });
    QByteArray bytes;
    bytes.reserve(qsizetype(entries.size()) * 110 + 64);
    const auto put32 = [&](quint32 value) {
        const quint32 big = qToBigEndian(value);
        bytes.append(reinterpret_cast<const char *>(&big), 4);
    };
    const auto put16 = [&](quint32 value) {
        const quint16 big = qToBigEndian(quint16(value));
        bytes.append(reinterpret_cast<const char *>(&big), 2);
    };
    bytes.append("DIRC");
    put32(extended ? 3 : 2);
    put32(quint32(entries.size()));
    for (const IndexEntry &entry : entries) {
        const qsizetype start = bytes.size();
        const IndexStat &s = entry.stat;
        for (const quint32 value : {s.ctimeSeconds, s.ctimeNanos, s.mtimeSeconds, s.mtimeNanos, s.device, s.inode,
                                    entry.mode, s.user, s.group, s.size})
            put32(value);
        bytes.append(entry.id.raw());
        const bool more = entry.intentToAdd || entry.skipWorktree;
        put16((entry.assumeValid ? 0x8000u : 0u) | (more ? 0x4000u : 0u) | (quint32(entry.stage) << 12) |
              quint32(std::min<qsizetype>(entry.path.size(), 0xfff)));
        if (more)
            put16((entry.skipWorktree ? 0x4000u : 0u) | (entry.intentToAdd ? 0x2000u : 0u));
        bytes.append(entry.path);
        bytes.append(8 - (bytes.size() - start) % 8, '\0');
    }
    bytes.append(QCryptographicHash::hash(bytes, QCryptographicHash::Sha1));
    return bytes;
}

} // namespace hub::git
