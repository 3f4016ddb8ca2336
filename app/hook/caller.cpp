#include "app/hook/caller.h"

#include "core/posix/fd.h"
#include "core/posix/procfs.h"

#include <fcntl.h>
#include <string>
#include <vector>

namespace hub::hook
{

namespace
{

using namespace posix;

constexpr std::string_view shimName = "agenthub-shim";

std::string procFile(pid_t pid, const char *name) { return "/proc/" + std::to_string(pid) + '/' + name; }

bool isShim(pid_t pid)
{
    char target[4096];
    const ssize_t size = ::readlink(procFile(pid, "exe").c_str(), target, sizeof target);
    if (size >= 0) {
        std::string_view program(target, size_t(size));
        constexpr std::string_view replaced = " (deleted)"; // by an upgrade while it runs
        if (program.ends_with(replaced))
            program.remove_suffix(replaced.size());
        return program.substr(program.rfind('/') + 1) == shimName;
    }
    // Another account's, as it is seen from within sudo -u: its name is still to be read.
    std::string name;
    return readFileAt(AT_FDCWD, procFile(pid, "comm").c_str(), name) == 0 && name == std::string(shimName) + '\n';
}

enum class Walk { Agent, Top, Lost };

// Parents can end and orphans move up to the shim while we look, so a link counts only when the child still names the
// same parent after the parent was looked at.
Walk walkUp()
{
    constexpr int deepest = 4096;
    pid_t pid = ::getpid();
    auto stat = readStat(pid);
    for (int depth = 0; stat && depth < deepest; ++depth) {
        if (pid == 1 || stat->parent == 0)
            return Walk::Top;
        const auto parent = readStat(stat->parent);
        const bool shim = parent && isShim(stat->parent);
        const auto again = readStat(pid);
        if (!again || again->id != stat->id)
            return Walk::Lost;
        if (again->parent != stat->parent) {
            stat = again;
            continue;
        }
        if (shim)
            return Walk::Agent;
        if (!parent) // a /proc that hides other accounts' processes; shims of this one would show
            return Walk::Top;
        pid = stat->parent;
        stat = parent;
    }
    return Walk::Lost;
}

// The first word of a git command line that is no option of git itself.
std::string_view gitCommand(const std::vector<std::string_view> &words)
{
    for (size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "-C" || word == "-c" || word == "--git-dir" || word == "--work-tree" || word == "--namespace" ||
            word == "--config-env")
            ++i;
        else if (!word.starts_with('-'))
            return word;
    }
    return {};
}

} // namespace

bool callerIsAgent()
{
    Walk walk = Walk::Lost;
    for (int attempt = 0; walk == Walk::Lost && attempt < 3; ++attempt)
        walk = walkUp();
    // A line of parents that breaks again and again is somebody's work.
    return walk != Walk::Top;
}

bool callerPacksRefs()
{
    std::string line;
    if (readFileAt(AT_FDCWD, procFile(::getppid(), "cmdline").c_str(), line) != 0)
        return false;
    std::vector<std::string_view> words;
    for (std::string_view rest = line; !rest.empty();) {
        const size_t end = rest.find('\0');
        words.push_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    if (words.empty())
        return false;
    const std::string_view program = words.front().substr(words.front().rfind('/') + 1);
    return program == "git-pack-refs" || (program == "git" && gitCommand(words) == "pack-refs");
}

} // namespace hub::hook
