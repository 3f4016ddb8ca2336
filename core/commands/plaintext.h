// Text from users, agents and repositories, made safe to show on a terminal.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>

namespace hub::commands
{

enum class Lines { One, Many };

// Control characters become visible symbols (ESC → ␛), so nothing in the text can move the cursor, change colours, set
// the window's title or answer the terminal; the C1 controls and the characters that reverse the reading direction
// become "<U+202E>". Tabs become spaces. With Lines::One, line ends are shown as ⏎ too.
QString plainText(QStringView text, Lines lines);

// JSON that a terminal may show: indented, with everything plainText() neutralises written as \uXXXX, so that it reads
// back as the same value.
QByteArray plainJson(const QJsonObject &object);

// Columns that the text takes on a terminal: combining marks take none, East Asian wide characters and emoji two.
int displayWidth(QStringView text);

// At most `width` columns of the text, with … at the end when something was cut.
QString fitted(const QString &text, int width);

} // namespace hub::commands
