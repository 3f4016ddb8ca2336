// Counts what was sent on one connection of the gateway: 120 messages in a minute, a few of them kept for heartbeats,
// without which the connection dies. Pure.
#pragma once

#include "headless/discord/moment.h"

#include <deque>

namespace hub::discord
{

class SendBudget
{
public:
    enum class For { Heartbeat, Other };
    static constexpr size_t limit = 120;
    static constexpr size_t reserve = 6;
    // A little over a minute: Discord counts when a message arrives, and they do not all take equally long.
    static constexpr milliseconds window = 61s;

    bool allows(For what, Moment now) { return freeAt(what, now) <= now; }

    // When the next one may be sent; `now` when it may at once.
    Moment freeAt(For what, Moment now)
    {
        while (!m_sent.empty() && m_sent.front() + window <= now)
            m_sent.pop_front();
        const size_t most = what == For::Heartbeat ? limit : limit - reserve;
        return m_sent.size() < most ? now : m_sent[m_sent.size() - most] + window;
    }

    void sent(Moment now) { m_sent.push_back(now); }
    void newConnection() { m_sent.clear(); }

private:
    std::deque<Moment> m_sent; // within the window, oldest first
};

} // namespace hub::discord
