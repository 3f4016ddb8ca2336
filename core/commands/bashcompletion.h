// Bash completion, generated from the command table.
#pragma once

#include "core/commands/commandline.h"

namespace hub::commands
{

// A script to source. Names, options and choices are in it; ids, agents and projects it asks for with
// `agenthubctl __complete KIND`, KIND being completionKind()'s text.
QString bashCompletion(std::span<const PlumbingSpec> plumbing);

// "task", "checkpoint" …; empty for kinds that nothing can be offered for.
QString completionKind(OptionKind kind);
std::optional<OptionKind> completionKindFromText(const QString &text);

} // namespace hub::commands
