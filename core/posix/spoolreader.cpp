#include "core/posix/spoolreader.h"

#include "core/posix/crc32c.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace hub::posix
{

namespace
{
constexpr size_t readAhead = 2 * framePayloadLimit;
} // namespace

SpoolReader::SpoolReader(std::string runFolder, std::string_view mark, Position from)
    : m_folder(std::move(runFolder) + "/spool")
    , m_seed(spoolSeed(mark))
    , m_position(from)
{
}

ReadStatus SpoolReader::next(Frame &frame)
{
    m_torn = 0;
    m_error.clear();
    bool finished = false; // a later segment exists, so the current one grows no more
    for (;;) {
        Found found = readHere(frame);
        // Bytes may have been read while the writer took back a failed append and wrote anew: look again.
        if (found == Found::Damage) {
            m_buffer.clear();
            found = readHere(frame);
        }
        switch (found) {
        case Found::Frame: return ReadStatus::Frame;
        case Found::Gap: return ReadStatus::Corrupt;
        case Found::Error: return ReadStatus::Failed;
        case Found::Damage:
            if (findFrameBehind())
                return corrupt("a frame is damaged");
            return atEnd();
        case Found::NoFile:
        case Found::Nothing:
        case Found::Torn: break;
        }
        const auto later = laterSegment();
        if (!later)
            return atEnd();
        if (found == Found::NoFile) {
            m_resume = {*later, 0};
            return corrupt("a segment is missing");
        }
        if (!finished) { // it may have been finished between our read and our look at the folder
            finished = true;
            m_buffer.clear();
            continue;
        }
        m_resume = {*later, 0};
        if (found == Found::Torn)
            return corrupt("a frame is cut short");
        if (*later != m_position.segment + 1)
            return corrupt("a segment is missing");
        moveTo(m_resume);
        finished = false;
    }
}

void SpoolReader::skip()
{
    moveTo(m_resume);
    m_sequence = 0;
}

SpoolReader::Found SpoolReader::readHere(Frame &frame)
{
    if (!m_file.isOpen()) {
        m_file = openAt(AT_FDCWD, (m_folder + '/' + segmentName(m_position.segment)).c_str(), O_RDONLY);
        if (!m_file.isOpen()) {
            if (errno == ENOENT)
                return Found::NoFile;
            m_error = segmentName(m_position.segment) + ": " + errorText(errno);
            return Found::Error;
        }
    }
    if (!fill(frameHeaderSize))
        return m_error.empty() ? (available() == 0 ? Found::Nothing : Found::Torn) : Found::Error;
    FrameHeader header;
    if (!decodeHeader(here(), m_seed, header))
        return Found::Damage;
    if (!fill(frameHeaderSize + header.length))
        return m_error.empty() ? Found::Torn : Found::Error;
    const std::string_view bytes(here() + frameHeaderSize, header.length);
    if (crc32c(m_seed, bytes) != header.payloadChecksum)
        return Found::Damage;
    if (m_sequence != 0 && header.sequence != m_sequence + 1) {
        m_resume = m_position;
        corrupt("frames are missing");
        return Found::Gap;
    }
    frame = {header.stream, header.sequence, header.wallNanos, header.place, bytes, m_position, m_position};
    m_position.offset += frameHeaderSize + header.length;
    frame.end = m_position;
    m_sequence = header.sequence;
    return Found::Frame;
}

ReadStatus SpoolReader::atEnd()
{
    m_torn = available();
    m_buffer = {};
    m_bufferAt = m_position.offset;
    return ReadStatus::End;
}

ReadStatus SpoolReader::corrupt(const char *what)
{
    m_error =
        std::string(what) + " at " + segmentName(m_position.segment) + " offset " + std::to_string(m_position.offset);
    return ReadStatus::Corrupt;
}

size_t SpoolReader::available() const
{
    const uint64_t end = m_bufferAt + m_buffer.size();
    return end > m_position.offset ? size_t(end - m_position.offset) : 0;
}

// Makes `needed` bytes at the position available; false when the file (m_error empty) or the disk ends before.
bool SpoolReader::fill(size_t needed)
{
    if (available() >= needed)
        return true;
    if (available() == 0)
        m_buffer.clear();
    else
        m_buffer.erase(0, m_buffer.size() - available());
    m_bufferAt = m_position.offset;
    struct stat info;
    if (::fstat(m_file.get(), &info) != 0) {
        m_error = segmentName(m_position.segment) + ": " + errorText(errno);
        return false;
    }
    const uint64_t from = m_bufferAt + m_buffer.size();
    if (uint64_t(info.st_size) <= from)
        return false;
    const size_t had = m_buffer.size();
    const size_t wanted = size_t(std::min<uint64_t>(uint64_t(info.st_size) - from, readAhead));
    m_buffer.resize(had + wanted);
    ssize_t got;
    do {
        got = ::pread(m_file.get(), m_buffer.data() + had, wanted, off_t(from));
    } while (got < 0 && errno == EINTR);
    m_buffer.resize(had + size_t(std::max<ssize_t>(got, 0)));
    if (got < 0)
        m_error = segmentName(m_position.segment) + ": " + errorText(errno);
    return available() >= needed;
}

// Looks for a whole valid frame behind the damage, here or in a later segment: that tells damage in the middle from a
// tail that a crash left half written. A payload may hold bytes of an earlier part of this very spool, so only a
// later sequence number counts.
bool SpoolReader::findFrameBehind()
{
    const Position damage = m_position;
    const uint64_t after = m_sequence;
    const std::string magic = {char(frameMagic & 0xff), char(frameMagic >> 8 & 0xff), char(frameMagic >> 16 & 0xff),
                               char(frameMagic >> 24 & 0xff)};
    bool found = false;
    for (m_position.offset += 1; !found && fill(frameHeaderSize); m_position.offset += 1) {
        const size_t at = std::string_view(here(), available()).find(magic);
        if (at == std::string_view::npos) {
            m_position.offset += available() - magic.size(); // it may begin in the last bytes
            continue;
        }
        m_position.offset += at;
        FrameHeader header;
        if (!fill(frameHeaderSize) || !decodeHeader(here(), m_seed, header) || !fill(frameHeaderSize + header.length))
            continue;
        const std::string_view bytes(here() + frameHeaderSize, header.length);
        if (crc32c(m_seed, bytes) == header.payloadChecksum && (after == 0 || header.sequence > after + 1)) {
            m_resume = m_position;
            found = true;
        }
    }
    m_position = damage;
    m_buffer.clear();
    m_bufferAt = damage.offset;
    if (found)
        return true;
    const auto later = laterSegment();
    if (later)
        m_resume = {*later, 0};
    else
        fill(1); // so that the torn bytes are counted
    return later.has_value();
}

std::optional<uint64_t> SpoolReader::laterSegment() const
{
    std::optional<uint64_t> lowest;
    DIR *entries = ::opendir(m_folder.c_str());
    if (!entries)
        return lowest;
    while (const dirent *entry = ::readdir(entries)) {
        uint64_t segment = 0;
        if (segmentFromName(entry->d_name, segment) && segment > m_position.segment && (!lowest || segment < *lowest))
            lowest = segment;
    }
    ::closedir(entries);
    return lowest;
}

void SpoolReader::moveTo(const Position &position)
{
    if (position.segment != m_position.segment)
        m_file.reset();
    m_position = position;
    m_buffer.clear();
    m_bufferAt = position.offset;
}

} // namespace hub::posix
