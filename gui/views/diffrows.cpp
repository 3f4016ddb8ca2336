#include "gui/views/diffrows.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

struct DiffNotes {
    Q_DECLARE_TR_FUNCTIONS(hub::gui::DiffNotes)
};

void appendUnified(DiffRows &made, int index, const DiffFile &file, const DiffHunk &hunk)
{
    using Kind = DiffLine::Kind;
    bool changing = false;
    for (int i = hunk.firstLine; i < hunk.firstLine + hunk.lineCount; ++i) {
        const Kind kind = file.lines.at(i).kind;
        const bool changed = kind == Kind::Added || kind == Kind::Removed;
        if (changed && !std::exchange(changing, true))
            made.changes.append(int(made.rows.size()));
        changing = changing && kind != Kind::Context;
        made.rows.append({DiffRow::Kind::Line, index, kind == Kind::Added ? -1 : i, kind == Kind::Removed ? -1 : i});
    }
}

void appendSides(DiffRows &made, int index, const DiffFile &file, const DiffHunk &hunk)
{
    using Kind = DiffLine::Kind;
    QList<int> lefts, rights;
    const auto flush = [&] {
        const qsizetype count = std::max(lefts.size(), rights.size());
        if (count > 0)
            made.changes.append(int(made.rows.size()));
        for (qsizetype i = 0; i < count; ++i)
            made.rows.append({DiffRow::Kind::Line, index, i < lefts.size() ? lefts.at(i) : -1,
                              i < rights.size() ? rights.at(i) : -1});
        lefts.clear();
        rights.clear();
    };
    Kind before = Kind::Context;
    for (int i = hunk.firstLine; i < hunk.firstLine + hunk.lineCount; ++i) {
        Kind kind = file.lines.at(i).kind;
        if (kind == Kind::NoNewline) // belongs to the line above it
            kind = before;
        else if (kind == Kind::Removed && before == Kind::Added)
            flush();
        before = kind;
        if (kind == Kind::Removed) {
            lefts.append(i);
        } else if (kind == Kind::Added) {
            rights.append(i);
        } else {
            flush();
            made.rows.append({DiffRow::Kind::Line, index, i, i});
        }
    }
    flush();
}

} // namespace

DiffRows diffRows(const Diff &diff, bool sideBySide, const QSet<int> &folded)
{
    DiffRows made;
    for (int index = 0; index < diff.files.size(); ++index) {
        const DiffFile &file = diff.files.at(index);
        made.fileRows.append(int(made.rows.size()));
        made.rows.append({DiffRow::Kind::File, index});
        if (!folded.contains(index)) {
            for (int note = 0; note < diffNotes(file).size(); ++note)
                made.rows.append({DiffRow::Kind::Note, index, note});
            for (int hunk = 0; hunk < file.hunks.size(); ++hunk) {
                made.rows.append({DiffRow::Kind::Hunk, index, hunk});
                (sideBySide ? appendSides : appendUnified)(made, index, file, file.hunks.at(hunk));
            }
        }
        made.rows.append({DiffRow::Kind::Space, index});
    }
    return made;
}

QStringList diffNotes(const DiffFile &file)
{
    using Change = DiffFile::Change;
    QStringList notes;
    if (file.change == Change::Renamed)
        notes << DiffNotes::tr("Renamed from %1").arg(shownLine(file.oldPath.toUtf8()));
    if (file.change == Change::Copied)
        notes << DiffNotes::tr("Copied from %1").arg(shownLine(file.oldPath.toUtf8()));
    if (file.change == Change::Unmerged)
        notes << DiffNotes::tr("Not merged: the file has a conflict");
    if (!file.oldMode.isEmpty() && !file.newMode.isEmpty())
        notes << DiffNotes::tr("Mode changed from %1 to %2").arg(file.oldMode, file.newMode);
    if (file.newMode == "120000"_L1 || (file.newMode.isEmpty() && file.oldMode == "120000"_L1))
        notes << DiffNotes::tr("A symbolic link");
    if (file.newMode == "160000"_L1 || (file.newMode.isEmpty() && file.oldMode == "160000"_L1))
        notes << DiffNotes::tr("A submodule");
    if (file.binary)
        notes << DiffNotes::tr("A binary file: there are no lines to show");
    else if (file.hunks.isEmpty() && file.change == Change::Added)
        notes << DiffNotes::tr("An empty file was added");
    else if (file.hunks.isEmpty() && file.change == Change::Deleted)
        notes << DiffNotes::tr("An empty file was deleted");
    return notes;
}

} // namespace hub::gui
