#include "app/bench/tourapplication.h"

#include "app/bench/report.h"

#include <QElapsedTimer>
#include <QEvent>
#include <QEventLoop>
#include <QMetaEnum>
#include <QThread>
#include <QTimer>

#include <ctime>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

double cpuMilliseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

} // namespace

bool TourApplication::notify(QObject *receiver, QEvent *event)
{
    // All threads come by here.
    if (QThread::currentThread() != thread() || m_depth > 0)
        return QApplication::notify(receiver, event);
    const int type = event->type(); // it may be gone afterwards, as the receiver
    const char *name = receiver->metaObject()->className();
    const auto began = Watch::now();
    const double worked = cpuMilliseconds();
    ++m_depth;
    const bool done = QApplication::notify(receiver, event);
    --m_depth;
    const double working = cpuMilliseconds() - worked;
    m_turns.lasted.push_back(millisecondsSince(began));
    m_turns.working.push_back(working);
    if (working > m_most) {
        m_most = working;
        m_turns.longest = u"%1 of %2"_s.arg(QString::fromLatin1(QMetaEnum::fromType<QEvent::Type>().valueToKey(type)),
                                            QString::fromLatin1(name));
    }
    return done;
}

double TourApplication::frame(const std::function<void()> &step)
{
    const auto began = Watch::now();
    step();
    QCoreApplication::sendPostedEvents();
    return millisecondsSince(began);
}

void TourApplication::spin(int milliseconds)
{
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

bool TourApplication::until(const std::function<bool()> &holds)
{
    QElapsedTimer since;
    since.start();
    while (!holds()) {
        if (since.hasExpired(60'000))
            return false;
        spin(2);
    }
    return true;
}

} // namespace hub::bench
