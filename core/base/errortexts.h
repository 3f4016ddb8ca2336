// The stable names of error codes, as machines read them: in --json, at the socket, in answers to agents.
#pragma once

#include "core/base/enumtext.h"
#include "core/base/result.h"

namespace hub
{

inline constexpr EnumText<ErrorCode> errorCodeTexts[]{
    {ErrorCode::InvalidInput, QLatin1StringView("invalid_input")},
    {ErrorCode::NotFound, QLatin1StringView("not_found")},
    {ErrorCode::Ambiguous, QLatin1StringView("ambiguous")},
    {ErrorCode::NeedsConfirmation, QLatin1StringView("needs_confirmation")},
    {ErrorCode::Refused, QLatin1StringView("refused")},
    {ErrorCode::NoHub, QLatin1StringView("no_hub")},
    {ErrorCode::Conflict, QLatin1StringView("conflict")},
    {ErrorCode::Storage, QLatin1StringView("storage")},
    {ErrorCode::DiskFull, QLatin1StringView("disk_full")},
    {ErrorCode::Corrupt, QLatin1StringView("corrupt")},
    {ErrorCode::Git, QLatin1StringView("git")},
    {ErrorCode::Process, QLatin1StringView("process")},
    {ErrorCode::Timeout, QLatin1StringView("timeout")},
    {ErrorCode::Unsupported, QLatin1StringView("unsupported")},
    {ErrorCode::ShuttingDown, QLatin1StringView("shutting_down")},
    {ErrorCode::Internal, QLatin1StringView("internal")}};

} // namespace hub
