// What waits for the agent to read its stdin. Kept in memory: an agent that doesn't read must never block the loop.
#pragma once

#include "core/posix/fd.h"

#include <vector>

namespace hub::posix
{

class InputQueue
{
public:
    static constexpr size_t limit = 8 << 20; // bytes; more is refused until half of it is taken

    bool isFull() const { return m_bytes >= limit; }
    bool isHalfEmpty() const { return m_bytes <= limit / 2; }
    bool isEmpty() const { return m_head == m_items.size() && !m_closes; }

    void add(std::string_view bytes)
    {
        if (m_closes || bytes.empty())
            return;
        m_items.emplace_back(bytes);
        m_bytes += bytes.size();
    }
    // End of input once all before is written.
    void close() { m_closes = true; }
    void clear();

    // Writes what the pipe takes and closes it at the end. False when nobody reads it any more.
    bool writeTo(Fd &pipe);

private:
    std::vector<std::string> m_items;
    size_t m_head = 0;   // first item that is not written whole
    size_t m_offset = 0; // bytes of it that are
    size_t m_bytes = 0;
    bool m_closes = false;
};

} // namespace hub::posix
