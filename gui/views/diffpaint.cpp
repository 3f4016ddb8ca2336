// How the rows of a diff are drawn.
#include "gui/views/difftextview.h"

#include <QFontMetricsF>
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

using namespace Qt::StringLiterals;

namespace hub::gui
{

void DiffTextView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    painter.fillRect(event->rect(), m_colours.base);
    if (m_rows.rows.isEmpty())
        return;
    const int top = verticalScrollBar()->value();
    for (int row = rowAtY(top + event->rect().top()); row < m_rows.rows.size(); ++row) {
        const qint64 y = yOfRow(row) - top;
        if (y > event->rect().bottom())
            break;
        paintRow(painter, row, int(y));
    }
    if (m_sideBySide)
        painter.fillRect(QRect(viewport()->width() / 2 - 1, 0, 2, viewport()->height()), m_colours.faint);
    // Where one is stays readable while its first line is above the screen.
    const int file = shownFile();
    const int head = m_rows.fileRows.at(file);
    if (yOfRow(head) < top) {
        const qint64 next = file + 1 < m_rows.fileRows.size() ? yOfRow(m_rows.fileRows.at(file + 1)) - top : 1'000;
        const int y = int(std::min<qint64>(0, next - 2 * m_lineHeight));
        paintHead(painter, m_rows.rows.at(head), QRect(0, y, viewport()->width(), 2 * m_lineHeight));
    }
}

