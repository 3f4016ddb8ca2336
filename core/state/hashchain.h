// A table of rows of which each has a hash over itself and the hash before it, so that a changed, removed or inserted
// row shows. Shared by the audit trail and the log of git operations. Hub thread.
#pragma once

#include "core/base/json.h"

#include <QCryptographicHash>

#include <optional>

namespace hub::state
{

// A JSON array keeps the fields apart: no two different rows have the same text.
inline QString chainHash(const QJsonArray &fields)
{
    return QString::fromLatin1(QCryptographicHash::hash(toJson(fields), QCryptographicHash::Sha256).toHex());
}

struct ChainVerdict {
    qint64 rows = 0;
    std::optional<qint64> brokenAt; // the first row that does not fit the chain
    QString lastHash;

    // Takes the rows in order. `fields` is what the row's hash covers, without the hash before it.
    void take(qint64 number, const QString &hash, QJsonArray fields)
    {
        ++rows;
        fields.prepend(lastHash);
        if (!brokenAt && (number != rows || hash != chainHash(fields)))
            brokenAt = number;
        lastHash = hash;
    }
};

} // namespace hub::state
