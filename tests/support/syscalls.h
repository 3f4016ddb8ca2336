// What each system call does to a disk, for tests that kill a program before every call that changes something there.
// A call that is in no list is an error of the test: nobody knows yet whether a kill before it matters.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace hub::tests
{

enum class Effect {
    Nothing, // on a disk
    Changes, // something on a disk, or makes it durable
    Unknown,
};

// A call as a traced thread enters it.
struct SystemCall {
    long number = -1;
    uint64_t arguments[6] = {};
};

struct Judged {
    Effect effect = Effect::Unknown;
    std::string text; // "rename /a -> /b"
};

// Of a thread in its stop at the entry of a call; false at any other stop.
bool readCall(pid_t thread, SystemCall &call);
Judged judge(pid_t thread, const SystemCall &call);

} // namespace hub::tests
