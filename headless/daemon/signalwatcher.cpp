#include "headless/daemon/signalwatcher.h"

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace hub::headless
{

namespace
{

sigset_t watchedSignals()
{
    sigset_t watched;
    sigemptyset(&watched);
    for (int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&watched, number);
    return watched;
}

} // namespace

// Programs that the hub starts get a clean mask from QProcess.
void SignalWatcher::hold()
{
    const sigset_t watched = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &watched, nullptr);
}

SignalWatcher::SignalWatcher()
{
    hold();
    const sigset_t watched = watchedSignals();
    m_fd = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    m_notifier = std::make_unique<QSocketNotifier>(m_fd, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] {
        signalfd_siginfo info;
        while (::read(m_fd, &info, sizeof info) == ssize_t(sizeof info))
            Q_EMIT received(int(info.ssi_signo));
    });
}

SignalWatcher::~SignalWatcher()
{
    m_notifier.reset();
    ::close(m_fd);
}

} // namespace hub::headless
