// A chart as a value: what it shows and over which time. It crosses to the program that draws it as JSON, which says
// its version and is read strictly. Pure; any thread.
#pragma once

#include "core/base/clock.h"
#include "core/base/enumtext.h"

#include <QByteArray>
#include <QList>

#include <optional>

namespace hub::chart
{

enum class Theme { Dark, Light };
inline constexpr EnumText<Theme> themeTexts[]{{Theme::Dark, QLatin1StringView("dark")},
                                              {Theme::Light, QLatin1StringView("light")}};

// What a figure was at a moment, or in the time that begins then.
struct Point {
    Instant at{};
    double low = 0, mean = 0, high = 0;
    friend bool operator==(const Point &, const Point &) = default;
};

struct Line {
    QString name;        // told where a panel has several
    QList<Point> points; // oldest first
    friend bool operator==(const Line &, const Line &) = default;
};

struct Limit {
    enum class Kind { Warning, Critical } kind = Kind::Warning;
    double value = 0; // from here on
    friend bool operator==(const Limit &, const Limit &) = default;
};
inline constexpr EnumText<Limit::Kind> limitTexts[]{{Limit::Kind::Warning, QLatin1StringView("warning")},
                                                    {Limit::Kind::Critical, QLatin1StringView("critical")}};

// Figures of one unit. A side of its scale that is not given follows from the points and the limits.
struct Panel {
    QString title, unit;
    QString subject;    // what the figure is of, where it may be of several; left out where there is no room
    bool whole = false; // counts: the scale has whole numbers only
    std::optional<double> bottom, top;
    QList<Line> lines;
    QList<Limit> limits;

    bool hasPoints() const;
    friend bool operator==(const Panel &, const Panel &) = default;
};

struct Chart {
    QString title;
    Theme theme = Theme::Dark;
    QString zone; // of the times shown, as IANA names it: "Europe/Rome"
    Instant from{}, to{};
    std::chrono::milliseconds step{0}; // between two points; where it is much longer, nothing was measured
    QList<Panel> panels;
    friend bool operator==(const Chart &, const Chart &) = default;
};

// What a chart may have at most, so that no input makes the program that draws it large or slow.
inline constexpr qsizetype mostBytes = 4 << 20, mostPanels = 8, mostLines = 4, mostPoints = 5000, mostCharacters = 80;

QByteArray toJson(const Chart &chart);
// InvalidInput for whatever is not a complete chart of this version within its bounds: what is unknown is an error.
Result<Chart> chartFromJson(const QByteArray &json);

} // namespace hub::chart
