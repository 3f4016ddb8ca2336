// Bringing a branch home: what is uncommitted, whether it merges, the commit that does it, and the push. Whatever
// writes into the user's repository is the git program's doing, with its hooks, filters and signing. Blocks; the
// project's git worker only.
#pragma once

#include "core/git/repository.h"

namespace hub::git
{

using Environment = QList<std::pair<QByteArray, QByteArray>>;

struct Uncommitted {
    QList<QByteArray> paths;  // changed, new or deleted; never ignored ones
    QList<QByteArray> nested; // repositories of their own in the tree: what is in them is not this repository's
};
Result<Uncommitted> uncommittedWork(const RepositoryPlace &tree);

// One commit of all of `paths`, which is all that is uncommitted, staged or not. On failure, a refusing hook included,
// HEAD and index are as before. Durable on return.
Result<ObjectId> commitWork(const RepositoryPlace &tree, const QList<QByteArray> &paths, const QByteArray &message,
                            const Environment &environment);

// What a merge would give, tried in objects that are thrown away.
struct MergeTrial {
    ObjectId source;             // the tree of what would be merged, uncommitted work included
    QList<QByteArray> conflicts; // empty: it merges
    bool nothingNew = false;     // the target has it all
};
// `scratch`: a folder of the hub's; what is in it goes, and so does the folder at the end. Without a target only
// `source` is found out.
Result<MergeTrial> tryMerge(const RepositoryPlace &tree, const QList<QByteArray> &uncommitted,
                            const std::optional<ObjectId> &target, const QByteArray &scratch);

struct MergeOrder {
    ObjectId target, source;
    bool squash = false;
    QByteArray message;
    Environment environment; // for git and the hooks that it starts
};
// A linked working tree at `folder`, with HEAD detached at `commit`.
Result<RepositoryPlace> addMergeTree(const RepositoryPlace &main, const QByteArray &folder, const ObjectId &commit,
                                     const Environment &environment);
// The folder, whatever is in it, and git's entry for it. One that is there by half, or not at all, is success.
Result<> removeMergeTree(const RepositoryPlace &main, const QByteArray &folder);
// The commit that brings source onto target, made in such a tree; no branch moves. Conflict names the files that
// conflict, or has the words of the hook that refused.
Result<ObjectId> makeMerge(const RepositoryPlace &mergeTree, const MergeOrder &order);

// Which working tree has a branch (full name) checked out, or in the hands of a rebase or bisect.
struct BranchHolder {
    RepositoryPlace place;
    QString unfinished; // "rebase"; empty when nothing is under way there
};
Result<std::optional<BranchHolder>> holderOf(const RepositoryPlace &main, const QByteArray &branch);

// Moves a branch that no working tree has checked out, unless it is there already. Conflict when it stands neither at
// `from` nor at `to`. Nothing for one of them: there is no such branch. Durable on return.
Result<> moveBranch(const RepositoryPlace &main, const QByteArray &branch, const std::optional<ObjectId> &from,
                    const std::optional<ObjectId> &to, const QByteArray &why);

// Local names of branches, and what they may be called: "main" for "origin/main" when there is a local main.
Result<std::optional<QByteArray>> localBranch(const RepositoryPlace &place, const QByteArray &text);
Result<bool> isAncestor(const RepositoryPlace &place, const ObjectId &older, const ObjectId &newer);
// How many commits `tip` has that `base` (an id; empty: none) lacks.
Result<qint64> commitsBeyond(const RepositoryPlace &place, const QByteArray &base, const ObjectId &tip);
// Files that come with a move and are in the way of what lies there without being git's.
Result<QList<QByteArray>> filesInTheWay(const RepositoryPlace &tree, const ObjectId &from, const ObjectId &to);
Result<QList<QByteArray>> changedTracked(const RepositoryPlace &tree); // what differs from HEAD, staged or not

struct Remote {
    QByteArray name, address; // the address to push to
};
// The remote that a push goes to without being told: remote.pushDefault, origin, else the only one. None without
// remotes; Ambiguous among several.
Result<std::optional<Remote>> pushRemote(const RepositoryPlace &place);
// Pushes the branch under its own name, with the credentials of whoever runs the hub, never by force.
Result<> pushBranch(const RepositoryPlace &tree, const QByteArray &remote, const QByteArray &branch,
                    const Environment &environment);
// Where it stands there, asked anew.
Result<std::optional<ObjectId>> remoteBranch(const RepositoryPlace &place, const QByteArray &remote,
                                             const QByteArray &branch);
// Creates a branch from a ref of another repository, with all that it reaches; nothing when it stands there already.
Result<> fetchBranch(const RepositoryPlace &place, const QByteArray &from, const QByteArray &ref,
                     const QByteArray &branch);

} // namespace hub::git
