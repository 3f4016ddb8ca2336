#include "core/hub/gitsafety.h"

#include "core/commands/counted.h"
#include "core/git/backups.h"

#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;

namespace
{

constexpr std::chrono::seconds patience{3};
constexpr qsizetype namedAtMost = 5; // tasks, projects: a phone shows no more

struct Problem {
    QString text, command; // without the program's name; may be empty
};

// Worker.
ProjectSafety look(ProjectSafety of, const QByteArray &vault, qint64 quota)
{
    const auto looked = [&]() -> Result<> {
        of.vaultThere = QFileInfo::exists(QFile::decodeName(vault + "/HEAD"));
        if (of.vaultThere) {
            HUB_TRY(of.vault, recovery::vaultState(vault, quota));
        }
        if (!of.project.blocked.isEmpty())
            return {}; // not ours to look at
        HUB_TRY(const auto place, git::locate(QFile::encodeName(of.project.path)));
        HUB_TRY(of.guard, git::guardState(place));
        HUB_TRY(of.newestBranch, git::newestBackup(place));
        return {};
    }();
    of.whyNot = looked ? of.project.blocked : looked.error().message;
    return of;
}

QString nameOf(const ProjectSafety &of) { return of.project.name.toString(); }

void judge(const ProjectSafety &of, QList<Problem> &problems)
{
    const QString name = nameOf(of);
    if (!of.whyNot.isEmpty())
        problems.append({u"Project %1: %2"_s.arg(name, of.whyNot),
                         of.project.missing ? u"projects move %1 PATH"_s.arg(name) : u"projects show "_s + name});
    else if (!of.guard.installed)
        problems.append(
            {of.guard.problems.isEmpty()
                 ? u"Project %1 has no guard, so an agent with a shell can move any branch."_s.arg(name)
                 : u"The guard of project %1 is not in effect: %2"_s.arg(name, of.guard.problems.join(u' ')),
             u"projects guard install "_s + name});
    else if (!of.guard.problems.isEmpty())
        problems.append({u"The guard of project %1: %2"_s.arg(name, of.guard.problems.join(u' ')),
                         u"projects guard status "_s + name});
    if (!of.vaultThere) {
        if (of.whyNot.isEmpty())
            problems.append(
                {u"Project %1 has no vault, so none of its checkpoints can come back."_s.arg(name), u"doctor"_s});
        return;
    }
    if (of.check && !of.check->problem.isEmpty())
        problems.append(
            {u"The vault of project %1 could not be looked through: %2"_s.arg(name, of.check->problem), u"drill"_s});
    if (of.vault.percent() >= 100)
        problems.append(
            {u"The vault of project %1 has reached its quota, so the timer makes no checkpoints."_s.arg(name),
             u"config set vault/quota_mb MEGABYTES"_s});
}

QList<Problem> problemsOf(const Services &services, const GitSafety &safety)
{
    QList<Problem> problems;
    for (const ProjectSafety &of : safety.projects)
        judge(of, problems);
    for (const TaskSafety &of : safety.tasks) {
        if (!of.newest)
            problems.append(
                {u"Task #%1 has no checkpoint yet."_s.arg(of.task.toString()), u"checkpoint "_s + of.task.toString()});
    }
    const std::chrono::hours every{services.settings.number(setting::backupHours)};
    const Instant late = services.now() - 2 * every;
    const bool overdue = safety.newestCopy ? safety.newestCopy->at < late : services.startedAt < late;
    if (safety.copiesKnown && every.count() > 0 && overdue)
        problems.append({safety.newestCopy ? u"The newest copy of the hub's own data is of %1."_s.arg(
                                                 toLocalShort(safety.newestCopy->at, services.now()))
                                           : u"There is no copy of the hub's own data."_s,
                         u"hub-backup create"_s});
    return problems;
}

// "2 projects guarded", "1 of 2 projects guarded"
QString guardedText(const GitSafety &safety)
{
    const auto guarded = std::count_if(safety.projects.begin(), safety.projects.end(),
                                       [](const ProjectSafety &of) { return of.guard.installed; });
    const QString projects = counted(safety.projects.size(), u"project"_s);
    return (guarded == safety.projects.size() ? projects : u"%1 of %2"_s.arg(QString::number(guarded), projects)) +
           u" guarded"_s;
}

// As of the one that was looked through longest ago.
QString checkedText(const GitSafety &safety, Instant now)
{
    std::optional<Instant> oldest;
    for (const ProjectSafety &of : safety.projects) {
        if (!of.check)
            return u"vaults not checked yet"_s;
        oldest = oldest ? std::min(*oldest, of.check->at) : of.check->at;
    }
    return u"vaults checked "_s + agoText(*oldest, now);
}

QString savedText(const TaskSafety &of, Instant now)
{
    if (!of.newest)
        return u"#%1: none yet"_s.arg(of.task.toString());
    const QString missing =
        of.newest->notHeld.isEmpty() ? QString() : u", without %1"_s.arg(counted(of.newest->notHeld.size(), u"file"_s));
    return u"#%1: %2, newest %3 %4%5"_s.arg(of.task.toString(), QString::number(of.checkpoints),
                                            of.newest->id.toString(), agoText(of.newest->at, now), missing);
}

QString summary(const GitSafety &safety, Instant now)
{
    if (safety.projects.isEmpty())
        return u"no project yet"_s;
    QStringList parts{guardedText(safety), checkedText(safety, now)};
    const TaskSafety *newest = nullptr;
    for (const TaskSafety &of : safety.tasks) {
        if (of.newest && (!newest || of.newest->at > newest->newest->at))
            newest = &of;
    }
    if (newest)
        parts << u"newest checkpoint %1 %2"_s.arg(newest->newest->id.toString(), agoText(newest->newest->at, now));
    return parts.join(u", "_s);
}

QString projectText(const ProjectSafety &of, Instant now)
{
    QStringList parts{of.guard.installed ? u"guarded"_s : u"not guarded"_s};
    if (of.vaultThere)
        parts << u"vault %1 of %2, %3"_s.arg(
            recovery::sizeText(of.vault.size.bytes), recovery::sizeText(of.vault.quota),
            of.check ? u"checked "_s + agoText(of.check->at, now) : u"not checked yet"_s);
    else
        parts << u"no vault"_s;
    parts << (of.newestBranch ? u"backup branch "_s + agoText(*of.newestBranch, now) : u"no backup branch"_s);
    return parts.join(u"; "_s);
}

QJsonValue moment(const std::optional<Instant> &at) { return at ? QJsonValue(toIso(*at)) : QJsonValue(); }

QJsonObject projectData(const ProjectSafety &of)
{
    const QJsonObject vault{{u"there"_s, of.vaultThere},
                            {u"bytes"_s, of.vault.size.bytes},
                            {u"quota_bytes"_s, of.vault.quota},
                            {u"checked_at"_s, of.check ? QJsonValue(toIso(of.check->at)) : QJsonValue()},
                            {u"outcome"_s, !of.check                     ? QJsonValue()
                                           : of.check->problem.isEmpty() ? QJsonValue(u"whole"_s)
                                                                         : QJsonValue(of.check->problem)}};
    return {{u"project"_s, nameOf(of)},
            {u"problem"_s, of.whyNot},
            {u"guarded"_s, of.guard.installed},
            {u"guard_problems"_s, QJsonArray::fromStringList(of.guard.problems)},
            {u"vault"_s, vault},
            {u"newest_backup_branch_at"_s, moment(of.newestBranch)}};
}

QJsonObject taskSafetyData(const TaskSafety &of)
{
    QJsonObject data{{u"task_id"_s, of.task.value()}, {u"checkpoints"_s, of.checkpoints}, {u"newest"_s, QJsonValue()}};
    if (of.newest)
        data[u"newest"_s] = QJsonObject{{u"checkpoint_id"_s, of.newest->id.toString()},
                                        {u"at"_s, toIso(of.newest->at)},
                                        {u"not_held"_s, of.newest->notHeld.size()}};
    return data;
}

QJsonObject safetyData(const GitSafety &safety, const QList<Problem> &problems)
{
    QJsonArray wrong, projects, tasks;
    for (const Problem &problem : problems)
        wrong.append(QJsonObject{{u"text"_s, problem.text}, {u"command"_s, problem.command}});
    for (const ProjectSafety &of : safety.projects)
        projects.append(projectData(of));
    for (const TaskSafety &of : safety.tasks)
        tasks.append(taskSafetyData(of));
    return {{u"well"_s, problems.isEmpty()},
            {u"problems"_s, wrong},
            {u"projects"_s, projects},
            {u"tasks"_s, tasks},
            {u"hub_backup_at"_s, safety.newestCopy ? QJsonValue(toIso(safety.newestCopy->at)) : QJsonValue()}};
}

} // namespace