void DiffTextView::paintRow(QPainter &painter, int index, int y)
{
    const DiffRow &row = m_rows.rows.at(index);
    const int width = viewport()->width();
    switch (row.kind) {
    case DiffRow::Kind::File: return paintHead(painter, row, QRect(0, y, width, 2 * m_lineHeight));
    case DiffRow::Kind::Space: return;
    case DiffRow::Kind::Note:
    case DiffRow::Kind::Hunk: {
        const bool hunk = row.kind == DiffRow::Kind::Hunk;
        const QRect room(0, y, width, m_lineHeight);
        if (hunk)
            painter.fillRect(room, m_colours.codeGround);
        painter.setFont(hunk ? m_mono : font());
        painter.setPen(m_colours.dim);
        const int x = hunk ? column(0).text : m_lineHeight;
        painter.drawText(room.adjusted(std::min(x, width / 3), 0, -4, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(textOf(row, 0), Qt::ElideRight, width - x - 4));
        return;
    }
    case DiffRow::Kind::Line: break;
    }
    for (int side = 0; side < sides(); ++side)
        paintLine(painter, index, side, y);
}

void DiffTextView::paintHead(QPainter &painter, const DiffRow &row, const QRect &room)
{
    const DiffFile &file = m_diff->files.at(row.file);
    painter.fillRect(room, mixed(m_colours.base, m_colours.text, 0.10));
    painter.fillRect(QRect(room.left(), room.bottom(), room.width(), 1), m_colours.faint);
    painter.setFont(m_bold);
    const QFontMetrics metrics = painter.fontMetrics();
    const QString added = u"+%1"_s.arg(file.added), removed = u"−%1"_s.arg(file.removed);
    const int gap = m_lineHeight / 2;
    int right = room.right() - gap;
    const auto figure = [&](const QString &text, const QColor &colour) {
        const int width = metrics.horizontalAdvance(text);
        painter.setPen(colour);
        painter.drawText(QRect(right - width, room.top(), width, room.height()), Qt::AlignCenter, text);
        right -= width + gap;
    };
    if (!file.binary) {
        figure(removed, file.removed > 0 ? m_colours.red : m_colours.dim);
        figure(added, file.added > 0 ? m_colours.green : m_colours.dim);
    }
    painter.setPen(m_colours.text);
    const QString arrow = isFolded(row.file) ? u"▸ "_s : u"▾ "_s;
    const QString path =
        metrics.elidedText(textOf(row, 0), Qt::ElideMiddle, right - gap - metrics.horizontalAdvance(arrow));
    painter.drawText(room.adjusted(gap, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, arrow + path);
}

QList<DiffTextView::Mark> DiffTextView::marksOf(int index, int side, const QString &text)
{
    const DiffRow &row = m_rows.rows.at(index);
    const int line = lineOf(row, side);
    const DiffLine &is = m_diff->files.at(row.file).lines.at(line);
    QList<Mark> marks;
    if (is.partner >= 0) {
        const bool added = is.kind == DiffLine::Kind::Added;
        const WordChanges &changes = changesOf(row, line);
        for (const WordSpan &span : added ? changes.added : changes.removed)
            marks.append({span.start, span.start + span.length, added ? m_colours.greenMark : m_colours.redMark});
    }
    if (!m_needle.isEmpty()) {
        for (qsizetype i = text.indexOf(m_needle, 0, Qt::CaseInsensitive); i >= 0;
             i = text.indexOf(m_needle, i + m_needle.size(), Qt::CaseInsensitive)) {
            const bool now = m_found == Place{index, i} && m_foundSide == side;
            marks.append({i, i + m_needle.size(), now ? m_colours.foundNow : m_colours.found});
        }
    }
    const auto &[from, to] = std::minmax(m_selectionStart, m_selectionEnd);
    if (from != to && side == m_selectionSide && index >= from.row && index <= to.row)
        marks.append({index == from.row ? from.index : 0,
                      index == to.row ? to.index : std::max<qsizetype>(1, text.size()),
                      mixed(m_colours.base, m_colours.selected, 0.45)});
    return marks;
}

void DiffTextView::paintLine(QPainter &painter, int index, int side, int y)
{
    const DiffRow &row = m_rows.rows.at(index);
    const Column room = column(side);
    const int lines = m_tops[size_t(index) + 1] - m_tops[size_t(index)];
    const QRect all(room.left, y, room.width, lines * m_lineHeight);
    const int line = lineOf(row, side);
    if (line < 0) {
        painter.fillRect(all, m_colours.codeGround);
        return;
    }
    using Kind = DiffLine::Kind;
    const DiffLine &is = m_diff->files.at(row.file).lines.at(line);
    const bool added = is.kind == Kind::Added, removed = is.kind == Kind::Removed;
    if (added || removed)
        painter.fillRect(all, added ? m_colours.greenGround : m_colours.redGround);
    const auto &changes = m_rows.changes;
    if (m_changeRow >= 0 && isChanged(row)) { // the run of changes that was gone to
        const auto behind = std::upper_bound(changes.begin(), changes.end(), index);
        if (behind != changes.begin() && *std::prev(behind) == m_changeRow)
            painter.fillRect(QRect(room.left, y, 3, all.height()), m_colours.accent);
    }

    painter.setFont(m_mono);
    painter.setPen(m_colours.dim);
    const auto number = [&](int value, int left) {
        if (value > 0)
            painter.drawText(QRect(left, y, m_numberWidth - int(m_charWidth / 2), m_lineHeight),
                             Qt::AlignRight | Qt::AlignVCenter, QString::number(value));
    };
    if (m_sideBySide) {
        number(side == 0 ? is.oldNumber : is.newNumber, room.left);
    } else {
        number(is.oldNumber, room.left);
        number(is.newNumber, room.left + m_numberWidth);
    }
    if (added || removed) {
        painter.setPen(added ? m_colours.green : m_colours.red);
        painter.drawText(QPointF(room.text - m_charWidth * 1.5, y + m_ascent), added ? u"+"_s : u"−"_s);
    }
    painter.setPen(is.kind == Kind::NoNewline ? m_colours.dim : m_colours.text);
    const QString text = textOf(row, side);
    painter.save();
    painter.setClipRect(QRect(room.text - 1, y, room.left + room.width - room.text + 1, all.height()),
                        Qt::IntersectClip);
    paintText(painter, text, room, y, lines, marksOf(index, side, text));
    painter.restore();
}

void DiffTextView::paintText(QPainter &painter, const QString &text, const Column &room, int y, int lines,
                             const QList<Mark> &marks)
{
    const int scrolled = m_wrapping ? 0 : horizontalScrollBar()->value();
    const int first = int(scrolled / m_charWidth);
    const int width = m_wrapping ? room.columns : std::numeric_limits<int>::max();
    // Where a column is on the screen.
    const auto at = [&](int column) {
        const int line = m_wrapping ? std::min(column / width, lines - 1) : 0;
        return QPointF(room.text - scrolled + (column - (m_wrapping ? line * width : 0)) * m_charWidth,
                       y + line * m_lineHeight);
    };
    for (const Mark &mark : marks) {
        int from = columnsOf(QStringView(text).first(std::min(mark.start, text.size())));
        const int to = from + std::max(1, columnsOf(QStringView(text).mid(mark.start, mark.end - mark.start)));
        while (from < to) { // a rectangle on each line that it goes over
            const int lineEnd = m_wrapping ? std::min(to, (from / width + 1) * width) : to;
            const QPointF corner = at(from);
            painter.fillRect(QRectF(corner.x(), corner.y(), (lineEnd - from) * m_charWidth, m_lineHeight), mark.ground);
            from = lineEnd;
        }
    }
    // Runs of what is as wide as a letter are drawn together; anything else has its own place on the grid.
    int column = 0;
    for (qsizetype i = 0; i < text.size();) {
        const auto isPlain = [&](qsizetype k) { return text[k] >= u' ' && text[k] < QChar(0x7F); };
        const int start = column;
        const qsizetype from = i;
        const int lineEnd = m_wrapping ? (start / width + 1) * width : std::numeric_limits<int>::max();
        column += columnsOf(text[i++]);
        while (i < text.size() && column < lineEnd &&
               (columnsOf(text[i]) == 0 || (isPlain(from) && isPlain(i)) ||
                (!isPlain(from) && !isPlain(i) && columnsOf(text[from]) == 1 && columnsOf(text[i]) == 1)))
            column += columnsOf(text[i++]);
        if (column < first)
            continue;
        QPointF place = at(start);
        if (place.x() > room.left + room.width) {
            if (!m_wrapping)
                break;
            continue;
        }
        qsizetype skip = 0;
        if (isPlain(from) && start < first) { // of a long run only what is on the screen
            skip = first - start;
            place.rx() += double(skip) * m_charWidth;
        }
        const qsizetype most = isPlain(from) ? room.columns + 2 : i - from;
        painter.drawText(place + QPointF(0, m_ascent), text.mid(from + skip, std::min(most, i - from - skip)));
    }
}

} // namespace hub::gui
