#include "core/commands/toolline.h"

#include "core/base/json.h"
#include "core/commands/commandspec.h"
#include "core/commands/replyformat.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

QString shellName(QLatin1StringView name) { return QString(name).replace(u'_', u'-'); }

QString helpForAll()
{
    QList<QStringList> rows;
    for (const ToolSpec &spec : toolTable())
        rows << QStringList{u"  "_s + shellName(spec.name), QString(spec.description)};
    return u"What an agent may ask of the hub, from inside its run:\n\n"_s + alignedColumns(rows, 0) +
           u"\nArguments of one: agenthubctl tool NAME --help\n"_s;
}

QString helpForOne(const ToolSpec &spec)
{
    QList<QStringList> rows;
    for (const ToolArgument &argument : spec.arguments) {
        QString says(argument.description);
        if (argument.required)
            says += u" (required)"_s;
        if (argument.value == ToolValue::Texts)
            says += u" (repeat it for more)"_s;
        rows << QStringList{u"  --"_s + shellName(argument.name), says};
    }
    return u"%1: %2\n\n"_s.arg(shellName(spec.name), QString(spec.description)) + alignedColumns(rows, 0) +
           u"\nThe arguments may also be one JSON object: agenthubctl tool %1 '{…}' (\"-\": from standard input).\n"_s
               .arg(shellName(spec.name));
}

Error unknownTool(const QString &name)
{
    QStringList known;
    for (const ToolSpec &spec : toolTable())
        known << shellName(spec.name);
    return fail(ErrorCode::InvalidInput, u"There is no tool '%1'.%2"_s.arg(name.left(80), didYouMean(name, known)),
                u"agenthubctl tool"_s);
}

// Sets a value; a second one for a list is added to it.
Result<> setArgument(QJsonObject &arguments, const ToolSpec &spec, const QString &name, const QJsonValue &value)
{
    const auto argument = std::find_if(spec.arguments.begin(), spec.arguments.end(),
                                       [&](const ToolArgument &a) { return sameName(a.name, name); });
    const QString key = argument == spec.arguments.end() ? name : QString(argument->name);
    const bool list = argument != spec.arguments.end() && argument->value == ToolValue::Texts;
    if (!list && arguments.contains(key))
        return fail(ErrorCode::InvalidInput, u"--%1 is given twice."_s.arg(name.left(80)));
    if (!list) {
        arguments[key] = value;
        return {};
    }
    QJsonArray values = arguments[key].toArray();
    values << value;
    arguments[key] = values;
    return {};
}

bool isFlag(const ToolSpec &spec, const QString &name)
{
    return std::any_of(spec.arguments.begin(), spec.arguments.end(),
                       [&](const ToolArgument &a) { return a.value == ToolValue::Flag && sameName(a.name, name); });
}

} // namespace

Result<ToolLine> parseToolLine(const QStringList &words, const QByteArray &standardInput)
{
    ToolLine line;
    if (words.isEmpty() || words[0] == u"--help" || words[0] == u"-h" || words[0] == u"help") {
        line.help = helpForAll();
        return line;
    }
    const ToolSpec *spec = findTool(words[0]);
    if (!spec)
        return unknownTool(words[0]);
    QJsonObject given;
    for (qsizetype i = 1; i < words.size(); ++i) {
        const QString &word = words[i];
        if (word == u"--help" || word == u"-h") {
            line.help = helpForOne(*spec);
            return line;
        }
        if (word == u"-" || word.trimmed().startsWith(u'{')) {
            HUB_TRY(const QJsonObject object, objectFromJson(word == u"-" ? standardInput : word.toUtf8()));
            for (auto it = object.begin(); it != object.end(); ++it)
                given[it.key()] = *it;
            continue;
        }
        if (!word.startsWith(u"--") || word.size() == 2) {
            return fail(ErrorCode::InvalidInput,
                        u"'%1' is not expected: arguments are --name value, or one JSON object."_s.arg(word.left(80)),
                        u"agenthubctl tool %1 --help"_s.arg(shellName(spec->name)));
        }
        const qsizetype equals = word.indexOf(u'=');
        const QString name = equals < 0 ? word.mid(2) : word.mid(2, equals - 2);
        if (equals >= 0) {
            HUB_CHECK(setArgument(given, *spec, name, word.mid(equals + 1)));
        } else if (isFlag(*spec, name)) {
            HUB_CHECK(setArgument(given, *spec, name, true));
        } else if (i + 1 < words.size()) {
            HUB_CHECK(setArgument(given, *spec, name, words[++i]));
        } else {
            return fail(ErrorCode::InvalidInput, u"--%1 needs a value after it."_s.arg(name.left(80)),
                        u"agenthubctl tool %1 --help"_s.arg(shellName(spec->name)));
        }
    }
    HUB_TRY(line.arguments, checkToolArguments(*spec, given));
    line.spec = spec;
    return line;
}

} // namespace hub::commands
