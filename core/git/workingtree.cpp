#include "core/git/workingtree.h"

#include "core/base/durablefile.h"
#include "core/git/gitlock.h"
#include "core/git/gitprogram.h"
#include "core/git/treefile.h"
#include "core/git/treestate.h"

#include <QDateTime>
#include <QFile>

#include <chrono>
#include <dirent.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr std::chrono::minutes longestCheckout{30};
constexpr std::chrono::minutes longestHooks{30}; // they may run a project's tests

QByteArray line(const QByteArray &output) { return output.endsWith('\n') ? output.chopped(1) : output; }

// A private copy of the index in the git folder, gone at the end. Git starts from its stat data, so only what changed
// is read again.
class PrivateIndex
{
public:
    static Result<PrivateIndex> copy(const RepositoryPlace &place, const char *name)
    {
        PrivateIndex index(place.gitDir + '/' + name);
        HUB_CHECK(removeTree(index.m_path));
        auto bytes = readFile(place.gitDir + "/index");
        if (bytes)
            HUB_CHECK(writeFileDurably(index.m_path, *bytes, 0644));
        else if (bytes.error().code != ErrorCode::NotFound)
            return std::move(bytes).error();
        return index;
    }
    PrivateIndex(PrivateIndex &&other) noexcept
        : m_path(std::exchange(other.m_path, {}))
    {
    }
    PrivateIndex &operator=(PrivateIndex &&) = delete;
    ~PrivateIndex()
    {
        if (!m_path.isEmpty()) {
            ::unlink(m_path.constData());
            ::unlink((m_path + ".lock").constData());
        }
    }
    QList<std::pair<QByteArray, QByteArray>> environment() const { return {{"GIT_INDEX_FILE", m_path}}; }

private:
    explicit PrivateIndex(QByteArray path)
        : m_path(std::move(path))
    {
    }
    QByteArray m_path;
};

Result<ObjectId> idFrom(const QByteArray &output)
{
    const auto id = ObjectId::fromHex(line(output));
    return id ? Result(*id)
              : Result<ObjectId>(fail(
                    ErrorCode::Git, u"git answered '%1' instead of an object's name"_s.arg(QString::fromUtf8(output))));
}

// Git's folder for the linked working tree whose `.git` is `link`; empty when it has none.
Result<QByteArray> entryOf(const RepositoryPlace &main, const QByteArray &link)
{
    const QByteArray folder = main.commonDir + "/worktrees";
    DIR *entries = ::opendir(folder.constData());
    QByteArray found;
    while (const dirent *entry = entries ? ::readdir(entries) : nullptr) {
        const QByteArray place = folder + '/' + entry->d_name;
        if (const auto text = readFile(place + "/gitdir"); text && line(*text) == link)
            found = place;
    }
    if (entries)
        ::closedir(entries);
    return found;
}

// As `git worktree add` would, which itself refuses a folder that has files.
Result<QByteArray> makeEntry(const RepositoryPlace &main, const QByteArray &link, const QByteArray &branch)
{
    const QByteArray folder = main.commonDir + "/worktrees", base = link.chopped(5).split('/').last();
    QByteArray entry = folder + '/' + base;
    struct stat info;
    for (int n = 1; ::lstat(entry.constData(), &info) == 0; ++n)
        entry = folder + '/' + base + QByteArray::number(n);
    HUB_CHECK(makeFolders(entry));
    HUB_CHECK(writeFileDurably(entry + "/commondir", "../..\n", 0644));
    HUB_CHECK(writeFileDurably(entry + "/HEAD", "ref: refs/heads/" + branch + '\n', 0644));
    // Last: an entry without it is not found here, and is pruned by git.
    HUB_CHECK(writeFileDurably(entry + "/gitdir", link + '\n', 0644));
    return entry;
}

