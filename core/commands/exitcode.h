// How a program that asked the hub ends (commands.md rule 9).
#pragma once

#include "core/base/result.h"

namespace hub::commands
{

namespace exitcode
{
inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int wrongInput = 2; // also: ambiguous
inline constexpr int needsConfirmation = 3;
inline constexpr int refused = 4; // safe mode, rights, a claim, a guard
inline constexpr int noHub = 5;
inline constexpr int waitTimedOut = 124; // only `wait`: the state was not reached in time
} // namespace exitcode

inline int exitCodeFor(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidInput:
    case ErrorCode::Ambiguous: return exitcode::wrongInput;
    case ErrorCode::NeedsConfirmation: return exitcode::needsConfirmation;
    case ErrorCode::Refused: return exitcode::refused;
    case ErrorCode::NoHub: return exitcode::noHub;
    case ErrorCode::NotFound:
    case ErrorCode::Conflict:
    case ErrorCode::Storage:
    case ErrorCode::DiskFull:
    case ErrorCode::Corrupt:
    case ErrorCode::Git:
    case ErrorCode::Process:
    case ErrorCode::Timeout:
    case ErrorCode::Unsupported:
    case ErrorCode::ShuttingDown:
    case ErrorCode::Internal: return exitcode::failed;
    }
    return exitcode::failed;
}

} // namespace hub::commands
