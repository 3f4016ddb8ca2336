// Which checkpoints of a task go when it has many. Pure values, any thread.
#pragma once

#include "core/state/taskstore.h"
#include "core/state/workstore.h"

namespace hub::recovery
{

enum class Thinning {
    Usual, // the newest ones whole, then one an hour for a day, then one a day
    Hard,  // of an ended task: the newest alone, beside what has to stay
};

// The numbers that go. Never among them: the newest `whole`, the first (what was there before the agent), manual ones,
// the one that an open task went on from, and both ends of each operation that executes or can still be undone; a
// checkpoint that stays keeps the one that its rollback went to, since its snapshot names that. Hard spares manual ones
// and the first only while the task is open.
QList<qint64> thinned(const Task &task, const QList<state::CheckpointMark> &newestFirst,
                      const QList<state::Operation> &operations, Thinning how, int whole, Instant now);

} // namespace hub::recovery
