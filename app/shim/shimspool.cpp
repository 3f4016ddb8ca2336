// The part of Shim between the agent's pipes and the spool: reading, back-pressure, a disk that is full.
#include "app/shim/shim.h"

#include <cerrno>
#include <malloc.h>
#include <sys/mman.h>

namespace hub::posix
{

namespace
{

constexpr long long second = 1'000'000;
constexpr size_t pageSize = 4096;

} // namespace

bool Shim::mayRead() const { return !m_full && m_pending == 0 && !m_spoolFails; }

void Shim::readPipe(Fd &pipe, Stream stream, uint64_t &offset)
{
    const ssize_t got = ::read(pipe.get(), m_buffer, framePayloadLimit);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        pipe.reset();
        return;
    }
    if (size_t(got) > pageSize)
        m_bufferUsed = true;
    if (m_bufferUsed)
        m_releaseAt = monotonicMicros() + second;
    m_pending = size_t(got);
    m_pendingStream = stream;
    storePending();
    if (m_pending == 0)
        offset += size_t(got);
}

// Reads the pipes to their end, or to what is in them when a stranger still holds them open.
void Shim::drain()
{
    while (m_pending == 0 && m_agent.output.isOpen()) {
        const uint64_t before = m_outputOffset;
        readPipe(m_agent.output, Stream::Output, m_outputOffset);
        if (m_outputOffset == before)
            break;
    }
    while (m_pending == 0 && m_agent.error.isOpen()) {
        const uint64_t before = m_errorOffset;
        readPipe(m_agent.error, Stream::Error, m_errorOffset);
        if (m_errorOffset == before)
            break;
    }
}

bool Shim::storePending()
{
    const uint64_t offset = m_pendingStream == Stream::Output ? m_outputOffset : m_errorOffset;
    if (const int failed = m_spool.append(m_pendingStream, offset, {m_buffer, m_pending})) {
        spoolFailed(failed);
        return false;
    }
    m_pending = 0;
    m_news = true;
    return true;
}

void Shim::note(const std::string &text)
{
    logLine(text);
    if (m_spool.append(Stream::Note, 0, text) == 0)
        m_news = true;
}

void Shim::spoolFailed(int number)
{
    m_retryAt = monotonicMicros() + second;
    if (m_spoolFails)
        return;
    m_spoolFails = true;
    const std::string text = "the spool can't be written: " + errorText(number);
    logLine(text);
    tell(StatusKind::SpoolFailed, text);
}

void Shim::retrySpool()
{
    const size_t waiting = m_pending;
    if (waiting > 0) {
        if (!storePending())
            return;
        (m_pendingStream == Stream::Output ? m_outputOffset : m_errorOffset) += waiting;
    }
    if (const int failed = m_spool.append(Stream::Note, 0, "the spool could not be written for a while")) {
        spoolFailed(failed);
        return;
    }
    m_news = true;
    m_spoolFails = false;
    m_inputRefused = false;
    logLine("the spool can be written again");
    tell(StatusKind::SpoolWorks, "the spool can be written again");
}

void Shim::checkQuota()
{
    if (m_state != ShimState::Running)
        return;
    const uint64_t waiting = m_spool.unacknowledged();
    if (!m_full && waiting >= m_spec.quota) {
        m_full = true;
        note("output is held back: " + std::to_string(waiting) + " bytes are not acknowledged");
        tell(StatusKind::Information, "output is held back at the quota");
    } else if (m_full && waiting <= m_spec.quota / 4 * 3) {
        m_full = false;
        note("output flows again");
        tell(StatusKind::Information, "output flows again");
        if (m_frozenByStall)
            thawTree("the hub acknowledged output");
    }
    if (!m_full || m_socket.hasHub() || m_frozen || m_treeEnded)
        m_stallAt = never;
    else if (m_stallAt == never)
        m_stallAt = monotonicMicros() + m_spec.stallMillis * 1000LL;
}

// Once per welcome or acknowledgement, so that a busy hub is not flooded.
void Shim::announceData()
{
    if (!m_armed || !m_news || !m_socket.hasHub())
        return;
    m_armed = m_news = false;
    putPosition(m_socket.out(), MessageType::Data, m_spool.end());
}

void Shim::releaseMemory()
{
    if (m_pending == 0)
        ::madvise(m_buffer, framePayloadLimit, MADV_DONTNEED);
    m_bufferUsed = false;
    m_releaseAt = never;
    ::malloc_trim(0);
}

} // namespace hub::posix
