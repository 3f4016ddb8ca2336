#include "core/monitor/verdict.h"

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

constexpr std::chrono::minutes courseLength{15}, shortestCourse{3};
constexpr size_t fewestPoints = 4, mostPoints = 200;

bool fillsUp(Metric metric) { return metric == Metric::Disk || metric == Metric::Inodes; }

// What the value alone says, seen from where the verdict stands: up at the limit, down only below it by the slack.
Concern byValue(double value, Concern now, const Limits &limits)
{
    const auto reaches = [value](double limit, bool already, double slack) {
        return limit > 0 && value >= (already ? limit - slack : limit);
    };
    if (reaches(limits.critical, now == Concern::Critical, limits.slack))
        return Concern::Critical;
    if (reaches(limits.warning, now != Concern::Fine, limits.slack))
        return Concern::Warning;
    return Concern::Fine;
}

// A board slows itself down from 80 °C on; the processor of a laptop or a server is made for more.
struct SensorKind {
    QLatin1StringView name;
    Limits limits;
};
constexpr Limits board{75, 82, 5}, others{90, 98, 5};
constexpr SensorKind sensorKinds[]{{"cpu-thermal"_L1, board}, {"cpu_thermal"_L1, board},     {"soc-thermal"_L1, board},
                                   {"soc_thermal"_L1, board}, {"bcm2835_thermal"_L1, board}, {"nvme"_L1, {75, 85, 5}}};

} // namespace

Limits Rules::of(Metric metric, const QString &subject) const
{
    const auto found = limits.find(metric);
    const Limits own = found == limits.end() ? Limits() : found->second;
    if (metric != Metric::Temperature || own.warning > 0 || own.critical > 0)
        return own;
    const auto kind = std::find_if(std::begin(sensorKinds), std::end(sensorKinds),
                                   [&](const SensorKind &each) { return each.name == subject; });
    return kind == std::end(sensorKinds) ? others : kind->limits;
}

std::optional<double> slopePerHour(const std::vector<std::pair<std::chrono::milliseconds, double>> &points)
{
    if (points.size() < fewestPoints || points.back().first - points.front().first < shortestCourse)
        return std::nullopt;
    double meanX = 0, meanY = 0;
    const auto hours = [&](size_t i) { return double((points[i].first - points.front().first).count()) / 3.6e6; };
    for (size_t i = 0; i < points.size(); ++i) {
        meanX += hours(i) / double(points.size());
        meanY += points[i].second / double(points.size());
    }
    double covariance = 0, variance = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        covariance += (hours(i) - meanX) * (points[i].second - meanY);
        variance += (hours(i) - meanX) * (hours(i) - meanX);
    }
    return variance > 0 ? std::optional(covariance / variance) : std::nullopt;
}

Concern Verdicts::leaningOf(const Watch &watch, const Limits &limits, std::chrono::minutes fullWithin)
{
    const Concern alone = byValue(watch.verdict.value, watch.verdict.concern, limits);
    const bool soon = watch.verdict.untilFull && *watch.verdict.untilFull < fullWithin;
    return alone == Concern::Fine && soon ? Concern::Warning : alone;
}

void Verdicts::follow(Watch &watch, std::chrono::milliseconds uptime)
{
    watch.course.push_back({uptime, watch.verdict.value});
    while (watch.course.size() > mostPoints || uptime - watch.course.front().at > courseLength)
        watch.course.pop_front();
    std::vector<std::pair<std::chrono::milliseconds, double>> points;
    for (const Point &point : watch.course)
        points.emplace_back(point.at, point.value);
    watch.verdict.perHour = slopePerHour(points);
    watch.verdict.untilFull.reset();
    if (fillsUp(watch.verdict.metric) && watch.verdict.perHour && *watch.verdict.perHour > 0.01) {
        const double minutes = (100.0 - watch.verdict.value) / *watch.verdict.perHour * 60;
        if (minutes < 7 * 24 * 60)
            watch.verdict.untilFull = std::chrono::minutes{qint64(std::max(minutes, 0.0))};
    }
}

