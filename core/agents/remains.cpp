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

// How often nothing must be found before there is nothing. A line of short-lived forks can slip past one look at
// /proc; where other processes come and go all the time, stillness is not waited for.
constexpr int stillScans = 2;
constexpr int movingScans = 20;
constexpr long long chaseMicros = 3000;

// Stops the marked processes and finds all below them, since a child may have been given a clean environment. We and
// our ancestors are never among them.
posix::MarkedProcesses stopProcessesOf(const QByteArray &mark)
{
    QSet<pid_t> spared;
    for (const posix::ProcessId &process : posix::ancestry(::getpid()))
        spared.insert(process.pid);
    // Stopped at once, before the others are looked for, so that none reacts to the end of another by starting anew.
    const posix::MarkedProcesses marked = posix::processesWithMark(mark.toStdString(), SIGSTOP);
    posix::MarkedProcesses all{{}, marked.moving};
    QSet<pid_t> seen;
    const auto add = [&](const posix::ProcessId &process) {
        if (spared.contains(process.pid) || seen.contains(process.pid))
            return;
        seen.insert(process.pid);
        all.found.push_back(process);
    };
    for (const posix::ProcessId &process : marked.found) {
        if (spared.contains(process.pid))
            continue;
        add(process);
        for (const posix::ProcessStat &below : posix::descendants(process.pid))
            add(below.id);
    }
    return all;
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
        return fail(ErrorCode::Refused,
                    u"The shim of run %1 is alive; its agent is ended through it."_s.arg(QString::fromLatin1(mark)));
    if (mark.isEmpty())
        return fail(ErrorCode::InvalidInput, u"a run without a mark"_s);
    if (qgetenv("AGENTHUB_RUN") == mark)
        return fail(ErrorCode::Refused, u"This program belongs to run %1 itself."_s.arg(QString::fromLatin1(mark)));
    const auto deadline = std::chrono::steady_clock::now() + limit;
    RemainsReport report;
    const QByteArray groupName = "/agenthub-" + mark;
    if (identity && identity->bootId == posix::bootId() && identity->method != posix::FreezeMethod::Walk &&
        QByteArray::fromStdString(identity->group).endsWith(groupName))
        report.ended += int(posix::killGroup(identity->method, identity->group).processes);
    QSet<pid_t> ended;
    int emptyStill = 0;
    int emptyMoving = 0;
    for (;;) {
        const auto [processes, moving] = stopProcessesOf(mark);
        for (const int number : {SIGSTOP, SIGKILL}) {
            for (const posix::ProcessId &process : processes)
                posix::signalProcess(process, number);
        }
        std::vector<pid_t> met;
        if (moving)
            met = posix::chaseMarked(mark.toStdString(), chaseMicros);
        for (const posix::ProcessId &process : processes)
            met.push_back(process.pid);
        for (const pid_t pid : met)
            ended.insert(pid);
        if (met.empty()) {
            ++(moving ? emptyMoving : emptyStill);
            if (emptyStill == stillScans || emptyMoving == movingScans) {
                report.ended += int(ended.size());
                return report;
            }
            continue;
        }
        emptyStill = emptyMoving = 0;
        if (std::chrono::steady_clock::now() > deadline)
            return fail(
                ErrorCode::Timeout,
                u"%1 processes of run %2 can't be ended"_s.arg(processes.size()).arg(QString::fromLatin1(mark)));
        QThread::usleep(500);
    }
}

} // namespace hub::agents
