#include "core/git/restorerepository.h"

#include "core/git/gitprogram.h"
#include "core/git/indextree.h"
#include "core/git/statefiles.h"
#include "core/git/treefile.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray reason = "agenthub: rollback";
constexpr qint64 fewFiles = 64;

// What HEAD and the index name must be in the user's store, even if an agent pruned it meanwhile.
Result<> giveBackCommits(const Vault &vault, const Manifest &manifest, const RepositoryPlace &place)
{
    QList<ObjectId> commits;
    if (manifest.head.commit)
        commits << *manifest.head.commit;
    for (const auto &[branch, commit] : manifest.branches) {
        if (commit)
            commits << *commit;
    }
    UserObjects user(place);
    HUB_TRY(ObjectStore * store, user.get());
    LooseSink sink(*store);
    return importCommits(vault.objects(), sink, commits);
}

Result<> giveBackBlobs(const Vault &vault, const std::vector<IndexEntry> &index, const IndexFile &now,
                       const RepositoryPlace &place)
{
    UserObjects user(place);
    HUB_TRY(ObjectStore * store, user.get());
    LooseSink sink(*store);
    for (const IndexEntry &entry : index) {
        if (entry.mode == modeCommit || entry.intentToAdd)
            continue;
        const IndexEntry *same = now.find(entry.path);
        if (same && same->id == entry.id)
            continue; // git has had it in its index all the time
        auto given = importObject(vault.objects(), sink, entry.id);
        if (!given && given.error().code != ErrorCode::NotFound)
            return given;
    }
    return {};
}

Result<> runWriting(const RepositoryPlace &place, const QByteArray &ref, QList<QByteArray> arguments)
{
    HUB_CHECK(runGit({.folder = place.workTree, .arguments = std::move(arguments), .writes = true}));
    return syncRef(place, ref);
}

// False when it stands elsewhere and is not among those that may be moved.
Result<bool> restoreBranch(const RestorePlan &plan, const QByteArray &branch, const std::optional<ObjectId> &then,
                           const RepositoryPlace &place)
{
    HUB_TRY(const auto now, readRef(place, branch));
    if (now == then)
        return true;
    const auto &movable = plan.options.movableBranches;
    if (std::find(movable.begin(), movable.end(), branch) == movable.end())
        return false;
    if (then)
        HUB_CHECK(runWriting(place, branch,
                             {"update-ref", "-m", reason, "--create-reflog", branch, then->hex(),
                              now ? now->hex() : QByteArray(40, '0')}));
    else
        HUB_CHECK(runWriting(place, branch, {"update-ref", "-m", reason, "-d", branch, now->hex()}));
    return true;
}

// What `git symbolic-ref` does, which syncs nothing before the new HEAD has its name.
Result<> pointHead(const RepositoryPlace &place, const HeadState &now, const HeadState &then)
{
    const QByteArray path = place.gitDir + "/HEAD", lock = path + ".lock", log = place.gitDir + "/logs/HEAD";
    {
        HUB_TRY(const FileHandle file, openFile(lock, O_WRONLY | O_CREAT | O_EXCL, 0644));
        HUB_CHECK(writeAll(file.fd(), "ref: " + then.branch + '\n', lock));
        HUB_CHECK(syncFile(file.fd(), lock));
    }
    struct stat info;
    if (::lstat(log.constData(), &info) == 0) {
        const auto name = [](const std::optional<ObjectId> &commit) {
            return commit ? commit->hex() : QByteArray(40, '0');
        };
        const QByteArray time = QByteArray::number(qint64(::time(nullptr)));
        HUB_TRY(const FileHandle file, openFile(log, O_WRONLY | O_APPEND));
        HUB_CHECK(writeAll(file.fd(),
                           name(now.commit) + ' ' + name(then.commit) + " AgentHub <agenthub@localhost> " + time +
                               " +0000\t" + reason + '\n',
                           log));
        HUB_CHECK(syncFile(file.fd(), log));
    }
    if (::rename(lock.constData(), path.constData()) != 0)
        return systemError(errno, u"write", path);
    return syncFolder(place.gitDir);
}

Result<> restoreHead(const RestorePlan &plan, const Manifest &manifest, const RepositoryPlace &place,
                     RestoreReport &report)
{
    const HeadState &then = manifest.head;
    auto branches = manifest.branches;
    if (!then.branch.isEmpty())
        branches[then.branch] = then.commit;
    HUB_TRY(const HeadState now, readHead(place));
    if (then.branch.isEmpty() && then.commit && now != then)
        HUB_CHECK(runWriting(place, "HEAD", {"update-ref", "-m", reason, "--no-deref", "HEAD", then.commit->hex()}));
    for (const auto &[branch, commit] : branches) {
        HUB_TRY(const bool restored, restoreBranch(plan, branch, commit, place));
        if (!restored)
            report.branchesNotMoved << branch;
    }
    if (!then.branch.isEmpty() && now.branch != then.branch)
        HUB_CHECK(pointHead(place, now, then));
    return {};
}

