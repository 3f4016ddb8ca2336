#include "headless/discord/plainbody.h"

#include "core/base/json.h"
#include "headless/discord/markup.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

using commands::Reply;
using commands::Severity;

constexpr int mostTitle = 256, mostText = 3000, mostName = 256, mostValue = 1024, mostFields = 25, mostFooter = 500,
              mostAll = 6000;

// Escaped, and cut so that what remains has at most so many Unicode characters and ends in no half escape.
QString shown(const QString &text, int most)
{
    QString out;
    int length = 0;
    const auto codes = text.trimmed().toUcs4();
    for (qsizetype i = 0; i < codes.size(); ++i) {
        const char32_t c = codes[i];
        const bool marks = c < 128 && u"\\*_~`|<>[]#@"_s.contains(QChar(char16_t(c)));
        const int width = marks ? 2 : 1;
        if (length + width > most - (i + 1 < codes.size() ? 1 : 0))
            return out + u'…';
        out += marks ? u"\\"_s + QString::fromUcs4(&c, 1) : QString::fromUcs4(&c, 1);
        length += width;
    }
    return out;
}

int colourOf(Severity severity)
{
    switch (severity) {
    case Severity::Ok: return 0x2e8b57;
    case Severity::Info: return 0x4a76c9;
    case Severity::Warning: return 0xd9a300;
    case Severity::Error: return 0xc0392b;
    }
    return 0;
}

} // namespace

QJsonObject plainBody(const Reply &reply)
{
    QJsonObject embed{{u"title"_s, shown(reply.title, mostTitle)}, {u"color"_s, colourOf(reply.severity)}};
    int left = mostAll - characters(embed[u"title"_s].toString());
    const auto take = [&left](const QString &text) {
        left -= characters(text);
        return text;
    };
    if (!reply.text.trimmed().isEmpty())
        embed[u"description"_s] = take(shown(reply.text, mostText));
    const QString footer =
        reply.next.isEmpty() ? QString() : take(u'/' + reply.next.join(u"  ·  /"_s).left(mostFooter));
    QJsonArray fields;
    for (const commands::Field &field : reply.fields) {
        const QString name = shown(field.name, mostName), value = shown(field.value, std::min(mostValue, left));
        if (name.isEmpty() || value.isEmpty() || fields.size() == mostFields ||
            characters(name) + characters(value) > left)
            continue;
        fields.append(
            QJsonObject{{u"name"_s, take(name)}, {u"value"_s, take(value)}, {u"inline"_s, value.size() < 40}});
    }
    if (!fields.isEmpty())
        embed[u"fields"_s] = fields;
    if (!footer.isEmpty())
        embed[u"footer"_s] = QJsonObject{{u"text"_s, footer}};
    return {{u"embeds"_s, QJsonArray{embed}}, {u"allowed_mentions"_s, QJsonObject{{u"parse"_s, QJsonArray{}}}}};
}

QJsonObject addressed(QJsonObject body, const QStringList &users)
{
    QJsonObject allowed{{u"parse"_s, QJsonArray{}}};
    if (!users.isEmpty()) {
        allowed[u"users"_s] = QJsonArray::fromStringList(users);
        const QString before = body[u"content"_s].toString();
        const QString mentions = u"<@"_s + users.join(u"> <@"_s) + u'>';
        body[u"content"_s] = before.isEmpty() ? mentions : mentions + u'\n' + before;
    }
    body[u"allowed_mentions"_s] = allowed;
    return body;
}

QJsonObject once(QJsonObject body, const QString &nonce)
{
    body[u"nonce"_s] = nonce;
    body[u"enforce_nonce"_s] = true;
    return body;
}

} // namespace hub::discord
