#include "core/git/packfolder.h"

#include "core/base/durablefile.h"

#include <QSet>
#include <QtEndian>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr qint64 idsAt = 8 + 256 * 4; // behind the head and the table of first bytes
constexpr qint64 sumsAtEnd = 40;

QByteArray packFolder(const QByteArray &vault) { return vault + "/objects/pack"; }
QByteArray removalList(const QByteArray &vault) { return vault + "/leaving"; }

Result<QList<QByteArray>> filesIn(const QByteArray &folder)
{
    DIR *entries = ::opendir(folder.constData());
    if (!entries)
        return systemError(errno, u"read", folder);
    QList<QByteArray> names;
    while (const dirent *entry = ::readdir(entries)) {
        if (entry->d_name[0] != '.')
            names << QByteArray(entry->d_name);
    }
    ::closedir(entries);
    std::sort(names.begin(), names.end());
    return names;
}

Result<> unlinkIn(const QByteArray &vault, const QByteArray &file)
{
    const QByteArray path = packFolder(vault) + '/' + file;
    if (::unlink(path.constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"remove", path);
    return {};
}

Error damaged(const QByteArray &path)
{
    return fail(ErrorCode::Corrupt, u"%1 is no index of a pack."_s.arg(QString::fromLocal8Bit(path)));
}

} // namespace

QByteArray packPath(const QByteArray &vault, const QByteArray &name, const char *ending)
{
    return packFolder(vault) + '/' + name + ending;
}

Result<> writeSeedList(const QByteArray &vault, const QList<ObjectId> &tips)
{
    Seed seed{{}, tips};
    HUB_TRY(const auto files, filesIn(packFolder(vault)));
    for (const QByteArray &file : files) {
        if (file.endsWith(".pack"))
            seed.packs << file.chopped(5);
    }
    return writeSeed(vault, seed);
}

Result<> writeSeed(const QByteArray &vault, const Seed &seed)
{
    QByteArray text;
    for (const QByteArray &pack : seed.packs)
        text += "pack " + pack + '\n';
    for (const ObjectId &tip : seed.tips)
        text += "tip " + tip.hex() + '\n';
    return writeFileDurably(vault + "/seeded", text);
}

Result<Seed> readSeed(const QByteArray &vault)
{
    auto text = readFile(vault + "/seeded");
    if (!text && text.error().code == ErrorCode::NotFound) {
        HUB_CHECK(writeSeedList(vault, {}));
        text = readFile(vault + "/seeded");
    }
    if (!text)
        return std::move(text).error();
    Seed seed;
    for (const QByteArray &line : text->split('\n')) {
        if (line.startsWith("pack "))
            seed.packs << line.mid(5);
        else if (const auto tip = ObjectId::fromHex(line.mid(4)); tip && line.startsWith("tip "))
            seed.tips << *tip;
    }
    return seed;
}

