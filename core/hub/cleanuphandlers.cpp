// What is old, removed on demand: backup branches of ended tasks, whose commits go on in the vault; ended tasks with
// their conversations and checkpoints, and answered alerts.
#include "core/commands/counted.h"
#include "core/git/backups.h"
#include "core/git/workingtree.h"
#include "core/hub/cachecleanup.h"
#include "core/recovery/refmoves.h"

#include <QCryptographicHash>
#include <QFile>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using Future = QFuture<Result<Reply>>;

namespace
{

// An old branch, and why it stays; empty: it goes.
struct OldBranch {
    state::Project project;
    git::Backup backup;
    QString why;

    QString name() const { return QFile::decodeName(backup.name); }
    QString commit() const { return QString::fromLatin1(backup.commit.hex()); }
};
using OldBranches = QList<OldBranch>;

Result<std::optional<Instant>> momentFor(const Services &services, const Invocation &in, QLatin1StringView option)
{
    const QString given = in.text(option);
    if (given.isEmpty())
        return std::optional<Instant>();
    bool days = false;
    given.toLongLong(&days);
    const auto age = parseDuration(days ? given + u'd' : given);
    if (!age)
        return fail(ErrorCode::InvalidInput, u"'%1' is no age: write 30d, 30 (days) or 12h."_s.arg(given));
    return std::optional(services.now() - *age);
}

// Hub thread.
Result<QString> whyItStays(const Services &services, const state::Project &project, const git::Backup &backup)
{
    const auto id = TaskId::parse(QString::fromLatin1(backup.task));
    const auto task = id ? services.stores.tasks.get(*id) : Result<Task>(fail(ErrorCode::NotFound, {}));
    if (!task && task.error().code != ErrorCode::NotFound)
        return task.error();
    HUB_TRY(const auto gone, id ? services.stores.erasure.find(*id) : std::optional<state::GoneTask>());
    if (gone && gone->project == project.name)
        return QString();
    if (!task || task->spec.project != project.name)
        return u"it is of no task of this hub"_s;
    return isEnded(task->state) ? QString() : u"task #%1 is open"_s.arg(id->toString());
}

// The project's worker.
Result<OldBranches> oldBranches(const Services &services, const state::Project &project, Instant before)
{
    if (!project.blocked.isEmpty() || project.missing)
        return OldBranches();
    HUB_TRY(const auto place, git::locateTree(QFile::encodeName(project.path)));
    HUB_TRY(git::Vault * vault, services.vaults.of(project.name));
    HUB_TRY(const auto backups, git::listBackups(place, *vault));
    OldBranches found;
    for (const auto &backup : backups) {
        if (backup.archived || backup.at >= before)
            continue;
        HUB_TRY(const QString why, services.stores.commits.ask([&] { return whyItStays(services, project, backup); }));
        found << OldBranch{project, backup, why};
    }
    return found;
}

// The project's worker. Each by itself: what stands in one's way keeps that one.
Result<OldBranches> removeOld(const Services &services, const QString &who, const QString &origin, OldBranches branches)
{
    for (OldBranch &branch : branches) {
        if (!branch.why.isEmpty())
            continue;
        const auto remove = [&]() -> Result<> {
            HUB_TRY(const auto place, git::locateTree(QFile::encodeName(branch.project.path)));
            HUB_TRY(git::Vault * vault, services.vaults.of(branch.project.name));
            return git::archiveBackup(*vault, place, branch.backup);
        };
        const auto removed = remove();
        if (!removed) {
            branch.why = removed.error().message;
            continue;
        }
        HUB_CHECK(services.stores.commits.ask([&]() -> Result<> {
            HUB_CHECK(services.stores.gitLog.add(
                {.project = branch.project.name.toString(),
                 .task = TaskId::parse(QString::fromLatin1(branch.backup.task)),
                 .who = who,
                 .action = u"backup branch removed"_s,
                 .refs = {recovery::refMove("refs/heads/" + branch.backup.name, branch.backup.commit, {})},
                 .outcome = u"done"_s,
                 .detail = u"the vault keeps it as "_s + QFile::decodeName(git::archiveRef(branch.backup))}));
            return services.stores.audit.add(
                {.who = who,
                 .origin = origin,
                 .role = u"machine"_s,
                 .action = u"cleanup"_s,
                 .task = TaskId::parse(QString::fromLatin1(branch.backup.task)),
                 .detail = u"removed branch %1 at %2 from project %3; the vault keeps it as %4"_s.arg(
                     branch.name(), branch.commit(), branch.project.name.toString(),
                     QFile::decodeName(git::archiveRef(branch.backup))),
                 .outcome = u"done"_s});
        }));
    }
    return branches;
}

// Runs a job for each project on its worker, and answers with all that they found.
template <class Job>
QFuture<Result<OldBranches>> onEach(Services &services, const QList<state::Project> &projects, Job job)
{
    struct Round {
        qsizetype open;
        OldBranches found;
        std::optional<Error> error;
        QPromise<Result<OldBranches>> promise;
    };
    if (projects.isEmpty())
        return readyFuture<OldBranches>(OldBranches());
    auto round = std::make_shared<Round>();
    round->open = projects.size();
    round->promise.start();
    for (const auto &project : projects) {
        auto done = services.workers.run(project.name.toString(), [project, job] { return job(project); });
        whenDone(std::move(done), &services.driver, [round](const Result<OldBranches> &found) {
            if (found)
                round->found << *found;
            else
                round->error = found.error();
            if (--round->open > 0)
                return;
            round->promise.addResult(round->error ? Result<OldBranches>(*round->error) : round->found);
            round->promise.finish();
        });
    }
    return round->promise.future();
}

// Names exactly these branches at these commits.
QString confirmFor(OldBranches branches)
{
    std::sort(branches.begin(), branches.end(), [](const OldBranch &a, const OldBranch &b) {
        return std::pair(a.project.name.toString(), a.name()) < std::pair(b.project.name.toString(), b.name());
    });
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const OldBranch &branch : branches)
        hash.addData((branch.project.name.toString() + u' ' + branch.name() + u' ' + branch.commit() + u' ' +
                      (branch.why.isEmpty() ? u"goes\n"_s : u"stays\n"_s))
                         .toUtf8());
    return u"cleanup "_s + QString::fromLatin1(hash.result().toHex().first(24));
}

