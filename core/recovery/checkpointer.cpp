#include "core/recovery/checkpointer.h"

#include "core/base/log.h"
#include "core/recovery/tasktree.h"

#include <set>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// Scanned and written together: more would keep the first one's agent frozen for the last one's scan.
constexpr size_t largestBatch = 32;

QString nameOf(const QByteArray &path) { return QFile::decodeName(path); }

QJsonArray notHeldList(const git::SnapshotInfo &snapshot)
{
    QJsonArray list;
    const auto add = [&](const QByteArray &path, const QString &reason) {
        list.append(QJsonObject{{u"path"_s, nameOf(path)}, {u"reason"_s, reason}});
    };
    for (const QByteArray &path : snapshot.leftOut)
        add(path, u"larger than the limit"_s);
    for (const QByteArray &path : snapshot.inMotion)
        add(path, u"it was being written; held as last read"_s);
    for (const auto &[path, reason] : snapshot.notHeld)
        add(path, reason);
    return list;
}

} // namespace

Result<git::Vault *> Vaults::of(const ProjectName &project)
{
    const std::lock_guard lock(m_mutex);
    auto &vault = m_open[project];
    if (!vault) {
        HUB_TRY(vault, git::Vault::open(m_data.vault(project)));
    }
    return vault.get();
}

Checkpointer::Checkpointer(state::Stores &stores, Workers &workers, Vaults &vaults, const DataFolder &data,
                           const Settings &settings)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_data(data)
    , m_settings(settings)
{
}

QByteArray Checkpointer::refOf(const CheckpointId &id)
{
    return "refs/checkpoints/" + id.task.toString().toLatin1() + '/' + QByteArray::number(id.number);
}

git::SnapshotOptions Checkpointer::snapshotOptions() const
{
    return {.sizeLimit = m_settings.number(setting::maxFileMegabytes) << 20};
}

Result<git::SnapshotRequest> Checkpointer::snapshotRequest(const Task &task, const QByteArray &ref,
                                                           const QString &message,
                                                           const git::SnapshotOptions &options) const
{
    HUB_TRY(const git::RepositoryPlace place, findTree(task));
    git::SnapshotRequest request{.place = place,
                                 .ref = ref,
                                 .cachePath = m_data.statCache(task.id),
                                 .message = message.toUtf8(),
                                 .time = m_stores.clock.now(),
                                 .options = options};
    if (!task.branch.isEmpty())
        request.branches = {"refs/heads/" + QFile::encodeName(task.branch)};
    return request;
}

QFuture<Result<std::optional<Checkpoint>>> Checkpointer::request(const CheckpointRequest &request)
{
    const auto task = m_stores.tasks.get(request.task);
    if (!task)
        return readyFuture<std::optional<Checkpoint>>(task.error());
    if (task->tree.isEmpty()) {
        return readyFuture<std::optional<Checkpoint>>(
            fail(ErrorCode::Conflict,
                 u"Task #%1 has no working tree yet, so there is nothing to save."_s.arg(request.task.toString())));
    }
    Waiting waiting{request, std::make_shared<QPromise<Result<std::optional<Checkpoint>>>>()};
    waiting.promise->start();
    auto future = waiting.promise->future();
    const ProjectName project = task->spec.project;
    {
        const std::lock_guard lock(m_mutex);
        m_waiting[project].push_back(std::move(waiting));
    }
    m_workers.run(project.toString(), [this, project] { return takeWaiting(project); });
    return future;
}

Result<> Checkpointer::takeWaiting(const ProjectName &project)
{
    // Whoever comes first takes all; the jobs of the others then find nothing left.
    std::vector<Waiting> batch;
    {
        const std::lock_guard lock(m_mutex);
        auto &waiting = m_waiting[project];
        std::set<TaskId> tasks;
        std::vector<Waiting> rest;
        for (auto &entry : waiting) {
            // A task's second request describes a later moment, so it gets a later snapshot.
            if (batch.size() < largestBatch && tasks.insert(entry.request.task).second)
                batch.push_back(std::move(entry));
            else
                rest.push_back(std::move(entry));
        }
        waiting = std::move(rest);
    }
    std::vector<CheckpointRequest> requests;
    for (const auto &entry : batch)
        requests.push_back(entry.request);
    auto results = takeBatch(project, requests);
    for (size_t i = 0; i < batch.size(); ++i) {
        batch[i].promise->addResult(std::move(results[i]));
        batch[i].promise->finish();
    }
    return {};
}

Result<Checkpointer::Draft> Checkpointer::begin(TaskId id)
{
    return m_stores.commits.ask([&]() -> Result<Draft> {
        HUB_TRY(const CheckpointId number, m_stores.tasks.reserveCheckpoint(id));
        HUB_TRY(const Task task, m_stores.tasks.get(id));
        HUB_TRY(const auto newest, m_stores.tasks.newestCheckpoint(id));
        return Draft{task, number, newest, snapshotOptions()};
    });
}

