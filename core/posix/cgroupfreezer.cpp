// Freezing by control groups. The group lies below the caller's own one, so that delegation to a user's service
// manager is enough; where the kernel or the rights say no, the probe fails and the caller goes on to the next method.
#include "core/posix/fd.h"
#include "core/posix/freezer.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

namespace hub::posix
{

namespace
{

constexpr long long waitLimitMicros = 2'000'000;

void pauseMicros(long micros)
{
    const timespec span{0, micros * 1000};
    ::nanosleep(&span, nullptr);
}

std::string_view cut(std::string_view &text, char separator)
{
    const size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

bool hasWord(std::string_view list, std::string_view word)
{
    while (!list.empty()) {
        if (cut(list, ',') == word)
            return true;
    }
    return false;
}

struct Mount {
    std::string folder; // where it is mounted
    std::string top;    // which group of the hierarchy is visible there
};

// The last fitting line wins: a later mount hides an earlier one. Octal escapes do not occur in these paths.
std::string findMount(FreezeMethod version, Mount &mount)
{
    std::string text;
    if (readFileAt(AT_FDCWD, "/proc/self/mountinfo", text) != 0)
        return "/proc/self/mountinfo can't be read";
    std::string_view rest = text;
    while (!rest.empty()) {
        std::string_view line = cut(rest, '\n');
        const size_t dash = line.find(" - ");
        if (dash == std::string_view::npos)
            continue;
        std::string_view tail = line.substr(dash + 3);
        const std::string_view type = cut(tail, ' ');
        cut(tail, ' ');
        const bool fits =
            version == FreezeMethod::Cgroup2 ? type == "cgroup2" : type == "cgroup" && hasWord(tail, "freezer");
        if (!fits)
            continue;
        for (int skipped = 0; skipped < 3; ++skipped)
            cut(line, ' ');
        mount.top = cut(line, ' ');
        mount.folder = cut(line, ' ');
    }
    return mount.folder.empty() ? "not mounted" : "";
}

std::string ownGroup(FreezeMethod version)
{
    std::string text;
    if (readFileAt(AT_FDCWD, "/proc/self/cgroup", text) != 0)
        return {};
    std::string_view rest = text;
    while (!rest.empty()) {
        std::string_view line = cut(rest, '\n');
        const std::string_view hierarchy = cut(line, ':');
        const std::string_view controllers = cut(line, ':');
        if (version == FreezeMethod::Cgroup2 ? hierarchy == "0" : hasWord(controllers, "freezer"))
            return std::string(line);
    }
    return {};
}

// The folder of our own group as it is mounted here; empty when it is not visible.
std::string ownFolder(FreezeMethod version, std::string &problem)
{
    Mount mount;
    problem = findMount(version, mount);
    if (!problem.empty())
        return {};
    std::string own = ownGroup(version);
    if (mount.top.size() > 1) {
        if (own.compare(0, mount.top.size(), mount.top) != 0) {
            problem = "own group " + own + " is not below " + mount.top;
            return {};
        }
        own.erase(0, mount.top.size());
    }
    if (own.empty() || own == "/")
        return mount.folder;
    if (own.find("/..") != std::string::npos) {
        problem = "own group " + own + " lies outside this namespace";
        return {};
    }
    return mount.folder + own;
}

// The group's folder and those below it (an agent may make groups of its own), parents first.
void appendFolders(const std::string &folder, std::vector<std::string> &folders)
{
    folders.push_back(folder);
    DIR *entries = ::opendir(folder.c_str());
    if (!entries)
        return;
    while (const dirent *entry = ::readdir(entries)) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            appendFolders(folder + '/' + entry->d_name, folders);
    }
    ::closedir(entries);
}

std::vector<pid_t> processesIn(const std::string &folder)
{
    std::vector<std::string> folders;
    appendFolders(folder, folders);
    std::vector<pid_t> pids;
    std::string text;
    for (const std::string &each : folders) {
        if (readFileAt(AT_FDCWD, (each + "/cgroup.procs").c_str(), text) != 0)
            continue;
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view line = cut(rest, '\n');
            pid_t pid = 0;
            std::from_chars(line.data(), line.data() + line.size(), pid);
            const auto stat = pid > 0 ? readStat(pid) : std::nullopt;
            if (stat && !stat->isGone())
                pids.push_back(pid);
        }
    }
    return pids;
}

void removeFolders(const std::string &folder)
{
    std::vector<std::string> folders;
    appendFolders(folder, folders);
    for (auto it = folders.rbegin(); it != folders.rend(); ++it)
        ::rmdir(it->c_str());
}

// cgroup.events signals each change by POLLPRI.
bool waitFrozen2(const std::string &folder, bool frozen, long long deadline)
{
    const Fd events = openAt(AT_FDCWD, (folder + "/cgroup.events").c_str(), O_RDONLY);
    if (!events.isOpen())
        return false;
    for (;;) {
        char text[256];
        const ssize_t got = ::pread(events.get(), text, sizeof text, 0);
        const std::string_view now(text, got > 0 ? size_t(got) : 0);
        if ((now.find("frozen 1") != std::string_view::npos) == frozen)
            return true;
        const long long left = deadline - monotonicMicros();
        if (left <= 0)
            return false;
        pollfd watch{events.get(), POLLPRI, 0};
        ::poll(&watch, 1, int(std::min(left / 1000 + 1, 10LL)));
    }
}

// A process that was between two states when it was asked, as the parent of a vfork, is not asked again by the kernel:
// so the state is written until it is reached.
bool reachState1(const std::string &folder, std::string_view wanted, long long deadline)
{
    const std::string path = folder + "/freezer.state";
    std::string text;
    for (long wait = 50;; wait = std::min(wait * 2, 2000L)) {
        // Reading drives a pending change forward.
        if (writeControl(path, wanted) != 0 || readFileAt(AT_FDCWD, path.c_str(), text) != 0)
            return false;
        if (text.compare(0, wanted.size(), wanted) == 0)
            return true;
        if (monotonicMicros() >= deadline)
            return false;
        pauseMicros(wait);
    }
}

bool setFrozen(FreezeMethod version, const std::string &folder, bool frozen, long long deadline)
{
    if (version == FreezeMethod::Cgroup2)
        return writeControl(folder + "/cgroup.freeze", frozen ? "1" : "0") == 0 &&
               waitFrozen2(folder, frozen, deadline);
    return reachState1(folder, frozen ? "FROZEN" : "THAWED", deadline);
}

// Frozen first, so that nothing forks or acts between the signals; a process that is thawed with SIGKILL pending dies
// before its next instruction.
bool killBySignals(FreezeMethod version, const std::string &folder, long long deadline)
{
    for (;;) {
        setFrozen(version, folder, true, deadline);
        const std::vector<pid_t> pids = processesIn(folder);
        for (const pid_t pid : pids)
            ::kill(pid, SIGKILL);
        setFrozen(version, folder, false, deadline);
        if (pids.empty())
            return true;
        if (monotonicMicros() >= deadline)
            return false;
        pauseMicros(300);
    }
}

bool killAll(FreezeMethod version, const std::string &folder, long long deadline)
{
    if (version == FreezeMethod::Cgroup2 && writeControl(folder + "/cgroup.kill", "1") == 0) {
        while (!processesIn(folder).empty()) {
            if (monotonicMicros() >= deadline)
                return false;
            pauseMicros(300);
        }
        return true;
    }
    return killBySignals(version, folder, deadline);
}

class CgroupFreezer final : public Freezer
{
public:
    CgroupFreezer(FreezeMethod version, std::string folder)
        : m_version(version)
        , m_folder(std::move(folder))
        , m_procs(m_folder + "/cgroup.procs")
        , m_walk(makeWalkFreezer())
    {
    }

