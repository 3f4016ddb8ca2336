// The place where an agent works: its working tree, or the person's checkout; furnished and set up.
#include "core/agents/taskdriver.h"

#include "core/agents/presets.h"
#include "core/agents/startcheck.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/workingtree.h"
#include "core/recovery/refmoves.h"
#include "core/recovery/tasktree.h"
#include "core/settings/projectsettings.h"

#include <QDir>

using namespace Qt::StringLiterals;

namespace hub::agents
{

void TaskDriver::prepareAndStart(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return;
    auto job = m_workers.run(task->spec.project.toString(), [this, id]() -> Result<bool> {
        HUB_TRY(const bool free, isFree(id));
        if (!free)
            return false;
        HUB_TRY(const Preparation facts, preparation(id));
        HUB_CHECK(prepare(facts));
        return true;
    });
    whenDone(std::move(job), this, [this, id, before = task->startedAt.has_value()](const Result<bool> &prepared) {
        if (!prepared && prepared.error().code != ErrorCode::ShuttingDown)
            startFailed(id, prepared.error());
        else if (prepared && *prepared)
            before ? saveThenStart(id) : startPrepared(id);
    });
}

void TaskDriver::startPrepared(TaskId id)
{
    const auto task = m_stores.tasks.get(id);
    if (!task)
        return;
    auto job = m_workers.run(task->spec.project.toString(), [this, id]() -> Result<> {
        HUB_TRY(const Preparation prepared, preparation(id));
        HUB_TRY(const bool ready, isSetUp(prepared));
        return ready ? start(id) : startStep(id, recovery::TreeStep::Setup, {});
    });
    whenDone(std::move(job), this, [this, id](const Result<> &started) {
        if (!started && started.error().code != ErrorCode::ShuttingDown)
            startFailed(id, started.error());
    });
}

Result<TaskDriver::Preparation> TaskDriver::preparation(TaskId id)
{
    return m_stores.commits.ask([&]() -> Result<Preparation> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
        HUB_TRY(const QString setUp, m_stores.tasks.treeFact(id, state::TaskStore::TreeFact::SetUp));
        return Preparation{task, project, guardRules(m_settings, m_config.hookProgram), setUp};
    });
}

// Whether its tree may be made ready now: the setup of a hub before this one may still run in it, or another hub have
// taken the repository over.
Result<bool> TaskDriver::isFree(TaskId id)
{
    return m_stores.commits.ask([&]() -> Result<bool> {
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
        if (!project.blocked.isEmpty() && task.state == TaskState::Preparing) {
            HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, project.blocked));
            announce(id);
            return false;
        }
        HUB_TRY(const auto run, m_stores.runs.livingOf(id));
        if (run && stepOf(*run) != recovery::TreeStep::Setup && task.state == TaskState::Preparing) {
            HUB_CHECK(m_stores.tasks.setState(id, TaskState::Queued, {}));
            announce(id);
        }
        return !run && task.state == TaskState::Preparing;
    });
}

// On the project's worker. Every step may have been done before a crash, so each first looks.
Result<> TaskDriver::prepare(const Preparation &facts)
{
    const Task &task = facts.task;
    if (task.tree.isEmpty())
        HUB_CHECK(makeTree(task, facts.project, facts.rules));
    else if (task.spec.mode == TreeMode::InPlace)
        HUB_CHECK(checkCheckout(task, facts.project));
    else
        HUB_CHECK(m_trees->bringBack(task.id));
    HUB_TRY(const auto saved, m_stores.commits.ask([&] { return m_stores.tasks.newestCheckpoint(task.id); }));
    if (!saved)
        HUB_CHECK(
            m_checkpointer.takeNow({.task = task.id, .type = CheckpointType::Milestone, .notes = u"start"_s}, {}));
    return {};
}

Result<> TaskDriver::makeTree(const Task &task, const state::Project &project, const git::GuardRules &rules)
{
    HUB_TRY(const auto found, checkStart(task.spec, project, rules.branches));
    // The rules may have changed, and another program may have taken the hooks over.
    HUB_CHECK(git::refreshGuard(found.main, rules));
    const git::RepositoryPlace &main = found.main;
    const git::HeadState &head = found.head;
    if (task.backupBranch.isEmpty()) {
        HUB_TRY(const auto backup, git::makeBackupBranch(main, task.spec.agent.toString().toUtf8(),
                                                         task.id.toString().toUtf8(), task.createdAt));
        HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
            HUB_CHECK(m_stores.gitLog.add({.project = project.name.toString(),
                                           .task = task.id,
                                           .who = u"hub"_s,
                                           .action = u"backup branch"_s,
                                           .refs = {recovery::refMove(backup.name, {}, backup.commit)},
                                           .outcome = u"done"_s}));
            return m_stores.tasks.setBackupBranch(task.id, QFile::decodeName(backup.name.mid(11)));
        }));
    }
    if (task.spec.mode == TreeMode::InPlace) {
        return m_stores.commits.ask([&] {
            return m_stores.tasks.setTree(task.id, project.path, QFile::decodeName(head.branch.mid(11)),
                                          head.commit ? QString::fromLatin1(head.commit->hex()) : QString());
        });
    }
    const QString tree = m_data.workTree(project.name, task.id);
    const QByteArray path = QFile::encodeName(tree);
    const QString branch = u"agent/%1/%2"_s.arg(task.spec.agent.toString(), task.id.toString());
    const QByteArray base = task.spec.base.isEmpty() ? QByteArray("HEAD") : task.spec.base.toUtf8();
    auto place = git::locateTree(path);
    // Found: made just before a crash, perhaps not to the end. Otherwise it is ours to make.
    if (place && place->commonDir == main.commonDir) {
        HUB_CHECK(git::completeWorkingTree(*place));
    } else {
        HUB_CHECK(makeFolders(QFile::encodeName(QFileInfo(tree).path())));
        place = git::addWorkingTree(main, path, branch.toUtf8(), base);
        if (!place)
            return std::move(place).error();
    }
    HUB_TRY(const QStringList said, m_trees->furnish(main, *place, project.options));
    HUB_TRY(const auto begun, git::readHead(*place));
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.gitLog.add({.project = project.name.toString(),
                                       .task = task.id,
                                       .who = u"hub"_s,
                                       .action = u"working tree"_s,
                                       .refs = {recovery::refMove("refs/heads/" + branch.toUtf8(), {}, begun.commit)},
                                       .outcome = u"done"_s,
                                       .detail = tree}));
        HUB_CHECK(m_stores.tasks.setTree(task.id, tree, branch,
                                         begun.commit ? QString::fromLatin1(begun.commit->hex()) : QString()));
        for (const QString &sentence : said)
            HUB_CHECK(post(task.id, {.role = u"hub"_s, .kind = u"note"_s, .body = sentence}));
        return {};
    });
}

// A person's checkout is theirs to set up.
Result<bool> TaskDriver::isSetUp(const Preparation &facts) const
{
    const QString command = ProjectSettings(facts.project.options).text(projectsetting::setup);
    return facts.task.spec.mode == TreeMode::InPlace || facts.task.tree.isEmpty() || command.isEmpty() ||
           facts.setUp == setupKey(command, facts.task.tree);
}

} // namespace hub::agents
