// The command table's English texts in the window's language, as translations/LOCALE.json has them.
#pragma once

#include <QString>

namespace hub::gui
{

QString commandText(QLatin1StringView english);

} // namespace hub::gui
