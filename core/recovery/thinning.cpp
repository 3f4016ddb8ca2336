#include "core/recovery/thinning.h"

#include <set>

namespace hub::recovery
{

namespace
{

// The hour for a day, then the day: the newest of each stays.
qint64 slotOf(const state::CheckpointMark &mark, Instant now)
{
    constexpr qint64 hour = 3600'000, day = 24 * hour;
    const qint64 at = toMillis(mark.at);
    return toMillis(now) - at < day ? at / hour : -1 - at / day;
}

bool canBeUndone(const state::Operation &operation)
{
    return operation.state == u"executing" || (operation.state == u"done" && !operation.undoneBy);
}

} // namespace

QList<qint64> thinned(const Task &task, const QList<state::CheckpointMark> &newestFirst,
                      const QList<state::Operation> &operations, Thinning how, int whole, Instant now)
{
    const bool hard = how == Thinning::Hard && isEnded(task.state);
    std::set<qint64> stays;
    for (const auto &operation : operations) {
        if (canBeUndone(operation)) {
            stays.insert(operation.before);
            stays.insert(operation.target);
        }
    }
    if (task.resumedFrom && !isEnded(task.state))
        stays.insert(*task.resumedFrom);
    std::optional<qint64> lastSlot;
    for (qsizetype i = 0; i < newestFirst.size(); ++i) {
        const auto &mark = newestFirst[i];
        if (i < (hard ? 1 : whole) || (!hard && (mark.type == CheckpointType::Manual || i + 1 == newestFirst.size())))
            stays.insert(mark.number);
        else if (const qint64 slot = slotOf(mark, now); !hard && slot != lastSlot) {
            stays.insert(mark.number);
            lastSlot = slot;
        }
    }
    // Newest first: what one keeps may keep another in turn.
    for (const auto &operation : operations) {
        if (stays.contains(operation.before))
            stays.insert(operation.target);
    }
    QList<qint64> go;
    for (const auto &mark : newestFirst) {
        if (!stays.contains(mark.number))
            go << mark.number;
    }
    return go;
}

} // namespace hub::recovery
