#include "core/git/guard.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"
#include "core/posix/guardfile.h"

#include <QDir>
#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// Links under these names stand always, so that a hook that a person adds later runs too: git does not look into
// .git/hooks any more. Of the others some change what git does by being there (push-to-checkout, proc-receive), and
// some cost each commit a process (guardLateHooks): they stand only when there is such a hook.
const QList<QByteArray> alwaysLinked{"applypatch-msg",   "pre-applypatch", "post-applypatch",      "pre-commit",
                                     "pre-merge-commit", "pre-rebase",     "post-checkout",        "post-merge",
                                     "pre-push",         "post-rewrite",   "reference-transaction"};

constexpr qsizetype prefixLength = 11; // refs/heads/

QString shown(const QByteArray &path) { return QFile::decodeName(path); }

struct Paths {
    QByteArray folder, hooks, program, guard, moves, configBefore, configAfter, config;

    explicit Paths(const RepositoryPlace &place)
        : folder(place.commonDir + '/' + posix::guardFolder)
        , hooks(folder + '/' + posix::guardHooks)
        , program(folder + '/' + posix::guardProgram)
        , guard(folder + '/' + posix::guardFileName)
        , moves(folder + '/' + posix::guardMoves)
        , configBefore(folder + "/config-before")
        , configAfter(folder + "/config-after")
        , config(place.commonDir + "/config")
    {
    }
};

bool exists(const QByteArray &path)
{
    struct stat info;
    return ::lstat(path.constData(), &info) == 0;
}

Result<> setMode(const QByteArray &path, mode_t mode)
{
    if (::chmod(path.constData(), mode) != 0)
        return systemError(errno, u"change the rights of", path);
    return {};
}

// All values of core.hooksPath, the one that counts last.
Result<QList<QByteArray>> hooksPaths(const RepositoryPlace &place, const QList<QByteArray> &scope)
{
    QList<QByteArray> words{"config", "-z", "--type=path"};
    words << scope << "--get-all"
          << "core.hooksPath";
    HUB_TRY(const GitOutput output, tryGit({.folder = place.workTree, .arguments = words}));
    if (output.exitCode == 1) // no such entry
        return QList<QByteArray>();
    if (output.exitCode != 0)
        return fail(ErrorCode::Git,
                    u"git can't read core.hooksPath: %1"_s.arg(QString::fromLocal8Bit(output.err).trimmed()));
    QList<QByteArray> values = output.out.split('\0');
    values.removeLast(); // behind the last end mark
    return values;
}

Result<posix::GuardFile> readGuardFile(const Paths &paths)
{
    HUB_TRY(const QByteArray text, readFile(paths.guard));
    posix::GuardFile file;
    if (const std::string problem = posix::decodeGuard(std::string_view(text.constData(), size_t(text.size())), file);
        !problem.empty())
        return fail(ErrorCode::Corrupt, u"%1: %2"_s.arg(shown(paths.guard), QString::fromStdString(problem)),
                    u"agenthubctl projects guard install"_s);
    return file;
}

// Hooks in a folder that git would run, ours left out.
QList<QByteArray> hooksIn(const RepositoryPlace &place, const QByteArray &chain)
{
    const QByteArray folder = chain.startsWith('/') ? chain : place.workTree + '/' + chain;
    QList<QByteArray> names;
    for (const QString &entry : QDir(shown(folder)).entryList(QDir::Files | QDir::Hidden, QDir::Name)) {
        const QByteArray name = QFile::encodeName(entry);
        if (!name.contains('.') && ::access((folder + '/' + name).constData(), X_OK) == 0)
            names << name;
    }
    return names;
}

Result<std::vector<std::string>> protectedRefs(const RepositoryPlace &place, const QStringList &branches)
{
    std::vector<std::string> refs;
    const auto add = [&refs](const QByteArray &name) {
        const std::string ref = "refs/heads/" + name.toStdString();
        if (!name.isEmpty() && std::find(refs.begin(), refs.end(), ref) == refs.end())
            refs.push_back(ref);
    };
    for (const QString &branch : branches)
        add(QFile::encodeName(branch.trimmed()));
    // "refs/remotes/origin/HEAD refs/remotes/origin/main"
    HUB_TRY(const QByteArray heads,
            runGit({place.workTree, {"for-each-ref", "--format=%(refname) %(symref)", "refs/remotes"}}));
    for (const QByteArray &line : heads.split('\n')) {
        const qsizetype space = line.indexOf(' ');
        const QByteArray remote = line.left(space);
        if (!remote.endsWith("/HEAD"))
            continue;
        const QByteArray target = line.mid(space + 1);
        if (const QByteArray prefix = remote.chopped(4); target.startsWith(prefix))
            add(target.mid(prefix.size()));
    }
    return refs;
}

