// What a finish would do, and every reason against it, looked at before anything is changed.
#include "core/recovery/finish.h"

#include "core/git/guard.h"
#include "core/git/pullrequest.h"
#include "core/git/statefiles.h"
#include "core/git/workingtree.h"
#include "core/recovery/tasktree.h"
#include "core/settings/projectsettings.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr qsizetype namedPaths = 20;

QStringList namesOf(const QList<QByteArray> &paths)
{
    QStringList names;
    for (const QByteArray &path : paths)
        names << QFile::decodeName(path);
    return names;
}

QString listText(const QStringList &names)
{
    return names.mid(0, namedPaths).join(u", "_s) +
           (names.size() > namedPaths ? u" and %1 more"_s.arg(names.size() - namedPaths) : QString());
}

bool bringsHome(FinishHow how) { return how == FinishHow::Push || merges(how); }

} // namespace

// Inside work.
Result<Finish::Facts> Finish::factsOf(TaskId id) const
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    HUB_TRY(const QString removed, m_stores.tasks.treeFact(id, state::TaskStore::TreeFact::Removed));
    return Facts{task, project, m_checkpointer.snapshotOptions(), !removed.isEmpty()};
}

// Inside work.
Result<> Finish::refuseBusy(const Task &task) const
{
    const QString id = task.id.toString();
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    HUB_CHECK(state::mayTouch(project));
    HUB_TRY(const auto executing, m_stores.operations.executing());
    for (const auto &operation : executing) {
        if (operation.task == task.id)
            return fail(ErrorCode::Conflict,
                        u"%1 is still going on for task #%2; nothing was changed."_s.arg(operation.id.toString(), id));
    }
    if (task.tree.isEmpty())
        return fail(ErrorCode::Conflict,
                    u"Task #%1 has not begun, so there is nothing to finish. Nothing was changed."_s.arg(id),
                    u"agenthubctl cancel-task "_s + id);
    HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
    if (run && enumFromText(treeStepTexts, run->adapter, u"step"))
        return fail(ErrorCode::Conflict,
                    u"The %1 command of task #%2 is still running; nothing was changed."_s.arg(run->adapter, id),
                    u"agenthubctl task-log %1 --follow"_s.arg(id));
    HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
    if (turn || task.state == TaskState::Queued || task.state == TaskState::Preparing)
        return fail(
            ErrorCode::Conflict,
            u"%1 is still at work on task #%2 (%3); nothing was changed."_s.arg(
                task.spec.agent.toString(), id, QString(textOf(taskStateTexts, task.state)).replace(u'_', u' ')),
            u"agenthubctl wait %1, then again; or cancel-task %1 first"_s.arg(id));
    return {};
}

Result<Finish::Look> Finish::look(const FinishRequest &request)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Facts facts, factsOf(request.task));
        HUB_CHECK(refuseBusy(facts.task));
        return facts;
    }));
    Look look{facts};
    const Task &task = look.facts.task;
    HUB_TRY(look.main, git::locateTree(QFile::encodeName(look.facts.project.path)));
    look.plan.branch = task.branch;
    HUB_CHECK(lookForRemote(request, look));
    if (look.plan.how == FinishHow::Discard && task.spec.mode == TreeMode::InPlace)
        return fail(ErrorCode::Refused,
                    u"Task #%1 works in your own checkout, on your branch %2, which is not the hub's to delete."_s.arg(
                        task.id.toString(), task.branch),
                    u"agenthubctl rollback git_backup --task-id %1 takes its work back; --how keep only ends it"_s.arg(
                        task.id.toString()));
    if (bringsHome(look.plan.how))
        HUB_CHECK(m_trees.bringBack(task.id));
    HUB_CHECK(lookAtBranch(look));
    if (merges(look.plan.how))
        HUB_CHECK(lookForTarget(request, look));
    HUB_CHECK(tryOut(request, look));
    return look;
}

