#include "core/recovery/projectkeeper.h"

#include "core/base/log.h"
#include "core/git/displaced.h"
#include "core/git/gitfolder.h"
#include "core/git/gitlock.h"
#include "core/git/guard.h"
#include "core/git/moved.h"
#include "core/git/record.h"
#include "core/git/workingtree.h"
#include "core/recovery/diskuse.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

QJsonArray journalOf(const QList<git::HubBranch> &branches)
{
    QJsonArray rows;
    for (const git::HubBranch &branch : branches) {
        if (branch.stays.isEmpty())
            rows.append(QJsonArray{QFile::decodeName(branch.name), QString::fromLatin1(branch.commit.hex())});
    }
    return rows;
}

QList<git::HubBranch> branchesIn(const QJsonArray &rows)
{
    QList<git::HubBranch> branches;
    for (const auto &row : rows) {
        if (const auto commit = git::ObjectId::fromHex(row[1].toString().toLatin1()))
            branches.append({QFile::encodeName(row[0].toString()), *commit, {}});
    }
    return branches;
}

QStringList namesOf(const QList<state::Project> &projects)
{
    QStringList names;
    for (const auto &project : projects)
        names << project.name.toString();
    return names;
}

} // namespace

QString ProjectRemoval::confirm(const ProjectName &project) const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const TaskId &task : open + trees)
        hash.addData(task.toString().toLatin1() + '\n');
    for (const git::HubBranch &branch : branches)
        hash.addData(branch.name + ' ' + branch.commit.hex() + (branch.stays.isEmpty() ? " goes\n" : " stays\n"));
    return u"remove %1 %2"_s.arg(project.toString(), QString::fromLatin1(hash.result().toHex().first(16)));
}

ProjectKeeper::ProjectKeeper(state::Stores &stores, Workers &workers, Vaults &vaults, Owners &owners, Records &records,
                             TreeKeeper &trees, const DataFolder &data)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_owners(owners)
    , m_records(records)
    , m_trees(trees)
    , m_data(data)
{
}

void ProjectKeeper::begin()
{
    const auto projects = m_stores.projects.all();
    for (const auto &project : projects.valueOr({})) {
        const QString what = project.doing[u"what"_s].toString();
        if (what != u"move" && what != u"remove")
            continue;
        auto done = m_workers.run(project.name.toString(), [this, project, what]() -> Result<> {
            if (what == u"move")
                return finishMove(project.name);
            if (project.doing[u"step"_s] != u"repository"_s) // nothing in the repository has been changed yet
                return m_stores.commits.ask([&] { return ended(project.name); });
            ProjectRemoval plan{.branches = branchesIn(project.doing[u"branches"_s].toArray())};
            HUB_CHECK(leaveJob(project.name, plan, project.doing[u"who"_s].toString()));
            return {};
        });
        whenDone(std::move(done), this, [this, name = project.name, what](const Result<> &finished) {
            if (!finished && finished.error().code != ErrorCode::ShuttingDown)
                qCWarning(lcRecovery).noquote()
                    << "project" << name.toString() << "waits, since a" << what
                    << "of a hub before this one could not be finished:" << finished.error().message;
            Q_EMIT projectChanged(name);
        });
    }
}

Result<QList<Task>> ProjectKeeper::tasksOf(const ProjectName &project) const
{
    HUB_TRY(QList<Task> tasks, m_stores.tasks.all());
    tasks.removeIf([&](const Task &task) { return task.spec.project != project; });
    return tasks;
}

// The same may be begun again when it could not be finished.
Result<> ProjectKeeper::mayBegin(const ProjectName &name, const QString &what) const
{
    HUB_TRY(const auto project, m_stores.projects.get(name));
    if (project.doing[u"what"_s] != what)
        HUB_CHECK(state::mayTouch(project));
    HUB_TRY(const auto tasks, tasksOf(name));
    HUB_TRY(const auto executing, m_stores.operations.executing());
    for (const Task &task : tasks) {
        const QString id = task.id.toString();
        HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
        if (run || task.state == TaskState::Preparing)
            return fail(ErrorCode::Conflict,
                        u"Task #%1 (%2) works in project %3, so nothing was changed."_s.arg(
                            id, textOf(taskStateTexts, task.state).replace(u'_', u' '), name.toString()),
                        u"agenthubctl wait %1, or agenthubctl cancel-task %1"_s.arg(id));
        for (const auto &operation : executing) {
            if (operation.task == task.id)
                return fail(ErrorCode::Conflict,
                            u"%1 of task #%2 is going on, so nothing was changed."_s.arg(operation.id.toString(), id));
        }
    }
    return {};
}