Result<> makeLinks(const Paths &paths, const QList<QByteArray> &earlier)
{
    const QByteArray target = QByteArray("../") + posix::guardProgram;
    QList<QByteArray> wanted = alwaysLinked;
    for (const QByteArray &name : earlier) {
        if (!wanted.contains(name))
            wanted << name;
    }
    for (const QString &entry : QDir(shown(paths.hooks)).entryList(QDir::Files | QDir::Hidden | QDir::System)) {
        if (!wanted.contains(QFile::encodeName(entry)))
            HUB_CHECK(removeTree(paths.hooks + '/' + QFile::encodeName(entry)));
    }
    for (const QByteArray &name : wanted) {
        const QByteArray link = paths.hooks + '/' + name;
        char now[64];
        const ssize_t size = ::readlink(link.constData(), now, sizeof now);
        if (size == target.size() && target == QByteArrayView(now, size))
            continue;
        HUB_CHECK(removeTree(link));
        if (::symlink(target.constData(), link.constData()) != 0)
            return systemError(errno, u"make", link);
    }
    return syncFolder(paths.hooks);
}

Result<> copyProgram(const Paths &paths, const QByteArray &program)
{
    HUB_TRY(const QByteArray wanted, readFile(program));
    if (const auto now = readFile(paths.program); !now || *now != wanted)
        HUB_CHECK(writeFileDurably(paths.program, wanted, 0755));
    return setMode(paths.program, 0755);
}

// The lines of a configuration that do not speak of hooks.
QByteArray withoutHooksPath(const QByteArray &config)
{
    QByteArray rest;
    for (const QByteArray &line : config.split('\n')) {
        if (!line.toLower().contains("hookspath"))
            rest += line + '\n';
    }
    return rest;
}

// What was there is on disk before git's configuration names our folder.
Result<> pointGitAt(const RepositoryPlace &place, const Paths &paths)
{
    HUB_TRY(const QByteArray before, readFile(paths.config));
    HUB_CHECK(removeTree(paths.configAfter));
    HUB_CHECK(writeFileDurably(paths.configBefore, before, 0600));
    HUB_CHECK(runGit({.folder = place.workTree,
                      .arguments = {"config", "--local", "--replace-all", "core.hooksPath", paths.hooks},
                      .writes = true}));
    HUB_TRY(const QByteArray after, readFile(paths.config));
    // Somebody may have written at the same moment; then only our own entry is taken back later.
    if (withoutHooksPath(before) == withoutHooksPath(after))
        HUB_CHECK(writeFileDurably(paths.configAfter, after, 0600));
    return {};
}

// As git does it: the lock is the new file.
Result<> replaceConfig(const Paths &paths, const QByteArray &bytes)
{
    struct stat info;
    if (::stat(paths.config.constData(), &info) != 0)
        return systemError(errno, u"look at", paths.config);
    const QByteArray lock = paths.config + ".lock";
    HUB_TRY(const FileHandle file, openFile(lock, O_WRONLY | O_CREAT | O_EXCL, info.st_mode & 0777));
    auto written = writeAll(file.fd(), bytes, lock);
    if (written)
        written = syncFile(file.fd(), lock);
    if (written && ::fchmod(file.fd(), info.st_mode & 0777) != 0)
        written = systemError(errno, u"change the rights of", lock);
    if (written && ::rename(lock.constData(), paths.config.constData()) != 0)
        written = systemError(errno, u"rename", lock);
    if (!written) {
        ::unlink(lock.constData());
        return written;
    }
    return syncFolder(paths.config.left(paths.config.lastIndexOf('/')));
}

