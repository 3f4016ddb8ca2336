#include "core/git/finishing.h"

#include "core/base/durablefile.h"
#include "core/git/gitlock.h"
#include "core/git/gitprogram.h"
#include "core/git/statefiles.h"
#include "core/git/workingtree.h"

#include <QDir>
#include <QFile>
#include <QProcessEnvironment>

#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr std::chrono::minutes longest{30}; // of a checkout, and of hooks, which may run a project's tests
constexpr qsizetype namedPaths = 10;

QByteArray line(const QByteArray &output) { return output.endsWith('\n') ? output.chopped(1) : output; }

QString shown(const QByteArray &path) { return QFile::decodeName(path); }

QList<QByteArray> pathsOf(const QByteArray &listed)
{
    QList<QByteArray> paths = listed.split('\0');
    paths.removeAll(QByteArray());
    return paths;
}

Result<ObjectId> idOf(const QByteArray &output)
{
    const auto id = ObjectId::fromHex(output.trimmed().first(std::min<qsizetype>(output.trimmed().size(), 40)));
    return id ? Result(*id)
              : Result<ObjectId>(fail(
                    ErrorCode::Git, u"git answered '%1' instead of an object's name"_s.arg(QString::fromUtf8(output))));
}

Result<ObjectId> resolve(const RepositoryPlace &place, const QByteArray &text)
{
    HUB_TRY(const QByteArray found,
            runGit({.folder = place.workTree, .arguments = {"rev-parse", "--verify", "--quiet", text}}));
    return idOf(found);
}

// What git and its hooks printed, their own words last.
QString wordsOf(const GitOutput &output)
{
    const QString said = QString::fromLocal8Bit(output.out + output.err).trimmed();
    const QStringList lines = said.split(u'\n');
    constexpr qsizetype most = 15;
    return lines.size() <= most ? said : u"…\n"_s + lines.mid(lines.size() - most).join(u'\n');
}

QString listText(const QList<QByteArray> &paths)
{
    QStringList names;
    for (const QByteArray &path : paths.first(std::min(paths.size(), namedPaths)))
        names << shown(path);
    return names.join(u", "_s) +
           (paths.size() > namedPaths ? u" and %1 more"_s.arg(paths.size() - namedPaths) : QString());
}

// How the person who runs the hub reaches servers; all other GIT_ variables are kept from git.
Environment credentials()
{
    Environment variables;
    for (const QString &entry : QProcessEnvironment::systemEnvironment().toStringList()) {
        const QByteArray text = QFile::encodeName(entry);
        for (const char *kept : {"GIT_SSH", "GIT_ASKPASS", "GIT_SSL_", "GIT_HTTP_", "GIT_PROXY_", "GIT_CONFIG_"}) {
            if (text.startsWith(kept))
                variables.append({text.left(text.indexOf('=')), text.mid(text.indexOf('=') + 1)});
        }
    }
    return variables;
}

// "refs/heads/x" in the hands of a rebase or bisect, whose HEAD is detached meanwhile.
bool isWorkedOn(const RepositoryPlace &tree, const QByteArray &branch)
{
    for (const char *file : {"/rebase-merge/head-name", "/rebase-apply/head-name"}) {
        if (const auto name = readFile(tree.gitDir + file); name && name->trimmed() == branch)
            return true;
    }
    const auto start = readFile(tree.gitDir + "/BISECT_START");
    return start && "refs/heads/" + start->trimmed() == branch;
}

} // namespace

Result<Uncommitted> uncommittedWork(const RepositoryPlace &tree)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = tree.workTree,
                    .arguments = {"-c", "core.quotePath=false", "-c", "status.renames=false", "status",
                                  "--porcelain=v1", "-z", "--untracked-files=all", "--ignore-submodules=dirty"}}));
    Uncommitted work;
    for (const QByteArray &entry : pathsOf(listed)) {
        const QByteArray path = entry.mid(3);
        (path.endsWith('/') ? work.nested : work.paths) << path;
    }
    return work;
}

