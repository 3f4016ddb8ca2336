// What people read of Discord's commands in their language: a file translations/LOCALE.json for each, built in. The
// names of commands and options are the same in every language: people, help and documentation speak of one thing.
// Pure; any thread.
#pragma once

#include "core/base/result.h"

#include <QHash>
#include <QJsonObject>

#include <span>

namespace hub::discord
{

struct Translation {
    using Texts = QHash<QString, QString>;

    QString locale;                // as Discord writes it: "de", "pt-BR"
    Texts descriptions;            // of commands and options, by the English sentence in the table of commands
    QHash<QString, Texts> choices; // by the option's name, then by the choice's
};

// The errors are InvalidInput and name the member.
Result<Translation> translationFromJson(const QString &locale, const QByteArray &json);

// In the order of their locales. A file that can't be read is logged and left out: its people read English then.
QList<Translation> builtInTranslations();

// Discord's description_localizations of a command or option, and name_localizations of an option's choice. A language
// that has no word for it is not in there; Discord then shows the English one.
QJsonObject descriptionLocalizations(std::span<const Translation> translations, const QString &english);
QJsonObject choiceLocalizations(std::span<const Translation> translations, const QString &option,
                                const QString &choice);

} // namespace hub::discord
