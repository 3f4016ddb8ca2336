#include "core/posix/crc32c.h"

#include <array>
#include <cstring>

namespace hub::posix
{

namespace
{

// Eight tables let the loop take eight bytes at a time; constant data, so all shims share the pages.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables makeTables()
{
    Tables tables{};
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78U : 0U);
        tables[0][i] = value;
    }
    for (uint32_t i = 0; i < 256; ++i) {
        for (size_t t = 1; t < 8; ++t)
            tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
    }
    return tables;
}

constexpr Tables tables = makeTables();

uint32_t bySoftware(uint32_t crc, const char *at, size_t left)
{
    const auto byteOf = [](char c) { return uint32_t(static_cast<unsigned char>(c)); };
    for (; left >= 8; left -= 8, at += 8) {
        const uint32_t low = crc ^ (byteOf(at[0]) | byteOf(at[1]) << 8 | byteOf(at[2]) << 16 | byteOf(at[3]) << 24);
        crc = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
              tables[4][low >> 24] ^ tables[3][byteOf(at[4])] ^ tables[2][byteOf(at[5])] ^ tables[1][byteOf(at[6])] ^
              tables[0][byteOf(at[7])];
    }
    for (; left > 0; --left, ++at)
        crc = (crc >> 8) ^ tables[0][(crc ^ byteOf(*at)) & 0xff];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t byHardware(uint32_t crc, const char *at, size_t left)
{
    uint64_t wide = crc;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        std::memcpy(&word, at, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = uint32_t(wide);
    for (; left > 0; --left, ++at)
        crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(*at));
    return crc;
}
#endif

} // namespace

uint32_t crc32c(uint32_t seed, std::string_view bytes)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~byHardware(~seed, bytes.data(), bytes.size());
#endif
    return ~bySoftware(~seed, bytes.data(), bytes.size());
}

} // namespace hub::posix