// Not `commit --only`, which takes no folder in the place of a file: with all paths the index as a whole is meant.
Result<ObjectId> commitWork(const RepositoryPlace &tree, const QList<QByteArray> &paths, const QByteArray &message,
                            const Environment &environment)
{
    HUB_CHECK(awaitLocks(tree, {}));
    HUB_TRY(const HeadState before, readHead(tree));
    const QByteArray index = tree.gitDir + "/index";
    HUB_TRY(const QByteArray indexBefore, readFile(index));
    struct stat info;
    const quint32 mode = ::stat(index.constData(), &info) == 0 ? info.st_mode & 0777 : 0644;
    const auto git = [&](QList<QByteArray> words, const QByteArray &input = {}) {
        return tryGit({.folder = tree.workTree,
                       .arguments = std::move(words),
                       .input = input,
                       .environment = environment,
                       .writes = true,
                       .timeLimit = longest});
    };
    auto done = git({"update-index", "--add", "--remove", "--replace", "-z", "--stdin"}, paths.join('\0') + '\0');
    if (done && done->exitCode == 0)
        done = git({"commit", "--quiet", "-m", message});
    HUB_TRY(const HeadState now, readHead(tree));
    if (!done || done->exitCode != 0 || now == before) {
        HUB_CHECK(writeFileDurably(index, indexBefore, mode));
        if (!done)
            return std::move(done).error();
        return fail(ErrorCode::Git, u"git, or a hook of the repository, refused the commit: "_s + wordsOf(*done));
    }
    HUB_CHECK(syncRef(tree, now.branch.isEmpty() ? "HEAD" : now.branch));
    return *now.commit;
}

Result<MergeTrial> tryMerge(const RepositoryPlace &tree, const QList<QByteArray> &uncommitted,
                            const std::optional<ObjectId> &target, const QByteArray &scratch)
{
    HUB_CHECK(removeTree(scratch));
    HUB_CHECK(makeFolders(scratch + "/objects"));
    struct Gone {
        QByteArray folder;
        ~Gone() { std::ignore = removeTree(folder); }
    } const gone{scratch};
    const Environment environment{{"GIT_INDEX_FILE", scratch + "/index"},
                                  {"GIT_OBJECT_DIRECTORY", scratch + "/objects"},
                                  {"GIT_ALTERNATE_OBJECT_DIRECTORIES", tree.commonDir + "/objects"}};
    const auto git = [&](QList<QByteArray> words, const QByteArray &input = {}) {
        return runGit({.folder = tree.workTree,
                       .arguments = std::move(words),
                       .input = input,
                       .environment = environment,
                       .timeLimit = longest});
    };
    HUB_TRY(const HeadState head, readHead(tree));
    if (!head.commit)
        return fail(ErrorCode::Conflict, u"Nothing is committed in %1 yet."_s.arg(shown(tree.workTree)));
    MergeTrial trial;
    ObjectId source = *head.commit;
    if (uncommitted.isEmpty()) {
        HUB_TRY(trial.source, resolve(tree, source.hex() + "^{tree}"));
    } else {
        if (const auto index = readFile(tree.gitDir + "/index"))
            HUB_CHECK(writeFileDurably(scratch + "/index", *index));
        HUB_CHECK(
            git({"update-index", "--add", "--remove", "--replace", "-z", "--stdin"}, uncommitted.join('\0') + '\0'));
        HUB_TRY(const QByteArray written, git({"write-tree"}));
        HUB_TRY(trial.source, idOf(written));
        HUB_TRY(const QByteArray commit, git({"-c", "user.name=AgentHub", "-c", "user.email=agenthub@localhost",
                                              "commit-tree", trial.source.hex(), "-p", source.hex(), "-m", "trial"}));
        HUB_TRY(source, idOf(commit));
    }
    if (!target)
        return trial;
    HUB_TRY(const GitOutput merged, tryGit({.folder = tree.workTree,
                                            .arguments = {"merge-tree", "--write-tree", "-z", "--name-only",
                                                          "--no-messages", target->hex(), source.hex()},
                                            .environment = environment,
                                            .timeLimit = longest}));
    const QList<QByteArray> answer = pathsOf(merged.out);
    if (merged.exitCode > 1 || answer.isEmpty())
        return fail(ErrorCode::Git, u"git can't try the merge: "_s + wordsOf(merged));
    HUB_TRY(const ObjectId before, resolve(tree, target->hex() + "^{tree}"));
    HUB_TRY(const ObjectId after, idOf(answer.first()));
    trial.conflicts = answer.mid(1);
    trial.nothingNew = trial.conflicts.isEmpty() && after == before;
    return trial;
}

