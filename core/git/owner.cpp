#include "core/git/owner.h"

#include "core/base/json.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

enum class Life { Dead, Alive, Working };

QByteArray folderOf(const QByteArray &commonDir) { return commonDir + "/agenthub"; }
QByteArray fileOf(const QByteArray &commonDir) { return folderOf(commonDir) + "/owner"; }
QByteArray lockOf(const QByteArray &commonDir) { return folderOf(commonDir) + "/lock"; }

bool isLocked(const QString &path)
{
    const auto file = openFile(QFile::encodeName(path), O_RDONLY);
    return file && ::flock(file->fd(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// By what its data folder tells, beside the lock in the repository: that one is lost with a deleted `.git`.
Life lifeOf(const Owner &owner)
{
    if (isLocked(owner.dataFolder + u"/lock"_s))
        return Life::Alive;
    const QString runs = owner.dataFolder + u"/runs"_s;
    for (const QString &run : QDir(runs).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (isLocked(runs + u'/' + run + u"/lock"_s))
            return Life::Working;
    }
    return Life::Dead;
}

QString whose(const Owner &owner)
{
    return u"data folder %1, account %2 on %3, project %4"_s.arg(owner.dataFolder, owner.account, owner.host,
                                                                 owner.project);
}

Error refusal(const QByteArray &commonDir, const Owner &owner, Life life)
{
    const QString git = QFile::decodeName(commonDir);
    const QString there = u"agenthubctl --data-dir '%1' projects remove %2"_s.arg(owner.dataFolder, owner.project);
    QString text =
        u"%1 belongs to another hub (%2) since %3; nothing was changed. "_s.arg(git, whose(owner), toIso(owner.since));
    switch (life) {
    case Life::Alive:
        return fail(ErrorCode::Refused, text + u"That hub is running."_s, u"Remove it there first: "_s + there);
    case Life::Working:
        return fail(ErrorCode::Refused, text + u"That hub is not running, but agents of it still work."_s,
                    u"Start that hub and remove the project there: "_s + there);
    case Life::Dead: break;
    }
    text += QFileInfo::exists(owner.dataFolder) ? u"That hub is not running."_s : u"Its data folder is gone."_s;
    return fail(ErrorCode::Refused, text,
                u"Start that hub and remove the project there. If it is gone for good: agenthubctl projects add "
                u"SOURCE --take-over"_s);
}

Result<FileHandle> openLock(const QByteArray &commonDir)
{
    struct stat info;
    if (::stat(commonDir.constData(), &info) != 0)
        return systemError(errno, u"look at", commonDir);
    const QByteArray folder = folderOf(commonDir);
    const bool made = ::stat(folder.constData(), &info) != 0;
    HUB_CHECK(makeFolders(folder));
    // Whoever may use the repository may see whose it is.
    if (made && (::stat(commonDir.constData(), &info) != 0 || ::chmod(folder.constData(), info.st_mode & 07777) != 0))
        return systemError(errno, u"change the rights of", folder);
    auto lock = openFile(lockOf(commonDir), O_RDWR | O_CREAT, 0644);
    if (lock && ::fchmod(lock->fd(), 0644) != 0 && errno != EPERM)
        return systemError(errno, u"change the rights of", lockOf(commonDir));
    return lock;
}

// The file says where it was written. When the same is said there too, this one came along with a copy.
bool isCopied(const Owner &owner, const QByteArray &commonDir)
{
    if (owner.gitFolder == QFile::decodeName(commonDir))
        return false;
    const auto there = readOwner(QFile::encodeName(owner.gitFolder));
    return there && *there && (*there)->hub == owner.hub && (*there)->gitFolder == owner.gitFolder;
}

bool isSelf(const Owner &owner, const Owner &self)
{
    // A hub that began anew in the same data folder takes the place of the one before.
    return owner.hub == self.hub || (owner.dataFolder == self.dataFolder && owner.host == self.host);
}

Error otherProject(const Owner &owner, const QByteArray &commonDir)
{
    const QString top = QFile::decodeName(commonDir.endsWith("/.git") ? commonDir.chopped(5) : commonDir);
    if (owner.gitFolder == QFile::decodeName(commonDir))
        return fail(ErrorCode::Conflict,
                    u"%1 is the repository of project %2 already; nothing was changed."_s.arg(
                        QFile::decodeName(commonDir), owner.project),
                    u"agenthubctl projects show "_s + owner.project);
    return fail(ErrorCode::Conflict,
                u"%1 is the repository of project %2, which was at %3; nothing was changed."_s.arg(
                    QFile::decodeName(commonDir), owner.project, owner.gitFolder),
                u"agenthubctl projects move %1 '%2'"_s.arg(owner.project, top));
}

} // namespace

QByteArray encodeOwner(const Owner &owner)
{
    return toJson({{u"version"_s, 1},
                   {u"hub"_s, owner.hub},
                   {u"data_folder"_s, owner.dataFolder},
                   {u"host"_s, owner.host},
                   {u"account"_s, owner.account},
                   {u"project"_s, owner.project},
                   {u"git_folder"_s, owner.gitFolder},
                   {u"since"_s, toIso(owner.since)}}) +
           '\n';
}

Result<Owner> decodeOwner(const QByteArray &text)
{
    const auto object = objectFromJson(text);
    const auto say = [](const QString &what) { return fail(ErrorCode::Corrupt, u"It names no owner: "_s + what); };
    if (!object)
        return say(object.error().message);
    if ((*object)[u"version"_s].toInt() != 1)
        return say(u"it is of another version of AgentHub"_s);
    const auto at = [&](const QString &key) { return (*object)[key].toString(); };
    const QDateTime since = QDateTime::fromString(at(u"since"_s), Qt::ISODateWithMs);
    Owner owner{at(u"hub"_s),
                at(u"data_folder"_s),
                at(u"host"_s),
                at(u"account"_s),
                at(u"project"_s),
                at(u"git_folder"_s),
                since.isValid() ? fromMillis(since.toMSecsSinceEpoch()) : Instant{}};
    for (const QString &part : {owner.hub, owner.dataFolder, owner.project, owner.gitFolder}) {
        if (part.isEmpty())
            return say(u"a part is missing"_s);
    }
    return owner;
}

Result<std::optional<Owner>> readOwner(const QByteArray &commonDir)
{
    const auto text = readFile(fileOf(commonDir));
    if (!text && text.error().code == ErrorCode::NotFound)
        return std::optional<Owner>();
    if (!text)
        return text.error();
    auto owner = decodeOwner(*text);
    if (!owner)
        return std::move(owner).error().within(QFile::decodeName(fileOf(commonDir)));
    return std::optional(*std::move(owner));
}

Result<Ownership> takeOwnership(const QByteArray &commonDir, OwnershipRequest request)
{
    Owner &self = request.self;
    self.gitFolder = QFile::decodeName(commonDir);
    // Looked at before anything is made there: a repository of another hub stays as it is.
    auto owner = readOwner(commonDir);
    const bool known = owner && *owner && !isCopied(**owner, commonDir);
    const bool foreign = known && !isSelf(**owner, self);
    if (foreign) {
        if (const Life life = isLocked(QFile::decodeName(lockOf(commonDir))) ? Life::Alive : lifeOf(**owner);
            life != Life::Dead || !request.takeOver)
            return refusal(commonDir, **owner, life);
    }
    if (known && !foreign && (*owner)->project != self.project && request.projects.contains((*owner)->project))
        return otherProject(**owner, commonDir);
    if (!owner && !request.takeOver)
        return std::move(owner)
            .error()
            .within(u"Nobody can tell whose this repository is"_s)
            .withHint(u"If no other hub uses it: agenthubctl projects add SOURCE --take-over"_s);
    Ownership taken;
    const bool held = isLockOf(request.held, commonDir);
    if (held) {
        taken.lock = std::move(request.held);
    } else {
        HUB_TRY(taken.lock, openLock(commonDir));
    }
    // A process that a killed hub was just starting has its lock until it executes its program.
    const auto lock = [&] { return ::flock(taken.lock.fd(), LOCK_EX | LOCK_NB) == 0; };
    bool locked = held || lock();
    for (int again = 0; !locked && errno == EWOULDBLOCK && again < 50; ++again) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        locked = lock();
    }
    if (!locked) {
        if (errno != EWOULDBLOCK)
            return systemError(errno, u"lock", lockOf(commonDir));
        return fail(
            ErrorCode::Refused,
            u"Another process holds %1, so another hub is working with this repository; nothing was changed."_s.arg(
                QFile::decodeName(lockOf(commonDir))),
            u"fuser -v '%1' shows which one."_s.arg(QFile::decodeName(lockOf(commonDir))));
    }
    if (!isLockOf(taken.lock, commonDir))
        return fail(ErrorCode::Conflict, u"%1 was replaced at this moment."_s.arg(QFile::decodeName(commonDir)),
                    u"Try again."_s);
    if (foreign)
        taken.before = **owner;
    self.since = known && !foreign && (*owner)->project == self.project ? (*owner)->since : request.self.since;
    if (!owner || !*owner || **owner != self)
        HUB_CHECK(writeFileDurably(fileOf(commonDir), encodeOwner(self), 0644));
    if (::chmod(fileOf(commonDir).constData(), 0644) != 0) // whatever the umask is
        return systemError(errno, u"change the rights of", fileOf(commonDir));
    return taken;
}

bool isLockOf(const FileHandle &lock, const QByteArray &commonDir)
{
    struct stat held, there;
    return lock.isOpen() && ::fstat(lock.fd(), &held) == 0 && ::stat(lockOf(commonDir).constData(), &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

Result<> endOwnership(const QByteArray &commonDir, const QString &hub)
{
    const auto owner = readOwner(commonDir);
    if (owner && *owner && (*owner)->hub != hub)
        return {};
    HUB_CHECK(removeTree(fileOf(commonDir)));
    HUB_CHECK(removeTree(lockOf(commonDir)));
    // Not when a repair left something there.
    if (::rmdir(folderOf(commonDir).constData()) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
        return systemError(errno, u"remove", folderOf(commonDir));
    return syncFolder(commonDir);
}

} // namespace hub::git