bool isInHead(const RepositoryPlace &place, const QByteArray &path)
{
    const auto found =
        tryGit({.folder = place.workTree, .arguments = {"rev-parse", "--verify", "--quiet", "HEAD:" + path}});
    return found && found->exitCode == 0;
}

// The commit below HEAD whose message has this line.
Result<std::optional<ObjectId>> commitWith(const RepositoryPlace &place, const QByteArray &mark)
{
    HUB_TRY(const HeadState head, readHead(place));
    if (mark.isEmpty() || !head.commit)
        return std::optional<ObjectId>();
    HUB_TRY(const QByteArray newest,
            runGit({.folder = place.workTree, .arguments = {"log", "-z", "--max-count=50", "--format=%H%n%B"}}));
    for (const QByteArray &commit : newest.split('\0')) {
        if (commit.split('\n').contains(mark))
            return ObjectId::fromHex(commit.first(40));
    }
    return std::optional<ObjectId>();
}

} // namespace

Result<RepositoryPlace> addWorkingTree(const RepositoryPlace &place, const QByteArray &path, const QByteArray &branch,
                                       const QByteArray &base)
{
    struct stat info;
    if (::lstat(path.constData(), &info) == 0 && ::rmdir(path.constData()) != 0) // git makes it before its `.git`
        return fail(ErrorCode::Conflict, u"%1 exists already."_s.arg(QFile::decodeName(path)));
    HUB_TRY(const auto taken, readRef(place, "refs/heads/" + branch));
    HUB_TRY(const QByteArray named,
            runGit({.folder = place.workTree, .arguments = {"rev-parse", "--verify", base + "^{commit}"}}));
    HUB_TRY(const ObjectId start, idFrom(named));
    if (taken && *taken != start)
        return fail(ErrorCode::Conflict, u"The branch %1 exists already."_s.arg(QString::fromUtf8(branch)));
    HUB_CHECK(makeFolders(path.first(std::max<qsizetype>(path.lastIndexOf('/'), 1))));
    // Git makes the branch first, and may have been cut off behind that.
    const QList<QByteArray> words = taken
                                        ? QList<QByteArray>{"worktree", "add", path, branch}
                                        : QList<QByteArray>{"worktree", "add", "--no-track", "-b", branch, path, base};
    HUB_CHECK(runGit({.folder = place.workTree, .arguments = words, .writes = true, .timeLimit = longestCheckout}));
    // The row that names the tree comes next, and after a power cut nobody would look into files that are empty.
    HUB_CHECK(syncFileSystem(place.commonDir));
    HUB_CHECK(syncFileSystem(path));
    return locate(path);
}

Result<> completeWorkingTree(const RepositoryPlace &tree)
{
    const QByteArray lock = tree.gitDir + "/index.lock";
    // A git that outlived the hub which started it may still be writing the files.
    constexpr std::chrono::seconds patience{30};
    constexpr std::chrono::milliseconds pause{50};
    struct stat info;
    for (auto waited = std::chrono::milliseconds{0}; waited < patience && ::lstat(lock.constData(), &info) == 0;
         waited += pause)
        std::this_thread::sleep_for(pause);
    if (::lstat(lock.constData(), &info) == 0) {
        if (std::chrono::seconds{::time(nullptr) - info.st_mtime} < longestCheckout)
            return fail(ErrorCode::Conflict,
                        u"git still writes the files of %1."_s.arg(QFile::decodeName(tree.workTree)),
                        u"Try again in some minutes; if no git runs any more: rm '%1'"_s.arg(QFile::decodeName(lock)));
        HUB_CHECK(removeTree(lock));
    }
    const GitCall reset{.folder = tree.workTree,
                        .arguments = {"reset", "--hard", "--quiet"},
                        .writes = true,
                        .timeLimit = longestCheckout};
    auto done = runGit(reset);
    // That other git may have begun only now.
    for (int again = 0; !done && again < 100 && ::lstat(lock.constData(), &info) == 0; ++again) {
        std::this_thread::sleep_for(pause);
        done = runGit(reset);
    }
    return done ? Result<>() : std::move(done).error();
}

