#include "core/git/moved.h"

#include "core/git/bring.h"
#include "core/git/gitfolder.h"
#include "core/git/gitprogram.h"
#include "core/git/guard.h"
#include "core/git/treefile.h"
#include "core/git/workingtree.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Where a path in the old folder is now.
QByteArray moved(const QByteArray &path, const QByteArray &from, const QByteArray &to)
{
    return to + path.mid(from.size());
}

Result<> repairLinks(const RepositoryPlace &main, const QByteArray &from)
{
    QList<QByteArray> words{"worktree", "repair"}, folders;
    for (const auto &[name, folder] : readGitFolder(main.commonDir).linked) {
        const bool along = isOrBelow(folder, from) && folder != from;
        const QByteArray now = along ? moved(folder, from, main.workTree) : folder;
        if (!QFileInfo::exists(QFile::decodeName(now)))
            continue; // gone, or on a disk that is not there
        folders << now;
        if (along)
            words << now;
    }
    if (folders.isEmpty())
        return {};
    HUB_CHECK(runGit({.folder = main.workTree, .arguments = words, .writes = true}));
    for (const QByteArray &folder : folders)
        HUB_CHECK(syncFolder(folder));
    return syncFileSystem(main.commonDir);
}

Result<> turnLink(const QByteArray &path, const QByteArray &target)
{
    const QByteArray draft = path + ".agenthub-link";
    HUB_CHECK(removeTree(draft));
    if (::symlink(target.constData(), draft.constData()) != 0)
        return systemError(errno, u"make", draft);
    if (::rename(draft.constData(), path.constData()) != 0)
        return systemError(errno, u"rename", draft);
    return syncFolder(path.first(path.lastIndexOf('/')));
}

// Ignored files that were linked in from the project's folder.
Result<> turnLinks(const QByteArray &tree, const QByteArray &from, const QByteArray &to)
{
    const auto place = locateTree(tree);
    if (!place)
        return {}; // it has no tree now, or one that is to be made again
    HUB_TRY(const auto ignored, ignoredFiles(*place));
    for (const QByteArray &name : ignored) {
        const QByteArray path = place->workTree + '/' + name;
        if (name.endsWith('/') || !QFileInfo(QFile::decodeName(path)).isSymLink())
            continue;
        HUB_TRY(const FileHandle folder, openFile(path.first(path.lastIndexOf('/')), O_RDONLY | O_DIRECTORY));
        HUB_TRY(const QByteArray target, readLinkAt(folder.fd(), fileName(path)));
        if (target.startsWith(from + '/'))
            HUB_CHECK(turnLink(path, moved(target, from, to)));
    }
    return {};
}

} // namespace

Result<> followMove(const RepositoryPlace &main, const QByteArray &from, const QList<QByteArray> &trees)
{
    HUB_CHECK(repairLinks(main, from));
    HUB_CHECK(moveGuard(main));
    for (const QByteArray &tree : trees)
        HUB_CHECK(turnLinks(tree, from, main.workTree));
    return {};
}

} // namespace hub::git