Result<RepositoryPlace> addMergeTree(const RepositoryPlace &main, const QByteArray &folder, const ObjectId &commit,
                                     const Environment &environment)
{
    HUB_CHECK(makeFolders(folder.left(folder.lastIndexOf('/'))));
    HUB_CHECK(runGit({.folder = main.workTree,
                      .arguments = {"worktree", "add", "--quiet", "--detach", folder, commit.hex()},
                      .environment = environment,
                      .writes = true,
                      .timeLimit = longest}));
    return locateTree(folder);
}

Result<> removeMergeTree(const RepositoryPlace &main, const QByteArray &folder)
{
    // Its entry is found by the folder that it names, also when nothing else of it is there any more.
    const QByteArray entries = main.commonDir + "/worktrees";
    for (const QString &name : QDir(shown(entries)).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QByteArray entry = entries + '/' + QFile::encodeName(name);
        const auto link = readFile(entry + "/gitdir");
        if (link && line(*link) == folder + "/.git")
            HUB_CHECK(removeTree(entry));
    }
    return removeTree(folder);
}

Result<ObjectId> makeMerge(const RepositoryPlace &mergeTree, const MergeOrder &order)
{
    const auto git = [&](QList<QByteArray> words) {
        return tryGit({.folder = mergeTree.workTree,
                       .arguments = std::move(words),
                       .environment = order.environment,
                       .writes = true,
                       .timeLimit = longest});
    };
    QList<QByteArray> words{"merge", "--no-stat"};
    if (order.squash)
        words << "--squash";
    else
        words << "--no-ff"
              << "-m" << order.message;
    HUB_TRY(GitOutput done, git(words << order.source.hex()));
    const bool merged = done.exitCode == 0;
    if (merged && order.squash) {
        HUB_TRY(done, git({"commit", "--quiet", "-m", order.message}));
    }
    if (done.exitCode != 0) {
        HUB_TRY(const QByteArray unmerged,
                runGit({.folder = mergeTree.workTree, .arguments = {"diff", "--name-only", "--diff-filter=U", "-z"}}));
        const QList<QByteArray> conflicts = pathsOf(unmerged);
        if (!conflicts.isEmpty())
            return fail(ErrorCode::Conflict, u"These files conflict: %1."_s.arg(listText(conflicts)));
        return fail(ErrorCode::Git, u"git, or a hook of the repository, refused the commit: "_s + wordsOf(done));
    }
    HUB_TRY(const HeadState head, readHead(mergeTree));
    if (!head.commit || *head.commit == order.target)
        return fail(ErrorCode::Git, u"git made no commit: "_s + wordsOf(done));
    return *head.commit;
}

