// What programs print, as text that can be shown: without escape sequences, with nothing that hides or turns around
// what stands there. Pure.
#pragma once

#include <QList>
#include <QString>
#include <QUrl>

namespace hub::gui
{

// Escape sequences are gone, line ends are "\n", other control characters and those that change the direction of text
// are shown as U+FFFD. Shares the text when there is nothing to do.
QString plainText(const QString &text);

struct TextLink {
    qsizetype start = 0, length = 0;
    QUrl url;
};
// http and https only; a full stop or bracket behind a link belongs to the sentence.
QList<TextLink> linksIn(const QString &text);

} // namespace hub::gui
