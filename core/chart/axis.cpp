#include "core/chart/axis.h"

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

constexpr int timeSteps[]{1,   5,   10,  15,   20,       30,       60,        120,      180,
                          240, 360, 720, 1440, 2 * 1440, 7 * 1440, 30 * 1440, 90 * 1440};
constexpr int dayMinutes = 1440;

// One look may come late, or be missing; then there is a gap.
std::chrono::milliseconds missing(std::chrono::milliseconds step) { return step * 5 / 2; }

QDateTime local(Instant at, const QTimeZone &zone) { return QDateTime::fromMSecsSinceEpoch(toMillis(at), zone); }

QList<TimeTick> ticksEvery(int minutes, Instant from, Instant to, const QTimeZone &zone)
{
    QList<TimeTick> ticks;
    const bool days = minutes >= dayMinutes;
    const int apart = days ? minutes / dayMinutes : 1;
    const QString format = !days ? u"HH:mm"_s : apart < 7 ? u"ddd d"_s : u"d MMM"_s;
    const QDate last = local(to, zone).date();
    // Days are counted from a fixed one, so that the ticks of a chart stay where they are in the next one.
    for (QDate day = local(from, zone).date(); day <= last; day = day.addDays(1)) {
        if (day.toJulianDay() % apart != 0)
            continue;
        for (int minute = 0; minute < dayMinutes; minute += days ? dayMinutes : minutes) {
            const QDateTime when =
                minute == 0 ? day.startOfDay(zone) : QDateTime(day, QTime(minute / 60, minute % 60), zone);
            if (!when.isValid()) // left out by the change to summer time
                continue;
            const Instant at = fromMillis(when.toMSecsSinceEpoch());
            if (at >= from && at <= to && (ticks.isEmpty() || at > ticks.last().at))
                ticks << TimeTick{at, QLocale::c().toString(when, format)};
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
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(to - from).count();
    for (const int step : timeSteps) {
        if (minutes / step > most)
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
    const QLocale locale = QLocale::c();
    const QString day = u"d MMM HH:mm"_s;
    const QString end = from.date() == to.date() ? u"HH:mm"_s : day;
    return locale.toString(from, day) + u" – "_s + locale.toString(to, end);
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
