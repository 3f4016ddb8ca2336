// Where a purge does not reach: what it says of that. Blocks; the project's worker.
#pragma once

#include "core/git/vaultpurge.h"
#include "core/state/workstore.h"

namespace hub::recovery
{

using NotReached = QList<std::pair<QString, QString>>; // where, and what to do

// The repository itself: its history, its working trees, its configuration, its remotes. `trees` are all folders with
// its files.
NotReached notReachedInRepository(const git::PurgeTarget &target, const git::RepositoryPlace &place,
                                  const QStringList &trees, const QList<QByteArray> &refs,
                                  const std::atomic<bool> &stop);
// What no hub can see.
NotReached notReachedAnywhere(const git::PurgeTarget &target);

// "main, v1 and 3 more"
QString someOf(const QStringList &names);

} // namespace hub::recovery