// The task's branch and tree as they are now.
Result<> Finish::lookAtBranch(Look &look)
{
    const Task &task = look.facts.task;
    const QByteArray branch = "refs/heads/" + QFile::encodeName(task.branch);
    HUB_TRY(const auto tip, git::readRef(look.main, branch));
    if (!tip)
        return fail(ErrorCode::NotFound,
                    u"Branch %1 of task #%2 is gone; nothing was changed."_s.arg(task.branch, task.id.toString()),
                    u"agenthubctl rollback show --task-id "_s + task.id.toString());
    look.tip = *tip;
    auto tree = findTree(task);
    look.plan.treeGone = !tree;
    if (!tree)
        return bringsHome(look.plan.how) ? Result<>(std::move(tree).error()) : Result<>();
    look.tree = *tree;
    HUB_TRY(const auto work, git::uncommittedWork(*tree));
    look.uncommitted = work.paths;
    look.plan.uncommitted = namesOf(work.paths);
    look.plan.nested = namesOf(work.nested);
    if (!bringsHome(look.plan.how))
        return {};
    const QString again = u"git -C '%1' status says how to end it"_s.arg(task.tree);
    if (const QString what = git::unfinishedOperation(*tree); !what.isEmpty())
        return fail(
            ErrorCode::Conflict,
            u"A %1 is under way in %2, so its work can't be brought home. Nothing was changed."_s.arg(what, task.tree),
            again);
    HUB_TRY(const auto head, git::readHead(*tree));
    if (head.branch != branch)
        return fail(ErrorCode::Conflict,
                    u"In %1 %2 is checked out, not the task's branch %3. Nothing was changed."_s.arg(
                        task.tree,
                        head.branch.isEmpty() ? u"a commit without a branch"_s : QFile::decodeName(head.branch.mid(11)),
                        task.branch),
                    u"git -C '%1' switch %2"_s.arg(task.tree, task.branch));
    return {};
}

// How, when nobody said: by whether there is a remote.
Result<> Finish::lookForRemote(const FinishRequest &request, Look &look) const
{
    if (request.how && *request.how != FinishHow::Push) {
        look.plan.how = *request.how;
        return {};
    }
    HUB_TRY(const auto remote, git::pushRemote(look.main));
    if (!remote && request.how)
        return fail(
            ErrorCode::NotFound,
            u"Project %1 has no remote to push to; nothing was changed."_s.arg(look.facts.project.name.toString()),
            u"git -C '%1' remote add origin ADDRESS, or --how merge"_s.arg(look.facts.project.path));
    look.plan.how = remote ? FinishHow::Push : FinishHow::Merge;
    if (!remote)
        return {};
    look.plan.remote = QFile::decodeName(remote->name);
    look.plan.into = request.into;
    look.plan.link = git::pullRequestLink(QFile::decodeName(remote->address), look.facts.task.branch, request.into);
    return {};
}

Result<> Finish::lookForTarget(const FinishRequest &request, Look &look) const
{
    const Task &task = look.facts.task;
    std::optional<QByteArray> name;
    if (!request.into.isEmpty()) {
        HUB_TRY(name, git::localBranch(look.main, QFile::encodeName(request.into)));
        if (!name || QFile::decodeName(*name) != request.into)
            return fail(ErrorCode::NotFound,
                        u"Project %1 has no branch %2; nothing was changed."_s.arg(look.facts.project.name.toString(),
                                                                                   request.into),
                        u"git -C '%1' branch"_s.arg(look.facts.project.path));
    } else {
        if (!task.spec.base.isEmpty()) {
            HUB_TRY(name, git::localBranch(look.main, QFile::encodeName(task.spec.base)));
        }
        HUB_TRY(const auto head, git::readHead(look.main));
        if (!name && !head.branch.isEmpty())
            name = head.branch.mid(11);
    }
    const QByteArray own = QFile::encodeName(task.branch);
    if (!name || *name == own)
        return fail(ErrorCode::InvalidInput,
                    name ? u"Task #%1 works on %2 itself; name the branch that it goes into."_s.arg(task.id.toString(),
                                                                                                    task.branch)
                         : u"Into which branch? No branch is checked out in %1."_s.arg(look.facts.project.path),
                    u"agenthubctl finish-task %1 --how %2 --into BRANCH"_s.arg(task.id.toString(),
                                                                               textOf(finishHowTexts, look.plan.how)));
    look.plan.into = QFile::decodeName(*name);
    look.target = "refs/heads/" + *name;
    HUB_TRY(look.targetTip, git::readRef(look.main, look.target));
    if (!look.targetTip)
        return fail(ErrorCode::NotFound, u"Branch %1 has no commit yet; nothing was changed."_s.arg(look.plan.into));
    return mayMove(look.main, look.plan.into, request.protectedBranches, request.mayMoveProtected);
}

