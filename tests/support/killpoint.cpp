// Follows a running process, its threads and what it starts, and kills them all right before the n-th of their system
// calls that change something on a disk.
//
// usage: killpoint PID N     N = 0: only follow, until standard input ends
//
// Prints a line each: "ready"; "point K CALL" for each such call; at the end "killed", "detached" or "ended". Exit
// code 3 when a call was seen of which nobody said whether it changes anything (a line "unknown CALL"), 4 when tracing
// is not allowed here. Calls on descriptor 2, the log, are left out.
#include "tests/support/syscalls.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <string>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hub::tests;

namespace
{

constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

pid_t processOf(pid_t thread)
{
    std::string line;
    if (FILE *file = std::fopen(("/proc/" + std::to_string(thread) + "/status").c_str(), "re")) {
        char text[256];
        pid_t process = thread;
        while (std::fgets(text, sizeof text, file)) {
            if (std::strncmp(text, "Tgid:", 5) == 0)
                process = pid_t(std::atoi(text + 5));
        }
        std::fclose(file);
        return process;
    }
    return thread;
}

class Tracer
{
public:
    Tracer(pid_t process, long kill)
        : m_process(process)
        , m_kill(kill)
    {
    }

    bool seize()
    {
        // Again until no new thread shows up: one may be made while others are taken.
        for (bool found = true; found;) {
            found = false;
            DIR *folder = ::opendir(("/proc/" + std::to_string(m_process) + "/task").c_str());
            while (const dirent *entry = folder ? ::readdir(folder) : nullptr) {
                const pid_t thread = pid_t(std::atoi(entry->d_name));
                if (thread <= 0 || m_threads.contains(thread))
                    continue;
                if (::ptrace(PTRACE_SEIZE, thread, nullptr, options) != 0) {
                    if (errno == ESRCH)
                        continue;
                    std::printf("not allowed: %s\n", std::strerror(errno));
                    return false;
                }
                m_threads.insert(thread);
                ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
                found = true;
            }
            if (folder)
                ::closedir(folder);
        }
        return !m_threads.empty();
    }

    int follow()
    {
        // The first stop of each thread; from there on every call of it is seen.
        const std::set<pid_t> first = m_threads;
        for (const pid_t thread : first) {
            int status = 0;
            if (::waitpid(thread, &status, __WALL) == thread)
                onStop(thread, status);
        }
        ::kill(m_process, SIGCONT); // whoever was started stopped, to be followed from its beginning
        std::printf("ready\n");
        std::fflush(stdout);
        bool leaving = false;
        while (!m_threads.empty()) {
            int status = 0;
            const pid_t thread = ::waitpid(-1, &status, __WALL | WNOHANG);
            if (thread < 0)
                break;
            if (thread > 0) {
                if (leaving && WIFSTOPPED(status))
                    letGo(thread, status);
                else
                    onStop(thread, status);
                continue;
            }
            // Stops come as SIGCHLD, which ends the wait for the end of the input.
            pollfd input{leaving ? -1 : 0, POLLIN, 0};
            sigset_t none;
            sigemptyset(&none);
            if (::ppoll(&input, 1, nullptr, &none) > 0) {
                leaving = true;
                for (const pid_t other : m_threads)
                    ::ptrace(PTRACE_INTERRUPT, other, nullptr, nullptr);
            }
        }
        std::printf("%s\n", m_killed ? "killed" : leaving ? "detached" : "ended");
        return m_unknown ? 3 : 0;
    }

private:
    void letGo(pid_t thread, int status)
    {
        const int signal = WSTOPSIG(status);
        const bool own = signal == (SIGTRAP | 0x80) || (status >> 16) != 0;
        ::ptrace(PTRACE_DETACH, thread, nullptr, own ? 0 : signal);
        m_threads.erase(thread);
    }

    void onStop(pid_t thread, int status)
    {
        if (!WIFSTOPPED(status)) {
            m_threads.erase(thread);
            return;
        }
        m_threads.insert(thread); // a new one's first stop may come before the news of it
        const int event = status >> 16, signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80))
            onCall(thread);
        else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
            unsigned long child = 0;
            ::ptrace(PTRACE_GETEVENTMSG, thread, nullptr, &child);
            m_threads.insert(pid_t(child));
        }
        const bool own = signal == (SIGTRAP | 0x80) || event != 0;
        ::ptrace(PTRACE_SYSCALL, thread, nullptr, own ? 0 : signal);
    }

    void onCall(pid_t thread)
    {
        SystemCall call;
        if (m_killed || !readCall(thread, call))
            return;
        const Judged judged = judge(thread, call);
        if (judged.effect == Effect::Unknown) {
            std::printf("unknown %s\n", judged.text.c_str());
            m_unknown = true;
        }
        const bool log = call.arguments[0] == 2 && (call.number == SYS_write || call.number == SYS_writev);
        if (judged.effect != Effect::Changes || (log && processOf(thread) == m_process))
            return;
        std::printf("point %ld %s%s\n", ++m_seen, processOf(thread) == m_process ? "" : "git: ", judged.text.c_str());
        if (m_seen != m_kill)
            return;
        m_killed = true;
        std::set<pid_t> processes{m_process};
        for (const pid_t other : m_threads)
            processes.insert(processOf(other));
        for (const pid_t process : processes)
            ::kill(process, SIGKILL);
    }

    const pid_t m_process;
    const long m_kill;
    std::set<pid_t> m_threads;
    long m_seen = 0;
    bool m_killed = false, m_unknown = false;
};

} // namespace

int main(int count, char **words)
{
    if (count != 3) {
        std::fprintf(stderr, "usage: killpoint PID N\n");
        return 2;
    }
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    struct sigaction nothing {
    };
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGCHLD, &nothing, nullptr);
    Tracer tracer(pid_t(std::atoi(words[1])), std::atol(words[2]));
    return tracer.seize() ? tracer.follow() : 4;
}
