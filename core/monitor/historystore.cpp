#include "core/monitor/historystore.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

constexpr qint64 oneLook = 0, minute = 60'000, hour = 3'600'000, day = 24 * hour;

struct Keeping {
    qint64 span, kept; // milliseconds
};
constexpr Keeping keepings[]{{oneLook, day}, {minute, 30 * day}, {hour, 365 * day}};

qint64 tenths(double value) { return qRound64(value * 10); }

// Begun is begun: what fails in between is taken back as a whole.
template <class Work>
Result<> inOneCommit(db::Database &database, Work work)
{
    HUB_CHECK(database.run(u"BEGIN IMMEDIATE"_s));
    auto done = work();
    if (done)
        done = database.run(u"COMMIT"_s);
    if (!done)
        std::ignore = database.run(u"ROLLBACK"_s);
    return done;
}

} // namespace

Result<qint64> HistoryStore::seriesOf(const Reading &reading)
{
    const std::pair key{reading.metric, reading.subject};
    if (const auto known = m_series.find(key); known != m_series.end())
        return known->second;
    const QVariantList name{textOf(metricTexts, reading.metric), reading.subject};
    HUB_CHECK(m_database.execute(u"INSERT OR IGNORE INTO series (metric, subject) VALUES (?,?)"_s, name));
    HUB_TRY(const auto id, m_database.selectOne(u"SELECT id FROM series WHERE metric = ? AND subject = ?"_s, name,
                                                [](const db::Row &row) { return row.number(0); }));
    if (!id)
        return fail(ErrorCode::Internal, u"the series %1 was not stored"_s.arg(name.first().toString()));
    m_series[key] = *id;
    return *id;
}

// Again is no harm: the same points give the same sum.
Result<> HistoryStore::sumUp(qint64 span, qint64 from, qint64 finer)
{
    HUB_CHECK(m_database.execute(
        u"INSERT OR REPLACE INTO point (series, span, at, low, mean, high) "
        "SELECT p.series, ?, ?, min(p.low), CAST(round(avg(p.mean)) AS INTEGER), max(p.high) FROM series s "
        "JOIN point p ON p.series = s.id AND p.span = ? AND p.at >= ? AND p.at < ? GROUP BY p.series"_s,
        {span, from, finer, from, from + span}));
    return {};
}

Result<> HistoryStore::addAll(const Sample &sample)
{
    const qint64 at = toMillis(sample.at);
    if (!m_last) {
        HUB_TRY(const auto newest, m_database.selectOne(u"SELECT max(at) FROM point WHERE span = 0"_s, {},
                                                        [](const db::Row &row) { return row.number(0); }));
        m_last = newest.value_or(0);
    }
    if (*m_last > 0 && *m_last / minute != at / minute)
        HUB_CHECK(sumUp(minute, *m_last / minute * minute, oneLook));
    if (*m_last > 0 && *m_last / hour != at / hour) {
        HUB_CHECK(sumUp(hour, *m_last / hour * hour, minute));
        HUB_CHECK(thin(sample.at));
    }
    for (const Reading &reading : readingsOf(sample)) {
        HUB_TRY(const qint64 series, seriesOf(reading));
        const qint64 value = tenths(reading.value);
        HUB_CHECK(m_database.execute(
            u"INSERT OR REPLACE INTO point (series, span, at, low, mean, high) VALUES (?,0,?,?,?,?)"_s,
            {series, at, value, value, value}));
    }
    return {};
}

Result<> HistoryStore::add(const Sample &sample)
{
    if (auto added = inOneCommit(m_database, [&] { return addAll(sample); }); !added) {
        m_series.clear(); // they may have been taken back with it
        return added;
    }
    m_last = toMillis(sample.at);
    return {};
}

Result<> HistoryStore::thin(Instant now)
{
    for (const Keeping &keeping : keepings) {
        HUB_CHECK(
            m_database.execute(u"DELETE FROM point WHERE span = ? AND at < ? AND series IN (SELECT id FROM series)"_s,
                               {keeping.span, toMillis(now) - keeping.kept}));
    }
    return {};
}

Result<HistoryStore::Courses> HistoryStore::courses(Instant from, Instant to) const
{
    const auto length = to - from;
    const qint64 coarsest = length <= std::chrono::hours{3} ? oneLook : length <= std::chrono::days{2} ? minute : hour;
    Courses found{.span = std::chrono::milliseconds{coarsest}};
    for (const qint64 span : {hour, minute, oneLook}) {
        if (span > coarsest)
            continue;
        HUB_CHECK(readInto(found.each, span, from, to));
        // All figures are summed up at the same time, so the finer points go on where the coarser ones end.
        for (const Course &course : found.each)
            from = std::max(from, course.points.last().at + std::chrono::milliseconds{std::max<qint64>(span, 1)});
    }
    return found;
}

Result<> HistoryStore::readInto(QList<Course> &courses, qint64 span, Instant from, Instant to) const
{
    struct Row {
        QString metric, subject;
        Point point;
    };
    HUB_TRY(const auto rows,
            m_database.select(u"SELECT s.metric, s.subject, p.at, p.low, p.mean, p.high FROM series s JOIN point p "
                              "ON p.series = s.id AND p.span = ? AND p.at >= ? AND p.at <= ? ORDER BY s.id, p.at"_s,
                              {span, toMillis(from), toMillis(to)}, [](const db::Row &row) {
                                  return Row{row.text(0),
                                             row.text(1),
                                             {fromMillis(row.number(2)), double(row.number(3)) / 10,
                                              double(row.number(4)) / 10, double(row.number(5)) / 10}};
                              }));
    const auto placeOf = [&](Metric metric, const QString &subject) {
        const auto known = std::find_if(courses.begin(), courses.end(), [&](const Course &course) {
            return course.metric == metric && course.subject == subject;
        });
        const qsizetype place = known - courses.begin();
        if (place == courses.size())
            courses.append({metric, subject, {}});
        return place;
    };
    qsizetype place = -1;
    for (const Row &row : rows) {
        const auto metric = enumFromText(metricTexts, row.metric, u"metric");
        if (!metric)
            continue; // of a newer version
        if (place < 0 || courses[place].metric != *metric || courses[place].subject != row.subject)
            place = placeOf(*metric, row.subject);
        courses[place].points << row.point;
    }
    return {};
}

} // namespace hub::monitor
