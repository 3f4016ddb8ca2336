#include "core/commands/sparkline.h"

#include <algorithm>
#include <numeric>

namespace hub::commands
{

QString sparkline(const QList<double> &values, int width, double calm)
{
    static constexpr QStringView signs = u"▁▂▃▄▅▆▇█";
    QList<double> means;
    const qsizetype count = std::min<qsizetype>(width, values.size());
    for (qsizetype i = 0; i < count; ++i) {
        const qsizetype from = values.size() * i / count, to = values.size() * (i + 1) / count;
        means << std::accumulate(values.begin() + from, values.begin() + to, 0.0) / double(to - from);
    }
    if (means.isEmpty())
        return {};
    const auto [low, high] = std::minmax_element(means.begin(), means.end());
    const double range = std::max(*high - *low, calm);
    QString line;
    for (const double mean : means)
        line +=
            signs[std::clamp<qsizetype>(qRound((mean - *low) / range * double(signs.size() - 1)), 0, signs.size() - 1)];
    return line;
}

} // namespace hub::commands
