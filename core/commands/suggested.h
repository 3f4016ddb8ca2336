// Which options the hub has values to offer for (HubPort::suggest), for every front end that offers them. Pure.
#pragma once

#include "core/commands/commandspec.h"

namespace hub::commands
{

// Paths too: a front end at the machine may have something better for these.
constexpr bool isSuggested(OptionKind kind)
{
    switch (kind) {
    case OptionKind::Text:
    case OptionKind::Number:
    case OptionKind::Flag:
    case OptionKind::Choice:
    case OptionKind::Channel:
    case OptionKind::File:
    case OptionKind::Program: return false;
    case OptionKind::Task:
    case OptionKind::Checkpoint:
    case OptionKind::Agent:
    case OptionKind::Project:
    case OptionKind::Approval:
    case OptionKind::Alert:
    case OptionKind::Operation:
    case OptionKind::Message:
    case OptionKind::Path:
    case OptionKind::Setting:
    case OptionKind::Command:
    case OptionKind::Branch:
    case OptionKind::Backup:
    case OptionKind::HubBackup: return true;
    }
    return false;
}

} // namespace hub::commands
