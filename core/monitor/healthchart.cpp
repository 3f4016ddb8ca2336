#include "core/monitor/healthchart.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

QList<chart::Limit> limitsOf(const Limits &limits)
{
    QList<chart::Limit> drawn;
    if (limits.warning > 0)
        drawn << chart::Limit{chart::Limit::Kind::Warning, limits.warning};
    if (limits.critical > 0)
        drawn << chart::Limit{chart::Limit::Kind::Critical, limits.critical};
    return drawn;
}

double highestOf(const Course &course)
{
    const auto highest = std::max_element(course.points.begin(), course.points.end(),
                                          [](const Point &a, const Point &b) { return a.high < b.high; });
    return highest == course.points.end() ? 0 : highest->high;
}

// Of several sensors the one that came nearest to its limit: all of them are more than a phone can show.
const Course *mostTelling(const QList<Course> &courses, Metric metric, const Rules &rules)
{
    const Course *found = nullptr;
    double most = -1;
    for (const Course &course : courses) {
        const Limits limits = rules.of(metric, course.subject);
        const double limit = limits.critical > 0 ? limits.critical : limits.warning > 0 ? limits.warning : 100;
        const double share = course.metric == metric ? highestOf(course) / limit : -1;
        if (share > most) {
            most = share;
            found = &course;
        }
    }
    return found;
}

chart::Line lineOf(const Course *course, const QString &name)
{
    return {name, course ? course->points.last(std::min(course->points.size(), chart::mostPoints)) : QList<Point>()};
}

} // namespace

chart::Chart healthChart(const HistoryStore::Courses &courses, const Rules &rules, std::chrono::milliseconds interval,
                         chart::Chart frame)
{
    const auto panelOf = [&](Metric metric) {
        const MetricSpec &spec = specOf(metric);
        const Course *course = mostTelling(courses.each, metric, rules);
        const QString subject = course ? course->subject : QString();
        return chart::Panel{.title = QString(spec.title),
                            .unit = spec.unit.toString(),
                            .subject = subject,
                            .lines = {lineOf(course, {})},
                            .limits = limitsOf(rules.of(metric, subject))};
    };
    chart::Panel cpu = panelOf(Metric::Cpu), memory = panelOf(Metric::Memory), disk = panelOf(Metric::Disk);
    for (chart::Panel *share : {&cpu, &memory, &disk}) {
        share->bottom = 0;
        share->top = 100;
    }
    chart::Panel agents{.title = u"Agents"_s, .whole = true, .bottom = 0};
    agents.lines = {lineOf(mostTelling(courses.each, Metric::Agents, rules), u"running"_s),
                    lineOf(mostTelling(courses.each, Metric::Paused, rules), u"held"_s)};
    frame.step = std::max(courses.span, interval);
    frame.panels = {cpu, memory, disk, panelOf(Metric::Temperature), agents};
    return frame;
}

} // namespace hub::monitor