Result<> pointGitBack(const RepositoryPlace &place, const Paths &paths)
{
    HUB_TRY(const QByteArray now, readFile(paths.config));
    const auto before = readFile(paths.configBefore);
    if (const auto after = readFile(paths.configAfter); before && after && *after == now)
        return replaceConfig(paths, *before);
    QList<QByteArray> earlier;
    if (before) {
        HUB_TRY(
            const GitOutput listed,
            tryGit({place.workTree, {"config", "-z", "--file", paths.configBefore, "--get-all", "core.hooksPath"}}));
        earlier = listed.out.split('\0');
        earlier.removeAll(QByteArray());
    }
    HUB_CHECK(runGit({.folder = place.workTree,
                      .arguments = {"config", "--local", "--unset-all", "core.hooksPath"},
                      .writes = true}));
    for (const QByteArray &value : earlier) {
        HUB_CHECK(runGit({.folder = place.workTree,
                          .arguments = {"config", "--local", "--add", "core.hooksPath", value},
                          .writes = true}));
    }
    return {};
}

// A working tree may have a configuration of its own, which counts more than the repository's.
Result<> findWorkTreesOutside(const RepositoryPlace &place, const Paths &paths, QStringList &problems)
{
    QList<QByteArray> files{place.commonDir + "/config.worktree"};
    const QByteArray linked = place.commonDir + "/worktrees";
    for (const QString &entry : QDir(shown(linked)).entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        files << linked + '/' + QFile::encodeName(entry) + "/config.worktree";
    HUB_TRY(const GitOutput extension,
            tryGit({place.workTree, {"config", "--type=bool", "--get", "extensions.worktreeConfig"}}));
    for (const QByteArray &file : files) {
        if (extension.out.trimmed() != "true" || !exists(file))
            continue;
        HUB_TRY(const GitOutput own,
                tryGit({place.workTree, {"config", "--type=path", "--file", file, "--get", "core.hooksPath"}}));
        const QByteArray value = own.out.trimmed();
        if (own.exitCode == 0 && value != paths.hooks)
            problems << u"%1 sets core.hooksPath to %2, so git runs no guard in that working tree."_s.arg(shown(file),
                                                                                                          shown(value));
    }
    return {};
}

} // namespace

Result<QStringList> protectedBranches(const RepositoryPlace &place, const QStringList &branches)
{
    HUB_TRY(const auto refs, protectedRefs(place, branches));
    QStringList names;
    for (const std::string &ref : refs)
        names << QFile::decodeName(QByteArray::fromStdString(ref)).mid(11);
    return names;
}

Result<GuardState> guardState(const RepositoryPlace &place)
{
    const Paths paths(place);
    GuardState state;
    if (!exists(paths.guard))
        return state;
    HUB_TRY(const posix::GuardFile file, readGuardFile(paths));
    for (const std::string &ref : file.branches)
        state.branches << QFile::decodeName(QByteArray::fromStdString(ref).mid(prefixLength));
    state.everyone = file.everyone;
    state.chain = QByteArray::fromStdString(file.chain);
    for (const QByteArray &name : hooksIn(place, state.chain))
        state.chained << shown(name);
    HUB_TRY(const QList<QByteArray> values, hooksPaths(place, {}));
    state.installed = !values.isEmpty() && values.last() == paths.hooks;
    if (!state.installed)
        state.problems << u"core.hooksPath was changed to '%1', so git runs no guard."_s.arg(
            shown(values.value(values.size() - 1)));
    for (const QByteArray &name : alwaysLinked) {
        if (::access((paths.hooks + '/' + name).constData(), X_OK) != 0) {
            state.installed = false;
            state.problems << u"%1 can't be run, so git leaves it out."_s.arg(shown(paths.hooks + '/' + name));
        }
    }
    HUB_CHECK(findWorkTreesOutside(place, paths, state.problems));
    return state;
}

