#include "app/shim/shim.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace hub::posix
{

namespace
{

constexpr long long second = 1'000'000;
constexpr long long folderCheckEvery = 10 * second;
constexpr long long strayGrace = second / 2; // for output of others that hold the agent's pipes

} // namespace

void logLine(const std::string &text)
{
    const unsigned long long now = wallNanos();
    ::dprintf(STDERR_FILENO, "%llu.%03llu %s\n", now / 1'000'000'000, now / 1'000'000 % 1000, text.c_str());
}

Shim::Shim(Fd runFolder, Fd lock, ShimSpec spec, unsigned agentMask)
    : m_folder(std::move(runFolder))
    , m_lock(std::move(lock))
    , m_spec(std::move(spec))
    , m_agentMask(agentMask)
{
}

Shim::~Shim()
{
    if (m_buffer)
        ::munmap(m_buffer, framePayloadLimit);
}

std::string Shim::open()
{
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return "cannot become a subreaper: " + errorText(errno);
    sigset_t handled;
    ::sigemptyset(&handled);
    // The stop signals are taken and dropped: agents end when the hub says so, not with a service or a terminal.
    for (const int number : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM})
        ::sigaddset(&handled, number);
    ::sigprocmask(SIG_BLOCK, &handled, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    m_signals.reset(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!m_signals.isOpen())
        return "cannot wait for signals: " + errorText(errno);

    const auto self = readStat(::getpid());
    m_identity.bootId = bootId();
    m_identity.mark = m_spec.mark;
    if (!self || m_identity.bootId.empty())
        return "cannot read /proc";
    m_identity.shim = self->id;
    const std::string holder = encodeHolder(self->id, m_identity.bootId);
    if (::ftruncate(m_lock.get(), 0) != 0 || ::pwrite(m_lock.get(), holder.data(), holder.size(), 0) < 0)
        return "cannot write lock: " + errorText(errno);

    void *buffer = ::mmap(nullptr, framePayloadLimit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED)
        return "no memory: " + errorText(errno);
    m_buffer = static_cast<char *>(buffer);
    if (const int failed = m_spool.open(m_folder.get(), m_spec.mark, m_spec.segmentSize))
        return "cannot begin the spool: " + errorText(failed);
    std::string problem;
    m_freezer = makeFreezer(m_spec.freeze, m_spec.mark, problem);
    if (!m_freezer)
        return "cannot freeze by " + m_spec.freeze + ": " + problem;
    m_identity.method = m_freezer->method();
    m_identity.group = m_freezer->group();
    m_folderCheckAt = monotonicMicros() + folderCheckEvery;
    return m_socket.listen(m_folder.get());
}

void Shim::run()
{
    logLine("ready, freezing by " + std::string(freezeMethodText(m_identity.method)));
    enum { Signals, Outcome, Output, Error, Input, Socket, Count = Socket + HubSocket::pollCount };
    while (!m_done) {
        const bool reads = mayRead();
        pollfd polls[Count] = {
            {m_signals.get(), POLLIN, 0},
            {m_agent.outcome.get(), POLLIN, 0},
            {reads ? m_agent.output.get() : -1, POLLIN, 0},
            {reads ? m_agent.error.get() : -1, POLLIN, 0},
            {m_input.isEmpty() ? -1 : m_agent.input.get(), POLLOUT, 0},
        };
        m_socket.preparePoll(polls + Socket);
        if (::poll(polls, Count, pollTimeout()) < 0 && errno != EINTR) {
            logLine("poll: " + errorText(errno));
            continue;
        }
        // The hub first: a freeze must not wait behind output.
        m_socket.handlePoll(polls + Socket, [this](const Message &message) { onMessage(message); });
        if (polls[Signals].revents != 0)
            onSignals();
        if (polls[Outcome].revents != 0 && m_agent.outcome.isOpen()) // the agent's end may have closed it just now
            onOutcome();
        if (polls[Output].revents != 0 && mayRead())
            readPipe(m_agent.output, Stream::Output, m_outputOffset);
        if (polls[Error].revents != 0 && mayRead())
            readPipe(m_agent.error, Stream::Error, m_errorOffset);
        if (polls[Input].revents != 0 && m_agent.input.isOpen() && !m_input.writeTo(m_agent.input))
            note("the agent closed its input");
        if (m_inputRefused && m_input.isHalfEmpty() && !m_spoolFails && m_state == ShimState::Running) {
            m_inputRefused = false;
            tell(StatusKind::InputReady, "the agent takes input again");
        }
        onTime();
        announceData();
        m_socket.flush();
    }
    leave();
}

int Shim::pollTimeout() const
{
    long long next = never;
    for (const long long at :
         {m_stallAt, m_leaseAt, m_killAt, m_graceAt, m_retryAt, m_recheckAt, m_releaseAt, m_folderCheckAt}) {
        if (at != never && (next == never || at < next))
            next = at;
    }
    if (next == never)
        return -1;
    return int(std::clamp((next - monotonicMicros() + 999) / 1000, 0LL, 60'000LL));
}

void Shim::onSignals()
{
    signalfd_siginfo info;
    while (::read(m_signals.get(), &info, sizeof info) == ssize_t(sizeof info)) {
        if (info.ssi_signo != SIGCHLD)
            logLine("ignored signal " + std::to_string(info.ssi_signo) + " of process " + std::to_string(info.ssi_pid));
    }
    reap();
}

void Shim::reap()
{
    int status = 0;
    for (;;) {
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return;
        if (pid == m_agent.id.pid && !m_agentGone && m_state == ShimState::Running)
            agentEnded(status);
    }
}

// What the child said between fork and exec: nothing means that the agent's program runs.
void Shim::onOutcome()
{
    StartProblem problem;
    const ssize_t got = ::read(m_agent.outcome.get(), &problem, sizeof problem);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    m_agent.outcome.reset();
    if (got != ssize_t(sizeof problem)) {
        putMessage(m_socket.out(), MessageType::Started, encodeIdentity(m_identity));
        return;
    }
    m_exit = {ExitKind::NotStarted, problem.number, startProblemText(problem, m_spec)};
    logLine(m_exit.text);
    putMessage(m_socket.out(), MessageType::StartFailed, encodeExit(m_exit));
}

void Shim::agentEnded(int status)
{
    if (m_agent.outcome.isOpen())
        onOutcome();
    m_agentGone = true;
    if (m_exit.kind != ExitKind::NotStarted) {
        if (WIFSIGNALED(status))
            m_exit = {ExitKind::Signal, WTERMSIG(status), {}};
        else
            m_exit = {ExitKind::Code, WEXITSTATUS(status), {}};
    }
    m_graceAt = monotonicMicros() + strayGrace;
}

void Shim::onTime()
{
    if (m_state == ShimState::Running && m_agentGone && !m_agent.output.isOpen() && !m_agent.error.isOpen() &&
        !m_treeEnded)
        endTree();
    checkQuota();
    const long long now = monotonicMicros();
    const auto due = [now](long long &at) {
        if (at == never || now < at)
            return false;
        at = never;
        return true;
    };
    if (due(m_stallAt)) {
        m_frozenByStall = true;
        freezeTree("the spool is full and no hub is there");
    }
    if (due(m_leaseAt) || !m_socket.hasHub())
        endLease();
    if (due(m_killAt))
        killTree("it did not end in time");
    if (due(m_graceAt) && !m_treeEnded)
        endTree();
    if (due(m_retryAt))
        retrySpool();
    // A second look shortly after a walk: a child may have been missed while others exited.
    if (due(m_recheckAt) && m_frozen)
        m_freezer->freeze();
    if (due(m_releaseAt))
        releaseMemory();
    if (due(m_folderCheckAt)) {
        struct stat info;
        m_folderCheckAt = now + folderCheckEvery;
        if (::fstat(m_lock.get(), &info) != 0 || info.st_nlink == 0) {
            // Nobody could ever find this run again.
            logLine("the run folder is gone");
            m_freezer->kill();
            m_done = true;
            return;
        }
    }
    if (m_treeEnded && m_state == ShimState::Running)
        finishIfDrained();
}

// The agent itself has ended; what is left of its tree ends with it.
void Shim::endTree()
{
    m_graceAt = m_killAt = m_recheckAt = m_leaseAt = never;
    reap();
    const uint32_t left = m_freezer->count();
    if (left > 0) {
        const FreezeReport report = m_freezer->kill();
        note("ended " + std::to_string(std::max(left, report.processes)) + " processes that the agent left behind");
        reap();
    }
    m_frozen = m_frozenByStall = m_frozenByLease = false;
    m_treeEnded = true;
    m_input.clear();
    m_agent.input.reset();
}

// All writers of the pipes are gone, so what is in them is the rest; it is stored even above the quota.
void Shim::finishIfDrained()
{
    drain();
    if (m_pending > 0)
        return;
    if (const int failed = m_spool.append(Stream::Exit, 0, encodeExit(m_exit))) {
        spoolFailed(failed);
        return;
    }
    m_agent.output.reset();
    m_agent.error.reset();
    m_agent.release.reset();
    m_state = ShimState::Exited;
    m_exitEnd = m_spool.end();
    m_news = true;
    m_stallAt = never;
    m_freezer->remove();
    putExited(m_socket.out(), m_exit, m_exitEnd);
    releaseMemory();
}

void Shim::leave()
{
    logLine("done");
    reap();
    m_freezer->remove();
    m_socket.flush();
    m_socket.remove(m_folder.get());
}

} // namespace hub::posix
