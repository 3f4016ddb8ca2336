// Runs that a state database from a backup knows nothing of, or not enough to follow them. Blocks: a hub that is
// starting.
#pragma once

#include "core/base/result.h"

#include <QString>

namespace hub::agents
{

// Ends the shim and all processes of each run below the folder, then renames the folder, so that what they said stays.
// How many were alive. Safe to repeat.
Result<int> endForgottenRuns(const QString &runs, const QString &keptAs);

} // namespace hub::agents
