#include "headless/discord/registration.h"

#include "core/commands/suggested.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

using commands::Access;
using commands::CommandSpec;
using commands::OptionKind;
using commands::OptionSpec;

constexpr int chatCommand = 1; // of the types of commands; those of options:
enum class Type { Subcommand = 1, Text = 3, Integer = 4, Flag = 5, Channel = 7, Attachment = 11 };

Type typeOf(OptionKind kind)
{
    switch (kind) {
    case OptionKind::Number: return Type::Integer;
    case OptionKind::Flag: return Type::Flag;
    case OptionKind::Channel: return Type::Channel;
    case OptionKind::File: return Type::Attachment;
    default: return Type::Text;
    }
}

using Translations = std::span<const Translation>;

// A command, subcommand or option, up to where they differ.
QJsonObject described(int type, const QString &name, const QString &description, Translations translations)
{
    QJsonObject object{{u"type"_s, type}, {u"name"_s, name}, {u"description"_s, description}};
    const QJsonObject localized = descriptionLocalizations(translations, description);
    if (!localized.isEmpty())
        object[u"description_localizations"_s] = localized;
    return object;
}

QJsonArray choicesJson(const OptionSpec &spec, Translations translations)
{
    QJsonArray choices;
    for (const QLatin1StringView name : spec.choices) {
        QJsonObject choice{{u"name"_s, QString(name)}, {u"value"_s, QString(name)}};
        const QJsonObject localized = choiceLocalizations(translations, QString(spec.name), QString(name));
        if (!localized.isEmpty())
            choice[u"name_localizations"_s] = localized;
        choices.append(choice);
    }
    return choices;
}

QJsonObject optionJson(const OptionSpec &spec, Translations translations)
{
    QJsonObject option = described(int(typeOf(spec.kind)), QString(spec.name), QString(spec.description), translations);
    if (spec.required)
        option[u"required"_s] = true;
    if (commands::isSuggested(spec.kind))
        option[u"autocomplete"_s] = true;
    if (spec.kind == OptionKind::Channel)
        option[u"channel_types"_s] = QJsonArray{0, 5}; // where messages and threads can be: text, announcements
    const QJsonArray choices = choicesJson(spec, translations);
    if (!choices.isEmpty())
        option[u"choices"_s] = choices;
    return option;
}

// Discord wants the required ones first.
QJsonArray optionsJson(const CommandSpec &spec, Translations translations)
{
    QJsonArray options;
    if (spec.entryAccess() == Access::Machine)
        return options;
    for (const bool required : {true, false}) {
        for (const OptionSpec &option : spec.options) {
            if (option.required == required && !option.secret)
                options.append(optionJson(option, translations));
        }
    }
    if (spec.effect == commands::Effect::Read && spec.audience() == commands::Audience::Asker)
        options.append(
            described(int(Type::Flag), QString(shareOption), u"Let everybody here see the answer"_s, translations));
    return options;
}

QJsonObject commandJson(QJsonObject command, const QJsonArray &options, CommandScope scope)
{
    // Discord would else hide commands from people whom only the hub's own roles allow.
    command[u"default_member_permissions"_s] = QJsonValue::Null;
    if (!options.isEmpty())
        command[u"options"_s] = options;
    if (scope == CommandScope::Global) {
        command[u"contexts"_s] = QJsonArray{0};          // servers
        command[u"integration_types"_s] = QJsonArray{0}; // installed by a server
    }
    return command;
}

// A group's own sentence is seen by nobody: Discord shows those of its subcommands. It is names only, in no language.
QString groupDescription(const QString &group, const QStringList &words)
{
    const QString all = group + u": "_s + words.join(u", "_s);
    return all.size() <= 80 ? all : all.first(79) + u'…';
}

// What is compared: members with the value that they have when they are left out say nothing.
QJsonValue essence(const QJsonValue &value, bool isCommand)
{
    static const QStringList members{u"name"_s,
                                     u"description"_s,
                                     u"options"_s,
                                     u"choices"_s,
                                     u"channel_types"_s,
                                     u"required"_s,
                                     u"value"_s,
                                     u"type"_s,
                                     u"autocomplete"_s,
                                     u"contexts"_s,
                                     u"min_value"_s,
                                     u"max_value"_s,
                                     u"min_length"_s,
                                     u"max_length"_s,
                                     u"name_localizations"_s,
                                     u"description_localizations"_s,
                                     u"default_member_permissions"_s};
    if (value.isArray()) {
        QJsonArray kept;
        for (const QJsonValue &one : value.toArray())
            kept.append(essence(one, isCommand));
        return kept;
    }
    if (!value.isObject())
        return value;
    QJsonObject kept;
    const QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it) {
        const bool said = !it->isNull() && *it != QJsonValue(false) && *it != QJsonValue(QJsonArray{});
        if (said && members.contains(it.key()))
            kept[it.key()] = it.key().endsWith("localizations"_L1) ? *it : essence(*it, false);
    }
    if (isCommand && !kept.contains(u"type"_s))
        kept[u"type"_s] = 1;
    return kept;
}

QList<QJsonValue> sortedEssence(const QJsonArray &commands)
{
    QList<QJsonValue> all;
    for (const QJsonValue &command : commands)
        all << essence(command, true);
    std::sort(all.begin(), all.end(), [](const QJsonValue &a, const QJsonValue &b) {
        return a["name"_L1].toString() < b["name"_L1].toString();
    });
    return all;
}

} // namespace

QJsonArray applicationCommands(std::span<const CommandSpec> table, CommandScope scope, Translations translations)
{
    QJsonArray commands;
    QStringList done;
    for (const CommandSpec &row : table) {
        const QString name(row.name);
        const QString group = name.section(u' ', 0, 0);
        if (group == name) {
            if (row.entryAccess() != Access::Machine)
                commands.append(commandJson(described(chatCommand, name, QString(row.description), translations),
                                            optionsJson(row, translations), scope));
            continue;
        }
        if (done.contains(group))
            continue;
        done << group;
        QJsonArray subcommands;
        QStringList words;
        bool anyHere = false; // that can be done on Discord
        for (const CommandSpec &part : table) {
            const QString word = QString(part.name).section(u' ', 1, 1);
            if (QString(part.name).section(u' ', 0, 0) != group || word.isEmpty())
                continue;
            words << word;
            anyHere = anyHere || part.entryAccess() != Access::Machine;
            QJsonObject subcommand = described(int(Type::Subcommand), word, QString(part.description), translations);
            const QJsonArray options = optionsJson(part, translations);
            if (!options.isEmpty())
                subcommand[u"options"_s] = options;
            subcommands.append(subcommand);
        }
        if (anyHere)
            commands.append(commandJson(described(chatCommand, group, groupDescription(group, words), translations),
                                        subcommands, scope));
    }
    return commands;
}

bool areRegistered(const QJsonArray &wanted, const QJsonArray &registered)
{
    return sortedEssence(wanted) == sortedEssence(registered);
}

} // namespace hub::discord
