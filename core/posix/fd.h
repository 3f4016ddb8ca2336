// The owner of a file descriptor, and whole-file reads and writes for the small files of /proc and /sys.
// Convention of hub::posix: a function that can fail returns 0 or an errno; nothing throws, nothing allocates a lot.
#pragma once

#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace hub::posix
{

class Fd
{
public:
    Fd() = default;
    explicit Fd(int number)
        : m_number(number)
    {
    }
    Fd(Fd &&other) noexcept
        : m_number(std::exchange(other.m_number, -1))
    {
    }
    Fd &operator=(Fd &&other) noexcept
    {
        if (this != &other)
            reset(std::exchange(other.m_number, -1));
        return *this;
    }
    ~Fd() { reset(); }

    bool isOpen() const { return m_number >= 0; }
    int get() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }
    void reset(int number = -1)
    {
        if (m_number >= 0)
            ::close(m_number);
        m_number = number;
    }

private:
    int m_number = -1;
};

// Opens with O_CLOEXEC; not open on failure, errno says why. `folder` is a folder's descriptor or AT_FDCWD.
Fd openAt(int folder, const char *path, int flags, unsigned mode = 0600);

// The whole content of a file that need not have a size (/proc, /sys). `text` keeps its memory between calls.
int readFileAt(int folder, const char *path, std::string &text);

// Writes the text with one write(2), as the control files of the kernel want it.
int writeControl(const std::string &path, std::string_view text);

// Monotonic time in microseconds; wall time in nanoseconds since 1970.
long long monotonicMicros();
unsigned long long wallNanos();

// errno 28 → "No space left on device"
std::string errorText(int number);

} // namespace hub::posix
