// What checkpoints and rollbacks need of the agent that works in a task's tree.
#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

namespace hub::recovery
{

class RunControl
{
public:
    virtual ~RunControl() = default;

    enum class Stillness {
        Scan,     // for a moment; ends by itself when the hub dies
        Rollback, // lasts, also without a hub
    };

    // Worker threads; these block. hold() freezes the task's living run, if there is one, and stores everything it said
    // before. Process error when it can't be frozen: the files may be changing.
    virtual Result<> hold(TaskId task, Stillness why) = 0;
    virtual void release(TaskId task, Stillness why) = 0;
    // Ends the task's run, if it has one, and returns once nothing of it is left.
    virtual Result<> endRun(TaskId task, const QString &reason) = 0;
};

} // namespace hub::recovery