Reply replyAbout(const Services &services, const OldBranches &branches, bool done)
{
    commands::Table gone{.title = done ? u"Removed"_s : u"To be removed"_s,
                         .columns = {u"branch"_s, u"project"_s, u"commit"_s, u"age"_s},
                         .whenEmpty = u"No backup branch is old enough."_s};
    commands::Table kept{.title = u"Kept"_s, .columns = {u"branch"_s, u"project"_s, u"why"_s}};
    QJsonArray goneData, keptData;
    const OldBranch *first = nullptr;
    for (const OldBranch &branch : branches) {
        const QString project = branch.project.name.toString();
        if (!branch.why.isEmpty()) {
            kept.rows << QStringList{branch.name(), project, branch.why};
            keptData.append(QJsonObject{{u"branch"_s, branch.name()}, {u"project"_s, project}, {u"why"_s, branch.why}});
            continue;
        }
        first = first ? first : &branch;
        gone.rows << QStringList{branch.name(), project, branch.commit(), agoText(branch.backup.at, services.now())};
        goneData.append(QJsonObject{{u"branch"_s, branch.name()},
                                    {u"project"_s, project},
                                    {u"commit"_s, branch.commit()},
                                    {u"kept_as"_s, QFile::decodeName(git::archiveRef(branch.backup))}});
    }
    Reply reply{
        .severity = done ? Severity::Ok : Severity::Warning,
        .title = (done ? u"%1 removed"_s : u"Remove %1?"_s)
                     .arg(goneData.size() == 1 ? u"1 backup branch"_s : u"%1 backup branches"_s.arg(goneData.size())),
        .data = {{u"removed"_s, done ? goneData : QJsonArray()},
                 {u"to_be_removed"_s, done ? QJsonArray() : goneData},
                 {u"kept"_s, keptData}}};
    if (first) {
        reply.text = u"Their commits stay in the vault. To go back to one: rollback git_backup --backup NAME. To have "
                     "the branch again: git -C '%1' fetch '%2' %3:refs/heads/%4"_s.arg(
                         first->project.path, QFile::decodeName(services.data.vault(first->project.name)),
                         QFile::decodeName(git::archiveRef(first->backup)), first->name());
        reply.next = {u"rollback git_backup --backup "_s + first->name()};
    }
    reply.tables << gone;
    if (!kept.rows.isEmpty())
        reply.tables << kept;
    return reply;
}

QFuture<Result<Reply>> removeAsAgreed(Services &services, const Invocation &in, const OldBranches &planned)
{
    if (!in.call.confirm.isEmpty() && in.call.confirm != confirmFor(planned))
        return readyFuture<Reply>(fail(ErrorCode::Conflict,
                                       u"The branches changed since the preview, so nothing was removed."_s,
                                       u"Look at the new preview and confirm again."_s));
    QList<state::Project> projects;
    for (const OldBranch &branch : planned) {
        const bool known = std::any_of(projects.begin(), projects.end(),
                                       [&](const auto &other) { return other.name == branch.project.name; });
        if (!known)
            projects << branch.project;
    }
    auto removed = onEach(services, projects, [&services, planned, in](const state::Project &project) {
        OldBranches own;
        for (const OldBranch &branch : planned) {
            if (branch.project.name == project.name)
                own << branch;
        }
        return removeOld(services, in.who(), in.call.caller.origin, own);
    });
    return replyWhen(&services.driver, std::move(removed), [&services](const OldBranches &branches) -> Result<Reply> {
        return replyAbout(services, branches, true);
    });
}

