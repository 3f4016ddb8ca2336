// "1 file", "3 files": numbers in sentences.
#pragma once

#include <QString>

namespace hub::commands
{

// `one` is the word for one; more get an s, or are `many`.
inline QString counted(qint64 count, const QString &one, const QString &many = {})
{
    return QString::number(count) + u' ' + (count == 1 ? one : many.isEmpty() ? one + u's' : many);
}

} // namespace hub::commands
