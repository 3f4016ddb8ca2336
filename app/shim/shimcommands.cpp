// The part of Shim that does what the hub asks.
#include "app/shim/shim.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/stat.h>
#include <thread>
#include <utility>

namespace hub::posix
{

void Shim::onMessage(const Message &message)
{
    switch (message.type) {
    case MessageType::Hello: return onHello();
    case MessageType::Thaw: return onThaw();
    case MessageType::Go:
        if (const auto epoch = getNumber64(message.payload))
            onGo(*epoch);
        return;
    case MessageType::Input: {
        uint64_t number = 0;
        std::string_view bytes;
        if (getInput(message.payload, number, bytes))
            onInput(number, bytes, false);
        return;
    }
    case MessageType::CloseInput:
        if (const auto number = getNumber64(message.payload))
            onInput(*number, {}, true);
        return;
    case MessageType::Freeze:
        if (const auto wish = getFreeze(message.payload))
            onFreeze(*wish);
        return;
    case MessageType::End:
        if (const auto grace = getNumber32(message.payload))
            onEnd(*grace);
        return;
    case MessageType::Signal:
        if (const auto number = getNumber32(message.payload))
            onSignal(int(*number));
        return;
    case MessageType::Acknowledge:
        if (const auto position = getPosition(message.payload))
            onAcknowledge(*position);
        return;
    default: logLine("unknown message " + std::to_string(int(message.type))); // of a newer hub
    }
}

void Shim::onHello()
{
    putWelcome(m_socket.out(), {wireVersion, m_state, m_identity, m_lastInput, m_frozen, m_newestEpoch, m_spool.end(),
                                m_spool.acknowledged()});
    // The hub knows the end from the welcome; only what comes after it is news.
    m_armed = true;
    m_news = false;
    m_inputRefused = false;
    if (m_state == ShimState::Exited)
        putExited(m_socket.out(), m_exit, m_exitEnd);
    if (m_spoolFails)
        tell(StatusKind::SpoolFailed, "the spool can't be written");
}

void Shim::onGo(uint64_t epoch)
{
    if (m_state == ShimState::Running) { // asked again by a hub that did not see the answer
        putMessage(m_socket.out(), MessageType::Started, encodeIdentity(m_identity));
        return;
    }
    if (m_state == ShimState::Exited) {
        putExited(m_socket.out(), m_exit, m_exitEnd);
        return;
    }
    if (epoch < m_newestEpoch) {
        putNumber64(m_socket.out(), MessageType::StartRefused, m_newestEpoch);
        return;
    }
    int failed = forkAgent(m_spec, *m_freezer, m_lock.get(), m_agentMask, m_agent);
    if (failed == 0) {
        m_identity.agent = m_agent.id;
        failed = m_spool.append(Stream::Identity, 0, encodeIdentity(m_identity));
    }
    if (failed != 0) {
        // Without its identity on disk an agent must not run; its child ends unreleased. The hub may say go again.
        m_identity.agent = {};
        m_agent = {};
        const RunExit problem{ExitKind::NotStarted, failed, "cannot start the agent: " + errorText(failed)};
        logLine(problem.text);
        putMessage(m_socket.out(), MessageType::StartFailed, encodeExit(problem));
        return;
    }
    m_state = ShimState::Running;
    m_news = true;
    const ssize_t released = ::write(m_agent.release.get(), "g", 1);
    m_agent.release.reset(); // not released means: ended, and the end is reported like any other
    if (released != 1)
        logLine("cannot release the agent: " + errorText(errno));
}

void Shim::onInput(uint64_t number, std::string_view bytes, bool closes)
{
    if (number <= m_lastInput)
        return; // seen, and in the spool
    if (number != m_lastInput + 1)
        return refuseInput("inputs are missing before it");
    if (m_state != ShimState::Running || m_treeEnded)
        return refuseInput("no agent runs");
    if (m_input.isFull())
        return refuseInput("the agent does not read");
    if (m_spoolFails)
        return refuseInput("the spool can't be written");
    if (const int failed = m_spool.append(Stream::Input, number, bytes)) {
        spoolFailed(failed);
        return refuseInput("the spool can't be written");
    }
    m_lastInput = number;
    m_inputRefused = false;
    m_news = true;
    if (!m_agent.input.isOpen())
        return; // closed, by either side: spooled, and nobody to give it to
    if (closes)
        m_input.close();
    else
        m_input.add(bytes);
    if (!m_input.writeTo(m_agent.input))
        note("the agent closed its input");
}

void Shim::refuseInput(const char *why)
{
    if (m_inputRefused)
        return;
    m_inputRefused = true;
    tell(StatusKind::InputRefused, why);
}

void Shim::tell(StatusKind kind, const std::string &text)
{
    if (m_socket.hasHub())
        putStatus(m_socket.out(), {kind, m_lastInput, text});
}

void Shim::onFreeze(const FreezeWish &wish)
{
    m_newestEpoch = std::max(m_newestEpoch, wish.epoch);
    FreezeReport report{m_identity.method, true, 0, 0};
    if (m_state == ShimState::Running && !m_treeEnded) {
        const bool lasts = m_frozen && !m_frozenByLease && !m_frozenByStall;
        m_frozenByStall = false; // from now on only the hub thaws
        // A lease on top of a lasting freeze changes nothing; a lasting one ends the lease.
        m_frozenByLease = wish.leaseMillis > 0 && (m_frozenByLease || !m_frozen);
        m_leaseAt = m_frozenByLease ? monotonicMicros() + wish.leaseMillis * 1000LL : never;
        const uint32_t grace = m_frozen ? 0 : wish.graceMillis; // what is frozen stays so
        report = freezeTree("the hub asked", !lasts, grace);
    }
    putFreezeNews(m_socket.out(), MessageType::Frozen, {report, m_newestEpoch});
}

void Shim::endLease()
{
    if (m_frozenByLease)
        thawTree("the hub that asked is gone");
}

void Shim::onThaw()
{
    if (m_frozen)
        thawTree("the hub asked");
    else
        putFreezeNews(m_socket.out(), MessageType::Thawed, {{m_identity.method, true, 0, 0}, m_newestEpoch});
}

// A git that is frozen in the middle of its work keeps its locks, and other people's git fails at them. It needs
// milliseconds to be done. A lock that has stood for longer is one that was left, or whose hook takes its time.
FreezeReport Shim::runOnWhileLocked(FreezeReport frozen, uint32_t graceMillis)
{
    constexpr std::chrono::milliseconds slice{2};
    const long long begun = monotonicMicros() - frozen.micros;
    const auto isHeld = [](const std::string &path) {
        constexpr time_t young = 10; // seconds
        struct stat info;
        return ::lstat(path.c_str(), &info) == 0 && ::time(nullptr) - info.st_mtime < young;
    };
    while (frozen.success && std::any_of(m_spec.locks.begin(), m_spec.locks.end(), isHeld) &&
           monotonicMicros() - begun < graceMillis * 1000LL) {
        m_freezer->thaw();
        std::this_thread::sleep_for(slice);
        frozen = m_freezer->freeze();
        frozen.micros = uint32_t(monotonicMicros() - begun);
    }
    return frozen;
}

FreezeReport Shim::freezeTree(const char *why, bool isNews, uint32_t graceMillis)
{
    const FreezeReport report = runOnWhileLocked(m_freezer->freeze(), graceMillis);
    m_frozen = true;
    if (report.method == FreezeMethod::Walk)
        m_recheckAt = monotonicMicros() + 100'000;
    if (!isNews || m_frozenByLease)
        return report; // a moment's stop for a checkpoint is no news
    note("frozen by " + std::string(freezeMethodText(report.method)) + ", " + std::to_string(report.processes) +
         " processes, " + std::to_string(report.micros) + " us" + (report.success ? ": " : ", not all of them: ") +
         why);
    return report;
}

void Shim::thawTree(const char *why)
{
    m_recheckAt = never;
    const FreezeReport report = m_freezer->thaw();
    m_frozen = m_frozenByStall = false;
    m_leaseAt = never;
    // Also when the hub did not ask: it must not take a running agent for a frozen one.
    if (m_socket.hasHub())
        putFreezeNews(m_socket.out(), MessageType::Thawed, {report, m_newestEpoch});
    if (std::exchange(m_frozenByLease, false))
        return;
    note("thawed, " + std::to_string(report.processes) + " processes: " + why);
}

void Shim::onEnd(uint32_t graceMillis)
{
    if (m_state == ShimState::Waiting) {
        m_exit = {ExitKind::NotStarted, ECANCELED, "ended before it was started"};
        m_state = ShimState::Running;
        m_agentGone = m_treeEnded = true;
        return;
    }
    if (m_state == ShimState::Exited || m_treeEnded)
        return;
    if (graceMillis == 0)
        return killTree("the hub asked");
    // The signal first: a frozen agent then meets it before it does anything else.
    if (!m_agentGone)
        ::kill(-m_agent.id.pid, SIGTERM);
    if (m_frozen)
        thawTree("to end it");
    m_killAt = monotonicMicros() + graceMillis * 1000LL;
}

void Shim::killTree(const char *why)
{
    m_killAt = m_recheckAt = m_leaseAt = never;
    const FreezeReport report = m_freezer->kill();
    m_frozen = m_frozenByStall = m_frozenByLease = false;
    note("killed " + std::to_string(report.processes) + " processes: " + why);
    reap();
}

void Shim::onSignal(int number)
{
    if (m_state == ShimState::Running && !m_agentGone && number > 0 && number < NSIG)
        ::kill(m_agent.id.pid, number);
}

void Shim::onAcknowledge(const Position &position)
{
    if (!m_spool.acknowledge(position)) {
        logLine("refused acknowledgement of segment " + std::to_string(position.segment) + " offset " +
                std::to_string(position.offset));
        return;
    }
    m_armed = true;
    m_news = position < m_spool.end();
    if (m_state == ShimState::Exited && position >= m_exitEnd)
        m_done = true;
}

} // namespace hub::posix