Future cleanBranches(Services &services, const Invocation &in, Instant before)
{
    const auto projects = services.stores.projects.all();
    if (!projects)
        return readyFuture<Reply>(projects.error());
    auto planned = onEach(services, *projects, [&services, before](const state::Project &project) {
        return oldBranches(services, project, before);
    });
    return replyAfter(&services.driver, std::move(planned), [&services, in](const OldBranches &branches) {
        if (in.call.yes || !in.call.confirm.isEmpty())
            return removeAsAgreed(services, in, branches);
        Reply reply = replyAbout(services, branches, false);
        reply.confirm = confirmFor(branches);
        return readyFuture<Reply>(reply);
    });
}

Reply dataReply(const recovery::RetentionReport &report, bool done)
{
    commands::Table gone{.title = done ? u"Removed"_s : u"To be removed"_s,
                         .columns = {u"task"_s, u"title"_s, u"checkpoints"_s, u"messages"_s},
                         .whenEmpty = u"No ended task is old enough."_s};
    commands::Table kept{.title = u"Kept"_s, .columns = {u"task"_s, u"title"_s, u"why"_s}};
    QJsonArray goneData, keptData;
    qint64 checkpoints = 0, trees = 0;
    for (const recovery::OldTask &task : report.tasks) {
        const QString id = u'#' + task.id.toString();
        if (!task.stays.isEmpty()) {
            kept.rows << QStringList{id, task.title, task.stays};
            keptData.append(QJsonObject{{u"task_id"_s, task.id.value()}, {u"why"_s, task.stays}});
            continue;
        }
        checkpoints += task.checkpoints;
        trees += task.tree;
        gone.rows << QStringList{id, task.title, QString::number(task.checkpoints), QString::number(task.messages)};
        goneData.append(QJsonObject{
            {u"task_id"_s, task.id.value()}, {u"checkpoints"_s, task.checkpoints}, {u"messages"_s, task.messages}});
    }
    const QString what =
        u"%1 with %2, %3"_s.arg(counted(report.going(), u"ended task"_s), counted(checkpoints, u"checkpoint"_s),
                                counted(report.alerts, u"answered alert"_s));
    Reply reply{.severity = done ? Severity::Ok : Severity::Warning,
                .title = (done ? u"Removed: %1"_s : u"Remove %1?"_s).arg(what),
                .tables = {gone},
                .data = {{u"tasks"_s, goneData},
                         {u"tasks_kept"_s, keptData},
                         {u"checkpoints"_s, checkpoints},
                         {u"alerts"_s, report.alerts}}};
    if (!goneData.isEmpty())
        reply.text =
            (done ? u"The audit trail is kept whole. "_s
                  : u"This can't be undone: conversations and checkpoints go. The audit trail is kept whole. "_s) +
            u"Their branches stay, and what is merged stays merged.%1"_s.arg(
                trees > 0 ? u" %1 that still stood went first."_s.arg(counted(trees, u"working tree"_s)) : QString());
    if (!kept.rows.isEmpty())
        reply.tables << kept;
    return reply;
}

Future cleanData(Services &services, const Invocation &in, Instant before)
{
    const bool agreed = in.call.yes || !in.call.confirm.isEmpty();
    auto report =
        agreed ? services.retention.carryOut(before, in.call.confirm, in.who()) : services.retention.plan(before);
    return replyWhen(&services.driver, std::move(report),
                     [agreed](const recovery::RetentionReport &found) -> Result<Reply> {
                         Reply reply = dataReply(found, agreed);
                         if (!agreed)
                             reply.confirm = found.confirm();
                         return reply;
                     });
}

Future cleanup(Services &services, const Invocation &in)
{
    const auto data = momentFor(services, in, "data_older_than"_L1);
    const auto branches = momentFor(services, in, "branches_older_than"_L1);
    if (!data || !branches)
        return readyFuture<Reply>(!data ? data.error() : branches.error());
    const int asked = int(data->has_value()) + int(branches->has_value()) + int(in.flag("caches"_L1));
    if (asked != 1)
        return readyFuture<Reply>(
            fail(ErrorCode::InvalidInput,
                 asked > 1 ? u"Data, branches and caches are cleaned up one after the other; nothing was removed."_s
                           : u"Say what is to be cleaned up; nothing was removed."_s,
                 u"agenthubctl cleanup --caches, or --branches-older-than 30d, or --data-older-than 30d"_s));
    if (in.flag("caches"_L1))
        return cleanCaches(services, in);
    return *data ? cleanData(services, in, **data) : cleanBranches(services, in, **branches);
}

} // namespace

std::span<const HandlerRow> cleanupHandlers()
{
    static const HandlerRow rows[]{{"cleanup"_L1, &cleanup}};
    return rows;
}

} // namespace hub
