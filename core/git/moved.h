// A repository that was moved with its folder: what names its old place is put right. Blocks; the project's git worker
// only. Safe to repeat after a crash at any point.
#pragma once

#include "core/git/repository.h"

namespace hub::git
{

// Linked working trees lead here again, also those that moved along inside the folder; the guard's path is that of
// here; links in `trees` (folders of the hub's) that led into the old folder lead into the new one.
Result<> followMove(const RepositoryPlace &main, const QByteArray &from, const QList<QByteArray> &trees);

} // namespace hub::git