Result<GuardState> installGuard(const RepositoryPlace &place, const GuardRules &rules)
{
    const Paths paths(place);
    posix::GuardFile file;
    HUB_TRY(file.branches, protectedRefs(place, rules.branches));
    file.everyone = rules.everyone;
    HUB_TRY(const QList<QByteArray> values, hooksPaths(place, {}));
    const bool pointed = !values.isEmpty() && values.last() == paths.hooks;
    if (pointed) {
        const auto known = readGuardFile(paths);
        file.chain = known ? known->chain : (place.commonDir + "/hooks").toStdString();
    } else {
        file.chain = (values.isEmpty() ? place.commonDir + "/hooks" : values.last()).toStdString();
    }
    if (file.chain.find('\n') != std::string::npos || paths.hooks.contains('\n'))
        return fail(ErrorCode::Unsupported, u"The path of the hooks has a line break, so no guard can be set up."_s);
    struct stat info;
    if (::stat(place.commonDir.constData(), &info) != 0)
        return systemError(errno, u"look at", place.commonDir);
    HUB_CHECK(makeFolders(paths.hooks));
    // Whoever may use the repository must be able to run its hooks, and to write moves down.
    HUB_CHECK(setMode(paths.folder, info.st_mode & 07777));
    HUB_CHECK(setMode(paths.hooks, info.st_mode & 07777));
    HUB_CHECK(copyProgram(paths, rules.program));
    const std::string text = posix::encodeGuard(file);
    const QByteArray bytes(text.data(), qsizetype(text.size()));
    if (const auto now = readFile(paths.guard); !now || *now != bytes)
        HUB_CHECK(writeFileDurably(paths.guard, bytes));
    HUB_CHECK(setMode(paths.guard, 0644));
    HUB_CHECK(makeLinks(paths, hooksIn(place, QByteArray::fromStdString(file.chain))));
    if (!pointed)
        HUB_CHECK(pointGitAt(place, paths));
    return guardState(place);
}

Result<> uninstallGuard(const RepositoryPlace &place)
{
    const Paths paths(place);
    if (!exists(paths.folder))
        return {};
    HUB_TRY(const QList<QByteArray> values, hooksPaths(place, {"--local"}));
    if (values.contains(paths.hooks))
        HUB_CHECK(pointGitBack(place, paths));
    return removeTree(paths.folder);
}

// The folder that git's configuration names is one of ours; it may be the one of the place before.
Result<> moveGuard(const RepositoryPlace &place)
{
    const Paths paths(place);
    if (!exists(paths.guard))
        return {};
    const QByteArray ours = QByteArray("/") + posix::guardFolder + '/' + posix::guardHooks;
    HUB_TRY(const QList<QByteArray> values, hooksPaths(place, {"--local"}));
    const QByteArray named = values.isEmpty() ? QByteArray() : values.last();
    if (named == paths.hooks || !named.endsWith(ours))
        return {};
    const QByteArray gitThen = named.chopped(ours.size());
    HUB_TRY(posix::GuardFile file, readGuardFile(paths));
    if (const QByteArray chain = QByteArray::fromStdString(file.chain); chain.startsWith(gitThen + '/')) {
        file.chain = (place.commonDir + chain.mid(gitThen.size())).toStdString();
        const std::string text = posix::encodeGuard(file);
        HUB_CHECK(writeFileDurably(paths.guard, QByteArray(text.data(), qsizetype(text.size())), 0644));
        HUB_CHECK(setMode(paths.guard, 0644));
    }
    HUB_TRY(const QByteArray now, readFile(paths.config));
    const auto after = readFile(paths.configAfter);
    const bool untouched = after && *after == now;
    const QByteArray draft = paths.folder + "/config-moved";
    HUB_CHECK(removeTree(draft + ".lock")); // of a git that was killed
    HUB_CHECK(writeFileDurably(draft, now));
    HUB_CHECK(runGit({place.workTree, {"config", "--file", draft, "--replace-all", "core.hooksPath", paths.hooks}}));
    HUB_TRY(const QByteArray wanted, readFile(draft));
    HUB_CHECK(removeTree(draft));
    // First what the next configuration is told by: cut off behind it, the old one is read as changed by somebody, and
    // here again as ours.
    if (untouched)
        HUB_CHECK(writeFileDurably(paths.configAfter, wanted, 0600));
    return replaceConfig(paths, wanted);
}

Result<> refreshGuard(const RepositoryPlace &place, const GuardRules &rules)
{
    if (!exists(Paths(place).guard))
        return {};
    HUB_CHECK(installGuard(place, rules));
    return {};
}

} // namespace hub::git
