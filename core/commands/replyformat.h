// Reply and Error → text for a terminal. All texts of a reply are neutralised (plaintext.h) first.
#pragma once

#include "core/commands/reply.h"

namespace hub::commands
{

struct TextFormat {
    bool colour = false;                             // ANSI colours; only for a terminal
    int width = 0;                                   // columns to fit tables into; 0: not a terminal, nothing is cut
    QString program = QStringLiteral("agenthubctl"); // put before the commands of Reply::next
};

// Ends with a line feed unless the reply is empty.
QString toText(const Reply &reply, const TextFormat &format);

// "message\n  hint\n", with the candidates of an ambiguous request between them, one a line.
QString toText(const Error &error, const TextFormat &format);

// Rows of equal columns, two spaces between them, each line ended. For help texts too.
QString alignedColumns(const QList<QStringList> &rows, int width);

} // namespace hub::commands
