// Snapshots: the raw bytes of a working tree, its index, HEAD and operation state, as a commit in the vault. Nothing in
// the user's repository is written. Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/repository.h"
#include "core/git/vault.h"

#include <functional>
#include <span>

namespace hub::git
{

struct SnapshotOptions {
    qint64 sizeLimit = 50ll << 20;  // bytes; larger files are left out and named, unless git has them unchanged
    qint64 policyLimit = 1ll << 20; // bytes; ignored files held by policy are at most this large
    QList<QByteArray> policyPatterns{".env*"};       // names of ignored files that are held all the same
    std::optional<qint64> leaveFree = {};            // bytes of the vault's disk: with less left over nothing is saved
    std::function<void(qint64 needed)> onTight = {}; // before nothing is saved for that: it may make room
};

struct SnapshotRequest {
    RepositoryPlace place;
    QByteArray ref;       // full name, such as refs/checkpoints/12/3
    QByteArray cachePath; // the working tree's stat cache; one file per working tree, made when missing
    QByteArray message;
    Instant time{};
    SnapshotOptions options = {};
    // Before a rollback: the target's paths are held even where they are ignored by now, so that nothing is overwritten
    // that could not be brought back.
    std::optional<ObjectId> before = {};
    // Full names of the task's own branches: where they stand is part of the state, whatever HEAD is on.
    QList<QByteArray> branches = {};
};

struct SnapshotInfo {
    ObjectId commit, files;
    HeadState head;
    qint64 fileCount = 0, filesRead = 0;
    qint64 newObjects = 0, newBytes = 0;           // of the pack this snapshot went into, which a batch shares
    QList<QByteArray> inMotion;                    // held as last read, but they changed meanwhile
    QList<QByteArray> leftOut;                     // over the size limit: neither held nor ever touched
    QList<std::pair<QByteArray, QString>> notHeld; // anything else, with the reason
    double seconds = 0;
};

// Called around the look at one working tree, which is named by its place in the requests: an agent has to stand still
// no longer than its own tree takes. Small trees are looked at two at a time, so both may be called on another thread.
struct SnapshotWatch {
    std::function<Result<>(size_t request)> before; // its error is that tree's outcome; `after` is not called then
    std::function<void(size_t request)> after;
};

// In one pack and one round of syncs; durable on return, refs included. The outer error means that nothing was kept,
// the inner one that this working tree could not be read.
Result<std::vector<Result<SnapshotInfo>>> takeSnapshots(Vault &vault, std::span<const SnapshotRequest> requests,
                                                        const SnapshotWatch &watch = {});
Result<SnapshotInfo> takeSnapshot(Vault &vault, const SnapshotRequest &request);

} // namespace hub::git
