// What can be gone back to.
#include "core/base/log.h"
#include "core/commands/counted.h"
#include "core/git/workingtree.h"
#include "core/hub/goback.h"
#include "core/hub/projectrights.h"
#include "core/hub/taskchanges.h"
#include "core/recovery/tasktree.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;

namespace
{

// What can be gone back to, of the tasks that are meant, newest first.
struct Options {
    QHash<TaskId, Task> tasks;
    QList<Checkpoint> checkpoints;
    QList<state::Operation> operations;
    qsizetype limit = 20;
};

Result<Options> optionsOf(const Services &services, const Invocation &in)
{
    Options options;
    HUB_TRY(const auto agent, agentFilter(services, in.options));
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        HUB_TRY(const Task task, findTask(services, in.call, in.options));
        only = task.id;
    }
    HUB_TRY(const auto all, services.stores.tasks.all());
    const ProjectRights rights(services, in.call);
    for (const Task &task : all) {
        if ((only && task.id != *only) || !rights.sees(task.spec.project) || (agent && task.spec.agent != *agent))
            continue;
        options.tasks.insert(task.id, task);
        HUB_TRY(const auto list, services.stores.tasks.checkpoints(task.id));
        options.checkpoints << list;
    }
    std::stable_sort(options.checkpoints.begin(), options.checkpoints.end(),
                     [](const Checkpoint &a, const Checkpoint &b) { return a.at > b.at; });
    options.limit = in.limit(20);
    options.checkpoints = options.checkpoints.mid(0, options.limit);
    HUB_TRY(const auto operations, services.stores.operations.list({}));
    for (const auto &operation : operations) {
        if (options.tasks.contains(operation.task))
            options.operations << operation;
    }
    return options;
}

// Something in git that can be gone back to.
struct GitOption {
    TaskId task;
    QString name, subject;
    Instant at;
    QString change;
};

// What a worker found: what going back to each would change, in a few words.
struct Found {
    QHash<CheckpointId, QString> changes;
    QList<GitOption> backups, commits;
};

void keepNewest(QList<GitOption> &options, qsizetype limit)
{
    std::stable_sort(options.begin(), options.end(),
                     [](const GitOption &a, const GitOption &b) { return a.at > b.at; });
    options = options.mid(0, limit);
}

commands::Table gitTable(const Services &services, const QString &title, const QString &column,
                         const QList<GitOption> &options, const QString &whenEmpty, QJsonArray &data)
{
    commands::Table table{.title = title,
                          .columns = {column, u"task"_s, u"when"_s, u"subject"_s, u"would change"_s},
                          .whenEmpty = whenEmpty};
    for (const GitOption &option : options) {
        table.rows << QStringList{option.name, u'#' + option.task.toString(), agoText(option.at, services.now()),
                                  option.subject, option.change};
        data.append(QJsonObject{{column, option.name},
                                {u"task_id"_s, option.task.value()},
                                {u"at"_s, toIso(option.at)},
                                {u"subject"_s, option.subject},
                                {u"would_change"_s, option.change}});
    }
    return table;
}

