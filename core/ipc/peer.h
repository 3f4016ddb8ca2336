// Who is at the other end of a local socket: decided by the kernel, never by what the peer says.
#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/commands/commandcall.h"

#include <QByteArray>

#include <optional>

namespace hub::ipc
{

// The living shims of this hub. Asked on the I/O thread for each new connection; must not block.
class RunDirectory
{
public:
    virtual ~RunDirectory() = default;

    // The run whose living shim is this process: pid and start time (clock ticks since boot, field 22 of
    // /proc/PID/stat) both match. Nullopt for every other process.
    virtual std::optional<RunId> runOfShim(qint64 pid, quint64 startTicks) const = 0;

    // The run that an environment entry AGENTHUB_RUN=<mark> names, when it is one of this hub's, living or not: what a
    // dead shim left behind is no person either. An agent can wipe its environment, so this only adds to the ancestry.
    virtual std::optional<RunId> runOfMark(const QByteArray &mark) const = 0;
};

// The peer of a connected local socket. Other accounts but root are Refused. A process whose ancestry leads to a living
// shim is Role::Agent with that run, whatever it says or has in its environment; every other one is Role::Machine under
// the account's name. A peer that can't be followed up to the first process (it ended, its pid is in use again, it
// lives in a pid namespace that we don't see) is Refused: what can't be proved to be a person has no rights.
Result<commands::Caller> callerOf(int socket, const RunDirectory &runs);

} // namespace hub::ipc
