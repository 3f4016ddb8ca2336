// libgit2's set-up and its errors as ours.
#pragma once

#include "core/base/result.h"

namespace hub::git
{

// Initialises libgit2 once per process, on first use, with limits that keep a large repository from mapping whole
// packs. Any thread.
void startLibgit2();

// The error libgit2 left for the last failed call of this thread; call it at once, on the same thread. A missing
// object is NotFound, everything else Git.
Error gitError(int code, QStringView doing);

} // namespace hub::git
