#include "core/git/restorelock.h"

#include "core/base/durablefile.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray title = "agenthub rollback 1";

QByteArray lockText(const ObjectId &current, const ObjectId &target)
{
    return title + '\n' + current.hex() + '\n' + target.hex() + '\n';
}

} // namespace

Result<std::optional<Interrupted>> RestoreLock::read(const RepositoryPlace &place)
{
    auto text = readFile(place.gitDir + "/index.lock");
    if (!text && text.error().code == ErrorCode::NotFound)
        return std::optional<Interrupted>();
    if (!text)
        return std::move(text).error();
    const QList<QByteArray> lines = text->split('\n');
    const auto current = ObjectId::fromHex(lines.value(1));
    const auto target = ObjectId::fromHex(lines.value(2));
    if (lines[0] != title || !current || !target)
        return std::optional<Interrupted>();
    return std::optional(Interrupted{*current, *target});
}

Result<RestoreLock> RestoreLock::take(const RepositoryPlace &place, const ObjectId &current, const ObjectId &target)
{
    const QByteArray path = place.gitDir + "/index.lock";
    // Linked into place with its text: a lock without one could not be told from git's own.
    const QByteArray prepared = place.gitDir + "/agenthub-rollback.lock";
    ::unlink(prepared.constData());
    {
        HUB_TRY(const FileHandle file, openFile(prepared, O_WRONLY | O_CREAT | O_EXCL, 0644));
        HUB_CHECK(writeAll(file.fd(), lockText(current, target), prepared));
        HUB_CHECK(syncFile(file.fd(), prepared));
    }
    const bool linked = ::link(prepared.constData(), path.constData()) == 0;
    const int problem = errno;
    if (linked) {
        ::unlink(prepared.constData());
        HUB_CHECK(syncFolder(place.gitDir));
        return RestoreLock(path, false);
    }
    if (problem != EEXIST) {
        ::unlink(prepared.constData());
        return systemError(problem, u"lock", path);
    }
    HUB_TRY(const auto owner, read(place));
    const bool same = owner && owner->current == current && owner->target == target;
    const bool reverse = owner && owner->current == target && owner->target == current;
    if (!same && !reverse) {
        ::unlink(prepared.constData());
        if (owner)
            return fail(
                ErrorCode::Conflict,
                u"An earlier rollback of this working tree was interrupted and must be finished or undone first."_s);
        return fail(ErrorCode::Conflict,
                    u"git is at work in this working tree (%1 exists); nothing was changed."_s.arg(
                        QString::fromLocal8Bit(path)),
                    u"If no git process runs there, remove that file."_s);
    }
    // From now on the lock names the plan that is carried out.
    if (::rename(prepared.constData(), path.constData()) != 0)
        return systemError(errno, u"lock", path);
    HUB_CHECK(syncFolder(place.gitDir));
    return RestoreLock(path, true);
}

Result<> RestoreLock::release()
{
    if (::unlink(m_path.constData()) != 0 && errno != ENOENT)
        return systemError(errno, u"unlock", m_path);
    return syncFolder(m_path.first(m_path.lastIndexOf('/')));
}

} // namespace hub::git
