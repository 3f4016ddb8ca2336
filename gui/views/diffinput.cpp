// Keyboard, mouse, selection and search in the text of a diff.
#include "gui/views/difftextview.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTimerEvent>

namespace hub::gui
{

bool DiffTextView::event(QEvent *event)
{
    // Letters and copying are this text's while it has the keyboard, whatever the window uses them for.
    if (event->type() == QEvent::ShortcutOverride) {
        auto *key = static_cast<QKeyEvent *>(event);
        const bool letter = (key->key() == Qt::Key_N || key->key() == Qt::Key_P) && key->modifiers() == Qt::NoModifier;
        if (letter || key->matches(QKeySequence::Copy)) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

void DiffTextView::keyPressEvent(QKeyEvent *event)
{
    QScrollBar *bar = verticalScrollBar();
    if (event->matches(QKeySequence::Copy)) {
        if (const QString text = selectedText(); !text.isEmpty())
            QGuiApplication::clipboard()->setText(text);
        return;
    }
    const bool bare = !(event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
    switch (event->key()) {
    case Qt::Key_N:
    case Qt::Key_P:
        if (bare)
            return goToChange(event->key() == Qt::Key_N);
        break;
    case Qt::Key_Home: return bar->setValue(0);
    case Qt::Key_End: return bar->setValue(bar->maximum());
    case Qt::Key_Up: return bar->setValue(bar->value() - m_lineHeight);
    case Qt::Key_Down: return bar->setValue(bar->value() + m_lineHeight);
    case Qt::Key_PageUp: return bar->setValue(bar->value() - viewport()->height() + 3 * m_lineHeight);
    case Qt::Key_PageDown: return bar->setValue(bar->value() + viewport()->height() - 3 * m_lineHeight);
    case Qt::Key_Return:
    case Qt::Key_Enter: return toggleFold(shownFile());
    case Qt::Key_Menu: {
        const QPoint corner(m_lineHeight, m_lineHeight);
        if (shownFile() >= 0)
            Q_EMIT menuWanted(shownFile(), false, viewport()->mapToGlobal(corner));
        return;
    }
    case Qt::Key_Escape:
        if (m_selectionStart != m_selectionEnd) {
            m_selectionEnd = m_selectionStart;
            return viewport()->update();
        }
        break;
    default: break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void DiffTextView::toggleFold(int file)
{
    if (file < 0)
        return;
    setFolded(file, !isFolded(file));
}

int DiffTextView::sideAt(int x) const { return m_sideBySide && x >= viewport()->width() / 2 ? 1 : 0; }

DiffTextView::Place DiffTextView::placeAt(QPoint point, int side) const
{
    const qint64 y = point.y() + verticalScrollBar()->value();
    const int row = rowAtY(y);
    if (row < 0)
        return {};
    const DiffRow &is = m_rows.rows.at(row);
    if (lineOf(is, side) < 0)
        return {row, 0};
    const Column room = column(side);
    const QString text = textOf(is, side);
    if (y >= yOfRow(row + 1))
        return {row, text.size()};
    int at = int((point.x() - room.text + (m_wrapping ? 0 : horizontalScrollBar()->value())) / m_charWidth + 0.5);
    at = std::max(0, at);
    if (m_wrapping)
        at = std::min(at, room.columns) + int((y - yOfRow(row)) / m_lineHeight) * room.columns;
    return {row, indexAtColumn(text, at)};
}

void DiffTextView::mousePressEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (event->button() != Qt::LeftButton || m_rows.rows.isEmpty())
        return;
    const int file = shownFile();
    const bool onStuckHead =
        point.y() < 2 * m_lineHeight && yOfRow(m_rows.fileRows.at(file)) < verticalScrollBar()->value();
    const DiffRow &row = m_rows.rows.at(rowAtY(point.y() + verticalScrollBar()->value()));
    const bool behindAll = point.y() + verticalScrollBar()->value() >= yOfRow(int(m_rows.rows.size()));
    if (onStuckHead)
        return toggleFold(file);
    if (row.kind == DiffRow::Kind::File && !behindAll)
        return toggleFold(row.file);
    m_mouse = point;
    m_selecting = true;
    if (!(event->modifiers() & Qt::ShiftModifier) || m_selectionStart.row < 0) {
        m_selectionSide = sideAt(point.x());
        m_selectionStart = placeAt(point, m_selectionSide);
    }
    selectTo(placeAt(point, m_selectionSide));
}

void DiffTextView::mouseMoveEvent(QMouseEvent *event)
{
    m_mouse = event->position().toPoint();
    if (!m_selecting) {
        const int row = rowAtY(m_mouse.y() + verticalScrollBar()->value());
        const auto kind = row < 0 ? DiffRow::Kind::Space : m_rows.rows.at(row).kind;
        viewport()->setCursor(kind == DiffRow::Kind::File   ? Qt::PointingHandCursor
                              : kind == DiffRow::Kind::Line ? Qt::IBeamCursor
                                                            : Qt::ArrowCursor);
        return;
    }
    selectTo(placeAt(m_mouse, m_selectionSide));
    const bool outside = !viewport()->rect().contains(m_mouse);
    if (outside && !m_dragScroll.isActive())
        m_dragScroll.start(30, this);
    else if (!outside)
        m_dragScroll.stop();
}

void DiffTextView::mouseReleaseEvent(QMouseEvent *)
{
    m_dragScroll.stop();
    if (!std::exchange(m_selecting, false) || m_selectionStart == m_selectionEnd)
        return;
    if (QClipboard *clipboard = QGuiApplication::clipboard(); clipboard->supportsSelection())
        clipboard->setText(selectedText(), QClipboard::Selection);
}

// A word.
void DiffTextView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    m_selectionSide = sideAt(point.x());
    const Place place = placeAt(point, m_selectionSide);
    if (place.row < 0 || m_rows.rows.at(place.row).kind != DiffRow::Kind::Line)
        return mousePressEvent(event);
    const QString text = textOf(m_rows.rows.at(place.row), m_selectionSide);
    const auto isWord = [&](qsizetype i) { return text[i].isLetterOrNumber() || text[i] == QLatin1Char('_'); };
    qsizetype from = place.index, to = place.index;
    while (from > 0 && isWord(from - 1))
        --from;
    while (to < text.size() && isWord(to))
        ++to;
    m_selectionStart = {place.row, from};
    selectTo({place.row, to});
}

void DiffTextView::contextMenuEvent(QContextMenuEvent *event)
{
    const int row = rowAtY(event->pos().y() + verticalScrollBar()->value());
    if (row >= 0)
        Q_EMIT menuWanted(m_rows.rows.at(row).file, m_rows.rows.at(row).kind == DiffRow::Kind::File,
                          event->globalPos());
}

void DiffTextView::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == m_searchTimer.timerId())
        return search();
    if (event->timerId() != m_dragScroll.timerId())
        return QAbstractScrollArea::timerEvent(event);
    const auto beyond = [](int at, int size) { return at < 0 ? at : std::max(0, at - size + 1); };
    QScrollBar *down = verticalScrollBar(), *across = horizontalScrollBar();
    const int most = 6 * m_lineHeight;
    down->setValue(down->value() + std::clamp(beyond(m_mouse.y(), viewport()->height()), -most, most));
    across->setValue(across->value() + std::clamp(beyond(m_mouse.x(), viewport()->width()), -most, most));
    selectTo(placeAt(m_mouse, m_selectionSide));
}

void DiffTextView::selectTo(const Place &place)
{
    m_selectionEnd = place;
    viewport()->update();
}

// The lines of the side on which it began; whole lines that are not on that side are left out.
QString DiffTextView::selectedText() const
{
    const auto [from, to] = std::minmax(m_selectionStart, m_selectionEnd);
    if (from == to || from.row < 0 || !m_diff)
        return {};
    QStringList lines;
    for (int row = from.row; row <= to.row && row < m_rows.rows.size(); ++row) {
        const DiffRow &is = m_rows.rows.at(row);
        const int line = lineOf(is, m_selectionSide);
        if (line < 0 || m_diff->files.at(is.file).lines.at(line).kind == DiffLine::Kind::NoNewline)
            continue;
        const QString text = textOf(is, m_selectionSide);
        const qsizetype start = row == from.row ? from.index : 0;
        lines << text.mid(start, (row == to.row ? to.index : text.size()) - start);
    }
    return lines.join(QLatin1Char('\n'));
}

void DiffTextView::setNeedle(const QString &needle)
{
    m_needle = needle;
    m_searchTimer.stop();
    viewport()->update();
}

void DiffTextView::findNext(bool forward)
{
    if (m_needle.isEmpty() || m_rows.rows.isEmpty())
        return Q_EMIT searched(false, -1);
    // From the match that one is at, else from the screen. Once around, in slices, so that the window stays alive.
    m_search.forward = forward;
    m_search.left = int(m_rows.rows.size()) + 1;
    m_search.next = m_found.row >= 0 ? m_found : Place{rowAtY(verticalScrollBar()->value()), forward ? -1 : 1 << 30};
    search();
}

void DiffTextView::search()
{
    constexpr qint64 slice = 6; // ms
    QElapsedTimer spent;
    spent.start();
    const int count = int(m_rows.rows.size());
    for (int steps = 1; m_search.left > 0; ++steps) {
        if (searchRow(m_search.next.row)) {
            m_searchTimer.stop();
            return;
        }
        --m_search.left;
        const int row = m_search.next.row + (m_search.forward ? 1 : -1);
        m_search.next = {(row + count) % count, m_search.forward ? -1 : 1 << 30};
        if (steps % 64 == 0 && spent.elapsed() >= slice) {
            if (!m_searchTimer.isActive())
                m_searchTimer.start(0, this);
            return;
        }
    }
    m_searchTimer.stop();
    m_found = {};
    Q_EMIT searched(false, -1);
}

// On both sides of a changed row, the left one first; what stayed is looked at once.
bool DiffTextView::searchRow(int row)
{
    const DiffRow &is = m_rows.rows.at(row);
    if (is.kind == DiffRow::Kind::Space)
        return false;
    const bool forward = m_search.forward;
    const bool here = m_found.row == row && m_search.next == m_found; // go on behind the match that one is at
    for (int step = 0; step < sides(); ++step) {
        const int side = sides() == 1 ? 0 : forward ? step : 1 - step;
        if (is.kind != DiffRow::Kind::Line ? side != 0 : sides() == 2 && side == 0 && is.left == is.right)
            continue;
        if (here && (forward ? side < m_foundSide : side > m_foundSide))
            continue;
        const QString text = textOf(is, side);
        qsizetype at;
        if (here && side == m_foundSide)
            at = forward             ? text.indexOf(m_needle, m_found.index + 1, Qt::CaseInsensitive)
                 : m_found.index > 0 ? text.lastIndexOf(m_needle, m_found.index - 1, Qt::CaseInsensitive)
                                     : -1;
        else
            at = forward ? text.indexOf(m_needle, 0, Qt::CaseInsensitive)
                         : text.lastIndexOf(m_needle, -1, Qt::CaseInsensitive);
        if (at >= 0) {
            showFound({row, at}, side);
            return true;
        }
    }
    return false;
}

void DiffTextView::showFound(const Place &place, int side)
{
    m_found = place;
    m_foundSide = side;
    const QRect room = rectOf(place.row);
    if (room.isEmpty() || room.top() < 2 * m_lineHeight || room.bottom() > viewport()->height())
        scrollToRow(place.row, viewport()->height() / 3);
    if (!m_wrapping && m_rows.rows.at(place.row).kind == DiffRow::Kind::Line) {
        const QString text = textOf(m_rows.rows.at(place.row), side);
        const int from = int(columnsOf(QStringView(text).first(place.index)) * m_charWidth);
        const int to = from + int((columnsOf(m_needle) + 2) * m_charWidth);
        const int width = int(column(side).columns * m_charWidth);
        QScrollBar *across = horizontalScrollBar();
        if (from < across->value() || to > across->value() + width)
            across->setValue(std::max(0, to - width * 2 / 3));
    }
    viewport()->update();
    Q_EMIT searched(true, place.row);
}

} // namespace hub::gui
