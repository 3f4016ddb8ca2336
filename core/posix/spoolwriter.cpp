#include "core/posix/spoolwriter.h"

#include "core/posix/crc32c.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace hub::posix
{

int SpoolWriter::open(int runFolder, std::string_view mark, uint64_t segmentSize)
{
    if (::mkdirat(runFolder, "spool", 0700) != 0 && errno != EEXIST)
        return errno;
    m_folder = openAt(runFolder, "spool", O_RDONLY | O_DIRECTORY);
    if (!m_folder.isOpen())
        return errno;
    m_seed = spoolSeed(mark);
    m_segmentSize = segmentSize;
    return beginSegment(0);
}

int SpoolWriter::beginSegment(uint64_t segment)
{
    // O_EXCL: a second shim, or a used folder, must not write over what a hub may not have read.
    Fd file = openAt(m_folder.get(), segmentName(segment).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    if (!file.isOpen())
        return errno;
    if (m_file.isOpen())
        m_earlier.push_back(m_size);
    m_file = std::move(file);
    m_segment = segment;
    m_size = 0;
    return 0;
}

int SpoolWriter::append(Stream stream, uint64_t place, std::string_view payload)
{
    if (payload.size() > framePayloadLimit)
        return EMSGSIZE;
    if (m_torn) {
        if (::ftruncate(m_file.get(), off_t(m_size)) != 0)
            return errno;
        m_torn = false;
    }
    const uint64_t frameSize = frameHeaderSize + payload.size();
    if (m_size > 0 && m_size + frameSize > m_segmentSize) {
        if (const int failed = beginSegment(m_segment + 1))
            return failed;
    }
    const FrameHeader header{stream, uint32_t(payload.size()), crc32c(m_seed, payload), m_sequence + 1, wallNanos(),
                             place};
    char head[frameHeaderSize];
    encodeHeader(header, m_seed, head);
    iovec parts[2] = {{head, sizeof head}, {const_cast<char *>(payload.data()), payload.size()}};
    ssize_t written;
    do {
        written = ::writev(m_file.get(), parts, 2);
    } while (written < 0 && errno == EINTR);
    if (written != ssize_t(frameSize)) {
        // A short write means no space: the next one would have said so.
        const int failed = written < 0 ? errno : ENOSPC;
        m_torn = written > 0;
        if (m_torn && ::ftruncate(m_file.get(), off_t(m_size)) == 0)
            m_torn = false;
        return failed;
    }
    m_size += frameSize;
    ++m_sequence;
    return 0;
}

bool SpoolWriter::acknowledge(const Position &position)
{
    const bool inside = position.segment < m_segment
                            ? position.segment >= m_acknowledged.segment &&
                                  position.offset <= m_earlier[position.segment - m_acknowledged.segment]
                            : position.segment == m_segment && position.offset <= m_size;
    if (!inside || position < m_acknowledged)
        return false;
    for (uint64_t segment = m_acknowledged.segment; segment < position.segment; ++segment)
        ::unlinkat(m_folder.get(), segmentName(segment).c_str(), 0);
    m_earlier.erase(m_earlier.begin(), m_earlier.begin() + long(position.segment - m_acknowledged.segment));
    m_acknowledged = position;
    return true;
}

uint64_t SpoolWriter::unacknowledged() const
{
    uint64_t bytes = m_size;
    for (const uint64_t size : m_earlier)
        bytes += size;
    return bytes - m_acknowledged.offset;
}

} // namespace hub::posix