Result<std::optional<BranchHolder>> holderOf(const RepositoryPlace &main, const QByteArray &branch)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = main.commonDir, .arguments = {"worktree", "list", "--porcelain", "-z"}}));
    QByteArray path;
    for (const QByteArray &entry : listed.split('\0')) {
        if (entry.startsWith("worktree "))
            path = entry.mid(9);
        const bool here = entry == "branch " + branch;
        if (!here && entry != "detached")
            continue;
        const auto place = locateTree(path);
        if (!place && !here)
            continue;
        if (!place)
            return fail(ErrorCode::Conflict, u"%1 is checked out in %2, which can't be read: %3"_s.arg(
                                                 shown(branch).mid(11), shown(path), place.error().message));
        if (here || isWorkedOn(*place, branch))
            return std::optional(BranchHolder{*place, unfinishedOperation(*place)});
    }
    return std::optional<BranchHolder>();
}

Result<> moveBranch(const RepositoryPlace &main, const QByteArray &branch, const std::optional<ObjectId> &from,
                    const std::optional<ObjectId> &to, const QByteArray &why)
{
    HUB_TRY(const auto now, readRef(main, branch));
    const auto text = [](const std::optional<ObjectId> &id) {
        return id ? QString::fromLatin1(id->hex().first(12)) : u"gone"_s;
    };
    if (now != to && now != from)
        return fail(ErrorCode::Conflict, u"Branch %1 was moved meanwhile: it is %2 now, not %3."_s.arg(
                                             shown(branch).mid(11), text(now), text(from)));
    if (now != to) {
        const QByteArray old = from ? from->hex() : QByteArray(40, '0');
        QList<QByteArray> words{"update-ref", "-m", why};
        if (to)
            words << "--create-reflog" << branch << to->hex() << old;
        else
            words << "-d" << branch << old;
        HUB_CHECK(runGit({.folder = main.commonDir, .arguments = words, .writes = true}));
    }
    return syncRef(main, branch);
}

Result<std::optional<QByteArray>> localBranch(const RepositoryPlace &place, const QByteArray &text)
{
    QList<QByteArray> names{text};
    if (text.startsWith("refs/heads/"))
        names = {text.mid(11)};
    else if (text.contains('/'))
        names << text.mid(text.indexOf('/') + 1);
    for (const QByteArray &name : names) {
        if (name.isEmpty() || name.startsWith('-') || name.contains(".."))
            continue;
        HUB_TRY(const auto found, readRef(place, "refs/heads/" + name));
        if (found)
            return std::optional(name);
    }
    return std::optional<QByteArray>();
}

Result<bool> isAncestor(const RepositoryPlace &place, const ObjectId &older, const ObjectId &newer)
{
    HUB_TRY(const GitOutput answer, tryGit({.folder = place.commonDir,
                                            .arguments = {"merge-base", "--is-ancestor", older.hex(), newer.hex()}}));
    if (answer.exitCode > 1)
        return fail(ErrorCode::Git, wordsOf(answer));
    return answer.exitCode == 0;
}

Result<qint64> commitsBeyond(const RepositoryPlace &place, const QByteArray &base, const ObjectId &tip)
{
    QList<QByteArray> words{"rev-list", "--count", tip.hex()};
    if (!base.isEmpty())
        words << "^" + base;
    HUB_TRY(const QByteArray count, runGit({.folder = place.commonDir, .arguments = words}));
    return count.trimmed().toLongLong();
}

Result<QList<QByteArray>> filesInTheWay(const RepositoryPlace &tree, const ObjectId &from, const ObjectId &to)
{
    HUB_TRY(const QByteArray added, runGit({.folder = tree.workTree,
                                            .arguments = {"diff-tree", "-r", "-z", "--name-only", "--no-renames",
                                                          "--diff-filter=A", from.hex(), to.hex()}}));
    HUB_TRY(const QByteArray gone, runGit({.folder = tree.workTree,
                                           .arguments = {"diff-tree", "-r", "-z", "--name-only", "--no-renames",
                                                         "--diff-filter=D", from.hex(), to.hex()}}));
    const QList<QByteArray> leaving = pathsOf(gone);
    QList<QByteArray> blocked;
    for (const QByteArray &path : pathsOf(added)) {
        struct stat info;
        if (::lstat((tree.workTree + '/' + path).constData(), &info) == 0) {
            // A folder of files that all go makes room.
            const bool room = S_ISDIR(info.st_mode) &&
                              std::any_of(leaving.begin(), leaving.end(),
                                          [&](const QByteArray &other) { return other.startsWith(path + '/'); });
            if (!room)
                blocked << path;
            continue;
        }
        for (qsizetype slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
            const QByteArray above = path.first(slash);
            if (::lstat((tree.workTree + '/' + above).constData(), &info) == 0 && !S_ISDIR(info.st_mode) &&
                !leaving.contains(above))
                blocked << above;
        }
    }
    return blocked;
}

