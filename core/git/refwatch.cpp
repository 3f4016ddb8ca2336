#include "core/git/refwatch.h"

#include "core/base/durablefile.h"
#include "core/base/shellwords.h"
#include "core/git/gitprogram.h"
#include "core/posix/guardfile.h"

#include <QDateTime>
#include <QFile>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr off_t longFile = 1 << 20; // bytes of moves, from which on a new file is begun
const QByteArray agentBranches = "refs/heads/agent/";

QByteArray guardPath(const QByteArray &commonDir, const char *name)
{
    return commonDir + '/' + posix::guardFolder + '/' + name;
}
QByteArray movesPath(const QByteArray &commonDir) { return guardPath(commonDir, posix::guardMoves); }
QByteArray earlierMovesPath(const QByteArray &commonDir) { return movesPath(commonDir) + ".old"; }

QByteArray packedValue(const QByteArray &packed, const QByteArray &ref)
{
    const qsizetype at = packed.indexOf(' ' + ref + '\n');
    return at < 40 ? QByteArray() : packed.sliced(at - 40, 40);
}

// Not through symbolic refs: that a branch has become one is what has to be seen.
QByteArray valueFrom(const QByteArray &text)
{
    if (text.startsWith("ref:"))
        return "ref: " + text.mid(4).trimmed();
    const QByteArray id = text.trimmed().toLower();
    return ObjectId::fromHex(id) ? id : QByteArray(unreadableRef);
}

QByteArray rawValue(const QByteArray &commonDir, const QByteArray &ref)
{
    const QByteArray path = commonDir + '/' + ref;
    auto loose = readFile(path);
    if (loose)
        return valueFrom(*loose);
    struct stat info;
    if (::lstat(path.constData(), &info) == 0 && !S_ISDIR(info.st_mode))
        return unreadableRef;
    return packedValue(readFile(commonDir + "/packed-refs").valueOr({}), ref);
}

