// A command is declared once. The terminal's verbs, help, completion, Discord's registration, the window's actions,
// rights, audit and the docs all derive from the row.
#pragma once

#include "core/base/result.h"
#include "core/commands/commandcall.h"

#include <QJsonObject>
#include <QLatin1StringView>
#include <QStringList>

#include <span>

namespace hub::commands
{

// What a text option names, for completion and for finding what was left out (commands.md rule 4).
enum class OptionKind {
    Text, // free text
    Number,
    Flag, // yes/no
    Choice,
    Task,
    Checkpoint,
    Agent,
    Project,
    Approval,
    Alert,
    Operation,
    Message,
    Path,
    Setting,
    Command,
};

struct OptionSpec {
    QLatin1StringView name; // "task_id"; the terminal takes --task_id and --task-id
    OptionKind kind;
    bool required;
    QLatin1StringView description; // ≤ 80 characters
    std::span<const QLatin1StringView> choices = {};
    bool rest = false; // the terminal's last positional option that takes all remaining words
};

enum class Effect {
    Read,      // changes nothing
    Change,    // changes something that can be taken back by another command
    Dangerous, // shows a preview and asks first (commands.md rule 5)
    Stop,      // freezes at once through the brake, before anything is recorded
};

// V, O, A and M of commands.md.
enum class Access { Viewer, Operator, Admin, Machine };

struct CommandSpec {
    QLatin1StringView name;        // "tasks", "rollback show": at most two words
    QLatin1StringView description; // ≤ 80 characters: the table's "says"
    Access access;
    Effect effect;
    std::span<const OptionSpec> options = {};
};

// All commands, in the order of commands.md.
std::span<const CommandSpec> commandTable();
const CommandSpec *findCommand(QStringView name);

// "projects" → its first subcommand ("projects list"); null when no command starts with that word.
const CommandSpec *firstOfGroup(QStringView group);

// Checks types, required options, choices and unknown names; the answer has every given option in its JSON type.
// Wrong input names the option, what was expected and, for a near miss, what may have been meant.
Result<QJsonObject> checkOptions(const CommandSpec &spec, const QJsonObject &given);

} // namespace hub::commands
