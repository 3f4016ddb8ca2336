#include "core/chart/axis.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::chart
{

namespace
{

constexpr int mostSteps = 3; // of a scale: more labels than these four are noise on a phone

// The smallest of 1, 2, 5, 10, 20 … with which the length takes no more than that many.
double roundStep(double length, bool whole)
{
    const double least = length / mostSteps;
    double step = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        if (step * factor >= least * (1 - 1e-9)) {
            step *= factor;
            break;
        }
    }
    return whole ? std::max(1.0, std::ceil(step)) : step;
}

constexpr int minute = 60, hour = 60 * minute, day = 24 * hour; // in seconds
constexpr int timeSteps[]{1,           2,           5,           10,          15,      30,       minute,   5 * minute,
                          10 * minute, 15 * minute, 20 * minute, 30 * minute, hour,    2 * hour, 3 * hour, 4 * hour,
                          6 * hour,    12 * hour,   day,         2 * day,     7 * day, 30 * day, 90 * day};

// One look may come late, or be missing; then there is a gap.
std::chrono::milliseconds missing(std::chrono::milliseconds step) { return step * 5 / 2; }

// Days and months are called as the program's language has it.
QString dated(const QDateTime &when, const char *format)
{
    return QLocale().toString(when, QCoreApplication::translate("Times", format));
}

QDateTime local(Instant at, const QTimeZone &zone) { return QDateTime::fromMSecsSinceEpoch(toMillis(at), zone); }

QList<TimeTick> ticksEvery(int seconds, Instant from, Instant to, const QTimeZone &zone)
{
    QList<TimeTick> ticks;
    const bool days = seconds >= day;
    const int apart = days ? seconds / day : 1;
    const char *format = seconds < minute ? "HH:mm:ss"
                         : !days          ? "HH:mm"
                         : apart < 7      ? QT_TRANSLATE_NOOP("Times", "ddd d")
                                          : QT_TRANSLATE_NOOP("Times", "d MMM");
    const QDateTime first = local(from, zone);
    const QDate last = local(to, zone).date();
    // Days are counted from a fixed one, so that the ticks of a chart stay where they are in the next one.
    for (QDate date = first.date(); date <= last; date = date.addDays(1)) {
        if (date.toJulianDay() % apart != 0)
            continue;
        // Somewhat before the first moment: clocks are put back by an hour or two.
        const int early = date == first.date() ? std::max(0, first.time().msecsSinceStartOfDay() / 1000 - 2 * hour) : 0;
        for (int second = early / seconds * seconds; second < day; second += days ? day : seconds) {
            const QDateTime when = second == 0 ? date.startOfDay(zone)
                                               : QDateTime(date, QTime::fromMSecsSinceStartOfDay(second * 1000), zone);
            if (!when.isValid()) // left out by the change to summer time
                continue;
            const Instant at = fromMillis(when.toMSecsSinceEpoch());
            if (at > to)
                return ticks;
            if (at >= from && (ticks.isEmpty() || at > ticks.last().at))
                ticks << TimeTick{at, dated(when, format)};
        }
    }
    return ticks;
}

} // namespace

Scale scaleFor(const Panel &panel)
{
    std::optional<double> low, high;
    const auto hold = [&](double from, double to) {
        low = std::min(low.value_or(from), from);
        high = std::max(high.value_or(to), to);
    };
    for (const Line &line : panel.lines) {
        for (const Point &point : line.points)
            hold(point.low, point.high);
    }
    for (const Limit &limit : panel.limits)
        hold(limit.value, limit.value);
    double bottom = panel.bottom.value_or(low.value_or(0));
    double top = panel.top.value_or(high.value_or(1));
    if (top - bottom < (panel.whole ? 1 : 1e-6)) { // one value all the time
        top = panel.top ? top : bottom + 1;
        bottom = panel.top && !panel.bottom ? top - 1 : bottom;
    }
    const double step = roundStep(top - bottom, panel.whole);
    Scale scale{panel.bottom ? bottom : std::floor(bottom / step) * step,
                panel.top ? top : std::ceil(top / step - 1e-9) * step,
                {}};
    for (double tick = std::ceil(scale.low / step - 1e-9) * step; tick <= scale.high + step * 1e-9; tick += step)
        scale.ticks << tick;
    return scale;
}

QList<TimeTick> timeTicks(Instant from, Instant to, const QString &zone, int most)
{
    const QTimeZone of(zone.toUtf8());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
    for (const int step : timeSteps) {
        if (seconds / step > most)
            continue;
        const QList<TimeTick> ticks = ticksEvery(step, from, to, of);
        if (ticks.size() <= most)
            return ticks;
    }
    return {};
}

QString spanText(const Chart &chart)
{
    const QTimeZone zone(chart.zone.toUtf8());
    const QDateTime from = local(chart.from, zone), to = local(chart.to, zone);
    const char *day = QT_TRANSLATE_NOOP("Times", "d MMM HH:mm");
    return dated(from, day) + u" – "_s + dated(to, from.date() == to.date() ? "HH:mm" : day);
}

QString momentText(Instant at, const QString &zone)
{
    return dated(local(at, QTimeZone(zone.toUtf8())), QT_TRANSLATE_NOOP("Times", "d MMM HH:mm:ss"));
}

QList<QList<Point>> piecesOf(const Line &line, std::chrono::milliseconds step)
{
    QList<QList<Point>> pieces;
    for (const Point &point : line.points) {
        if (pieces.isEmpty() || point.at - pieces.last().last().at > missing(step))
            pieces.append(QList<Point>());
        pieces.last() << point;
    }
    return pieces;
}

QList<Point> thinned(const QList<Point> &piece, std::chrono::milliseconds stretch)
{
    QList<Point> thin;
    qsizetype taken = 0; // into the last one
    for (const Point &point : piece) {
        if (thin.isEmpty() || point.at.time_since_epoch() / stretch != thin.last().at.time_since_epoch() / stretch) {
            thin << point;
            taken = 1;
            continue;
        }
        Point &last = thin.last();
        last.low = std::min(last.low, point.low);
        last.high = std::max(last.high, point.high);
        last.mean += (point.mean - last.mean) / double(++taken);
    }
    return thin;
}

std::optional<Point> pointAt(const Line &line, Instant at, std::chrono::milliseconds step)
{
    const auto after = std::lower_bound(line.points.begin(), line.points.end(), at,
                                        [](const Point &point, Instant moment) { return point.at < moment; });
    auto nearest = after;
    if (after != line.points.begin() && (after == line.points.end() || at - (after - 1)->at < after->at - at))
        nearest = after - 1;
    if (nearest == line.points.end() || std::chrono::abs(nearest->at - at) > missing(step) / 2)
        return std::nullopt;
    return *nearest;
}

std::optional<double> nowOf(const Line &line, const Chart &chart)
{
    const auto patience = std::min(missing(chart.step), std::chrono::milliseconds{std::chrono::minutes{15}});
    if (line.points.isEmpty() || chart.to - line.points.last().at > patience)
        return std::nullopt;
    return line.points.last().mean;
}

QString valueText(std::optional<double> value, const QString &unit)
{
    if (!value)
        return u"–"_s;
    return QString::number(qRound64(*value)) + (unit.isEmpty() ? QString() : u' ' + unit);
}

} // namespace hub::chart
