// Accounts of this machine. Any thread.
#pragma once

#include <QString>

#include <sys/types.h>

namespace hub
{

// Its name, or "uid 1000" when it has none.
QString accountName(uid_t uid);

} // namespace hub
