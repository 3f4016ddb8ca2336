#include "core/git/submodules.h"

#include "core/git/gitprogram.h"

#include <QFile>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

struct Submodule {
    QByteArray name, path;
};

bool exists(const QByteArray &path)
{
    struct stat info;
    return ::stat(path.constData(), &info) == 0;
}

Result<std::vector<Submodule>> submodulesOf(const QByteArray &workTree)
{
    std::vector<Submodule> found;
    if (!exists(workTree + "/.gitmodules"))
        return found;
    HUB_TRY(const GitOutput listed, tryGit({.folder = workTree,
                                            .arguments = {"config", "-z", "--file", ".gitmodules", "--get-regexp",
                                                          "^submodule\\..*\\.path$"}}));
    for (const QByteArray &entry : listed.out.split('\0')) {
        const qsizetype end = entry.indexOf('\n');
        if (end < 0)
            continue;
        const QByteArray name = entry.first(end).mid(10).chopped(5); // between "submodule." and ".path"
        if (!name.split('/').contains(".."))
            found.push_back({name, entry.mid(end + 1)});
    }
    return found;
}

// The configuration in `tree` has this value as the repository at `gitDir` has it.
Result<> takeOver(const QByteArray &key, const QByteArray &gitDir, const QByteArray &tree)
{
    HUB_TRY(const GitOutput there, tryGit({.arguments = {"--git-dir=" + gitDir, "config", key}}));
    HUB_TRY(const GitOutput here, tryGit({.folder = tree, .arguments = {"config", key}}));
    if (there.exitCode == 0 && there.out != here.out)
        HUB_CHECK(runGit({.folder = tree, .arguments = {"config", key, there.out.chopped(1)}, .writes = true}));
    return {};
}

// `gitDir` and `workTree` are those of the repository that has the submodules, as the person's checkout has it.
Result<> fillBelow(const QByteArray &gitDir, const QByteArray &workTree, const QByteArray &tree, QStringList &problems)
{
    HUB_TRY(const auto all, submodulesOf(tree));
    for (const Submodule &one : all) {
        // Older ones have their repository in their own folder.
        QByteArray source = gitDir + "/modules/" + one.name;
        if (!exists(source + "/HEAD"))
            source = workTree + '/' + one.path + "/.git";
        if (!exists(source + "/HEAD"))
            continue; // not checked out there either
        const QByteArray key = "submodule." + one.name;
        HUB_TRY(const GitOutput filled,
                tryGit({.folder = tree,
                        .arguments = {"-c", "protocol.file.allow=always", "-c", key + ".url=" + source, "-c",
                                      key + ".update=checkout", "submodule", "update", "--", one.path},
                        .writes = true,
                        .timeLimit = std::chrono::minutes{30}}));
        if (filled.exitCode != 0) {
            problems << u"The submodule %1 could not be checked out: %2"_s.arg(
                QFile::decodeName(one.path), QString::fromUtf8(filled.err).trimmed().section(u'\n', -1));
            continue;
        }
        const QByteArray path = tree + '/' + one.path;
        HUB_CHECK(takeOver(key + ".url", gitDir, tree));
        HUB_CHECK(takeOver("remote.origin.url", source, path));
        HUB_CHECK(fillBelow(source, workTree + '/' + one.path, path, problems));
    }
    return {};
}

} // namespace

Result<QStringList> fillSubmodules(const RepositoryPlace &main, const RepositoryPlace &tree)
{
    QStringList problems;
    HUB_CHECK(fillBelow(main.gitDir, main.workTree, tree.workTree, problems));
    return problems;
}

} // namespace hub::git
