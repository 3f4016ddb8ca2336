// SIGTERM, SIGINT and SIGHUP as events of the main thread.
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace hub::headless
{

// One per process, made before other threads start.
class SignalWatcher final : public QObject
{
    Q_OBJECT

public:
    SignalWatcher();
    ~SignalWatcher() override;

Q_SIGNALS:
    void received(int number);

private:
    int m_fd = -1;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hub::headless
