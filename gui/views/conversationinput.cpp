// Keyboard, mouse, selection and menu of the conversation view.
#include "gui/views/conversationview.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMetaMethod>
#include <QMouseEvent>
#include <QScrollBar>
#include <QStyleHints>
#include <QTextBoundaryFinder>
#include <QTimerEvent>

using namespace Qt::StringLiterals;

namespace hub::gui
{

void ConversationView::keyPressEvent(QKeyEvent *event)
{
    const int page = std::max(m_style.line, viewport()->height() - 2 * m_style.line);
    const bool control = event->modifiers() & Qt::ControlModifier;
    if (event->matches(QKeySequence::Copy)) {
        if (const QString text = selectedText(); !text.isEmpty())
            QGuiApplication::clipboard()->setText(text);
        return;
    }
    if (event->matches(QKeySequence::Find))
        return openFind();
    if (event->matches(QKeySequence::FindNext) || event->matches(QKeySequence::FindPrevious))
        return findNext(event->matches(QKeySequence::FindNext));
    switch (event->key()) {
    case Qt::Key_Up: return control ? stepCurrent(false) : scrollBy(-m_style.line * 2);
    case Qt::Key_Down: return control ? stepCurrent(true) : scrollBy(m_style.line * 2);
    case Qt::Key_PageUp: return scrollBy(-page);
    case Qt::Key_PageDown: return scrollBy(page);
    case Qt::Key_Home: return scrollTo(0);
    case Qt::Key_End: setFollow(true); return settle();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current > 0 && !rectOf(m_current).isEmpty()) {
            setCurrent(m_current, true);
            return toggleFold(m_current);
        }
        break;
    case Qt::Key_Menu:
        if (m_current > 0)
            return askMenu(m_current, viewport()->mapToGlobal(rectOf(m_current).topLeft() + QPoint(40, 20)));
        break;
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

ConversationView::Hit ConversationView::hitAt(QPoint point) const
{
    for (const Shown &shown : m_shown) {
        if (point.y() < shown.y || point.y() >= shown.y + m_rows.at(shown.row))
            continue;
        const auto layout = m_layouts.find(shown.row);
        if (layout == m_layouts.end())
            return {shown.row + 1, {}};
        return {shown.row + 1, layout->second->hit(point - QPoint(0, shown.y))};
    }
    return {};
}

// The place of the text that is nearest, also above the first and below the last message on the screen.
ConversationView::Place ConversationView::placeAt(QPoint point) const
{
    if (m_shown.empty())
        return {};
    const Shown &first = m_shown.front(), &last = m_shown.back();
    const int end = last.y + m_rows.at(last.row) - 1;
    point.setY(std::clamp(point.y(), std::max(0, first.y), std::min(end, viewport()->height() - 1)));
    const Hit hit = hitAt(point);
    return {hit.seq, hit.on.position};
}

void ConversationView::toggleFold(qint64 seq)
{
    using Fold = MessageLayout::Fold;
    MessageLayout *layout = layoutOf(int(seq - 1));
    if (!layout || !layout->foldable())
        return;
    const Fold atFirst = MessageLayout::foldAtFirst(layout->message());
    const bool unfold = layout->fold() != Fold::Whole;
    if (unfold && layout->message().cut)
        Q_EMIT wholeWanted(seq);
    m_folds[seq] = unfold ? Fold::Whole : atFirst;
    // Its first line stays where it is, or comes back into sight.
    const QRect was = rectOf(seq);
    setFollow(false);
    m_anchorRow = int(seq - 1);
    m_anchorY = unfold ? was.top() : std::max(topSpace(), was.top());
    m_pinned = true;
    m_layouts.erase(m_anchorRow);
    settle();
    m_pinned = false;
    keepAnchor();
    setFollow(m_atEnd);
    showNews();
}

void ConversationView::setCurrent(qint64 seq, bool byKeyboard)
{
    m_currentShown = byKeyboard;
    viewport()->update();
    if (std::exchange(m_current, seq) == seq)
        return;
    Q_EMIT currentChanged(seq);
    const TalkMessage *message = m_source && seq > 0 ? m_source->at(seq) : nullptr;
    QAccessibleValueChangeEvent change(this, message ? TalkStyle::spoken(*message) : QString());
    QAccessible::updateAccessibility(&change);
}

void ConversationView::stepCurrent(bool forward)
{
    if (m_shown.empty())
        return;
    int row = int(m_current - 1);
    if (m_current == 0 || rectOf(m_current).isEmpty()) { // begin with what is on the screen
        row = forward ? m_shown.front().row : m_shown.back().row;
    } else {
        do
            row += forward ? 1 : -1;
        while (row >= 0 && row < m_rows.count() && m_rows.at(row) == 0);
        if (row < 0 || row >= m_rows.count())
            return;
    }
    setCurrent(row + 1, true);
    QRect room = rectOf(row + 1);
    if (room.isEmpty()) { // right beyond an edge: measured by scrolling to it
        scrollBy(forward ? m_style.line * 2 : -m_style.line * 2);
        room = rectOf(row + 1);
    }
    const int height = viewport()->height();
    if (room.top() < topSpace())
        scrollBy(room.top() - topSpace());
    else if (room.bottom() > height)
        scrollBy(std::min(room.bottom() - height, room.top() - topSpace()));
}

void ConversationView::mousePressEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    const Hit hit = hitAt(point);
    if (hit.seq > 0)
        setCurrent(hit.seq, false);
    if (event->button() != Qt::LeftButton)
        return;
    m_pressed = m_mouse = point;
    m_selecting = true;
    const Place place = placeAt(point);
    if (!(event->modifiers() & Qt::ShiftModifier) || m_selectionStart.seq == 0)
        m_selectionStart = place;
    selectTo(place);
}

void ConversationView::mouseMoveEvent(QMouseEvent *event)
{
    m_mouse = event->position().toPoint();
    if (!m_selecting) {
        const Hit hit = hitAt(m_mouse);
        viewport()->setCursor(!hit.on.link.isEmpty() || hit.on.fold ? Qt::PointingHandCursor
                              : hit.on.onText                       ? Qt::IBeamCursor
                                                                    : Qt::ArrowCursor);
        viewport()->setToolTip(hit.on.link.toDisplayString());
        return;
    }
    selectTo(placeAt(m_mouse));
    const bool outside = m_mouse.y() < 0 || m_mouse.y() >= viewport()->height();
    if (outside && !m_dragScroll.isActive())
        m_dragScroll.start(30, this);
    else if (!outside)
        m_dragScroll.stop();
}

void ConversationView::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_dragScroll.timerId())
        return QAbstractScrollArea::timerEvent(event);
    const int beyond = m_mouse.y() < 0 ? m_mouse.y() : m_mouse.y() - viewport()->height() + 1;
    scrollBy(std::clamp(beyond, -m_style.line * 6, m_style.line * 6));
    selectTo(placeAt(m_mouse));
}

