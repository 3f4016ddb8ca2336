// Brings ignored files of the main checkout along into a new working tree: git itself gives it the tracked ones only.
// Blocks; the project's git worker only.
#pragma once

#include "core/git/repository.h"

namespace hub::git
{

struct BringReport {
    QList<QByteArray> copied, linked;
    std::vector<std::pair<QByteArray, QString>> left; // with the reason
};

// `patterns` are those of .gitignore, each with "link:" before it for a link to the main checkout instead of a copy. A
// folder that is ignored as a whole is brought as a whole. Copies share the disk's blocks where the file system can,
// and keep modes and times; symbolic links stay links. Nothing that is there already is written over, and nothing is
// written through a link out of the tree. May be done again after it was cut off anywhere.
Result<BringReport> bringAlong(const RepositoryPlace &main, const RepositoryPlace &tree,
                               const QList<QByteArray> &patterns);

// The ignored files of a working tree, from its top; a folder that is ignored as a whole is one entry and ends in '/'.
Result<QList<QByteArray>> ignoredFiles(const RepositoryPlace &tree);

} // namespace hub::git
