// Finding in a conversation: in what the view has at once, in all else by asking.
#include "gui/views/conversationview.h"

#include "gui/views/findbar.h"

#include <QScrollBar>

namespace hub::gui
{

namespace
{
// Characters that one key press looks through; what lies behind is asked for.
constexpr qsizetype searchBudget = 1'500'000;
} // namespace

void ConversationView::makeFindBar()
{
    connect(m_findBar, &FindBar::edited, this, &ConversationView::onFindEdited);
    connect(m_findBar, &FindBar::nextWanted, this, &ConversationView::findNext);
    connect(m_findBar, &FindBar::closed, this, &ConversationView::closeFind);
}

void ConversationView::placeFindBar()
{
    const int height = m_findBar->isHidden() ? 0 : m_findBar->sizeHint().height();
    if (viewportMargins().top() != height)
        setViewportMargins(0, height, 0, 0);
    m_findBar->setGeometry(0, 0, width(), height);
}

void ConversationView::openFind()
{
    m_findBar->open(selectedText());
    placeFindBar();
    onFindEdited(m_findBar->text());
}

void ConversationView::closeFind()
{
    m_needle.clear();
    m_found = {};
    m_foundPending = 0;
    placeFindBar();
    setFocus();
    viewport()->update();
}

void ConversationView::onFindEdited(const QString &text)
{
    m_needle = text;
    m_foundPending = 0;
    m_findStart.reset();
    m_findBar->setNote({});
    if (text.isEmpty()) {
        m_found = {};
        return viewport()->update();
    }
    // From where one is, in what is here; Return goes on to the rest.
    const Place from = m_found.seq > 0 ? m_found : Place{shown().first, 0};
    m_found = {};
    if (const Search search = searchHere(from, true, searchBudget / 4); search.end == Search::End::Found)
        showMatch(search.place);
    viewport()->update();
}

void ConversationView::findNext(bool forward)
{
    if (m_needle.isEmpty() || m_findBar->isHidden())
        return openFind();
    if (!m_source || m_rows.count() == 0)
        return;
    m_searchForward = forward;
    Place from;
    if (m_findStart)
        from = *std::exchange(m_findStart, std::nullopt);
    else if (m_found.seq > 0)
        from = {m_found.seq, m_found.position + (forward ? 1 : -1)};
    else
        from = forward ? Place{shown().first, 0} : Place{shown().second, std::numeric_limits<qsizetype>::max()};
    const Search search = searchHere(from, forward, searchBudget);
    switch (search.end) {
    case Search::End::Found: return showMatch(search.place);
    case Search::End::Nothing: return showNotFound();
    case Search::End::Unknown:
        m_findBar->setNote(tr("Searching…"));
        Q_EMIT findWanted(m_needle, search.place.seq, forward);
    }
}

ConversationView::Search ConversationView::searchHere(Place from, bool forward, qsizetype budget) const
{
    const int step = forward ? 1 : -1;
    for (qint64 seq = from.seq; seq >= 1 && seq <= m_rows.count(); seq += step) {
        if (m_source->isMissing(seq))
            continue;
        const TalkMessage *message = m_source->at(seq);
        if (!message || message->cut || budget <= 0)
            return {Search::End::Unknown, {seq, 0}};
        budget -= message->text.size() + 100;
        const bool first = seq == from.seq;
        if (first && !forward && from.position < 0)
            continue;
        if (!message->text.contains(m_needle, Qt::CaseInsensitive) && !message->text.contains(QChar(0x1B)))
            continue;
        const QString text = plainText(message->text);
        const qsizetype at = forward ? text.indexOf(m_needle, first ? from.position : 0, Qt::CaseInsensitive)
                             : first && from.position < text.size()
                                 ? text.lastIndexOf(m_needle, from.position, Qt::CaseInsensitive)
                                 : text.lastIndexOf(m_needle, -1, Qt::CaseInsensitive);
        if (at >= 0)
            return {Search::End::Found, {seq, at}};
    }
    return {Search::End::Nothing, {}};
}

void ConversationView::showMatch(const Place &place)
{
    m_found = place;
    m_findBar->setNote(tr("Message %1 of %2").arg(place.seq).arg(m_rows.count()));
    MessageLayout *layout = layoutOf(int(place.seq - 1));
    if (layout && layout->fold() != MessageLayout::Fold::Whole &&
        place.position + m_needle.size() > layout->plain().size()) {
        m_folds[place.seq] = MessageLayout::Fold::Whole;
        m_layouts.erase(int(place.seq - 1));
    }
    setCurrent(place.seq, true);
    goTo(place);
}

void ConversationView::showFound(qint64 seq)
{
    m_foundPending = 0;
    if (m_needle.isEmpty() || seq < 1 || seq > m_rows.count())
        return;
    if (!m_source->at(seq)) {
        m_foundPending = seq; // once it is here
        return goTo({seq, 0});
    }
    const auto end = std::numeric_limits<qsizetype>::max();
    const QString text = textOf(seq);
    const qsizetype at = m_searchForward ? text.indexOf(m_needle, 0, Qt::CaseInsensitive)
                                         : text.lastIndexOf(m_needle, std::min(end, text.size()), Qt::CaseInsensitive);
    if (at < 0 && m_source->at(seq)->cut) // in the part that was not given: that is what "show all" is for
        Q_EMIT wholeWanted(seq);
    showMatch({seq, std::max<qsizetype>(0, at)});
}

void ConversationView::showNotFound()
{
    const auto end = std::numeric_limits<qsizetype>::max();
    m_findStart = m_searchForward ? Place{1, 0} : Place{m_rows.count(), end};
    m_findBar->setNote(m_found.seq == 0 ? tr("Nothing found") : tr("No more; once more goes on from the other end"));
}

} // namespace hub::gui
