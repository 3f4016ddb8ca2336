// What each lifecycle method does. All run inside CommitGroup work; what takes longer answers later.
#include "core/hub/lifecycle.h"

#include "core/agents/approvalpolicy.h"
#include "core/base/log.h"
#include "core/git/commits.h"
#include "core/git/workingtree.h"
#include "core/recovery/refmoves.h"

#include <QDir>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

using Now = std::optional<Result<QJsonObject>>;

QStringList textsOf(const QJsonValue &value)
{
    QStringList texts;
    for (const QJsonValue &text : value.toArray())
        texts << text.toString();
    return texts;
}

// A path of the task's tree as claims name it: relative, without tricks. Empty when it leads out of the tree.
QString withinTree(const QString &tree, const QString &path)
{
    const QString clean = QDir::cleanPath(QDir::isAbsolutePath(path) ? QDir(tree).relativeFilePath(path) : path);
    return clean.startsWith(u"../") || clean == u".." || QDir::isAbsolutePath(clean) ? QString() : clean;
}

QJsonObject describe(const Checkpoint &checkpoint)
{
    return {{u"checkpoint_id"_s, checkpoint.id.toString()},
            {u"type"_s, textOf(checkpointTypeTexts, checkpoint.type)},
            {u"timestamp"_s, toIso(checkpoint.at)},
            {u"current_step"_s, checkpoint.step},
            {u"progress_percentage"_s, checkpoint.progress},
            {u"context"_s, checkpoint.context},
            {u"notes"_s, checkpoint.notes}};
}

QJsonObject verdict(const QStringList &reasons)
{
    return {{u"safe"_s, reasons.isEmpty()}, {u"reasons"_s, QJsonArray::fromStringList(reasons)}};
}

} // namespace

Result<QStringList> Lifecycle::claimProblems(const Context &context, const QStringList &paths, bool take,
                                             std::chrono::seconds duration)
{
    QStringList problems;
    HUB_TRY(const auto claims, m_stores.holds.claims());
    for (const QString &path : paths) {
        const QString inside = withinTree(context.task.tree, path);
        if (inside.isEmpty()) {
            problems << u"%1 lies outside the working tree %2."_s.arg(path, context.task.tree);
            continue;
        }
        for (const auto &claim : claims) {
            const bool same =
                claim.path == inside || inside.startsWith(claim.path + u'/') || claim.path.startsWith(inside + u'/');
            if (same && claim.project == context.task.spec.project && claim.task != context.task.id)
                problems << u"%1 is held by task #%2 since %3."_s.arg(claim.path, claim.task.toString(),
                                                                      toLocalShort(claim.at, m_stores.clock.now()));
        }
    }
    if (!problems.isEmpty() || !take)
        return problems;
    for (const QString &path : paths)
        HUB_CHECK(m_stores.holds.claim(context.task.spec.project, withinTree(context.task.tree, path), context.task.id,
                                       duration));
    return problems;
}

// The branch needs a look into the repository, so this part runs on the project's worker.
void Lifecycle::checkTree(const Context &context, QStringList reasons)
{
    struct Facts {
        QByteArray branch;
    };
    const QByteArray tree = QFile::encodeName(context.task.tree);
    const QStringList protectedBranches = m_settings.text(setting::protectedBranches).split(u',', Qt::SkipEmptyParts);
    auto looked = m_workers.run(context.task.spec.project.toString(), [tree]() -> Result<git::HeadState> {
        HUB_TRY(const auto place, git::locate(tree));
        return git::readHead(place);
    });
    whenDone(std::move(looked), this,
             [this, id = context.request.id, reasons, protectedBranches](const Result<git::HeadState> &head) mutable {
                 if (!head) {
                     if (head.error().code != ErrorCode::ShuttingDown)
                         answerLater(id, verdict(reasons << head.error().message));
                     return;
                 }
                 const QString branch = QFile::decodeName(head->branch.mid(11));
                 if (head->branch.isEmpty())
                     reasons << u"HEAD is detached: a commit made now would be on no branch."_s;
                 for (const QString &name : protectedBranches) {
                     if (branch == name.trimmed())
                         reasons << u"Branch %1 is protected: agents do not work on it."_s.arg(branch);
                 }
                 answerLater(id, verdict(reasons));
             });
}

