// The working trees of a repaired repository: index, unfinished merges, and what other programs keep in a git folder.
#include "core/git/repairbuild.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"
#include "core/git/indextree.h"
#include "core/git/statefiles.h"

#include <QCryptographicHash>
#include <QSet>

#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace hub::git
{

namespace
{

bool isWholeIndex(const QByteArray &bytes)
{
    if (bytes.size() < 32)
        return false;
    const QByteArray sum = bytes.last(20);
    return sum == QByteArray(20, '\0') || sum == QCryptographicHash::hash(bytes.chopped(20), QCryptographicHash::Sha1);
}

// The same files under a second name, so that the old folder stays whole; what is there already stays.
void linkTree(const QByteArray &from, const QByteArray &to)
{
    struct stat info;
    if (::lstat(from.constData(), &info) != 0)
        return;
    if (!S_ISDIR(info.st_mode)) {
        if ((S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) && !from.endsWith(".lock"))
            std::ignore = ::link(from.constData(), to.constData());
        return;
    }
    std::ignore = makeFolders(to);
    for (const QByteArray &name : namesBelow(from))
        linkTree(from + '/' + name, to + '/' + name);
}

} // namespace

// The index as it is in the old folder, else of the newest snapshot, else of the record, else of HEAD.
Result<> RepairBuild::writeTree(const QByteArray &name)
{
    HUB_TRY(const bool old, m_foreign ? Result(false) : writeOldIndex(name));
    if (old)
        return {};
    const RepositoryPlace place = placeOf(name);
    const auto recorded = m_record.trees.find(name);
    if (const auto newest = m_request.snapshots.find(place.workTree); newest != m_request.snapshots.end()) {
        HUB_TRY(const SnapshotParts parts, readSnapshotCommit(m_vault.objects(), newest->second));
        HUB_TRY(const Manifest manifest, readManifest(m_vault.objects(), parts));
        const auto head = m_new.resolve(name.isEmpty() ? QByteArray("HEAD") : "worktrees/" + name + "/HEAD");
        if (manifest.head.commit == head || recorded == m_record.trees.end()) {
            HUB_CHECK(writeRecordedIndex(name, {parts.index, parts.conflicts, parts.manifest, parts.state}));
            return {};
        }
    }
    if (recorded != m_record.trees.end()) {
        HUB_CHECK(writeRecordedIndex(name, recorded->second));
        return {};
    }
    if (name.isEmpty() || !m_new.resolve("worktrees/" + name + "/HEAD"))
        return {}; // a repository without a working tree of its own, or a branch without a commit
    HUB_CHECK(runGit({.arguments = {"--git-dir", entryOf(name), "read-tree", "HEAD"}, .writes = true}));
    return {};
}

Result<bool> RepairBuild::writeOldIndex(const QByteArray &name)
{
    const auto bytes = readFile(oldEntryOf(name) + "/index");
    if (!bytes || !isWholeIndex(*bytes))
        return false;
    const auto index = readIndex(oldEntryOf(name), placeOf(name).workTree);
    if (!index)
        return false;
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    PackWriter writer(*store);
    for (const IndexEntry &entry : index->entries) {
        if (entry.mode == modeCommit || entry.intentToAdd)
            continue;
        if (!importObject(m_vault.objects(), writer, entry.id))
            return false;
    }
    HUB_CHECK(writer.finish());
    HUB_CHECK(writeFileDurably(entryOf(name) + "/index", indexBytes(index->entries), 0644));
    return true;
}

Result<bool> RepairBuild::writeRecordedIndex(const QByteArray &name, const RecordedTree &recorded)
{
    const ObjectStore &source = m_vault.objects();
    SnapshotParts parts;
    parts.index = recorded.index;
    parts.conflicts = recorded.conflicts;
    parts.manifest = recorded.manifest;
    HUB_TRY(const Manifest manifest, readManifest(source, parts));
    HUB_TRY(const auto entries, snapshotIndex(source, parts, manifest));
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    PackWriter writer(*store);
    for (const IndexEntry &entry : entries) {
        if (entry.mode != modeCommit && !entry.intentToAdd)
            HUB_CHECK(importObject(source, writer, entry.id));
    }
    HUB_CHECK(writer.finish());
    HUB_CHECK(writeFileDurably(entryOf(name) + "/index", indexBytes(entries), 0644));
    HUB_CHECK(writeState(name, recorded.state));
    return true;
}

Result<> RepairBuild::writeState(const QByteArray &name, const ObjectId &state)
{
    // Where the old folder is there, so is what it has of a merge or rebase.
    if (state.isNull() || m_old.refs.contains(name.isEmpty() ? QByteArray("HEAD") : "worktrees/" + name + "/HEAD"))
        return {};
    HUB_CHECK(restoreOperationState(placeOf(name), m_vault.objects(), state));
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    MemorySink memory(*store);
    QList<ObjectId> commits;
    HUB_TRY(const ObjectId same, storeOperationState(placeOf(name), memory, commits));
    std::ignore = same;
    commits.removeIf([&](const ObjectId &id) { return store->has(id) || !m_vault.objects().has(id); });
    PackWriter writer(*store);
    HUB_CHECK(importCommits(m_vault.objects(), writer, commits));
    return writer.finish();
}

// What else lies there: an unfinished merge, repositories of submodules, files of git-lfs and of other programs.
void RepairBuild::carryOver(const QByteArray &name)
{
    static const QSet<QByteArray> ours{"HEAD",   "config",    "config.worktree", "description", "hooks",     "index",
                                       "info",   "logs",      "objects",         "packed-refs", "refs",      "shallow",
                                       "gc.pid", "worktrees", "agenthub",        "gitdir",      "commondir", "locked"};
    const QByteArray from = oldEntryOf(name), to = entryOf(name);
    for (const QByteArray &each : namesBelow(from)) {
        if (!ours.contains(each) && !each.startsWith("sharedindex."))
            linkTree(from + '/' + each, to + '/' + each);
    }
    for (const char *refs : {"/refs/bisect", "/refs/worktree", "/refs/rewritten"})
        linkTree(from + refs, to + refs);
    for (const QByteArray &own : namesBelow(from + "/agenthub")) {
        if (!own.startsWith("broken-"))
            linkTree(from + "/agenthub/" + own, to + "/agenthub/" + own);
    }
}

} // namespace hub::git
