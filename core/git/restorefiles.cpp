#include "core/git/restorefiles.h"

#include "core/git/treeobject.h"

#include <QCryptographicHash>

#include <atomic>
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

constexpr size_t batch = 256;      // files written before they are synced and renamed together
constexpr size_t singleSyncs = 24; // from more files on, one sync of the file system is cheaper

// Syncs that are asked for at the same moment share one commit of the file system's journal.
Result<> syncTogether(const std::vector<int> &files)
{
    std::atomic<size_t> next{0};
    std::atomic<int> problem{0};
    const auto work = [&] {
        for (size_t i; (i = next++) < files.size();) {
            if (::fsync(files[i]) != 0)
                problem = errno;
        }
    };
    std::vector<std::thread> others;
    for (size_t i = 1; i < std::min<size_t>(files.size(), 8); ++i)
        others.emplace_back(work);
    work();
    for (std::thread &thread : others)
        thread.join();
    return problem ? Result<>(systemError(problem, u"sync", "the working tree")) : Result<>();
}

QString inTheWay() { return u"something that is not held is in its place"_s; }

} // namespace

QByteArray temporaryName(const QByteArray &path)
{
    return temporaryPrefix + QCryptographicHash::hash(path, QCryptographicHash::Sha1).toHex().first(20);
}

Result<> FileRestorer::run(const std::vector<RestoreStep> &steps)
{
    m_many = steps.size() > singleSyncs;
    if (m_resumed)
        HUB_CHECK(removeTemporaries(steps));
    for (const RestoreStep &step : steps) {
        // Writing is over before modes are set: a folder may lose its write permission then.
        if (step.kind == StepKind::SetMode)
            HUB_CHECK(publish());
        HUB_CHECK(apply(step));
    }
    HUB_CHECK(publish());
    if (m_resumed)
        distrustFolderModes(steps);
    for (const auto &[folder, mode] : m_madeWritable) {
        struct stat info;
        if (!statBeneath(m_root, folder, info) || !S_ISDIR(info.st_mode) || (info.st_mode & 07777) == mode)
            continue;
        HUB_TRY(const ParentFolder parent, openParent(m_root, folder));
        if (::fchmodat(parent.folder.fd(), parent.name.constData(), mode, 0) != 0)
            return systemError(errno, u"set the mode of", folder);
        m_touched.insert(folder);
    }
    return syncTouched();
}

// Under their fixed names, before folders that must be empty are removed.
Result<> FileRestorer::removeTemporaries(const std::vector<RestoreStep> &steps)
{
    for (const RestoreStep &step : steps) {
        if (step.kind != StepKind::Write && step.kind != StepKind::Remove)
            continue;
        auto parent = writableParent(step.path);
        if (!parent && parent.error().code == ErrorCode::NotFound)
            continue;
        if (!parent)
            return std::move(parent).error();
        if (::unlinkat(parent->folder.fd(), temporaryName(step.path).constData(), 0) != 0 && errno != ENOENT)
            return systemError(errno, u"remove", temporaryName(step.path));
    }
    return {};
}

// The run before may have ended between making a folder, or making it writable, and giving it its mode.
void FileRestorer::distrustFolderModes(const std::vector<RestoreStep> &steps)
{
    std::set<QByteArray> removed, seen;
    for (const RestoreStep &step : steps) {
        if (step.kind == StepKind::RemoveFolder)
            removed.insert(step.path);
    }
    for (const RestoreStep &step : steps) {
        const bool own =
            step.kind == StepKind::MakeFolder || (step.kind == StepKind::SetMode && step.gitMode == modeFolder);
        for (QByteArray folder = own ? step.path : parentPath(step.path);
             !folder.isEmpty() && seen.insert(folder).second; folder = parentPath(folder)) {
            if (!removed.contains(folder))
                m_madeWritable.emplace(folder, m_target.modeOf(folder, modeFolder));
        }
    }
}

Result<> FileRestorer::apply(const RestoreStep &step)
{
    switch (step.kind) {
    case StepKind::Remove: return removeFile(step);
    case StepKind::RemoveFolder: return removeFolder(step);
    case StepKind::MakeFolder: return makeFolder(step.path);
    case StepKind::Write: return writeFile(step);
    case StepKind::SetMode: return setMode(step);
    }
    return {};
}

Result<> FileRestorer::makeWritable(const QByteArray &folder)
{
    struct stat info;
    if (folder.isEmpty() || !statBeneath(m_root, folder, info) || !S_ISDIR(info.st_mode) ||
        (info.st_mode & 0300) == 0300)
        return {};
    HUB_CHECK(makeWritable(parentPath(folder)));
    HUB_TRY(const ParentFolder parent, openParent(m_root, folder));
    if (::fchmodat(parent.folder.fd(), parent.name.constData(), (info.st_mode & 07777) | 0700, 0) != 0)
        return systemError(errno, u"set the mode of", folder);
    m_madeWritable.emplace(folder, m_target.modeOf(folder, modeFolder));
    return {};
}

