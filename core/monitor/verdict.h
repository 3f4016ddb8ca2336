// From samples to verdicts: which figure is too high, for how long already, and where it is going. A pure function of
// the samples: the same ones give the same verdicts. No single sample changes anything.
#pragma once

#include "core/monitor/metric.h"

#include <deque>
#include <map>

namespace hub::monitor
{

enum class Concern { Fine, Warning, Critical };
inline constexpr EnumText<Concern> concernTexts[]{{Concern::Fine, QLatin1StringView("fine")},
                                                  {Concern::Warning, QLatin1StringView("warning")},
                                                  {Concern::Critical, QLatin1StringView("critical")}};

// How far the hub may go for a figure; see ladder.h.
enum class Step { None, StopAdmitting, FreezeLowest, SafeMode };
inline constexpr EnumText<Step> stepTexts[]{{Step::None, QLatin1StringView("off")},
                                            {Step::StopAdmitting, QLatin1StringView("stop-admitting")},
                                            {Step::FreezeLowest, QLatin1StringView("freeze-lowest")},
                                            {Step::SafeMode, QLatin1StringView("safe-mode")}};

struct Limits {
    double warning = 0, critical = 0;   // from here on; a limit of 0 is none
    double slack = 0;                   // it is over when the value is this much below
    std::chrono::milliseconds least{0}; // it has to last so long, where that is more than the rules say
};

struct Rules {
    std::map<Metric, Limits> limits;
    // For this figure. A temperature without limits of its own has those of its kind of sensor.
    Limits of(Metric metric, const QString &subject) const;
    int samples = 3;                        // so many in a row
    std::chrono::milliseconds least{10000}; // and for so long
    std::chrono::milliseconds apart{0};     // looks that lie further apart are not in a row; 0: all are
    std::chrono::minutes fullWithin{30};    // a disk that will be full by then is a warning; 0: no look ahead
};

struct Verdict {
    Metric metric = Metric::Cpu;
    QString subject;
    Concern concern = Concern::Fine, before = Concern::Fine;
    double value = 0;
    Instant since{};                               // of the first of the samples that led to it
    std::optional<double> perHour;                 // where it is going, in units of the metric
    std::optional<std::chrono::minutes> untilFull; // of a disk or its inodes, as it goes on now
    friend bool operator==(const Verdict &, const Verdict &) = default;
};

class Verdicts
{
public:
    // What changed with this sample. Its uptime counts, since the clock may jump.
    QList<Verdict> feed(const Sample &sample, const Rules &rules);
    // Whether some figure leans to another verdict than it has: then it is worth looking again soon.
    bool unsettled() const;

    // All figures as they stand, fine ones included.
    QList<Verdict> standing() const;
    Concern worst() const;

private:
    struct Point {
        std::chrono::milliseconds at;
        double value;
    };
    struct Watch {
        Verdict verdict;
        Concern leaning = Concern::Fine; // what the latest samples say
        int count = 0;                   // of them in a row
        std::chrono::milliseconds leansSince{0};
        Instant leansAt{};
        std::deque<Point> course; // of the last minutes
        bool seen = false;
    };
    using Key = std::pair<Metric, QString>;
    static Concern leaningOf(const Watch &watch, const Limits &limits, std::chrono::minutes fullWithin);
    static void follow(Watch &watch, std::chrono::milliseconds uptime);

    std::map<Key, Watch> m_watches;
    std::optional<std::chrono::milliseconds> m_fedAt; // uptime
};

// Change of the value for each hour, by least squares; nothing for less than four points or three minutes.
std::optional<double> slopePerHour(const std::vector<std::pair<std::chrono::milliseconds, double>> &points);

// "Memory is at 96 % (critical from 95 %) since 14:02."
QString sentenceFor(const Verdict &verdict, const Limits &limits, Instant now);

} // namespace hub::monitor
