// What was measured, and how it compares: with another program's time in the same run, and with the target.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

#include <chrono>
#include <optional>
#include <vector>

namespace hub::bench
{

using Watch = std::chrono::steady_clock;
inline double millisecondsSince(Watch::time_point began)
{
    return std::chrono::duration<double, std::milli>(Watch::now() - began).count();
}

// With fewer than a hundred values the 99th percentile is the largest.
double percentile(std::vector<double> values, int percent);
inline double median(std::vector<double> values) { return percentile(std::move(values), 50); }

enum class Unit { Milliseconds, Kilobytes, Megabytes, PerSecond, Percent };

// A line of the design's table of targets.
struct Target {
    enum class Of { Median, P99, Ratio } of = Of::Median;
    enum class Is { AtMost, AtLeast } is = Is::AtMost;
    double limit = 0;
};

struct Row {
    QString what;
    Unit unit = Unit::Milliseconds;
    std::vector<double> values;
    QString peer = {}; // what stood beside it in the same run; empty when nothing did
    std::vector<double> peerValues = {};
    std::optional<Target> target = {};

    std::optional<double> ratio() const; // of the medians
    std::optional<bool> met() const;
};

class Report
{
public:
    void add(Row row);
    // A sentence below the table.
    void note(const QString &sentence) { m_notes << sentence; }

    QString table() const;
    QJsonObject json() const;

private:
    QList<Row> m_rows;
    QStringList m_notes;
};

} // namespace hub::bench
