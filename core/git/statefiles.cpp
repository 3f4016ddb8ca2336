#include "core/git/statefiles.h"

#include "core/base/durablefile.h"

#include <dirent.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// What git keeps while something is unfinished. THE list: what is saved and put back, and, by `what`, the files and
// folders that say by being there that something is.
struct StateFile {
    const char *name;
    bool folder = false;
    QLatin1StringView what = {};
};
constexpr StateFile stateFiles[]{{"MERGE_HEAD", false, "merge"_L1},
                                 {"MERGE_MSG"},
                                 {"MERGE_MODE"},
                                 {"MERGE_RR"},
                                 {"MERGE_AUTOSTASH"},
                                 {"AUTO_MERGE"},
                                 {"SQUASH_MSG"},
                                 {"rebase-merge", true, "rebase"_L1},
                                 {"rebase-apply", true, "rebase"_L1},
                                 {"REBASE_HEAD"},
                                 {"CHERRY_PICK_HEAD", false, "cherry-pick"_L1},
                                 {"REVERT_HEAD", false, "revert"_L1},
                                 {"sequencer", true, "cherry-pick or revert"_L1}, // of several; between two of them
                                 {"ORIG_HEAD"},
                                 {"BISECT_LOG", false, "bisect"_L1},
                                 {"BISECT_NAMES"},
                                 {"BISECT_TERMS"},
                                 {"BISECT_START"},
                                 {"BISECT_EXPECTED_REV"},
                                 {"BISECT_ANCESTORS_OK"},
                                 {"BISECT_RUN"},
                                 {"BISECT_FIRST_PARENT"},
                                 {"BISECT_HEAD"},
                                 {"refs/bisect", true},
                                 {"refs/rewritten", true},
                                 {"refs/worktree", true}};

void collect(const QByteArray &base, const QByteArray &name, std::map<QByteArray, QByteArray> &files)
{
    struct stat info;
    const QByteArray path = base + '/' + name;
    if (::lstat(path.constData(), &info) != 0)
        return;
    if (S_ISREG(info.st_mode)) {
        if (auto bytes = readFile(path); bytes && !name.endsWith(".lock"))
            files[name] = *bytes;
        return;
    }
    if (!S_ISDIR(info.st_mode))
        return;
    if (DIR *entries = ::opendir(path.constData())) {
        while (const dirent *entry = ::readdir(entries)) {
            const QByteArray below(entry->d_name);
            if (below != "." && below != "..")
                collect(base, name + '/' + below, files);
        }
        ::closedir(entries);
    }
}

std::map<QByteArray, QByteArray> presentFiles(const QByteArray &gitDir)
{
    std::map<QByteArray, QByteArray> files;
    for (const StateFile &file : stateFiles)
        collect(gitDir, file.name, files);
    return files;
}

} // namespace

QString unfinishedOperation(const RepositoryPlace &place)
{
    struct stat info;
    for (const StateFile &file : stateFiles) {
        if (!file.what.isEmpty() && ::lstat((place.gitDir + '/' + file.name).constData(), &info) == 0)
            return QString(file.what);
    }
    return {};
}

Result<ObjectId> storeOperationState(const RepositoryPlace &place, ObjectSink &sink, QList<ObjectId> &commits)
{
    FlatTree tree;
    for (const auto &[name, bytes] : presentFiles(place.gitDir)) {
        HUB_TRY(const ObjectId id, sink.put(ObjectType::Blob, bytes));
        tree.emplace_back(name, Held{id, modeFile});
        if (name.endsWith("MSG") || name.endsWith("message"))
            continue;
        for (const QByteArray &word : bytes.simplified().split(' ')) {
            if (const auto commit = ObjectId::fromHex(word); commit && !commit->isNull() && !commits.contains(*commit))
                commits << *commit;
        }
    }
    return tree.empty() ? Result(ObjectId()) : buildTree(tree, sink);
}

Result<> restoreOperationState(const RepositoryPlace &place, const ObjectSource &source, const ObjectId &tree)
{
    HUB_TRY(const auto wanted, flattenTree(source, tree));
    const auto present = presentFiles(place.gitDir);
    for (const auto &[name, bytes] : present) {
        if (!wanted.contains(name))
            HUB_CHECK(removeTree(place.gitDir + '/' + name));
    }
    for (const StateFile &file : stateFiles) {
        if (!file.folder)
            continue;
        const QByteArray folder = file.name;
        const auto below = wanted.lower_bound(folder + '/');
        // An empty rebase folder would make git believe that a rebase is under way.
        if ((below == wanted.end() || !below->first.startsWith(folder + '/')) && !folder.startsWith("refs/"))
            HUB_CHECK(removeTree(place.gitDir + '/' + folder));
    }
    for (const auto &[name, held] : wanted) {
        HUB_TRY(const RawObject object, source.read(held.id));
        const auto now = present.find(name);
        if (now == present.end() || now->second != object.bytes)
            HUB_CHECK(writeFileDurably(place.gitDir + '/' + name, object.bytes, 0644));
    }
    return syncFolder(place.gitDir);
}

} // namespace hub::git