Result<> ProjectKeeper::begun(const ProjectName &project, const QJsonObject &doing, const QString &blocked)
{
    HUB_CHECK(m_stores.projects.setBlocked(project, blocked));
    return m_stores.projects.setDoing(project, doing);
}

Result<> ProjectKeeper::ended(const ProjectName &project)
{
    HUB_CHECK(m_stores.projects.setBlocked(project, {}));
    HUB_CHECK(m_stores.projects.setDoing(project, {}));
    m_stores.commits.afterCommit([this, project] {
        m_owners.look(project);
        Q_EMIT projectChanged(project);
    });
    return {};
}

QFuture<Result<ProjectMove>> ProjectKeeper::move(const ProjectName &project, const QString &path, const QString &who)
{
    return m_workers.run(project.toString(), [this, project, path, who] { return moveJob(project, path, who); });
}

// Whether what lies there is the project's repository, and the only one.
Result<git::RepositoryPlace> ProjectKeeper::checkTarget(const state::Project &project, const QString &path) const
{
    const QString name = project.name.toString();
    HUB_TRY(const auto place, git::locate(QFile::encodeName(path)));
    const QString top = QFile::decodeName(place.workTree);
    if (top == project.path)
        return fail(ErrorCode::Conflict, u"Project %1 is at %2 already; nothing was changed."_s.arg(name, top));
    HUB_TRY(const auto other, m_stores.commits.ask([&] { return m_stores.projects.atPath(top); }));
    if (other)
        return fail(ErrorCode::Conflict, u"%1 is project %2, so project %3 can't be there; nothing was changed."_s.arg(
                                             top, other->name.toString(), name));
    if (place.gitDir != place.commonDir)
        return fail(ErrorCode::Refused, u"%1 is a linked working tree; nothing was changed."_s.arg(top),
                    u"Name the repository's main working tree."_s);
    if (git::locateTree(QFile::encodeName(project.path)))
        return fail(ErrorCode::Conflict,
                    u"Project %1 is still at %2, so what lies at %3 is another copy; nothing was changed."_s.arg(
                        name, project.path, top),
                    u"Move that folder itself, then say where it is."_s);
    HUB_TRY(const auto owner, git::readOwner(place.commonDir));
    if (owner && owner->project == name && m_owners.isOwn(*owner))
        return place;
    if (owner && m_owners.isOwn(*owner))
        return fail(ErrorCode::Conflict, u"%1 is the repository of project %2, not of %3; nothing was changed."_s.arg(
                                             top, owner->project, name));
    const auto vault = git::Vault::open(m_data.vault(project.name));
    const auto known = vault ? git::isRecordedIn(**vault, place) : Result<bool>(vault.error());
    if (!known)
        return known.error();
    if (!*known)
        return fail(ErrorCode::Refused,
                    u"%1 is another repository than that of project %2: the vault knows none of its branches. Nothing "
                    u"was changed."_s.arg(top, name),
                    u"agenthubctl projects add '%1'"_s.arg(top));
    return place;
}

Result<ProjectMove> ProjectKeeper::moveJob(const ProjectName &name, const QString &path, const QString &who)
{
    HUB_TRY(const auto project, m_stores.commits.ask([&]() -> Result<state::Project> {
        HUB_CHECK(mayBegin(name, u"move"_s));
        return m_stores.projects.get(name);
    }));
    HUB_TRY(const auto place, checkTarget(project, path));
    HUB_TRY(const auto all, m_stores.commits.ask([&] { return m_stores.projects.all(); }));
    HUB_CHECK(m_owners.take(place, {name, false, namesOf(all)})); // refused when it is another hub's
    const QString top = QFile::decodeName(place.workTree);
    // From this commit on it is there, whatever happens; what names the old place is put right behind it.
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(mayBegin(name, u"move"_s));
        HUB_CHECK(m_stores.projects.setPath(name, top));
        QJsonArray from = project.doing[u"from"_s].toArray();
        from.append(project.path);
        return begun(name, {{u"what"_s, u"move"_s}, {u"from"_s, from}, {u"who"_s, who}},
                     u"Project %1 is being moved to %2."_s.arg(name.toString(), top));
    }));
    HUB_CHECK(finishMove(name));
    return ProjectMove{project.path, top};
}

