// A command is declared once. The terminal's verbs, help, completion, Discord's registration, the window's actions,
// rights, audit and the docs all derive from the row.
#pragma once

#include "core/base/result.h"
#include "core/commands/commandcall.h"

#include <QJsonObject>
#include <QLatin1StringView>
#include <QStringList>

#include <optional>
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
    Program, // a command line; in a terminal several words are kept apart
    Command,
    Branch,    // of a repository
    Backup,    // a backup branch
    HubBackup, // a copy of the hub's own data
    Channel,   // of Discord, by its number
    File,      // whose content goes along as CommandCall::files; a terminal takes paths, as words of a shell
};

struct OptionSpec {
    QLatin1StringView name; // "task_id"; the terminal takes --task_id and --task-id
    OptionKind kind;
    bool required;
    QLatin1StringView description; // ≤ 80 characters
    std::span<const QLatin1StringView> choices = {};
    bool rest = false;             // the terminal's last positional option that takes all remaining words
    QLatin1StringView without{""}; // what applies when it is left out, for help: "the last 20"
    bool secret = false;           // its value goes into no audit entry, log, reply or list of processes
};

enum class Effect {
    Read,      // changes nothing
    Change,    // changes something that can be taken back by another command
    Dangerous, // shows a preview and asks first (commands.md rule 5)
    Stop,      // freezes at once through the brake, before anything is recorded
};

// V, O, A and M of commands.md.
enum class Access { Viewer, Operator, Admin, Machine };
Role roleFor(Access access);
QString textOf(Role role); // "operator"

// Where others are (a channel of Discord), whether they see the answer: p and e of commands.md.
enum class Audience { Everybody, Asker };

struct CommandSpec {
    QLatin1StringView name;        // "tasks", "rollback show": at most two words
    QLatin1StringView description; // ≤ 80 characters: the table's "says"
    Access access;
    Effect effect;
    std::span<const OptionSpec> options = {};
    QLatin1StringView example{""}; // a complete terminal line without the program's name

    // Some uses need other rights than the row as a whole. The dispatcher lets `leastAccess` in, where it is set, and
    // the handler then decides by what was asked; `accessNote` says so in help.
    std::optional<Access> leastAccess = std::nullopt;
    QLatin1StringView accessNote{""};

    // It makes more than a row or two, so it is refused while a disk is full. Going back is not: it may use the
    // reserve.
    bool needsRoom = false;

    // Where it is not as one would expect: what changes something is for everybody, a view for who asked.
    std::optional<Audience> unusualAudience = std::nullopt;

    Audience audience() const
    {
        return unusualAudience.value_or(effect == Effect::Read ? Audience::Asker : Audience::Everybody);
    }
    // What the right to call this at all is: the first question that a dispatcher asks.
    Access entryAccess() const { return leastAccess.value_or(access); }
};

// A short form in a terminal: "ls" → "tasks".
struct ShortForm {
    QLatin1StringView name;
    QLatin1StringView command;
};

// All commands, in the order of commands.md. Static data: any thread may read it, and the rows never move.
std::span<const CommandSpec> commandTable();
std::span<const ShortForm> shortForms();

// By the table's name; '-' and '_' count as the same. Short forms are not commands: see commandline.h.
const CommandSpec *findCommand(QStringView name);

// "projects" → its first subcommand ("projects list"); null when no command starts with that word.
const CommandSpec *firstOfGroup(QStringView group);

// Checks types, required options, choices and unknown names; the answer has every given option in its JSON type.
// Wrong input names the option, what was expected and, for a near miss, what may have been meant.
// Text is accepted for every type, as a terminal sends it ("5", "yes"); option and choice names with '-' for '_' too.
// An empty text for an option that is not required counts as left out.
Result<QJsonObject> checkOptions(const CommandSpec &spec, const QJsonObject &given);

// The candidates that `typed` may have been meant for, nearest first, at most three. For error sentences.
QStringList nearMisses(QStringView typed, const QStringList &candidates);
// " Did you mean 'a' or 'b'?", empty when there is no near miss.
QString didYouMean(QStringView typed, const QStringList &candidates);

// "task-id" == "task_id": how the terminal compares names.
bool sameName(QAnyStringView a, QAnyStringView b);

} // namespace hub::commands
