#include "core/recovery/checkpointer.h"

#include "core/base/log.h"
#include "core/recovery/records.h"
#include "core/recovery/tasktree.h"

#include <set>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// Written together: more would keep the first one's caller waiting for the last one's scan.
constexpr size_t largestBatch = 128;

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

void Vaults::forget(const ProjectName &project)
{
    const std::lock_guard lock(m_mutex);
    m_open.erase(project);
}

Checkpointer::Checkpointer(state::Stores &stores, Workers &workers, Vaults &vaults, Records &records,
                           const DataFolder &data, const Settings &settings)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_records(records)
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
    HUB_TRY(const git::RepositoryPlace place, findTree(task, &m_places));
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
    if (request.type == CheckpointType::Auto && m_full.contains(task->spec.project)) {
        return readyFuture<std::optional<Checkpoint>>(
            fail(ErrorCode::Refused,
                 u"Not saved by the timer: the vault of project %1 has reached its quota. Checkpoints at a turn's end, "
                 u"before a rollback and on request go on."_s.arg(task->spec.project.toString()),
                 u"agenthubctl projects show "_s + task->spec.project.toString()));
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

void Checkpointer::holdTimer(const ProjectName &project, bool full)
{
    if (full)
        m_full.insert(project);
    else
        m_full.remove(project);
}

std::vector<Checkpointer::Waiting> Checkpointer::nextBatch(const ProjectName &project)
{
    const std::lock_guard lock(m_mutex);
    std::vector<Waiting> batch, rest;
    std::set<TaskId> tasks;
    auto &waiting = m_waiting[project];
    for (auto &entry : waiting) {
        // A task's second request describes a later moment, so it gets a later snapshot.
        if (batch.size() < largestBatch && tasks.insert(entry.request.task).second)
            batch.push_back(std::move(entry));
        else
            rest.push_back(std::move(entry));
    }
    waiting = std::move(rest);
    return batch;
}

Result<> Checkpointer::takeWaiting(const ProjectName &project)
{
    // Whoever comes first takes all; the jobs of the others then find nothing left.
    {
        const std::lock_guard lock(m_mutex);
        if (m_waiting[project].empty())
            return {};
    }
    // Whoever else asks at this moment is still waiting for the hub thread, and gets into the batch by this. Its
    // outcome says nothing about the batch.
    std::ignore = m_stores.commits.ask([]() -> Result<> { return {}; });
    const std::vector<Waiting> waiting = nextBatch(project);
    std::vector<Entry> batch;
    for (const Waiting &each : waiting)
        batch.push_back({.request = each.request});
    const auto taken = takeBatch(project, batch);
    for (size_t i = 0; i < batch.size(); ++i) {
        waiting[i].promise->addResult(taken || !batch[i].answer ? std::move(batch[i].answer) : taken.error());
        waiting[i].promise->finish();
    }
    keepRecord(project, batch);
    return {};
}

// The timer's leave room for those that are asked for; all others, but a rollback's, leave the reserve alone.
git::SnapshotOptions Checkpointer::optionsFor(const CheckpointRequest &request) const
{
    git::SnapshotOptions options = snapshotOptions();
    const bool timer = request.type == CheckpointType::Auto;
    options.leaveFree = timer ? m_settings.number(setting::vaultReserveMegabytes) << 20 : 0;
    if (m_room && !timer)
        options.onTight = [room = m_room, id = request.task, type = request.type](qint64 needed) {
            if (type == CheckpointType::Rollback)
                room->giveWay(needed);
            else
                room->noRoomToSave(id, needed);
        };
    return options;
}

Result<Checkpointer::Draft> Checkpointer::begin(const CheckpointRequest &request)
{
    const TaskId id = request.task;
    HUB_TRY(const CheckpointId number, m_stores.tasks.reserveCheckpoint(id));
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const auto newest, m_stores.tasks.newestCheckpoint(id));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    return Draft{task, number, newest, optionsFor(request), project.path};
}

