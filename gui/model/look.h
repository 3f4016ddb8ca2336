// Colours that mean something, readable on light and dark alike; never the only sign.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

namespace hub::gui
{

enum class Tone { Plain, Good, Active, Attention, Bad, Quiet };

// Of a task's, approval's or alert's state, an alert's level.
Tone toneOf(const QString &state);
QColor toneColour(Tone tone);
inline QColor stateColour(const QString &state) { return toneColour(toneOf(state)); }
bool isDark(const QPalette &palette);
// A background of that tone, faint.
QColor tint(Tone tone, const QPalette &palette);

} // namespace hub::gui
