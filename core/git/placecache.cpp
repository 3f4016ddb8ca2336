#include "core/git/placecache.h"

#include "core/git/workingtree.h"

#include <sys/stat.h>

namespace hub::git
{

// Of a folder only which one and whose it is: its times change with everything that git does in it.
PlaceCache::Stamp PlaceCache::stampOf(const QByteArray &path)
{
    struct stat info;
    if (::lstat(path.constData(), &info) != 0)
        return {};
    const qint64 changed = S_ISDIR(info.st_mode) ? 0 : info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
    return {qint64(info.st_dev), qint64(info.st_ino), qint64(info.st_uid), changed};
}

std::array<PlaceCache::Stamp, 5> PlaceCache::look(const QByteArray &path, const RepositoryPlace &place)
{
    return {stampOf(path + "/.git"), stampOf(place.gitDir), stampOf(place.gitDir + "/commondir"),
            stampOf(place.gitDir + "/config.worktree"), stampOf(place.commonDir + "/config")};
}

Result<RepositoryPlace> PlaceCache::of(const QByteArray &path)
{
    {
        const std::lock_guard lock(m_mutex);
        if (const auto known = m_known.find(path);
            known != m_known.end() && look(path, known->second.place) == known->second.seen)
            return known->second.place;
    }
    HUB_TRY(const RepositoryPlace place, locateTree(path));
    const auto seen = look(path, place);
    const std::lock_guard lock(m_mutex);
    if (seen[0] == Stamp{})
        m_known.erase(path); // a folder inside a working tree: nothing of its own tells whether it still is
    else
        m_known[path] = {place, seen};
    return place;
}

} // namespace hub::git
