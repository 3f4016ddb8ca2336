#include "core/base/jsonreader.h"

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub
{

Error JsonReader::wrong(const QString &name, QStringView kind) const
{
    return fail(ErrorCode::InvalidInput, u"%1 of %2 is not %3"_s.arg(name, m_what, kind));
}

Result<JsonReader> JsonReader::of(const QJsonValue &value, const QString &what)
{
    if (!value.isObject())
        return fail(ErrorCode::InvalidInput, what + u" is not an object"_s);
    return JsonReader(value.toObject(), what);
}

Result<QJsonValue> JsonReader::value(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    if (value.isUndefined())
        return wrong(name, u"there");
    return value;
}

Result<QString> JsonReader::text(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    if (!value.isString())
        return wrong(name, u"a text");
    return value.toString();
}

Result<double> JsonReader::number(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    if (!value.isDouble() || !std::isfinite(value.toDouble()))
        return wrong(name, u"a number");
    return value.toDouble();
}

Result<qint64> JsonReader::whole(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    // A number that is not whole gives each of the two fallbacks.
    if (!value.isDouble() || value.toInteger(0) != value.toInteger(1))
        return wrong(name, u"a whole number");
    return value.toInteger();
}

Result<bool> JsonReader::flag(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    if (!value.isBool())
        return wrong(name, u"true or false");
    return value.toBool();
}

Result<QJsonArray> JsonReader::list(const QString &name)
{
    const QJsonValue value = m_object.take(name);
    if (!value.isArray())
        return wrong(name, u"a list");
    return value.toArray();
}

Result<std::optional<double>> JsonReader::maybeNumber(const QString &name)
{
    if (!has(name))
        return std::optional<double>();
    HUB_TRY(const double value, number(name));
    return std::optional(value);
}

Result<std::optional<qint64>> JsonReader::maybeWhole(const QString &name)
{
    if (!has(name))
        return std::optional<qint64>();
    HUB_TRY(const qint64 value, whole(name));
    return std::optional(value);
}

Result<bool> JsonReader::flagOr(const QString &name, bool fallback)
{
    return has(name) ? flag(name) : Result<bool>(fallback);
}

Result<QJsonArray> JsonReader::maybeList(const QString &name)
{
    return has(name) ? list(name) : Result<QJsonArray>(QJsonArray());
}

Result<> JsonReader::end() const
{
    if (!m_object.isEmpty())
        return fail(ErrorCode::InvalidInput,
                    u"%1 has a '%2', which this version does not know"_s.arg(m_what, m_object.keys().first()));
    return {};
}

} // namespace hub
