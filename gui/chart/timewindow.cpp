#include "gui/chart/timewindow.h"

#include <algorithm>

namespace hub::gui
{

using std::chrono::milliseconds;

void TimeWindow::setBounds(Instant first, Instant last)
{
    m_first = first;
    m_last = std::max(last, first + least);
    if (m_whole) {
        showAll();
        return;
    }
    const bool following = m_following;
    show(following ? m_last - length() : m_from, following ? m_last : m_to);
    m_whole = false; // what was shown is all there is now, by chance
    m_following = following;
}

bool TimeWindow::show(Instant from, Instant to)
{
    const milliseconds long_enough = std::clamp(to - from, least, m_last - m_first);
    const Instant begin = std::clamp(from, m_first, m_last - long_enough), end = begin + long_enough;
    const bool changed = begin != m_from || end != m_to;
    m_from = begin;
    m_to = end;
    m_following = end == m_last;
    m_whole = m_following && begin == m_first;
    return changed;
}

bool TimeWindow::zoom(double factor, Instant around)
{
    const double wanted =
        std::clamp(double(length().count()) * factor, double(least.count()), double((m_last - m_first).count()));
    const double share = double((around - m_from).count()) / double(std::max<qint64>(1, length().count()));
    // Who looks at what is now goes on to do so.
    const Instant from =
        m_following ? m_last - milliseconds{qint64(wanted)} : around - milliseconds{qint64(wanted * share)};
    return show(from, from + milliseconds{qint64(wanted)});
}

bool TimeWindow::pan(milliseconds by) { return show(m_from + by, m_to + by); }

bool TimeWindow::showAll() { return show(m_first, m_last); }

bool TimeWindow::setFollowing(bool following)
{
    const bool changed = following && show(m_last - length(), m_last);
    m_following = following;
    m_whole = m_whole && following;
    return changed;
}

} // namespace hub::gui
