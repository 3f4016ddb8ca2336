#include "core/git/bring.h"

#include "core/base/durablefile.h"
#include "core/git/gitfolder.h"
#include "core/git/gitprogram.h"
#include "core/git/ignorerules.h"

#include <QFile>

#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Beside its place while it is written; what a crash left under this name is written anew.
const QByteArray unfinished = ".agenthub-bringing";

QString reasonOf(int number) { return QString::fromLocal8Bit(std::strerror(number)); }

struct Pattern {
    IgnorePattern glob;
    bool link = false;
};

std::vector<Pattern> parse(const QList<QByteArray> &texts)
{
    std::vector<Pattern> patterns;
    for (QByteArray text : texts) {
        text = text.trimmed();
        const bool link = text.startsWith("link:");
        for (const IgnorePattern &glob : parseIgnoreFile(link ? text.mid(5) : text))
            patterns.push_back({glob, link});
    }
    return patterns;
}

// One journey from a checkout to a tree. Both are walked by descriptors, folder by folder, so that no link on the way
// leads anywhere else.
class Carrier
{
public:
    Carrier(const RepositoryPlace &main, const RepositoryPlace &tree, BringReport &report)
        : m_main(main)
        , m_tree(tree)
        , m_report(report)
    {
    }

    void bring(const QByteArray &path, bool link)
    {
        const qsizetype slash = path.lastIndexOf('/');
        const QByteArray parent = path.left(std::max<qsizetype>(slash, 0)), name = path.mid(slash + 1);
        const FileHandle from = openBelow(m_main.workTree, parent, false);
        const FileHandle to = openBelow(m_tree.workTree, parent, true);
        if (!from.isOpen() || !to.isOpen())
            return leave(path, u"its folder can't be entered: "_s + reasonOf(errno));
        struct stat there;
        const bool taken = ::fstatat(to.fd(), name.constData(), &there, AT_SYMLINK_NOFOLLOW) == 0;
        if (taken && !(S_ISDIR(there.st_mode) && !link))
            return; // as it is: it was brought before, or comes with the branch
        if (link) {
            const QByteArray target = m_main.workTree + '/' + path;
            if (::symlinkat(target.constData(), to.fd(), name.constData()) != 0)
                return leave(path, reasonOf(errno));
            m_report.linked << path;
            return;
        }
        if (copy(from.fd(), to.fd(), name, path) && !taken)
            m_report.copied << path;
    }

private:
    void leave(const QByteArray &path, const QString &why) { m_report.left.emplace_back(path, why); }

