// Small helpers around QJson: reading with a clear error, writing compactly.
#pragma once

#include "core/base/result.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace hub
{

inline QByteArray toJson(const QJsonObject &object) { return QJsonDocument(object).toJson(QJsonDocument::Compact); }
inline QByteArray toJson(const QJsonArray &array) { return QJsonDocument(array).toJson(QJsonDocument::Compact); }

inline Result<QJsonObject> objectFromJson(const QByteArray &text)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError)
        return fail(ErrorCode::InvalidInput, QStringLiteral("not JSON: ") + error.errorString());
    if (!document.isObject())
        return fail(ErrorCode::InvalidInput, QStringLiteral("not a JSON object"));
    return document.object();
}

} // namespace hub
