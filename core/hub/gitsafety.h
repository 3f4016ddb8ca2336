// Whether what agents do to code can be taken back, at a glance: guards, vaults, checkpoints, backup branches and
// copies of the hub's own data.
#pragma once

#include "core/hub/services.h"

namespace hub
{

struct ProjectSafety {
    state::Project project;
    std::optional<state::VaultCheck> check; // the last look through its vault
    // What a look at the disk found; `whyNot` says why there was none, or what stands in its way.
    QString whyNot;
    git::GuardState guard;
    bool vaultThere = false;
    recovery::VaultState vault;
    std::optional<Instant> newestBranch; // backup branch
};

struct TaskSafety {
    TaskId task;
    qint64 checkpoints = 0;
    std::optional<Checkpoint> newest; // each was verified as it was made
};

struct GitSafety {
    QList<ProjectSafety> projects;
    QList<TaskSafety> tasks; // open ones that have begun
    bool copiesKnown = false;
    std::optional<db::Backup> newestCopy; // of the hub's own data; each was read through before it counts
};

// Hub thread, inside work. What the database knows, without a look at any disk.
Result<GitSafety> knownSafety(const Services &services);

// Hub thread; done on workers, each project by itself, and over after three seconds: a disk that hangs is named. Reads
// no working tree and no object.
QFuture<Result<GitSafety>> lookAtSafety(Services &services, const GitSafety &known);

// One line when all is well; else what is wrong first, with the command that mends it.
void tellSafety(const Services &services, const GitSafety &safety, commands::Reply &reply);

} // namespace hub