Result<RepositoryPlace> locateTree(const QByteArray &path)
{
    const auto gone = [&] {
        return fail(ErrorCode::NotFound, u"%1 is no working tree."_s.arg(QFile::decodeName(path)));
    };
    auto place = locate(path);
    if (!place && (place.error().code == ErrorCode::NotFound || place.error().code == ErrorCode::InvalidInput))
        return gone();
    if (!place)
        return place;
    // Else it found one further up.
    struct stat here, top;
    const bool same = ::stat(path.constData(), &here) == 0 && ::stat(place->workTree.constData(), &top) == 0 &&
                      here.st_dev == top.st_dev && here.st_ino == top.st_ino;
    return same ? std::move(place) : Result<RepositoryPlace>(gone());
}

Result<RepositoryPlace> reviveWorkingTree(const RepositoryPlace &main, const QByteArray &path, const QByteArray &branch)
{
    const QByteArray link = path + "/.git";
    HUB_TRY(QByteArray entry, entryOf(main, link));
    if (entry.isEmpty()) {
        HUB_TRY(entry, makeEntry(main, link, branch));
    }
    HUB_CHECK(makeFolders(path));
    // Whatever stands there is no link that works.
    struct stat info;
    if (::lstat(link.constData(), &info) == 0 && !S_ISREG(info.st_mode))
        return fail(
            ErrorCode::Conflict,
            u"%1 was replaced by something that is no working tree of this project."_s.arg(QFile::decodeName(link)),
            u"Move it away."_s);
    HUB_CHECK(writeFileDurably(link, "gitdir: " + entry + '\n', 0644));
    return locateTree(path);
}

Result<> checkHeld(const Vault &vault, const RepositoryPlace &tree, const ObjectId &snapshot,
                   const QByteArray &cachePath)
{
    HUB_TRY(const SnapshotParts held, readSnapshotCommit(vault.objects(), snapshot));
    HUB_TRY(const Manifest then, readManifest(vault.objects(), held));
    MemorySink sink(vault.objects());
    CaptureRequest request{tree, cachePath, {}, then.alsoHeld, {}, true, false};
    HUB_TRY(const TreeState now, captureTree(vault, sink, request));
    HUB_TRY(const SnapshotParts parts, readSnapshotTree(sink, now.root));
    const bool same = parts.files == held.files && parts.ignored == held.ignored && parts.nested == held.nested &&
                      parts.index == held.index;
    if (!same || !now.manifest.notHeld.empty() || !now.manifest.inMotion.empty()) {
        const QString first =
            now.manifest.notHeld.empty()
                ? QString()
                : u" (%1 is in no snapshot)"_s.arg(QFile::decodeName(now.manifest.notHeld.begin()->first));
        return fail(ErrorCode::Conflict,
                    u"%1 has work that is not in the vault%2; nothing was removed."_s.arg(
                        QFile::decodeName(tree.workTree), first),
                    u"Take a checkpoint first, or move those files away."_s);
    }
    return {};
}

