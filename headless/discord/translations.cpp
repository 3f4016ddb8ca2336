#include "headless/discord/translations.h"

#include "core/base/jsonreader.h"
#include "core/base/log.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Result<Translation::Texts> textsFrom(const QJsonValue &value, const QString &what)
{
    HUB_TRY(auto reader, JsonReader::of(value, what));
    Translation::Texts texts;
    for (const QString &key : value.toObject().keys()) {
        HUB_TRY(const auto text, reader.text(key));
        texts[key] = text;
    }
    return texts;
}

Result<Translation> translationIn(QFile &file, const QString &locale)
{
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::InvalidInput, file.errorString());
    return translationFromJson(locale, file.readAll());
}

// An empty text is none: Discord would refuse all commands for it.
void add(QJsonObject &to, const QString &locale, const QString &text)
{
    if (!text.isEmpty())
        to[locale] = text;
}

} // namespace

Result<Translation> translationFromJson(const QString &locale, const QByteArray &json)
{
    HUB_TRY(const auto object, objectFromJson(json));
    HUB_TRY(auto reader, JsonReader::of(object, u"a translation"_s));
    HUB_TRY(const auto descriptions, reader.value(u"descriptions"_s));
    HUB_TRY(const auto choices, reader.value(u"choices"_s));
    for (const QString &section :
         {u"options"_s, u"defaults"_s, u"setting_names"_s, u"setting_help"_s}) { // of the window alone
        if (reader.has(section)) {
            HUB_TRY(const auto texts, reader.value(section));
            HUB_CHECK(textsFrom(texts, section));
        }
    }
    HUB_CHECK(reader.end());
    Translation translation;
    translation.locale = locale;
    HUB_TRY(translation.descriptions, textsFrom(descriptions, u"descriptions"_s));
    HUB_TRY(auto options, JsonReader::of(choices, u"choices"_s));
    for (const QString &option : choices.toObject().keys()) {
        HUB_TRY(const auto words, options.value(option));
        HUB_TRY(translation.choices[option], textsFrom(words, u"choices of "_s + option));
    }
    return translation;
}

QList<Translation> builtInTranslations()
{
    QList<Translation> all;
    for (const QFileInfo &each : QDir(u":/translations"_s).entryInfoList({u"*.json"_s}, QDir::Files, QDir::Name)) {
        QFile file(each.filePath());
        if (const auto translation = translationIn(file, each.completeBaseName()))
            all << *translation;
        else
            qCWarning(lcDiscord).noquote() << "no translation" << each.fileName() << translation.error().message;
    }
    return all;
}

QJsonObject descriptionLocalizations(std::span<const Translation> translations, const QString &english)
{
    QJsonObject all;
    for (const Translation &each : translations)
        add(all, each.locale, each.descriptions.value(english));
    return all;
}

QJsonObject choiceLocalizations(std::span<const Translation> translations, const QString &option, const QString &choice)
{
    QJsonObject all;
    for (const Translation &each : translations)
        add(all, each.locale, each.choices.value(option).value(choice));
    return all;
}

} // namespace hub::discord
