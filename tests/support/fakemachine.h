// A machine made of files below a folder, for the monitor.
#pragma once

#include "core/monitor/sensors.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace hub::test
{

class FakeMachine
{
public:
    bool write(const QString &path, const QByteArray &text)
    {
        const QString whole = m_folder.filePath(path);
        QFile file(whole);
        return QDir().mkpath(QFileInfo(whole).path()) && file.open(QIODevice::WriteOnly) &&
               file.write(text) == text.size();
    }
    monitor::Sources sources()
    {
        return {QFile::encodeName(m_folder.path()),
                [this](const QByteArray &path) -> std::optional<monitor::FileSystem> {
                    const auto found = disks.find(path);
                    return found == disks.end() ? std::nullopt : std::optional(found->second);
                },
                [this] { return firmware; }, [this] { return vcgencmd; }, [this] { return uptime; }};
    }

    std::map<QByteArray, monitor::FileSystem> disks;
    std::optional<quint32> firmware;
    std::optional<QByteArray> vcgencmd;
    std::chrono::milliseconds uptime{1'000'000};

private:
    QTemporaryDir m_folder;
};

} // namespace hub::test
