#include "core/agents/shimlauncher.h"

#include "core/base/durablefile.h"

#include <QFile>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

Error cannotStart(const QByteArray &program, int number)
{
    return fail(ErrorCode::Process,
                u"cannot start %1: %2"_s.arg(QFile::decodeName(program), QString::fromLocal8Bit(std::strerror(number))),
                u"Reinstall AgentHub; agenthubctl doctor checks its programs."_s);
}

QByteArray readToEnd(int fd)
{
    QByteArray text;
    char piece[512];
    for (;;) {
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return text;
        text.append(piece, got);
    }
}

struct SpawnSetup {
    SpawnSetup()
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnSetup()
    {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSetup(const SpawnSetup &) = delete;
    SpawnSetup &operator=(const SpawnSetup &) = delete;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

} // namespace

Result<> launchShim(const QByteArray &shimProgram, const QByteArray &runFolder, const posix::ShimSpec &spec)
{
    if (const std::string problem = posix::checkSpec(spec); !problem.empty())
        return fail(ErrorCode::InvalidInput, QString::fromStdString(problem));
    HUB_CHECK(makeFolders(runFolder));
    HUB_CHECK(writeFileDurably(runFolder + "/spec", QByteArray::fromStdString(posix::encodeSpec(spec))));

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return cannotStart(shimProgram, errno);
    const FileHandle read(ends[0]);
    FileHandle write(ends[1]);
    SpawnSetup setup;
    posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&setup.actions, write.fd(), STDERR_FILENO);
    // The calling thread may block signals, which a shim must get.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&setup.attributes, &none);
    posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSIGMASK);

    QByteArray program = shimProgram;
    QByteArray folder = runFolder;
    char *arguments[] = {program.data(), folder.data(), nullptr};
    // Empty: what the hub has in its environment may be secret, and an agent of the same user could read the shim's.
    char *environment[] = {nullptr};
    pid_t child = 0;
    if (const int failed =
            posix_spawn(&child, program.constData(), &setup.actions, &setup.attributes, arguments, environment))
        return cannotStart(shimProgram, failed);
    write = FileHandle();
    const QByteArray said = readToEnd(read.fd());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return cannotStart(shimProgram, errno);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {};
    return fail(ErrorCode::Process,
                said.isEmpty() ? u"agenthub-shim ended at its start"_s : QString::fromLocal8Bit(said.trimmed()));
}

} // namespace hub::agents
