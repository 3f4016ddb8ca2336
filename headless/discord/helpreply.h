// /help: what somebody may do here. Pure; any thread.
#pragma once

#include "core/commands/commandcall.h"
#include "core/commands/reply.h"

namespace hub::discord
{

// All that `role` may call when `topic` is empty; else one command, or those of a group. NotFound with near misses.
Result<commands::Reply> helpReply(const QString &topic, commands::Role role);

} // namespace hub::discord
