// agenthub-shim RUN_FOLDER: detaches, and returns 0 to its starter once the shim listens and holds the lock; else says
// why on stderr and returns 1.
#include "app/shim/shim.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace hub::posix;

namespace
{

// A hub that only looks whether a shim lives holds the lock for a moment.
bool takeLock(const Fd &lock)
{
    for (int attempt = 0; attempt < 20; ++attempt) {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        const timespec span{0, 10'000'000};
        ::nanosleep(&span, nullptr);
    }
    return false;
}

std::string detachStdio(int folder)
{
    const Fd null = openAt(AT_FDCWD, "/dev/null", O_RDWR);
    const Fd log = openAt(folder, "shim.log", O_WRONLY | O_CREAT | O_APPEND);
    if (!null.isOpen() || !log.isOpen())
        return "cannot open shim.log: " + errorText(errno);
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(null.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
    return {};
}

// In the detached process. Tells the starter by `ready`: nothing and its end is success.
void runShim(const char *path, unsigned agentMask, Fd ready)
{
    const auto fail = [&ready](const std::string &problem) {
        const std::string line = problem + '\n';
        const ssize_t told = ::write(ready.get(), line.data(), line.size());
        ::_exit(told > 0 ? 1 : 2);
    };
    Fd folder = openAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (!folder.isOpen())
        fail(std::string("cannot open ") + path + ": " + errorText(errno));
    if (::chdir("/") != 0)
        fail("cannot leave the starter's folder");
    Fd lock = openAt(folder.get(), "lock", O_RDWR | O_CREAT);
    if (!lock.isOpen())
        fail("cannot open lock: " + errorText(errno));
    if (!takeLock(lock))
        fail("another shim holds the lock of this run");
    std::string text;
    if (const int failed = readFileAt(folder.get(), "spec", text))
        fail("cannot read spec: " + errorText(failed));
    ShimSpec spec;
    std::string problem = decodeSpec(text, spec);
    text = {};
    if (!problem.empty())
        fail(problem);
    if (problem = detachStdio(folder.get()); !problem.empty())
        fail(problem);
    Shim shim(std::move(folder), std::move(lock), std::move(spec), agentMask);
    if (problem = shim.open(); !problem.empty())
        fail(problem);
    const ssize_t told = ::write(ready.get(), "+", 1);
    ready.reset();
    if (told != 1)
        logLine("the starter is gone");
    ::malloc_trim(0);
    shim.run();
}

int waitUntilReady(pid_t child, int from)
{
    std::string said;
    char piece[256];
    for (;;) {
        const ssize_t got = ::read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        said.append(piece, size_t(got));
    }
    ::waitpid(child, nullptr, 0);
    if (said == "+")
        return 0;
    std::fprintf(stderr, "agenthub-shim: %s", said.empty() ? "died at its start\n" : said.c_str());
    return 1;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fputs("usage: agenthub-shim RUN_FOLDER\n", stderr);
        return 2;
    }
    ::syscall(SYS_close_range, 3U, ~0U, 0U); // whatever the starter left open
    const unsigned agentMask = ::umask(077);
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) {
        std::perror("agenthub-shim");
        return 1;
    }
    const pid_t middle = ::fork();
    if (middle < 0) {
        std::perror("agenthub-shim");
        return 1;
    }
    if (middle > 0) {
        ::close(ready[1]);
        return waitUntilReady(middle, ready[0]);
    }
    ::close(ready[0]);
    ::setsid();
    const pid_t child = ::fork();
    if (child != 0)
        ::_exit(child < 0 ? 1 : 0);
    runShim(argv[1], agentMask, Fd(ready[1]));
    return 0;
}
