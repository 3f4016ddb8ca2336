// Reads a run's spool, also while the shim writes it. Blocking file reads, any one thread at a time; holds no memory
// beyond a few words while it is at the end.
#pragma once

#include "core/posix/fd.h"
#include "core/posix/spool.h"

#include <optional>

namespace hub::posix
{

struct Frame {
    Stream stream = Stream::Note;
    uint64_t sequence = 0;
    uint64_t wallNanos = 0;
    uint64_t place = 0;     // input number, or offset in the stream
    std::string_view bytes; // valid until the next call of the reader
    Position begin;
    Position end; // acknowledge this once the frame is committed
};

enum class ReadStatus {
    Frame,   // a whole, checked frame
    End,     // nothing more yet; a torn frame at the end counts as nothing
    Corrupt, // damage with something readable (or lost frames) behind it; see resume()
    Failed,  // the file system said no; see error()
};

class SpoolReader
{
public:
    // `runFolder` as a path; `from` is where an earlier reader stopped, {} the beginning.
    SpoolReader(std::string runFolder, std::string_view mark, Position from = {});

    ReadStatus next(Frame &frame);

    // Where the next frame is expected.
    Position position() const { return m_position; }
    // After Corrupt: where reading can go on; skip() goes there. What lies between is lost and must be said.
    Position resume() const { return m_resume; }
    void skip();
    // After End: bytes behind the position that make no whole frame (a write in progress, or cut by a crash).
    uint64_t tornBytes() const { return m_torn; }
    // After Failed or Corrupt: a sentence.
    const std::string &error() const { return m_error; }

private:
    enum class Found { Frame, Nothing, Torn, Damage, Gap, NoFile, Error };

    Found readHere(Frame &frame);
    ReadStatus atEnd();
    ReadStatus corrupt(const char *what);
    size_t available() const;
    const char *here() const { return m_buffer.data() + (m_position.offset - m_bufferAt); }
    bool fill(size_t needed);
    bool findFrameBehind();
    std::optional<uint64_t> laterSegment() const;
    void moveTo(const Position &position);

    std::string m_folder;
    uint32_t m_seed;
    Position m_position;
    Position m_resume;
    Fd m_file;
    std::string m_buffer; // bytes of the current segment from m_bufferAt on
    uint64_t m_bufferAt = 0;
    uint64_t m_sequence = 0; // of the last frame read; 0: not known
    uint64_t m_torn = 0;
    std::string m_error;
};

} // namespace hub::posix