Result<QList<QByteArray>> changedTracked(const RepositoryPlace &tree)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = tree.workTree,
                    .arguments = {"-c", "status.renames=false", "status", "--porcelain=v1", "-z",
                                  "--untracked-files=no", "--ignore-submodules=dirty"}}));
    QList<QByteArray> paths;
    for (const QByteArray &entry : pathsOf(listed))
        paths << entry.mid(3);
    return paths;
}

Result<std::optional<Remote>> pushRemote(const RepositoryPlace &place)
{
    HUB_TRY(const QByteArray listed, runGit({.folder = place.workTree, .arguments = {"remote"}}));
    QList<QByteArray> names = listed.split('\n');
    names.removeAll(QByteArray());
    if (names.isEmpty())
        return std::optional<Remote>();
    HUB_TRY(const GitOutput wanted,
            tryGit({.folder = place.workTree, .arguments = {"config", "--get", "remote.pushDefault"}}));
    QByteArray name = wanted.out.trimmed();
    if (!names.contains(name))
        name = names.contains("origin") ? QByteArray("origin") : names.first();
    if (names.size() > 1 && name != wanted.out.trimmed() && name != "origin") {
        Error error = fail(ErrorCode::Ambiguous, u"Push to which remote? There are several, and none is origin."_s,
                           u"git -C '%1' config remote.pushDefault NAME"_s.arg(shown(place.workTree)));
        for (const QByteArray &each : names)
            error.candidates << shown(each);
        return error;
    }
    HUB_TRY(const QByteArray address,
            runGit({.folder = place.workTree, .arguments = {"remote", "get-url", "--push", name}}));
    return std::optional(Remote{name, line(address)});
}

Result<> pushBranch(const RepositoryPlace &tree, const QByteArray &remote, const QByteArray &branch,
                    const Environment &environment)
{
    HUB_TRY(const GitOutput done, tryGit({.folder = tree.workTree,
                                          .arguments = {"push", "--porcelain", remote, branch + ':' + branch},
                                          .environment = credentials() + environment,
                                          .writes = true,
                                          .timeLimit = longest}));
    if (done.exitCode == 0)
        return {};
    return fail(ErrorCode::Git, u"The push to %1 did not succeed: %2"_s.arg(shown(remote), wordsOf(done)));
}

Result<std::optional<ObjectId>> remoteBranch(const RepositoryPlace &place, const QByteArray &remote,
                                             const QByteArray &branch)
{
    HUB_TRY(const QByteArray listed, runGit({.folder = place.workTree,
                                             .arguments = {"ls-remote", remote, branch},
                                             .environment = credentials(),
                                             .timeLimit = std::chrono::minutes{1}}));
    for (const QByteArray &entry : listed.split('\n')) {
        if (entry.endsWith('\t' + branch))
            return ObjectId::fromHex(QByteArrayView(entry).first(40));
    }
    return std::optional<ObjectId>();
}

Result<> fetchBranch(const RepositoryPlace &place, const QByteArray &from, const QByteArray &ref,
                     const QByteArray &branch)
{
    HUB_CHECK(runGit({.folder = place.workTree,
                      .arguments = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
                                    from, ref + ':' + branch},
                      .writes = true,
                      .timeLimit = longest}));
    return syncRef(place, branch);
}

} // namespace hub::git