// Whoever asks runs already; on an overloaded machine it had better begin nothing large all the same.
Result<QStringList> Lifecycle::reasonsAgainst(const Task &task) const
{
    HUB_TRY(QStringList reasons, m_driver.blockers(task));
    if (const QString &overload = m_driver.overload(); !overload.isEmpty() && !reasons.contains(overload))
        reasons << overload;
    return reasons;
}

Result<Now> Lifecycle::validate(const Context &context)
{
    HUB_TRY(const QStringList reasons, reasonsAgainst(context.task));
    HUB_TRY(const QStringList claims,
            claimProblems(context, textsOf(context.request.arguments.value(u"paths"_s)), false, {}));
    checkTree(context, reasons + claims);
    return Now();
}

Result<Now> Lifecycle::prepareForTask(const Context &context)
{
    const auto duration = std::chrono::seconds{m_settings.number(setting::claimSeconds)};
    HUB_TRY(const QStringList reasons, reasonsAgainst(context.task));
    HUB_TRY(const QStringList claims,
            claimProblems(context, textsOf(context.request.arguments.value(u"paths"_s)), true, duration));
    checkTree(context, reasons + claims);
    return Now();
}

Result<Now> Lifecycle::startTask(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    if (arguments.contains(u"interval_minutes"_s)) {
        const qint64 seconds = arguments.value(u"interval_minutes"_s).toInteger() * 60;
        if (seconds < 60 || seconds > 86400)
            return Now(fail(ErrorCode::InvalidInput, u"interval_minutes has to be from 1 to 1440."_s));
        HUB_CHECK(m_stores.tasks.setCheckpointSeconds(context.task.id, seconds));
        m_stores.commits.afterCommit([this, id = context.task.id] { m_driver.watchClock(id); });
    }
    HUB_TRY(const auto checkpoints, m_stores.tasks.checkpoints(context.task.id));
    return Now(
        QJsonObject{{u"task_id"_s, context.task.id.value()},
                    {u"description"_s, context.task.spec.description},
                    {u"working_tree"_s, context.task.tree},
                    {u"branch"_s, context.task.branch},
                    {u"backup_branch"_s, context.task.backupBranch},
                    {u"baseline_checkpoint"_s, checkpoints.isEmpty() ? QString() : checkpoints.last().id.toString()}});
}

Result<Now> Lifecycle::saveCheckpoint(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    if (arguments.contains(u"context"_s))
        HUB_CHECK(m_stores.tasks.setContext(context.task.id, arguments.value(u"context"_s).toObject()));
    const CheckpointType type =
        arguments.value(u"milestone"_s).toBool() ? CheckpointType::Milestone : CheckpointType::Manual;
    // After the commit: the checkpoint must see the context that came with it.
    m_stores.commits.afterCommit(
        [this, id = context.request.id, task = context.task.id, type, notes = arguments.value(u"notes"_s).toString()] {
            const auto told = [this, id](const Checkpoint &saved) { return answer(id, describe(saved)); };
            whenDone(m_checkpointer.request({.task = task, .type = type, .notes = notes, .also = told}), this,
                     [this, id](const Result<std::optional<Checkpoint>> &saved) {
                         if (!saved)
                             answerLater(id, saved.error());
                     });
        });
    return Now();
}

Result<Now> Lifecycle::reportProgress(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    const QString step = arguments.value(u"step"_s).toString();
    const double percent =
        arguments.contains(u"percent"_s) ? arguments.value(u"percent"_s).toDouble() : context.task.progress;
    if (percent > 100)
        return Now(fail(ErrorCode::InvalidInput, u"percent can't be more than 100."_s));
    HUB_CHECK(m_stores.tasks.setProgress(context.task.id, step, percent));
    const QString notes = arguments.value(u"notes"_s).toString();
    HUB_CHECK(m_stores.talk.append(context.task.id, {.run = context.run.id,
                                                     .role = u"agent"_s,
                                                     .kind = u"step"_s,
                                                     .author = context.run.agent.toString(),
                                                     .body = notes.isEmpty() ? step : step + u": "_s + notes}));
    m_driver.announce(context.task.id);
    return Now(QJsonObject{{u"step"_s, step}, {u"percent"_s, percent}});
}

