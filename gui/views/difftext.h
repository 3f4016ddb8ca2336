// A unified diff, as git writes it, as values: files, hunks, lines. The lines keep no text of their own, only where it
// stands in the bytes: 200,000 of them are 8 MB. Pure, in time linear in the bytes; may run on any thread.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace hub::gui
{

struct DiffLine {
    enum class Kind : quint8 { Context, Added, Removed, NoNewline };
    Kind kind = Kind::Context;
    int oldNumber = 0, newNumber = 0; // from 1; 0: not on that side
    int size = 0;                     // bytes, without sign and end of line
    int columns = 0;                  // as shown
    int partner = -1;                 // the line of the file that this one became, or was
    qsizetype start = 0;              // within Diff::bytes
};

struct DiffHunk {
    int oldStart = 0, oldCount = 0, newStart = 0, newCount = 0;
    QString section;                  // what git says behind the second @@
    int firstLine = 0, lineCount = 0; // within DiffFile::lines
};

struct DiffFile {
    enum class Change { Modified, Added, Deleted, Renamed, Copied, Unmerged };
    Change change = Change::Modified;
    QString oldPath, newPath; // as git has them, not as they are shown; empty: not there
    QString oldMode, newMode; // empty: not said; set both: it changed
    bool binary = false;
    int added = 0, removed = 0;
    QList<DiffHunk> hunks;
    QList<DiffLine> lines;
    qsizetype start = 0, size = 0; // all that belongs to it within Diff::bytes

    const QString &path() const { return newPath.isEmpty() ? oldPath : newPath; }
};

struct Diff {
    QByteArray bytes;
    QList<DiffFile> files;
    int mostColumns = 0; // of any line
    int mostNumber = 0;  // the highest line number

    QByteArrayView textOf(const DiffLine &line) const { return QByteArrayView(bytes).sliced(line.start, line.size); }
};

// Never fails: what is no diff gives no files.
Diff parseDiff(const QByteArray &bytes);

// A line as it is shown: tabs as spaces, CR as ␍ and other controls as their pictures, bytes that are no UTF-8 as <E4>;
// cut after mostShownColumns. Each character takes columnsOf() places of a fixed grid.
inline constexpr int mostShownColumns = 4'000;
QString shownLine(QByteArrayView bytes);
int columnsOf(QChar c);
int columnsOf(QStringView text);
// The character that covers a column; the size of the text behind its end.
qsizetype indexAtColumn(QStringView text, int column);

} // namespace hub::gui
