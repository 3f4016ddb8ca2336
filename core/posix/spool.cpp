#include "core/posix/spool.h"

#include "core/posix/bytes.h"
#include "core/posix/crc32c.h"

#include <cstdio>

namespace hub::posix
{

namespace
{
constexpr size_t checkedSize = frameHeaderSize - sizeof(uint32_t);
} // namespace

uint32_t spoolSeed(std::string_view mark) { return crc32c(frameMagic, mark); }

void encodeHeader(const FrameHeader &header, uint32_t seed, char (&out)[frameHeaderSize])
{
    storeLittle(out, frameMagic);
    storeLittle(out + 4, frameVersion);
    storeLittle(out + 5, uint8_t(header.stream));
    storeLittle(out + 6, uint16_t(0));
    storeLittle(out + 8, header.length);
    storeLittle(out + 12, header.payloadChecksum);
    storeLittle(out + 16, header.sequence);
    storeLittle(out + 24, header.wallNanos);
    storeLittle(out + 32, header.place);
    storeLittle(out + checkedSize, crc32c(seed, {out, checkedSize}));
}

bool decodeHeader(const char *bytes, uint32_t seed, FrameHeader &header)
{
    if (loadLittle<uint32_t>(bytes) != frameMagic || loadLittle<uint8_t>(bytes + 4) != frameVersion)
        return false;
    if (loadLittle<uint32_t>(bytes + checkedSize) != crc32c(seed, {bytes, checkedSize}))
        return false;
    header.stream = Stream(loadLittle<uint8_t>(bytes + 5));
    header.length = loadLittle<uint32_t>(bytes + 8);
    header.payloadChecksum = loadLittle<uint32_t>(bytes + 12);
    header.sequence = loadLittle<uint64_t>(bytes + 16);
    header.wallNanos = loadLittle<uint64_t>(bytes + 24);
    header.place = loadLittle<uint64_t>(bytes + 32);
    return header.length <= framePayloadLimit;
}

std::string segmentName(uint64_t segment)
{
    char name[40];
    std::snprintf(name, sizeof name, "%012llu.seg", static_cast<unsigned long long>(segment));
    return name;
}

bool segmentFromName(std::string_view name, uint64_t &segment)
{
    if (name.size() < 16 || name.substr(name.size() - 4) != ".seg")
        return false;
    segment = 0;
    for (const char c : name.substr(0, name.size() - 4)) {
        if (c < '0' || c > '9')
            return false;
        segment = segment * 10 + uint64_t(c - '0');
    }
    return true;
}

} // namespace hub::posix
