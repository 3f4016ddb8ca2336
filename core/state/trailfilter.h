// Conditions that the audit trail and the log of git operations are both searched by. Pure.
#pragma once

#include "core/base/ids.h"
#include "core/base/person.h"

#include <QList>
#include <QVariant>

namespace hub::state
{

struct TrailCondition {
    QString sql;
    QVariantList values{};
};

// Who it was, by the whole text, by the name before the number or by what stands in the brackets: a person's number or
// the agent of a run. What has a number is searched by that, since names change.
inline TrailCondition isBy(const QString &who)
{
    const QString number = personNumber(who);
    const QString wanted = number.isEmpty() ? who : number;
    return {QStringLiteral(" AND (who = ? OR substr(who, 1, ?) = ? OR substr(who, ?) = ?)"),
            {wanted, wanted.size() + 2, wanted + QStringLiteral(" ("), -(wanted.size() + 3),
             QStringLiteral(" (%1)").arg(wanted)}};
}

inline TrailCondition isAmong(const QList<TaskId> &tasks)
{
    QStringList numbers;
    for (const TaskId task : tasks)
        numbers << QString::number(task.value());
    return {QStringLiteral(" AND task IN (%1)").arg(numbers.join(QLatin1Char(',')))};
}

} // namespace hub::state