Result<> removeWorkingTree(const Vault &vault, const RepositoryPlace &main, const RepositoryPlace &tree,
                           const ObjectId &snapshot, const QByteArray &cachePath)
{
    if (tree.gitDir == tree.commonDir)
        return fail(ErrorCode::Refused, u"%1 is the main working tree of its repository; it is never removed."_s.arg(
                                            QFile::decodeName(tree.workTree)));
    struct stat info;
    const QByteArray entries = main.commonDir + "/worktrees/";
    if (!tree.gitDir.startsWith(entries))
        return fail(ErrorCode::Refused,
                    u"%1 belongs to another repository; it was not removed."_s.arg(QFile::decodeName(tree.workTree)));
    if (::lstat((tree.gitDir + "/locked").constData(), &info) == 0)
        return fail(ErrorCode::Refused, u"%1 is locked, so it was not removed."_s.arg(QFile::decodeName(tree.workTree)),
                    u"git worktree unlock '%1'"_s.arg(QFile::decodeName(tree.workTree)));
    if (::lstat(tree.workTree.constData(), &info) != 0)
        return removeTree(tree.gitDir);
    HUB_CHECK(checkHeld(vault, tree, snapshot, cachePath));
    // Not by git, which would go on when the hub is killed, and meet a tree that is being made again. It is gone in one
    // moment, and what takes long happens where nobody looks.
    const QByteArray aside = tree.workTree + removedSuffix;
    HUB_CHECK(removeTree(aside));
    if (::rename(tree.workTree.constData(), aside.constData()) != 0)
        return systemError(errno, u"remove", tree.workTree);
    HUB_CHECK(syncFolder(aside.left(aside.lastIndexOf('/'))));
    HUB_CHECK(removeTree(tree.gitDir));
    return removeTree(aside);
}

Result<BackupBranch> makeBackupBranch(const RepositoryPlace &place, const QByteArray &agent, const QByteArray &task,
                                      Instant time)
{
    const QByteArray stamp =
        QDateTime::fromMSecsSinceEpoch(toMillis(time), Qt::UTC).toString(u"yyyyMMdd'T'HHmmss'Z'").toLatin1();
    BackupBranch backup;
    QByteArray shortName = "backup/" + agent + '/' + task + '-' + stamp;
    for (int n = 2;; ++n) {
        HUB_TRY(const auto taken, readRef(place, "refs/heads/" + shortName));
        if (!taken)
            break;
        shortName = "backup/" + agent + '/' + task + '-' + stamp + '-' + QByteArray::number(n);
    }
    backup.name = "refs/heads/" + shortName;
    HUB_TRY(const HeadState head, readHead(place));
    HUB_TRY(const PrivateIndex index, PrivateIndex::copy(place, "index.agenthub-backup"));
    const auto git = [&](QList<QByteArray> words) {
        return runGit({.folder = place.workTree,
                       .arguments = std::move(words),
                       .environment = index.environment(),
                       .writes = true});
    };
    // Nested repositories without a commit make `git add` fail as a whole; their files are in the vault.
    HUB_TRY(const QByteArray others, runGit({.folder = place.workTree,
                                             .arguments = {"ls-files", "-z", "--others", "--exclude-standard",
                                                           "--directory", "--no-empty-directory"},
                                             .environment = index.environment()}));
    QByteArray untracked;
    for (const QByteArray &path : others.split('\0')) {
        struct stat info;
        if (!path.isEmpty() &&
            !(path.endsWith('/') && ::lstat((place.workTree + '/' + path + ".git").constData(), &info) == 0))
            untracked += ":(top,literal)" + path + '\0';
    }
    HUB_CHECK(git({"add", "--update", "--", ":/"}));
    if (!untracked.isEmpty()) {
        HUB_CHECK(runGit({.folder = place.workTree,
                          .arguments = {"add", "--pathspec-from-file=-", "--pathspec-file-nul"},
                          .input = untracked,
                          .environment = index.environment(),
                          .writes = true}));
    }
    HUB_TRY(const QByteArray written, git({"write-tree"}));
    HUB_TRY(const ObjectId tree, idFrom(written));
    ObjectId headTree;
    if (head.commit) {
        HUB_TRY(const QByteArray text, git({"rev-parse", "--verify", head.commit->hex() + "^{tree}"}));
        HUB_TRY(headTree, idFrom(text));
    }
    backup.dirty = !head.commit || tree != headTree;
    if (backup.dirty) {
        QList<QByteArray> words{"-c",          "user.name=AgentHub",
                                "-c",          "user.email=agenthub@localhost",
                                "-c",          "commit.gpgSign=false",
                                "commit-tree", tree.hex(),
                                "-m",          "Backup before " + agent + " starts on task " + task};
        if (head.commit)
            words << "-p" << head.commit->hex();
        HUB_TRY(const QByteArray text, git(words));
        HUB_TRY(backup.commit, idFrom(text));
    } else {
        backup.commit = *head.commit;
    }
    HUB_CHECK(git({"update-ref", "-m", "agenthub: backup", "--create-reflog", backup.name, backup.commit.hex(),
                   QByteArray(40, '0')}));
    HUB_CHECK(syncRef(place, backup.name));
    return backup;
}

