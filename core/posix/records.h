// Payloads of the first and the last frame of a spool, also sent over the wire. Fields are only ever appended.
#pragma once

#include "core/posix/freezer.h"

#include <optional>

namespace hub::posix
{

// Who runs. In the spool before the agent executes its first instruction.
struct RunIdentity {
    ProcessId agent; // pid 0: not started yet
    ProcessId shim;
    std::string bootId;
    FreezeMethod method = FreezeMethod::Walk;
    std::string group; // folder of the control group; empty when walking
    std::string mark;

    friend bool operator==(const RunIdentity &, const RunIdentity &) = default;
};

enum class ExitKind : uint8_t {
    Code = 1,       // value is the exit code
    Signal = 2,     // value is the signal's number
    NotStarted = 3, // never executed; value is an errno, text says what failed
};

struct RunExit {
    ExitKind kind = ExitKind::Code;
    int32_t value = 0;
    std::string text;

    friend bool operator==(const RunExit &, const RunExit &) = default;
};

std::string encodeIdentity(const RunIdentity &identity);
std::optional<RunIdentity> decodeIdentity(std::string_view bytes);
std::string encodeExit(const RunExit &end);
std::optional<RunExit> decodeExit(std::string_view bytes);

// The content of <run folder>/lock: who holds it, "pid startTicks bootId\n".
std::string encodeHolder(const ProcessId &shim, std::string_view boot);
bool decodeHolder(std::string_view text, ProcessId &shim, std::string &boot);

} // namespace hub::posix
