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
    const milliseconds shown = std::clamp(to - from, least, m_last - m_first);
    const Instant begin = std::clamp(from, m_first, m_last - shown), end = begin + shown;
    const bool changed = begin != m_from || end != m_to;
    m_from = begin;
    m_to = end;
    m_following = end == m_last;
    m_whole = m_following && begin == m_first;
    return changed;
}

bool TimeWindow::zoom(double factor, Instant around)
{
    const double before = double(std::max<qint64>(1, length().count()));
    const milliseconds wanted{
        qint64(std::clamp(before * factor, double(least.count()), double((m_last - m_first).count())))};
    const double share = double((around - m_from).count()) / before;
    // Who looks at what is now goes on to do so.
    if (m_following && share > 0.95)
        return show(m_last - wanted, m_last);
    const Instant from = around - milliseconds{qint64(double(wanted.count()) * share)};
    return show(from, from + wanted);
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
