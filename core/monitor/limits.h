// What the settings say about limits and the ladder.
#pragma once

#include "core/monitor/ladder.h"
#include "core/settings/settings.h"

namespace hub::monitor
{

Rules rulesFrom(const Settings &settings);
Result<LadderRules> ladderRulesFrom(const Settings &settings);

} // namespace hub::monitor
