#include "core/git/repository.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"
#include "core/git/handle.h"

#include <QFile>

#include <cstdlib>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

QString shown(const QByteArray &path) { return QFile::decodeName(path); }

QByteArray resolved(const QByteArray &path)
{
    char *real = ::realpath(path.constData(), nullptr);
    QByteArray result = real ? QByteArray(real) : path;
    std::free(real);
    return result;
}

bool exists(const QByteArray &path)
{
    struct stat info;
    return ::lstat(path.constData(), &info) == 0;
}

QByteArray contentOrNothing(const QByteArray &path)
{
    return path.isEmpty() ? QByteArray() : readFile(path).valueOr({});
}

Result<QByteArray> textOrNothing(const QByteArray &path)
{
    auto bytes = readFile(path);
    if (!bytes && bytes.error().code != ErrorCode::NotFound && exists(path)) {
        struct stat info;
        if (::stat(path.constData(), &info) == 0 && S_ISDIR(info.st_mode))
            return QByteArray(); // refs/heads/a while refs/heads/a/b exists
        return std::move(bytes).error();
    }
    return bytes.valueOr({});
}

bool perWorkTree(const QByteArray &name)
{
    return !name.startsWith("refs/") || name.startsWith("refs/bisect/") || name.startsWith("refs/worktree/") ||
           name.startsWith("refs/rewritten/");
}

Result<ConfigHandle> openConfig(const RepositoryPlace &place)
{
    HUB_TRY(ConfigHandle config, gitMake<ConfigHandle>(u"read git's configuration", git_config_open_default));
    const QByteArray local = place.commonDir + "/config";
    if (const int code =
            git_config_add_file_ondisk(config.get(), local.constData(), GIT_CONFIG_LEVEL_LOCAL, nullptr, 0);
        code < 0)
        return gitError(code, u"read git's configuration");
    const QByteArray own = place.gitDir + "/config.worktree";
    if (exists(own)) {
        if (const int code =
                git_config_add_file_ondisk(config.get(), own.constData(), GIT_CONFIG_LEVEL_APP, nullptr, 0);
            code < 0)
            return gitError(code, u"read git's configuration");
    }
    return config;
}

QByteArray configText(git_config *config, const char *name)
{
    GitBuffer value;
    return git_config_get_string_buf(&value.raw, config, name) == 0 ? value.bytes() : QByteArray();
}

QByteArray configPath(git_config *config, const char *name, const char *standard)
{
    GitBuffer value;
    if (git_config_get_path(&value.raw, config, name) == 0)
        return value.bytes();
    const QByteArray folder = qgetenv("XDG_CONFIG_HOME");
    if (!folder.isEmpty())
        return folder + "/git/" + standard;
    const QByteArray home = qgetenv("HOME");
    return home.isEmpty() ? QByteArray() : home + "/.config/git/" + standard;
}

Result<> refusePartialClone(const RepositoryPlace &place)
{
    HUB_TRY(const GitOutput output,
            tryGit({place.workTree,
                    {"config", "--get-regexp",
                     "^(extensions\\.partialclone|remote\\..*\\.(promisor|partialclonefilter))$"}}));
    if (output.exitCode != 0 || output.out.trimmed().isEmpty())
        return {};
    QByteArray remote = "origin";
    QString unset;
    for (const QByteArray &line : output.out.split('\n')) {
        const QByteArray key = line.left(line.indexOf(' '));
        if (key.endsWith(".promisor"))
            remote = key.mid(7).chopped(9);
        if (!key.isEmpty())
            unset += u" && git -C '%1' config --unset-all %2"_s.arg(shown(place.workTree), QString::fromUtf8(key));
    }
    return fail(
        ErrorCode::Unsupported,
        u"%1 is a partial clone: some of its objects are only on the server, so they could not be held safe."_s.arg(
            shown(place.workTree)),
        u"git -C '%1' fetch --refetch --no-filter %2"_s.arg(shown(place.workTree), QString::fromUtf8(remote)) + unset);
}

} // namespace