void ConversationView::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || !std::exchange(m_selecting, false))
        return;
    m_dragScroll.stop();
    const QPoint point = event->position().toPoint();
    if (m_selectionStart != m_selectionEnd) {
        if (QClipboard *clipboard = QGuiApplication::clipboard(); clipboard->supportsSelection())
            clipboard->setText(selectedText(), QClipboard::Selection);
        return;
    }
    if ((point - m_pressed).manhattanLength() >= QGuiApplication::styleHints()->startDragDistance())
        return;
    const Hit hit = hitAt(point);
    if (hit.on.fold)
        toggleFold(hit.seq);
    else if (!hit.on.link.isEmpty())
        Q_EMIT linkActivated(hit.on.link);
}

void ConversationView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Hit hit = hitAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || !hit.on.onText)
        return mousePressEvent(event);
    const QString &text = m_layouts.at(int(hit.seq - 1))->plain();
    // The line is enough: a boundary finder looks through all that it is given.
    const qsizetype start = hit.on.position > 0 ? text.lastIndexOf(u'\n', hit.on.position - 1) + 1 : 0;
    const qsizetype at = hit.on.position - start;
    const QStringView line = QStringView(text).mid(start, at + 500).split(u'\n').first();
    QTextBoundaryFinder finder(QTextBoundaryFinder::Word, line.data(), line.size());
    finder.setPosition(at);
    if (!finder.isAtBoundary() || at >= line.size())
        finder.toPreviousBoundary();
    const qsizetype from = finder.position();
    finder.toNextBoundary();
    m_selectionStart = {hit.seq, start + from};
    selectTo({hit.seq, start + std::max(from, finder.position())});
}

