#include "core/recovery/handedits.h"

#include "core/recovery/gittarget.h"

#include <QFile>

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

using Sides = std::map<QByteArray, std::optional<git::SnapshotSide>>; // of the paths that differ: what is there later

Result<Sides> changed(const git::Vault &vault, const git::ObjectId &before, const git::ObjectId &after)
{
    HUB_TRY(const auto diff, git::compareSnapshots(vault, before, after));
    Sides sides;
    for (const auto &change : diff.paths)
        sides[change.path] = change.after;
    return sides;
}

bool isBelow(const QByteArray &path, const QByteArray &top) { return path == top || path.startsWith(top + '/'); }

struct Moment {
    Checkpoint checkpoint;
    git::ObjectId snapshot;
};

// The files are the hub's own doing there: what it made them be, and what it left alone.
struct Restored {
    git::ObjectId target;
    std::set<QByteArray> kept;
    QByteArray only;

    bool leaves(const QByteArray &path) const
    {
        const bool keeps =
            std::any_of(kept.begin(), kept.end(), [&](const QByteArray &top) { return isBelow(path, top); });
        return keeps || (!only.isEmpty() && !isBelow(path, only));
    }
};

const Checkpoint *withNumber(const TreeHistory &history, qint64 number)
{
    const auto found = std::find_if(history.checkpoints.begin(), history.checkpoints.end(),
                                    [&](const Checkpoint &checkpoint) { return checkpoint.id.number == number; });
    return found == history.checkpoints.end() ? nullptr : &*found;
}

// The rollback that began at this checkpoint; null when none did.
const state::Operation *operationAt(const TreeHistory &history, const Checkpoint &checkpoint)
{
    for (const auto &operation : history.operations) {
        if (operation.before == checkpoint.id.number && operation.state != u"failed")
            return &operation;
    }
    return nullptr;
}

bool aliveBetween(const TreeHistory &history, Instant from, Instant to, const state::Operation *whole)
{
    return std::any_of(history.runs.begin(), history.runs.end(), [&](const Run &run) {
        // A rollback as a whole holds its run still until it has ended it.
        if (whole && run.startedAt < whole->at)
            return false;
        return run.startedAt < to && (!run.endedAt || *run.endedAt > from);
    });
}

// What a person changed between the two; nothing when that can't be told.
Result<Sides> changedByHand(const git::Vault &vault, const TreeHistory &history, const Moment &from,
                            const git::ObjectId &to, Instant until)
{
    const Checkpoint &before = from.checkpoint;
    const auto *operation = operationAt(history, before);
    const bool whole = operation && operation->journal.value(u"path"_s).toString().isEmpty();
    const bool atWork = before.taskState == TaskState::Running || before.taskState == TaskState::AwaitingApproval;
    if ((atWork && !whole) || aliveBetween(history, before.at, until, whole ? operation : nullptr))
        return Sides();
    HUB_TRY(Sides sides, changed(vault, from.snapshot, to));
    if (!operation)
        return sides;
    const Checkpoint *target = withNumber(history, operation->target);
    const auto snapshot = target ? git::ObjectId::fromHex(target->commit.toLatin1()) : std::nullopt;
    if (!snapshot || !operation->receipt.value(u"exact"_s).toBool())
        return Sides();
    Restored restored{*snapshot, {}, QFile::encodeName(operation->journal.value(u"path"_s).toString())};
    for (const auto &path : operation->journal.value(u"keep"_s).toObject().keys())
        restored.kept.insert(pathFromJournal(path));
    HUB_TRY(Sides fromTarget, changed(vault, restored.target, to));
    std::erase_if(sides, [&](const auto &entry) { return !restored.leaves(entry.first); });
    std::erase_if(fromTarget, [&](const auto &entry) { return restored.leaves(entry.first); });
    sides.merge(fromTarget);
    return sides;
}

} // namespace

QString journalText(const QByteArray &path) { return QString::fromLatin1(path.toPercentEncoding("/ ")); }

QByteArray pathFromJournal(const QString &text) { return QByteArray::fromPercentEncoding(text.toLatin1()); }

Result<TreeHistory> historyOf(const state::Stores &stores, TaskId task, qint64 since)
{
    TreeHistory history;
    HUB_TRY(const auto checkpoints, stores.tasks.checkpoints(task));
    HUB_TRY(history.operations, stores.operations.list(task));
    for (const Checkpoint &checkpoint : checkpoints) {
        const bool needed =
            std::any_of(history.operations.begin(), history.operations.end(), [&](const auto &operation) {
                return operation.before >= since && operation.target == checkpoint.id.number;
            });
        if (checkpoint.id.number >= since || needed)
            history.checkpoints.prepend(checkpoint);
    }
    HUB_TRY(history.runs, stores.runs.ofTask(task));
    return history;
}

Result<HandEdits> findHandEdits(const git::Vault &vault, const TreeHistory &history, const git::ObjectId &now,
                                Instant at)
{
    std::vector<Moment> moments;
    for (const Checkpoint &checkpoint : history.checkpoints) {
        const auto snapshot = git::ObjectId::fromHex(checkpoint.commit.toLatin1());
        if (snapshot && !isMadeFromGit(checkpoint))
            moments.push_back({checkpoint, *snapshot});
    }
    HandEdits edits;
    for (size_t i = 0; i < moments.size(); ++i) {
        const bool last = i + 1 == moments.size();
        const git::ObjectId &to = last ? now : moments[i + 1].snapshot;
        const Instant until = last ? at : moments[i + 1].checkpoint.at;
        const auto *operation = operationAt(history, moments[i].checkpoint);
        if (operation && operation->journal.value(u"path"_s).toString().isEmpty())
            edits.mixed.clear(); // what was changed before it went with it, unless it was kept
        HUB_TRY(const Sides sides, changedByHand(vault, history, moments[i], to, until));
        if (sides.empty())
            continue;
        HUB_TRY(const Sides since, changed(vault, to, now));
        for (const auto &[path, side] : sides) {
            if (!side)
                continue; // who deletes a file makes nothing that could get lost
            const auto &after = moments[i].checkpoint.id;
            if (since.contains(path)) {
                edits.mixed.insert_or_assign(path, last ? after : moments[i + 1].checkpoint.id);
            } else {
                edits.paths.insert_or_assign(path, after);
                edits.mixed.erase(path);
            }
        }
    }
    return edits;
}

} // namespace hub::recovery
