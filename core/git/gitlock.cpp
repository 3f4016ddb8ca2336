#include "core/git/gitlock.h"

#include "core/git/restorelock.h"
#include "core/posix/fd.h"

#include <QDir>

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

constexpr std::chrono::milliseconds patience{3000}, pause{50};
// A program takes the lock and shows as its holder within this time.
constexpr std::chrono::milliseconds settled{1000};

QByteArray linkTarget(const QByteArray &path)
{
    QByteArray target(4096, '\0');
    const ssize_t size = ::readlink(path.constData(), target.data(), size_t(target.size()));
    return target.first(std::max<ssize_t>(size, 0));
}

// As /proc names it.
QByteArray realPath(const QByteArray &path)
{
    return QFile::encodeName(QFileInfo(QFile::decodeName(path)).canonicalFilePath());
}

bool within(const QByteArray &path, const QByteArray &folder)
{
    return path == folder || path.startsWith(folder + '/');
}

bool opened(const QByteArray &process, const QByteArray &path)
{
    const QStringList entries =
        QDir(QFile::decodeName(process + "/fd")).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
    return std::any_of(entries.begin(), entries.end(),
                       [&](const QString &entry) { return linkTarget(process + "/fd/" + entry.toLatin1()) == path; });
}

QString commandLine(const QByteArray &process)
{
    std::string words;
    if (posix::readFileAt(AT_FDCWD, (process + "/cmdline").constData(), words) != 0)
        return {};
    return QString::fromLocal8Bit(words.c_str(), qsizetype(words.size())).replace(u'\0', u' ').trimmed().left(80);
}

// git closes a lock before it renames it, and keeps it while an editor or a hook runs: so whoever has it open, and
// each git that stands in this working tree. git goes to the top of the tree before it does anything.
std::optional<ForeignLock> findHolder(const RepositoryPlace &place, const QByteArray &path)
{
    const QByteArray tree = realPath(place.workTree), gitDir = realPath(place.gitDir), lock = realPath(path);
    for (const QString &entry : QDir(u"/proc"_s).entryList(QDir::Dirs)) {
        bool number = false;
        const pid_t pid = entry.toInt(&number);
        if (!number || pid == ::getpid())
            continue;
        const QByteArray process = "/proc/" + entry.toLatin1();
        std::string name;
        if (posix::readFileAt(AT_FDCWD, (process + "/comm").constData(), name) != 0)
            continue;
        const bool git = name.starts_with("git");
        const QByteArray folder = git ? linkTarget(process + "/cwd") : QByteArray();
        if ((git && (within(folder, tree) || within(folder, gitDir))) || opened(process, lock))
            return ForeignLock{pid, commandLine(process)};
    }
    return {};
}

// None when it is not there, or ours.
Result<std::optional<ForeignLock>> heldAt(const RepositoryPlace &place, const QByteArray &path)
{
    struct stat info;
    if (::lstat(path.constData(), &info) != 0) {
        if (errno == ENOENT)
            return std::optional<ForeignLock>();
        return systemError(errno, u"read", path);
    }
    if (path == place.gitDir + "/index.lock") {
        HUB_TRY(const auto ours, RestoreLock::read(place));
        if (ours)
            return std::optional<ForeignLock>();
    }
    return std::optional(findHolder(place, path).value_or(ForeignLock{}));
}

Result<> awaitLock(const RepositoryPlace &place, const QByteArray &lock)
{
    struct stat first = {};
    std::chrono::milliseconds abandoned{0};
    for (std::chrono::milliseconds waited{0};; waited += pause) {
        HUB_TRY(const auto foreign, heldAt(place, lock));
        struct stat now;
        if (!foreign || ::lstat(lock.constData(), &now) != 0)
            return {};
        const bool same = now.st_ino == first.st_ino && now.st_size == first.st_size &&
                          now.st_mtim.tv_sec == first.st_mtim.tv_sec && now.st_mtim.tv_nsec == first.st_mtim.tv_nsec;
        abandoned = same && foreign->holder == 0 ? abandoned + pause : std::chrono::milliseconds{0};
        first = now;
        if (abandoned >= settled)
            break;
        if (waited >= patience && foreign->holder != 0)
            return fail(
                ErrorCode::Conflict,
                u"git is at work in this working tree (process %1: %2), so nothing was changed."_s.arg(foreign->holder)
                    .arg(foreign->program),
                u"Let it end, or end it, then try again."_s);
        std::this_thread::sleep_for(pause);
    }
    if (::unlink(lock.constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"remove the stale", lock);
    return {};
}

} // namespace

std::vector<QByteArray> lockFiles(const RepositoryPlace &place, const std::vector<QByteArray> &branches)
{
    std::vector<QByteArray> paths{place.gitDir + "/index.lock", place.gitDir + "/HEAD.lock"};
    for (const QByteArray &branch : branches)
        paths.push_back(place.commonDir + '/' + branch + ".lock");
    return paths;
}

Result<std::optional<ForeignLock>> foreignLock(const RepositoryPlace &place, const std::vector<QByteArray> &branches)
{
    std::optional<ForeignLock> left;
    for (const QByteArray &path : lockFiles(place, branches)) {
        HUB_TRY(const auto foreign, heldAt(place, path));
        if (foreign && foreign->holder != 0)
            return foreign;
        if (foreign)
            left = foreign;
    }
    return left;
}

Result<> awaitLocks(const RepositoryPlace &place, const std::vector<QByteArray> &branches)
{
    for (const QByteArray &path : lockFiles(place, branches))
        HUB_CHECK(awaitLock(place, path));
    return {};
}

} // namespace hub::git
