// Every object of a vault, whether a ref reaches it or not, and which of them hold a text. Private to core/git. Blocks;
// the project's git worker.
#pragma once

#include "core/base/secrettext.h"
#include "core/git/vault.h"

#include <atomic>
#include <unordered_set>

namespace hub::git
{

using IdSet = std::unordered_set<ObjectId, ObjectIdHash>;

struct ObjectScan {
    std::vector<ObjectId> commits, trees, tags;
    IdSet blobs;  // that hold the text as it is
    IdSet sealed; // blobs that hold it compressed: a zlib or gzip stream, or a pack of git
    IdSet others; // commits, trees and tags that hold it themselves
};

// Without a text nothing is read but names and types. Bounded in memory; ShuttingDown once `stop`.
Result<ObjectScan> scanObjects(const QByteArray &repository, const std::optional<SecretText> &text,
                               const std::atomic<bool> &stop);

} // namespace hub::git
