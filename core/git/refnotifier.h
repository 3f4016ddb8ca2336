// Hears of changes in the folders where a repository's refs lie, from the kernel. Made and read on one thread, which
// never waits for a disk; what is to be heard of is said by any thread.
#pragma once

#include "core/base/durablefile.h"

#include <QObject>
#include <QSet>

#include <map>
#include <mutex>

class QSocketNotifier;

namespace hub::git
{

class RefNotifier final : public QObject
{
    Q_OBJECT

public:
    RefNotifier();
    ~RefNotifier() override;

    // Any thread; blocks for a look at the folders. From now on changes of the guard's moves, of HEAD and of these refs
    // are told under this name, instead of what was told before. False when the kernel watches no more folders.
    bool watch(const QString &name, const QByteArray &commonDir, const QList<QByteArray> &refs);
    void forget(const QString &name);

Q_SIGNALS:
    void changed(const QString &name);

private:
    struct Place {
        QString name;
        QSet<QByteArray> entries; // what counts in this folder
    };
    void read();
    void drop(const QString &name, const QSet<int> &but);

    FileHandle m_inotify;
    std::unique_ptr<QSocketNotifier> m_ready;
    std::mutex m_mutex;
    std::map<int, Place> m_places; // by what the kernel calls the folder
};

} // namespace hub::git
