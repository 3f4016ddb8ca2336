// What each way of losing the gateway's connection means for the session.
#pragma once

#include "core/base/result.h"

#include <optional>

namespace hub::discord
{

enum class AfterClose {
    Resume,     // the session lives: connect again, and what was missed is replayed
    NewSession, // it is gone: connect again and identify
    Stop,       // nothing will change until a person does something
};

struct CloseMeaning {
    AfterClose after = AfterClose::Resume;
    bool slowDown = false;    // we were too fast
    QString remark;           // for the log; empty where it is an everyday thing
    std::optional<Error> why; // for a person; set exactly when `after` is Stop
};

// Nothing: the connection broke without a code. Codes nobody knows yet mean Resume: the gateway itself says so when
// that is wrong (op 9).
CloseMeaning meaningOfClose(std::optional<int> code);

// Ours. Discord ends the session on 1000 and 1001 and keeps it on every other code.
inline constexpr int closeForGood = 1000;
inline constexpr int closeToResume = 4900;

} // namespace hub::discord
