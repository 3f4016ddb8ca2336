// <run folder>/spec: what a shim is to run, as NUL-terminated "key=value" strings. The hub writes it, the shim reads
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hub::posix
{

struct ShimSpec {
    std::string mark;                     // letters, digits, '-', '_'; at most 64; unique to the run
    std::string folder;                   // where the agent starts
    std::vector<std::string> arguments;   // the first is the program, looked up in the agent's own PATH
    std::vector<std::string> environment; // "K=V", complete: the agent inherits nothing
    std::vector<std::string> locks;       // files that a frozen agent should not leave held: git's, in its tree
    uint64_t quota = 1ULL << 30;          // bytes of unacknowledged spool
    std::string freeze = "auto";          // auto, cgroup2, cgroup1, walk
    uint64_t segmentSize = 8ULL << 20;    // bytes
    uint32_t stallMillis = 60000;         // at the quota without a hub, until the tree is frozen

    friend bool operator==(const ShimSpec &, const ShimSpec &) = default;
};

std::string encodeSpec(const ShimSpec &spec);

// Empty when the spec was read; else what is wrong with it.
std::string decodeSpec(std::string_view bytes, ShimSpec &spec);
// Empty when it can be run; else what is wrong. decodeSpec() checks this too.
std::string checkSpec(const ShimSpec &spec);

} // namespace hub::posix
