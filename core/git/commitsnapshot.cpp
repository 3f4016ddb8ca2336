#include "core/git/commitsnapshot.h"

#include "core/git/gitprogram.h"
#include "core/git/treestate.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fts.h>
#include <set>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// A git folder and a working tree of their own, which share objects, refs and configuration with the repository. Git
// takes such a folder for that of a linked working tree, but the repository does not know of it.
class ScratchTree
{
public:
    static Result<ScratchTree> make(const CommitSnapshotRequest &request, const Vault &vault)
    {
        ScratchTree scratch(request.scratch, request.place, vault);
        HUB_CHECK(removeTree(request.scratch));
        HUB_CHECK(makeFolders(scratch.m_place.workTree));
        HUB_CHECK(makeFolders(scratch.m_place.gitDir + "/info"));
        HUB_CHECK(writeFileDurably(scratch.m_place.gitDir + "/HEAD", request.commit.hex() + '\n'));
        HUB_CHECK(writeFileDurably(scratch.m_place.gitDir + "/commondir", request.place.commonDir + '\n'));
        // Which folders a sparse checkout has is a matter of the one working tree.
        for (const char *name : {"/config.worktree", "/info/sparse-checkout"}) {
            if (const auto bytes = readFile(request.place.gitDir + name))
                HUB_CHECK(writeFileDurably(scratch.m_place.gitDir + name, *bytes));
        }
        return scratch;
    }
    ScratchTree(ScratchTree &&other) noexcept
        : m_folder(std::exchange(other.m_folder, {}))
        , m_place(std::move(other.m_place))
        , m_environment(std::move(other.m_environment))
    {
    }
    ScratchTree &operator=(ScratchTree &&) = delete;
    ~ScratchTree()
    {
        // What stays behind is removed before the folder is used again.
        if (!m_folder.isEmpty())
            std::ignore = removeTree(m_folder);
    }

    const RepositoryPlace &place() const { return m_place; }

    Result<> checkOut(const ObjectId &commit) const
    {
        HUB_CHECK(runGit({.folder = m_place.workTree,
                          .arguments = {"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
                                        "core.splitIndex=false", "-c", "index.sparse=false", "read-tree", "--reset",
                                        "-u", "--no-recurse-submodules", commit.hex()},
                          .environment = m_environment,
                          .writes = true,
                          .timeLimit = std::chrono::minutes{30}}));
        return {};
    }

private:
    ScratchTree(QByteArray folder, const RepositoryPlace &place, const Vault &vault)
        : m_folder(std::move(folder))
        , m_place{m_folder + "/files", m_folder + "/git", place.commonDir}
        , m_environment{{"GIT_DIR", m_place.gitDir},
                        {"GIT_WORK_TREE", m_place.workTree},
                        {"GIT_ALTERNATE_OBJECT_DIRECTORIES", vault.objects().folder()}}
    {
    }
    QByteArray m_folder;
    RepositoryPlace m_place;
    QList<std::pair<QByteArray, QByteArray>> m_environment;
};

// Git keeps of a mode only whether a file is executable: what is there already keeps the rest of its mode, and what is
// not gets as much as the folder at the top gives.
mode_t modeLike(const QByteArray &there, mode_t top, mode_t own)
{
    const bool folder = S_ISDIR(own);
    struct stat info;
    if (::lstat(there.constData(), &info) == 0 && (info.st_mode & S_IFMT) == (own & S_IFMT) &&
        (folder ? (info.st_mode & 0700) == 0700 : (info.st_mode & 0400) && !((info.st_mode ^ own) & 0100)))
        return info.st_mode & 07777;
    return (top & (folder || (own & 0100) ? 0777 : 0666)) | (own & 0700);
}

Result<> takeModesOver(const QByteArray &from, const QByteArray &to)
{
    struct stat top;
    if (::stat(from.constData(), &top) != 0)
        return systemError(errno, u"read", from);
    QByteArray root = to;
    char *roots[] = {root.data(), nullptr};
    FTS *walk = ::fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr);
    if (!walk)
        return systemError(errno, u"read", to);
    Result<> result;
    while (const FTSENT *entry = ::fts_read(walk)) {
        if (entry->fts_info != FTS_DP && entry->fts_info != FTS_F)
            continue;
        const mode_t own = entry->fts_statp->st_mode;
        const mode_t wanted = modeLike(from + (entry->fts_path + to.size()), top.st_mode, own);
        if (wanted != (own & 07777) && ::chmod(entry->fts_accpath, wanted) != 0)
            result = systemError(errno, u"set the mode of", entry->fts_path);
    }
    ::fts_close(walk);
    return result;
}

