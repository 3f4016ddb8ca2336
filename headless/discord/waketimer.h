// The timer of something that knows when it wants to be asked again, and is told so after every step: it is touched
// only when that time is another one, since to set a timer costs more than most steps. Thread of its owner.
#pragma once

#include "headless/discord/moment.h"

#include <QTimer>

#include <optional>

namespace hub::discord
{

class WakeTimer
{
public:
    // `wake` is called when the time has come; nothing is set then.
    WakeTimer(QObject *owner, std::function<void()> wake)
    {
        m_timer.setSingleShot(true);
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, owner, [this, wake = std::move(wake)] {
            m_at.reset();
            wake();
        });
    }

    // Nothing: never. `least` from now, when the moment is past or that near.
    void set(std::optional<Moment> at, milliseconds least = 0ms)
    {
        if (at == std::exchange(m_at, at))
            return;
        if (at)
            m_timer.start(std::max(least, *at - momentNow()));
        else
            m_timer.stop();
    }

private:
    QTimer m_timer;
    std::optional<Moment> m_at;
};

} // namespace hub::discord
