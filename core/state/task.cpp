#include "core/state/task.h"

namespace hub
{

bool isEnded(TaskState state)
{
    return state == TaskState::Completed || state == TaskState::Failed || state == TaskState::Cancelled;
}

bool mayFollow(TaskState from, TaskState to)
{
    using enum TaskState;
    if (from == to)
        return true;
    switch (from) {
    case Queued: return to == Preparing || to == Paused || to == Interrupted || to == NeedsReview || isEnded(to);
    case Preparing: // paused: while its setup runs
        return to == Queued || to == Running || to == Paused || to == Interrupted || to == Failed || to == Cancelled;
    case Running: return to != Preparing; // queued: its agent ended, and more was said meanwhile
    case Paused:
        // A paused task's agent may still end, and a rollback leaves it interrupted.
        return to == Queued || to == Preparing || to == Running || to == AwaitingApproval || to == NeedsReview ||
               to == Interrupted || isEnded(to);
    case AwaitingApproval:
        return to == Running || to == Paused || to == NeedsReview || to == Interrupted || isEnded(to);
    case NeedsReview:
    case Interrupted:
        return to == Queued || to == Running || to == Paused || to == NeedsReview || to == Interrupted || isEnded(to);
    case Completed:
    case Failed:
    case Cancelled:
        // Only a person's resume, message or rollback brings an ended task back.
        return to == Queued || to == Running || to == Interrupted || to == NeedsReview;
    }
    return false;
}

} // namespace hub