Result<> ProjectKeeper::finishMove(const ProjectName &name)
{
    struct Facts {
        state::Project project;
        QList<QByteArray> trees;
        QStringList names;
    };
    HUB_TRY(const auto facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const auto project, m_stores.projects.get(name));
        HUB_TRY(const auto all, m_stores.projects.all());
        HUB_TRY(const auto tasks, tasksOf(name));
        Facts found{project, {}, namesOf(all)};
        for (const Task &task : tasks) {
            if (task.spec.mode == TreeMode::Worktree && !task.tree.isEmpty())
                found.trees << QFile::encodeName(task.tree);
        }
        return found;
    }));
    HUB_TRY(const auto place, git::locateTree(QFile::encodeName(facts.project.path)));
    HUB_CHECK(m_owners.take(place, {name, false, facts.names}));
    HUB_CHECK(git::awaitLocks(place, {"config"}));
    for (const auto &from : facts.project.doing[u"from"_s].toArray())
        HUB_CHECK(git::followMove(place, QFile::encodeName(from.toString()), facts.trees));
    m_records.keep(name, facts.project.path);
    // No hook ran while its folder was on the way, so what people moved then is on no record.
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.refs.forgetKnown(name));
        return ended(name);
    });
}

QFuture<Result<ProjectRemoval>> ProjectKeeper::planRemoval(const ProjectName &project)
{
    return m_workers.run(project.toString(), [this, project] { return planJob(project); });
}

Result<ProjectRemoval> ProjectKeeper::planJob(const ProjectName &name) const
{
    struct Facts {
        state::Project project;
        QList<Task> tasks;
    };
    HUB_TRY(const auto facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_CHECK(mayBegin(name, u"remove"_s));
        HUB_TRY(const auto project, m_stores.projects.get(name));
        HUB_TRY(const auto tasks, tasksOf(name));
        return Facts{project, tasks};
    }));
    ProjectRemoval plan;
    QList<QByteArray> agents, numbers;
    for (const Task &task : facts.tasks) {
        numbers << task.id.toString().toLatin1();
        if (!isEnded(task.state))
            plan.open << task.id;
        if (task.spec.mode != TreeMode::Worktree || task.tree.isEmpty())
            continue;
        agents << QFile::encodeName(task.branch);
        if (QFileInfo::exists(task.tree))
            plan.trees << task.id;
    }
    plan.vaultBytes = bytesBelow(m_data.vault(name));
    const auto place = git::locateTree(QFile::encodeName(facts.project.path));
    plan.missing = !place;
    if (!place)
        return plan;
    HUB_TRY(const auto vault, git::Vault::open(m_data.vault(name)));
    HUB_TRY(plan.branches, git::hubBranches(*vault, *place, agents, numbers));
    for (const git::HubBranch &begun : branchesIn(facts.project.doing[u"branches"_s].toArray())) {
        const bool there = std::any_of(plan.branches.begin(), plan.branches.end(),
                                       [&](const auto &branch) { return branch.name == begun.name; });
        if (!there) // gone already
            plan.branches << begun;
    }
    HUB_TRY(const auto guard, git::guardState(*place));
    plan.guard = guard.installed;
    for (const QByteArray &old : git::namesBelow(place->commonDir + "/agenthub")) {
        if (old.startsWith("broken-"))
            plan.aside << QFile::decodeName(place->commonDir + "/agenthub/" + old);
    }
    return plan;
}

QFuture<Result<ProjectRemoval>> ProjectKeeper::remove(const ProjectName &project, const QString &confirm,
                                                      const QString &who)
{
    auto promise = std::make_shared<QPromise<Result<ProjectRemoval>>>();
    promise->start();
    auto future = promise->future();
    auto begun = m_workers.run(project.toString(), [this, project, confirm, who]() -> Result<ProjectRemoval> {
        HUB_TRY(ProjectRemoval plan, planJob(project));
        if (!confirm.isEmpty() && confirm != plan.confirm(project))
            return fail(ErrorCode::Conflict, u"Tasks or branches changed since the preview, so nothing was removed."_s,
                        u"Look at the new preview and confirm again."_s);
        // From here on nothing starts in it.
        HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
            HUB_CHECK(mayBegin(project, u"remove"_s));
            return this->begun(project, {{u"what"_s, u"remove"_s}, {u"step"_s, u"trees"_s}, {u"who"_s, who}},
                               u"Project %1 is being removed."_s.arg(project.toString()));
        }));
        return plan;
    });
    whenDone(std::move(begun), this, [this, project, who, promise](const Result<ProjectRemoval> &plan) {
        if (!plan) {
            promise->addResult(plan);
            promise->finish();
            return;
        }
        removeTrees(std::make_shared<Leaving>(Leaving{project, who, *plan, plan->trees, promise}));
    });
    return future;
}

