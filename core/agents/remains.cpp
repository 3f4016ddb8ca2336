#include "core/agents/remains.h"

#include "core/base/durablefile.h"
#include "core/posix/procfs.h"
#include "core/posix/spoolreader.h"

#include <QFile>
#include <QSet>
#include <QThread>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// The marked processes and all below them: a child may have been given a clean environment. We and our ancestors are
// never among them: a hub may run inside an agent of another hub, and then carries that one's mark.
std::vector<posix::ProcessId> processesOf(const QByteArray &mark)
{
    QSet<pid_t> spared;
    for (const posix::ProcessId &process : posix::ancestry(::getpid()))
        spared.insert(process.pid);
    std::vector<posix::ProcessId> found;
    QSet<pid_t> seen;
    const auto add = [&](const posix::ProcessId &process) {
        if (spared.contains(process.pid) || seen.contains(process.pid))
            return;
        seen.insert(process.pid);
        found.push_back(process);
    };
    for (const posix::ProcessId &process : posix::processesWithMark({mark.constData(), size_t(mark.size())})) {
        if (spared.contains(process.pid))
            continue;
        add(process);
        for (const posix::ProcessStat &below : posix::descendants(process.pid))
            add(below.id);
    }
    return found;
}

} // namespace

Result<ShimLife> shimLife(const QByteArray &runFolder)
{
    const QByteArray path = runFolder + "/lock";
    auto lock = openFile(path, O_RDWR);
    if (!lock) {
        if (lock.error().code == ErrorCode::NotFound)
            return ShimLife::NoneYet;
        return std::move(lock).error();
    }
    if (::flock(lock->fd(), LOCK_SH | LOCK_NB) == 0) // given back when the descriptor closes
        return ShimLife::Dead;
    if (errno != EWOULDBLOCK)
        return systemError(errno, u"look at", path);
    HUB_TRY(const QByteArray text, readFile(path));
    posix::ProcessId shim;
    std::string boot;
    const bool named = posix::decodeHolder(text.toStdString(), shim, boot);
    return named && posix::isAlive(shim, boot) ? ShimLife::Alive : ShimLife::Doubtful;
}

std::optional<posix::RunIdentity> identityInSpool(const QByteArray &runFolder, const QByteArray &mark)
{
    posix::SpoolReader reader(runFolder.toStdString(), mark.toStdString());
    posix::Frame frame;
    while (reader.next(frame) == posix::ReadStatus::Frame) {
        if (frame.stream == posix::Stream::Identity)
            return posix::decodeIdentity(frame.bytes);
    }
    return std::nullopt;
}

Result<RemainsReport> endRemains(const QByteArray &runFolder, const QByteArray &mark,
                                 const std::optional<posix::RunIdentity> &identity, std::chrono::milliseconds limit)
{
    HUB_TRY(const ShimLife life, shimLife(runFolder));
    if (life == ShimLife::Alive || life == ShimLife::Doubtful)
        return fail(ErrorCode::Refused, u"The shim of run %1 is alive; its agent is ended through it."_s.arg(
                                            QString::fromLatin1(mark)));
    if (mark.isEmpty())
        return fail(ErrorCode::InvalidInput, u"a run without a mark"_s);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    RemainsReport report;
    const QByteArray groupName = "/agenthub-" + mark;
    if (identity && identity->bootId == posix::bootId() && identity->method != posix::FreezeMethod::Walk &&
        QByteArray::fromStdString(identity->group).endsWith(groupName))
        report.ended += int(posix::killGroup(identity->method, identity->group).processes);
    QSet<pid_t> counted;
    for (;;) {
        const auto processes = processesOf(mark);
        if (processes.empty())
            return report;
        // Stopped first, all of them, so that none reacts to the end of another by starting anew.
        for (const int number : {SIGSTOP, SIGKILL}) {
            for (const posix::ProcessId &process : processes)
                posix::signalProcess(process, number);
        }
        for (const posix::ProcessId &process : processes) {
            if (!counted.contains(process.pid)) {
                counted.insert(process.pid);
                ++report.ended;
            }
        }
        if (std::chrono::steady_clock::now() > deadline)
            return fail(ErrorCode::Timeout, u"%1 processes of run %2 can't be ended"_s.arg(processes.size()).arg(
                                                QString::fromLatin1(mark)));
        QThread::usleep(500);
    }
}

} // namespace hub::agents
