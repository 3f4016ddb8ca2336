#include "core/git/leave.h"

#include "core/git/backups.h"
#include "core/git/gitfolder.h"
#include "core/git/gitprogram.h"
#include "core/git/treefile.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray heads = "refs/heads/";
constexpr const char *hubFolders[]{"agent", "backup"};

bool isHubs(const QByteArray &ref)
{
    return ref.startsWith(heads + "agent/") || ref.startsWith(heads + "backup/") || ref.startsWith("refs/agenthub/");
}

// Whether a branch, a tag or a remote has the commit that isn't the hub's.
Result<bool> isElsewhere(const RepositoryPlace &place, const ObjectId &commit)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = place.commonDir,
                    .arguments = {"for-each-ref", "--format=%(refname)", "--contains", commit.hex()}}));
    const QList<QByteArray> refs = listed.split('\n');
    return std::any_of(refs.begin(), refs.end(),
                       [](const QByteArray &ref) { return !ref.isEmpty() && !isHubs(ref) && ref != "refs/stash"; });
}

// Empty folders only. Innermost first.
void removeEmpty(const QByteArray &folder)
{
    for (const QByteArray &name : namesBelow(folder)) {
        struct stat info;
        const QByteArray path = folder + '/' + name;
        if (::lstat(path.constData(), &info) == 0 && S_ISDIR(info.st_mode))
            removeEmpty(path);
    }
    ::rmdir(folder.constData());
}

} // namespace

Result<QString> whyBranchStays(const RepositoryPlace &place, const QByteArray &branch)
{
    HUB_TRY(const auto commit, readRef(place, heads + branch));
    if (!commit)
        return QString();
    HUB_TRY(const bool elsewhere, isElsewhere(place, *commit));
    return elsewhere ? QString() : u"no other branch has its work"_s;
}

Result<QList<HubBranch>> hubBranches(const Vault &vault, const RepositoryPlace &place, const QList<QByteArray> &agents,
                                     const QList<QByteArray> &tasks)
{
    QList<HubBranch> found;
    for (const QByteArray &name : agents) {
        HUB_TRY(const auto commit, readRef(place, heads + name));
        if (!commit)
            continue;
        HUB_TRY(const QString stays, whyBranchStays(place, name));
        found.append({name, *commit, stays});
    }
    HUB_TRY(const auto backups, listBackups(place, vault));
    for (const Backup &backup : backups) {
        if (!backup.archived)
            found.append({backup.name, backup.commit,
                          tasks.contains(backup.task) ? QString() : u"it is of no task of this hub"_s});
    }
    return found;
}

Result<QList<HubBranch>> removeBranches(Vault &vault, const RepositoryPlace &place, QList<HubBranch> branches)
{
    for (HubBranch &branch : branches) {
        if (!branch.stays.isEmpty())
            continue;
        HUB_TRY(const auto now, readRef(place, heads + branch.name));
        if (!now)
            continue; // done before
        const bool backup = branch.name.startsWith("backup/");
        const QByteArray ref = backup ? "refs/archive/heads/" + branch.name
                                      : "refs/archive/merged/" + branch.name + '/' + branch.commit.hex().first(12);
        if (*now != branch.commit)
            branch.stays = u"it was moved meanwhile"_s;
        else if (const auto gone = archiveBranch(vault, place, branch.name, branch.commit, ref); !gone)
            branch.stays = gone.error().message;
        else
            HUB_CHECK(syncRef(place, heads + branch.name));
    }
    return branches;
}

Result<> tidyRepository(const RepositoryPlace &place, const QByteArray &folder)
{
    const QByteArray entries = place.commonDir + "/worktrees";
    for (const auto &[name, tree] : readGitFolder(place.commonDir).linked) {
        if (isOrBelow(tree, folder) && !QFileInfo::exists(QFile::decodeName(tree)))
            HUB_CHECK(removeTree(entries + '/' + name));
    }
    ::rmdir(entries.constData()); // git itself makes it when it needs it
    for (const char *name : hubFolders) {
        removeEmpty(place.commonDir + '/' + heads + name);
        removeEmpty(place.commonDir + "/logs/" + heads + name);
    }
    removeEmpty(place.commonDir + "/refs/agenthub"); // displaced.h
    return syncFolder(place.commonDir);
}

} // namespace hub::git
