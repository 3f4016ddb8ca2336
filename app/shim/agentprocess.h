// Starts the agent: a child that waits, fully set up, until it is released.
#pragma once

#include "core/posix/fd.h"
#include "core/posix/freezer.h"
#include "core/posix/shimspec.h"

namespace hub::posix
{

struct AgentProcess {
    ProcessId id;
    Fd input; // its stdin, stdout and stderr seen from here; non-blocking
    Fd output;
    Fd error;
    Fd release; // one byte lets it execute the program; closing it ends the child
    Fd outcome; // end of file: executed; a StartProblem: it could not be
};

struct StartProblem {
    int32_t step = 0;
    int32_t number = 0; // errno
};

// "cannot execute claude: No such file or directory"
std::string startProblemText(const StartProblem &problem, const ShimSpec &spec);

// 0 or an errno. `lock` is closed in the child before anything else, `agentMask` is the umask it gets.
int forkAgent(const ShimSpec &spec, Freezer &freezer, int lock, unsigned agentMask, AgentProcess &agent);

} // namespace hub::posix
