// A diff as rows of the screen, unified or side by side, without the files that are folded. Pure.
#pragma once

#include "gui/views/difftext.h"

#include <QSet>

namespace hub::gui
{

struct DiffRow {
    enum class Kind : quint8 { File, Note, Hunk, Line, Space };
    Kind kind = Kind::Line;
    int file = 0;
    int left = -1, right = -1; // Line: of DiffFile::lines, -1 for none; Hunk, Note: which one, in left

    // Side by side a line that stayed is on both; unified each row has one line.
    int line() const { return left >= 0 ? left : right; }
};

struct DiffRows {
    QList<DiffRow> rows;
    QList<int> fileRows; // where each file begins
    QList<int> changes;  // where each run of changed lines begins
};

DiffRows diffRows(const Diff &diff, bool sideBySide, const QSet<int> &folded);
// What is to say of a file beside its lines: that it is binary, renamed, empty, of another mode.
QStringList diffNotes(const DiffFile &file);

} // namespace hub::gui
