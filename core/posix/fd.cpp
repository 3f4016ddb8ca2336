#include "core/posix/fd.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>

namespace hub::posix
{

Fd openAt(int folder, const char *path, int flags, unsigned mode)
{
    return Fd(::openat(folder, path, flags | O_CLOEXEC, mode));
}

int readFileAt(int folder, const char *path, std::string &text)
{
    text.clear();
    const Fd file = openAt(folder, path, O_RDONLY);
    if (!file.isOpen())
        return errno;
    char piece[4096];
    for (;;) {
        const ssize_t got = ::read(file.get(), piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        text.append(piece, size_t(got));
    }
}

int writeControl(const std::string &path, std::string_view text)
{
    const Fd file = openAt(AT_FDCWD, path.c_str(), O_WRONLY);
    if (!file.isOpen())
        return errno;
    if (::write(file.get(), text.data(), text.size()) != ssize_t(text.size()))
        return errno != 0 ? errno : EIO;
    return 0;
}

long long monotonicMicros()
{
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

unsigned long long wallNanos()
{
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<unsigned long long>(now.tv_sec) * 1000000000ULL + static_cast<unsigned long long>(now.tv_nsec);
}

std::string errorText(int number)
{
    char buffer[128];
    return ::strerror_r(number, buffer, sizeof buffer);
}

} // namespace hub::posix
