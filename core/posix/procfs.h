// Processes as the kernel shows them. A pid alone names nothing for long; a ProcessId does, within one boot.
// `root` is "/proc" except in tests. All calls read files and may be used on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace hub::posix
{

struct ProcessId {
    pid_t pid = 0;
    uint64_t startTicks = 0; // clock ticks since boot, field 22 of stat

    friend bool operator==(const ProcessId &, const ProcessId &) = default;
};

struct ProcessStat {
    ProcessId id;
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    char state = '?'; // of the first thread: R S D T t Z X I, as in proc(5)
    int threads = 0;
    uint64_t ticks = 0;      // of processor time, of all its threads
    uint64_t childTicks = 0; // of its children that ended and were waited for
    int64_t resident = 0;    // pages

    // A first thread that ended shows as a zombie while the others go on.
    bool isGone() const { return state == 'X' || state == 'x' || (state == 'Z' && threads <= 1); }
    bool isStopped() const { return state == 'T' || state == 't'; }
};

// The text of a stat file. The program's name may hold anything, ')' and line ends included: the last ')' ends it.
std::optional<ProcessStat> parseStat(std::string_view text);
std::optional<ProcessStat> readStat(pid_t pid, const char *root = "/proc");

// The threads of a process, and one of them; its id holds the thread's number and start.
void appendThreads(pid_t pid, std::vector<pid_t> &threads, const char *root = "/proc");
std::optional<ProcessStat> readThreadStat(pid_t pid, pid_t thread, const char *root = "/proc");

// Changes at every boot; empty when it can't be read.
std::string bootId(const char *root = "/proc");

// The same process still runs: same boot, same start, neither zombie nor dead.
bool isAlive(const ProcessId &id, std::string_view boot, const char *root = "/proc");

// The process, its parent, and so on up to pid 1 (or as far as it can be seen). Empty when there is no such process.
std::vector<ProcessId> ancestry(pid_t pid, const char *root = "/proc");

// Children of all threads of the process, in the kernel's order; zombies included. Not a snapshot: a child may be
// missed when a sibling exits at that moment, so those who need all of them read again until nothing is new.
void appendChildren(pid_t pid, std::vector<pid_t> &children, const char *root = "/proc");

// Everything below the process, parents before their children, zombies left out. The process itself is not listed.
std::vector<ProcessStat> descendants(pid_t pid, const char *root = "/proc");

// "AGENTHUB_RUN=<mark>": the environment entry that the shim gives to its agent, and that children inherit.
std::string markEntry(std::string_view mark);

struct MarkedProcesses {
    std::vector<ProcessId> found;
    bool moving = false; // processes ended while we looked: a line of forks may have slipped through
};

// Living processes whose initial environment holds exactly this entry, as far as it may be read. A signal other than 0
// is sent to each at the moment it is found, before the next one is looked at.
MarkedProcesses processesWithMark(std::string_view mark, int signal = 0, const char *root = "/proc");

// Sends SIGKILL to marked ones among the processes that were made last, for so long. A line of processes that each
// make the next one and end is too quick for a look at all of /proc. Returns those that were met.
std::vector<pid_t> chaseMarked(std::string_view mark, long long micros);

// Signals this very process, never another one that got its pid meanwhile. 0 or an errno; ESRCH when it is gone.
int signalProcess(const ProcessId &id, int number);

} // namespace hub::posix
