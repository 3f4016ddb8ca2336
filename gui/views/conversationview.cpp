#include "gui/views/conversationview.h"

#include "gui/views/conversationaccess.h"
#include "gui/views/findbar.h"

#include <QAccessible>
#include <QEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>

namespace hub::gui
{

ConversationView::ConversationView(QWidget *parent)
    : QAbstractScrollArea(parent)
    , m_style(this)
    , m_news(new QPushButton(viewport()))
    , m_findBar(new FindBar(this))
{
    installConversationAccess();
    setAccessibleName(tr("Conversation"));
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setFrameShape(QFrame::NoFrame);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    verticalScrollBar()->setSingleStep(m_style.line * 2);
    m_news->hide();
    m_news->setFocusPolicy(Qt::NoFocus);
    m_news->setCursor(Qt::ArrowCursor);
    connect(m_news, &QPushButton::clicked, this, [this] {
        setFollow(true);
        settle();
    });
    makeFindBar();
}

ConversationView::~ConversationView() = default;

void ConversationView::setSource(TalkSource *source)
{
    if (m_source)
        m_source->disconnect(this);
    m_source = source;
    onCleared();
    if (!source)
        return;
    connect(source, &TalkSource::cleared, this, &ConversationView::onCleared);
    connect(source, &TalkSource::counted, this, &ConversationView::onCounted);
    connect(source, &TalkSource::arrived, this, &ConversationView::onArrived);
    if (source->count() > 0) {
        onCounted(0, source->count());
        onArrived(1, source->count());
    }
}

void ConversationView::setNotice(const QString &notice)
{
    m_notice = notice;
    viewport()->update();
}

void ConversationView::onCleared()
{
    m_rows.clear();
    m_layouts.clear();
    m_folds.clear();
    m_anchorRow = m_anchorY = 0;
    m_pinned = false;
    m_read = 0;
    m_selectionStart = m_selectionEnd = m_found = {};
    m_findStart.reset();
    m_foundPending = 0;
    m_selecting = false;
    m_announcement.clear();
    setCurrent(0, false);
    setFollow(true);
    settle();
}

void ConversationView::onCounted(qint64 before, qint64 now)
{
    const int guess = m_style.line * 4;
    for (qint64 seq = before; seq < now; ++seq)
        m_rows.append(guess);
    settle();
}

void ConversationView::onArrived(qint64 first, qint64 last)
{
    const int guess = m_style.line * 4;
    for (qint64 seq = first; seq <= last; ++seq) {
        const int row = int(seq - 1);
        const TalkMessage *message = m_source->at(seq);
        if (!message && m_source->isMissing(seq)) {
            m_rows.set(row, 0);
            m_layouts.erase(row);
        } else if (message) {
            if (m_rows.at(row) == 0)
                m_rows.set(row, guess);
            m_layouts.erase(row);
        }
    }
    const TalkMessage *newest = last == m_rows.count() ? m_source->at(last) : nullptr;
    if (newest && first > 1) {
        m_announcement = TalkStyle::spoken(*newest);
        // Politely: what is being read aloud is finished first.
        QAccessibleEvent news(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&news);
    }
    settle();
    if (m_foundPending >= first && m_foundPending <= last)
        showFound(m_foundPending);
}

bool ConversationView::event(QEvent *event)
{
    // Keys of the text are the text's while it has the keyboard, whatever the window uses them for.
    if (event->type() == QEvent::ShortcutOverride) {
        auto *key = static_cast<QKeyEvent *>(event);
        if (key->matches(QKeySequence::Copy) || key->matches(QKeySequence::Find) ||
            key->matches(QKeySequence::FindNext) || key->matches(QKeySequence::FindPrevious)) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

void ConversationView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange || event->type() == QEvent::LanguageChange) {
        m_style = TalkStyle(this);
        verticalScrollBar()->setSingleStep(m_style.line * 2);
        relayout();
    }
}

void ConversationView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    placeFindBar();
    if (viewport()->width() != m_width)
        relayout();
    else
        settle();
}

void ConversationView::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void ConversationView::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void ConversationView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    painter.fillRect(event->rect(), m_style.colours.base);
    if (m_shown.empty()) {
        painter.setPen(m_style.colours.dim);
        painter.drawText(viewport()->rect().adjusted(20, 20, -20, -20), Qt::AlignCenter | Qt::TextWordWrap, m_notice);
        return;
    }
    for (const Shown &shown : m_shown) {
        const int height = m_rows.at(shown.row);
        const QRect room(0, shown.y, viewport()->width(), height);
        if (!room.intersects(event->rect()))
            continue;
        const auto layout = m_layouts.find(shown.row);
        if (layout == m_layouts.end()) { // it is being fetched
            const int column = std::min(room.width() - 2 * m_style.edge, m_style.column);
            const QRect bar((room.width() - column) / 2, shown.y, column * 2 / 3, height - m_style.gap);
            painter.fillRect(bar.adjusted(0, 0, 0, -bar.height() / 2), m_style.colours.codeGround);
            continue;
        }
        const qint64 seq = shown.row + 1;
        TalkMarks marks{.selected = selectedIn(seq), .found = m_needle};
        if (m_found.seq == seq)
            marks.foundNow = {m_found.position, m_found.position + m_needle.size()};
        marks.current = seq == m_current && m_currentShown && hasFocus();
        layout->second->draw(painter, room.topLeft(), event->rect().translated(-room.topLeft()), marks);
    }
}

QString ConversationView::currentSpoken() const
{
    const TalkMessage *message = m_source ? m_source->at(m_current) : nullptr;
    return message ? TalkStyle::spoken(*message) : QString();
}

std::pair<qint64, qint64> ConversationView::shown() const
{
    return m_shown.empty() ? std::pair<qint64, qint64>{0, 0}
                           : std::pair<qint64, qint64>{m_shown.front().row + 1, m_shown.back().row + 1};
}

QRect ConversationView::rectOf(qint64 seq) const
{
    for (const Shown &shown : m_shown) {
        if (shown.row + 1 == seq)
            return QRect(0, shown.y, viewport()->width(), m_rows.at(shown.row));
    }
    return {};
}

} // namespace hub::gui
