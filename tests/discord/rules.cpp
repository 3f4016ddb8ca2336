#include "tests/discord/rules.h"

#include <QRegularExpression>
#include <QSet>

using namespace Qt::StringLiterals;

namespace hub::discord::rules
{

namespace
{

// Characters as Discord counts them: of Unicode, not of UTF-16.
qsizetype length(const QJsonValue &text) { return text.toString().toUcs4().size(); }

class Findings
{
public:
    void need(bool right, const QString &what)
    {
        if (!right)
            m_list << what;
    }
    void text(const QJsonObject &from, const QString &key, qsizetype most, const QString &where, bool required = false)
    {
        const QJsonValue value = from.value(key);
        if (value.isUndefined() || value.isNull()) {
            need(!required, where + u" has no "_s + key);
            return;
        }
        need(value.isString(), where + u'.' + key + u" is no text"_s);
        need(length(value) <= most, u"%1.%2 has %3 of %4 characters"_s.arg(where, key).arg(length(value)).arg(most));
        need(!required || !value.toString().trimmed().isEmpty(), where + u'.' + key + u" is empty"_s);
    }
    Findings &operator+=(const QStringList &more)
    {
        m_list += more;
        return *this;
    }
    const QStringList &list() const { return m_list; }

private:
    QStringList m_list;
};

qsizetype embed(const QJsonObject &embed, Findings &found)
{
    found.text(embed, u"title"_s, 256, u"embed"_s);
    found.text(embed, u"description"_s, 4096, u"embed"_s);
    const QJsonObject footer = embed.value(u"footer"_s).toObject(), author = embed.value(u"author"_s).toObject();
    found.text(footer, u"text"_s, 2048, u"footer"_s);
    found.text(author, u"name"_s, 256, u"author"_s);
    const QJsonArray fields = embed.value(u"fields"_s).toArray();
    found.need(fields.size() <= 25, u"%1 fields"_s.arg(fields.size()));
    qsizetype size = length(embed.value(u"title"_s)) + length(embed.value(u"description"_s)) +
                     length(footer.value(u"text"_s)) + length(author.value(u"name"_s));
    for (const QJsonValue &value : fields) {
        const QJsonObject field = value.toObject();
        found.text(field, u"name"_s, 256, u"field"_s, true);
        found.text(field, u"value"_s, 1024, u"field"_s, true);
        size += length(field.value(u"name"_s)) + length(field.value(u"value"_s));
    }
    const QJsonValue color = embed.value(u"color"_s);
    found.need(color.isUndefined() || (color.isDouble() && color.toInt() >= 0 && color.toInt() <= 0xFFFFFF),
               u"a colour out of range"_s);
    const QJsonValue at = embed.value(u"timestamp"_s);
    found.need(at.isUndefined() || QDateTime::fromString(at.toString(), Qt::ISODateWithMs).isValid(),
               u"a timestamp that is none: "_s + at.toString());
    const QString image = embed.value(u"image"_s).toObject().value(u"url"_s).toString();
    found.need(image.isEmpty() || image.startsWith(u"attachment://"_s) || image.startsWith(u"http"_s),
               u"an image at "_s + image);
    found.need(size > 0 || !image.isEmpty(), u"an empty embed"_s);
    return size;
}

void button(const QJsonObject &button, Findings &found)
{
    const int style = button.value(u"style"_s).toInt();
    found.need(style >= 1 && style <= 5, u"a button of style %1"_s.arg(style));
    found.text(button, u"label"_s, 80, u"button"_s, !button.contains(u"emoji"_s));
    found.need((style == 5) == button.contains(u"url"_s) && (style == 5) != button.contains(u"custom_id"_s),
               u"a button's id or address does not fit its style"_s);
}

void select(const QJsonObject &select, Findings &found)
{
    found.text(select, u"placeholder"_s, 150, u"select"_s);
    if (select.value(u"type"_s).toInt() != 3)
        return;
    const QJsonArray options = select.value(u"options"_s).toArray();
    found.need(options.size() >= 1 && options.size() <= 25, u"a select of %1 options"_s.arg(options.size()));
    QSet<QString> values;
    for (const QJsonValue &option : options) {
        found.text(option.toObject(), u"label"_s, 100, u"select option"_s, true);
        found.text(option.toObject(), u"value"_s, 100, u"select option"_s, true);
        found.text(option.toObject(), u"description"_s, 100, u"select option"_s);
        values.insert(option[u"value"].toString());
    }
    found.need(values.size() == options.size(), u"a select with a value twice"_s);
}

void textInput(const QJsonObject &input, Findings &found)
{
    found.text(input, u"custom_id"_s, 100, u"input"_s, true);
    found.text(input, u"label"_s, 45, u"input"_s);
    found.text(input, u"placeholder"_s, 100, u"input"_s);
    found.text(input, u"value"_s, 4000, u"input"_s);
    const int style = input.value(u"style"_s).toInt();
    found.need(input.value(u"type"_s).toInt() == 4 && (style == 1 || style == 2), u"an input that is no text input"_s);
    const int most = input.value(u"max_length"_s).toInt(1);
    found.need(most >= 1 && most <= 4000, u"an input of %1 characters"_s.arg(most));
}

bool isName(const QString &name)
{
    static const QRegularExpression pattern(u"^[-_'\\p{L}\\p{N}]{1,32}$"_s);
    return pattern.match(name).hasMatch() && name == name.toLower();
}

// The size of the longest language, each of which has to be one that Discord knows, and within its size.
qsizetype localized(const QJsonObject &from, const QString &key, Findings &found)
{
    static const QStringList locales =
        u"id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN "
        "ja zh-TW ko"_s.split(u' ');
    qsizetype most = length(from.value(key));
    const QJsonObject texts = from.value(key + u"_localizations"_s).toObject();
    for (auto it = texts.begin(); it != texts.end(); ++it) {
        found.need(locales.contains(it.key()), u"a language that Discord does not know: "_s + it.key());
        found.text(texts, it.key(), 100, from.value(u"name"_s).toString(), true);
        most = std::max(most, length(*it));
    }
    return most;
}

// Its size by Discord's count: names, descriptions and choices.
qsizetype option(const QJsonObject &option, int depth, Findings &found)
{
    const int type = option.value(u"type"_s).toInt();
    const QString name = option.value(u"name"_s).toString();
    found.need(isName(name), u"an option named "_s + name);
    found.text(option, u"description"_s, 100, name, true);
    found.need(type >= 1 && type <= 11, u"%1 is of type %2"_s.arg(name).arg(type));
    found.need(type > 2 || depth < 2, u"%1 is a subcommand too deep"_s.arg(name));
    const QJsonArray choices = option.value(u"choices"_s).toArray(), inner = option.value(u"options"_s).toArray();
    found.need(choices.size() <= 25 && inner.size() <= 25, u"%1 has too many choices or options"_s.arg(name));
    found.need(choices.isEmpty() || !option.value(u"autocomplete"_s).toBool(), name + u" has choices and completes"_s);
    found.need(!option.value(u"autocomplete"_s).toBool() || type == 3 || type == 4 || type == 10,
               name + u" can't complete"_s);
    qsizetype size = localized(option, u"name"_s, found) + localized(option, u"description"_s, found);
    for (const QJsonValue &choice : choices) {
        found.text(choice.toObject(), u"name"_s, 100, name + u" choice"_s, true);
        size += localized(choice.toObject(), u"name"_s, found) + length(choice[u"value"]);
    }
    bool optionalSeen = false;
    QSet<QString> names;
    for (const QJsonValue &each : inner) {
        const QJsonObject nested = each.toObject();
        if (nested.value(u"type"_s).toInt() > 2) {
            found.need(!(optionalSeen && nested.value(u"required"_s).toBool()),
                       name + u": a required option behind one that is not"_s);
            optionalSeen = optionalSeen || !nested.value(u"required"_s).toBool();
        }
        names.insert(nested.value(u"name"_s).toString());
        size += rules::option(nested, depth + 1, found);
    }
    found.need(names.size() == inner.size(), name + u" has an option twice"_s);
    return size;
}

} // namespace

QStringList message(const QJsonObject &body, const MessageContext &context)
{
    Findings found;
    found.text(body, u"content"_s, 2000, u"message"_s);
    const QJsonArray embeds = body.value(u"embeds"_s).toArray();
    found.need(embeds.size() <= 10, u"%1 embeds"_s.arg(embeds.size()));
    qsizetype size = 0;
    for (const QJsonValue &each : embeds)
        size += embed(each.toObject(), found);
    found.need(size <= 6000, u"embeds of %1 characters"_s.arg(size));
    const QJsonArray rows = body.value(u"components"_s).toArray();
    found += components(rows);
    found.need(context.isEdit || !body.value(u"content"_s).toString().isEmpty() || !embeds.isEmpty() ||
                   !rows.isEmpty() || context.files > 0,
               u"an empty message"_s);
    found.need(context.files <= 10, u"%1 files"_s.arg(context.files));
    const QJsonArray attachments = body.value(u"attachments"_s).toArray();
    for (const QJsonValue &each : attachments) {
        const QJsonValue id = each[u"id"];
        found.need(id.isString() || (id.isDouble() && id.toInt() < context.files), u"an attachment without its file"_s);
        found.text(each.toObject(), u"description"_s, 1024, u"attachment"_s);
    }
    const int flags = body.value(u"flags"_s).toInt();
    found.need((flags & ~(4 | 64 | 4096)) == 0, u"flags %1"_s.arg(flags));
    found.need(!(flags & 64) || context.mayBeHidden, u"hidden where that can't be"_s);
    const QJsonObject mentions = body.value(u"allowed_mentions"_s).toObject();
    found.need(body.contains(u"allowed_mentions"_s) || context.isEdit, u"mentions are not limited"_s);
    found.need(!(mentions.value(u"parse"_s).toArray().contains(u"users"_s) && mentions.contains(u"users"_s)),
               u"mentions of users both ways"_s);
    found.need(body.value(u"nonce"_s).toString().size() <= 25, u"a nonce that is too long"_s);
    return found.list();
}

QStringList components(const QJsonArray &rows)
{
    Findings found;
    found.need(rows.size() <= 5, u"%1 rows of buttons"_s.arg(rows.size()));
    QSet<QString> ids;
    int counted = 0;
    for (const QJsonValue &row : rows) {
        found.need(row[u"type"].toInt() == 1, u"a component outside of a row"_s);
        const QJsonArray parts = row[u"components"].toArray();
        found.need(parts.size() >= 1 && parts.size() <= 5, u"a row of %1"_s.arg(parts.size()));
        for (const QJsonValue &part : parts) {
            const QJsonObject object = part.toObject();
            const int type = object.value(u"type"_s).toInt();
            found.need(type == 2 || parts.size() == 1, u"a select beside others"_s);
            if (type == 2)
                button(object, found);
            else
                select(object, found);
            if (!object.contains(u"custom_id"_s))
                continue;
            found.text(object, u"custom_id"_s, 100, u"component"_s, true);
            ids.insert(object.value(u"custom_id"_s).toString());
            ++counted;
        }
    }
    found.need(ids.size() == counted, u"a custom_id twice"_s);
    return found.list();
}

QStringList modal(const QJsonObject &body)
{
    Findings found;
    found.text(body, u"title"_s, 45, u"form"_s, true);
    found.text(body, u"custom_id"_s, 100, u"form"_s, true);
    const QJsonArray parts = body.value(u"components"_s).toArray();
    found.need(parts.size() >= 1 && parts.size() <= 5, u"a form of %1 parts"_s.arg(parts.size()));
    for (const QJsonValue &part : parts) {
        if (part[u"type"].toInt() == 18) {
            found.text(part.toObject(), u"label"_s, 45, u"label"_s, true);
            found.text(part.toObject(), u"description"_s, 100, u"label"_s);
            textInput(part[u"component"].toObject(), found);
        } else {
            found.need(part[u"type"].toInt() == 1 && part[u"components"].toArray().size() == 1, u"an odd form"_s);
            textInput(part[u"components"][0].toObject(), found);
        }
    }
    return found.list();
}

QStringList choices(const QJsonArray &choices)
{
    Findings found;
    found.need(choices.size() <= 25, u"%1 suggestions"_s.arg(choices.size()));
    for (const QJsonValue &choice : choices) {
        found.text(choice.toObject(), u"name"_s, 100, u"suggestion"_s, true);
        if (choice[u"value"].isString())
            found.text(choice.toObject(), u"value"_s, 100, u"suggestion"_s, true);
    }
    return found.list();
}

QStringList commands(const QJsonArray &commands)
{
    Findings found;
    found.need(commands.size() <= 100, u"%1 commands"_s.arg(commands.size()));
    QSet<QString> names;
    for (const QJsonValue &value : commands) {
        const QJsonObject command = value.toObject();
        const QString name = command.value(u"name"_s).toString();
        names.insert(name);
        QJsonObject asOption = command;
        asOption[u"type"_s] = 1;
        const qsizetype size = option(asOption, 0, found);
        found.need(size <= 8000, u"%1 has %2 characters"_s.arg(name).arg(size));
        const QJsonArray options = command.value(u"options"_s).toArray();
        const auto isGroup = [](const QJsonValue &each) { return each[u"type"].toInt() <= 2; };
        const auto groups = std::count_if(options.begin(), options.end(), isGroup);
        found.need(groups == 0 || groups == options.size(), name + u" has options beside subcommands"_s);
        found.need(command.value(u"default_member_permissions"_s).isNull(), name + u" is hidden from people"_s);
    }
    found.need(names.size() == commands.size(), u"a command twice"_s);
    return found.list();
}

} // namespace hub::discord::rules
