// The table of commands as Discord's application commands. Pure; any thread.
#pragma once

#include "core/commands/commandspec.h"
#include "headless/discord/translations.h"

#include <QJsonArray>

namespace hub::discord
{

// Beside the table's own: of every view that only who asked sees.
inline constexpr QLatin1StringView shareOption{"share"};

enum class CommandScope {
    Guild,  // of one server: changes act at once
    Global, // of every server that the bot is in; never in direct messages, where nobody has roles
};

// The body of PUT /applications/{id}/commands (or …/guilds/{id}/commands). Two-word commands become subcommands of
// their first word. What can be done at the machine only is left out; as part of a group it stands there without
// options, so that Discord can answer where it is done, and nobody types a program or a secret into it.
// What has no translation is there in English.
QJsonArray applicationCommands(std::span<const commands::CommandSpec> table, CommandScope scope,
                               std::span<const Translation> translations);

// Whether Discord's answer to GET of the same address is what applicationCommands() made, so that nothing needs to be
// written: creating commands is counted by the day. Members that Discord adds do not matter, nor the order of commands.
bool areRegistered(const QJsonArray &wanted, const QJsonArray &registered);

} // namespace hub::discord
