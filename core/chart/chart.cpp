#include "core/chart/chart.h"

#include "core/base/jsonreader.h"

#include <QTimeZone>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::chart
{

namespace
{

constexpr int version = 1;
constexpr double largest = 1e9;
constexpr std::chrono::milliseconds longest = std::chrono::days{400};

Error wrong(const QString &what) { return fail(ErrorCode::InvalidInput, what); }

Result<QString> shortText(JsonReader &reader, const QString &name)
{
    HUB_TRY(const QString text, reader.text(name));
    if (text.size() > mostCharacters)
        return wrong(u"the %1 has more than %2 characters"_s.arg(name).arg(mostCharacters));
    return text;
}

Result<double> drawable(double value)
{
    if (std::abs(value) > largest)
        return wrong(u"%1 is too large to draw"_s.arg(value));
    return value;
}

Result<std::optional<double>> maybeDrawable(JsonReader &reader, const QString &name)
{
    HUB_TRY(const auto value, reader.maybeNumber(name));
    if (value)
        HUB_CHECK(drawable(*value));
    return value;
}

Result<QJsonArray> shortList(JsonReader &reader, const QString &name, qsizetype most)
{
    HUB_TRY(const QJsonArray list, reader.list(name));
    if (list.size() > most)
        return wrong(u"there are more than %1 %2"_s.arg(most).arg(name));
    return list;
}

Result<Point> pointFrom(const QJsonValue &value)
{
    const QJsonArray four = value.toArray();
    const bool complete = four.size() == 4 && std::all_of(four.begin(), four.end(), [](const QJsonValue &number) {
                              return number.isDouble() && std::abs(number.toDouble()) < 1e15;
                          });
    if (!complete || four[0].toInteger(-1) < 0)
        return wrong(u"a point is not a time and three numbers"_s);
    Point point{.at = fromMillis(four[0].toInteger())};
    HUB_TRY(point.low, drawable(four[1].toDouble()));
    HUB_TRY(point.mean, drawable(four[2].toDouble()));
    HUB_TRY(point.high, drawable(four[3].toDouble()));
    if (point.low > point.mean || point.mean > point.high)
        return wrong(u"the mean of a point is not between its low and its high"_s);
    return point;
}

Result<Line> lineFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"a line"_s));
    Line line;
    HUB_TRY(line.name, shortText(reader, u"name"_s));
    HUB_TRY(const QJsonArray points, shortList(reader, u"points"_s, mostPoints));
    for (const QJsonValue &one : points) {
        HUB_TRY(const Point point, pointFrom(one));
        if (!line.points.isEmpty() && point.at <= line.points.last().at)
            return wrong(u"the points of a line are not in the order of time"_s);
        line.points << point;
    }
    HUB_CHECK(reader.end());
    return line;
}

Result<Limit> limitFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"a limit"_s));
    Limit limit;
    HUB_TRY(const QString kind, shortText(reader, u"kind"_s));
    HUB_TRY(limit.kind, enumFromText(limitTexts, kind, u"kind of limit"));
    HUB_TRY(const double from, reader.number(u"value"_s));
    HUB_TRY(limit.value, drawable(from));
    HUB_CHECK(reader.end());
    return limit;
}

Result<Panel> panelFrom(const QJsonValue &value)
{
    HUB_TRY(auto reader, JsonReader::of(value, u"a panel"_s));
    Panel panel;
    HUB_TRY(panel.title, shortText(reader, u"title"_s));
    HUB_TRY(panel.subject, shortText(reader, u"subject"_s));
    HUB_TRY(panel.unit, shortText(reader, u"unit"_s));
    HUB_TRY(panel.whole, reader.flag(u"whole"_s));
    HUB_TRY(panel.bottom, maybeDrawable(reader, u"bottom"_s));
    HUB_TRY(panel.top, maybeDrawable(reader, u"top"_s));
    if (panel.bottom && panel.top && *panel.bottom >= *panel.top)
        return wrong(u"the bottom of a panel is not below its top"_s);
    HUB_TRY(const QJsonArray lines, shortList(reader, u"lines"_s, mostLines));
    for (const QJsonValue &one : lines) {
        HUB_TRY(const Line line, lineFrom(one));
        panel.lines << line;
    }
    HUB_TRY(const QJsonArray limits, shortList(reader, u"limits"_s, 2));
    for (const QJsonValue &one : limits) {
        HUB_TRY(const Limit limit, limitFrom(one));
        panel.limits << limit;
    }
    HUB_CHECK(reader.end());
    return panel;
}

