// What was measured, in safety_monitor.db: every look for a day, by the minute for 30 days, by the hour for a year, so
// that its size has a bound. Hub thread.
#pragma once

#include "core/chart/chart.h"
#include "core/db/database.h"
#include "core/monitor/metric.h"

namespace hub::monitor
{

using chart::Point;

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

    struct Courses {
        std::chrono::milliseconds span{0}; // that most points stand for; 0: of one look
        QList<Course> each;
    };
    // At most about 3,000 points of each figure: hours, minutes or looks, by the length of the time. What is not summed
    // up yet, since its hour or minute goes on, follows in minutes and looks.
    Result<Courses> courses(Instant from, Instant to) const;
    // The database, for a connection of one's own on another thread.
    const QString &file() const { return m_database.path(); }

private:
    Result<> readInto(QList<Course> &courses, qint64 span, Instant from, Instant to) const;
    Result<> addAll(const Sample &sample);
    Result<> sumUp(qint64 span, qint64 from, qint64 finer);
    Result<qint64> seriesOf(const Reading &reading);

    db::Database &m_database;
    std::map<std::pair<Metric, QString>, qint64> m_series;
    std::optional<qint64> m_last; // milliseconds, of the newest look
};

} // namespace hub::monitor