QList<Verdict> Verdicts::feed(const Sample &sample, const Rules &rules)
{
    const auto uptime = sample.uptime;
    const auto before = std::exchange(m_fedAt, uptime);
    // The machine slept, or the hub was held: what was before says nothing about the time between.
    const bool anew = before && rules.apart.count() > 0 && uptime - *before > rules.apart;
    for (auto &[key, watch] : m_watches)
        watch.seen = false;
    for (const Reading &reading : readingsOf(sample)) {
        Watch &watch = m_watches[{reading.metric, reading.subject}];
        watch.seen = true;
        watch.verdict.metric = reading.metric;
        watch.verdict.subject = reading.subject;
        watch.verdict.value = reading.value;
        follow(watch, uptime);
    }
    QList<Verdict> changes;
    for (auto it = m_watches.begin(); it != m_watches.end();) {
        Watch &watch = it->second;
        const Limits limits = rules.of(it->first.first, it->first.second);
        // A figure that isn't there any more counts as fine: nothing says that it is still too high.
        const Concern leaning = watch.seen ? leaningOf(watch, limits, rules.fullWithin) : Concern::Fine;
        if (watch.count == 0 || anew || leaning != watch.leaning) {
            watch.leaning = leaning;
            watch.count = 0;
            watch.leansSince = uptime;
            watch.leansAt = sample.at;
        }
        ++watch.count;
        const bool settled =
            watch.count >= rules.samples && uptime - watch.leansSince >= std::max(rules.least, limits.least);
        if (settled && leaning != watch.verdict.concern) {
            watch.verdict.before = std::exchange(watch.verdict.concern, leaning);
            watch.verdict.since = watch.leansAt;
            changes << watch.verdict;
        }
        it = !watch.seen && settled && watch.verdict.concern == Concern::Fine ? m_watches.erase(it) : std::next(it);
    }
    return changes;
}

QList<Verdict> Verdicts::standing() const
{
    QList<Verdict> all;
    for (const auto &[key, watch] : m_watches)
        all << watch.verdict;
    return all;
}

bool Verdicts::unsettled() const
{
    return std::any_of(m_watches.begin(), m_watches.end(),
                       [](const auto &entry) { return entry.second.leaning != entry.second.verdict.concern; });
}

Concern Verdicts::worst() const
{
    Concern worst = Concern::Fine;
    for (const auto &[key, watch] : m_watches)
        worst = std::max(worst, watch.verdict.concern);
    return worst;
}

QString sentenceFor(const Verdict &verdict, const Limits &limits, Instant now)
{
    const QString name = verdict.subject.isEmpty() ? QString(specOf(verdict.metric).title)
                                                   : u"%1 (%2)"_s.arg(specOf(verdict.metric).title, verdict.subject);
    const QString value = valueText(verdict.metric, verdict.value);
    QString text;
    if (verdict.metric == Metric::Supply)
        text = u"The firmware says since %1: %2."_s.arg(toLocalShort(verdict.since, now), value);
    else if (verdict.concern == Concern::Fine)
        text = u"%1 is well again (%2 when last seen)."_s.arg(name, value);
    else if (byValue(verdict.value, verdict.concern, limits) == Concern::Fine)
        text = (verdict.untilFull ? u"%1 is at %2 and grows."_s : u"%1 is at %2 now."_s).arg(name, value);
    else
        text = u"%1 is at %2 (%3 from %4) since %5."_s.arg(
            name, value, textOf(concernTexts, verdict.concern),
            valueText(verdict.metric, verdict.concern == Concern::Critical ? limits.critical : limits.warning),
            toLocalShort(verdict.since, now));
    if (verdict.untilFull && verdict.concern != Concern::Fine)
        text += u" As it goes on it is full in %1."_s.arg(durationText(*verdict.untilFull));
    return text;
}

} // namespace hub::monitor