Checkpoint Checkpointer::describe(const Draft &draft, const CheckpointRequest &request,
                                  const git::SnapshotInfo &snapshot) const
{
    const Task &task = draft.task;
    return {.id = draft.id,
            .type = request.type,
            .at = m_stores.clock.now(),
            .step = task.step,
            .progress = task.progress,
            .context = task.context,
            .taskState = task.state,
            .messageSeq = task.lastMessage,
            .commit = QString::fromLatin1(snapshot.commit.hex()),
            .tree = QString::fromLatin1(snapshot.files.hex()),
            .head = snapshot.head.commit ? QString::fromLatin1(snapshot.head.commit->hex()) : QString(),
            .branch = QString::fromUtf8(snapshot.head.branch),
            .files = snapshot.fileCount,
            .changed = snapshot.filesRead,
            .notHeld = notHeldList(snapshot),
            .errorCount = task.errorCount,
            .lastError = task.lastError,
            .notes = request.notes};
}

Result<Checkpoint> Checkpointer::store(const Draft &draft, const CheckpointRequest &request,
                                       const git::SnapshotInfo &snapshot)
{
    const Checkpoint checkpoint = describe(draft, request, snapshot);
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.tasks.addCheckpoint(checkpoint));
        m_stores.commits.afterCommit([this, checkpoint] { Q_EMIT checkpointTaken(checkpoint); });
        return {};
    }));
    return checkpoint;
}

std::vector<Result<std::optional<Checkpoint>>> Checkpointer::takeBatch(const ProjectName &project,
                                                                       const std::vector<CheckpointRequest> &batch)
{
    using Answer = Result<std::optional<Checkpoint>>;
    std::vector<Answer> answers(batch.size(), Answer(std::optional<Checkpoint>()));
    const auto failAll = [&](const Error &error) {
        for (auto &answer : answers) {
            if (answer)
                answer = error;
        }
        return answers;
    };
    auto vault = m_vaults.of(project);
    if (!vault)
        return failAll(vault.error());

    std::vector<size_t> taking;
    std::vector<Draft> drafts;
    std::vector<git::SnapshotRequest> requests;
    for (size_t i = 0; i < batch.size(); ++i) {
        // The run first: position and files have to be of the same moment.
        if (batch[i].freeze) {
            if (auto held = m_runs->hold(batch[i].task, RunControl::Stillness::Scan); !held) {
                answers[i] = std::move(held).error();
                continue;
            }
        }
        auto draft = begin(batch[i].task);
        auto wanted = draft ? snapshotRequest(draft->task, refOf(draft->id), u"Checkpoint "_s + draft->id.toString(),
                                              draft->options)
                            : Result<git::SnapshotRequest>(draft.error());
        if (!wanted) {
            m_runs->release(batch[i].task, RunControl::Stillness::Scan);
            answers[i] = std::move(wanted).error();
            continue;
        }
        taking.push_back(i);
        drafts.push_back(*std::move(draft));
        requests.push_back(*std::move(wanted));
    }
    auto snapshots = git::takeSnapshots(**vault, requests);
    for (size_t i : taking)
        m_runs->release(batch[i].task, RunControl::Stillness::Scan);
    if (!snapshots)
        return failAll(snapshots.error());

    // One commit for all rows of the batch.
    std::vector<QFuture<Result<>>> rows;
    for (size_t k = 0; k < taking.size(); ++k) {
        const size_t i = taking[k];
        const auto &snapshot = (*snapshots)[k];
        if (!snapshot) {
            answers[i] = snapshot.error();
            continue;
        }
        const Checkpoint checkpoint = describe(drafts[k], batch[i], *snapshot);
        const auto &newest = drafts[k].newest;
        if (batch[i].onlyIfChanged && newest && newest->tree == checkpoint.tree && newest->head == checkpoint.head &&
            newest->messageSeq == checkpoint.messageSeq) {
            if (auto removed = (*vault)->removeRef(refOf(checkpoint.id)); !removed)
                qCWarning(lcRecovery).noquote() << removed.error().message;
            continue;
        }
        answers[i] = std::optional(checkpoint);
        rows.push_back(m_stores.commits.post([this, checkpoint, also = batch[i].also]() -> Result<> {
            HUB_CHECK(m_stores.tasks.addCheckpoint(checkpoint));
            if (also)
                HUB_CHECK(also(checkpoint));
            m_stores.commits.afterCommit([this, checkpoint] { Q_EMIT checkpointTaken(checkpoint); });
            return {};
        }));
    }
    size_t row = 0;
    for (size_t i : taking) {
        if (answers[i] && *answers[i]) {
            if (auto stored = takeResult(rows[row++]); !stored)
                answers[i] = std::move(stored).error();
        }
    }
    return answers;
}

Result<Checkpoint> Checkpointer::takeNow(const CheckpointRequest &request, std::optional<git::ObjectId> before)
{
    HUB_TRY(const Draft draft, begin(request.task));
    HUB_TRY(git::Vault * vault, m_vaults.of(draft.task.spec.project));
    HUB_TRY(auto wanted,
            snapshotRequest(draft.task, refOf(draft.id), u"Checkpoint "_s + draft.id.toString(), draft.options));
    wanted.before = before;
    HUB_TRY(const git::SnapshotInfo snapshot, git::takeSnapshot(*vault, wanted));
    return store(draft, request, snapshot);
}

} // namespace hub::recovery
