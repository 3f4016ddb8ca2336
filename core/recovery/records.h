// Keeps each project's repository record up to date, says when a repository is damaged, and repairs it by its record.
#pragma once

#include "core/git/repair.h"
#include "core/recovery/checkpointer.h"

namespace hub::recovery
{

class Records final : public QObject
{
    Q_OBJECT

public:
    Records(state::Stores &stores, Vaults &vaults);

    // The project's worker, all of them.
    // Takes a record when something changed since the last one; a look at a few files when nothing did. What goes wrong
    // is logged and told by a signal: whatever it is called after has succeeded.
    void keep(const ProjectName &project, const QString &path);
    // What is wrong with its repository, empty when nothing; `thorough` reads every object.
    Result<QString> damage(const ProjectName &project, const QString &path, bool thorough);
    Result<git::RepairReport> repair(const ProjectName &project, const QString &path);

Q_SIGNALS:
    void repaired(const hub::ProjectName &project); // its .git is another folder now
    void foundDamaged(const hub::ProjectName &project, const QString &why);
    void foundWhole(const hub::ProjectName &project); // after it was damaged, or for the first time

private:
    Result<> take(const ProjectName &project, const QString &path);
    void tell(const ProjectName &project, const QString &damage);

    state::Stores &m_stores;
    Vaults &m_vaults;
    git::PlaceCache m_places;
    std::mutex m_mutex;
    std::map<ProjectName, QByteArray> m_stamps; // of the newest record
    std::map<ProjectName, QString> m_damage;    // as last told
};

// What came back, in a sentence.
QString repairText(const git::RepairReport &report);

} // namespace hub::recovery