Result<GitSafety> knownSafety(const Services &services)
{
    GitSafety safety;
    HUB_TRY(const auto projects, services.stores.projects.all());
    for (const state::Project &project : projects) {
        HUB_TRY(const auto check, services.stores.projects.vaultCheck(project.name));
        safety.projects.append({.project = project, .check = check, .whyNot = u"its disk does not answer."_s});
    }
    HUB_TRY(const auto open,
            services.stores.tasks.inStates({TaskState::Running, TaskState::AwaitingApproval, TaskState::Paused,
                                            TaskState::NeedsReview, TaskState::Interrupted}));
    for (const Task &task : open) {
        if (!task.startedAt)
            continue;
        HUB_TRY(const qint64 count, services.stores.tasks.checkpointCount(task.id));
        HUB_TRY(const auto newest, services.stores.tasks.newestCheckpoint(task.id));
        safety.tasks.append({task.id, count, newest});
    }
    return safety;
}

QFuture<Result<GitSafety>> lookAtSafety(Services &services, const GitSafety &known)
{
    struct Round {
        GitSafety safety;
        qsizetype open = 0;
        bool over = false;
        QPromise<Result<GitSafety>> promise;

        void end()
        {
            if (std::exchange(over, true))
                return;
            promise.addResult(safety);
            promise.finish();
        }
        void oneLess()
        {
            if (--open == 0)
                end();
        }
    };
    auto round = std::make_shared<Round>();
    round->safety = known;
    round->open = known.projects.size() + 1;
    round->promise.start();
    for (qsizetype i = 0; i < known.projects.size(); ++i) {
        const ProjectSafety &of = known.projects[i];
        auto looked = services.workers.run(u"safety "_s + nameOf(of), [of, vault = services.data.vault(of.project.name),
                                                                       quota = services.maintenance.quota()] {
            return Result<ProjectSafety>(look(of, vault, quota));
        });
        whenDone(std::move(looked), &services.driver, [round, i](const Result<ProjectSafety> &found) {
            if (found && !round->over)
                round->safety.projects[i] = *found;
            round->oneLess();
        });
    }
    const QString state = QFileInfo(services.data.stateDatabase()).completeBaseName();
    auto copies = services.workers.run(u"safety"_s, [folder = services.data.backups(), state] {
        return Result<QList<db::Backup>>(db::listBackups(folder, state));
    });
    whenDone(std::move(copies), &services.driver, [round](const Result<QList<db::Backup>> &found) {
        if (found && !round->over) {
            round->safety.copiesKnown = true;
            if (!found->isEmpty())
                round->safety.newestCopy = found->first();
        }
        round->oneLess();
    });
    QTimer::singleShot(patience, &services.driver, [round] { round->end(); });
    return round->promise.future();
}

