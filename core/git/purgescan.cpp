#include "core/git/purgescan.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"

#include <zlib.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr qint64 largestSealed = 64 << 20;  // bytes of a compressed blob that is looked into
constexpr qint64 largestOpened = 1ll << 30; // bytes that one may become
constexpr qsizetype pieceSize = 256 * 1024;

// Finds the text in bytes that come in pieces.
class Finder
{
public:
    explicit Finder(const SecretText &text)
        : m_text(text)
        , m_overlap(text.spellings().first().size() - 1)
    {
    }
    bool take(QByteArrayView more)
    {
        m_window.append(more);
        m_found = m_found || m_text.isIn(m_window);
        m_window.remove(0, std::max<qsizetype>(0, m_window.size() - m_overlap));
        return m_found;
    }
    bool found() const { return m_found; }
    void reset()
    {
        m_window.clear();
        m_found = false;
    }

private:
    const SecretText &m_text;
    const qsizetype m_overlap;
    QByteArray m_window;
    bool m_found = false;
};

// The loose objects of a nested repository, or a file that somebody compressed.
bool isInStream(const QByteArray &bytes, const SecretText &text)
{
    z_stream stream{};
    if (inflateInit2(&stream, MAX_WBITS + 32) != Z_OK) // zlib or gzip, by its head
        return false;
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
    stream.avail_in = uInt(bytes.size());
    Finder finder(text);
    QByteArray piece(pieceSize, Qt::Uninitialized);
    qint64 opened = 0;
    for (int state = Z_OK; state == Z_OK && opened < largestOpened && !finder.found();) {
        stream.next_out = reinterpret_cast<Bytef *>(piece.data());
        stream.avail_out = uInt(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
        const qsizetype size = piece.size() - qsizetype(stream.avail_out);
        opened += size;
        if (size == 0)
            break;
        finder.take(QByteArrayView(piece).first(size));
    }
    inflateEnd(&stream);
    return finder.found();
}

// The pack of a nested repository. What git can't read is no pack.
Result<bool> isInPack(const QByteArray &bytes, const SecretText &text, const QByteArray &aside,
                      const std::atomic<bool> &stop)
{
    HUB_CHECK(removeTree(aside));
    const auto look = [&]() -> Result<bool> {
        HUB_CHECK(makeFolders(aside + "/objects/pack"));
        HUB_CHECK(makeFolders(aside + "/refs"));
        HUB_CHECK(writeFileDurably(aside + "/HEAD", "ref: refs/heads/none\n"));
        HUB_CHECK(writeFileDurably(aside + "/config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"));
        HUB_TRY(const GitOutput unpacked, tryGit({.folder = aside,
                                                  .arguments = {"index-pack", "--stdin"},
                                                  .input = bytes,
                                                  .timeLimit = std::chrono::hours{1},
                                                  .stop = &stop}));
        if (unpacked.exitCode != 0)
            return false;
        HUB_TRY(const ObjectScan scan, scanObjects(aside, text, stop));
        return !scan.blobs.empty() || !scan.sealed.empty() || !scan.others.empty();
    };
    auto found = look();
    HUB_CHECK(removeTree(aside));
    return found;
}

bool maybeStream(QByteArrayView start)
{
    if (start.size() < 2)
        return false;
    const auto first = uchar(start[0]), second = uchar(start[1]);
    return (first == 0x1f && second == 0x8b) || (first == 0x78 && (first * 256 + second) % 31 == 0);
}

// Takes what `git cat-file --batch` writes.
class Scanner
{
public:
    Scanner(const QByteArray &repository, const SecretText &text, const std::atomic<bool> &stop, ObjectScan &scan)
        : m_repository(repository)
        , m_text(text)
        , m_stop(stop)
        , m_scan(scan)
        , m_finder(text)
    {
    }

    void take(QByteArrayView more)
    {
        while (!more.isEmpty() && m_outcome) {
            if (m_left > 0) {
                const QByteArrayView piece = more.first(std::min<qint64>(m_left, more.size()));
                more = more.sliced(piece.size());
                m_left -= piece.size();
                content(piece);
                if (m_left == 0)
                    m_outcome = finish();
            } else { // a head, or the line end behind the object before
                const qsizetype end = more.indexOf('\n');
                m_line.append(more.first(end < 0 ? more.size() : end));
                more = end < 0 ? QByteArrayView() : more.sliced(end + 1);
                if (end >= 0 && !m_line.isEmpty())
                    m_outcome = begin();
            }
        }
    }
    Result<> outcome() const { return m_outcome; }

private:
    Result<> begin()
    {
        const QList<QByteArray> words = std::exchange(m_line, {}).split(' ');
        const auto id = ObjectId::fromHex(words.value(0));
        if (!id || words.size() != 3)
            return fail(ErrorCode::Corrupt,
                        u"An object of %1 can't be read."_s.arg(QString::fromLocal8Bit(m_repository)));
        m_id = *id;
        m_type = words[1];
        m_left = words[2].toLongLong();
        m_size = m_left;
        m_finder.reset();
        m_sealed.clear();
        m_keep = false;
        return m_left == 0 ? finish() : Result<>();
    }

    void content(QByteArrayView piece)
    {
        if (m_sealed.isEmpty() && !m_keep && m_left + piece.size() == m_size && m_type == "blob" &&
            m_size <= largestSealed)
            m_keep = maybeStream(piece) || piece.startsWith("PACK");
        if (m_keep)
            m_sealed.append(piece);
        m_finder.take(piece);
    }

    Result<> finish()
    {
        if (m_type == "commit")
            m_scan.commits.push_back(m_id);
        else if (m_type == "tree")
            m_scan.trees.push_back(m_id);
        else if (m_type == "tag")
            m_scan.tags.push_back(m_id);
        if (m_finder.found()) {
            (m_type == "blob" ? m_scan.blobs : m_scan.others).insert(m_id);
            return {};
        }
        if (!m_keep)
            return {};
        bool found = false;
        if (m_sealed.startsWith("PACK")) {
            HUB_TRY(found, isInPack(m_sealed, m_text, m_repository + "/care/pack", m_stop));
        } else {
            found = isInStream(m_sealed, m_text);
        }
        if (found)
            m_scan.sealed.insert(m_id);
        m_sealed = {};
        return {};
    }

    const QByteArray &m_repository;
    const SecretText &m_text;
    const std::atomic<bool> &m_stop;
    ObjectScan &m_scan;
    Finder m_finder;
    Result<> m_outcome;
    QByteArray m_line, m_type, m_sealed;
    ObjectId m_id;
    qint64 m_left = 0, m_size = 0;
    bool m_keep = false;
};

Result<ObjectScan> listObjects(const QByteArray &repository, const std::atomic<bool> &stop)
{
    ObjectScan scan;
    QByteArray rest;
    GitCall call{
        .folder = repository,
        .arguments = {"cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"},
        .timeLimit = std::chrono::hours{2},
        .stop = &stop};
    call.take = [&](QByteArrayView more) {
        rest.append(more);
        qsizetype from = 0;
        for (qsizetype end; (end = rest.indexOf('\n', from)) >= 0; from = end + 1) {
            const QByteArrayView line = QByteArrayView(rest).sliced(from, end - from);
            const auto id = ObjectId::fromHex(line.first(std::min<qsizetype>(40, line.size())));
            if (!id)
                continue;
            if (line.endsWith(" commit"))
                scan.commits.push_back(*id);
            else if (line.endsWith(" tree"))
                scan.trees.push_back(*id);
            else if (line.endsWith(" tag"))
                scan.tags.push_back(*id);
        }
        rest.remove(0, from);
    };
    HUB_CHECK(runGit(call));
    return scan;
}

} // namespace

Result<ObjectScan> scanObjects(const QByteArray &repository, const std::optional<SecretText> &text,
                               const std::atomic<bool> &stop)
{
    if (!text)
        return listObjects(repository, stop);
    ObjectScan scan;
    Scanner scanner(repository, *text, stop, scan);
    GitCall call{.folder = repository,
                 .arguments = {"-c", "core.packedGitLimit=64m", "cat-file", "--batch-all-objects", "--unordered",
                               "--buffer", "--batch"},
                 .timeLimit = std::chrono::hours{12},
                 .stop = &stop};
    call.take = [&](QByteArrayView more) { scanner.take(more); };
    HUB_CHECK(runGit(call));
    HUB_CHECK(scanner.outcome());
    return scan;
}

} // namespace hub::git
