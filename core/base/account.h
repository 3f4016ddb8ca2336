// Accounts of this machine. Any thread; may wait for a directory service.
#pragma once

#include <QString>

#include <sys/types.h>

namespace hub
{

// The account's name, as the audit trail and the log of git operations have it; "uid 1000" when it has none.
QString accountName(uid_t uid);

} // namespace hub
