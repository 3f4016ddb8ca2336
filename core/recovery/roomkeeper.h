// What checkpoints need of whoever looks after the free space of the disks. Workers.
#pragma once

#include "core/base/ids.h"

namespace hub::recovery
{

class RoomKeeper
{
public:
    virtual ~RoomKeeper() = default;
    // A rollback's own checkpoint may use what is kept for a full disk: so much of it is given up, as far as there is.
    virtual void giveWay(qint64 needed) = 0;
    // The task could not be saved, since it needs so many bytes: what its agents do is not protected any more.
    virtual void noRoomToSave(TaskId task, qint64 needed) = 0;
    // Nothing of the task has changed since its newest checkpoint: what it has done is protected again.
    virtual void nothingToSave(TaskId task) = 0;
};

} // namespace hub::recovery