    FreezeMethod method() const override { return m_version; }
    const std::string &group() const override { return m_folder; }
    int join() override { return writeControl(m_procs, "0"); }

    FreezeReport freeze() override
    {
        const long long begin = monotonicMicros();
        const bool done = setFrozen(m_version, m_folder, true, begin + waitLimitMicros);
        const long long end = monotonicMicros();
        return report(done, count(), end - begin);
    }

    FreezeReport thaw() override
    {
        const long long begin = monotonicMicros();
        const bool done = setFrozen(m_version, m_folder, false, begin + waitLimitMicros);
        return report(done, count(), monotonicMicros() - begin);
    }

    FreezeReport kill() override
    {
        const long long begin = monotonicMicros();
        const uint32_t processes = count();
        const bool done = killAll(m_version, m_folder, begin + waitLimitMicros);
        // Who left the group (only possible with rights over groups) still descends from us.
        const FreezeReport strays = m_walk->kill();
        return report(done && strays.success, processes + strays.processes, monotonicMicros() - begin);
    }

    uint32_t count() override { return uint32_t(processesIn(m_folder).size()); }
    void remove() override { removeFolders(m_folder); }

private:
    FreezeReport report(bool success, uint32_t processes, long long micros) const
    {
        return {m_version, success, processes, uint32_t(micros)};
    }

    FreezeMethod m_version;
    std::string m_folder;
    std::string m_procs;
    std::unique_ptr<Freezer> m_walk;
};

// Only a real move shows whether moving is allowed: it needs rights in a common parent of both groups.
bool canJoin(const std::string &folder)
{
    const std::string procs = folder + "/cgroup.procs";
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(writeControl(procs, "0") == 0 ? 0 : 1);
    int status = 1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

std::unique_ptr<Freezer> makeCgroupFreezer(FreezeMethod version, std::string_view mark, std::string &problem)
{
    const std::string own = ownFolder(version, problem);
    if (own.empty())
        return nullptr;
    const std::string folder = own + "/agenthub-" + std::string(mark);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
        problem = folder + ": " + errorText(errno);
        return nullptr;
    }
    const char *control = version == FreezeMethod::Cgroup2 ? "/cgroup.freeze" : "/freezer.state";
    if (::access((folder + control).c_str(), W_OK) != 0) {
        problem = folder + control + ": " + errorText(errno);
    } else if (!canJoin(folder)) {
        problem = folder + ": processes can't be moved there";
    } else {
        return std::make_unique<CgroupFreezer>(version, folder);
    }
    ::rmdir(folder.c_str());
    return nullptr;
}

FreezeReport killGroup(FreezeMethod version, const std::string &group)
{
    const long long begin = monotonicMicros();
    FreezeReport report{version, true, 0, 0};
    struct stat info;
    if (::stat(group.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        report.processes = uint32_t(processesIn(group).size());
        report.success = killAll(version, group, begin + waitLimitMicros);
        removeFolders(group);
    }
    report.micros = uint32_t(monotonicMicros() - begin);
    return report;
}

} // namespace hub::posix