QJsonObject panelJson(const Panel &panel)
{
    QJsonArray lines, limits;
    for (const Line &line : panel.lines) {
        QJsonArray points;
        for (const Point &point : line.points)
            points << QJsonArray{toMillis(point.at), point.low, point.mean, point.high};
        lines << QJsonObject{{u"name"_s, line.name}, {u"points"_s, points}};
    }
    for (const Limit &limit : panel.limits)
        limits << QJsonObject{{u"kind"_s, textOf(limitTexts, limit.kind)}, {u"value"_s, limit.value}};
    QJsonObject object{{u"title"_s, panel.title}, {u"subject"_s, panel.subject}, {u"unit"_s, panel.unit},
                       {u"whole"_s, panel.whole}, {u"lines"_s, lines},           {u"limits"_s, limits}};
    if (panel.bottom)
        object[u"bottom"_s] = *panel.bottom;
    if (panel.top)
        object[u"top"_s] = *panel.top;
    return object;
}

} // namespace

bool Panel::hasPoints() const
{
    return std::any_of(lines.begin(), lines.end(), [](const Line &line) { return !line.points.isEmpty(); });
}

QByteArray toJson(const Chart &chart)
{
    QJsonArray panels;
    for (const Panel &panel : chart.panels)
        panels << panelJson(panel);
    return hub::toJson(QJsonObject{{u"version"_s, version},
                                   {u"title"_s, chart.title},
                                   {u"theme"_s, textOf(themeTexts, chart.theme)},
                                   {u"zone"_s, chart.zone},
                                   {u"from"_s, toMillis(chart.from)},
                                   {u"to"_s, toMillis(chart.to)},
                                   {u"step"_s, qint64(chart.step.count())},
                                   {u"panels"_s, panels}});
}

namespace
{

Result<Chart> chartFrom(const QJsonObject &object)
{
    HUB_TRY(auto reader, JsonReader::of(object, u"the chart"_s));
    // First of all: a later version may be anything else.
    HUB_TRY(const double written, reader.number(u"version"_s));
    if (written != version)
        return wrong(u"it is of version %1, and this program draws version %2"_s.arg(written).arg(version));
    Chart chart;
    HUB_TRY(chart.title, shortText(reader, u"title"_s));
    HUB_TRY(const QString theme, shortText(reader, u"theme"_s));
    HUB_TRY(chart.theme, enumFromText(themeTexts, theme, u"theme"));
    HUB_TRY(chart.zone, shortText(reader, u"zone"_s));
    if (!QTimeZone(chart.zone.toUtf8()).isValid())
        return wrong(u"this machine knows no time zone '%1'"_s.arg(chart.zone)).withHint(u"apt install tzdata"_s);
    HUB_TRY(const qint64 from, reader.whole(u"from"_s));
    HUB_TRY(const qint64 to, reader.whole(u"to"_s));
    HUB_TRY(const qint64 step, reader.whole(u"step"_s));
    chart.from = fromMillis(from);
    chart.to = fromMillis(to);
    chart.step = std::chrono::milliseconds{step};
    if (from < 0 || to <= from || to - from > longest.count() || to > toMillis(Instant::max()) / 2 || step < 1)
        return wrong(u"it does not go from a time to a later one within %1 days, in steps"_s.arg(
            std::chrono::duration_cast<std::chrono::days>(longest).count()));
    HUB_TRY(const QJsonArray panels, shortList(reader, u"panels"_s, mostPanels));
    for (const QJsonValue &one : panels) {
        HUB_TRY(const Panel panel, panelFrom(one));
        chart.panels << panel;
    }
    HUB_CHECK(reader.end());
    return chart;
}

} // namespace

Result<Chart> chartFromJson(const QByteArray &json)
{
    const auto read = [&]() -> Result<Chart> {
        if (json.size() > mostBytes)
            return wrong(u"it is larger than %1 MB"_s.arg(mostBytes >> 20));
        HUB_TRY(const QJsonObject object, objectFromJson(json));
        return chartFrom(object);
    };
    auto chart = read();
    return chart ? std::move(chart) : Result<Chart>(std::move(chart).error().within(u"This is no chart"));
}

} // namespace hub::chart
