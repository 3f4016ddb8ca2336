// The command table's English texts in the window's language, as translations/LOCALE.json has them. UI thread.
#pragma once

#include <QString>

namespace hub::gui
{

// "de", "pt_BR"; English until then, and where the language has no file.
void setCommandLanguage(const QString &name);

QString commandText(QLatin1StringView english);   // a description
QString optionName(QLatin1StringView option);     // as the label of a field
QString optionDefault(QLatin1StringView english); // what counts when it is left out
QString choiceName(QLatin1StringView option, QLatin1StringView choice);

// Of a setting by its key; what is not translated stays as it is given.
QString settingLabel(const QString &key, const QString &english);
QString settingHelp(const QString &key, const QString &english);

// An audit entry's detail: the options as JSON, and behind them what came of it. As people read it.
QString auditText(const QString &detail);

} // namespace hub::gui