Reply optionsReply(const Services &services, const Options &options, const Found &found, bool looked)
{
    Reply reply;
    commands::Table checkpoints{.title = u"Checkpoints"_s,
                                .columns = {u"checkpoint"_s, u"type"_s, u"when"_s, u"step"_s, u"notes"_s},
                                .whenEmpty = u"There is no checkpoint."_s};
    if (!found.changes.isEmpty())
        checkpoints.columns << u"would change"_s;
    QJsonArray data, operationData;
    for (const Checkpoint &checkpoint : options.checkpoints) {
        const QString type = textOf(checkpointTypeTexts, checkpoint.type);
        checkpoints.rows << QStringList{checkpoint.id.toString(), type, agoText(checkpoint.at, services.now()),
                                        checkpoint.step, checkpoint.notes};
        QJsonObject entry{{u"checkpoint_id"_s, checkpoint.id.toString()},
                          {u"type"_s, type},
                          {u"at"_s, toIso(checkpoint.at)},
                          {u"step"_s, checkpoint.step},
                          {u"progress"_s, checkpoint.progress},
                          {u"notes"_s, checkpoint.notes},
                          {u"files"_s, checkpoint.files},
                          {u"message_seq"_s, checkpoint.messageSeq}};
        if (!found.changes.isEmpty()) {
            checkpoints.rows.last() << found.changes.value(checkpoint.id);
            entry[u"would_change"_s] = found.changes.value(checkpoint.id);
        }
        data.append(entry);
    }
    commands::Table operations{.title = u"Rollbacks and finishes"_s,
                               .columns = {u"operation"_s, u"kind"_s, u"when"_s, u"to"_s, u"state"_s},
                               .whenEmpty = u"Nothing was rolled back or finished yet."_s};
    for (const auto &operation : options.operations) {
        const QString into = operation.journal.value(u"into"_s).toString();
        const QString to = operation.isFinish()
                               ? operation.journal.value(u"how"_s).toString() + (into.isEmpty() ? into : u' ' + into)
                               : CheckpointId{operation.task, operation.target}.toString();
        operations.rows << QStringList{
            operation.id.toString(), operation.kind, agoText(operation.at, services.now()), to,
            operation.undoneBy ? u"undone by "_s + operation.undoneBy->toString() : operation.state};
        operationData.append(QJsonObject{{u"operation_id"_s, operation.id.toString()},
                                         {u"kind"_s, operation.kind},
                                         {u"state"_s, operation.state},
                                         {u"target"_s, to},
                                         {u"receipt"_s, operation.receipt}});
    }
    reply.tables << checkpoints;
    reply.data = {{u"checkpoints"_s, data}, {u"operations"_s, operationData}};
    if (looked) {
        QJsonArray backups, commits;
        reply.tables << gitTable(services, u"Backup branches"_s, u"branch"_s, found.backups,
                                 u"There is no backup branch."_s, backups)
                     << gitTable(services, u"Commits"_s, u"commit"_s, found.commits, u"There is no commit."_s, commits);
        reply.data[u"backups"_s] = backups;
        reply.data[u"commits"_s] = commits;
    }
    reply.tables << operations;
    if (!checkpoints.rows.isEmpty())
        reply.next = {u"rollback task_checkpoint --checkpoint-id "_s + checkpoints.rows.first().first()};
    return reply;
}

QString filesText(const Result<qint64> &files)
{
    return !files ? u"not known: "_s + files.error().message : *files == 0 ? u"nothing"_s : counted(*files, u"file"_s);
}

// On the project's worker: what differs between the checkpoints and the files as they are now.
void compareCheckpoints(Services &services, const Task &task, const QList<Checkpoint> &checkpoints,
                        const git::SnapshotOptions &options, Found &found)
{
    const auto now = snapshotNow(services, task, options);
    const auto compare = [&](const Checkpoint &checkpoint) -> Result<QString> {
        HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
        if (!now)
            return now.error();
        HUB_TRY(const auto then, snapshotOf(checkpoint));
        HUB_TRY(const auto diff, git::compareSnapshots(*vault, *now, then));
        QStringList parts;
        if (!diff.paths.empty())
            parts << counted(qint64(diff.paths.size()), u"file"_s);
        if (diff.indexDiffers)
            parts << u"index"_s;
        if (diff.headDiffers)
            parts << u"HEAD"_s;
        return parts.isEmpty() ? u"nothing"_s : parts.join(u", "_s);
    };
    for (const Checkpoint &checkpoint : checkpoints) {
        if (checkpoint.id.task != task.id)
            continue;
        const auto text = compare(checkpoint);
        found.changes.insert(checkpoint.id, text ? *text : u"not known: "_s + text.error().message);
    }
}

