// What the hub reads of a user's repository: where it lies, what stands at HEAD, its refs. Never writes. Blocks: the
// project's git worker.
#pragma once

#include "core/base/result.h"
#include "core/git/objectid.h"

#include <QByteArray>
#include <QStringList>

#include <map>
#include <optional>

namespace hub::git
{

// Absolute paths without symbolic links, raw bytes.
struct RepositoryPlace {
    QByteArray workTree;
    QByteArray gitDir;    // of this working tree
    QByteArray commonDir; // of the repository: objects, refs; the same as gitDir in the main working tree
    friend bool operator==(const RepositoryPlace &, const RepositoryPlace &) = default;
};

struct HeadState {
    QByteArray branch;              // "refs/heads/x"; empty when HEAD is detached
    std::optional<ObjectId> commit; // nothing before the first commit
    friend bool operator==(const HeadState &, const HeadState &) = default;
};

struct RepositoryReport {
    RepositoryPlace place;
    HeadState head;
    bool shallow = false, sparse = false, filters = false, submodules = false, alternates = false;
    qint64 objectBytes = 0; // of the object store, alternates included
    QStringList hooks;      // active ones, by name
};

// The repository whose working tree is, or contains, `path`. Refused with one sentence each: no repository, the root
// folder, the home folder, a bare or SHA-256 repository, a partial clone.
Result<RepositoryPlace> locate(const QByteArray &path);
// The same with what `projects add` tells a person.
Result<RepositoryReport> inspect(const QByteArray &path);

Result<HeadState> readHead(const RepositoryPlace &place);
// One ref by its full name, through symbolic ones; nothing when it does not exist.
Result<std::optional<ObjectId>> readRef(const RepositoryPlace &place, const QByteArray &name);
// After git wrote or deleted it: its name is on the disk, with all folders above and the packed refs, on return.
Result<> syncRef(const RepositoryPlace &place, const QByteArray &name);
// Every ref below refs/ by name, and the HEAD of each linked working tree as "worktrees/<name>/HEAD".
Result<std::map<QByteArray, ObjectId>> readRefs(const RepositoryPlace &place);
// Where the object store and its alternates lie: folders named objects.
Result<QList<QByteArray>> objectFolders(const RepositoryPlace &place);

// What decides which files git would ignore or convert, read from the configuration and the files it names.
struct TreeRules {
    QByteArray userExcludes; // content of core.excludesFile
    QByteArray exclude;      // content of info/exclude
    QByteArray attributes;   // content of core.attributesFile and info/attributes
    bool ignoreCase = false;
    bool convertsAll = false; // core.autocrlf: any text file may differ from its blob
};
Result<TreeRules> readTreeRules(const RepositoryPlace &place);

} // namespace hub::git
