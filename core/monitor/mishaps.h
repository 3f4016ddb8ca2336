// How bad it is that agents fail: one error is a warning; what repeats, or comes in bursts, is more. Pure.
#pragma once

#include "core/monitor/alert.h"

namespace hub::monitor
{

inline constexpr std::chrono::minutes burstWindow{10};

struct Escalation {
    AlertLevel level = AlertLevel::Warning;
    QString why; // a sentence; empty for a warning
    friend bool operator==(const Escalation &, const Escalation &) = default;
};

// The errors of one task, newest first: twice the same in a row is an error, three times critical. Numbers in them
// don't count: process ids, times, addresses.
Escalation repetition(const QStringList &errors);
// So many errors of one agent within the window: `limit` of them are an error, twice as many critical.
Escalation burst(qint64 errors, qint64 tasks, qint64 limit);

} // namespace hub::monitor