// A lock that stays as it is belongs to nobody who is at work.
Result<> removeStaleLock(const QByteArray &path)
{
    constexpr std::chrono::milliseconds patience{1000}, pause{20};
    struct stat first, now;
    if (::lstat(path.constData(), &first) != 0)
        return {};
    for (auto waited = pause; waited <= patience; waited += pause) {
        std::this_thread::sleep_for(pause);
        if (::lstat(path.constData(), &now) != 0 || now.st_ino != first.st_ino ||
            now.st_mtim.tv_sec != first.st_mtim.tv_sec || now.st_mtim.tv_nsec != first.st_mtim.tv_nsec)
            return {};
    }
    if (::unlink(path.constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"unlock", path);
    return {};
}

// Those of a git that was killed together with the hub, while it moved what this plan moves.
Result<> removeStaleLocks(const RestorePlan &plan, const Manifest &manifest, const RepositoryPlace &place)
{
    HUB_CHECK(removeStaleLock(place.gitDir + "/HEAD.lock"));
    for (const QByteArray &branch : plan.options.movableBranches) {
        HUB_CHECK(removeStaleLock(place.commonDir + '/' + branch + ".lock"));
        const auto then = manifest.branches.find(branch);
        if (then != manifest.branches.end() && !then->second)
            HUB_CHECK(removeStaleLock(place.commonDir + "/packed-refs.lock"));
    }
    return {};
}

Result<bool> convertsAnything(const RepositoryPlace &place, const Manifest &manifest)
{
    HUB_TRY(const TreeRules rules, readTreeRules(place));
    return rules.convertsAll || manifest.attributes || !rules.attributes.simplified().isEmpty();
}

Result<> restoreIndex(const RestorePlan &plan, const Vault &vault, const SnapshotParts &target,
                      std::vector<IndexEntry> entries, const IndexFile &now, bool converts,
                      const RepositoryPlace &place)
{
    HUB_TRY(const FileHandle root, openFile(place.workTree, O_RDONLY | O_DIRECTORY));
    std::map<QByteArray, Held> touched;
    for (const RestoreStep &step : plan.steps) {
        if (step.kind == StepKind::Write)
            touched[step.path] = {step.content, step.gitMode};
        else if (step.kind == StepKind::SetMode && step.now)
            touched[step.path] = {*step.now, step.gitMode};
    }
    bool same = now.entries.size() == entries.size();
    for (size_t i = 0; i < entries.size(); ++i) {
        IndexEntry &entry = entries[i];
        const IndexEntry *before =
            i < now.entries.size() && now.entries[i].path == entry.path ? &now.entries[i] : now.find(entry.path);
        while (before && before < now.entries.data() + now.entries.size() && before->path == entry.path &&
               before->stage != entry.stage)
            ++before;
        if (before && (before >= now.entries.data() + now.entries.size() || before->path != entry.path))
            before = nullptr;
        const bool equal = before && before->id == entry.id && before->mode == entry.mode &&
                           before->intentToAdd == entry.intentToAdd && before->skipWorktree == entry.skipWorktree &&
                           before->assumeValid == entry.assumeValid;
        same = same && equal;
        const auto written = touched.find(entry.path);
        if (equal && written == touched.end()) {
            entry.stat = before->stat;
            continue;
        }
        // Git trusts the stat without reading the file: only where its content is the entry's, byte for byte.
        struct stat info;
        std::optional<Held> content;
        if (written != touched.end()) {
            content = written->second;
        } else {
            HUB_TRY(content, findInTree(vault.objects(), target.files, entry.path));
        }
        if (entry.stage == 0 && !entry.intentToAdd && !converts && content && content->id == entry.id &&
            content->mode == entry.mode && statBeneath(root.fd(), entry.path, info)) {
            entry.stat = indexStat(info);
            same = same && before && before->stat == entry.stat;
        } else if (equal && !converts) {
            entry.stat = before->stat; // of a file that is gone: it matches nothing, so git looks into the new one
        } else {
            // Git takes another size for another content without looking, unless it has no stat at all.
            same = same && before && before->stat == IndexStat{};
        }
    }
    if (same)
        return {};
    const QByteArray path = place.gitDir + "/index";
    struct stat info;
    const quint32 mode = ::stat(path.constData(), &info) == 0 ? info.st_mode & 0777 : 0644;
    if (entries.empty() && target.index.isNull())
        return {};
    return writeFileDurably(path, indexBytes(entries), mode);
}

} // namespace

Result<> restoreRepository(Vault &vault, const RestorePlan &plan, const SnapshotParts &target, const Manifest &manifest,
                           const RepositoryPlace &place, RestoreReport &report)
{
    HUB_CHECK(giveBackCommits(vault, manifest, place));
    if (report.resumed)
        HUB_CHECK(removeStaleLocks(plan, manifest, place));
    HUB_CHECK(restoreHead(plan, manifest, place, report));
    HUB_CHECK(restoreOperationState(place, vault.objects(), target.state));
    HUB_TRY(const bool converts, convertsAnything(place, manifest));
    // The tree was just found to be as the current snapshot: with the same index in both there is nothing to write. Git
    // looks once into each file that was replaced, which costs less than a new index as long as they are few.
    if (!report.resumed && plan.sameIndex && !converts && plan.filesWritten() <= fewFiles)
        return {};
    HUB_TRY(const std::vector<IndexEntry> entries, snapshotIndex(vault.objects(), target, manifest));
    // A damaged index is replaced as a whole.
    const IndexFile now = readIndex(place.gitDir, place.workTree).valueOr({});
    HUB_CHECK(giveBackBlobs(vault, entries, now, place));
    return restoreIndex(plan, vault, target, entries, now, converts, place);
}

} // namespace hub::git
