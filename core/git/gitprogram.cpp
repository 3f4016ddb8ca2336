#include "core/git/gitprogram.h"

#include "core/base/durablefile.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

std::vector<std::string> environmentFor(const GitCall &call)
{
    std::vector<std::string> variables;
    for (char **entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("GIT_") && !text.starts_with("LC_") && !text.starts_with("LANGUAGE="))
            variables.emplace_back(text);
    }
    variables.emplace_back("LC_ALL=C");
    variables.emplace_back("GIT_TERMINAL_PROMPT=0");
    if (!call.writes)
        variables.emplace_back("GIT_OPTIONAL_LOCKS=0");
    for (const auto &[name, value] : call.environment)
        variables.push_back((name + '=' + value).toStdString());
    return variables;
}

std::vector<char *> pointersTo(std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    for (std::string &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct Pipe {
    FileHandle readEnd;
    FileHandle writeEnd;
};

Result<Pipe> makePipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return systemError(errno, u"make", "pipe");
    return Pipe{FileHandle(ends[0]), FileHandle(ends[1])};
}

} // namespace

// QProcess can't pass arguments that are no valid text, and file names need not be any: hence posix_spawn here.
Result<GitOutput> tryGit(const GitCall &call)
{
    HUB_TRY(Pipe input, makePipe());
    HUB_TRY(Pipe output, makePipe());
    HUB_TRY(Pipe errors, makePipe());

    std::vector<std::string> words{"git"};
    if (!call.folder.isEmpty()) {
        words.emplace_back("-C");
        words.push_back(call.folder.toStdString());
    }
    // As git is set up, a power cut may leave objects and refs without their bytes. Its way for many at once.
    if (call.writes)
        words.insert(words.end(), {"-c", "core.fsync=all", "-c", "core.fsyncMethod=batch"});
    for (const QByteArray &argument : call.arguments)
        words.push_back(argument.toStdString());
    std::vector<std::string> variables = environmentFor(call);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.readEnd.fd(), 0);
    posix_spawn_file_actions_adddup2(&actions, output.writeEnd.fd(), 1);
    posix_spawn_file_actions_adddup2(&actions, errors.writeEnd.fd(), 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, "git", &actions, &attributes, pointersTo(words).data(), pointersTo(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return fail(ErrorCode::Process, u"cannot start git: %1"_s.arg(QString::fromLocal8Bit(std::strerror(failed))));
    if (call.aside)
        ::setpriority(PRIO_PROCESS, id_t(child), 10);
    input.readEnd = FileHandle();
    output.writeEnd = FileHandle();
    errors.writeEnd = FileHandle();
    ::fcntl(input.writeEnd.fd(), F_SETFL, O_NONBLOCK);

    GitOutput result;
    qsizetype sent = 0;
    const auto deadline = std::chrono::steady_clock::now() + call.timeLimit;
    bool late = false, stopped = false;
    if (call.input.isEmpty())
        input.writeEnd = FileHandle();
    while (output.readEnd.isOpen() || errors.readEnd.isOpen()) {
        pollfd ends[3] = {
            {output.readEnd.fd(), POLLIN, 0}, {errors.readEnd.fd(), POLLIN, 0}, {input.writeEnd.fd(), POLLOUT, 0}};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        constexpr qint64 lookAgain = 200; // ms, for whoever may want it stopped
        const qint64 wait = std::min<qint64>(left.count(), call.stop ? lookAgain : 1 << 30);
        stopped = call.stop && *call.stop;
        const int ready = left.count() <= 0 || stopped ? 0 : ::poll(ends, 3, int(wait));
        if ((ready < 0 && errno == EINTR) || (ready == 0 && !stopped && wait < left.count()))
            continue;
        if (ready <= 0) {
            late = true;
            ::kill(child, SIGKILL);
            break;
        }
        char buffer[65536];
        for (int i = 0; i < 2; ++i) {
            if (!(ends[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            FileHandle &end = i == 0 ? output.readEnd : errors.readEnd;
            const ssize_t got = ::read(end.fd(), buffer, sizeof buffer);
            if (got > 0 && i == 0 && call.take)
                call.take(QByteArrayView(buffer, got));
            else if (got > 0)
                (i == 0 ? result.out : result.err).append(buffer, got);
            else if (got == 0 || errno != EINTR)
                end = FileHandle();
        }
        if (ends[2].revents) {
            // A git that ends early closes its side; SIGPIPE is ignored in every program of ours.
            const ssize_t wrote =
                ::write(input.writeEnd.fd(), call.input.constData() + sent, size_t(call.input.size() - sent));
            if (wrote > 0)
                sent += wrote;
            if (sent == call.input.size() || (wrote < 0 && errno != EAGAIN && errno != EINTR))
                input.writeEnd = FileHandle();
        }
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const QString what = u"git "_s + QString::fromLocal8Bit(call.arguments.value(0));
    if (stopped)
        return fail(ErrorCode::ShuttingDown, u"%1 was stopped, since AgentHub is shutting down."_s.arg(what));
    if (late)
        return fail(ErrorCode::Timeout,
                    u"%1 did not end within %2 s and was stopped"_s.arg(what).arg(call.timeLimit.count() / 1000));
    if (!WIFEXITED(status))
        return fail(ErrorCode::Process, u"%1 was ended by signal %2"_s.arg(what).arg(WTERMSIG(status)));
    result.exitCode = WEXITSTATUS(status);
    return result;
}

Result<QByteArray> runGit(const GitCall &call)
{
    HUB_TRY(GitOutput output, tryGit(call));
    if (output.exitCode != 0) {
        QString said = QString::fromLocal8Bit(output.err).trimmed();
        if (said.isEmpty())
            said = u"exit code %1"_s.arg(output.exitCode);
        return fail(ErrorCode::Git, u"git %1: %2"_s.arg(QString::fromLocal8Bit(call.arguments.value(0)), said));
    }
    return std::move(output.out);
}

} // namespace hub::git