void tellSafety(const Services &services, const GitSafety &safety, Reply &reply)
{
    const Instant now = services.now();
    const QList<Problem> problems = problemsOf(services, safety);
    reply.data[u"git_safety"_s] = safetyData(safety, problems);
    QStringList said;
    for (const Problem &problem : problems.first(std::min(problems.size(), namedAtMost)))
        said << u"%1 → %2."_s.arg(problem.text, problem.command);
    if (problems.size() > namedAtMost)
        said << u"And %1."_s.arg(counted(problems.size() - namedAtMost, u"more"_s, u"more"_s));
    said << summary(safety, now) + (problems.isEmpty() ? QString() : u"."_s);
    reply.fields.append({u"Git safety"_s, said.join(u' ')});
    if (problems.isEmpty())
        return;
    for (const ProjectSafety &of : safety.projects.first(std::min(safety.projects.size(), namedAtMost)))
        reply.fields.append({u"Project "_s + nameOf(of), projectText(of, now)});
    QStringList saved;
    for (const TaskSafety &of : safety.tasks.first(std::min(safety.tasks.size(), namedAtMost)))
        saved << savedText(of, now);
    if (safety.tasks.size() > namedAtMost)
        saved << u"%1 more"_s.arg(safety.tasks.size() - namedAtMost);
    if (!saved.isEmpty())
        reply.fields.append({u"Checkpoints"_s, saved.join(u"; "_s)});
    reply.severity = std::max(reply.severity, Severity::Warning);
    if (!problems.first().command.isEmpty())
        reply.next.prepend(problems.first().command);
}

} // namespace hub