    static FileHandle openBelow(const QByteArray &top, const QByteArray &path, bool make)
    {
        FileHandle folder(::open(top.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (const QByteArray &part : path.split('/')) {
            if (part.isEmpty() || !folder.isOpen())
                continue;
            if (make)
                ::mkdirat(folder.fd(), part.constData(), 0755);
            folder =
                FileHandle(::openat(folder.fd(), part.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        }
        return folder;
    }

    bool copy(int from, int to, const QByteArray &name, const QByteArray &path)
    {
        struct stat info;
        if (::fstatat(from, name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? false : (leave(path, reasonOf(errno)), false); // gone meanwhile
        switch (info.st_mode & S_IFMT) {
        case S_IFDIR: return copyFolder(from, to, name, path, info);
        case S_IFREG: return copyFile(from, to, name, path, info);
        case S_IFLNK: return copyLink(from, to, name, path);
        default: leave(path, u"it is no file, folder or link"_s); return false;
        }
    }

    bool copyFolder(int from, int to, const QByteArray &name, const QByteArray &path, const struct stat &info)
    {
        const FileHandle source(::openat(from, name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        ::mkdirat(to, name.constData(), 0700);
        const FileHandle target(::openat(to, name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!source.isOpen() || !target.isOpen()) {
            leave(path, reasonOf(errno));
            return false;
        }
        for (const QByteArray &entry : namesBelow("/proc/self/fd/" + QByteArray::number(source.fd()))) {
            struct stat there;
            const bool taken = ::fstatat(target.fd(), entry.constData(), &there, AT_SYMLINK_NOFOLLOW) == 0;
            if (!entry.endsWith(unfinished) && (!taken || S_ISDIR(there.st_mode)))
                copy(source.fd(), target.fd(), entry, path + '/' + entry);
        }
        ::fchmod(target.fd(), info.st_mode & 07777);
        return true;
    }

    bool copyFile(int from, int to, const QByteArray &name, const QByteArray &path, const struct stat &info)
    {
        const FileHandle source(::openat(from, name.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        const QByteArray draft = name + unfinished;
        ::unlinkat(to, draft.constData(), 0);
        const FileHandle target(
            ::openat(to, draft.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        const timespec times[]{info.st_atim, info.st_mtim};
        // The name comes last: a file of that name is whole.
        const bool done = source.isOpen() && target.isOpen() && fill(source.fd(), target.fd()) &&
                          ::fchmod(target.fd(), info.st_mode & 07777) == 0 && ::futimens(target.fd(), times) == 0 &&
                          ::renameat2(to, draft.constData(), to, name.constData(), RENAME_NOREPLACE) == 0;
        if (!done) {
            leave(path, reasonOf(errno));
            ::unlinkat(to, draft.constData(), 0);
        }
        return done;
    }

    static bool fill(int source, int target)
    {
        if (::ioctl(target, FICLONE, source) == 0)
            return true;
        for (;;) {
            const ssize_t sent = ::sendfile(target, source, nullptr, 1 << 20);
            if (sent == 0)
                return true;
            if (sent < 0 && errno != EINTR)
                return false;
        }
    }

    bool copyLink(int from, int to, const QByteArray &name, const QByteArray &path)
    {
        QByteArray target(PATH_MAX, Qt::Uninitialized);
        const ssize_t size = ::readlinkat(from, name.constData(), target.data(), size_t(target.size()));
        if (size < 0 || ::symlinkat(target.first(size).constData(), to, name.constData()) != 0) {
            leave(path, reasonOf(errno));
            return false;
        }
        return true;
    }

    const RepositoryPlace &m_main;
    const RepositoryPlace &m_tree;
    BringReport &m_report;
};

// What of the ignored `path` is meant by a pattern: itself, or, in a folder that is ignored as a whole, something that
// a pattern with a path names below it.
void choose(const RepositoryPlace &main, const QByteArray &path, const std::vector<Pattern> &patterns, Carrier &carrier)
{
    const bool folder = path.endsWith('/');
    const QByteArray plain = folder ? path.chopped(1) : path;
    const QByteArray name = plain.mid(plain.lastIndexOf('/') + 1);
    for (const Pattern &pattern : patterns) {
        if (matches(pattern.glob, {plain.constData(), size_t(plain.size())}, {name.constData(), size_t(name.size())},
                    folder, false))
            return carrier.bring(plain, pattern.link);
    }
    const bool deeper = std::any_of(patterns.begin(), patterns.end(),
                                    [&](const Pattern &p) { return p.glob.anchored && p.glob.glob.startsWith(path); });
    if (!folder || !deeper)
        return;
    for (const QByteArray &entry : namesBelow(main.workTree + '/' + plain)) {
        const QByteArray below = path + entry;
        struct stat info;
        const bool isFolder = ::lstat((main.workTree + '/' + below).constData(), &info) == 0 && S_ISDIR(info.st_mode);
        choose(main, isFolder ? below + '/' : below, patterns, carrier);
    }
}

} // namespace

Result<QList<QByteArray>> ignoredFiles(const RepositoryPlace &tree)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = tree.workTree,
                    .arguments = {"ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"}}));
    QList<QByteArray> paths = listed.split('\0');
    paths.removeAll(QByteArray());
    return paths;
}

Result<BringReport> bringAlong(const RepositoryPlace &main, const RepositoryPlace &tree,
                               const QList<QByteArray> &patterns)
{
    BringReport report;
    const auto wanted = parse(patterns);
    if (wanted.empty())
        return report;
    HUB_TRY(const auto ignored, ignoredFiles(main));
    Carrier carrier(main, tree, report);
    for (const QByteArray &path : ignored)
        choose(main, path, wanted, carrier);
    // Before anybody writes down that the tree is made.
    HUB_TRY(const FileHandle top, openFile(tree.workTree, O_RDONLY | O_DIRECTORY));
    if (!report.copied.isEmpty() && ::syncfs(top.fd()) != 0)
        return systemError(errno, u"write", tree.workTree);
    return report;
}

} // namespace hub::git
