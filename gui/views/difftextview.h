// The text of a diff, unified or side by side. A row costs nothing until it is on the screen; where a row stands is
// arithmetic on columns of a fixed grid, so 200,000 lines open at once and wrap at once. UI thread.
//
// Keys: arrows, PgUp, PgDn, Home, End scroll; n and p (F7, Shift+F7) go from change to change; Return folds and unfolds
// the file; Ctrl+C copies.
#pragma once

#include "gui/views/colours.h"
#include "gui/views/diffrows.h"
#include "gui/views/diffwords.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>
#include <QCache>

#include <compare>
#include <memory>

namespace hub::gui
{

class DiffTextView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit DiffTextView(QWidget *parent = nullptr);

    // Null: nothing is shown.
    void setDiff(std::shared_ptr<const Diff> diff);
    void setSideBySide(bool sideBySide);
    void setWrapping(bool wrapping);

    void showFile(int file);
    // The file at the top of the screen; -1: none.
    int shownFile() const;
    void setFolded(int file, bool folded);
    void foldAll(bool folded);
    bool isFolded(int file) const { return m_folded.contains(file); }

    void goToChange(bool forward);

    // Marks what is looked for; findNext() goes to it and answers by searched().
    void setNeedle(const QString &needle);
    void findNext(bool forward);

    QString selectedText() const;
    const DiffRows &rows() const { return m_rows; }
    // Where a row is in the viewport; empty when it is not on the screen.
    QRect rectOf(int row) const;
    // The row of the change that was gone to; -1: none.
    int changeRow() const { return m_changeRow; }

Q_SIGNALS:
    void fileShown(int file);
    // `onHeader`: on the line with the file's name.
    void menuWanted(int file, bool onHeader, const QPoint &globalPosition);
    void searched(bool found, int row);

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void timerEvent(QTimerEvent *event) override;

private:
    struct Place {
        int row = -1;
        qsizetype index = 0; // of the line as it is shown
        auto operator<=>(const Place &) const = default;
    };
    // Where a line is drawn: the whole width, or one half of it.
    struct Column {
        int left = 0, width = 0; // with its numbers
        int text = 0;            // where the text begins
        int columns = 1;         // that a line holds
    };

    void measureFont();
    void rebuild();   // rows, from what is folded and how they are shown
    void placeRows(); // heights
    void syncScrollBars();
    int rowAtY(qint64 y) const;
    qint64 yOfRow(int row) const { return qint64(m_tops[size_t(row)]) * m_lineHeight; }
    void scrollToRow(int row, int fromTop);
    Column column(int side) const;
    int sides() const { return m_sideBySide ? 2 : 1; }
    // The line that a row shows on a side; -1: none.
    int lineOf(const DiffRow &row, int side) const;
    QString textOf(const DiffRow &row, int side) const;
    const WordChanges &changesOf(const DiffRow &row, int line);
    bool isChanged(const DiffRow &row) const;

    // Painting (diffpaint.cpp)
    void paintRow(QPainter &painter, int row, int y);
    void paintHead(QPainter &painter, const DiffRow &row, const QRect &room);
    void paintLine(QPainter &painter, int row, int side, int y);
    struct Mark {
        qsizetype start = 0, end = 0;
        QColor ground;
    };
    QList<Mark> marksOf(int row, int side, const QString &text);
    void paintText(QPainter &painter, const QString &text, const Column &column, int y, int lines,
                   const QList<Mark> &marks);

    // Mouse, selection, search (diffinput.cpp)
    Place placeAt(QPoint point, int side) const;
    int sideAt(int x) const;
    void selectTo(const Place &place);
    void toggleFold(int file);
    void search();
    bool searchRow(int row);
    void showFound(const Place &place, int side);

    std::shared_ptr<const Diff> m_diff;
    DiffRows m_rows;
    std::vector<int> m_tops{0}; // in lines of the screen; one more than there are rows
    QSet<int> m_folded;
    bool m_sideBySide = false, m_wrapping = false;
    Colours m_colours;
    QFont m_mono, m_bold;
    int m_lineHeight = 1, m_ascent = 1, m_numberWidth = 1;
    qreal m_charWidth = 1;
    QCache<quint64, WordChanges> m_changes{4'000};
    int m_changeRow = -1;
    int m_fileShown = -1;

    Place m_selectionStart, m_selectionEnd;
    int m_selectionSide = 0;
    bool m_selecting = false;
    QPoint m_mouse;
    QBasicTimer m_dragScroll;

    QString m_needle;
    Place m_found;
    int m_foundSide = 0;
    struct Search {
        Place next;
        bool forward = true;
        int left = 0; // rows
    } m_search;
    QBasicTimer m_searchTimer;
};

} // namespace hub::gui
