#include "core/git/restore.h"

#include "core/git/indextree.h"
#include "core/git/restorefiles.h"
#include "core/git/restorelock.h"
#include "core/git/restorerepository.h"
#include "core/git/treestate.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fts.h>
#include <malloc.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

CaptureRequest captureRequest(const RestorePlace &where, const std::optional<ObjectId> &alsoHold,
                              const Manifest &snapshot, bool useCache)
{
    CaptureRequest request{where.place, where.cachePath, {}, alsoHold, {}, useCache, false};
    for (const auto &[branch, commit] : snapshot.branches)
        request.branches << branch;
    request.scan.sizeLimit = where.snapshots.sizeLimit;
    request.scan.policyLimit = where.snapshots.policyLimit;
    request.scan.policyPatterns = where.snapshots.policyPatterns;
    return request;
}

Result<bool> isAs(const Vault &vault, const ObjectId &snapshot, const RestorePlace &where)
{
    HUB_TRY(const SnapshotParts parts, readSnapshotCommit(vault.objects(), snapshot));
    HUB_TRY(const Manifest manifest, readManifest(vault.objects(), parts));
    MemorySink sink(vault.objects());
    HUB_TRY(const TreeState state, captureTree(vault, sink, captureRequest(where, manifest.alsoHeld, manifest, true)));
    return state.root == parts.root;
}

// What an earlier run did that was interrupted after its last step.
Result<bool> isRestored(const Vault &vault, const RestorePlan &plan, const RestorePlace &where)
{
    HUB_TRY(const VerifyReport verified,
            verifyRestored(vault, plan.target, where, false, plan.kept, plan.options.only));
    return verified.exact();
}

void noteDifference(VerifyReport &report, const QByteArray &path, const QString &text)
{
    report.differences.emplace_back(path, text);
}

} // namespace

Result<RestoreReport> executeRestore(Vault &vault, const RestorePlan &plan, const RestorePlace &where)
{
    const RepositoryPlace &place = where.place;
    HUB_TRY(const SnapshotParts target, readSnapshotCommit(vault.objects(), plan.target));
    HUB_TRY(const Manifest manifest, readManifest(vault.objects(), target));
    const auto doneBefore = [&] {
        return RestoreReport{.resumed = true, .written = plan.filesWritten(), .removed = plan.filesRemoved()};
    };
    auto lock = RestoreLock::take(place, plan.current, plan.target);
    if (!lock) {
        if (lock.error().code == ErrorCode::Conflict && isRestored(vault, plan, where).valueOr(false))
            return doneBefore();
        return std::move(lock).error();
    }
    RestoreReport report;
    report.resumed = lock->wasInterrupted();
    if (!report.resumed) {
        auto unchanged = isAs(vault, plan.current, where);
        if (!unchanged || !*unchanged) {
            HUB_CHECK(lock->release());
            if (!unchanged)
                return std::move(unchanged).error();
            HUB_TRY(const bool restored, isRestored(vault, plan, where));
            if (restored)
                return doneBefore();
            return fail(ErrorCode::Conflict, u"The working tree changed after the plan was made; nothing was done."_s,
                        u"Make a new plan."_s);
        }
    }
    {
        HUB_TRY(const FileHandle root, openFile(place.workTree, O_RDONLY | O_DIRECTORY));
        HUB_CHECK(FileRestorer(vault, manifest, root.fd(), report.resumed, report).run(plan.steps));
    }
    if (plan.options.only.isEmpty())
        HUB_CHECK(restoreRepository(vault, plan, target, manifest, place, report));
    HUB_CHECK(lock->release());
    return report;
}