Result<Now> Lifecycle::resumeFrom(const Context &context)
{
    // An agent reads what was kept; only a person takes the files back, with rollback or resume-task.
    const QString wanted = context.request.arguments.value(u"checkpoint_id"_s).toString();
    HUB_TRY(const auto checkpoints, m_stores.tasks.checkpoints(context.task.id));
    for (const Checkpoint &checkpoint : checkpoints) {
        if (wanted.isEmpty() || checkpoint.id.toString() == wanted || QString::number(checkpoint.id.number) == wanted) {
            QJsonObject found = describe(checkpoint);
            if (wanted.isEmpty())
                found[u"context"_s] = context.task.context; // also what was kept since, or given back by a rollback
            return Now(found);
        }
    }
    return Now(fail(ErrorCode::NotFound, u"There is no checkpoint %1 of this task."_s.arg(wanted)));
}

Result<Now> Lifecycle::rollbackOptions(const Context &context)
{
    const qint64 limit = context.request.arguments.value(u"limit"_s).toInteger(20);
    HUB_TRY(const auto checkpoints, m_stores.tasks.checkpoints(context.task.id));
    QJsonArray list;
    for (const Checkpoint &checkpoint : checkpoints.mid(0, limit))
        list.append(describe(checkpoint));
    return Now(QJsonObject{{u"checkpoints"_s, list}, {u"backup_branch"_s, context.task.backupBranch}});
}

Result<Now> Lifecycle::complete(const Context &context)
{
    const QString summary = context.request.arguments.value(u"summary"_s).toString();
    const QString notes = context.request.arguments.value(u"notes"_s).toString();
    HUB_CHECK(m_stores.talk.append(context.task.id, {.run = context.run.id,
                                                     .role = u"agent"_s,
                                                     .kind = u"summary"_s,
                                                     .author = context.run.agent.toString(),
                                                     .body = notes.isEmpty() ? summary : summary + u"\n\n"_s + notes}));
    HUB_CHECK(m_stores.tasks.setProgress(context.task.id, context.task.step, 100));
    // The answer is committed with the task's end: an agent that hears "completed" can rely on it.
    m_stores.commits.afterCommit([this, context, summary] {
        auto ended =
            m_driver.finish(context.task.id, TaskState::Completed, summary, context.run.agent.toString(),
                            [this, id = context.request.id](const Result<Checkpoint> &last) {
                                return answer(id, last ? Answer(QJsonObject{{u"state"_s, u"completed"_s},
                                                                            {u"checkpoint_id"_s, last->id.toString()}})
                                                       : Answer(last.error()));
                            });
        whenDone(std::move(ended), this, [this, id = context.request.id](const Result<> &done) {
            if (!done)
                answerLater(id, done.error());
        });
    });
    return Now();
}

Result<Now> Lifecycle::requestFiles(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    const QStringList paths = textsOf(arguments.value(u"paths"_s));
    const auto duration =
        std::chrono::seconds{arguments.contains(u"minutes"_s) ? arguments.value(u"minutes"_s).toInteger() * 60
                                                              : m_settings.number(setting::claimSeconds)};
    HUB_TRY(const QStringList problems, claimProblems(context, paths, true, duration));
    if (problems.isEmpty())
        return Now(QJsonObject{{u"granted"_s, true}, {u"paths"_s, QJsonArray::fromStringList(paths)}});
    HUB_CHECK(m_alerts.raise({.type = AlertType::FileConflict,
                              .level = AlertLevel::Warning,
                              .subject = u"task %1 %2"_s.arg(context.task.id.toString(), paths.join(u' ')),
                              .title = u"Task #%1 waits for files of another"_s.arg(context.task.id.toString()),
                              .description = problems.join(u' '),
                              .task = context.task.id,
                              .agent = context.run.agent}));
    return Now(QJsonObject{{u"granted"_s, false}, {u"reasons"_s, QJsonArray::fromStringList(problems)}});
}