Result<ParentFolder> FileRestorer::writableParent(const QByteArray &path)
{
    HUB_CHECK(makeWritable(parentPath(path)));
    return openParent(m_root, path);
}

FileRestorer::Present FileRestorer::look(const ParentFolder &parent, const RestoreStep &step) const
{
    struct stat info;
    if (::fstatat(parent.folder.fd(), parent.name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return Present::Nothing;
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode))
        return Present::Other;
    if (!m_resumed)
        return step.now ? Present::AsBefore : Present::Other; // the whole tree was compared just before
    ObjectId id;
    if (S_ISLNK(info.st_mode)) {
        const auto target = readLinkAt(parent.folder.fd(), parent.name);
        id = target ? hashObject(ObjectType::Blob, *target) : ObjectId();
    } else {
        const FileHandle file(
            ::openat(parent.folder.fd(), parent.name.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        QCryptographicHash hash(QCryptographicHash::Sha1);
        hash.addData(objectHeader(ObjectType::Blob, info.st_size));
        QByteArray buffer(256 * 1024, Qt::Uninitialized);
        for (ssize_t got; file.isOpen() && (got = ::read(file.fd(), buffer.data(), size_t(buffer.size()))) > 0;)
            hash.addData(QByteArrayView(buffer.constData(), got));
        id = ObjectId::fromRaw(hash.resultView().constData());
    }
    if (step.kind == StepKind::Write && id == step.content && S_ISLNK(info.st_mode) == (step.gitMode == modeLink))
        return Present::AsWanted;
    return step.now && id == *step.now && S_ISLNK(info.st_mode) == step.nowIsLink ? Present::AsBefore : Present::Other;
}

Result<> FileRestorer::removeFile(const RestoreStep &step)
{
    const auto removedBefore = [&]() -> Result<> {
        m_report.removed += m_resumed;
        return {};
    };
    auto parent = writableParent(step.path);
    if (!parent && parent.error().code == ErrorCode::NotFound)
        return removedBefore();
    if (!parent)
        return std::move(parent).error();
    switch (look(*parent, step)) {
    case Present::Nothing: return removedBefore();
    case Present::AsBefore: break;
    default:
        // A run before this one may have got as far as the folder that takes the file's place.
        struct stat info;
        if (m_resumed && ::fstatat(parent->folder.fd(), parent->name.constData(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(info.st_mode))
            return removedBefore();
        skip(step.path, u"it changed meanwhile and was not removed"_s);
        return {};
    }
    if (::unlinkat(parent->folder.fd(), parent->name.constData(), 0) != 0 && errno != ENOENT)
        return systemError(errno, u"remove", step.path);
    m_touched.insert(parentPath(step.path));
    ++m_report.removed;
    return {};
}

Result<> FileRestorer::removeFolder(const RestoreStep &step)
{
    auto parent = writableParent(step.path);
    if (!parent && parent.error().code == ErrorCode::NotFound)
        return {};
    if (!parent)
        return std::move(parent).error();
    // A folder with anything in it that is not ours to remove stays.
    if (::unlinkat(parent->folder.fd(), parent->name.constData(), AT_REMOVEDIR) == 0)
        m_touched.insert(parentPath(step.path));
    else if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT && errno != ENOTDIR && errno != EBUSY)
        return systemError(errno, u"remove folder", step.path);
    m_touched.erase(step.path);
    return {};
}

Result<> FileRestorer::makeFolder(const QByteArray &path)
{
    struct stat info;
    if (path.isEmpty() || (statBeneath(m_root, path, info) && S_ISDIR(info.st_mode)))
        return {};
    HUB_CHECK(makeFolder(parentPath(path)));
    auto parent = writableParent(path);
    if (!parent && parent.error().code == ErrorCode::NotFound)
        return {}; // what is in the way was named by the one that tried
    if (!parent)
        return std::move(parent).error();
    const quint32 mode = m_target.modeOf(path, modeFolder);
    if (::mkdirat(parent->folder.fd(), parent->name.constData(), 0700) != 0) {
        if (errno == EEXIST) {
            skip(path, inTheWay());
            return {};
        }
        return systemError(errno, u"make folder", path);
    }
    if (::fchmodat(parent->folder.fd(), parent->name.constData(), mode | 0700, 0) != 0)
        return systemError(errno, u"set the mode of", path);
    if ((mode & 0700) != 0700)
        m_madeWritable.emplace(path, mode);
    m_touched.insert(parentPath(path));
    m_touched.insert(path);
    return {};
}

Result<> FileRestorer::writeFile(const RestoreStep &step)
{
    HUB_CHECK(makeFolder(parentPath(step.path)));
    auto parent = writableParent(step.path);
    if (!parent && parent.error().code == ErrorCode::NotFound) {
        skip(step.path, inTheWay());
        return {};
    }
    if (!parent)
        return std::move(parent).error();
    switch (look(*parent, step)) {
    case Present::Other: skip(step.path, inTheWay()); return {};
    case Present::AsWanted:
        if (step.gitMode != modeLink &&
            ::fchmodat(parent->folder.fd(), parent->name.constData(), step.permissions, 0) != 0)
            return systemError(errno, u"set the mode of", step.path);
        m_touched.insert({parentPath(step.path), step.path});
        ++m_report.written;
        return {};
    case Present::Nothing:
    case Present::AsBefore: break;
    }
    HUB_TRY(const RawObject object, m_vault.objects().read(step.content));
    const QByteArray temporary = temporaryName(step.path);
    const int folder = parent->folder.fd();
    if (::unlinkat(folder, temporary.constData(), 0) != 0 && errno != ENOENT)
        return systemError(errno, u"remove", temporary);
    if (step.gitMode == modeLink) {
        if (::symlinkat(object.bytes.constData(), folder, temporary.constData()) != 0)
            return systemError(errno, u"make link", step.path);
    } else {
        const FileHandle file(
            ::openat(folder, temporary.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.isOpen())
            return systemError(errno, u"write", step.path);
        HUB_CHECK(writeAll(file.fd(), object.bytes, step.path));
        if (::fchmod(file.fd(), step.permissions) != 0)
            return systemError(errno, u"set the mode of", step.path);
        m_pending.push_back(
            {step.path, temporary, m_many ? FileHandle() : FileHandle(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0))});
        return m_pending.size() >= batch ? publish() : Result<>();
    }
    m_pending.push_back({step.path, temporary, FileHandle()});
    return m_pending.size() >= batch ? publish() : Result<>();
}

Result<> FileRestorer::publish()
{
    if (m_pending.empty())
        return {};
    // No rename before the content is on the disk: after a power cut a file is the old or the new one, never an empty
    // one.
    if (m_many && ::syncfs(m_root) != 0)
        return systemError(errno, u"sync", "the working tree");
    std::vector<int> files;
    for (const Pending &file : m_pending) {
        if (file.file.isOpen())
            files.push_back(file.file.fd());
    }
    HUB_CHECK(syncTogether(files));
    for (const Pending &file : m_pending) {
        HUB_TRY(const ParentFolder parent, openParent(m_root, file.path));
        if (::renameat(parent.folder.fd(), file.temporary.constData(), parent.folder.fd(), parent.name.constData()) !=
            0) {
            if (errno != EISDIR && errno != ENOTEMPTY && errno != EEXIST)
                return systemError(errno, u"replace", file.path);
            ::unlinkat(parent.folder.fd(), file.temporary.constData(), 0);
            skip(file.path, inTheWay());
            continue;
        }
        m_touched.insert(parentPath(file.path));
        ++m_report.written;
    }
    m_pending.clear();
    return {};
}

Result<> FileRestorer::setMode(const RestoreStep &step)
{
    struct stat info;
    if (!statBeneath(m_root, step.path, info) || S_ISLNK(info.st_mode) ||
        S_ISDIR(info.st_mode) != (step.gitMode == modeFolder))
        return {};
    m_madeWritable.erase(step.path);
    HUB_TRY(const ParentFolder parent, openParent(m_root, step.path));
    if (::fchmodat(parent.folder.fd(), parent.name.constData(), step.permissions, 0) != 0)
        return systemError(errno, u"set the mode of", step.path);
    m_touched.insert(step.path);
    return {};
}

Result<> FileRestorer::syncTouched()
{
    std::vector<FileHandle> open;
    std::vector<int> files;
    bool all = m_touched.size() > singleSyncs;
    for (const QByteArray &path : m_touched) {
        struct stat info;
        if (all || (statBeneath(m_root, path, info) && S_ISLNK(info.st_mode)))
            continue; // of a link only its name counts, which is its folder's matter
        open.emplace_back(openBeneath(m_root, path, O_RDONLY | O_NOFOLLOW));
        all = !open.back().isOpen(); // modes may forbid to read it
        files.push_back(open.back().fd());
    }
    if (all)
        return ::syncfs(m_root) == 0 ? Result<>() : Result<>(systemError(errno, u"sync", "the working tree"));
    return syncTogether(files);
}

} // namespace hub::git
