// Moves of refs as the log of git operations has them, from what git's side knows. Pure.
#pragma once

#include "core/git/restore.h"
#include "core/state/gitlog.h"

#include <QFile>

namespace hub::recovery
{

inline QString idText(const std::optional<git::ObjectId> &id)
{
    return id ? QString::fromLatin1(id->hex()) : QString();
}

inline state::RefMove refMove(const QByteArray &ref, const std::optional<git::ObjectId> &before,
                              const std::optional<git::ObjectId> &after)
{
    return {QFile::decodeName(ref), idText(before), idText(after)};
}

// What a restore that was carried out has moved. `branchBefore`: where the branch that HEAD is on now stood.
QList<state::RefMove> movesOf(const git::RestorePlan &plan, const git::RestoreReport &report,
                              const std::optional<git::ObjectId> &branchBefore);

} // namespace hub::recovery
