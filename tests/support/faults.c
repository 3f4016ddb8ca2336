// Preloaded into a program under test: while the file named by AGENTHUB_FAULT_HANG exists, every sync of a disk waits,
// and writes a byte into it, so that a test sees that one does.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void hang(void)
{
    const char *path = getenv("AGENTHUB_FAULT_HANG");
    const struct timespec moment = {0, 10 * 1000 * 1000};
    const int file = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (file >= 0 && write(file, "w", 1) == 1)
        close(file);
    while (path && access(path, F_OK) == 0)
        nanosleep(&moment, NULL);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    hang();
    return real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    hang();
    return real(fd);
}
