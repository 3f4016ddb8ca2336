// SIGTERM, SIGINT and SIGHUP as events of the main thread.
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace hub::headless
{

// One per process, made before other threads start; or hold() was called before they did.
class SignalWatcher final : public QObject
{
    Q_OBJECT

public:
    SignalWatcher();
    ~SignalWatcher() override;

    // From now on the signals wait for a watcher, in this thread and in those that it starts.
    static void hold();

Q_SIGNALS:
    void received(int number);

private:
    int m_fd = -1;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hub::headless
