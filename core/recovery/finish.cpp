// The deed: the run held still, a checkpoint, a journal row, and then what brings the work home.
#include "core/recovery/finish.h"

#include "core/base/log.h"
#include "core/git/workingtree.h"

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// Checked when the deed is done: what was looked at before the check ran.
Error changedMeanwhile(bool checked)
{
    return fail(ErrorCode::Conflict,
                checked ? u"The check changed files of the working tree, or somebody did while it ran, so nothing was "
                          "brought home."_s
                        : u"Something changed since the preview, so nothing was brought home."_s,
                checked ? u"git status in its folder shows them; commit or ignore them, or --check no"_s
                        : u"Look at the new preview and confirm again."_s);
}

QString checkFailed(const StepOutcome &outcome)
{
    return u"The project's check failed, so nothing was brought home. %1%2"_s.arg(
        outcome.how, outcome.lastLines.isEmpty() ? QString() : u" It printed:\n"_s + outcome.lastLines);
}

} // namespace

QJsonObject FinishReceipt::toJson() const
{
    return {{u"operation"_s, operation.toString()},
            {u"task_id"_s, task.value()},
            {u"how"_s, textOf(finishHowTexts, how)},
            {u"branch"_s, branch},
            {u"into"_s, into},
            {u"commit"_s, commit},
            {u"remote"_s, remote},
            {u"pull_request"_s, link},
            {u"before"_s, before.number > 0 ? before.toString() : QString()},
            {u"committed"_s, committed},
            {u"undo"_s, undo},
            {u"resumed"_s, resumed},
            {u"notes"_s, QJsonArray::fromStringList(notes)}};
}

Finish::Finish(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer, TreeKeeper &trees,
               const DataFolder &data)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_checkpointer(checkpointer)
    , m_trees(trees)
    , m_data(data)
{
}

// A look, the project's command, a second look and the deed. No worker is blocked while the command runs.
QFuture<Result<FinishReceipt>> Finish::execute(const FinishRequest &request)
{
    const auto task = m_stores.tasks.get(request.task);
    if (!task)
        return readyFuture<FinishReceipt>(task.error());
    auto promise = std::make_shared<QPromise<Result<FinishReceipt>>>();
    promise->start();
    auto future = promise->future();
    const auto answer = [promise](Result<FinishReceipt> result) {
        promise->addResult(std::move(result));
        promise->finish();
    };
    const QString queue = task->spec.project.toString();
    const auto last = [this, queue, answer](const FinishRequest &agreed) {
        whenDone(m_workers.run(queue, [this, agreed] { return carryOut(agreed); }), this,
                 [answer](const Result<FinishReceipt> &receipt) { answer(receipt); });
    };
    auto begun = m_workers.run(queue, [this, request] { return begin(request); });
    whenDone(std::move(begun), this, [this, request, answer, last](const Result<FinishPlan> &plan) {
        if (!plan)
            return answer(plan.error());
        FinishRequest agreed = request;
        agreed.how = plan->how;
        agreed.confirm = plan->confirm;
        const bool discards = plan->how == FinishHow::Discard && !plan->treeGone;
        if (plan->check.isEmpty() && !discards)
            return last(agreed);
        auto step = m_steps->runStep(agreed.task, discards ? TreeStep::Teardown : TreeStep::Check);
        whenDone(std::move(step), this,
                 [answer, last, agreed, discards](const Result<std::optional<StepOutcome>> &outcome) {
                     if (!outcome)
                         return answer(outcome.error());
                     if (!*outcome || (*outcome)->good)
                         return last(agreed);
                     if (discards)
                         return answer(fail(ErrorCode::Conflict,
                                            u"Nothing was discarded, since the teardown failed: "_s + (*outcome)->how));
                     answer(fail(ErrorCode::Process, checkFailed(**outcome),
                                 u"agenthubctl say --task-id %1 \"the check fails, look at it\"; or --check no"_s.arg(
                                     agreed.task.toString())));
                 });
    });
    return future;
}

// On the project's worker. An agent that waits for its next turn ends: what is looked at now must stay.
Result<FinishPlan> Finish::begin(const FinishRequest &request)
{
    HUB_TRY(const Look found, look(request));
    if (!request.confirm.isEmpty() && request.confirm != found.plan.confirm)
        return changedMeanwhile(false);
    HUB_CHECK(m_runs->endRun(request.task, u"its task is being finished"_s));
    return found.plan;
}

Result<FinishReceipt> Finish::carryOut(const FinishRequest &request)
{
    HUB_CHECK(m_runs->hold(request.task, RunControl::Stillness::Rollback));
    const auto work = [&]() -> Result<FinishReceipt> {
        HUB_TRY(const Look found, look(request));
        if (request.confirm != found.plan.confirm)
            return changedMeanwhile(!found.plan.check.isEmpty());
        return held(request, found);
    };
    auto receipt = work();
    m_runs->release(request.task, RunControl::Stillness::Rollback);
    return receipt;
}

