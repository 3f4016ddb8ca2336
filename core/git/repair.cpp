#include "core/git/repair.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"
#include "core/git/indexfile.h"
#include "core/git/repairbuild.h"
#include "core/git/repairswap.h"
#include "core/git/workingtree.h"

#include <QFile>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// A repository may have moved with its folder; one whose `.git` lies elsewhere has not.
QByteArray commonDirOf(const Record &record, const QByteArray &workTree)
{
    return record.place.commonDir == record.place.workTree + "/.git" ? workTree + "/.git" : record.place.commonDir;
}

QString firstLine(const GitOutput &output)
{
    const QByteArray text = output.err.trimmed().isEmpty() ? output.out.trimmed() : output.err.trimmed();
    return QString::fromLocal8Bit(text.split('\n').first());
}

Result<Record> recordIn(const Vault &vault)
{
    HUB_TRY(auto record, newestRecord(vault));
    if (!record)
        return fail(ErrorCode::NotFound,
                    u"There is no record of this repository yet, so its .git can't be made again. Its checkpoints are "
                    u"in the vault."_s);
    return *std::move(record);
}

QString damagedIndex(const GitFolder &folder, const QByteArray &commonDir, const QByteArray &workTree)
{
    QList<std::pair<QByteArray, QByteArray>> places{{commonDir, workTree}};
    for (const auto &[name, tree] : folder.linked)
        places << std::pair(commonDir + "/worktrees/" + name, tree);
    for (const auto &[gitDir, tree] : places) {
        if (const auto index = readIndex(gitDir, tree); !index)
            return index.error().message;
    }
    return {};
}

Result<QString> damageOf(const Record &record, const QByteArray &workTree, bool thorough)
{
    const QByteArray commonDir = commonDirOf(record, workTree);
    struct stat info;
    if (::lstat(commonDir.constData(), &info) != 0)
        return u"%1 is gone."_s.arg(QFile::decodeName(commonDir));
    HUB_TRY(const auto asked, tryGit({workTree, {"rev-parse", "--git-dir"}}));
    if (asked.exitCode != 0) {
        if (asked.err.contains("dubious ownership"))
            return fail(ErrorCode::Refused,
                        u"git refuses to work in %1: %2"_s.arg(QFile::decodeName(workTree), firstLine(asked)));
        return u"git can't use it: %1"_s.arg(firstLine(asked));
    }
    HUB_TRY(const auto place, locateTree(workTree));
    if (place.commonDir != record.place.commonDir && place.commonDir != commonDir)
        return u"%1 leads to another repository."_s.arg(QFile::decodeName(workTree + "/.git"));
    const GitFolder now = readGitFolder(commonDir);
    for (const QByteArray &name : now.notRead) {
        if (name == "packed-refs" || name.endsWith("HEAD") || name.startsWith("refs/"))
            return u"%1 can't be read."_s.arg(QFile::decodeName(name));
    }
    if (const QString lost = lostParts(record, now, commonDir); !lost.isEmpty())
        return lost;
    if (const QString index = damagedIndex(now, commonDir, workTree); !index.isEmpty())
        return index;
    if (!thorough)
        return QString();
    HUB_TRY(const auto checked,
            tryGit({.folder = workTree,
                    .arguments = {"fsck", "--connectivity-only", "--no-dangling", "--no-progress", "--no-reflogs"},
                    .timeLimit = std::chrono::hours{2}}));
    if (checked.exitCode != 0)
        return u"git fsck: %1"_s.arg(firstLine(checked));
    return findDamagedObject(commonDir);
}

// Where `.git` is a file that leads elsewhere, that file may be what is gone.
Result<> restoreLink(const Record &record, const QByteArray &workTree)
{
    struct stat info;
    const QByteArray link = workTree + "/.git";
    if (commonDirOf(record, workTree) == link || ::lstat(link.constData(), &info) == 0)
        return {};
    return writeFileDurably(link, "gitdir: " + record.place.gitDir + '\n', 0644);
}

} // namespace

Result<QString> findDamage(const Vault &vault, const QByteArray &workTree, bool thorough)
{
    HUB_TRY(const Record record, recordIn(vault));
    if (isUnsettled(commonDirOf(record, workTree)))
        return u"A repair was cut off."_s;
    return damageOf(record, workTree, thorough);
}

Result<RepairReport> repairRepository(const Vault &vault, const RepairRequest &request)
{
    HUB_TRY(const Record record, recordIn(vault));
    struct stat info;
    if (::stat(request.workTree.constData(), &info) != 0)
        return fail(ErrorCode::NotFound, u"The folder %1 is gone."_s.arg(QFile::decodeName(request.workTree)),
                    u"Put it back, or make it empty; then repair."_s);
    const QByteArray commonDir = commonDirOf(record, request.workTree);
    RepairReport report{.recordAt = record.at};
    HUB_TRY(report.resumed, settleRepair(commonDir));
    HUB_TRY(report.damage, damageOf(record, request.workTree, true));
    if (report.damage.isEmpty()) {
        if (report.resumed)
            return report;
        return fail(ErrorCode::Conflict,
                    u"Nothing is broken in %1; nothing was changed."_s.arg(QFile::decodeName(commonDir)));
    }
    HUB_CHECK(beginBuild(commonDir));
    RepairBuild building(vault, record, request, commonDir, buildPlace(commonDir));
    auto built = building.build(report);
    if (built)
        built = building.check();
    if (!built) {
        HUB_CHECK(removeBuild(commonDir));
        return std::move(built).error().within(u"repair %1 (nothing was changed)"_s.arg(QFile::decodeName(commonDir)));
    }
    HUB_TRY(report.aside, putIn(commonDir, request.time));
    HUB_CHECK(restoreLink(record, request.workTree));
    return report;
}

} // namespace hub::git
