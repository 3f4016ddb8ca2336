// A set of message numbers, kept as ranges: a conversation of 100,000 messages is a handful of them.
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace hub::gui
{

class SeqRanges
{
public:
    using Range = std::pair<qint64, qint64>; // first and last, both in it

    void clear() { m_ranges.clear(); }
    bool contains(qint64 seq) const
    {
        const auto next = m_ranges.upper_bound(seq);
        return next != m_ranges.begin() && std::prev(next)->second >= seq;
    }
    void add(qint64 first, qint64 last)
    {
        if (first > last)
            return;
        auto it = m_ranges.upper_bound(first);
        if (it != m_ranges.begin() && std::prev(it)->second >= first - 1)
            --it;
        while (it != m_ranges.end() && it->first <= last + 1) {
            first = std::min(first, it->first);
            last = std::max(last, it->second);
            it = m_ranges.erase(it);
        }
        m_ranges[first] = last;
    }
    void remove(qint64 first, qint64 last)
    {
        auto it = m_ranges.upper_bound(first);
        if (it != m_ranges.begin() && std::prev(it)->second >= first)
            --it;
        while (it != m_ranges.end() && it->first <= last) {
            const Range range = *it;
            it = m_ranges.erase(it);
            if (range.first < first)
                m_ranges[range.first] = first - 1;
            if (range.second > last)
                m_ranges[last + 1] = range.second;
        }
    }
    // The parts of first…last that are not in it, in order.
    std::vector<Range> gaps(qint64 first, qint64 last) const
    {
        std::vector<Range> found;
        auto it = m_ranges.upper_bound(first);
        if (it != m_ranges.begin() && std::prev(it)->second >= first)
            --it;
        for (; it != m_ranges.end() && it->first <= last; ++it) {
            if (it->first > first)
                found.emplace_back(first, it->first - 1);
            first = std::max(first, it->second + 1);
        }
        if (first <= last)
            found.emplace_back(first, last);
        return found;
    }

private:
    std::map<qint64, qint64> m_ranges; // first → last; never touching one another
};

} // namespace hub::gui
