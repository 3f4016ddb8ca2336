#include "tests/support/syscalls.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace hub::tests
{

namespace
{

enum class Kind {
    Nothing,
    Path,    // changes what its paths name
    OfFile,  // changes a disk when its descriptor is a file there
    Open,    // when it may make or empty a file
    OpenHow, // the same, with the flags in memory
    Map,     // when the file's pages are written in place
    Control, // by its request
};

struct Row {
    long number;
    const char *name;
    Kind kind;
    int first = -1, second = -1; // which arguments are paths, or the one that is a descriptor
    bool at = false;             // each path follows the descriptor of its folder
};

#define CALL(name, ...)                                                                                                \
    Row { SYS_##name, #name, __VA_ARGS__ }

const Row rows[] = {
    // What changes names.
    CALL(renameat2, Kind::Path, 1, 3, true),
    CALL(linkat, Kind::Path, 1, 3, true),
    CALL(symlinkat, Kind::Path, 0, 2),
    CALL(unlinkat, Kind::Path, 1, -1, true),
    CALL(mkdirat, Kind::Path, 1, -1, true),
    CALL(mknodat, Kind::Path, 1, -1, true),
    CALL(fchmodat, Kind::Path, 1, -1, true),
    CALL(fchownat, Kind::Path, 1, -1, true),
    CALL(utimensat, Kind::Path, 1, -1, true),
    CALL(truncate, Kind::Path, 0),
    CALL(setxattr, Kind::Path, 0),
    CALL(lsetxattr, Kind::Path, 0),
    CALL(removexattr, Kind::Path, 0),
    CALL(sync, Kind::Path),
    CALL(msync, Kind::Path),
#ifdef SYS_rename
    CALL(rename, Kind::Path, 0, 1),
    CALL(link, Kind::Path, 0, 1),
    CALL(symlink, Kind::Path, 0, 1),
    CALL(unlink, Kind::Path, 0),
    CALL(mkdir, Kind::Path, 0),
    CALL(rmdir, Kind::Path, 0),
    CALL(chmod, Kind::Path, 0),
    CALL(chown, Kind::Path, 0),
    CALL(lchown, Kind::Path, 0),
    CALL(creat, Kind::Path, 0),
    CALL(utime, Kind::Path, 0),
    CALL(utimes, Kind::Path, 0),
#endif
#ifdef SYS_renameat
    CALL(renameat, Kind::Path, 1, 3, true),
#endif
    // What changes a file's content, or makes it durable.
    CALL(write, Kind::OfFile, 0),
    CALL(pwrite64, Kind::OfFile, 0),
    CALL(writev, Kind::OfFile, 0),
    CALL(pwritev, Kind::OfFile, 0),
    CALL(pwritev2, Kind::OfFile, 0),
    CALL(sendfile, Kind::OfFile, 0),
    CALL(copy_file_range, Kind::OfFile, 2),
    CALL(splice, Kind::OfFile, 2),
    CALL(ftruncate, Kind::OfFile, 0),
    CALL(fallocate, Kind::OfFile, 0),
    CALL(fsync, Kind::OfFile, 0),
    CALL(fdatasync, Kind::OfFile, 0),
    CALL(sync_file_range, Kind::OfFile, 0),
    CALL(syncfs, Kind::OfFile, 0),
    CALL(fchmod, Kind::OfFile, 0),
    CALL(fchown, Kind::OfFile, 0),
    CALL(fsetxattr, Kind::OfFile, 0),
    CALL(openat, Kind::Open, 1, 2),
    CALL(openat2, Kind::OpenHow, 1, 2),
#ifdef SYS_open
    CALL(open, Kind::Open, 0, 1),
#endif
    CALL(mmap, Kind::Map, 4),
    CALL(ioctl, Kind::Control, 0),
    // What changes nothing on a disk.
    CALL(read, Kind::Nothing),
    CALL(pread64, Kind::Nothing),
    CALL(readv, Kind::Nothing),
    CALL(preadv, Kind::Nothing),
    CALL(lseek, Kind::Nothing),
    CALL(close, Kind::Nothing),
    CALL(close_range, Kind::Nothing),
    CALL(dup, Kind::Nothing),
    CALL(dup3, Kind::Nothing),
    CALL(fcntl, Kind::Nothing),
    CALL(flock, Kind::Nothing),
    CALL(fadvise64, Kind::Nothing),
    CALL(readahead, Kind::Nothing),
    CALL(fstat, Kind::Nothing),
    CALL(newfstatat, Kind::Nothing),
    CALL(statx, Kind::Nothing),
    CALL(statfs, Kind::Nothing),
    CALL(fstatfs, Kind::Nothing),
    CALL(faccessat, Kind::Nothing),
    CALL(faccessat2, Kind::Nothing),
    CALL(readlinkat, Kind::Nothing),
    CALL(getdents64, Kind::Nothing),
    CALL(getcwd, Kind::Nothing),
    CALL(chdir, Kind::Nothing),
    CALL(fchdir, Kind::Nothing),
    CALL(umask, Kind::Nothing),
    CALL(getxattr, Kind::Nothing),
    CALL(lgetxattr, Kind::Nothing),
    CALL(pipe2, Kind::Nothing),
    CALL(eventfd2, Kind::Nothing),
    CALL(epoll_create1, Kind::Nothing),
    CALL(epoll_ctl, Kind::Nothing),
    CALL(epoll_pwait, Kind::Nothing),
    CALL(ppoll, Kind::Nothing),
    CALL(pselect6, Kind::Nothing),
    CALL(inotify_init1, Kind::Nothing),
    CALL(inotify_add_watch, Kind::Nothing),
    CALL(inotify_rm_watch, Kind::Nothing),
    CALL(signalfd4, Kind::Nothing),
    CALL(timerfd_create, Kind::Nothing),
    CALL(timerfd_settime, Kind::Nothing),
    CALL(socket, Kind::Nothing),
    CALL(socketpair, Kind::Nothing),
    CALL(bind, Kind::Nothing), // the socket of the hub is made anew at each start
    CALL(listen, Kind::Nothing),
    CALL(accept4, Kind::Nothing),
    CALL(accept, Kind::Nothing),
    CALL(connect, Kind::Nothing),
    CALL(getsockname, Kind::Nothing),
    CALL(getpeername, Kind::Nothing),
    CALL(getsockopt, Kind::Nothing),
    CALL(setsockopt, Kind::Nothing),
    CALL(sendto, Kind::Nothing),
    CALL(recvfrom, Kind::Nothing),
    CALL(sendmsg, Kind::Nothing),
    CALL(recvmsg, Kind::Nothing),
    CALL(sendmmsg, Kind::Nothing), // git asks for the machine's name
    CALL(recvmmsg, Kind::Nothing),
    CALL(shutdown, Kind::Nothing),
    CALL(mprotect, Kind::Nothing),
    CALL(munmap, Kind::Nothing),
    CALL(mremap, Kind::Nothing),
    CALL(madvise, Kind::Nothing),
    CALL(brk, Kind::Nothing),
    CALL(futex, Kind::Nothing),
    CALL(set_robust_list, Kind::Nothing),
    CALL(get_robust_list, Kind::Nothing),
    CALL(rseq, Kind::Nothing),
    CALL(membarrier, Kind::Nothing),
    CALL(set_tid_address, Kind::Nothing),
    CALL(clone, Kind::Nothing),
    CALL(clone3, Kind::Nothing),
    CALL(execve, Kind::Nothing),
    CALL(exit, Kind::Nothing),
    CALL(exit_group, Kind::Nothing),
    CALL(wait4, Kind::Nothing),
    CALL(waitid, Kind::Nothing),
    CALL(kill, Kind::Nothing),
    CALL(tkill, Kind::Nothing),
    CALL(tgkill, Kind::Nothing),
    CALL(pidfd_open, Kind::Nothing),
    CALL(rt_sigaction, Kind::Nothing),
    CALL(rt_sigprocmask, Kind::Nothing),
    CALL(rt_sigreturn, Kind::Nothing),
    CALL(rt_sigtimedwait, Kind::Nothing),
    CALL(sigaltstack, Kind::Nothing),
    CALL(nanosleep, Kind::Nothing),
    CALL(clock_nanosleep, Kind::Nothing),
    CALL(clock_gettime, Kind::Nothing),
    CALL(clock_getres, Kind::Nothing),
    CALL(gettimeofday, Kind::Nothing),
    CALL(restart_syscall, Kind::Nothing),
    CALL(setitimer, Kind::Nothing),
    CALL(getpid, Kind::Nothing),
    CALL(getppid, Kind::Nothing),
    CALL(gettid, Kind::Nothing),
    CALL(getuid, Kind::Nothing),
    CALL(geteuid, Kind::Nothing),
    CALL(getgid, Kind::Nothing),
    CALL(getegid, Kind::Nothing),
    CALL(getgroups, Kind::Nothing),
    CALL(getpgid, Kind::Nothing),
    CALL(getsid, Kind::Nothing),
    CALL(setsid, Kind::Nothing),
    CALL(setpgid, Kind::Nothing),
    CALL(getrandom, Kind::Nothing),
    CALL(getrlimit, Kind::Nothing),
    CALL(setpriority, Kind::Nothing),
    CALL(prlimit64, Kind::Nothing),
    CALL(getrusage, Kind::Nothing),
    CALL(sysinfo, Kind::Nothing),
    CALL(uname, Kind::Nothing),
    CALL(prctl, Kind::Nothing),
    CALL(capget, Kind::Nothing),
    CALL(sched_yield, Kind::Nothing),
    CALL(sched_getaffinity, Kind::Nothing),
    CALL(sched_getscheduler, Kind::Nothing),
    CALL(sched_getparam, Kind::Nothing),
    CALL(sched_setscheduler, Kind::Nothing),
    CALL(getpriority, Kind::Nothing),
    CALL(memfd_create, Kind::Nothing),
#ifdef SYS_stat
    CALL(stat, Kind::Nothing),
    CALL(lstat, Kind::Nothing),
    CALL(access, Kind::Nothing),
    CALL(readlink, Kind::Nothing),
    CALL(getdents, Kind::Nothing),
    CALL(pipe, Kind::Nothing),
    CALL(dup2, Kind::Nothing),
    CALL(poll, Kind::Nothing),
    CALL(select, Kind::Nothing),
    CALL(epoll_wait, Kind::Nothing),
    CALL(alarm, Kind::Nothing),
    CALL(time, Kind::Nothing),
    CALL(getpgrp, Kind::Nothing),
    CALL(arch_prctl, Kind::Nothing),
    CALL(fork, Kind::Nothing),
    CALL(vfork, Kind::Nothing),
#endif
};
#undef CALL

const Row *rowOf(long number)
{
    for (const Row &row : rows) {
        if (row.number == number)
            return &row;
    }
    return nullptr;
}

template <class T>
bool peek(pid_t thread, uint64_t address, T &value)
{
    iovec here{&value, sizeof value}, there{reinterpret_cast<void *>(address), sizeof value};
    return ::process_vm_readv(thread, &here, 1, &there, 1, 0) == ssize_t(sizeof value);
}

// Page by page, since what follows the text may not be mapped.
std::string textAt(pid_t thread, uint64_t address)
{
    std::string text;
    while (address != 0 && text.size() < 4096) {
        char piece[256];
        const size_t most = std::min<size_t>(sizeof piece, 4096 - address % 4096);
        iovec here{piece, most}, there{reinterpret_cast<void *>(address), most};
        const ssize_t got = ::process_vm_readv(thread, &here, 1, &there, 1, 0);
        if (got <= 0)
            break;
        const std::string_view bytes(piece, size_t(got));
        const size_t end = bytes.find('\0');
        text += bytes.substr(0, end);
        if (end != std::string_view::npos)
            break;
        address += uint64_t(got);
    }
    return text;
}

std::string linkTo(const std::string &link)
{
    char target[4096];
    const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
    return length > 0 ? std::string(target, size_t(length)) : std::string();
}

std::string fileOf(pid_t thread, int descriptor)
{
    const std::string process = "/proc/" + std::to_string(thread);
    return linkTo(descriptor == AT_FDCWD ? process + "/cwd" : process + "/fd/" + std::to_string(descriptor));
}

std::string pathOf(pid_t thread, const SystemCall &call, int argument, bool at)
{
    const std::string path = textAt(thread, call.arguments[argument]);
    if (path.starts_with('/'))
        return path;
    return fileOf(thread, at ? int(call.arguments[argument - 1]) : AT_FDCWD) + '/' + path;
}

bool onDisk(std::string_view file)
{
    return file.starts_with('/') && !file.starts_with("/dev/null") && !file.starts_with("/dev/pts") &&
           !file.starts_with("/dev/tty") && !file.starts_with("/proc/") && !file.starts_with("/sys/") &&
           !file.starts_with("/memfd:");
}

Judged changesFile(const char *name, const std::string &file)
{
    return {onDisk(file) ? Effect::Changes : Effect::Nothing, std::string(name) + ' ' + file};
}

Judged judgeOpen(const Row &row, const std::string &path, uint64_t flags)
{
    const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return changes ? changesFile(row.name, path) : Judged{Effect::Nothing, row.name};
}

Judged judgeControl(const Row &row, pid_t thread, const SystemCall &call)
{
    switch (call.arguments[1]) {
    case FICLONE:
    case FICLONERANGE:
    case FIDEDUPERANGE: return changesFile(row.name, fileOf(thread, int(call.arguments[0])));
    case TCGETS:
    case TIOCGWINSZ:
    case FIONREAD:
    case FIONBIO:
    case FIOCLEX: return {Effect::Nothing, row.name};
    default: return {Effect::Unknown, "ioctl with request " + std::to_string(call.arguments[1])};
    }
}

// The index of SQLite's log is written through the memory: it is no part of what is durable, and is made anew from the
// log by the first who opens it after a crash.
Judged judgeMap(const Row &row, pid_t thread, const SystemCall &call)
{
    const bool writes = (call.arguments[2] & PROT_WRITE) != 0 && (call.arguments[3] & MAP_TYPE) != MAP_PRIVATE &&
                        (call.arguments[3] & MAP_ANONYMOUS) == 0;
    const std::string file = writes ? fileOf(thread, int(call.arguments[4])) : std::string();
    return file.ends_with("-shm") ? Judged{Effect::Nothing, row.name} : changesFile(row.name, file);
}

} // namespace

bool readCall(pid_t thread, SystemCall &call)
{
    __ptrace_syscall_info info;
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return false;
    call.number = long(info.entry.nr);
    for (int i = 0; i < 6; ++i)
        call.arguments[i] = info.entry.args[i];
    return true;
}

Judged judge(pid_t thread, const SystemCall &call)
{
    const Row *row = rowOf(call.number);
    if (!row)
        return {Effect::Unknown, "call number " + std::to_string(call.number)};
    switch (row->kind) {
    case Kind::Nothing: return {Effect::Nothing, row->name};
    case Kind::OfFile: return changesFile(row->name, fileOf(thread, int(call.arguments[row->first])));
    case Kind::Open:
        return judgeOpen(*row, pathOf(thread, call, row->first, row->first == 1), call.arguments[row->second]);
    case Kind::OpenHow: {
        open_how how{};
        if (!peek(thread, call.arguments[row->second], how))
            return {Effect::Unknown, row->name};
        return judgeOpen(*row, pathOf(thread, call, row->first, true), how.flags);
    }
    case Kind::Map: return judgeMap(*row, thread, call);
    case Kind::Control: return judgeControl(*row, thread, call);
    case Kind::Path: break;
    }
    std::string text = row->name;
    if (row->first >= 0)
        text += ' ' + (call.number == SYS_symlinkat ? textAt(thread, call.arguments[0])
                                                    : pathOf(thread, call, row->first, row->at));
    if (row->second >= 0)
        text += " -> " + pathOf(thread, call, row->second, row->at || call.number == SYS_symlinkat);
    return {Effect::Changes, text};
}

} // namespace hub::tests
