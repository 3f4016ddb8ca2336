#include "gui/views/difftextview.h"

#include <QEvent>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QResizeEvent>
#include <QScrollBar>

#include <algorithm>

namespace hub::gui
{

DiffTextView::DiffTextView(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    setAccessibleName(tr("Changes"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    viewport()->setMouseTracking(true);
    measureFont();
}

void DiffTextView::measureFont()
{
    m_colours = coloursOf(palette());
    m_mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (font().pointSizeF() > 0)
        m_mono.setPointSizeF(font().pointSizeF() * 0.95);
    else
        m_mono.setPixelSize(std::max(8, font().pixelSize()));
    m_bold = font();
    m_bold.setBold(true);
    const QFontMetricsF metrics(m_mono);
    m_lineHeight = std::max(1, qCeil(std::max(metrics.height(), QFontMetricsF(font()).height() * 0.95)) + 1);
    m_ascent = qRound((m_lineHeight + metrics.ascent() - metrics.descent()) / 2);
    m_charWidth = std::max(1.0, metrics.horizontalAdvance(QString(100, QLatin1Char('0'))) / 100);
}

void DiffTextView::setDiff(std::shared_ptr<const Diff> diff)
{
    m_diff = std::move(diff);
    m_folded.clear();
    m_changes.clear();
    m_changeRow = -1;
    m_found = {};
    rebuild();
    horizontalScrollBar()->setValue(0);
    verticalScrollBar()->setValue(0);
}

void DiffTextView::setSideBySide(bool sideBySide)
{
    if (std::exchange(m_sideBySide, sideBySide) != sideBySide)
        rebuild();
}

void DiffTextView::setWrapping(bool wrapping)
{
    if (m_wrapping == wrapping)
        return;
    const int top = rowAtY(verticalScrollBar()->value());
    m_wrapping = wrapping;
    placeRows();
    if (top >= 0)
        scrollToRow(top, 0);
}

// Keeps what is at the top of the screen there, whatever rows it is made of afterwards.
void DiffTextView::rebuild()
{
    const auto lineAtTop = [this]() -> std::pair<int, int> {
        const int row = rowAtY(verticalScrollBar()->value());
        if (row < 0)
            return {-1, -1};
        return {m_rows.rows.at(row).file,
                m_rows.rows.at(row).kind == DiffRow::Kind::Line ? m_rows.rows.at(row).line() : -1};
    };
    const auto [file, line] = lineAtTop();
    m_selectionStart = m_selectionEnd = m_found = {};
    m_changeRow = -1;
    m_searchTimer.stop();
    m_rows = m_diff ? diffRows(*m_diff, m_sideBySide, m_folded) : DiffRows();
    const int digits = m_diff ? int(QString::number(std::max(99, m_diff->mostNumber)).size()) : 2;
    m_numberWidth = qCeil(m_charWidth * (digits + 1));
    placeRows();
    if (file < 0 || file >= m_rows.fileRows.size())
        return;
    int row = m_rows.fileRows.at(file);
    if (line >= 0) {
        for (int i = row; i < m_rows.rows.size() && m_rows.rows.at(i).file == file; ++i) {
            if (m_rows.rows.at(i).kind == DiffRow::Kind::Line &&
                std::max(m_rows.rows.at(i).left, m_rows.rows.at(i).right) >= line) {
                row = i;
                break;
            }
        }
    }
    scrollToRow(row, 0);
}

DiffTextView::Column DiffTextView::column(int side) const
{
    Column made;
    const int width = viewport()->width();
    made.left = side == 0 ? 0 : width / 2 + 1;
    made.width = !m_sideBySide ? width : side == 0 ? width / 2 - 1 : width - made.left;
    made.text = made.left + m_numberWidth * (m_sideBySide ? 1 : 2) + qCeil(m_charWidth * 2.5);
    made.columns = std::max(8, int((made.left + made.width - made.text - m_charWidth / 2) / m_charWidth));
    return made;
}

int DiffTextView::lineOf(const DiffRow &row, int side) const
{
    if (row.kind != DiffRow::Kind::Line)
        return -1;
    if (m_sideBySide)
        return side == 0 ? row.left : row.right;
    return row.line();
}

QString DiffTextView::textOf(const DiffRow &row, int side) const
{
    const DiffFile &file = m_diff->files.at(row.file);
    switch (row.kind) {
    case DiffRow::Kind::File: return shownLine(file.path().toUtf8());
    case DiffRow::Kind::Note: return diffNotes(file).value(row.left);
    case DiffRow::Kind::Hunk: {
        const DiffHunk &hunk = file.hunks.at(row.left);
        const QString lines = QStringLiteral("@@ -%1,%2 +%3,%4 @@ ");
        return lines.arg(hunk.oldStart).arg(hunk.oldCount).arg(hunk.newStart).arg(hunk.newCount) + hunk.section;
    }
    case DiffRow::Kind::Line: {
        const int line = lineOf(row, side);
        return line < 0 ? QString() : shownLine(m_diff->textOf(file.lines.at(line)));
    }
    case DiffRow::Kind::Space: break;
    }
    return {};
}

bool DiffTextView::isChanged(const DiffRow &row) const
{
    return row.kind == DiffRow::Kind::Line && row.left != row.right;
}

const WordChanges &DiffTextView::changesOf(const DiffRow &row, int line)
{
    static const WordChanges none;
    const DiffFile &file = m_diff->files.at(row.file);
    const DiffLine &one = file.lines.at(line);
    if (one.partner < 0)
        return none;
    const int removed = std::min(line, one.partner), added = std::max(line, one.partner);
    const quint64 key = quint64(row.file) << 32 | quint32(removed);
    if (const WordChanges *known = m_changes.object(key))
        return *known;
    // What is off to the right of any screen is not worth comparing.
    constexpr qsizetype most = 1'000;
    const auto text = [&](int i) { return shownLine(m_diff->textOf(file.lines.at(i))).left(most); };
    auto *changes = new WordChanges(wordChanges(text(removed), text(added)));
    m_changes.insert(key, changes);
    return *changes;
}

void DiffTextView::placeRows()
{
    m_tops.resize(size_t(m_rows.rows.size()) + 1);
    const int width = column(0).columns, other = m_sideBySide ? column(1).columns : width;
    const auto height = [](int columns, int room) { return std::max(1, (columns + room - 1) / room); };
    int top = 0;
    for (qsizetype i = 0; i < m_rows.rows.size(); ++i) {
        m_tops[size_t(i)] = top;
        const DiffRow &row = m_rows.rows.at(i);
        int lines = row.kind == DiffRow::Kind::File ? 2 : 1;
        if (m_wrapping && row.kind == DiffRow::Kind::Line) {
            const auto &all = m_diff->files.at(row.file).lines;
            if (m_sideBySide)
                lines = std::max(row.left < 0 ? 1 : height(all.at(row.left).columns, width),
                                 row.right < 0 ? 1 : height(all.at(row.right).columns, other));
            else
                lines = height(all.at(row.line()).columns, width);
        }
        top += lines;
    }
    m_tops.back() = top;
    syncScrollBars();
    viewport()->update();
}

void DiffTextView::syncScrollBars()
{
    const int height = viewport()->height();
    verticalScrollBar()->setSingleStep(m_lineHeight * 3);
    verticalScrollBar()->setPageStep(height);
    const qint64 most = qint64(m_tops.back()) * m_lineHeight - height;
    verticalScrollBar()->setRange(0, int(std::clamp<qint64>(most, 0, std::numeric_limits<int>::max())));

    const Column narrowest = column(0);
    const int room = narrowest.left + narrowest.width - narrowest.text;
    const int wide = m_diff && !m_wrapping ? qCeil((m_diff->mostColumns + 1) * m_charWidth) : 0;
    horizontalScrollBar()->setSingleStep(qCeil(m_charWidth * 4));
    horizontalScrollBar()->setPageStep(room);
    horizontalScrollBar()->setRange(0, std::max(0, wide - room));
}

int DiffTextView::rowAtY(qint64 y) const
{
    if (m_rows.rows.isEmpty())
        return -1;
    const int line = int(std::max<qint64>(0, y) / m_lineHeight);
    const auto behind = std::upper_bound(m_tops.begin(), m_tops.end(), line);
    return std::clamp(int(behind - m_tops.begin()) - 1, 0, int(m_rows.rows.size()) - 1);
}

void DiffTextView::scrollToRow(int row, int fromTop)
{
    verticalScrollBar()->setValue(int(std::clamp<qint64>(yOfRow(row) - fromTop, 0, std::numeric_limits<int>::max())));
}

QRect DiffTextView::rectOf(int row) const
{
    if (row < 0 || row >= m_rows.rows.size())
        return {};
    const int top = int(yOfRow(row) - verticalScrollBar()->value());
    const QRect room(0, top, viewport()->width(), int(yOfRow(row + 1) - yOfRow(row)));
    return room.intersects(viewport()->rect()) ? room : QRect();
}

void DiffTextView::showFile(int file)
{
    if (file >= 0 && file < m_rows.fileRows.size())
        scrollToRow(m_rows.fileRows.at(file), 0);
}

int DiffTextView::shownFile() const
{
    const int row = rowAtY(verticalScrollBar()->value() + m_lineHeight / 2);
    return row < 0 ? -1 : m_rows.rows.at(row).file;
}

void DiffTextView::setFolded(int file, bool folded)
{
    if (!m_diff || file < 0 || file >= m_diff->files.size() || m_folded.contains(file) == folded)
        return;
    if (folded)
        m_folded.insert(file);
    else
        m_folded.remove(file);
    rebuild();
}

void DiffTextView::foldAll(bool folded)
{
    m_folded.clear();
    if (folded && m_diff) {
        for (int file = 0; file < m_diff->files.size(); ++file)
            m_folded.insert(file);
    }
    rebuild();
}

void DiffTextView::goToChange(bool forward)
{
    const auto &changes = m_rows.changes;
    if (changes.isEmpty())
        return;
    // From the change that one is at while it is on the screen, else from the screen.
    const int top = rowAtY(verticalScrollBar()->value());
    const bool atChange = m_changeRow >= 0 && !rectOf(m_changeRow).isEmpty();
    qsizetype next;
    if (forward)
        next = (atChange ? std::upper_bound(changes.begin(), changes.end(), m_changeRow)
                         : std::lower_bound(changes.begin(), changes.end(), top)) -
               changes.begin();
    else
        next = std::lower_bound(changes.begin(), changes.end(), atChange ? m_changeRow : top) - changes.begin() - 1;
    if (next < 0 || next >= changes.size())
        return;
    m_changeRow = changes.at(next);
    const QRect room = rectOf(m_changeRow);
    if (room.isEmpty() || room.bottom() > viewport()->height() * 3 / 4 || room.top() < 0)
        scrollToRow(m_changeRow, viewport()->height() / 4);
    viewport()->update();
}

void DiffTextView::scrollContentsBy(int, int)
{
    viewport()->update();
    if (const int file = shownFile(); std::exchange(m_fileShown, file) != file)
        Q_EMIT fileShown(file);
}

void DiffTextView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        measureFont();
        rebuild();
    }
}

void DiffTextView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    const int top = rowAtY(verticalScrollBar()->value());
    if (m_wrapping && event->size().width() != event->oldSize().width()) {
        placeRows();
        if (top >= 0)
            scrollToRow(top, 0);
    } else {
        syncScrollBars();
    }
}

} // namespace hub::gui
