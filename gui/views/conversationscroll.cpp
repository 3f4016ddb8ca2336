// How the conversation view scrolls. One row is the anchor: its top is at a known height of the viewport. Rows below
// and above it are laid out from there until the viewport is full, so nothing on the screen jumps when heights become
// known. The scroll bar is derived from that, never the other way round, but when somebody drags it far.
#include "gui/views/conversationview.h"

#include <QAccessible>
#include <QPushButton>
#include <QScrollBar>

namespace hub::gui
{

namespace
{
constexpr int layoutsKept = 120; // rows on either side of the screen
}

int ConversationView::topSpace() const { return m_style.gap; }
int ConversationView::bottomSpace() const { return m_style.gap / 2; }

MessageLayout *ConversationView::layoutOf(int row)
{
    const auto found = m_layouts.find(row);
    if (found != m_layouts.end())
        return found->second.get();
    const TalkMessage *message = m_source ? m_source->at(row + 1) : nullptr;
    if (!message)
        return nullptr;
    auto fold = MessageLayout::foldAtFirst(*message);
    if (fold != MessageLayout::Fold::Whole)
        fold = m_folds.value(message->seq, fold);
    auto layout = std::make_unique<MessageLayout>(*message, fold, m_style, viewport()->width());
    m_rows.set(row, layout->height());
    return (m_layouts[row] = std::move(layout)).get();
}

// Lays out what the viewport shows of a row whose top is at `top`; answers where its top is then: content that was in
// sight stays, what is above it grows upward.
int ConversationView::measure(int row, int top)
{
    MessageLayout *layout = layoutOf(row);
    if (!layout)
        return top;
    const int moved = layout->layOut(-top, viewport()->height() - top, m_stillY - top);
    m_rows.set(row, layout->height());
    return top - moved;
}

// The same for a row whose end is at `bottom`; answers its top.
int ConversationView::measureAbove(int row, int bottom)
{
    MessageLayout *layout = layoutOf(row);
    if (!layout)
        return bottom - m_rows.at(row);
    for (int round = 0; round < 6; ++round) {
        const int top = bottom - layout->height();
        layout->layOut(-top, viewport()->height() - top, -top);
        if (layout->height() == bottom - top)
            break;
    }
    m_rows.set(row, layout->height());
    return bottom - layout->height();
}

// One walk from the anchor. False: the anchor had to move, walk again.
bool ConversationView::settleOnce(bool follow)
{
    const int height = viewport()->height(), count = m_rows.count();
    std::vector<Shown> above, below;
    if (follow) {
        m_anchorRow = count - 1;
        while (m_anchorRow > 0 && m_rows.at(m_anchorRow) == 0)
            --m_anchorRow;
        m_anchorY = measureAbove(m_anchorRow, height - bottomSpace());
    }
    m_anchorRow = std::clamp(m_anchorRow, 0, count - 1);

    int y = m_anchorY, row = m_anchorRow;
    for (; row < count && y < height; ++row) {
        if (m_rows.at(row) == 0)
            continue;
        const int top = measure(row, y);
        m_anchorY += top - y;
        for (Shown &before : below)
            before.y += top - y;
        y = top;
        below.push_back({row, y});
        y += m_rows.at(row);
    }
    const int bottom = y;
    m_atEnd = row >= count && bottom <= height;

    y = m_anchorY;
    for (row = m_anchorRow - 1; row >= 0 && y > 0; --row) {
        if (m_rows.at(row) == 0)
            continue;
        y = measureAbove(row, y);
        above.push_back({row, y});
    }
    const bool atTop = row < 0;
    const int top = y;

    m_shown.assign(above.rbegin(), above.rend());
    m_shown.insert(m_shown.end(), below.begin(), below.end());
    std::erase_if(m_shown,
                  [&](const Shown &shown) { return shown.y >= height || shown.y + m_rows.at(shown.row) <= 0; });

    int move = 0;
    if (m_atEnd && bottom < height - bottomSpace()) // nothing below: come down, unless that uncovers what is above all
        move = height - bottomSpace() - bottom;
    if (atTop && top + move > topSpace())
        move = topSpace() - top;
    m_anchorY += move;
    return move == 0;
}

void ConversationView::settle()
{
    if (m_settling)
        return;
    m_settling = true;
    m_shown.clear();
    if (m_source && m_rows.count() > 0 && m_rows.total() > 0 && viewport()->height() > 0) {
        bool follow = m_follow;
        for (int round = 0; round < 6 && !settleOnce(std::exchange(follow, false)); ++round) {
        }
        keepAnchor();
        if (!m_shown.empty()) {
            m_source->look(m_shown.front().row + 1, m_shown.back().row + 1);
            m_layouts.erase(m_layouts.begin(), m_layouts.lower_bound(m_shown.front().row - layoutsKept));
            m_layouts.erase(m_layouts.upper_bound(m_shown.back().row + layoutsKept), m_layouts.end());
        }
    } else {
        m_atEnd = true;
        if (m_source)
            m_source->look(1, std::min<qint64>(m_source->count(), 1));
    }
    m_stillY = 0;
    syncScrollBar();
    m_settling = false;
    showNews();
    viewport()->update();
}

// The first row that begins on the screen holds still while those above it become known.
void ConversationView::keepAnchor()
{
    if (m_pinned || m_shown.empty())
        return;
    const auto whole = std::find_if(m_shown.begin(), m_shown.end(), [](const Shown &shown) { return shown.y >= 0; });
    const Shown &anchor = whole != m_shown.end() ? *whole : m_shown.front();
    m_anchorRow = anchor.row;
    m_anchorY = anchor.y;
}

void ConversationView::syncScrollBar()
{
    QScrollBar *bar = verticalScrollBar();
    const qint64 all = m_rows.total() + topSpace() + bottomSpace();
    const int most = int(std::clamp<qint64>(all - viewport()->height(), 0, std::numeric_limits<int>::max()));
    bar->setPageStep(viewport()->height());
    bar->setRange(0, m_shown.empty() ? 0 : most);
    if (!m_shown.empty())
        bar->setValue(m_atEnd ? most : int(m_rows.top(m_shown.front().row) - m_shown.front().y + topSpace()));
}

void ConversationView::scrollContentsBy(int, int dy)
{
    if (m_settling)
        return;
    QScrollBar *bar = verticalScrollBar();
    // Steps are steps on the screen; only a far jump goes by the guessed heights.
    if (bar->value() == bar->maximum()) {
        setFollow(true);
        settle();
    } else if (bar->value() > 0 && std::abs(dy) <= viewport()->height() * 3 / 2) {
        scrollBy(-dy);
    } else {
        scrollTo(bar->value());
    }
}

void ConversationView::scrollBy(int pixels)
{
    m_pinned = false;
    setFollow(false);
    m_anchorY -= pixels;
    m_stillY = std::clamp(-pixels, 0, viewport()->height()); // where what was at the top goes
    settle();
    setFollow(m_atEnd && pixels > 0);
    showNews();
}

void ConversationView::scrollTo(qint64 y)
{
    m_pinned = false;
    setFollow(false);
    y = std::max<qint64>(0, y - topSpace());
    m_anchorRow = std::max(0, m_rows.rowAt(y));
    m_anchorY = int(m_rows.top(m_anchorRow) - y);
    if (y == 0)
        m_anchorY = topSpace();
    settle();
    showNews();
}

void ConversationView::showMessage(qint64 seq)
{
    if (seq < 1 || seq > m_rows.count())
        return;
    setCurrent(seq, true);
    goTo({seq, 0});
}

void ConversationView::goTo(const Place &place)
{
    setFollow(false);
    m_pinned = true;
    m_anchorRow = int(place.seq - 1);
    // Twice: what is above the place within a long message is known only once it was laid out.
    for (int round = 0; round < 2; ++round) {
        MessageLayout *layout = layoutOf(m_anchorRow);
        const int inside = layout && place.position > 0 ? layout->yOf(place.position) : 0;
        m_anchorY = viewport()->height() / 4 - inside;
        settle();
    }
    if (m_atEnd && place.seq == m_rows.count())
        setFollow(true);
}

void ConversationView::setFollow(bool follow)
{
    if (m_follow && !follow)
        m_read = m_rows.count();
    if (follow)
        m_pinned = false;
    if (std::exchange(m_follow, follow) != follow)
        Q_EMIT followsChanged(follow);
}

// The button that says what came meanwhile, when the end is out of sight.
void ConversationView::showNews()
{
    if (m_follow)
        m_read = m_rows.count();
    constexpr qint64 most = 1'000;
    int news = 0;
    for (qint64 seq = m_read + 1; seq <= m_rows.count() && news < most; ++seq)
        news += m_rows.at(int(seq - 1)) > 0;
    if (news == 0 || m_atEnd)
        return m_news->hide();
    m_news->setText(tr("%n new message(s) ↓", nullptr, news));
    m_news->adjustSize();
    m_news->move((viewport()->width() - m_news->width()) / 2, viewport()->height() - m_news->height() - m_style.gap);
    m_news->show();
}

void ConversationView::relayout()
{
    m_width = viewport()->width();
    m_layouts.clear();
    settle();
}

} // namespace hub::gui
