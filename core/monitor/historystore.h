// What was measured, in safety_monitor.db: every look for a day, by the minute for 30 days, by the hour for a year, so
// that its size has a bound. Hub thread.
#pragma once

#include "core/db/database.h"
#include "core/monitor/metric.h"

namespace hub::monitor
{

struct Point {
    Instant at{};
    double low = 0, mean = 0, high = 0;
    friend bool operator==(const Point &, const Point &) = default;
};

// One figure over time, oldest first.
struct Course {
    Metric metric = Metric::Cpu;
    QString subject;
    QList<Point> points;
};

class HistoryStore
{
public:
    explicit HistoryStore(db::Database &monitorDatabase)
        : m_database(monitorDatabase)
    {
    }

    // One commit. Minutes and hours that are over are summed up with it.
    Result<> add(const Sample &sample);
    // Removes what is older than it is kept.
    Result<> thin(Instant now);

    // In a span that gives at most about 3,000 points of each.
    Result<QList<Course>> courses(Instant from, Instant to) const;

private:
    Result<QList<Course>> coursesOf(qint64 span, Instant from, Instant to) const;
    Result<> addAll(const Sample &sample);
    Result<> sumUp(qint64 span, qint64 from, qint64 finer);
    Result<qint64> seriesOf(const Reading &reading);

    db::Database &m_database;
    std::map<std::pair<Metric, QString>, qint64> m_series;
    std::optional<qint64> m_last; // milliseconds, of the newest look
};

} // namespace hub::monitor
