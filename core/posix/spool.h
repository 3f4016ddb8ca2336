// The spool of a run: everything that went between hub and agent, in order, as frames in append-only segments
// (<folder>/%012llu.seg, numbered from 0). The shim is the only writer, the hub the only reader; they share nothing
// but these files. It is not synced: an agent does not survive a power cut either.
//
// Frame, little-endian: magic u32 | version u8 | stream u8 | reserved u16 | length u32 | payload checksum u32 |
// sequence u64 | wall time ns u64 | place u64 | header checksum u32 | payload. Checksums are CRC-32C seeded with the
// run's mark, so that spool bytes printed by another run's agent are never taken for frames.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace hub::posix
{

enum class Stream : uint8_t {
    Identity = 1, // first frame: RunIdentity
    Input = 2,    // what the hub sent; place is its number, no bytes mean end of input
    Output = 3,   // the agent's stdout; place is the offset of the first byte in the stream
    Error = 4,    // its stderr, likewise
    Note = 5,     // small text for people: frozen, thawed, back-pressure …
    Exit = 6,     // last frame: RunExit
};

struct Position {
    uint64_t segment = 0;
    uint64_t offset = 0;

    friend auto operator<=>(const Position &, const Position &) = default;
};

constexpr uint32_t frameMagic = 0x31664841; // "AHf1"
constexpr uint8_t frameVersion = 1;
constexpr size_t frameHeaderSize = 44;
constexpr size_t framePayloadLimit = 65536;
constexpr uint64_t defaultSegmentSize = 8 << 20;

struct FrameHeader {
    Stream stream = Stream::Note;
    uint32_t length = 0;
    uint32_t payloadChecksum = 0;
    uint64_t sequence = 0; // from 1, without gaps
    uint64_t wallNanos = 0;
    uint64_t place = 0;
};

// The seed of all checksums of a run.
uint32_t spoolSeed(std::string_view mark);

void encodeHeader(const FrameHeader &header, uint32_t seed, char (&out)[frameHeaderSize]);
// False when these bytes are no header of this run in a version that is known here.
bool decodeHeader(const char *bytes, uint32_t seed, FrameHeader &header);

// "000000000042.seg"
std::string segmentName(uint64_t segment);
// False when the name is no segment's.
bool segmentFromName(std::string_view name, uint64_t &segment);

} // namespace hub::posix
