#include "core/base/clock.h"

#include <QDateTime>

using namespace Qt::StringLiterals;

namespace hub
{

QString toIso(Instant t) { return QDateTime::fromMSecsSinceEpoch(toMillis(t), Qt::UTC).toString(Qt::ISODateWithMs); }

QString toLocalShort(Instant t, Instant now)
{
    const auto local = QDateTime::fromMSecsSinceEpoch(toMillis(t));
    const auto today = QDateTime::fromMSecsSinceEpoch(toMillis(now)).date();
    return local.toString(local.date() == today ? u"HH:mm"_s : u"yyyy-MM-dd HH:mm"_s);
}

QString durationText(std::chrono::milliseconds d)
{
    const qint64 seconds = d.count() / 1000;
    if (seconds < 120)
        return u"%1 s"_s.arg(seconds);
    if (seconds < 2 * 3600)
        return u"%1 min"_s.arg(seconds / 60);
    if (seconds < 48 * 3600) {
        const qint64 minutes = seconds / 60 % 60;
        return minutes ? u"%1 h %2 min"_s.arg(seconds / 3600).arg(minutes) : u"%1 h"_s.arg(seconds / 3600);
    }
    return u"%1 days"_s.arg(seconds / 86400);
}

QString agoText(Instant t, Instant now)
{
    const auto passed = now - t;
    return passed < std::chrono::seconds{5} ? u"just now"_s : durationText(passed) + u" ago"_s;
}

} // namespace hub
