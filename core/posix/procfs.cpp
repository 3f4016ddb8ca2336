#include "core/posix/procfs.h"

#include "core/posix/fd.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

namespace hub::posix
{

namespace
{

std::string procPath(const char *root, pid_t pid, const char *file)
{
    char path[256];
    std::snprintf(path, sizeof path, "%s/%d/%s", root, int(pid), file);
    return path;
}

template <class T>
std::optional<T> numberFrom(std::string_view text)
{
    T value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string_view nextWord(std::string_view &text)
{
    const size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) {
        text = {};
        return {};
    }
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    return word;
}

// Calls fn(pid) for each entry of a folder whose name is a number; false when the folder can't be read.
template <class Fn>
bool forEachNumber(const std::string &folder, Fn fn)
{
    DIR *entries = ::opendir(folder.c_str());
    if (!entries)
        return false;
    while (const dirent *entry = ::readdir(entries)) {
        if (const auto number = numberFrom<pid_t>(entry->d_name))
            fn(*number);
    }
    ::closedir(entries);
    return true;
}

std::optional<ProcessStat> statAt(const std::string &path)
{
    const Fd file = openAt(AT_FDCWD, path.c_str(), O_RDONLY);
    if (!file.isOpen())
        return std::nullopt;
    char text[1024]; // at most 52 numbers and a name of 64 bytes
    const ssize_t got = ::read(file.get(), text, sizeof text);
    if (got <= 0)
        return std::nullopt;
    return parseStat(std::string_view(text, size_t(got)));
}

// A descriptor stays with the process that had the pid when it was opened: what is read from /proc after that, if it
// is that process's, decides whether it gets a signal.
Fd openProcess(pid_t pid) { return Fd(int(::syscall(SYS_pidfd_open, pid, 0))); }

int signalOpen(const Fd &process, int number)
{
    return ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

bool hasEntry(std::string_view environment, std::string_view entry)
{
    for (size_t at = environment.find(entry); at != std::string_view::npos; at = environment.find(entry, at + 1)) {
        const size_t end = at + entry.size();
        if ((at == 0 || environment[at - 1] == '\0') && (end == environment.size() || environment[end] == '\0'))
            return true;
    }
    return false;
}

void appendChildrenByScan(pid_t pid, std::vector<pid_t> &children, const char *root)
{
    forEachNumber(root, [&](pid_t other) {
        const auto stat = readStat(other, root);
        if (stat && stat->parent == pid)
            children.push_back(other);
    });
}

} // namespace

std::optional<ProcessStat> parseStat(std::string_view text)
{
    const size_t open = text.find(" (");
    const size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
    const auto pid = numberFrom<pid_t>(text.substr(0, open));
    std::string_view rest = text.substr(close + 1);
    const std::string_view state = nextWord(rest);
    const auto parent = numberFrom<pid_t>(nextWord(rest));
    const auto group = numberFrom<pid_t>(nextWord(rest));
    const auto session = numberFrom<pid_t>(nextWord(rest));
    const auto skip = [&rest](int words) {
        for (int skipped = 0; skipped < words; ++skipped)
            nextWord(rest);
    };
    const auto ticks = [&rest] { return numberFrom<uint64_t>(nextWord(rest)).value_or(0); };
    skip(7); // up to majflt and cmajflt
    const uint64_t user = ticks(), system = ticks(), childUser = ticks(), childSystem = ticks();
    skip(2);
    const auto threads = numberFrom<int>(nextWord(rest));
    skip(1);
    const auto start = numberFrom<uint64_t>(nextWord(rest));
    skip(1);
    const auto resident = numberFrom<int64_t>(nextWord(rest));
    if (!pid || state.size() != 1 || !parent || !group || !session || !threads || !start)
        return std::nullopt;
    return ProcessStat{.id = {*pid, *start},
                       .parent = *parent,
                       .group = *group,
                       .session = *session,
                       .state = state[0],
                       .threads = *threads,
                       .ticks = user + system,
                       .childTicks = childUser + childSystem,
                       .resident = resident.value_or(0)};
}

std::optional<ProcessStat> readStat(pid_t pid, const char *root) { return statAt(procPath(root, pid, "stat")); }

std::optional<ProcessStat> readThreadStat(pid_t pid, pid_t thread, const char *root)
{
    char file[64];
    std::snprintf(file, sizeof file, "task/%d/stat", int(thread));
    return statAt(procPath(root, pid, file));
}

void appendThreads(pid_t pid, std::vector<pid_t> &threads, const char *root)
{
    forEachNumber(procPath(root, pid, "task"), [&](pid_t thread) { threads.push_back(thread); });
}

std::string bootId(const char *root)
{
    std::string text;
    if (readFileAt(AT_FDCWD, (std::string(root) + "/sys/kernel/random/boot_id").c_str(), text) != 0)
        return {};
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

bool isAlive(const ProcessId &id, std::string_view boot, const char *root)
{
    if (id.pid <= 0 || boot.empty() || boot != bootId(root))
        return false;
    const auto stat = readStat(id.pid, root);
    return stat && stat->id == id && !stat->isGone();
}

std::vector<ProcessId> ancestry(pid_t pid, const char *root)
{
    std::vector<ProcessId> line;
    while (pid > 0) {
        const auto stat = readStat(pid, root);
        // A circle can only come from pids given out anew while we read.
        if (!stat || std::find(line.begin(), line.end(), stat->id) != line.end())
            break;
        line.push_back(stat->id);
        pid = stat->parent;
    }
    return line;
}

void appendChildren(pid_t pid, std::vector<pid_t> &children, const char *root)
{
    bool hasFile = true;
    std::string text;
    forEachNumber(procPath(root, pid, "task"), [&](pid_t thread) {
        char file[64];
        std::snprintf(file, sizeof file, "task/%d/children", int(thread));
        const int failed = readFileAt(AT_FDCWD, procPath(root, pid, file).c_str(), text);
        if (failed == ENOENT && ::access(procPath(root, pid, "stat").c_str(), F_OK) == 0 && thread == pid)
            hasFile = false;
        std::string_view rest = text;
        for (std::string_view word = nextWord(rest); !word.empty(); word = nextWord(rest)) {
            if (const auto child = numberFrom<pid_t>(word))
                children.push_back(*child);
        }
    });
    if (!hasFile) // a kernel without CONFIG_PROC_CHILDREN
        appendChildrenByScan(pid, children, root);
}

std::vector<ProcessStat> descendants(pid_t pid, const char *root)
{
    std::vector<ProcessStat> found;
    std::vector<pid_t> children;
    appendChildren(pid, children, root);
    for (size_t i = 0; i < children.size(); ++i) {
        const auto stat = readStat(children[i], root);
        // A zombie's other threads may go on and have children, so it is walked through though it is not listed.
        if (!stat)
            continue;
        if (!stat->isGone())
            found.push_back(*stat);
        appendChildren(children[i], children, root);
    }
    return found;
}

std::string markEntry(std::string_view mark) { return "AGENTHUB_RUN=" + std::string(mark); }

MarkedProcesses processesWithMark(std::string_view mark, int signal, const char *root)
{
    MarkedProcesses marked;
    const std::string entry = markEntry(mark);
    std::string environment;
    forEachNumber(root, [&](pid_t pid) {
        const Fd process = signal != 0 ? openProcess(pid) : Fd();
        const int failed = readFileAt(AT_FDCWD, procPath(root, pid, "environ").c_str(), environment);
        if (failed == 0 && hasEntry(environment, entry)) {
            if (process.isOpen())
                signalOpen(process, signal);
            const auto stat = readStat(pid, root);
            if (stat && !stat->isGone())
                marked.found.push_back(stat->id);
            else
                marked.moving = true;
            return;
        }
        // What has just ended has no environment any more, and whether it was marked can't be told.
        marked.moving = marked.moving || failed == ENOENT || failed == ESRCH;
        if (failed == 0 && environment.empty()) {
            const auto stat = readStat(pid, root);
            marked.moving = marked.moving || !stat || stat->isGone();
        }
    });
    return marked;
}

std::vector<pid_t> chaseMarked(std::string_view mark, long long micros)
{
    const std::string entry = markEntry(mark);
    const long long end = monotonicMicros() + micros;
    std::string text;
    std::vector<pid_t> met;
    while (monotonicMicros() < end) {
        // The last field is the number given out last.
        if (readFileAt(AT_FDCWD, "/proc/loadavg", text) != 0)
            return met;
        const size_t space = text.rfind(' ');
        std::string_view word = std::string_view(text).substr(space == std::string::npos ? 0 : space + 1);
        const auto newest = numberFrom<pid_t>(nextWord(word));
        if (!newest)
            return met;
        for (pid_t pid = *newest + 2; pid > *newest - 6 && pid > 1; --pid) {
            const Fd process = openProcess(pid);
            if (process.isOpen() && readFileAt(AT_FDCWD, procPath("/proc", pid, "environ").c_str(), text) == 0 &&
                hasEntry(text, entry) && signalOpen(process, SIGKILL) == 0)
                met.push_back(pid);
        }
    }
    return met;
}

int signalProcess(const ProcessId &id, int number)
{
    const Fd process = openProcess(id.pid);
    if (!process.isOpen() && errno != ENOSYS)
        return errno;
    // The descriptor holds whoever has the pid now; a matching start says that it is the one that was meant.
    const auto stat = readStat(id.pid);
    if (!stat || stat->id != id)
        return ESRCH;
    if (process.isOpen())
        return signalOpen(process, number);
    return ::kill(id.pid, number) == 0 ? 0 : errno;
}

} // namespace hub::posix
