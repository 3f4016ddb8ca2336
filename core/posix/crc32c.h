// CRC-32C (Castagnoli). `seed` is the checksum of what came before, 0 at the start.
#pragma once

#include <cstdint>
#include <string_view>

namespace hub::posix
{

uint32_t crc32c(uint32_t seed, std::string_view bytes);

} // namespace hub::posix
