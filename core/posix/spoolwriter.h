// Appends frames to a run's spool and deletes segments that were acknowledged. One thread, one process: the shim.
#pragma once

#include "core/posix/fd.h"
#include "core/posix/spool.h"

#include <vector>

namespace hub::posix
{

class SpoolWriter
{
public:
    // Begins a new spool in the folder (made if missing, relative to runFolder). 0 or an errno.
    int open(int runFolder, std::string_view mark, uint64_t segmentSize);

    // Appends one frame; at most framePayloadLimit bytes. After an error nothing of it is in the spool and the same
    // call may be tried again. 0 or an errno.
    int append(Stream stream, uint64_t place, std::string_view payload);

    // Deletes the segments before this position. False when it lies beyond the end or before an earlier one.
    bool acknowledge(const Position &position);

    Position end() const { return {m_segment, m_size}; }
    Position acknowledged() const { return m_acknowledged; }
    // Bytes between the acknowledged position and the end.
    uint64_t unacknowledged() const;

private:
    int beginSegment(uint64_t segment);

    Fd m_folder;
    Fd m_file;
    uint32_t m_seed = 0;
    uint64_t m_segmentSize = defaultSegmentSize;
    uint64_t m_segment = 0;
    uint64_t m_size = 0;     // of the current segment, whole frames only
    bool m_torn = false;     // bytes of a failed append may lie behind m_size
    uint64_t m_sequence = 0; // of the last frame
    Position m_acknowledged;
    std::vector<uint64_t> m_earlier; // sizes of the finished segments from m_acknowledged.segment on
};

} // namespace hub::posix
