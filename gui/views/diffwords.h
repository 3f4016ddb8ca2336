// What changed within a line: which words of the old one are gone and which of the new one came. Pure, in bounded time.
#pragma once

#include <QList>
#include <QString>

namespace hub::gui
{

struct WordSpan {
    qsizetype start = 0, length = 0;
    bool operator==(const WordSpan &) const = default;
};

struct WordChanges {
    QList<WordSpan> removed; // of the old line
    QList<WordSpan> added;   // of the new line
};

// Empty when the lines have so little in common that marks would be all of them.
WordChanges wordChanges(const QString &before, const QString &after);

} // namespace hub::gui
