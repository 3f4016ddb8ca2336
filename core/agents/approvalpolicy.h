// Which questions need a person. Pure.
#pragma once

#include "core/state/task.h"

namespace hub::agents
{

enum class Verdict { Allow, Ask };

// `kind` is what the agent called it: edit, read and build stay within the task's own checkpointed tree; everything
// else reaches further. An unknown kind is treated as reaching further. publish, sudo and secret are asked for at every
// autonomy; nothing is ever allowed by waiting.
Verdict verdictFor(Autonomy autonomy, QStringView kind);

// Before a yes to these the files are saved.
bool isDestructive(QStringView kind);

} // namespace hub::agents
