// git's index.lock, taken by us with a text that tells which plan holds it. Private to core/git.
#pragma once

#include "core/git/restore.h"

namespace hub::git
{

class RestoreLock
{
public:
    // Conflict when git or another plan holds it. `taken` tells whether it was there already for this plan (or for its
    // reverse): then a run was interrupted.
    static Result<RestoreLock> take(const RepositoryPlace &place, const ObjectId &current, const ObjectId &target);
    static Result<std::optional<Interrupted>> read(const RepositoryPlace &place);

    bool wasInterrupted() const { return m_interrupted; }
    Result<> release();

private:
    explicit RestoreLock(QByteArray path, bool interrupted)
        : m_path(std::move(path))
        , m_interrupted(interrupted)
    {
    }
    QByteArray m_path;
    bool m_interrupted = false;
};

} // namespace hub::git