Result<VerifyReport> verifyRestored(const Vault &vault, const ObjectId &target, const RestorePlace &where,
                                    bool everything, const std::vector<std::pair<QByteArray, QString>> &except,
                                    const QByteArray &only)
{
    const ObjectStore &store = vault.objects();
    HUB_TRY(const SnapshotParts parts, readSnapshotCommit(store, target));
    HUB_TRY(const Manifest wanted, readManifest(store, parts));
    MemorySink sink(store);
    HUB_TRY(const TreeState state, captureTree(vault, sink, captureRequest(where, target, wanted, !everything)));
    HUB_TRY(const SnapshotParts now, readSnapshotTree(sink, state.root));
    VerifyReport report;
    report.filesChecked = state.fileCount;
    std::set<QByteArray> excepted;
    for (const auto &[path, unused] : except)
        excepted.insert(path);
    const auto wants = [&](const QByteArray &path) {
        return !excepted.contains(path) && (only.isEmpty() || isOrBelow(path, only));
    };
    std::set<QByteArray> differing;
    HUB_CHECK(compareHeld(sink, parts, now, [&](const QByteArray &path, const auto &then, const auto &present) {
        differing.insert(path);
        if (wants(path))
            noteDifference(report, path,
                           !then      ? u"was not there"_s
                           : !present ? u"is missing"_s
                                      : u"has other content"_s);
    }));
    const Manifest &have = state.manifest;
    std::set<QByteArray> candidates;
    for (const auto *modes : {&wanted.modes, &have.modes}) {
        for (const auto &[path, mode] : *modes)
            candidates.insert(path);
    }
    const bool sameDefaults = wanted.fileMode == have.fileMode && wanted.executableMode == have.executableMode &&
                              wanted.folderMode == have.folderMode;
    if (!sameDefaults) {
        HUB_TRY(const auto all, heldPaths(store, parts));
        for (const auto &[path, held] : all) {
            if (held.mode != modeLink)
                candidates.insert(path);
        }
    }
    for (const QByteArray &path : candidates) {
        HUB_TRY(const auto held, findInTree(sink, now.files, path));
        const quint32 mode = held ? held->mode : modeFolder;
        if (mode == modeLink || differing.contains(path) || !wants(path))
            continue;
        if (!held && !have.modes.contains(path))
            continue; // a folder that is not there, or an ignored file: named above if it should be
        if (wanted.modeOf(path, mode) != have.modeOf(path, mode))
            noteDifference(
                report, path,
                u"has mode %1 instead of %2"_s.arg(have.modeOf(path, mode), 0, 8).arg(wanted.modeOf(path, mode), 0, 8));
    }
    for (const auto &[path, unused] : wanted.emptyFolders) {
        if (!have.emptyFolders.contains(path) && wants(path)) {
            struct stat info;
            HUB_TRY(const FileHandle root, openFile(where.place.workTree, O_RDONLY | O_DIRECTORY));
            if (!statBeneath(root.fd(), path, info) || !S_ISDIR(info.st_mode))
                noteDifference(report, path, u"the empty folder is missing"_s);
        }
    }
    if (!only.isEmpty()) {
        HUB_TRY(const auto paths, heldPaths(store, parts));
        report.filesChecked =
            std::count_if(paths.begin(), paths.end(), [&](const auto &entry) { return isOrBelow(entry.first, only); });
        return report;
    }
    if (now.index != parts.index || now.conflicts != parts.conflicts ||
        indexFlagLines(have.indexFlags) != indexFlagLines(wanted.indexFlags))
        noteDifference(report, {}, u"the index differs"_s);
    if (now.state != parts.state)
        noteDifference(report, {}, u"the state of an unfinished merge or rebase differs"_s);
    if (have.head.branch != wanted.head.branch)
        noteDifference(report, {}, u"HEAD is on another branch"_s);
    else if (have.head.commit != wanted.head.commit)
        noteDifference(report, {}, u"HEAD is at another commit"_s);
    if (have.branches != wanted.branches)
        noteDifference(report, {}, u"a branch of the task is at another commit"_s);
    if (state.fileCount > 5000)
        ::malloc_trim(0);
    return report;
}

Result<RestoreReport> restoreFile(Vault &vault, const ObjectId &target, const QByteArray &path,
                                  const RestorePlace &where, const SnapshotRequest &wayBack)
{
    SnapshotRequest request = wayBack;
    request.before = target;
    HUB_TRY(const SnapshotInfo current, takeSnapshot(vault, request));
    RestoreOptions options;
    options.only = path;
    HUB_TRY(const RestorePlan plan, planRestore(vault, current.commit, target, options));
    return executeRestore(vault, plan, where);
}

Result<std::optional<Interrupted>> interruptedRestore(const RepositoryPlace &place) { return RestoreLock::read(place); }

Result<> recoverPlace(const RepositoryPlace &place)
{
    HUB_TRY(const auto interrupted, RestoreLock::read(place));
    QByteArray root = place.workTree;
    char *roots[] = {root.data(), nullptr};
    FTS *walk = ::fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV | FTS_NOSTAT, nullptr);
    if (!walk)
        return systemError(errno, u"read", place.workTree);
    Result<> result;
    while (const FTSENT *entry = ::fts_read(walk)) {
        const QByteArray name(entry->fts_name);
        if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP || name.size() != temporaryName({}).size() ||
            !name.startsWith(temporaryPrefix))
            continue;
        if (::unlink(entry->fts_accpath) != 0 && errno != ENOENT)
            result = systemError(errno, u"remove", entry->fts_path);
    }
    ::fts_close(walk);
    HUB_CHECK(result);
    for (const char *name :
         {"/agenthub-rollback.lock", "/agenthub-rollback.lock.new", "/index.new", "/index.agenthub-copy"})
        ::unlink((place.gitDir + name).constData());
    if (interrupted && ::unlink((place.gitDir + "/index.lock").constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"unlock", place.gitDir);
    return syncFolder(place.gitDir);
}

} // namespace hub::git