void addStat(QByteArray &stamp, const QByteArray &path, qint64 &newest)
{
    struct stat info;
    if (::lstat(path.constData(), &info) != 0) {
        stamp += "- ";
        return;
    }
    const auto nanos = [](const timespec &t) { return qint64(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
    newest = std::max({newest, nanos(info.st_mtim), nanos(info.st_ctim)});
    for (const qint64 part :
         {qint64(info.st_dev), qint64(info.st_ino), qint64(info.st_size), nanos(info.st_mtim), nanos(info.st_ctim)})
        stamp += QByteArray::number(part) + ',';
    stamp += ' ';
}

struct FileRead {
    QByteArray bytes;
    quint64 inode = 0;
    qint64 begin = 0;
    qint64 size = 0;
};

// What came behind `positions`; nothing when there is no such file.
Result<std::optional<FileRead>> readBehind(const QByteArray &path, const QMap<quint64, qint64> &positions)
{
    auto file = openFile(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::NotFound)
        return std::optional<FileRead>();
    if (!file)
        return std::move(file).error();
    struct stat info;
    if (::fstat(file->fd(), &info) != 0)
        return systemError(errno, u"look at", path);
    FileRead read{.inode = quint64(info.st_ino), .size = qint64(info.st_size)};
    read.begin = positions.value(read.inode, 0);
    if (read.begin > read.size) // another file that got the number of one that is gone
        read.begin = 0;
    read.bytes.resize(read.size - read.begin);
    for (qsizetype done = 0; done < read.bytes.size();) {
        const ssize_t got =
            ::pread(file->fd(), read.bytes.data() + done, size_t(read.bytes.size() - done), off_t(read.begin + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError(errno, u"read", path);
        if (got == 0) {
            read.bytes.truncate(done);
            break;
        }
        done += got;
    }
    read.bytes.truncate(read.bytes.lastIndexOf('\n') + 1);
    return std::optional(std::move(read));
}

// How long the reflog is, up to the last line that says why: git's plumbing writes lines that don't.
qint64 loggedWithReason(const QByteArray &path)
{
    constexpr qint64 enough = 65536;
    QFile log(QFile::decodeName(path));
    if (!log.open(QIODevice::ReadOnly))
        return 0;
    const qint64 begin = std::max<qint64>(0, log.size() - enough);
    log.seek(begin);
    const QByteArray tail = log.readAll();
    for (qsizetype end = tail.size(); end > 0;) {
        const qsizetype start = tail.lastIndexOf('\n', end - 2) + 1; // "old new who <mail> time zone\twhy\n"
        if (tail.mid(start, end - start).trimmed().contains('\t'))
            return begin + end;
        end = start;
    }
    return begin;
}

// Every id in the reflog below `path`, and of all reflogs when it is a folder.
void addLogged(const QByteArray &path, std::map<ObjectId, bool> &ids)
{
    if (DIR *folder = ::opendir(path.constData())) {
        while (const dirent *entry = ::readdir(folder)) {
            if (entry->d_name[0] != '.')
                addLogged(path + '/' + entry->d_name, ids);
        }
        ::closedir(folder);
        return;
    }
    for (const QByteArray &line : readFile(path).valueOr({}).split('\n')) {
        const auto id = line.size() > 81 ? ObjectId::fromHex(QByteArrayView(line).sliced(41, 40)) : std::nullopt;
        if (id && !id->isNull())
            ids[*id] = true;
    }
}

// Where agents' branches and the HEADs of their working trees are and were.
Result<std::map<ObjectId, bool>> agentCommits(const RepositoryPlace &place, const QByteArray &trees)
{
    std::map<ObjectId, bool> ids;
    HUB_TRY(const QByteArray tips, runGit({.folder = place.commonDir,
                                           .arguments = {"for-each-ref", "--format=%(objectname)", agentBranches}}));
    for (const QByteArray &line : tips.split('\n')) {
        if (const auto id = ObjectId::fromHex(line))
            ids[*id] = true;
    }
    addLogged(place.commonDir + "/logs/refs/heads/agent", ids);
    const QByteArray entries = place.commonDir + "/worktrees";
    if (DIR *folder = ::opendir(entries.constData())) {
        while (const dirent *entry = ::readdir(folder)) {
            const QByteArray own = entries + '/' + entry->d_name;
            if (entry->d_name[0] == '.' || !readFile(own + "/gitdir").valueOr({}).startsWith(trees + '/'))
                continue;
            if (const auto id = commitOf({{}, own, place.commonDir}, rawValue(own, headRef)))
                ids[*id] = true;
            addLogged(own + "/logs/HEAD", ids);
        }
        ::closedir(folder);
    }
    return ids;
}

} // namespace

std::optional<QList<QByteArray>> guardedRefs(const QByteArray &commonDir)
{
    const auto text = readFile(guardPath(commonDir, posix::guardFileName));
    posix::GuardFile file;
    if (!text || !posix::decodeGuard(std::string_view(text->constData(), size_t(text->size())), file).empty())
        return std::nullopt;
    QList<QByteArray> refs;
    for (const std::string &ref : file.branches)
        refs << QByteArray::fromStdString(ref);
    return refs;
}

std::optional<RefValues> readWatched(const QByteArray &commonDir, const QList<QByteArray> &refs)
{
    struct stat info;
    for (const char *part : {"/objects", "/refs"}) {
        if (::stat((commonDir + part).constData(), &info) != 0 || !S_ISDIR(info.st_mode))
            return std::nullopt;
    }
    RefValues values;
    const QByteArray head = rawValue(commonDir, headRef);
    if (head.isEmpty() || head == unreadableRef) // git takes the folder for no repository
        return std::nullopt;
    values[headLog] = QByteArray::number(loggedWithReason(commonDir + '/' + headLog));
    values[headRef] = head;
    for (const QByteArray &ref : refs)
        values[ref] = rawValue(commonDir, ref);
    return values;
}

std::optional<QByteArray> headLogAtRest(const QByteArray &commonDir)
{
    const QByteArray length = QByteArray::number(loggedWithReason(commonDir + '/' + headLog));
    struct stat info;
    return ::lstat((commonDir + "/HEAD.lock").constData(), &info) == 0 ? std::nullopt : std::optional(length);
}

QByteArray watchStamp(const QByteArray &commonDir, const QList<QByteArray> &refs)
{
    constexpr qint64 sameMoment = 20'000'000; // nanoseconds; file systems count in steps of up to 10 ms
    QByteArray stamp;
    qint64 newest = 0;
    for (const QByteArray &ref : refs)
        addStat(stamp, commonDir + '/' + ref, newest);
    for (const char *name : {"HEAD", "logs/HEAD", "packed-refs", "objects", "refs"})
        addStat(stamp, commonDir + '/' + name, newest);
    addStat(stamp, guardPath(commonDir, posix::guardFileName), newest);
    addStat(stamp, movesPath(commonDir), newest);
    addStat(stamp, earlierMovesPath(commonDir), newest);
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return qint64(now.tv_sec) * 1'000'000'000 + now.tv_nsec - newest < sameMoment ? QByteArray() : stamp;
}

std::optional<GuardMove> moveFrom(QByteArrayView line)
{
    GuardMove move;
    const QByteArrayView suffix(posix::guardIntended);
    move.intended = line.endsWith(suffix);
    if (move.intended)
        line.chop(suffix.size());
    const QList<QByteArray> words = line.toByteArray().split(' ');
    bool timed = false, owned = false;
    move.at = words.value(0).toLongLong(&timed);
    move.uid = words.value(1).toUInt(&owned);
    const auto from = ObjectId::fromHex(words.value(2)), to = ObjectId::fromHex(words.value(3));
    if (words.size() != 5 || !timed || !owned || !from || !to)
        return std::nullopt;
    move.from = from->isNull() ? QByteArray() : words[2];
    move.to = to->isNull() ? QByteArray() : words[3];
    move.ref = words[4];
    return move;
}

Result<MovesRead> readMoves(const QByteArray &commonDir, const QMap<quint64, qint64> &positions)
{
    const QByteArray path = movesPath(commonDir), earlier = earlierMovesPath(commonDir);
    struct stat now, then;
    const auto isRead = [&](const struct stat &info) {
        return positions.value(quint64(info.st_ino), 0) == qint64(info.st_size);
    };
    if (::stat(path.constData(), &now) == 0 && now.st_size > longFile && isRead(now) &&
        (::stat(earlier.constData(), &then) != 0 || isRead(then)) &&
        ::rename(path.constData(), earlier.constData()) != 0)
        return systemError(errno, u"rename", path);
    MovesRead read;
    for (const QByteArray &name : {earlier, path}) {
        HUB_TRY(const auto file, readBehind(name, positions));
        if (!file)
            continue;
        for (const QByteArray &line : file->bytes.split('\n')) {
            if (const auto move = moveFrom(line))
                read.moves << *move;
        }
        read.positions[file->inode] = file->begin + file->bytes.size();
    }
    return read;
}

std::optional<ObjectId> commitOf(const RepositoryPlace &place, const QByteArray &value)
{
    if (value.startsWith("ref: "))
        return readRef(place, value.mid(5)).valueOr({});
    return ObjectId::fromHex(value);
}

Result<bool> cameFromAgent(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before,
                           const QByteArray &after, const QByteArray &trees)
{
    if (after.startsWith("ref: " + agentBranches))
        return true;
    if (after.isEmpty())
        return ref != headRef;
    const auto now = commitOf(place, after);
    if (!now)
        return false;
    HUB_TRY(const auto own, agentCommits(place, trees));
    if (ref == headRef)
        return !after.startsWith("ref: ") && own.contains(*now);
    if (own.contains(*now))
        return true;
    // A branch that contains it. Git fails when the commit isn't there at all.
    HUB_TRY(const GitOutput holders,
            tryGit({.folder = place.commonDir,
                    .arguments = {"for-each-ref", "--count=1", "--contains", now->hex(), agentBranches}}));
    if (holders.exitCode != 0 || !holders.out.trimmed().isEmpty())
        return holders.exitCode == 0;
    QList<QByteArray> words{"rev-list", "--max-count=10000", now->hex()};
    if (const auto then = commitOf(place, before))
        words << "^" + then->hex();
    HUB_TRY(const GitOutput added, tryGit({.folder = place.commonDir, .arguments = words}));
    for (const QByteArray &line : added.out.split('\n')) {
        const auto id = ObjectId::fromHex(line);
        if (id && own.contains(*id))
            return true;
    }
    return false;
}

Result<> putBack(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before, const QByteArray &after)
{
    const RepositoryPlace main{{}, place.commonDir, place.commonDir};
    if (rawValue(place.commonDir, ref) != after)
        return fail(ErrorCode::Conflict, u"%1 was moved again meanwhile"_s.arg(QFile::decodeName(ref)));
    const auto expected = commitOf(main, after);
    QList<QByteArray> words{"-c", "core.hooksPath=/dev/null"};
    const QByteArray why = "agenthub: put back";
    if (before.startsWith("ref: "))
        words << "symbolic-ref"
              << "-m" << why << ref << before.mid(5);
    else if (before.isEmpty())
        words << "update-ref"
              << "--no-deref"
              << "-m" << why << "-d" << ref << (expected ? expected->hex() : QByteArray());
    else
        words << "update-ref"
              << "--no-deref"
              << "--create-reflog"
              << "-m" << why << ref << before << (expected ? expected->hex() : QByteArray(40, '0'));
    HUB_CHECK(runGit({.folder = place.commonDir, .arguments = words, .writes = true}));
    return syncRef(main, ref);
}

QString putBackCommand(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before,
                       const QByteArray &after)
{
    const auto expected = commitOf({{}, place.commonDir, place.commonDir}, after);
    QStringList words{u"git"_s, u"-C"_s, QFile::decodeName(place.workTree)};
    if (before.startsWith("ref: "))
        words << u"symbolic-ref"_s << QFile::decodeName(ref) << QFile::decodeName(before.mid(5));
    else if (before.isEmpty())
        words << u"update-ref"_s << u"--no-deref"_s << u"-d"_s << QFile::decodeName(ref);
    else
        words << u"update-ref"_s << u"--no-deref"_s << QFile::decodeName(ref) << QString::fromLatin1(before);
    if (expected && !before.startsWith("ref: "))
        words << QString::fromLatin1(expected->hex());
    return joinWords(words);
}

Result<QList<QByteArray>> checkedOutIn(const RepositoryPlace &place, const QByteArray &ref)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = place.commonDir, .arguments = {"worktree", "list", "--porcelain"}}));
    QList<QByteArray> folders;
    QByteArray folder;
    for (const QByteArray &line : listed.split('\n')) {
        if (line.startsWith("worktree "))
            folder = line.mid(9);
        else if (line == "branch " + ref)
            folders << folder;
    }
    return folders;
}

} // namespace hub::git
