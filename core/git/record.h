// The repository record: what a `.git` folder holds beside objects, as a commit in the vault that reaches every object
// that its refs and reflogs name. `projects repair` makes a `.git` of it. Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/git/gitfolder.h"
#include "core/git/repository.h"
#include "core/git/vault.h"

namespace hub::git
{

// The index and the unfinished merge, rebase or the like of one working tree.
struct RecordedTree {
    ObjectId index, conflicts, manifest, state;
};

struct Record {
    ObjectId commit;
    qint64 number = 0;
    Instant at{};
    RepositoryPlace place; // where the main working tree was
    GitFolder folder;
    std::map<QByteArray, RecordedTree> trees; // by name of a linked one; empty for the main one
};

// A new record, durable on return; nothing when the newest one says the same. Nothing is recorded of a repository that
// lost its refs since the newest record (Corrupt): that one is then what it is to be repaired by.
Result<std::optional<ObjectId>> takeRecord(Vault &vault, const RepositoryPlace &place, Instant time);

// Nothing before the first one.
Result<std::optional<Record>> newestRecord(const Vault &vault);

// Whether the newest record is one of this repository, which may have been moved or gone on since: one of them has a
// commit where a branch of the other stands.
Result<bool> isRecordedIn(const Vault &vault, const RepositoryPlace &place);

// What a repository lost since its record and no command of git's takes away; one sentence, empty when nothing.
QString lostParts(const Record &record, const GitFolder &now, const QByteArray &commonDir);
// Whether the folder's `.git` still leads to this entry of the repository.
bool linksTo(const QByteArray &folder, const QByteArray &commonDir, const QByteArray &name);

// A text that differs as soon as a ref, a hook or another recorded file was written. Only looks at stat.
QByteArray recordStamp(const RepositoryPlace &place);

} // namespace hub::git
