#include "core/monitor/mishaps.h"

#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

QString withoutNumbers(QString text)
{
    static const QRegularExpression numbers(u"0x[0-9a-fA-F]+|[0-9]+"_s);
    return text.replace(numbers, u"0"_s);
}

} // namespace

Escalation repetition(const QStringList &errors)
{
    if (errors.isEmpty())
        return {};
    const QString newest = withoutNumbers(errors.first());
    const auto other = std::find_if(errors.begin(), errors.end(),
                                    [&](const QString &error) { return withoutNumbers(error) != newest; });
    const auto same = std::distance(errors.begin(), other);
    if (same < 2)
        return {};
    return same == 2 ? Escalation{AlertLevel::Error, u"It failed the same way the time before."_s}
                     : Escalation{AlertLevel::Critical, u"It keeps failing the same way."_s};
}

Escalation burst(qint64 errors, qint64 tasks, qint64 limit)
{
    if (errors < limit)
        return {};
    const QString many = QString::number(errors), window = QString::number(burstWindow.count());
    return {errors < 2 * limit ? AlertLevel::Error : AlertLevel::Critical,
            tasks == 1 ? u"%1 errors within %2 minutes, all in one task."_s.arg(many, window)
                       : u"%1 errors within %2 minutes, in %3 tasks."_s.arg(many, window, QString::number(tasks))};
}

} // namespace hub::monitor
