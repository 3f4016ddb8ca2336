// What people changed by hand in a task's tree: the changes between two moments at which its files were saved, when
// none of its agents was alive in between. What changed while one was alive is nobody's for certain, and not guessed.
#pragma once

#include "core/git/compare.h"
#include "core/state/stores.h"

#include <map>

namespace hub::recovery
{

// What is known of the time since the rollback's target.
struct TreeHistory {
    QList<Checkpoint> checkpoints; // as the files were at that moment; oldest first
    QList<Run> runs;
    QList<state::Operation> operations;
};
// Inside CommitGroup work. `since` is a checkpoint's number.
Result<TreeHistory> historyOf(const state::Stores &stores, TaskId task, qint64 since);

// Deletions are not among them: what was deleted comes back.
struct HandEdits {
    std::map<QByteArray, CheckpointId> paths; // still as a person left them; after which checkpoint they were changed
    std::map<QByteArray, CheckpointId> mixed; // changed by a person and again later; which checkpoint has the person's
};
// Compares up to `now`, the files as they are. Blocks; the project's git worker only.
Result<HandEdits> findHandEdits(const git::Vault &vault, const TreeHistory &history, const git::ObjectId &now,
                                Instant at);

// A path as text for the journal, and back.
QString journalText(const QByteArray &path);
QByteArray pathFromJournal(const QString &text);

} // namespace hub::recovery
