// How much of the disk folders take. Measured on a worker and remembered for a minute, since people ask often and a
// large tree takes long.
#pragma once

#include "core/base/clock.h"
#include "core/base/workers.h"

#include <QHash>

#include <mutex>

namespace hub::recovery
{

// Bytes of all files below, as the disk counts them; what is linked several times counts once. Links are not followed,
// other file systems not entered. 0 for a folder that isn't there. Blocks.
qint64 bytesBelow(const QByteArray &folder);

class DiskUse
{
public:
    DiskUse(Workers &workers, const Clock &clock)
        : m_workers(workers)
        , m_clock(clock)
    {
    }

    // Any thread.
    QFuture<Result<qint64>> of(const QString &folder);

private:
    struct Measured {
        qint64 bytes = 0;
        Instant at{};
    };
    Workers &m_workers;
    const Clock &m_clock;
    std::mutex m_mutex;
    QHash<QString, Measured> m_known;
};

QString sizeText(qint64 bytes); // "1.2 GB"

} // namespace hub::recovery
