// Everything that Discord would refuse about a message, by the numbers of its documentation.
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QSet>
#include <QStringList>

namespace hub::discord
{

class MessageCheck
{
public:
    explicit MessageCheck(const QJsonObject &message)
    {
        using namespace Qt::StringLiterals;
        const QString content = message["content"_L1].toString();
        most(count(content), 2000, u"content"_s);
        const QJsonArray embeds = message["embeds"_L1].toArray();
        const QJsonArray rows = message["components"_L1].toArray();
        most(embeds.size(), 10, u"embeds"_s);
        if (content.isEmpty() && embeds.isEmpty() && message.contains("content"_L1) && message.contains("embeds"_L1))
            m_wrong << u"an empty message"_s;
        for (const QJsonValue &embed : embeds)
            checkEmbed(embed.toObject());
        most(m_embedCharacters, 6000, u"characters of all embeds"_s);
        most(rows.size(), 5, u"rows"_s);
        for (const QJsonValue &row : rows)
            checkRow(row.toObject());
        if (message["allowed_mentions"_L1].toObject() != QJsonObject{{u"parse"_s, QJsonArray()}})
            m_wrong << u"mentions may fire"_s;
    }

    QString wrong() const { return m_wrong.join(u'\n'); }

    static qsizetype count(const QString &text) { return text.toUcs4().size(); }

private:
    void most(qsizetype size, qsizetype limit, const QString &what)
    {
        if (size > limit)
            m_wrong << QStringLiteral("%1: %2 of %3").arg(what).arg(size).arg(limit);
    }
    void text(const QJsonObject &object, const char *name, qsizetype limit, bool required)
    {
        const QString value = object[QLatin1StringView(name)].toString();
        const bool there = object.contains(QLatin1StringView(name));
        if ((required || there) && value.trimmed().isEmpty())
            m_wrong << QStringLiteral("%1 is empty").arg(QLatin1StringView(name));
        most(count(value), limit, QString::fromLatin1(name));
    }
    void checkEmbed(const QJsonObject &embed)
    {
        using namespace Qt::StringLiterals;
        text(embed, "title", 256, false);
        text(embed, "description", 4096, false);
        const QJsonArray fields = embed["fields"_L1].toArray();
        most(fields.size(), 25, u"fields"_s);
        for (const QJsonValue &field : fields) {
            text(field.toObject(), "name", 256, true);
            text(field.toObject(), "value", 1024, true);
            m_embedCharacters += count(field["name"_L1].toString()) + count(field["value"_L1].toString());
        }
        if (embed.contains("footer"_L1))
            text(embed["footer"_L1].toObject(), "text", 2048, true);
        m_embedCharacters += count(embed["title"_L1].toString()) + count(embed["description"_L1].toString()) +
                             count(embed["footer"_L1]["text"_L1].toString());
        if (embed["description"_L1].toString().count(u"```"_s) % 2 != 0)
            m_wrong << u"a block of code is not closed"_s;
    }
    void checkRow(const QJsonObject &row)
    {
        using namespace Qt::StringLiterals;
        const QJsonArray parts = row["components"_L1].toArray();
        if (row["type"_L1].toInt() != 1 || parts.isEmpty())
            m_wrong << u"a row that is none"_s;
        most(parts.size(), 5, u"buttons in a row"_s);
        for (const QJsonValue &value : parts) {
            const QJsonObject part = value.toObject();
            text(part, "custom_id", 100, true);
            const QString id = part["custom_id"_L1].toString();
            if (m_ids.contains(id))
                m_wrong << u"a custom_id twice"_s;
            m_ids << id;
            const int type = part["type"_L1].toInt();
            if (type == 2) {
                text(part, "label", 80, true);
            } else if (type == 3) {
                most(parts.size(), 1, u"menus in a row"_s);
                text(part, "placeholder", 150, false);
                const QJsonArray options = part["options"_L1].toArray();
                most(options.size(), 25, u"choices of a menu"_s);
                if (options.isEmpty())
                    m_wrong << u"a menu without choices"_s;
                QSet<QString> values;
                for (const QJsonValue &option : options) {
                    text(option.toObject(), "label", 100, true);
                    text(option.toObject(), "value", 100, true);
                    values << option["value"_L1].toString();
                }
                if (values.size() != options.size())
                    m_wrong << u"a choice twice"_s;
            } else {
                m_wrong << u"a component of type %1"_s.arg(type);
            }
        }
    }

    QStringList m_wrong;
    QSet<QString> m_ids;
    qsizetype m_embedCharacters = 0;
};

} // namespace hub::discord
