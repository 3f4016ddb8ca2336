// `agenthubctl demo`: shows on a repository of its own that the hub's promises hold, and checks each of them.
#pragma once

#include "app/ctl/terminal.h"

namespace hub::ctl
{

// `words`: --keep leaves the folder for a look. Exit code 0 only when every check held.
int runDemo(const QStringList &words, const Terminal &terminal);

} // namespace hub::ctl
