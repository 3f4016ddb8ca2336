// Command lines as people write them: words, '…', "…" and backslashes, as in a shell, but never run by one.
#pragma once

#include "core/base/result.h"

#include <QStringList>

namespace hub
{

// InvalidInput when a quote is not closed.
Result<QStringList> splitWords(QStringView text);
// A text that splitWords() takes apart again into these words.
QString joinWords(const QStringList &words);

} // namespace hub