Result<QList<PackFile>> listPacks(const QByteArray &vault, const Seed &seed)
{
    QList<PackFile> packs;
    const QSet<QByteArray> seeded(seed.packs.begin(), seed.packs.end());
    HUB_TRY(const auto files, filesIn(packFolder(vault)));
    for (const QByteArray &file : files) {
        struct stat info;
        if (!file.startsWith("pack-") || !file.endsWith(".idx") ||
            ::stat(packPath(vault, file.chopped(4), ".pack").constData(), &info) != 0)
            continue;
        packs << PackFile{file.chopped(4), qint64(info.st_size),
                          fromMillis(qint64(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1000000),
                          seeded.contains(file.chopped(4))};
    }
    return packs;
}

Result<> removePackLeftovers(const QByteArray &vault, const Seed &seed)
{
    HUB_TRY(const auto files, filesIn(packFolder(vault)));
    const QSet<QByteArray> all(files.begin(), files.end()), seeded(seed.packs.begin(), seed.packs.end());
    for (const QByteArray &file : files) {
        const QByteArray name = file.first(file.lastIndexOf('.') < 0 ? file.size() : file.lastIndexOf('.'));
        const bool whole = all.contains(name + ".pack") && all.contains(name + ".idx");
        if (file.startsWith("tmp_") || (file.startsWith("pack-") && !whole && !seeded.contains(name)))
            HUB_CHECK(unlinkIn(vault, file));
    }
    return {};
}

Result<> removePacks(const QByteArray &vault, const QList<QByteArray> &names)
{
    if (names.isEmpty())
        return {};
    HUB_CHECK(writeFileDurably(removalList(vault), names.join('\n')));
    return finishRemoval(vault);
}

Result<> finishRemoval(const QByteArray &vault)
{
    const auto list = readFile(removalList(vault));
    if (!list)
        return list.error().code == ErrorCode::NotFound ? Result<>() : Result<>(list.error());
    for (const QByteArray &name : list->split('\n')) {
        // The index first: without it git takes the pack for none.
        for (const char *ending : {".idx", ".rev", ".bitmap", ".pack"})
            HUB_CHECK(unlinkIn(vault, name + ending));
    }
    HUB_CHECK(syncFolder(packFolder(vault)));
    if (::unlink(removalList(vault).constData()) != 0 && errno != ENOENT) // two may finish it
        return systemError(errno, u"remove", removalList(vault));
    return syncFolder(vault);
}

void Unmap::operator()(const unsigned char *data) const { ::munmap(const_cast<unsigned char *>(data), size); }

Result<PackIndex> PackIndex::open(const QByteArray &path)
{
    HUB_TRY(const FileHandle file, openFile(path, O_RDONLY));
    struct stat info;
    if (::fstat(file.fd(), &info) != 0)
        return systemError(errno, u"read", path);
    if (info.st_size < idsAt + sumsAtEnd)
        return damaged(path);
    void *data = ::mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, file.fd(), 0);
    if (data == MAP_FAILED)
        return systemError(errno, u"read", path);
    PackIndex index;
    index.m_data = {static_cast<const unsigned char *>(data), Unmap{size_t(info.st_size)}};
    index.m_count = index.number(8 + 255 * 4);
    if (std::memcmp(data, "\377tOc\0\0\0\2", 8) != 0 || info.st_size < idsAt + index.m_count * 28 + sumsAtEnd)
        return damaged(path);
    return index;
}

quint32 PackIndex::number(qint64 at) const { return qFromBigEndian<quint32>(m_data.get() + at); }

ObjectId PackIndex::id(qint64 at) const { return ObjectId::fromRaw(m_data.get() + idsAt + at * 20); }

bool PackIndex::contains(const ObjectId &wanted) const
{
    const int first = wanted.bytes[0];
    qint64 low = first == 0 ? 0 : number(8 + (first - 1) * 4), high = number(8 + first * 4);
    while (low < high) {
        const qint64 middle = (low + high) / 2;
        const int order = std::memcmp(m_data.get() + idsAt + middle * 20, wanted.bytes.data(), 20);
        if (order == 0)
            return true;
        (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
    }
    return false;
}

std::vector<qint64> PackIndex::sizes(qint64 packBytes) const
{
    const qint64 offsetsAt = idsAt + m_count * 24, largeAt = offsetsAt + m_count * 4;
    std::vector<std::pair<qint64, qint64>> starts; // offset and place
    starts.reserve(size_t(m_count));
    for (qint64 i = 0; i < m_count; ++i) {
        qint64 offset = number(offsetsAt + i * 4);
        if (offset & 0x80000000) {
            const qint64 at = largeAt + (offset & 0x7fffffff) * 8;
            offset = (qint64(number(at)) << 32) | number(at + 4);
        }
        starts.emplace_back(offset, i);
    }
    std::sort(starts.begin(), starts.end());
    std::vector<qint64> sizes(size_t(m_count), 0);
    for (size_t i = 0; i < starts.size(); ++i) {
        const qint64 end = i + 1 < starts.size() ? starts[i + 1].first : packBytes - 20;
        sizes[size_t(starts[i].second)] = end - starts[i].first;
    }
    return sizes;
}

} // namespace hub::git