Result<RepositoryPlace> locate(const QByteArray &path)
{
    const QByteArray start = resolved(path);
    if (start == "/")
        return fail(ErrorCode::Refused,
                    u"The root folder is not taken as a project: it would put the whole machine under the hub."_s);
    const QByteArray home = resolved(qgetenv("HOME"));
    const auto refuseHome = [&] {
        return fail(
            ErrorCode::Refused,
            u"The home folder %1 is not taken as a project: it holds far more than one repository."_s.arg(shown(home)));
    };
    if (start == home)
        return refuseHome();
    if (!exists(start))
        return fail(ErrorCode::NotFound, u"There is no folder %1."_s.arg(shown(path)));

    HUB_TRY(const GitOutput output, tryGit({start,
                                            {"rev-parse", "--path-format=absolute", "--is-bare-repository",
                                             "--show-object-format", "--absolute-git-dir", "--git-common-dir"}}));
    if (output.exitCode != 0) {
        if (output.err.contains("dubious ownership"))
            return fail(ErrorCode::Refused,
                        u"%1 belongs to another user, and git refuses to work in it."_s.arg(shown(start)),
                        u"git config --global --add safe.directory '%1'"_s.arg(shown(start)));
        if (output.err.contains("not a git repository"))
            return fail(ErrorCode::InvalidInput, u"%1 is not in a git repository."_s.arg(shown(start)),
                        u"git -C '%1' init"_s.arg(shown(start)));
        return fail(ErrorCode::Git,
                    u"git can't read %1: %2"_s.arg(shown(start), QString::fromLocal8Bit(output.err).trimmed()));
    }
    const QList<QByteArray> lines = output.out.split('\n');
    if (lines.value(0) == "true")
        return fail(ErrorCode::Unsupported,
                    u"%1 is a bare repository: it has no files that an agent could work on."_s.arg(shown(start)),
                    u"git clone '%1' FOLDER"_s.arg(shown(start)));
    if (lines.value(1) != "sha1")
        return fail(ErrorCode::Unsupported, u"%1 uses %2 object names; only SHA-1 repositories are supported."_s.arg(
                                                shown(start), QString::fromLatin1(lines.value(1))));
    HUB_TRY(QByteArray top, runGit({start, {"rev-parse", "--show-toplevel"}}));
    top.chop(top.endsWith('\n') ? 1 : 0);
    RepositoryPlace place{resolved(top), resolved(lines.value(2)), resolved(lines.value(3))};
    if (place.workTree == "/" || place.workTree == home)
        return refuseHome();
    HUB_CHECK(refusePartialClone(place));
    return place;
}

Result<RepositoryReport> inspect(const QByteArray &path)
{
    RepositoryReport report;
    HUB_TRY(report.place, locate(path));
    HUB_TRY(report.head, readHead(report.place));
    const RepositoryPlace &place = report.place;
    report.shallow = exists(place.commonDir + "/shallow");
    report.submodules = exists(place.workTree + "/.gitmodules");
    HUB_TRY(const ConfigHandle config, openConfig(place));
    report.sparse = configText(config.get(), "core.sparsecheckout") == "true";
    HUB_TRY(const TreeRules rules, readTreeRules(place));
    report.filters = (rules.attributes + contentOrNothing(place.workTree + "/.gitattributes")).contains("filter=");
    HUB_TRY(const QList<QByteArray> folders, objectFolders(place));
    report.alternates = folders.size() > 1;
    HUB_TRY(const QByteArray counted, runGit({place.workTree, {"count-objects", "-v"}}));
    for (const QByteArray &line : counted.split('\n')) {
        if (line.startsWith("size: ") || line.startsWith("size-pack: "))
            report.objectBytes += line.mid(line.indexOf(' ') + 1).toLongLong() * 1024;
    }
    HUB_TRY(QByteArray hooks, runGit({place.workTree, {"rev-parse", "--path-format=absolute", "--git-path", "hooks"}}));
    hooks.chop(hooks.endsWith('\n') ? 1 : 0);
    if (DIR *folder = ::opendir(hooks.constData())) {
        while (const dirent *entry = ::readdir(folder)) {
            const QByteArray name(entry->d_name);
            if (!name.startsWith('.') && !name.endsWith(".sample") &&
                ::access((hooks + '/' + name).constData(), X_OK) == 0)
                report.hooks << shown(name);
        }
        ::closedir(folder);
        report.hooks.sort();
    }
    return report;
}

Result<std::optional<ObjectId>> readRef(const RepositoryPlace &place, const QByteArray &name)
{
    QByteArray wanted = name;
    for (int depth = 0; depth < 5; ++depth) {
        HUB_TRY(const QByteArray text,
                textOrNothing((perWorkTree(wanted) ? place.gitDir : place.commonDir) + '/' + wanted));
        if (text.startsWith("ref:")) {
            wanted = text.mid(4).trimmed();
            continue;
        }
        if (const auto id = ObjectId::fromHex(QByteArrayView(text).first(std::min<qsizetype>(text.size(), 40))))
            return std::optional(*id);
        HUB_TRY(const QByteArray packed, textOrNothing(place.commonDir + "/packed-refs"));
        const qsizetype at = packed.indexOf(' ' + wanted + '\n');
        if (at < 40)
            return std::optional<ObjectId>();
        return ObjectId::fromHex(QByteArrayView(packed).sliced(at - 40, 40));
    }
    return fail(ErrorCode::Corrupt, u"The ref %1 leads round in a circle."_s.arg(QString::fromUtf8(name)));
}

