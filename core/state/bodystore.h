// Bodies too large for the database: files named by the SHA-256 of their content, written once, durable before the
// row that names them is committed. Hub thread and read-only workers.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QStringList>

namespace hub::state
{

class BodyStore
{
public:
    // Bodies up to this many bytes stay in their row.
    static constexpr qsizetype inlineLimit = 64 * 1024;

    explicit BodyStore(QString folder)
        : m_folder(std::move(folder))
    {
    }

    // The name under which the bytes are kept; the same bytes have the same name and are stored once.
    Result<QString> put(const QByteArray &bytes) const;
    // Corrupt when the file no longer matches its name.
    Result<QByteArray> get(const QString &name) const;

    // Those that lie there, by name.
    QStringList all() const;
    Result<> remove(const QString &name) const;
    QByteArray pathOf(const QString &name) const;
    static QString nameOf(const QByteArray &bytes);

private:
    QString m_folder;
};

} // namespace hub::state