// The index as the commit has it, without stat data; flags only where the path is the same.
Result<> setIndex(const Vault &vault, PackWriter &writer, const HeadState &head, SnapshotParts &parts,
                  Manifest &manifest)
{
    parts.conflicts = {};
    if (!head.commit) {
        HUB_TRY(parts.index, buildTree({}, writer));
        manifest.indexFlags.clear();
        return {};
    }
    HUB_TRY(const CommitObject commit, readCommit(vault.objects(), *head.commit));
    parts.index = commit.tree;
    std::vector<IndexEntry> flags;
    for (const IndexEntry &entry : manifest.indexFlags) {
        HUB_TRY(const auto held, findInTree(vault.objects(), commit.tree, entry.path));
        if (held && held->id == entry.id)
            flags.push_back(entry);
    }
    manifest.indexFlags = std::move(flags);
    return {};
}

// Into the vault, with all that they reach.
Result<> bringCommits(Vault &vault, const RepositoryPlace &place, const QList<ObjectId> &commits)
{
    PackWriter writer(vault.objects());
    HUB_TRY(const auto user, ObjectStore::open(place.commonDir + "/objects"));
    HUB_CHECK(importCommits(*user, writer, commits));
    return writer.finish();
}

// A place where both a kept path and the target want something else.
Result<bool> isWanted(const ObjectSource &source, const SnapshotParts &target, const QByteArray &path)
{
    HUB_TRY(auto held, findInTree(source, target.files, path));
    if (held)
        return held->mode == modeFolder;
    for (qsizetype slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        HUB_TRY(held, findInTree(source, target.files, path.first(slash)));
        if (held)
            return held->mode != modeFolder && held->mode != modeCommit;
    }
    return false;
}

} // namespace

Result<SnapshotInfo> takeCommitSnapshot(Vault &vault, const CommitSnapshotRequest &request)
{
    QList<ObjectId> commits{request.commit};
    if (request.head.commit)
        commits << *request.head.commit;
    HUB_CHECK(bringCommits(vault, request.place, commits));
    HUB_TRY(const ScratchTree scratch, ScratchTree::make(request, vault));
    HUB_CHECK(scratch.checkOut(request.commit));
    HUB_CHECK(takeModesOver(request.place.workTree, scratch.place().workTree));
    PackWriter writer(vault.objects());
    CaptureRequest capture{scratch.place(), {}, {}, {}, {}, false, true};
    capture.scan.sizeLimit = request.options.sizeLimit;
    capture.scan.policyLimit = request.options.policyLimit;
    capture.scan.policyPatterns = request.options.policyPatterns;
    HUB_TRY(TreeState state, captureTree(vault, writer, capture));
    state.manifest.head = request.head;
    for (const QByteArray &branch : request.branches)
        state.manifest.branches[branch] = request.head.commit;
    HUB_CHECK(setIndex(vault, writer, request.head, state.parts, state.manifest));
    HUB_CHECK(writeSnapshotTree(writer, state.manifest, state.parts));
    SnapshotInfo info{.files = state.files, .head = request.head, .fileCount = state.fileCount};
    HUB_TRY(info.commit, writeSnapshotCommit(writer, state.parts.root, request.head, request.message, request.time));
    for (const auto &[path, reason] : state.manifest.notHeld) {
        if (reason == NotHeldReason::TooBig)
            info.leftOut << path;
        else
            info.notHeld.append({path, notHeldText(reason)});
    }
    HUB_CHECK(writer.finish());
    HUB_CHECK(vault.writeRefs({{request.ref, info.commit}}));
    return info;
}

Result<std::vector<QByteArray>> thoseThatCanStay(const Vault &vault, const ObjectId &target,
                                                 const std::vector<QByteArray> &paths)
{
    HUB_TRY(const SnapshotParts parts, readSnapshotCommit(vault.objects(), target));
    std::vector<QByteArray> staying;
    for (const QByteArray &path : paths) {
        HUB_TRY(const bool wanted, isWanted(vault.objects(), parts, path));
        if (!wanted)
            staying.push_back(path);
    }
    return staying;
}

Result<std::vector<QByteArray>> untrackedBeside(const Vault &vault, const ObjectId &current, const ObjectId &target)
{
    const ObjectStore &store = vault.objects();
    HUB_TRY(const SnapshotParts now, readSnapshotCommit(store, current));
    HUB_TRY(const SnapshotParts then, readSnapshotCommit(store, target));
    HUB_TRY(const Manifest manifest, readManifest(store, now));
    std::set<QByteArray> tracked;
    for (const IndexEntry &entry : manifest.indexFlags) // also those with conflicts, and those only meant to be added
        tracked.insert(entry.path);
    std::vector<QByteArray> untracked;
    HUB_CHECK(compareHeld(store, then, now, [&](const QByteArray &path, const auto &wanted, const auto &present) {
        if (present && !wanted && !tracked.contains(path))
            untracked.push_back(path);
    }));
    std::vector<QByteArray> beside;
    for (const QByteArray &path : untracked) {
        HUB_TRY(const auto entry, findInTree(store, now.index, path));
        if (!entry)
            beside.push_back(path);
    }
    for (const auto &[path, unused] : manifest.emptyFolders)
        beside.push_back(path);
    return thoseThatCanStay(vault, target, beside);
}

} // namespace hub::git
