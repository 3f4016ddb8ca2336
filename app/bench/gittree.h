// A repository with a vault, saved by AgentHub and by git in turn. What git does is done with a private index that it
// keeps, so that both read only what changed.
#pragma once

#include "app/bench/scratch.h"
#include "core/git/restore.h"

namespace hub::bench
{

enum class GitSync { Default, All };

class GitTree
{
public:
    static Result<std::unique_ptr<GitTree>> create(int files);

    // So many files get another content, and a tenth as many new ones are made. Afterwards the clock has moved on: a
    // file changed in the same tick as the look at it has to be read again by everybody.
    Result<> change(int count);

    // Ours: a snapshot, durable. The milliseconds.
    Result<double> save();
    // Git: add -A, write-tree, commit-tree, update-ref.
    Result<double> saveByGit(GitSync sync);
    // Whether the two hold the same tree now.
    Result<> checkSame();

    struct RollbackTimes {
        double restore = 0, proof = 0, git = 0;
    };
    // Changes so many paths and goes back, ours and then git's way, each from the same distance.
    Result<RollbackTimes> rollback(int count);

private:
    GitTree() = default;
    git::SnapshotRequest request();
    Result<QByteArray> git(const QList<QByteArray> &arguments);

    std::unique_ptr<Scratch> m_scratch;
    git::RepositoryPlace m_place;
    std::unique_ptr<git::Vault> m_vault;
    std::vector<QByteArray> m_paths;
    std::mt19937 m_random{11};
    QByteArray m_ourTree, m_gitTree;
    int m_number = 0, m_made = 0;
};

} // namespace hub::bench