Result<ObjectId> commitAtomically(const RepositoryPlace &place, const QList<QByteArray> &paths,
                                  const QByteArray &message, const QByteArray &mark)
{
    if (paths.isEmpty())
        return fail(ErrorCode::InvalidInput, u"No path was named to commit."_s);
    HUB_CHECK(awaitLocks(place, {}));
    const auto durable = [&](const HeadState &at) { return syncRef(place, at.branch.isEmpty() ? "HEAD" : at.branch); };
    HUB_TRY(const HeadState head, readHead(place));
    HUB_TRY(const auto earlier, commitWith(place, mark));
    if (earlier) {
        HUB_CHECK(durable(head));
        return *earlier;
    }
    const QByteArray indexPath = place.gitDir + "/index";
    auto before = readFile(indexPath);
    if (!before && before.error().code != ErrorCode::NotFound)
        return std::move(before).error();
    HUB_TRY(const IndexFile index, readIndex(place.gitDir, place.workTree));
    QByteArray specs, present;
    for (const QByteArray &path : paths) {
        struct stat info;
        const QByteArray spec = ":(top,literal)" + path + '\0';
        specs += spec;
        if (::lstat((place.workTree + '/' + path).constData(), &info) == 0)
            present += spec;
        else if (!index.find(path) && !isInHead(place, path)) // else its deletion is staged
            return fail(ErrorCode::NotFound,
                        u"%1 is neither in the working tree nor tracked; nothing was committed."_s.arg(
                            QFile::decodeName(path)));
    }
    const auto git = [&](QList<QByteArray> words, const QByteArray &input) {
        return runGit({.folder = place.workTree,
                       .arguments = std::move(words),
                       .input = input,
                       .writes = true,
                       .timeLimit = longestHooks});
    };
    struct stat modes;
    const quint32 mode = ::stat(indexPath.constData(), &modes) == 0 ? modes.st_mode & 0777 : 0644;
    // New files must be known to git before `commit --only` can name them.
    Result<QByteArray> done = QByteArray();
    if (!present.isEmpty())
        done = git({"add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul"}, present);
    if (done)
        done = git({"commit", "--quiet", "--only", "--allow-empty-message", "--message", message,
                    "--pathspec-from-file=-", "--pathspec-file-nul"},
                   specs);
    if (!done) {
        auto restored = before ? writeFileDurably(indexPath, *before, mode) : removeTree(indexPath);
        HUB_CHECK(restored);
        return std::move(done).error().within(u"commit");
    }
    HUB_TRY(const HeadState now, readHead(place));
    if (!now.commit || now.commit == head.commit)
        return fail(ErrorCode::Git, u"git made no commit."_s);
    HUB_CHECK(durable(now));
    return *now.commit;
}

Result<QByteArray> withTrailers(const QByteArray &message, const QList<std::pair<QByteArray, QByteArray>> &trailers)
{
    QList<QByteArray> words{"-c", "trailer.separators=:", "interpret-trailers", "--no-divider"};
    for (const auto &[name, value] : trailers)
        words << "--where=end"
              << "--if-exists=addIfDifferent"
              << "--if-missing=add"
              << "--trailer" << name + ": " + value.simplified();
    return runGit({.arguments = words, .input = message.trimmed() + '\n'});
}

} // namespace hub::git
