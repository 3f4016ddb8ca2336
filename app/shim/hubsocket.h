// The shim's side of the control socket: listens, checks who calls, keeps at most one hub. A caller becomes the hub by
// saying hello; it then replaces the one before, which is most likely dead.
#pragma once

#include "core/posix/fd.h"
#include "core/posix/wire.h"

#include <poll.h>

namespace hub::posix
{

class HubSocket
{
public:
    // Empty, or what went wrong. The socket is <run folder>/sock, for its owner only.
    std::string listen(int runFolder);
    void remove(int runFolder);

    bool hasHub() const { return m_hub.fd.isOpen(); }
    // What is put here is sent when the socket takes it; dropped when there is no hub.
    std::string &out() { return m_hub.out; }

    static constexpr int pollCount = 3;
    void preparePoll(pollfd *polls) const;

    // Handles what poll reported; calls onMessage(const Message &) for each message of the hub, with Hello whenever
    // another hub took over.
    template <class Fn>
    void handlePoll(const pollfd *polls, Fn onMessage)
    {
        if (polls[0].revents != 0)
            acceptCaller();
        if (polls[1].revents != 0 && m_caller.fd.get() == polls[1].fd)
            readFrom(m_caller);
        if (takeCallersHello())
            onMessage(Message{MessageType::Hello, {}});
        if (polls[2].revents != 0 && m_hub.fd.get() == polls[2].fd)
            readFrom(m_hub);
        std::string_view rest = m_hub.in;
        bool broken = false;
        while (const auto message = takeMessage(rest, broken)) {
            if (message->type != MessageType::Hello)
                onMessage(*message);
        }
        keepUnread(rest, broken);
    }

    // Sends what waits.
    void flush();

private:
    struct Connection {
        Fd fd;
        std::string in;
        std::string out;
        bool ended = false; // closed by the other side; what it said before still counts
    };

    void acceptCaller();
    static void readFrom(Connection &connection);
    bool takeCallersHello();
    void keepUnread(std::string_view rest, bool broken);

    Fd m_listener;
    Connection m_caller; // has not said hello yet
    Connection m_hub;
};

} // namespace hub::posix
