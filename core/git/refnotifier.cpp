#include "core/git/refnotifier.h"

#include "core/base/log.h"
#include "core/posix/guardfile.h"

#include <QFile>
#include <QSocketNotifier>

#include <cerrno>
#include <cstring>
#include <sys/inotify.h>
#include <unistd.h>

namespace hub::git
{

namespace
{

constexpr uint32_t changes =
    IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

// Folder to the names in it that count: on the way to each ref every folder, since git makes and removes them.
std::map<QByteArray, QSet<QByteArray>> foldersOf(const QByteArray &commonDir, const QList<QByteArray> &refs)
{
    std::map<QByteArray, QSet<QByteArray>> folders;
    const auto add = [&](const QByteArray &path) {
        const qsizetype slash = path.lastIndexOf('/');
        folders[path.left(slash)].insert(path.mid(slash + 1));
    };
    for (const char *name : {"/HEAD", "/packed-refs", "/refs"})
        add(commonDir + name);
    add(commonDir + '/' + posix::guardFolder);
    add(commonDir + '/' + posix::guardFolder + '/' + posix::guardMoves);
    add(commonDir + '/' + posix::guardFolder + '/' + posix::guardFileName);
    for (const QByteArray &ref : refs) {
        for (QByteArray path = ref; path.contains('/'); path.truncate(path.lastIndexOf('/')))
            add(commonDir + '/' + path);
    }
    return folders;
}

} // namespace

RefNotifier::RefNotifier()
    : m_inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
    if (!m_inotify.isOpen()) {
        qCWarning(lcGit) << "changes of refs are not heard of, only looked for:" << std::strerror(errno);
        return;
    }
    m_ready = std::make_unique<QSocketNotifier>(m_inotify.fd(), QSocketNotifier::Read);
    connect(m_ready.get(), &QSocketNotifier::activated, this, &RefNotifier::read);
}

RefNotifier::~RefNotifier() = default;

bool RefNotifier::watch(const QString &name, const QByteArray &commonDir, const QList<QByteArray> &refs)
{
    if (!m_inotify.isOpen())
        return false;
    QSet<int> now;
    bool all = true;
    for (const auto &[folder, entries] : foldersOf(commonDir, refs)) {
        const std::lock_guard lock(m_mutex); // before what it hears is read
        const int id = ::inotify_add_watch(m_inotify.fd(), folder.constData(), changes | IN_ONLYDIR);
        if (id >= 0) {
            m_places[id] = {name, entries};
            now.insert(id);
        } else if (errno == ENOSPC || errno == ENOMEM) {
            all = false;
        }
    }
    drop(name, now);
    return all;
}

void RefNotifier::forget(const QString &name) { drop(name, {}); }

void RefNotifier::drop(const QString &name, const QSet<int> &but)
{
    const std::lock_guard lock(m_mutex);
    for (auto place = m_places.begin(); place != m_places.end();) {
        if (place->second.name != name || but.contains(place->first)) {
            ++place;
            continue;
        }
        ::inotify_rm_watch(m_inotify.fd(), place->first);
        place = m_places.erase(place);
    }
}

void RefNotifier::read()
{
    QSet<QString> names;
    alignas(inotify_event) char buffer[16384];
    for (;;) {
        const ssize_t size = ::read(m_inotify.fd(), buffer, sizeof buffer);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        const std::lock_guard lock(m_mutex);
        for (const char *at = buffer; at < buffer + size;) {
            const auto *event = reinterpret_cast<const inotify_event *>(at);
            at += sizeof(inotify_event) + event->len;
            if (event->mask & IN_Q_OVERFLOW) { // anything may have changed
                for (const auto &[id, place] : m_places)
                    names.insert(place.name);
                continue;
            }
            const auto place = m_places.find(event->wd);
            if (place == m_places.end())
                continue;
            const bool itself = event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED);
            if (itself || place->second.entries.contains(QByteArray(event->len > 0 ? event->name : "")))
                names.insert(place->second.name);
            if (event->mask & IN_IGNORED)
                m_places.erase(place);
        }
    }
    for (const QString &name : names)
        Q_EMIT changed(name);
}

} // namespace hub::git
