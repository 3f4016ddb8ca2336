// Reads the files that a scan found changed, names their content and stores it. Two threads. Private to core/git.
#pragma once

#include "core/git/treescan.h"

namespace hub::git
{

// Fills in the ids. A file counts as read when its stat before and after agree; after three tries it is held as last
// read and flagged as in motion. What vanished, can't be read or outgrew the limit is marked so. Error only when the
// sink fails.
Result<> readContents(int rootFd, const std::vector<std::pair<ScanFolder *, ScanNode *>> &wanted, qint64 sizeLimit,
                      ObjectSink &sink);

} // namespace hub::git