Result<FinishReceipt> Finish::held(const FinishRequest &request, const Look &look)
{
    const Task &task = look.facts.task;
    qint64 before = 0;
    if (look.tree) {
        HUB_TRY(const Checkpoint saved,
                m_checkpointer.takeNow(
                    {.task = task.id, .type = CheckpointType::Manual, .notes = u"before finishing"_s}, {}));
        before = saved.id.number;
    } else {
        HUB_TRY(const auto newest, m_stores.commits.ask([&] { return m_stores.tasks.newestCheckpoint(task.id); }));
        before = newest ? newest->id.number : 0;
    }
    const FinishPlan &plan = look.plan;
    const bool discards = plan.how == FinishHow::Discard;
    QJsonObject journal{{u"how"_s, textOf(finishHowTexts, plan.how)},
                        {u"branch"_s, task.branch},
                        {u"into"_s, plan.into},
                        {u"ref"_s, QFile::decodeName(look.target)},
                        {u"tip"_s, QString::fromLatin1(look.tip.hex())},
                        {u"tip_was"_s, QString::fromLatin1(look.tip.hex())},
                        {u"tree_gone"_s, plan.treeGone},
                        {u"remote"_s, plan.remote},
                        {u"link"_s, plan.link},
                        {u"gone"_s, discards},
                        {u"state"_s, textOf(taskStateTexts, discards ? TaskState::Cancelled : TaskState::Completed)},
                        {u"was"_s, textOf(taskStateTexts, task.state)},
                        {u"was_reason"_s, task.reason}};
    if (look.targetTip)
        journal[u"from"_s] = QString::fromLatin1(look.targetTip->hex());
    HUB_TRY(const auto operation, m_stores.commits.ask([&]() -> Result<state::Operation> {
        HUB_CHECK(refuseBusy(m_stores.tasks.get(task.id).valueOr(task)));
        return m_stores.operations.begin(task.id, u"finish"_s, request.who, before, before, {}, journal);
    }));
    Job job{look.facts, look.main, operation};
    if (auto done = bringHome(request, look, job); !done)
        return abandon(job, std::move(done).error());
    return conclude(job);
}

// Up to here nothing is seen outside the task's own tree and branch; from "ready" on it goes forward.
Result<> Finish::bringHome(const FinishRequest &request, const Look &look, Job &job)
{
    const FinishPlan &plan = look.plan;
    if (!plan.moved)
        return writeDown(job, true);
    HUB_TRY(const git::ObjectId tip, commitWork(request, look, job));
    job.operation.journal[u"tip"_s] = QString::fromLatin1(tip.hex());
    if (merges(plan.how)) {
        HUB_TRY(const git::ObjectId commit, merge(request, look, tip, job));
        job.operation.journal[u"to"_s] = QString::fromLatin1(commit.hex());
        HUB_CHECK(prepareMove(job));
        return writeDown(job, true);
    }
    HUB_CHECK(writeDown(job, false));
    HUB_CHECK(git::pushBranch(*look.tree, QFile::encodeName(plan.remote),
                              "refs/heads/" + QFile::encodeName(plan.branch), markOf(job)));
    return writeDown(job, true);
}

// The tip of the task's branch with what was uncommitted, as a commit of its own on top.
Result<git::ObjectId> Finish::commitWork(const FinishRequest &request, const Look &look, Job &job)
{
    if (look.uncommitted.isEmpty())
        return look.tip;
    const QByteArray id = look.facts.task.id.toString().toUtf8();
    HUB_TRY(
        const QByteArray message,
        git::withTrailers(look.plan.message.toUtf8(), {{"AgentHub-Task", id}, {"Requested-by", request.who.toUtf8()}}));
    HUB_TRY(const git::ObjectId tip, git::commitWork(*look.tree, look.uncommitted, message, markOf(job)));
    HUB_TRY(const Checkpoint after,
            m_checkpointer.takeNow(
                {.task = look.facts.task.id, .type = CheckpointType::Milestone, .notes = u"its work committed"_s}, {}));
    job.operation.target = after.id.number;
    job.committed = look.uncommitted.size();
    return tip;
}

Result<git::ObjectId> Finish::merge(const FinishRequest &request, const Look &look, const git::ObjectId &tip, Job &job)
{
    const bool squash = look.plan.how == FinishHow::Squash;
    const QByteArray id = look.facts.task.id.toString().toUtf8();
    const bool ownWords = squash || (!request.message.isEmpty() && look.uncommitted.isEmpty());
    const QByteArray words =
        ownWords ? look.plan.message.toUtf8() : "Merge task #" + id + ": " + look.facts.task.spec.title.toUtf8();
    HUB_TRY(const QByteArray message,
            git::withTrailers(words, {{"AgentHub-Task", id}, {"Requested-by", request.who.toUtf8()}}));
    const QByteArray folder = mergeFolder(job);
    HUB_CHECK(git::removeMergeTree(look.main, folder));
    HUB_TRY(const auto place, git::addMergeTree(look.main, folder, *look.targetTip, markOf(job)));
    // What its hooks may need beside the tracked files.
    auto commit = m_trees.furnish(look.main, place, look.facts.project.options)
                      ? git::makeMerge(place, {*look.targetTip, tip, squash, message, markOf(job)})
                      : Result<git::ObjectId>(fail(ErrorCode::Storage, u"The tree to merge in can't be furnished."_s));
    HUB_CHECK(git::removeMergeTree(look.main, folder));
    return commit;
}

// By it a restarted hub finds what is left of the git that it had started, and of the hooks of that.
git::Environment Finish::markOf(const Job &job) const
{
    const auto vault = m_vaults.of(job.facts.task.spec.project);
    return {{"AGENTHUB_RUN", "finish-" + (vault ? (*vault)->id().toHex() : QByteArray()) + '-' +
                                 job.operation.id.toString().toLatin1()}};
}

QByteArray Finish::mergeFolder(const Job &job) const
{
    return QFile::encodeName(m_data.path(u"scratch/merge-"_s + job.operation.id.toString()));
}

} // namespace hub::recovery
