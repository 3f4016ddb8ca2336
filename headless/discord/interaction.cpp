#include "headless/discord/interaction.h"

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

enum OptionType { subcommand = 1, group = 2, attachment = 11 };

bool isNumber(const QString &id)
{
    return !id.isEmpty() && id.size() <= 20 &&
           std::all_of(id.begin(), id.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

// Words of the command, then the options of the last one.
void readOptions(const QJsonArray &options, const QJsonObject &attachments, Interaction &into)
{
    for (const QJsonValue &value : options) {
        const QJsonObject option = value.toObject();
        const QString name = option[u"name"_s].toString();
        const int type = option[u"type"_s].toInt();
        if (type == subcommand || type == group) {
            into.command += u' ' + name;
            return readOptions(option[u"options"_s].toArray(), attachments, into);
        }
        const QJsonValue given = option[u"value"_s];
        if (name.isEmpty())
            continue;
        if (option[u"focused"_s].toBool())
            into.focused = name;
        if (given.isString() || given.isDouble() || given.isBool())
            into.options[name] = given;
        if (type == attachment) {
            const QJsonObject file = attachments[given.toString()].toObject();
            into.files.append(file);
            into.options[name] = file[u"filename"_s];
        }
    }
}

// Inputs stand in rows, or in labels, and those in what may come later.
void readFields(const QJsonArray &components, QJsonObject &fields, int depth = 0)
{
    if (depth > 5)
        return;
    for (const QJsonValue &value : components) {
        const QJsonObject component = value.toObject();
        const QString id = component[u"custom_id"_s].toString();
        if (!id.isEmpty() && component[u"value"_s].isString())
            fields[id] = component[u"value"_s];
        readFields(component[u"components"_s].toArray(), fields, depth + 1);
        if (component[u"component"_s].isObject())
            readFields({component[u"component"_s]}, fields, depth + 1);
    }
}

} // namespace

Result<Interaction> Interaction::fromJson(const QJsonObject &event)
{
    Interaction in;
    in.id = event[u"id"_s].toString();
    in.token = event[u"token"_s].toString();
    if (!isNumber(in.id) || in.token.isEmpty() || in.token.contains(u'/'))
        return fail(ErrorCode::InvalidInput, u"an interaction without id or token"_s);
    const int type = event[u"type"_s].toInt();
    if (type < int(Type::Command) || type > int(Type::Form))
        return fail(ErrorCode::InvalidInput, u"an interaction of type %1"_s.arg(type));
    in.type = Type(type);
    in.application = event[u"application_id"_s].toString();
    in.channel = event[u"channel_id"_s].toString();
    if (!isNumber(in.application) || !isNumber(in.channel))
        return fail(ErrorCode::InvalidInput, u"an interaction without application or channel"_s);
    const int channelType = event[u"channel"_s].toObject()[u"type"_s].toInt();
    in.inThread = channelType >= 10 && channelType <= 12;
    in.locale = event[u"locale"_s].toString();
    in.member = Member::of(event);
    in.message = event[u"message"_s].toObject()[u"id"_s].toString();
    if (const qint64 limit = event[u"attachment_size_limit"_s].toInteger(); limit > 0)
        in.attachmentLimit = limit;
    const QJsonObject data = event[u"data"_s].toObject();
    if (in.type == Type::Command || in.type == Type::Autocomplete) {
        in.command = data[u"name"_s].toString();
        readOptions(data[u"options"_s].toArray(), data[u"resolved"_s][u"attachments"_s].toObject(), in);
        return in;
    }
    in.customId = data[u"custom_id"_s].toString();
    for (const QJsonValue &value : data[u"values"_s].toArray())
        in.values << value.toString();
    readFields(data[u"components"_s].toArray(), in.fields);
    return in;
}

} // namespace hub::discord