// On the project's worker.
Result<> findInGit(Services &services, const Task &task, const QString &project, qsizetype limit, Found &found)
{
    auto place = recovery::findTree(task);
    const bool there = place.hasValue();
    if (!place) {
        HUB_TRY(place, git::locateTree(QFile::encodeName(project)));
    }
    HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
    HUB_TRY(const auto backups, git::listBackups(*place, *vault));
    for (const auto &backup : backups) {
        if (backup.task != task.id.toString().toLatin1())
            continue;
        const QString change = !there            ? u"all: its folder is gone"_s
                               : backup.archived ? u"told by its preview"_s
                                                 : filesText(git::filesDiffering(*place, backup.commit, true));
        found.backups << GitOption{task.id, QFile::decodeName(backup.name),
                                   backup.archived ? u"removed by cleanup, kept in the vault"_s : QString(), backup.at,
                                   change};
    }
    if (!there)
        return {};
    HUB_TRY(const auto commits, git::recentCommits(*place, task.baseCommit.toLatin1(), limit));
    for (const auto &commit : commits)
        found.commits << GitOption{task.id, QString::fromLatin1(commit.id.hex().first(12)), commit.subject, commit.at,
                                   filesText(git::filesDiffering(*place, commit.id, false))};
    return {};
}

} // namespace

Result<Reply> checkpointList(const Services &services, const Invocation &in)
{
    HUB_TRY(const auto options, optionsOf(services, in));
    return optionsReply(services, options, {}, false);
}

QFuture<Result<Reply>> rollbackShow(Services &services, const Invocation &in)
{
    const auto options = optionsOf(services, in);
    if (!options)
        return readyFuture<Reply>(options.error());
    QMap<ProjectName, QList<Task>> byProject;
    for (const Task &task : options->tasks) {
        // Of many tasks those alone whose checkpoints are listed.
        const bool listed = std::any_of(options->checkpoints.begin(), options->checkpoints.end(),
                                        [&](const Checkpoint &checkpoint) { return checkpoint.id.task == task.id; });
        if (listed)
            byProject[task.spec.project] << task;
    }
    if (byProject.isEmpty())
        return readyFuture<Reply>(optionsReply(services, *options, {}, true));
    struct Round {
        qsizetype open;
        Found found;
        QPromise<Result<Reply>> promise;
    };
    auto round = std::make_shared<Round>();
    round->open = byProject.size();
    round->promise.start();
    for (auto it = byProject.cbegin(); it != byProject.cend(); ++it) {
        const auto project = services.stores.projects.get(it.key());
        auto looked =
            services.workers.run(it.key().toString(),
                                 [&services, tasks = *it, checkpoints = options->checkpoints, limit = options->limit,
                                  path = project ? project->path : QString(),
                                  snapshots = services.checkpointer.snapshotOptions()]() -> Result<Found> {
                                     Found found;
                                     for (const Task &task : tasks) {
                                         compareCheckpoints(services, task, checkpoints, snapshots, found);
                                         if (auto inGit = findInGit(services, task, path, limit, found); !inGit)
                                             qCWarning(lcHub).noquote() << "task" << task.id.toString()
                                                                        << "shows no commits:" << inGit.error().message;
                                     }
                                     return found;
                                 });
        whenDone(std::move(looked), &services.driver,
                 [&services, round, options = *options](const Result<Found> &found) {
                     if (found) {
                         round->found.changes.insert(found->changes);
                         round->found.backups << found->backups;
                         round->found.commits << found->commits;
                     }
                     if (--round->open > 0)
                         return;
                     keepNewest(round->found.backups, options.limit);
                     keepNewest(round->found.commits, options.limit);
                     round->promise.addResult(Result<Reply>(optionsReply(services, options, round->found, true)));
                     round->promise.finish();
                 });
    }
    return round->promise.future();
}

} // namespace hub