Result<Now> Lifecycle::releaseFiles(const Context &context)
{
    const QStringList paths = textsOf(context.request.arguments.value(u"paths"_s));
    if (paths.isEmpty()) {
        HUB_CHECK(m_stores.holds.releaseAllOf(context.task.id));
        return Now(QJsonObject{{u"released"_s, u"all"_s}});
    }
    QJsonArray released;
    for (const QString &path : paths) {
        HUB_TRY(const bool done, m_stores.holds.release(context.task.spec.project, withinTree(context.task.tree, path),
                                                        context.task.id));
        if (done)
            released.append(path);
    }
    return Now(QJsonObject{{u"released"_s, released}});
}

Result<Now> Lifecycle::logDecision(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    QString text = arguments.value(u"decision"_s).toString();
    if (const QString reason = arguments.value(u"reason"_s).toString(); !reason.isEmpty())
        text += u"\nWhy: "_s + reason;
    if (const QStringList others = textsOf(arguments.value(u"alternatives"_s)); !others.isEmpty())
        text += u"\nConsidered: "_s + others.join(u"; "_s);
    HUB_TRY(const qint64 seq, m_stores.talk.append(context.task.id, {.run = context.run.id,
                                                                     .role = u"agent"_s,
                                                                     .kind = u"decision"_s,
                                                                     .author = context.run.agent.toString(),
                                                                     .body = text}));
    return Now(QJsonObject{{u"message"_s, seq}});
}

Result<Now> Lifecycle::commitAtomically(const Context &context)
{
    QList<QByteArray> paths;
    for (const QString &path : textsOf(context.request.arguments.value(u"paths"_s))) {
        const QString inside = withinTree(context.task.tree, path);
        if (inside.isEmpty())
            return Now(
                fail(ErrorCode::Refused, u"%1 lies outside the working tree; nothing was committed."_s.arg(path)));
        paths << QFile::encodeName(inside);
    }
    // Finds the commit again when the hub dies before it could say that it is made.
    const QByteArray callTrailer = "AgentHub-Call";
    const QByteArray call = agents::RunKeeper::markOf(context.run) + '/' + QByteArray::number(context.request.id);
    const QByteArray said = context.request.arguments.value(u"message"_s).toString().toUtf8();
    const QList<std::pair<QByteArray, QByteArray>> trailers{{"AgentHub-Task", context.task.id.toString().toUtf8()},
                                                            {"Requested-by", context.task.spec.owner.toUtf8()},
                                                            {callTrailer, call}};
    const QStringList protectedBranches = m_settings.text(setting::protectedBranches).split(u',', Qt::SkipEmptyParts);
    const QByteArray tree = QFile::encodeName(context.task.tree);
    struct Committed {
        git::ObjectId commit;
        QByteArray ref;
        std::optional<git::ObjectId> parent;
    };
    m_stores.commits.afterCommit([this, id = context.request.id, project = context.task.spec.project,
                                  task = context.task.id, agent = context.run.agent.toString(), tree, paths, said,
                                  trailers, mark = callTrailer + ": " + call, protectedBranches] {
        auto committed = m_workers.run(project.toString(), [=]() -> Result<Committed> {
            HUB_TRY(const auto place, git::locate(tree));
            HUB_TRY(const auto head, git::readHead(place));
            const QString branch = QFile::decodeName(head.branch.mid(11));
            for (const QString &name : protectedBranches) {
                if (branch == name.trimmed())
                    return fail(
                        ErrorCode::Refused,
                        u"%1 is protected, so nothing was committed; files and index are as they were."_s.arg(branch));
            }
            HUB_TRY(const QByteArray message, git::withTrailers(said, trailers));
            HUB_TRY(const auto commit, git::commitAtomically(place, paths, message, mark));
            HUB_TRY(const auto parent, git::parentOf(place, commit));
            return Committed{commit, head.branch.isEmpty() ? QByteArray("HEAD") : head.branch, parent};
        });
        whenDone(std::move(committed), this, [=, this](const Result<Committed> &done) {
            if (!done)
                return answerLater(id, done.error());
            const QString commit = recovery::idText(done->commit);
            answerLater(
                id, QJsonObject{{u"commit"_s, commit}, {u"branch"_s, QFile::decodeName(done->ref.mid(11))}}, [=, this] {
                    return m_stores.gitLog.add({.project = project.toString(),
                                                .task = task,
                                                .who = agent,
                                                .action = u"commit"_s,
                                                .refs = {recovery::refMove(done->ref, done->parent, done->commit)},
                                                .outcome = u"done"_s});
                });
        });
    });
    return Now();
}