// The merge in objects that are thrown away, and the name of all that was seen.
Result<> Finish::tryOut(const FinishRequest &request, Look &look) const
{
    const Task &task = look.facts.task;
    FinishPlan &plan = look.plan;
    const QString id = task.id.toString();
    git::MergeTrial trial;
    if (bringsHome(plan.how)) {
        HUB_TRY(trial, git::tryMerge(*look.tree, look.uncommitted, look.targetTip,
                                     QFile::encodeName(m_data.path(u"scratch/trial-"_s + id))));
        if (!trial.conflicts.isEmpty())
            return fail(ErrorCode::Conflict,
                        u"%1 does not merge into %2: both changed %3. Nothing was changed."_s.arg(
                            task.branch, plan.into, listText(namesOf(trial.conflicts))),
                        u"agenthubctl say --task-id %1 \"merge %2 into your branch and resolve the conflicts\"; or "
                        u"yourself: git "
                        "-C '%3' merge %2, then finish-task %1 again"_s.arg(id, plan.into, task.tree));
        const QByteArray base = look.targetTip ? look.targetTip->hex() : task.baseCommit.toLatin1();
        HUB_TRY(plan.commits, git::commitsBeyond(look.main, base, look.tip));
        if ((plan.commits == 0 && look.uncommitted.isEmpty()) || (plan.how == FinishHow::Squash && trial.nothingNew))
            return fail(ErrorCode::Conflict,
                        u"Task #%1 has nothing that %2 lacks; nothing was changed."_s.arg(
                            id, plan.into.isEmpty() ? u"its base"_s : plan.into),
                        u"agenthubctl finish-task %1 --how keep, or --how discard"_s.arg(id));
        plan.check =
            request.check ? ProjectSettings(look.facts.project.options).text(projectsetting::check) : QString();
    } else {
        HUB_TRY(plan.commits, git::commitsBeyond(look.main, task.baseCommit.toLatin1(), look.tip));
    }
    plan.moved = bringsHome(plan.how);
    plan.message = request.message.isEmpty() ? task.spec.title : request.message;
    QStringList seen{textOf(finishHowTexts, plan.how),
                     id,
                     plan.into,
                     plan.remote,
                     plan.message,
                     QString::fromLatin1(look.tip.hex()),
                     QString::fromLatin1(trial.source.hex()),
                     look.targetTip ? QString::fromLatin1(look.targetTip->hex()) : QString()};
    seen << plan.uncommitted;
    const QByteArray hash = QCryptographicHash::hash(seen.join(u'\0').toUtf8(), QCryptographicHash::Sha256).toHex();
    plan.confirm = u"%1:%2"_s.arg(seen.first(), QString::fromLatin1(hash.first(24)));
    return {};
}

QFuture<Result<FinishPlan>> Finish::preview(const FinishRequest &request)
{
    const auto task = m_stores.tasks.get(request.task);
    if (!task)
        return readyFuture<FinishPlan>(task.error());
    return m_workers.run(task->spec.project.toString(), [this, request]() -> Result<FinishPlan> {
        HUB_TRY(const Look found, look(request));
        return found.plan;
    });
}

bool merges(FinishHow how) { return how == FinishHow::Merge || how == FinishHow::Squash; }

Result<> mayMove(const git::RepositoryPlace &main, const QString &branch, const QStringList &protectedBranches,
                 bool mayMoveProtected)
{
    HUB_TRY(const QStringList names, git::protectedBranches(main, protectedBranches));
    if (mayMoveProtected || !names.contains(branch))
        return {};
    return fail(ErrorCode::Refused, u"%1 is protected, and moving it needs admin. Nothing was changed."_s.arg(branch),
                u"Ask an admin, or push it: --how push"_s);
}

} // namespace hub::recovery
