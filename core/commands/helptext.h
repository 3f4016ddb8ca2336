// Help, made from the table. No colours; lines end with a line feed and are at most 100 columns wide.
#pragma once

#include "core/commands/commandline.h"

namespace hub::commands
{

QString helpOverview(std::span<const PlumbingSpec> plumbing);

// A command ("resume-task", "rollback file"), a short form, or a group ("rollback": its commands). NotFound with near
// misses for anything else.
Result<QString> helpFor(const QString &topic);

QString helpForCommand(const CommandSpec &spec);

} // namespace hub::commands
