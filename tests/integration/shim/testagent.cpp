// Plays an agent in tests: hub_testagent MODE [ARGUMENT].
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

void pauseMillis(long millis)
{
    const timespec span{millis / 1000, millis % 1000 * 1000000};
    ::nanosleep(&span, nullptr);
}

void say(const char *text)
{
    if (::write(STDOUT_FILENO, text, std::strlen(text)) < 0)
        ::_exit(9);
}

// Life that can be seen from outside: the file grows as long as the process runs.
[[noreturn]] void beat(const std::string &file)
{
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (;;) {
        if (::write(fd, ".", 1) != 1)
            ::_exit(9);
        pauseMillis(1);
    }
}

// The leader, a child, a child in a session of its own, and a daemon that gave itself away.
[[noreturn]] void tree(const std::string &folder)
{
    if (::fork() == 0)
        beat(folder + "/child");
    if (::fork() == 0) {
        ::setsid();
        beat(folder + "/setsid");
    }
    const pid_t middle = ::fork();
    if (middle == 0) {
        ::setsid();
        if (::fork() == 0)
            beat(folder + "/daemon");
        ::_exit(0);
    }
    ::waitpid(middle, nullptr, 0);
    say("ready\n");
    beat(folder + "/leader");
}

// Processes that do nothing but make the next one and die, several lines at once.
[[noreturn]] void storm(const std::string &folder)
{
    for (int line = 0; line < 4; ++line) {
        if (::fork() != 0)
            continue;
        for (;;) {
            const int fd = ::open((folder + "/storm").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            if (::write(fd, ".", 1) != 1)
                ::_exit(9);
            ::close(fd);
            const pid_t next = ::fork();
            if (next > 0)
                ::_exit(0);
            if (next == 0)
                ::setsid();
        }
    }
    say("ready\n");
    beat(folder + "/leader");
}

[[noreturn]] void many(int count)
{
    for (int i = 1; i < count; ++i) {
        if (::fork() == 0) {
            if (i % 2 == 0)
                ::setsid();
            for (;;)
                pauseMillis(5);
        }
    }
    say("ready\n");
    for (;;)
        ::pause();
}

int echo()
{
    char piece[65536];
    ssize_t got;
    while ((got = ::read(STDIN_FILENO, piece, sizeof piece)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const ssize_t written = ::write(STDOUT_FILENO, piece + at, size_t(got - at));
            if (written <= 0)
                return 9;
            at += written;
        }
    }
    return 0;
}

int flood(long long bytes)
{
    std::string piece(65536, 0);
    long long offset = 0;
    while (offset < bytes) {
        // Each byte is known from its place, so that a test can tell lost from doubled.
        for (size_t i = 0; i < piece.size(); i += 8) {
            const long long word = (offset + (long long)i) / 8;
            std::memcpy(piece.data() + i, &word, 8);
        }
        const size_t size = size_t(bytes - offset < (long long)piece.size() ? bytes - offset : (long long)piece.size());
        for (size_t at = 0; at < size;) {
            const ssize_t written = ::write(STDOUT_FILENO, piece.data() + at, size - at);
            if (written <= 0)
                return 9;
            at += size_t(written);
        }
        offset += (long long)size;
    }
    return 0;
}

// Writes much before it reads anything, then counts what it was given.
int deaf(long long bytes)
{
    if (flood(bytes) != 0)
        return 9;
    char piece[65536];
    long long total = 0;
    ssize_t got;
    while ((got = ::read(STDIN_FILENO, piece, sizeof piece)) > 0)
        total += got;
    std::fprintf(stderr, "%lld\n", total);
    return 0;
}

int stray()
{
    if (::fork() == 0) {
        ::setsid();
        pauseMillis(600'000);
        ::_exit(0);
    }
    say("left one behind\n");
    return 3;
}

int closeOutput()
{
    say("last words\n");
    ::close(STDOUT_FILENO);
    char piece[64];
    while (::read(STDIN_FILENO, piece, sizeof piece) > 0) {
    }
    return 7;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string mode = argc > 1 ? argv[1] : "";
    const std::string argument = argc > 2 ? argv[2] : "";
    if (mode == "tree")
        tree(argument);
    if (mode == "storm")
        storm(argument);
    if (mode == "many")
        many(std::atoi(argument.c_str()));
    if (mode == "echo")
        return echo();
    if (mode == "flood")
        return flood(std::atoll(argument.c_str()));
    if (mode == "deaf")
        return deaf(std::atoll(argument.c_str()));
    if (mode == "stray")
        return stray();
    if (mode == "close-output")
        return closeOutput();
    return 64;
}
