// Going back to a snapshot: a plan as a value, its execution, the proof. What no snapshot holds is never deleted or
// changed. Blocks; the project's git worker only. The agent in the tree must not run meanwhile.
//
// The order for a rollback: takeSnapshot with `before` = target (the way back), planRestore, executeRestore, verify.
// executeRestore holds git's index.lock with a text that names the plan; after a crash it is called again with the same
// plan and finishes, or with the plan the other way round and undoes; recoverPlace cleans up when neither is wanted.
#pragma once

#include "core/git/snapshot.h"

#include <map>

namespace hub::git
{

struct RestoreOptions {
    std::map<QByteArray, QString> keep;      // files, or folders with all below, that stay as they are, and why
    QByteArray only;                         // this file or folder alone: index, HEAD and branch are left alone
    std::vector<QByteArray> movableBranches; // full names of branches that may be moved; a person's is not among them
};

enum class StepKind { Remove, RemoveFolder, MakeFolder, Write, SetMode };
struct RestoreStep {
    StepKind kind = StepKind::Write;
    QByteArray path;
    std::optional<ObjectId> now; // content in the current snapshot; nothing when it holds none there
    bool nowIsLink = false;
    ObjectId content;        // to be written
    quint32 gitMode = 0;     // of it: 0100644, 0100755, 0120000
    quint32 permissions = 0; // for Write, SetMode and MakeFolder
    friend bool operator==(const RestoreStep &, const RestoreStep &) = default;
};

struct RestorePlan {
    ObjectId current, target;                           // snapshots
    std::vector<RestoreStep> steps;                     // in the order of execution
    std::vector<std::pair<QByteArray, QString>> kept;   // paths that differ and stay, with the reason
    std::vector<std::pair<QByteArray, QString>> purged; // paths that the target had more of, before a purge
    RestoreOptions options;
    HeadState headNow, headThen;
    bool sameIndex = false; // entries, conflicts and flags

    qint64 filesWritten() const;
    qint64 filesRemoved() const;
};

// Pure: reads only the vault. `current` is the pre-rollback snapshot, which was taken with `before` = target.
Result<RestorePlan> planRestore(const Vault &vault, const ObjectId &current, const ObjectId &target,
                                const RestoreOptions &options);

struct RestoreReport {
    std::vector<std::pair<QByteArray, QString>> notRestored; // with the reason; each was left as it is
    QList<QByteArray> branchesNotMoved;                      // they have other commits than then, and may not be moved
    bool resumed = false;                                    // an interrupted run was finished
    qint64 written = 0, removed = 0;                         // with what the interrupted run had done
};

struct RestorePlace {
    RepositoryPlace place;
    QByteArray cachePath;
    SnapshotOptions snapshots = {};
};

// Conflict, and nothing done, when the working tree is not as the current snapshot has it or git's lock is taken.
// Durable on return.
Result<RestoreReport> executeRestore(Vault &vault, const RestorePlan &plan, const RestorePlace &where);

struct VerifyReport {
    std::vector<std::pair<QByteArray, QString>> differences; // path (empty for HEAD and index) and what differs
    qint64 filesChecked = 0;
    bool exact() const { return differences.empty(); }
};
// Compares the disk with the snapshot: bytes, modes, links, empty folders, index, HEAD, operation state. `everything`
// reads every file again; else those whose stat is not as after their last reading. Paths in `except` may differ. With
// `only` that file or folder alone is compared, as RestoreOptions::only restores it.
Result<VerifyReport> verifyRestored(const Vault &vault, const ObjectId &target, const RestorePlace &where,
                                    bool everything, const std::vector<std::pair<QByteArray, QString>> &except = {},
                                    const QByteArray &only = {});

// One file or folder as the snapshot has it: snapshot, plan and execution in one. `wayBack` names the snapshot taken
// first.
Result<RestoreReport> restoreFile(Vault &vault, const ObjectId &target, const QByteArray &path,
                                  const RestorePlace &where, const SnapshotRequest &wayBack);

// What an interrupted rollback left: nothing when there was none.
struct Interrupted {
    ObjectId current, target;
};
Result<std::optional<Interrupted>> interruptedRestore(const RepositoryPlace &place);
// Removes temporary files of restoring in the tree and our own index.lock; a lock of anybody else stays.
Result<> recoverPlace(const RepositoryPlace &place);

} // namespace hub::git
