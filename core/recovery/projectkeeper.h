// Follows projects that were moved, and takes those out that a person removes. Each is written down before it is begun
// and done to the end by the next hub when this one dies. Hub thread, except where said.
#pragma once

#include "core/git/leave.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/owners.h"
#include "core/recovery/records.h"
#include "core/recovery/treekeeper.h"

namespace hub::recovery
{

struct ProjectMove {
    QString from, to;
};

// What removing would do, or did.
struct ProjectRemoval {
    QList<TaskId> open, trees; // open tasks, which wait then; those whose working tree goes
    QList<git::HubBranch> branches;
    bool guard = false, missing = false;
    qint64 vaultBytes = 0;
    QStringList aside;                                 // the old `.git` of repairs, left where they are
    QString confirm(const ProjectName &project) const; // names exactly this
};

class ProjectKeeper final : public QObject
{
    Q_OBJECT

public:
    ProjectKeeper(state::Stores &stores, Workers &workers, Vaults &vaults, Owners &owners, Records &records,
                  TreeKeeper &trees, const DataFolder &data);

    // Goes on with what a hub before this one had begun.
    void begin();

    // Refused, and nothing changed, when `path` is not that project's repository, or tasks work there.
    QFuture<Result<ProjectMove>> move(const ProjectName &project, const QString &path, const QString &who);

    QFuture<Result<ProjectRemoval>> planRemoval(const ProjectName &project);
    // Leaves git as it was found. `confirm`, when given, is what a plan said; Conflict when it would be another now.
    QFuture<Result<ProjectRemoval>> remove(const ProjectName &project, const QString &confirm, const QString &who);

Q_SIGNALS:
    void projectChanged(const hub::ProjectName &project);

private:
    struct Leaving {
        ProjectName project;
        QString who;
        ProjectRemoval plan;
        QList<TaskId> trees; // that are still to go
        std::shared_ptr<QPromise<Result<ProjectRemoval>>> promise;
    };
    // Inside work.
    Result<> mayBegin(const ProjectName &project, const QString &what) const;
    Result<QList<Task>> tasksOf(const ProjectName &project) const;
    Result<> begun(const ProjectName &project, const QJsonObject &doing, const QString &blocked);
    Result<> ended(const ProjectName &project);

    // The project's worker.
    Result<ProjectMove> moveJob(const ProjectName &project, const QString &path, const QString &who);
    Result<git::RepositoryPlace> checkTarget(const state::Project &project, const QString &path) const;
    Result<> finishMove(const ProjectName &project);
    Result<ProjectRemoval> planJob(const ProjectName &project) const;
    Result<ProjectRemoval> leaveJob(const ProjectName &project, ProjectRemoval plan, const QString &who);
    Result<> leaveRepository(const state::Project &project, ProjectRemoval &plan);

    void removeTrees(const std::shared_ptr<Leaving> &leaving);

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Owners &m_owners;
    Records &m_records;
    TreeKeeper &m_trees;
    const DataFolder &m_data;
};

} // namespace hub::recovery
