#include "core/base/person.h"

#include <QRegularExpression>

namespace hub
{

QString personNumber(const QString &who)
{
    static const QRegularExpression shape(QStringLiteral("\\((\\d{5,20})\\)$"));
    return shape.match(who).captured(1);
}

bool isSamePerson(const QString &who, const QString &other)
{
    const QString number = personNumber(who);
    return number.isEmpty() ? who == other : number == personNumber(other);
}

} // namespace hub
