// Git's own walk through a vault and its way to build packs, bounded in memory. Private to core/git. Blocks; any
// thread.
#pragma once

#include "core/git/gitprogram.h"
#include "core/git/objectid.h"

#include <set>

namespace hub::git
{

// A call that builds a pack or looks what is reached. With `stop` nobody waits for it: it runs at low priority.
GitCall careCall(const QByteArray &vault, const QList<QByteArray> &arguments, const std::atomic<bool> *stop);

// The standard input that names these and not those.
QByteArray revisions(const std::set<ObjectId> &with, const QList<ObjectId> &without);

// Calls with each object that these reach and the others don't.
Result<> walk(const QByteArray &vault, const std::set<ObjectId> &with, const QList<ObjectId> &without,
              const std::atomic<bool> *stop, const std::function<void(const ObjectId &)> &reached);

} // namespace hub::git
