#include "app/shim/hubsocket.h"

#include "core/posix/procfs.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace hub::posix
{

namespace
{

constexpr size_t outLimit = 256 * 1024;

// Own user or root, and not the agent itself: nothing below this shim may steer it.
bool mayConnect(int socket)
{
    ucred peer;
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    if (peer.uid != ::geteuid() && peer.uid != 0)
        return false;
    for (const ProcessId &process : ancestry(peer.pid)) {
        if (process.pid == ::getpid())
            return false;
    }
    return true;
}

} // namespace

std::string HubSocket::listen(int runFolder)
{
    ::unlinkat(runFolder, "sock", 0); // of an earlier shim: we hold the lock
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Through the folder's descriptor, since a path in the address may have 107 bytes only.
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/sock", runFolder);
    m_listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!m_listener.isOpen() || ::bind(m_listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 ||
        ::fchmodat(runFolder, "sock", 0600, 0) != 0 || ::listen(m_listener.get(), 8) != 0)
        return "cannot listen at sock: " + errorText(errno);
    return {};
}

void HubSocket::remove(int runFolder) { ::unlinkat(runFolder, "sock", 0); }

void HubSocket::preparePoll(pollfd *polls) const
{
    polls[0] = {m_listener.get(), POLLIN, 0};
    polls[1] = {m_caller.fd.get(), POLLIN, 0};
    polls[2] = {m_hub.fd.get(), short(POLLIN | (m_hub.out.empty() ? 0 : POLLOUT)), 0};
}

void HubSocket::acceptCaller()
{
    Fd caller(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!caller.isOpen() || !mayConnect(caller.get()))
        return;
    m_caller = {};
    m_caller.fd = std::move(caller);
    readFrom(m_caller); // most callers have said hello already
}

void HubSocket::readFrom(Connection &connection)
{
    const size_t had = connection.in.size();
    connection.in.resize(had + wireMessageLimit);
    ssize_t got;
    do {
        got = ::read(connection.fd.get(), connection.in.data() + had, wireMessageLimit);
    } while (got < 0 && errno == EINTR);
    connection.in.resize(had + size_t(got > 0 ? got : 0));
    if (got == 0 || (got < 0 && errno != EAGAIN))
        connection.ended = true;
}

bool HubSocket::takeCallersHello()
{
    if (!m_caller.fd.isOpen())
        return false;
    std::string_view rest = m_caller.in;
    bool broken = false;
    const auto message = takeMessage(rest, broken);
    if (!message) {
        if (broken || m_caller.ended)
            m_caller = {};
        return false;
    }
    if (message->type != MessageType::Hello || !getHello(message->payload)) {
        m_caller = {};
        return false;
    }
    m_caller.in.erase(0, m_caller.in.size() - rest.size());
    m_hub = std::move(m_caller);
    m_caller = {};
    return true;
}

void HubSocket::keepUnread(std::string_view rest, bool broken)
{
    if (broken || m_hub.ended) {
        m_hub = {};
        return;
    }
    if (rest.empty())
        m_hub.in = {}; // an idle shim keeps no buffer
    else
        m_hub.in.erase(0, m_hub.in.size() - rest.size());
}

void HubSocket::flush()
{
    if (!m_hub.fd.isOpen()) {
        m_hub.out = {};
        return;
    }
    while (!m_hub.out.empty()) {
        const ssize_t sent = ::send(m_hub.fd.get(), m_hub.out.data(), m_hub.out.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            // A hub that never reads is as good as none. Another error shows as the end of what it sent, after that.
            if (errno != EAGAIN)
                m_hub.out.clear();
            else if (m_hub.out.size() > outLimit)
                m_hub = {};
            return;
        }
        m_hub.out.erase(0, size_t(sent));
    }
    m_hub.out = {};
}

} // namespace hub::posix
