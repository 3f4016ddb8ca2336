#include "app/shim/inputqueue.h"

#include <cerrno>

namespace hub::posix
{

namespace
{
constexpr size_t itemsKept = 1024; // written ones, before the list is shortened
} // namespace

void InputQueue::clear()
{
    m_items = {};
    m_head = m_offset = m_bytes = 0;
    m_closes = false;
}

bool InputQueue::writeTo(Fd &pipe)
{
    while (m_head < m_items.size()) {
        const std::string &item = m_items[m_head];
        const ssize_t written = ::write(pipe.get(), item.data() + m_offset, item.size() - m_offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN)
            return true;
        if (written < 0) {
            clear();
            pipe.reset();
            return false;
        }
        m_offset += size_t(written);
        m_bytes -= size_t(written);
        if (m_offset == item.size()) {
            m_items[m_head] = {};
            m_offset = 0;
            if (++m_head == itemsKept) {
                m_items.erase(m_items.begin(), m_items.begin() + long(m_head));
                m_head = 0;
            }
        }
    }
    const bool closes = m_closes;
    clear();
    if (closes)
        pipe.reset();
    return true;
}

} // namespace hub::posix
