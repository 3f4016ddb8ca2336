// The terminal's words → what is asked for. Pure: reads nothing but its input.
#pragma once

#include "core/commands/commandspec.h"

#include <QStringList>

#include <span>

namespace hub::commands
{

// What the program does by itself, without the table: `completion bash`, `tool save-checkpoint …`.
struct PlumbingSpec {
    QLatin1StringView name;
    QLatin1StringView description;
    bool hidden = false; // not in help
};

struct CommandLine {
    enum class Kind {
        Overview, // no command at all: what needs me, and health
        Help,     // `text` is the help to print
        Command,  // `call` is complete but for the caller and the folder
        Plumbing, // `plumbing` with `words`, taken as they are
    };
    Kind kind = Kind::Overview;
    CommandCall call;
    const CommandSpec *spec = nullptr; // of the call
    QString text;
    QString plumbing;
    QStringList words;

    // The one required option that was left out and that a person at a terminal may still write (`say` without a
    // message); empty when the call is complete. Put the text into call.options before it is sent.
    QString missingText;

    bool json = false;   // --json
    bool follow = false; // --follow
    bool path = false;   // --path
    QString dataDir;     // --data-dir; empty: not given
    QString config;      // --config; empty: not given
};

// `arguments` are without the program's name. Two-word commands, short forms, a bare group as its first subcommand;
// '-' and '_' are alike in names. Options by position in the row's order or by name; `--` ends the named ones. Every
// error is InvalidInput, says what was expected and names near misses.
Result<CommandLine> parseCommandLine(const QStringList &arguments, std::span<const PlumbingSpec> plumbing);

} // namespace hub::commands
