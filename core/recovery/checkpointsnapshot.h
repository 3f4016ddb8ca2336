// The snapshot in the vault that a checkpoint names.
#pragma once

#include "core/base/result.h"
#include "core/git/objectid.h"
#include "core/state/task.h"

namespace hub::recovery
{

inline Result<git::ObjectId> snapshotOf(const Checkpoint &checkpoint)
{
    const auto id = git::ObjectId::fromHex(checkpoint.commit.toLatin1());
    if (!id)
        return fail(ErrorCode::Corrupt,
                    QStringLiteral("checkpoint %1 names no snapshot").arg(checkpoint.id.toString()));
    return *id;
}

} // namespace hub::recovery
