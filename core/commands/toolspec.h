// The lifecycle methods that agents call: one table for the local API, `agenthubctl tool`, the tools that agents get
// over MCP, and the docs. Below the hub: names and arguments only.
#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QLatin1StringView>

#include <span>

namespace hub::commands
{

enum class ToolValue {
    Text,
    Number, // whole, 0 or more
    Flag,
    Texts,  // a list of texts; one text counts as a list of one
    Object, // any JSON object, kept as it is
};

struct ToolArgument {
    QLatin1StringView name;
    ToolValue value;
    bool required;
    QLatin1StringView description;
};

struct ToolSpec {
    QLatin1StringView name; // "save_checkpoint"
    QLatin1StringView description;
    std::span<const ToolArgument> arguments = {};
};

// Static data: any thread may read it.
std::span<const ToolSpec> toolTable();
const ToolSpec *findTool(QStringView name); // '-' and '_' count as the same

// As checkOptions(): every given argument in its JSON type under the table's name, or a sentence what is wrong.
Result<QJsonObject> checkToolArguments(const ToolSpec &spec, const QJsonObject &given);

// The arguments as JSON Schema, as MCP's tools/list wants it.
QJsonObject toolSchema(const ToolSpec &spec);

} // namespace hub::commands
