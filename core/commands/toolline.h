// `agenthubctl tool NAME …`: words → a call of a lifecycle method.
#pragma once

#include "core/commands/toolspec.h"

#include <QStringList>

namespace hub::commands
{

struct ToolLine {
    const ToolSpec *spec = nullptr; // null: `help` is what to print
    QJsonObject arguments;
    QString help;
};

// NAME and then one JSON object, or --argument value (--argument=value; a flag needs none; a list by repeating it).
// `standardInput` is taken for the JSON when the word is "-". No name, or --help: the help.
Result<ToolLine> parseToolLine(const QStringList &words, const QByteArray &standardInput);

} // namespace hub::commands