// One after another; what can't go keeps all.
void ProjectKeeper::removeTrees(const std::shared_ptr<Leaving> &leaving)
{
    const auto answer = [leaving](Result<ProjectRemoval> result) {
        leaving->promise->addResult(std::move(result));
        leaving->promise->finish();
    };
    if (leaving->trees.isEmpty()) {
        auto left = m_workers.run(leaving->project.toString(),
                                  [this, leaving] { return leaveJob(leaving->project, leaving->plan, leaving->who); });
        whenDone(std::move(left), this, [answer](const Result<ProjectRemoval> &removed) { answer(removed); });
        return;
    }
    const TaskId task = leaving->trees.takeFirst();
    whenDone(m_trees.remove(task, u"its project is removed"_s), this,
             [this, leaving, answer](const Result<RemovedTree> &removed) {
                 if (removed || removed.error().code == ErrorCode::NotFound)
                     return removeTrees(leaving);
                 if (removed.error().code == ErrorCode::ShuttingDown)
                     return answer(removed.error());
                 m_stores.commits.submitOrLog(u"taking up project %1 again"_s.arg(leaving->project.toString()),
                                              [this, leaving] { return ended(leaving->project); });
                 answer(Error(removed.error())
                            .within(u"Project %1 was not removed, and its repository is as it was"_s.arg(
                                leaving->project.toString())));
             });
}

Result<ProjectRemoval> ProjectKeeper::leaveJob(const ProjectName &name, ProjectRemoval plan, const QString &who)
{
    HUB_TRY(const auto project, m_stores.commits.ask([&]() -> Result<state::Project> {
        HUB_CHECK(m_stores.projects.setDoing(name, {{u"what"_s, u"remove"_s},
                                                    {u"step"_s, u"repository"_s},
                                                    {u"who"_s, who},
                                                    {u"branches"_s, journalOf(plan.branches)}}));
        return m_stores.projects.get(name);
    }));
    if (auto left = leaveRepository(project, plan); !left)
        return std::move(left)
            .error()
            .within(u"Project %1 is not wholly out of its repository yet"_s.arg(name.toString()))
            .withHint(u"agenthubctl projects remove %1 goes on with it."_s.arg(name.toString()));
    m_vaults.forget(name);
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        state::GitOperation operation{.project = name.toString(),
                                      .who = who,
                                      .action = u"project removed"_s,
                                      .outcome = u"done"_s,
                                      .detail = u"the vault keeps the commits"_s};
        for (const git::HubBranch &branch : plan.branches) {
            if (branch.stays.isEmpty())
                operation.refs.append(
                    {u"refs/heads/"_s + QFile::decodeName(branch.name), QString::fromLatin1(branch.commit.hex()), {}});
        }
        HUB_CHECK(m_stores.gitLog.add(operation));
        HUB_CHECK(m_stores.refs.forgetKnown(name));
        HUB_CHECK(m_stores.refs.setMovesRead(name, {})); // its folder of the guard is gone
        HUB_CHECK(m_stores.projects.remove(name));
        m_stores.commits.afterCommit([this, name] { Q_EMIT projectChanged(name); });
        return {};
    }));
    return plan;
}

// Each step looks first what is done already. A repository that is gone, or another hub's by now, is left alone.
Result<> ProjectKeeper::leaveRepository(const state::Project &project, ProjectRemoval &plan)
{
    const auto place = git::locateTree(QFile::encodeName(project.path));
    if (!place && place.error().code == ErrorCode::NotFound)
        return {};
    if (!place)
        return place.error();
    HUB_TRY(const auto owner, git::readOwner(place->commonDir));
    if (owner && !m_owners.isOwn(*owner))
        return {};
    HUB_TRY(git::Vault * vault, m_vaults.of(project.name));
    // A git, or a hub, that was killed in the middle may have left its locks.
    std::vector<QByteArray> locked{"config", "packed-refs"};
    for (const git::HubBranch &branch : plan.branches)
        locked.push_back("refs/heads/" + branch.name);
    HUB_CHECK(git::awaitLocks(*place, locked));
    const QByteArray trees = QFile::encodeName(m_data.path(u"worktrees/"_s + project.name.toString()));
    HUB_CHECK(git::tidyRepository(*place, trees)); // git takes a branch for checked out in a tree that is gone
    HUB_CHECK(git::archiveHeld(*vault, *place, m_stores.clock.now()));
    HUB_CHECK(git::takeRecord(*vault, *place, m_stores.clock.now()));
    HUB_TRY(plan.branches, git::removeBranches(*vault, *place, plan.branches));
    HUB_CHECK(git::uninstallGuard(*place));
    HUB_CHECK(git::tidyRepository(*place, trees));
    return m_owners.leave(project.name, *place);
}

} // namespace hub::recovery