// One commit for the numbers of all.
Result<> Checkpointer::beginAll(std::vector<Entry> &batch)
{
    return m_stores.commits.ask([&]() -> Result<> {
        for (Entry &entry : batch) {
            auto draft = begin(entry.request);
            if (draft)
                entry.draft = *std::move(draft);
            else
                entry.answer = std::move(draft).error();
        }
        return {};
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

// The run first, then the task: position and files have to be of the same moment.
Result<> Checkpointer::holdStill(Entry &entry)
{
    const TaskId id = entry.request.task;
    HUB_CHECK(m_runs->hold(id, RunControl::Stillness::Scan));
    auto task = m_stores.commits.ask([&] { return m_stores.tasks.get(id); });
    if (!task) {
        m_runs->release(id, RunControl::Stillness::Scan);
        return std::move(task).error();
    }
    entry.draft->task = *std::move(task);
    return {};
}

// An error is that of all; else each entry has its own answer.
Result<> Checkpointer::takeBatch(const ProjectName &project, std::vector<Entry> &batch)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    HUB_CHECK(beginAll(batch));
    std::vector<Entry *> taking;
    std::vector<git::SnapshotRequest> requests;
    for (Entry &entry : batch) {
        if (!entry.draft)
            continue;
        const Draft &draft = *entry.draft;
        auto wanted =
            snapshotRequest(draft.task, refOf(draft.id), u"Checkpoint "_s + draft.id.toString(), draft.options);
        if (!wanted) {
            entry.answer = std::move(wanted).error();
            continue;
        }
        taking.push_back(&entry);
        requests.push_back(*std::move(wanted));
    }
    const git::SnapshotWatch watch{
        .before = [&](size_t i) { return taking[i]->request.freeze ? holdStill(*taking[i]) : Result<>(); },
        .after =
            [&](size_t i) {
                if (taking[i]->request.freeze)
                    m_runs->release(taking[i]->request.task, RunControl::Stillness::Scan);
            }};
    HUB_TRY(const auto snapshots, git::takeSnapshots(*vault, requests, watch));
    return storeAll(*vault, taking, snapshots);
}

// After the answers: nobody waits for it.
void Checkpointer::keepRecord(const ProjectName &project, const std::vector<Entry> &batch)
{
    for (const Entry &entry : batch) {
        if (entry.draft)
            return m_records.keep(project, entry.draft->project);
    }
}

// One commit for the rows of all, each a piece of work by itself.
Result<> Checkpointer::storeAll(git::Vault &vault, const std::vector<Entry *> &taken,
                                const std::vector<Result<git::SnapshotInfo>> &snapshots)
{
    std::vector<Entry *> changed;
    for (size_t i = 0; i < taken.size(); ++i) {
        Entry &entry = *taken[i];
        if (!snapshots[i]) {
            entry.answer = snapshots[i].error();
            continue;
        }
        const Checkpoint checkpoint = describe(*entry.draft, entry.request, *snapshots[i]);
        const auto &newest = entry.draft->newest;
        if (entry.request.onlyIfChanged && newest && newest->tree == checkpoint.tree &&
            newest->head == checkpoint.head && newest->messageSeq == checkpoint.messageSeq) {
            if (auto removed = vault.removeRef(refOf(checkpoint.id)); !removed)
                qCWarning(lcRecovery).noquote() << removed.error().message;
            if (m_room)
                m_room->nothingToSave(entry.request.task);
            continue;
        }
        entry.answer = std::optional(checkpoint);
        changed.push_back(&entry);
    }
    using Rows = std::vector<QFuture<Result<>>>;
    HUB_TRY(const Rows rows, takeResult(runOn(&m_stores.commits, [&]() -> Result<Rows> {
                Rows submitted;
                for (const Entry *entry : changed) {
                    submitted.push_back(m_stores.commits.submit([&]() -> Result<> {
                        const Checkpoint checkpoint = **entry->answer;
                        HUB_CHECK(m_stores.tasks.addCheckpoint(checkpoint));
                        if (entry->request.also)
                            HUB_CHECK(entry->request.also(checkpoint));
                        m_stores.commits.afterCommit([this, checkpoint] { Q_EMIT checkpointTaken(checkpoint); });
                        return {};
                    }));
                }
                return submitted;
            })));
    for (size_t i = 0; i < changed.size(); ++i) {
        if (auto stored = takeResult(rows[i]); !stored)
            changed[i]->answer = std::move(stored).error();
    }
    return {};
}

Result<Checkpoint> Checkpointer::takeNow(const CheckpointRequest &request, std::optional<git::ObjectId> before)
{
    HUB_TRY(const Draft draft, m_stores.commits.ask([&] { return begin(request); }));
    HUB_TRY(git::Vault * vault, m_vaults.of(draft.task.spec.project));
    HUB_TRY(auto wanted,
            snapshotRequest(draft.task, refOf(draft.id), u"Checkpoint "_s + draft.id.toString(), draft.options));
    wanted.before = before;
    HUB_TRY(const git::SnapshotInfo snapshot, git::takeSnapshot(*vault, wanted));
    HUB_TRY(const Checkpoint taken, store(draft, request, snapshot));
    m_records.keep(draft.task.spec.project, draft.project);
    return taken;
}

} // namespace hub::recovery
