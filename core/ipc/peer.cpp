#include "core/ipc/peer.h"

#include "core/base/account.h"
#include "core/base/durablefile.h"
#include "core/posix/procfs.h"

#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

// Linux 6.5; older headers do not know it, older kernels answer ENOPROTOOPT.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace hub::ipc
{

namespace
{

Error unknownPeer()
{
    return fail(ErrorCode::Refused,
                u"The hub can't tell which process is asking, so it refuses; nothing was changed."_s,
                u"Run the command again from a terminal of this machine."_s);
}

// A handle that stays with the connected process even when its pid is given out again; closed on old kernels.
FileHandle processHandle(int socket)
{
    int fd = -1;
    socklen_t size = sizeof fd;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0 ? FileHandle(fd) : FileHandle();
}

bool hasEnded(const FileHandle &process)
{
    if (!process.isOpen())
        return false;
    pollfd entry{process.fd(), POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

std::optional<RunId> markedRun(qint64 pid, const RunDirectory &runs)
{
    const QByteArray entry = "AGENTHUB_RUN=";
    for (const QByteArray &variable :
         readFile("/proc/" + QByteArray::number(pid) + "/environ").valueOr({}).split('\0')) {
        if (variable.startsWith(entry))
            return runs.runOfMark(variable.mid(entry.size()));
    }
    return std::nullopt;
}

enum class Walk { ReachedTop, Lost };

// From the peer up to the first process. Parents can end and orphans move up to a subreaper while we look, so a link
// counts only when the child still names the same parent after the parent was read.
Walk walkUp(qint64 pid, const RunDirectory &runs, std::optional<RunId> &run)
{
    constexpr int deepest = 4096; // more than any real tree; ends the walk should /proc ever show a ring
    auto stat = posix::readStat(pid_t(pid));
    for (int depth = 0; depth < deepest; ++depth) {
        if (!stat)
            return Walk::Lost;
        if ((run = runs.runOfShim(pid, stat->id.startTicks)) || (run = markedRun(pid, runs)))
            return Walk::ReachedTop;
        if (pid == 1 || stat->parent == 0)
            return Walk::ReachedTop;
        const auto parent = posix::readStat(stat->parent);
        const auto again = posix::readStat(pid_t(pid));
        if (!again || again->id != stat->id)
            return Walk::Lost;
        if (!parent || again->parent != stat->parent) {
            stat = again; // moved up meanwhile: look again from the same process
            continue;
        }
        pid = stat->parent;
        stat = parent;
    }
    return Walk::Lost;
}

} // namespace

Result<commands::Caller> callerOf(int socket, const RunDirectory &runs)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return unknownPeer();
    if (peer.uid != ::geteuid() && peer.uid != 0) {
        return fail(ErrorCode::Refused, u"This hub belongs to %1; %2 may not use it."_s.arg(accountName(::geteuid()),
                                                                                            accountName(peer.uid)));
    }
    if (peer.pid <= 0)
        return unknownPeer();
    const FileHandle process = processHandle(socket);
    std::optional<RunId> run;
    // An ancestor that ends in the middle breaks the walk; the next one finds where its children went.
    Walk walk = Walk::Lost;
    for (int attempt = 0; walk == Walk::Lost && attempt < 3; ++attempt)
        walk = walkUp(peer.pid, runs, run);
    // Had it ended before the walk was over, the pid may have been another process's.
    if (walk == Walk::Lost || hasEnded(process))
        return unknownPeer();
    if (run)
        return commands::Caller{commands::Role::Agent, u"run %1"_s.arg(run->toString()), u"agent"_s, run};
    return commands::Caller{commands::Role::Machine, accountName(peer.uid), u"terminal"_s, std::nullopt};
}

} // namespace hub::ipc
