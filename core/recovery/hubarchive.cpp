#include "core/recovery/hubarchive.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/base/json.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr qint64 block = 512, piece = 1 << 20, largestManifest = 256 << 20;
constexpr qint64 largestMember = (qint64(1) << 33) - 1; // what eleven octal digits can say
const QString manifestName = u"manifest.json"_s;
constexpr int format = 1;

// What a file, or a member with its header, takes on a disk.
qint64 roomFor(qint64 size)
{
    constexpr qint64 page = 4096;
    return (size / page + 1) * page;
}

qint64 padding(qint64 size) { return (block - size % block) % block; }

// The header of a plain file, as POSIX has it.
QByteArray headerOf(const QString &name, qint64 size)
{
    QByteArray header(block, '\0');
    const auto put = [&](qsizetype at, const QByteArray &bytes) {
        std::memcpy(header.data() + at, bytes.data(), size_t(bytes.size()));
    };
    const auto octal = [](qint64 number, int digits) {
        return QByteArray::number(number, 8).rightJustified(digits, '0');
    };
    put(0, name.toLatin1());
    put(100, octal(0600, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, octal(size, 11));
    put(136, octal(0, 11));
    put(148, "        ");
    put(156, "0");
    put(257, QByteArray("ustar\0"
                        "00",
                        8));
    qint64 sum = 0;
    for (const char c : header)
        sum += static_cast<unsigned char>(c);
    put(148, octal(sum, 6) + '\0');
    return header;
}

bool isMemberName(const QString &name)
{
    static const QRegularExpression known(u"\\A(task_state\\.db|safety_monitor\\.db|bodies/[0-9a-f]{64})\\z"_s);
    return known.match(name).hasMatch();
}

// Passes all of an open file on, in pieces.
template <class Take>
Result<> readThrough(int fd, qint64 size, const QByteArray &path, Take take)
{
    QByteArray buffer(std::min(piece, std::max<qint64>(size, 1)), Qt::Uninitialized);
    for (qint64 left = size; left > 0;) {
        const ssize_t got = ::read(fd, buffer.data(), size_t(std::min<qint64>(left, buffer.size())));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError(errno, u"read", path);
        if (got == 0)
            return fail(ErrorCode::Corrupt, u"%1 ends too early."_s.arg(QFile::decodeName(path)));
        HUB_CHECK(take(QByteArrayView(buffer).first(got)));
        left -= got;
    }
    return {};
}

struct Measured {
    qint64 size = 0;
    QByteArray digest;
};

Result<Measured> measure(const QByteArray &path)
{
    HUB_TRY(const FileHandle file, openFile(path, O_RDONLY | O_NOFOLLOW));
    struct stat info;
    if (::fstat(file.fd(), &info) != 0)
        return systemError(errno, u"look at", path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    HUB_CHECK(readThrough(file.fd(), info.st_size, path, [&](QByteArrayView bytes) {
        hash.addData(bytes);
        return Result<>();
    }));
    return Measured{qint64(info.st_size), hash.result().toHex()};
}

Result<> writeMember(int to, const QString &name, qint64 size, const QByteArray &from, const QByteArray &toPath)
{
    HUB_TRY(const FileHandle file, openFile(from, O_RDONLY | O_NOFOLLOW));
    HUB_CHECK(writeAll(to, headerOf(name, size), toPath));
    HUB_CHECK(readThrough(file.fd(), size, from,
                          [&](QByteArrayView bytes) { return writeAll(to, bytes.toByteArray(), toPath); }));
    return writeAll(to, QByteArray(padding(size), '\0'), toPath);
}

Result<> writeAllMembers(const QByteArray &partial, const QList<ArchiveMember> &members, QJsonObject manifest)
{
    QJsonArray list;
    for (const ArchiveMember &member : members) {
        HUB_TRY(const Measured measured, measure(member.path));
        if (measured.size > largestMember)
            return fail(ErrorCode::Unsupported, u"%1 is larger than 8 GB, which does not fit into the file."_s.arg(
                                                    QFile::decodeName(member.path)));
        list.append(QJsonObject{{u"name"_s, member.name},
                                {u"bytes"_s, measured.size},
                                {u"sha256"_s, QString::fromLatin1(measured.digest)}});
    }
    manifest[u"format"_s] = format;
    manifest[u"members"_s] = list;
    const QByteArray text = toJson(manifest);
    HUB_TRY(const FileHandle file, openFile(partial, O_WRONLY | O_CREAT | O_EXCL, 0600));
    HUB_CHECK(writeAll(file.fd(), headerOf(manifestName, text.size()) + text + QByteArray(padding(text.size()), '\0'),
                       partial));
    for (qsizetype i = 0; i < members.size(); ++i)
        HUB_CHECK(writeMember(file.fd(), members[i].name, list[i][u"bytes"_s].toInteger(), members[i].path, partial));
    HUB_CHECK(writeAll(file.fd(), QByteArray(2 * block, '\0'), partial));
    return syncFile(file.fd(), partial);
}

class Reader
{
public:
    Reader(int fd, const QByteArray &path)
        : m_fd(fd)
        , m_path(path)
    {
    }

    Error damaged(const QString &why) const
    {
        return fail(ErrorCode::Corrupt,
                    u"%1 is damaged, or no export of AgentHub: %2"_s.arg(QFile::decodeName(m_path), why));
    }
    Result<QByteArray> take(qint64 size)
    {
        QByteArray bytes;
        auto taken = readThrough(m_fd, size, m_path, [&](QByteArrayView more) {
            bytes.append(more);
            return Result<>();
        });
        if (!taken && taken.error().code == ErrorCode::Corrupt)
            return damaged(u"it ends too early."_s);
        HUB_CHECK(taken);
        return bytes;
    }
    // The size of the member that has to come next.
    Result<qint64> header(const QString &name)
    {
        HUB_TRY(const QByteArray found, take(block));
        bool number = false;
        const qint64 size = found.mid(124, 11).toLongLong(&number, 8);
        if (!number || size < 0 || found != headerOf(name, size))
            return damaged(u"%1 is not where it should be."_s.arg(name));
        return size;
    }
    Result<> member(const QJsonObject &wanted, const QByteArray &into)
    {
        const QString name = wanted[u"name"_s].toString();
        if (!isMemberName(name))
            return damaged(u"it has a member that is none of ours."_s);
        HUB_TRY(const qint64 size, header(name));
        if (size != wanted[u"bytes"_s].toInteger(-1))
            return damaged(u"%1 has another size than its manifest says."_s.arg(name));
        FileHandle file;
        const QByteArray target = into + '/' + name.toLatin1();
        if (!into.isEmpty()) {
            HUB_TRY(file, openFile(target, O_WRONLY | O_CREAT | O_EXCL, 0600));
        }
        QCryptographicHash hash(QCryptographicHash::Sha256);
        auto copied = readThrough(m_fd, size, m_path, [&](QByteArrayView bytes) -> Result<> {
            hash.addData(bytes);
            return file.isOpen() ? writeAll(file.fd(), bytes.toByteArray(), target) : Result<>();
        });
        if (!copied && copied.error().code == ErrorCode::Corrupt)
            return damaged(u"it ends too early."_s);
        HUB_CHECK(copied);
        if (QString::fromLatin1(hash.result().toHex()) != wanted[u"sha256"_s].toString())
            return damaged(u"%1 is not what its manifest says."_s.arg(name));
        HUB_CHECK(zeros(padding(size)));
        return file.isOpen() ? syncFile(file.fd(), target) : Result<>();
    }
    Result<> zeros(qint64 count)
    {
        HUB_TRY(const QByteArray found, take(count));
        return found == QByteArray(count, '\0') ? Result<>()
                                                : Result<>(damaged(u"something stands between its members."_s));
    }
    Result<> end()
    {
        HUB_CHECK(zeros(2 * block));
        char more;
        return ::read(m_fd, &more, 1) == 0 ? Result<>() : Result<>(damaged(u"something stands behind its end."_s));
    }

private:
    const int m_fd;
    const QByteArray m_path;
};

// What the members take unpacked.
Result<qint64> unpackedSize(const QJsonArray &members, const Reader &reader, qint64 fileSize)
{
    qint64 bytes = 0, room = 0;
    for (const QJsonValue &member : members) {
        const qint64 size = member[u"bytes"_s].toInteger(-1);
        if (size < 0 || size > largestMember)
            return reader.damaged(u"a member's size can't be right."_s);
        bytes += size;
        room += roomFor(size);
    }
    if (bytes > fileSize)
        return reader.damaged(u"it ends too early."_s);
    return room;
}

} // namespace

Result<> writeArchive(const QByteArray &to, const QList<ArchiveMember> &members, const QJsonObject &facts)
{
    const QByteArray partial = to + ".partial";
    if (::access(to.constData(), F_OK) == 0)
        return fail(ErrorCode::Conflict, u"%1 is there already; it was not written over."_s.arg(QFile::decodeName(to)),
                    u"Name another file."_s);
    ::unlink(partial.constData());
    qint64 room = 0;
    for (const ArchiveMember &member : members)
        room += roomFor(QFileInfo(QFile::decodeName(member.path)).size());
    HUB_CHECK(checkRoom(to, room, u"Not exported"_s));
    const auto made = [&]() -> Result<> {
        HUB_CHECK(writeAllMembers(partial, members, facts));
        HUB_CHECK(readArchive(partial));
        // Not renamed: that would write over what came meanwhile.
        if (::link(partial.constData(), to.constData()) != 0)
            return systemError(errno, u"write", to);
        return {};
    }();
    ::unlink(partial.constData());
    HUB_CHECK(made);
    return syncFolder(to.left(std::max<qsizetype>(to.lastIndexOf('/'), 1)));
}

Result<QJsonObject> readArchive(const QByteArray &from, const QByteArray &into)
{
    HUB_TRY(const FileHandle file, openFile(from, O_RDONLY | O_NONBLOCK));
    struct stat info;
    if (::fstat(file.fd(), &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorCode::InvalidInput, u"%1 is no file."_s.arg(QFile::decodeName(from)));
    Reader reader(file.fd(), from);
    HUB_TRY(const qint64 size, reader.header(manifestName));
    if (size > largestManifest || size > info.st_size)
        return reader.damaged(u"its manifest is too large."_s);
    HUB_TRY(const QByteArray text, reader.take(size));
    HUB_CHECK(reader.zeros(padding(size)));
    const auto manifest = objectFromJson(text);
    if (!manifest)
        return reader.damaged(u"its manifest can't be read."_s);
    if ((*manifest)[u"format"_s].toInt() > format)
        return fail(ErrorCode::Unsupported,
                    u"%1 was written by a newer AgentHub; nothing was changed."_s.arg(QFile::decodeName(from)),
                    u"Update AgentHub here, then import it."_s);
    const QJsonArray members = (*manifest)[u"members"_s].toArray();
    HUB_TRY(const qint64 room, unpackedSize(members, reader, info.st_size));
    if (!into.isEmpty())
        HUB_CHECK(checkRoom(into, room, u"Not imported, and nothing was changed"_s));
    for (const QJsonValue &member : members)
        HUB_CHECK(reader.member(member.toObject(), into));
    HUB_CHECK(reader.end());
    return *manifest;
}

} // namespace hub::recovery