Result<Now> Lifecycle::requestApproval(const Context &context)
{
    const QJsonObject &arguments = context.request.arguments;
    const QString kind = arguments.value(u"kind"_s).toString(u"other"_s);
    HUB_TRY(const bool standing, m_stores.approvals.isAllowedForTask(context.task.id, kind));
    const bool allowed = standing || agents::verdictFor(context.task.spec.autonomy, kind) == agents::Verdict::Allow;
    HUB_TRY(Approval approval, m_stores.approvals.ask(context.task.id, context.run.id, context.request.id, kind,
                                                      arguments.value(u"action"_s).toString(), arguments));
    if (allowed) {
        HUB_TRY(approval, m_stores.approvals.answer(approval.id, true, u"once"_s,
                                                    standing ? u"an earlier approval"_s : u"autonomy"_s, {}));
    } else {
        HUB_CHECK(
            m_stores.talk.append(context.task.id, {.run = context.run.id,
                                                   .role = u"agent"_s,
                                                   .kind = u"question"_s,
                                                   .author = context.run.agent.toString(),
                                                   .body = approval.id.toString() + u": "_s + approval.question}));
        if (context.task.state == TaskState::Running) {
            HUB_CHECK(m_stores.tasks.setState(context.task.id, TaskState::AwaitingApproval,
                                              approval.id.toString() + u": "_s + approval.question));
            m_driver.announce(context.task.id);
        }
    }
    m_stores.commits.afterCommit([this, approval] { Q_EMIT approvalChanged(approval); });
    return Now(QJsonObject{{u"approval_id"_s, approval.id.toString()},
                           {u"state"_s, textOf(approvalStateTexts, approval.state)},
                           {u"allowed"_s, allowed}});
}

Result<Now> Lifecycle::awaitApproval(const Context &context)
{
    const auto id = ApprovalId::parse(context.request.arguments.value(u"approval_id"_s).toString());
    if (!id)
        return Now(fail(ErrorCode::InvalidInput, u"'%1' is no approval's id, such as a7."_s.arg(
                                                     context.request.arguments.value(u"approval_id"_s).toString())));
    auto approval = m_stores.approvals.get(*id);
    if (!approval)
        return Now(approval.error());
    if (approval->task != context.task.id)
        return Now(fail(ErrorCode::Refused, u"%1 is another task's question."_s.arg(id->toString())));
    const auto told = [](const Approval &a) {
        return QJsonObject{{u"approval_id"_s, a.id.toString()},
                           {u"state"_s, textOf(approvalStateTexts, a.state)},
                           {u"allowed"_s, a.state == ApprovalState::Allowed},
                           {u"reason"_s, a.reason}};
    };
    if (approval->state != ApprovalState::Open)
        return Now(told(*approval));
    if (const qint64 seconds = context.request.arguments.value(u"timeout"_s).toInteger(); seconds > 0) {
        // Still open then is an answer too; it never becomes a yes.
        QTimer::singleShot(
            std::chrono::seconds{seconds}, this,
            [this, request = context.request.id, open = *approval, told] { answerLater(request, told(open)); });
    }
    return Now();
}

} // namespace hub
