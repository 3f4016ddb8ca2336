// The commands of the terminal that Discord's part answers itself.
#pragma once

#include "core/hub/hub.h"

namespace hub::discord
{

// `token`: none was given, or an error says why it can't be used. I/O thread; `hub` outlives their use.
void addBotCommands(Hub &hub, const Settings &settings, const Result<std::optional<QString>> &token);

} // namespace hub::discord
