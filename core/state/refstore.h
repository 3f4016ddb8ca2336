// What the protected branches of a project were last known to be, and what they may become: who moves one on purpose
// writes that down before, so that the watcher does not take it for somebody's move past git's hooks. Hub thread,
// inside CommitGroup work.
//
// A value is a hexadecimal id, "ref: NAME" of a symbolic ref, or empty when there is none.
#pragma once

#include "core/db/database.h"
#include "core/state/task.h"

#include <QMap>

namespace hub::state
{

class RefStore
{
public:
    RefStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    // The ref may get this value now. Holds until it was seen with it, or for a day. Committed before the ref is moved.
    Result<> authorise(const ProjectName &project, const QString &ref, const QString &value);
    Result<bool> isAuthorised(const ProjectName &project, const QString &ref, const QString &value) const;

    // By full name. A ref that was never looked at is not in it.
    Result<QMap<QString, QString>> known(const ProjectName &project) const;
    Result<> setKnown(const ProjectName &project, const QString &ref, const QString &value);
    Result<> forget(const ProjectName &project, const QString &ref);
    // All of them: what is there at the next look is taken as it is. For whoever makes a repository anew, before and
    // after.
    Result<> forgetKnown(const ProjectName &project);

    // When the refs were last looked at and all was known, with no agent of the project alive at that moment.
    Result<std::optional<Instant>> checkedAt(const ProjectName &project) const;
    Result<> setChecked(const ProjectName &project, Instant at);

    // How far the guard's file of moves was read, by the file's inode: that file is renamed when it has grown.
    Result<QMap<quint64, qint64>> movesRead(const ProjectName &project) const;
    Result<> setMovesRead(const ProjectName &project, const QMap<quint64, qint64> &offsets);

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
