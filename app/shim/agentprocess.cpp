#include "app/shim/agentprocess.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

namespace hub::posix
{

namespace
{

enum Step : int32_t { StepJoin = 1, StepParent, StepFolder, StepExecute };

// Room for a burst while the shim writes to a slow disk. More would count against the user's share of pipe memory.
constexpr int outputPipeSize = 256 * 1024;

struct Pipe {
    Fd read;
    Fd write;
};

int makePipe(Pipe &pipe)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    pipe.read.reset(ends[0]);
    pipe.write.reset(ends[1]);
    return 0;
}

void beNonBlocking(const Fd &fd) { ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK); }

struct ChildSetup {
    const Fd &input;
    const Fd &output;
    const Fd &error;
    const Fd &release;
    const Fd &outcome;
    Freezer &freezer;
    const char *folder;
    char **arguments;
    char **environment;
    pid_t shim;
    unsigned mask;
};

[[noreturn]] void giveUp(const ChildSetup &setup, int32_t step)
{
    const StartProblem problem{step, errno};
    const ssize_t told = ::write(setup.outcome.get(), &problem, sizeof problem);
    ::_exit(told == ssize_t(sizeof problem) ? 127 : 126);
}

[[noreturn]] void becomeAgent(const ChildSetup &setup)
{
    ::setsid();
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != setup.shim)
        giveUp(setup, StepParent);
    if (const int failed = setup.freezer.join()) {
        errno = failed;
        giveUp(setup, StepJoin);
    }
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::umask(setup.mask);
    ::dup2(setup.input.get(), STDIN_FILENO);
    ::dup2(setup.output.get(), STDOUT_FILENO);
    ::dup2(setup.error.get(), STDERR_FILENO);
    char go = 0;
    ssize_t got;
    do {
        got = ::read(setup.release.get(), &go, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1)
        ::_exit(126);
    if (::chdir(setup.folder) != 0)
        giveUp(setup, StepFolder);
    // Everything of ours is close-on-exec already; this also holds for what a library may have opened.
    ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    environ = setup.environment; // execvp looks for the program in this PATH
    ::execvp(setup.arguments[0], setup.arguments);
    giveUp(setup, StepExecute);
}

std::vector<char *> pointersTo(const std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    pointers.reserve(texts.size() + 2);
    for (const std::string &text : texts)
        pointers.push_back(const_cast<char *>(text.c_str()));
    return pointers;
}

} // namespace

std::string startProblemText(const StartProblem &problem, const ShimSpec &spec)
{
    const std::string reason = ": " + errorText(problem.number);
    switch (problem.step) {
    case StepFolder: return "cannot enter " + spec.folder + reason;
    case StepExecute: return "cannot execute " + spec.arguments[0] + reason;
    case StepJoin: return "cannot join the control group" + reason;
    default: return "cannot start " + spec.arguments[0] + reason;
    }
}

int forkAgent(const ShimSpec &spec, Freezer &freezer, int lock, unsigned agentMask, AgentProcess &agent)
{
    Pipe in, out, err, release, outcome;
    for (Pipe *pipe : {&in, &out, &err, &release, &outcome}) {
        if (const int failed = makePipe(*pipe))
            return failed;
    }
    ::fcntl(out.write.get(), F_SETPIPE_SZ, outputPipeSize); // a refusal leaves the usual size
    std::vector<char *> arguments = pointersTo(spec.arguments);
    arguments.push_back(nullptr);
    std::string mark = markEntry(spec.mark);
    std::vector<char *> environment;
    for (char *entry : pointersTo(spec.environment)) {
        if (std::string_view(entry).substr(0, 13) != "AGENTHUB_RUN=")
            environment.push_back(entry);
    }
    environment.push_back(mark.data());
    environment.push_back(nullptr);
    const ChildSetup setup{in.read,  out.write,           err.write,        release.read,       outcome.write,
                           freezer,  spec.folder.c_str(), arguments.data(), environment.data(), ::getpid(),
                           agentMask};
    const pid_t child = ::fork();
    if (child < 0)
        return errno;
    if (child == 0) {
        ::close(lock); // the lock says that the shim lives
        release.write.reset();
        becomeAgent(setup);
    }
    const auto stat = readStat(child);
    agent.id = stat ? stat->id : ProcessId{child, 0};
    agent.input = std::move(in.write);
    agent.output = std::move(out.read);
    agent.error = std::move(err.read);
    agent.release = std::move(release.write);
    agent.outcome = std::move(outcome.read);
    for (const Fd *fd : {&agent.input, &agent.output, &agent.error})
        beNonBlocking(*fd);
    return 0;
}

} // namespace hub::posix
