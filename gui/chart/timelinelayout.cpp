#include "gui/chart/timelinelayout.h"

#include <algorithm>
#include <cmath>

namespace hub::gui
{

namespace
{

constexpr double leastBar = 3; // wide, to be seen and to be hit
constexpr double beyond = 8;   // how far a bar that goes on outside reaches over the edge
constexpr double apart = symbolSize + 2;

using Kind = TimelineMark::Kind;

// Bars that are too narrow to be told from their neighbour join it.
void addBar(QList<TimelineItem> &bars, qsizetype index, double left, double right)
{
    right = std::max(right, left + leastBar);
    if (!bars.isEmpty()) {
        TimelineItem &last = bars.last();
        const bool narrow =
            right - left <= 2 * leastBar && (last.isCluster() || last.right - last.left <= 2 * leastBar);
        if (narrow && left < last.right + 1) {
            last.marks << index;
            last.right = std::max(last.right, right);
            return;
        }
    }
    bars << TimelineItem{true, {index}, left, right};
}

// `first`: of the last one's marks.
void addSymbol(QList<TimelineItem> &symbols, double &first, qsizetype index, double x)
{
    if (symbols.isEmpty() || x - symbols.last().middle() >= apart) {
        symbols << TimelineItem{false, {index}, x - symbolSize / 2, x + symbolSize / 2};
        first = x;
        return;
    }
    TimelineItem &last = symbols.last();
    last.marks << index;
    const double middle = (first + x) / 2;
    last.left = middle - symbolSize / 2;
    last.right = middle + symbolSize / 2;
}

} // namespace

double TimelineScale::xOf(Instant at) const
{
    return left + double((at - from).count()) / double(std::max<qint64>(1, (to - from).count())) * width;
}

Instant TimelineScale::timeAt(double x) const
{
    return from + std::chrono::milliseconds{std::llround((x - left) / width * double((to - from).count()))};
}

QList<TimelineItem> layOut(const QList<TimelineMark> &marks, const TimelineScale &scale)
{
    QList<TimelineItem> turns, pauses, symbols;
    double first = 0;
    for (qsizetype i = 0; i < marks.size(); ++i) {
        const TimelineMark &mark = marks[i];
        if (mark.from > scale.to)
            break;
        const bool bar = mark.kind == Kind::Turn || mark.kind == Kind::Pause;
        const Instant end = bar ? mark.to.value_or(std::max(scale.now, mark.from)) : mark.from;
        if (end < scale.from)
            continue;
        const double x = scale.xOf(mark.from);
        if (bar)
            addBar(mark.kind == Kind::Turn ? turns : pauses, i, std::max(x, scale.left - beyond),
                   std::min(scale.xOf(end), scale.left + scale.width + beyond));
        else
            addSymbol(symbols, first, i, x);
    }
    return turns + pauses + symbols;
}

} // namespace hub::gui