Result<> syncRef(const RepositoryPlace &place, const QByteArray &name)
{
    const QByteArray &top = perWorkTree(name) ? place.gitDir : place.commonDir;
    for (QByteArray path = name; path.contains('/');) {
        path.truncate(path.lastIndexOf('/'));
        // git removes folders that became empty.
        struct stat info;
        if (::lstat((top + '/' + path).constData(), &info) == 0)
            HUB_CHECK(syncFolder(top + '/' + path));
    }
    return syncFolder(top);
}

Result<HeadState> readHead(const RepositoryPlace &place)
{
    HUB_TRY(const QByteArray text, readFile(place.gitDir + "/HEAD"));
    HeadState head;
    if (text.startsWith("ref:")) {
        head.branch = text.mid(4).trimmed();
        HUB_TRY(head.commit, readRef(place, head.branch));
        return head;
    }
    head.commit = ObjectId::fromHex(text.trimmed());
    if (!head.commit)
        return fail(ErrorCode::Corrupt,
                    u"HEAD of %1 names neither a branch nor a commit."_s.arg(shown(place.workTree)));
    return head;
}

Result<std::map<QByteArray, ObjectId>> readRefs(const RepositoryPlace &place)
{
    std::map<QByteArray, ObjectId> refs;
    HUB_TRY(const QByteArray listed, runGit({place.workTree, {"for-each-ref", "--format=%(objectname) %(refname)"}}));
    for (const QByteArray &line : listed.split('\n')) {
        if (const auto id = ObjectId::fromHex(QByteArrayView(line).first(std::min<qsizetype>(line.size(), 40))))
            refs[line.mid(41)] = *id;
    }
    const QByteArray folder = place.commonDir + "/worktrees";
    if (DIR *entries = ::opendir(folder.constData())) {
        while (const dirent *entry = ::readdir(entries)) {
            const QByteArray name(entry->d_name);
            if (name.startsWith('.'))
                continue;
            const RepositoryPlace linked{{}, folder + '/' + name, place.commonDir};
            const auto head = readHead(linked);
            if (head && head->commit)
                refs["worktrees/" + name + "/HEAD"] = *head->commit;
        }
        ::closedir(entries);
    }
    HUB_TRY(const HeadState head, readHead({{}, place.commonDir, place.commonDir}));
    if (head.commit)
        refs["HEAD"] = *head.commit;
    return refs;
}

Result<QList<QByteArray>> objectFolders(const RepositoryPlace &place)
{
    QList<QByteArray> folders{place.commonDir + "/objects"};
    for (qsizetype i = 0; i < folders.size(); ++i) {
        HUB_TRY(const QByteArray listed, textOrNothing(folders[i] + "/info/alternates"));
        for (const QByteArray &line : listed.split('\n')) {
            if (line.isEmpty() || line.startsWith('#'))
                continue;
            const QByteArray folder = resolved(line.startsWith('/') ? line : folders[i] + '/' + line);
            if (!folders.contains(folder))
                folders << folder;
        }
        if (folders.size() > 100)
            return fail(ErrorCode::Unsupported,
                        u"%1 borrows objects from more than 100 other repositories."_s.arg(shown(place.workTree)));
    }
    return folders;
}

Result<TreeRules> readTreeRules(const RepositoryPlace &place)
{
    HUB_TRY(const ConfigHandle config, openConfig(place));
    TreeRules rules;
    rules.userExcludes = contentOrNothing(configPath(config.get(), "core.excludesfile", "ignore"));
    rules.exclude = contentOrNothing(place.commonDir + "/info/exclude");
    rules.attributes = contentOrNothing(configPath(config.get(), "core.attributesfile", "attributes")) + '\n' +
                       contentOrNothing("/etc/gitattributes") + '\n' +
                       contentOrNothing(place.commonDir + "/info/attributes");
    rules.ignoreCase = configText(config.get(), "core.ignorecase") == "true";
    const QByteArray autocrlf = configText(config.get(), "core.autocrlf").toLower();
    rules.convertsAll =
        !autocrlf.isEmpty() && autocrlf != "false" && autocrlf != "no" && autocrlf != "off" && autocrlf != "0";
    return rules;
}

} // namespace hub::git
