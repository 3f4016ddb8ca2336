#include "core/recovery/diskuse.h"

#include <QFile>
#include <QSet>

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

qint64 bytesBelow(const QByteArray &folder)
{
    QByteArray path = folder;
    char *paths[]{path.data(), nullptr};
    FTS *walk = ::fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr);
    if (!walk)
        return 0;
    qint64 bytes = 0;
    QSet<quint64> linked;
    while (const FTSENT *entry = ::fts_read(walk)) {
        if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR)
            continue;
        const struct stat &info = *entry->fts_statp;
        if (info.st_nlink > 1 && entry->fts_info == FTS_F) {
            if (linked.contains(info.st_ino))
                continue;
            linked.insert(info.st_ino);
        }
        bytes += qint64(info.st_blocks) * 512;
    }
    ::fts_close(walk);
    return bytes;
}

QFuture<Result<qint64>> DiskUse::of(const QString &folder)
{
    constexpr std::chrono::minutes remembered{1};
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_known.constFind(folder);
        if (known != m_known.cend() && m_clock.now() - known->at < remembered)
            return readyFuture(Result<qint64>(known->bytes));
    }
    return m_workers.run(u"disk"_s, [this, folder]() -> Result<qint64> {
        const qint64 bytes = bytesBelow(QFile::encodeName(folder));
        const std::lock_guard lock(m_mutex);
        m_known.insert(folder, {bytes, m_clock.now()});
        return bytes;
    });
}

QString sizeText(qint64 bytes)
{
    return bytes >= 1'000'000'000 ? u"%1 GB"_s.arg(double(bytes) / 1e9, 0, 'f', 1)
                                  : u"%1 MB"_s.arg(double(bytes) / 1e6, 0, 'f', 1);
}

} // namespace hub::recovery
