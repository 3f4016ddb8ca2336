// The heights of many rows, in pixels: where a row begins and which row is at a place, both in O(log n) (a Fenwick
// tree). A height may be a guess that is set right later, and 0 for a row that takes no room.
#pragma once

#include <QtGlobal>

#include <bit>
#include <vector>

namespace hub::gui
{

class HeightTree
{
public:
    int count() const { return int(m_heights.size()); }
    void clear()
    {
        m_heights.clear();
        m_sums.assign(1, 0);
    }
    void append(int height)
    {
        m_heights.push_back(height);
        const size_t node = m_heights.size();
        qint64 sum = height;
        for (size_t child = node - 1, end = node - (node & -node); child > end; child -= child & -child)
            sum += m_sums[child];
        m_sums.push_back(sum);
    }
    int at(int row) const { return m_heights[size_t(row)]; }
    void set(int row, int height)
    {
        const qint64 more = height - at(row);
        m_heights[size_t(row)] = height;
        for (size_t node = size_t(row) + 1; more != 0 && node < m_sums.size(); node += node & -node)
            m_sums[node] += more;
    }
    // Where a row begins; top(count()) is the height of all.
    qint64 top(int row) const
    {
        qint64 sum = 0;
        for (size_t node = size_t(row); node > 0; node -= node & -node)
            sum += m_sums[node];
        return sum;
    }
    qint64 total() const { return top(count()); }
    // The row that covers y; the last one for a y behind the end, -1 when there is no row.
    int rowAt(qint64 y) const
    {
        size_t node = 0;
        for (size_t step = std::bit_floor(m_sums.size()); step > 0; step /= 2) {
            if (node + step < m_sums.size() && m_sums[node + step] <= y) {
                node += step;
                y -= m_sums[node];
            }
        }
        return std::min(int(node), count() - 1);
    }

private:
    std::vector<int> m_heights;
    std::vector<qint64> m_sums{0}; // [i]: the heights of the rows behind i - lowest bit of i, up to i
};

} // namespace hub::gui
