// Starts a run's shim. Blocking, a few milliseconds: worker threads only.
#pragma once

#include "core/base/result.h"
#include "core/posix/shimspec.h"

#include <QByteArray>

namespace hub::agents
{

// Makes the run folder (0700), writes its spec durably (0600), starts `shimProgram` and waits until it listens and
// holds the run's lock. The agent itself starts only on ShimLink::go(). The shim gets an empty environment.
// InvalidInput for a bad spec, Process (with the shim's own words) when it can't start.
Result<> launchShim(const QByteArray &shimProgram, const QByteArray &runFolder, const posix::ShimSpec &spec);

} // namespace hub::agents
