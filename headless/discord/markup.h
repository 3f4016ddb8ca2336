// Texts for Discord: what people and agents wrote shows as it is written, and nothing is longer than Discord takes.
// Discord counts Unicode characters; so do all numbers here. Pure; any thread.
#pragma once

#include <QStringList>

namespace hub::discord
{

namespace limit
{
inline constexpr int content = 2000, title = 256, description = 4096, fieldName = 256, fieldValue = 1024, footer = 2048,
                     embedTotal = 6000, fields = 25, customId = 100, buttonLabel = 80, optionText = 100,
                     selectOptions = 25, placeholder = 150, rowButtons = 5, rows = 5, modalTitle = 45, formLabel = 45,
                     formValue = 4000, files = 10;
} // namespace limit

int characters(QStringView text);
// At most so many characters, with … at the end when something was cut.
QString cut(const QString &text, int most);

// No markup, mention or emoji comes of it; control characters are shown as symbols. Addresses stay what one can click.
QString escaped(const QString &text);
// As a block of code, which the text can't leave. Cut at the end of a line to at most so many characters in all.
QString codeBlock(const QString &text, const QString &language, int most);

// Markup in pieces of at most so many characters, cut between lines where there are some; a block of code that is cut
// is closed, and opened again in the next piece.
QStringList pieces(const QString &markup, int most);

} // namespace hub::discord
