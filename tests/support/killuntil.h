// A piece of code in a process of its own, killed before a system call that changes something on the disk.
#pragma once

#include "tests/support/syscalls.h"

#include <csignal>
#include <cstdlib>
#include <functional>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QtGlobal>

namespace hub::tests
{

// Runs `job` in a child and kills it before its n-th changing call; false when it ended before that.
inline bool runUntil(int n, const std::function<int()> &job)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        ::_exit(job());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    int seen = 0, forward = 0;
    for (;;) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, forward);
        forward = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status)) {
            if (WEXITSTATUS(status) != 0)
                qFatal("the undisturbed run failed");
            return false;
        }
        if (WIFSIGNALED(status))
            qFatal("the child died of signal %d", WTERMSIG(status));
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            forward = WSTOPSIG(status);
            continue;
        }
        SystemCall call;
        if (!readCall(child, call))
            continue;
        const Judged judged = judge(child, call);
        if (judged.effect == Effect::Unknown)
            qFatal("nobody said whether this call changes anything: %s", judged.text.c_str());
        if (judged.effect == Effect::Changes && ++seen == n) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return true;
        }
    }
}

} // namespace hub::tests
