#include "app/bench/part.h"

#include "app/bench/report.h"
#include "app/bench/scratch.h"
#include "core/base/durablefile.h"
#include "core/sdk/baseagent.h"

#include <QFile>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr useconds_t countingPause = 2000; // us; a hundred processes must leave the machine to what is measured

[[noreturn]] void count(volatile quint64 *cell)
{
    for (;;) {
        *cell = *cell + 1;
        ::usleep(countingPause);
    }
}

int playMany(int processes, const char *file)
{
    const int fd = ::open(file, O_RDWR | O_CLOEXEC);
    void *cells = ::mmap(nullptr, size_t(processes) * sizeof(quint64), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || cells == MAP_FAILED)
        return 1;
    auto *numbers = static_cast<volatile quint64 *>(cells);
    for (int i = 1; i < processes; ++i) {
        if (::fork() == 0) {
            if (i % 2)
                ::setsid();
            count(numbers + i);
        }
    }
    count(numbers);
}

int playCrowd(int processes)
{
    for (int i = 0; i < processes; ++i) {
        if (::fork() == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::pause();
        }
    }
    if (::write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 1;
    ::pause();
    return 0;
}

void awaitSignal()
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    int got = 0;
    ::sigwait(&wanted, &got);
}

int playChatter(int perSecond)
{
    for (int number = 1;; ++number) {
        const QByteArray line = "line " + QByteArray::number(number) + " of what this agent has to say all the time\n";
        if (::write(STDOUT_FILENO, line.constData(), size_t(line.size())) != line.size())
            return 1;
        ::usleep(useconds_t(1'000'000 / perSecond));
    }
}

int playVoice()
{
    for (int number = 1;; ++number) {
        awaitSignal();
        const QByteArray line = "told " + QByteArray::number(number) + '\n';
        if (::write(STDOUT_FILENO, line.constData(), size_t(line.size())) != line.size())
            return 1;
    }
}

Result<> saveEachTime(sdk::BaseAgent &agent, const QByteArray &folder)
{
    const QByteArray own = folder + '/' + QByteArray::number(::getpid());
    for (int round = 1;; ++round) {
        HUB_CHECK(writeFile("changed.txt", own + ' ' + QByteArray::number(round) + '\n'));
        HUB_CHECK(writeFile(own + ".ready", QByteArray::number(round)));
        awaitSignal();
        const auto began = Watch::now();
        HUB_CHECK(agent.saveCheckpoint(u"bench"_s));
        const double took = millisecondsSince(began);
        // In two steps: who waits for the file finds it whole.
        HUB_CHECK(writeFile(own + ".new", QByteArray::number(took, 'f', 3)));
        if (::rename((own + ".new").constData(), (own + ".saved").constData()) != 0)
            return systemError(errno, u"rename", own);
    }
}

int playSaver(const QByteArray &folder)
{
    sdk::BaseAgent agent;
    const auto ended = agent.run([&](const QString &) { return saveEachTime(agent, folder); });
    return ended ? 0 : 1;
}

} // namespace

int playPart(int argc, char **argv)
{
    // The signals wait until they are asked for; the shim sets no mask.
    sigset_t later;
    sigemptyset(&later);
    sigaddset(&later, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &later, nullptr);
    const std::string_view part = argc > 2 ? argv[2] : "";
    if (part == "many" && argc > 4)
        return playMany(std::atoi(argv[3]), argv[4]);
    if (part == "crowd" && argc > 3)
        return playCrowd(std::atoi(argv[3]));
    if (part == "saver" && argc > 3)
        return playSaver(argv[3]);
    if (part == "chatter" && argc > 3)
        return playChatter(std::atoi(argv[3]));
    if (part == "voice")
        return playVoice();
    return 64;
}

} // namespace hub::bench
