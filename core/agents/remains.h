// What is left of a run when the hub starts, or after its shim died. Blocking: worker threads only.
#pragma once

#include "core/base/result.h"
#include "core/posix/records.h"

#include <QByteArray>

#include <chrono>
#include <optional>

namespace hub::agents
{

enum class ShimLife {
    Alive,    // holds the run's lock and is the process that the lock names, in this boot
    Dead,     // was there once; endRemains() may be called
    NoneYet,  // no shim ever held the lock of this folder
    Doubtful, // the lock is held by something else than the process it names: neither adopt nor start anew
};

Result<ShimLife> shimLife(const QByteArray &runFolder);

// The identity of the run's agent, from the first frame of its spool; nothing when the agent was never started.
// Once the first segment was acknowledged and deleted only the database has it.
std::optional<posix::RunIdentity> identityInSpool(const QByteArray &runFolder, const QByteArray &mark);

struct RemainsReport {
    int ended = 0; // processes that were killed; of a fork storm about that many
};

// Ends what a dead shim left of its run: the control group that the identity names, then every process with the run's
// mark in its environment and all below it, again until none is left. Refused while the shim lives, Timeout when
// processes withstand (another user's, or stuck in the kernel) until the time limit.
// A process that overwrote its environment and has lost its parent is found only by its control group.
Result<RemainsReport> endRemains(const QByteArray &runFolder, const QByteArray &mark,
                                 const std::optional<posix::RunIdentity> &identity,
                                 std::chrono::milliseconds limit = std::chrono::seconds(10));

} // namespace hub::agents