void ConversationView::contextMenuEvent(QContextMenuEvent *event)
{
    if (const Hit hit = hitAt(event->pos()); hit.seq > 0)
        askMenu(hit.seq, event->globalPos());
}

void ConversationView::askMenu(qint64 seq, QPoint globalPosition)
{
    if (isSignalConnected(QMetaMethod::fromSignal(&ConversationView::menuWanted))) {
        Q_EMIT menuWanted(seq, globalPosition);
        return;
    }
    QMenu menu(this);
    addCopyActions(menu, seq);
    menu.exec(globalPosition);
}

void ConversationView::addCopyActions(QMenu &menu, qint64 seq)
{
    const auto copy = [](const QString &text) { QGuiApplication::clipboard()->setText(text); };
    QAction *selected = menu.addAction(tr("Copy what is selected"), this, [this, copy] { copy(selectedText()); });
    selected->setEnabled(m_selectionStart != m_selectionEnd);
    selected->setShortcut(QKeySequence::Copy);
    QAction *whole = menu.addAction(tr("Copy this message"), this, [this, copy, seq] { copy(textOf(seq)); });
    whole->setEnabled(m_source && m_source->at(seq));
}

void ConversationView::selectTo(const Place &place)
{
    m_selectionEnd = place;
    viewport()->update();
}

TalkSpan ConversationView::selectedIn(qint64 seq) const
{
    const auto &[from, to] = std::minmax(m_selectionStart, m_selectionEnd);
    if (from == to || seq < from.seq || seq > to.seq)
        return {};
    return {seq == from.seq ? from.position : 0, seq == to.seq ? to.position : std::numeric_limits<qsizetype>::max()};
}

QString ConversationView::textOf(qint64 seq) const
{
    const TalkMessage *message = m_source ? m_source->at(seq) : nullptr;
    return message ? plainText(message->text) : QString();
}

// Within one message its text; over several, each under its heading.
QString ConversationView::selectedText() const
{
    const auto [from, to] = std::minmax(m_selectionStart, m_selectionEnd);
    if (from == to || !m_source)
        return {};
    if (from.seq == to.seq)
        return textOf(from.seq).mid(from.position, to.position - from.position);
    QStringList parts;
    bool left = false;
    for (qint64 seq = from.seq; seq <= to.seq; ++seq) {
        const TalkMessage *message = m_source->at(seq);
        if (!message) {
            if (!m_source->isMissing(seq) && !std::exchange(left, true))
                parts << u"[…]"_s; // scrolled past so far that it is not in memory any more
            continue;
        }
        left = false;
        const TalkSpan span = selectedIn(seq);
        const QString text = plainText(message->text);
        const QString part = text.mid(span.start, std::min(span.end, text.size()) - span.start).trimmed();
        if (!part.isEmpty())
            parts << u"%1, %2:\n"_s.arg(TalkStyle::heading(*message), toLocalShort(message->at, SystemClock().now())) +
                         part;
    }
    return parts.join(u"\n\n"_s);
}

} // namespace hub::gui
