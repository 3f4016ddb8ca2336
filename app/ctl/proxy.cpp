#include "app/ctl/proxy.h"

#include "core/commands/exitcode.h"
#include "core/ipc/endpoint.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::ctl
{

using namespace commands;

namespace
{

constexpr int patience = 2000; // milliseconds, for a hub with a full backlog

// One direction: what was read and is not written yet. Nothing more is read before all of it is gone, so a slow side
// holds up the other one rather than filling our memory.
struct Stream {
    int from, to;
    std::array<char, 64 * 1024> bytes;
    size_t begin = 0, end = 0;
    bool over = false; // nothing more will come

    bool mayRead() const { return !over && begin == end; }
    bool mayWrite() const { return begin < end; }

    void read()
    {
        const ssize_t got = ::read(from, bytes.data(), bytes.size());
        if (got > 0) {
            begin = 0;
            end = size_t(got);
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            over = true;
        }
    }
    bool write()
    {
        const ssize_t put = ::write(to, bytes.data() + begin, end - begin);
        if (put > 0)
            begin += size_t(put);
        return put > 0 || errno == EINTR || errno == EAGAIN;
    }
};

void pump(int hub)
{
    auto up = std::make_unique<Stream>(Stream{STDIN_FILENO, hub, {}});
    auto down = std::make_unique<Stream>(Stream{hub, STDOUT_FILENO, {}});
    bool deaf = false; // the hub takes nothing more; it may have said why
    for (;;) {
        // The hub has ended and all that it said was passed on, or the window has gone.
        if ((down->over && !down->mayWrite()) || (!deaf && up->over && !up->mayWrite()))
            return;
        std::array<pollfd, 4> wanted{{{!deaf && up->mayRead() ? up->from : -1, POLLIN, 0},
                                      {!deaf && up->mayWrite() ? up->to : -1, POLLOUT, 0},
                                      {down->mayRead() ? down->from : -1, POLLIN, 0},
                                      {down->mayWrite() ? down->to : -1, POLLOUT, 0}}};
        if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR)
            return;
        if (wanted[0].revents != 0)
            up->read();
        if (wanted[2].revents != 0)
            down->read();
        deaf = deaf || (wanted[1].revents != 0 && !up->write());
        if (wanted[3].revents != 0 && !down->write())
            return; // nobody listens there any more
    }
}

} // namespace

int runProxy(const QString &dataDir, const QStringList &words, const Terminal &terminal)
{
    if (!words.isEmpty())
        return terminal.report(fail(ErrorCode::InvalidInput, u"proxy takes no words."_s, u"agenthubctl proxy"_s));
    const auto hub = ipc::connectTo(dataDir, patience);
    if (!hub)
        return terminal.report(hub.error());
    ::signal(SIGPIPE, SIG_IGN); // what the hub said before it went is passed on
    pump(hub->fd());
    return exitcode::done;
}

} // namespace hub::ctl
