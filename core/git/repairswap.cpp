#include "core/git/repairswap.h"

#include "core/base/durablefile.h"
#include "core/git/repair.h"
#include "core/git/treefile.h"

#include <QDateTime>
#include <QFile>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Within a `.git`: "building", or "complete" and a time. It goes with the folder through every rename.
QByteArray markOf(const QByteArray &folder) { return readFile(folder + "/agenthub/repair").valueOr({}).trimmed(); }

Result<> mark(const QByteArray &folder, const QByteArray &text)
{
    return writeFileDurably(folder + "/agenthub/repair", text + '\n');
}

bool exists(const QByteArray &path)
{
    struct stat info;
    return ::lstat(path.constData(), &info) == 0;
}

// Where the old one lies between two plain renames, on file systems that can't exchange.
QByteArray oldPlace(const QByteArray &commonDir) { return commonDir + ".agenthub-old"; }

// Where a build has no mark yet, or not any more. Nothing else ever lies there, so it may always be removed, while what
// lies at buildPlace() without a mark may be the old one.
QByteArray unmarkedPlace(const QByteArray &commonDir) { return commonDir + ".agenthub-tmp"; }

Result<> move(const QByteArray &from, const QByteArray &to)
{
    if (::renameat2(AT_FDCWD, from.constData(), AT_FDCWD, to.constData(), RENAME_NOREPLACE) != 0 &&
        (errno != EINVAL || exists(to) || ::rename(from.constData(), to.constData()) != 0))
        return systemError(errno, u"rename", from);
    return syncFolder(to.first(to.lastIndexOf('/')));
}

// The new one is in place: the old one goes into it, out of sight of `git status` and of every scan.
Result<QByteArray> finish(const QByteArray &commonDir)
{
    const QByteArray time = markOf(commonDir).mid(9);
    QByteArray aside = commonDir + "/agenthub/broken-" + time;
    bool moved = false;
    for (const QByteArray &old : {buildPlace(commonDir), oldPlace(commonDir)}) {
        if (!exists(old))
            continue;
        HUB_CHECK(move(old, aside));
        moved = true;
    }
    HUB_CHECK(removeTree(commonDir + "/agenthub/repair"));
    HUB_CHECK(syncFolder(commonDir + "/agenthub"));
    return moved ? aside : QByteArray();
}

} // namespace

QByteArray buildPlace(const QByteArray &commonDir) { return commonDir + ".agenthub-new"; }

bool isUnsettled(const QByteArray &commonDir)
{
    return exists(buildPlace(commonDir)) || exists(oldPlace(commonDir)) || exists(unmarkedPlace(commonDir)) ||
           exists(commonDir + "/agenthub/repair");
}

Result<> beginBuild(const QByteArray &commonDir)
{
    HUB_CHECK(removeBuild(commonDir));
    const QByteArray unmarked = unmarkedPlace(commonDir);
    HUB_CHECK(makeFolders(unmarked + "/agenthub"));
    HUB_CHECK(mark(unmarked, "building"));
    return move(unmarked, buildPlace(commonDir));
}

Result<> removeBuild(const QByteArray &commonDir)
{
    HUB_CHECK(removeTree(unmarkedPlace(commonDir)));
    if (!exists(buildPlace(commonDir)))
        return {};
    HUB_CHECK(move(buildPlace(commonDir), unmarkedPlace(commonDir)));
    return removeTree(unmarkedPlace(commonDir));
}

Result<QByteArray> putIn(const QByteArray &commonDir, Instant time)
{
    const QByteArray built = buildPlace(commonDir);
    const QByteArray stamp =
        QDateTime::fromMSecsSinceEpoch(toMillis(time), Qt::UTC).toString(u"yyyyMMdd'T'HHmmss'Z'").toLatin1();
    HUB_CHECK(syncFileSystem(built));
    HUB_CHECK(mark(built, "complete " + stamp));
    if (!exists(commonDir)) {
        HUB_CHECK(move(built, commonDir));
        return finish(commonDir);
    }
    if (::renameat2(AT_FDCWD, built.constData(), AT_FDCWD, commonDir.constData(), RENAME_EXCHANGE) == 0) {
        HUB_CHECK(syncFolder(commonDir.first(commonDir.lastIndexOf('/'))));
        return finish(commonDir);
    }
    if (errno != EINVAL && errno != ENOSYS)
        return systemError(errno, u"rename", built);
    HUB_CHECK(move(commonDir, oldPlace(commonDir)));
    HUB_CHECK(move(built, commonDir));
    return finish(commonDir);
}

Result<bool> settleRepair(const QByteArray &commonDir)
{
    const QByteArray built = buildPlace(commonDir), here = markOf(commonDir), there = markOf(built);
    if (here.startsWith("complete ")) {
        HUB_CHECK(finish(commonDir));
        return true;
    }
    if (!exists(built) && !exists(oldPlace(commonDir))) {
        const bool begun = exists(unmarkedPlace(commonDir));
        HUB_CHECK(removeTree(unmarkedPlace(commonDir)));
        return begun;
    }
    if (there.startsWith("complete ") && !exists(commonDir)) {
        HUB_CHECK(move(built, commonDir));
        HUB_CHECK(finish(commonDir));
        return true;
    }
    if (there.isEmpty())
        return fail(ErrorCode::Conflict,
                    u"%1 is in the way and was not made by a repair; nothing was changed."_s.arg(
                        QFile::decodeName(exists(built) ? built : oldPlace(commonDir))),
                    u"Move it away."_s);
    HUB_CHECK(removeBuild(commonDir));
    return true;
}

} // namespace hub::git
