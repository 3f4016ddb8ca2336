// Takes an object apart strictly: each member is of the kind that is asked for, and what nobody asked for is an error.
// All errors are InvalidInput and name the member.
#pragma once

#include "core/base/json.h"

#include <optional>

namespace hub
{

class JsonReader
{
public:
    // `what` names the object in errors: "a panel".
    static Result<JsonReader> of(const QJsonValue &value, const QString &what);

    bool has(const QString &name) const { return m_object.contains(name); }
    Result<QString> text(const QString &name);
    Result<double> number(const QString &name); // finite
    Result<qint64> whole(const QString &name);
    Result<bool> flag(const QString &name);
    Result<QJsonArray> list(const QString &name);
    Result<QJsonValue> value(const QString &name); // whatever it is, but there
    // Nothing where the member is not there.
    Result<std::optional<double>> maybeNumber(const QString &name);
    Result<std::optional<qint64>> maybeWhole(const QString &name);
    Result<bool> flagOr(const QString &name, bool fallback);
    Result<QJsonArray> maybeList(const QString &name); // empty where it is not there

    // After all members were taken.
    Result<> end() const;

private:
    JsonReader(QJsonObject object, QString what)
        : m_object(std::move(object))
        , m_what(std::move(what))
    {
    }
    Error wrong(const QString &name, QStringView kind) const;

    QJsonObject m_object;
    QString m_what;
};

} // namespace hub
