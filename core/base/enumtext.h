// One name table per enum, read by the database, the local API and the front ends. Unknown text is an error.
#pragma once

#include "core/base/result.h"

#include <QLatin1StringView>

#include <span>

namespace hub
{

template <class E>
struct EnumText {
    E value;
    QLatin1StringView text;
};

template <class E, std::size_t N>
QString textOf(const EnumText<E> (&table)[N], E value)
{
    for (const auto &row : table) {
        if (row.value == value)
            return QString(row.text);
    }
    Q_UNREACHABLE();
}

template <class E, std::size_t N>
QStringList textsOf(const EnumText<E> (&table)[N])
{
    QStringList texts;
    for (const auto &row : table)
        texts << QString(row.text);
    return texts;
}

// `what` names the enum in the error: "unknown task state 'exploded'".
template <class E, std::size_t N>
Result<E> enumFromText(const EnumText<E> (&table)[N], QStringView text, QStringView what)
{
    for (const auto &row : table) {
        if (row.text == text)
            return row.value;
    }
    return fail(
        ErrorCode::InvalidInput,
        QStringLiteral("unknown %1 '%2' (one of: %3)").arg(what, text, textsOf(table).join(QStringLiteral(", "))));
}

} // namespace hub
