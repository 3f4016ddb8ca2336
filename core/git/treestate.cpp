#include "core/git/treestate.h"

#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/git/contentpass.h"
#include "core/git/indextree.h"
#include "core/git/statefiles.h"
#include "core/git/treebuild.h"

#include <algorithm>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray zeroSum(20, '\0');

// A cache of another tree, vault or set of limits, or of a snapshot that is no longer there, is none.
StatCache usableCache(const Vault &vault, const CaptureRequest &request, const struct stat &root)
{
    if (!request.useCache || request.cachePath.isEmpty())
        return {};
    StatCache cache = StatCache::load(request.cachePath);
    const CacheFacts &facts = cache.facts();
    if (cache.isEmpty() || std::memcmp(facts.vault.data(), vault.id().constData(), facts.vault.size()) != 0 ||
        facts.treeDevice != root.st_dev || facts.treeInode != root.st_ino || facts.optionsKey != request.scan.key() ||
        facts.commit.isNull() || !vault.objects().has(facts.commit))
        return {};
    return cache;
}

QByteArray ruleText(const TreeRules &rules) { return rules.userExcludes + '\n' + rules.exclude; }

// As if nothing could be compressed: packing tells only afterwards.
Result<> checkSpace(const Vault &vault, const std::vector<std::pair<ScanFolder *, ScanNode *>> &wanted,
                    const CaptureRequest &request)
{
    qint64 needed = 0;
    for (const auto &[folder, node] : wanted)
        needed += qint64(node->stamp.size) <= request.scan.sizeLimit ? qint64(node->stamp.size) : 0;
    const auto fits = [&](const DiskRoom &room) {
        return room.free - needed >= std::max(*request.leaveFree, leastFree(room.size));
    };
    HUB_TRY(DiskRoom room, roomOf(vault.path()));
    if (!fits(room) && request.onTight) {
        request.onTight(needed);
        HUB_TRY(room, roomOf(vault.path()));
    }
    if (fits(room))
        return {};
    const QString found =
        u"Not saved: %1, this checkpoint needs up to %2 MB"_s.arg(freeText(room)).arg((needed >> 20) + 1);
    if (*request.leaveFree > 0)
        return fail(
            ErrorCode::DiskFull,
            u"%1, and %2 MB are kept for checkpoints that are asked for. The files themselves are as they were."_s
                .arg(found)
                .arg(*request.leaveFree >> 20),
            u"Make room there, or lower vault/reserve_mb."_s);
    return fail(ErrorCode::DiskFull, found + u". The files themselves are as they were."_s,
                u"Make room there; agenthubctl doctor says what can go."_s);
}

} // namespace

Result<TreeState> captureTree(const Vault &vault, ObjectSink &sink, const CaptureRequest &request)
{
    const RepositoryPlace &place = request.place;
    TreeState state;
    struct stat root;
    if (::stat(place.workTree.constData(), &root) != 0)
        return systemError(errno, u"read", place.workTree);
    StatCache cache = usableCache(vault, request, root);
    state.previousCommit = cache.facts().commit;
    const ObjectStore &stored = vault.objects();
    SnapshotParts previous;
    if (!state.previousCommit.isNull()) {
        auto parts = readSnapshotCommit(stored, state.previousCommit);
        if (parts)
            previous = *parts;
        else
            cache = StatCache();
    }

    // HEAD and the index are read before the files and again after them: a commit in between shows as a difference.
    HUB_TRY(const TreeRules rules, readTreeRules(place));
    ScanOptions options = request.scan;
    std::optional<LazyPaths> alsoHold;
    if (request.alsoHold)
        options.alsoHold = &alsoHold.emplace(stored, *request.alsoHold);
    UserObjects userObjects(place);
    IndexState index;
    HeadState head;
    for (int attempt = 0;; ++attempt) {
        HUB_TRY(head, readHead(place));
        HUB_TRY(const QByteArray sum, readIndexChecksum(place.gitDir));
        const bool same = !cache.isEmpty() && sum != zeroSum && !sum.isEmpty() &&
                          std::memcmp(sum.constData(), cache.facts().indexChecksum.data(), 20) == 0;
        HUB_TRY(index, same ? previousIndex(stored, previous, sum) : currentIndex(place));
        HUB_TRY(const QByteArray sumAfter, readIndexChecksum(place.gitDir));
        HUB_TRY(const HeadState headAfter, readHead(place));
        if ((headAfter == head && sumAfter == sum) || attempt == 4)
            break;
    }
    if (request.importHistory && head.commit && !sink.has(*head.commit)) {
        HUB_TRY(const ObjectStore *user, userObjects.get());
        HUB_CHECK(importCommits(*user, sink, {*head.commit}));
    }

    LazyIndex lazyIndex(place, index);
    TreeScan scan(place, rules, lazyIndex, cache, sink, options, !index.reused);
    HUB_CHECK(scan.run());
    if (alsoHold)
        HUB_CHECK(alsoHold->outcome());
    const auto wanted = scan.toRead();
    if (request.leaveFree)
        HUB_CHECK(checkSpace(vault, wanted, request));
    HUB_CHECK(readContents(scan.rootFd(), wanted, options.sizeLimit, sink));

    Manifest &manifest = state.manifest;
    manifest.head = head;
    manifest.alsoHeld = request.alsoHold;
    manifest.ignoreRules = ruleText(rules);
    manifest.ignoreCase = rules.ignoreCase;
    TreeBuild build(scan.root(), cache, sink, manifest);
    HUB_TRY(const BuiltTrees built, build.run());
    state.files = built.files;
    state.fileCount = built.fileCount;
    state.changed = qint64(wanted.size());
    state.leftovers = scan.leftovers();

    ObjectId headTree;
    if (head.commit && !index.reused && request.importHistory && stored.has(*head.commit)) {
        HUB_TRY(const CommitObject commit, readCommit(stored, *head.commit));
        headTree = commit.tree;
    }
    HUB_CHECK(storeIndex(stored, userObjects, sink, request.importHistory,
                         previous.index.isNull() ? headTree : previous.index, index, manifest));
    HUB_TRY(const ObjectId stateTree, storeOperationState(place, sink, state.heldCommits));
    for (const QByteArray &branch : request.branches) {
        HUB_TRY(const auto commit, readRef(place, branch));
        manifest.branches[branch] = commit;
        if (commit && commit != head.commit && !state.heldCommits.contains(*commit))
            state.heldCommits << *commit;
    }
    if (head.commit)
        state.heldCommits.removeAll(*head.commit); // the snapshot's parent
    if (request.importHistory && std::any_of(state.heldCommits.begin(), state.heldCommits.end(),
                                             [&](const ObjectId &id) { return !sink.has(id); })) {
        HUB_TRY(const ObjectStore *user, userObjects.get());
        state.heldCommits.removeIf([&](const ObjectId &id) { return !sink.has(id) && !user->has(id); });
        HUB_CHECK(importCommits(*user, sink, state.heldCommits));
    }

    state.parts = {.files = built.files,
                   .ignored = built.ignored,
                   .index = index.tree,
                   .conflicts = index.conflicts,
                   .state = stateTree,
                   .nested = built.nested};
    HUB_CHECK(writeSnapshotTree(sink, manifest, state.parts));
    state.root = state.parts.root;

    CacheFacts &facts = state.facts;
    facts.scannedAtNs = scan.startedAtNs();
    std::memcpy(facts.indexChecksum.data(), index.checksum.leftJustified(20, '\0').constData(), 20);
    std::memcpy(facts.vault.data(), vault.id().constData(), facts.vault.size());
    facts.treeDevice = root.st_dev;
    facts.treeInode = root.st_ino;
    facts.optionsKey = request.scan.key();
    facts.readIgnoredAgain = request.alsoHold ? 1 : 0;
    if (!request.cachePath.isEmpty()) {
        const bool sameFacts = !cache.isEmpty() &&
                               std::memcmp(facts.indexChecksum.data(), cache.facts().indexChecksum.data(), 20) == 0 &&
                               facts.readIgnoredAgain == cache.facts().readIgnoredAgain;
        state.cacheFresh = sameFacts && !built.cacheOutdated;
        if (!state.cacheFresh)
            state.cache = build.cacheContent();
    }
    return state;
}

Result<> writeSnapshotTree(ObjectSink &sink, const Manifest &manifest, SnapshotParts &parts)
{
    HUB_TRY(parts.manifest, sink.put(ObjectType::Blob, manifestBytes(manifest)));
    std::vector<TreeEntry> entries{
        {"files", modeFolder, parts.files}, {"index", modeFolder, parts.index}, {"manifest", modeFile, parts.manifest}};
    const std::pair<const char *, ObjectId> optional[] = {
        {"conflicts", parts.conflicts}, {"ignored", parts.ignored}, {"nested", parts.nested}, {"state", parts.state}};
    for (const auto &[name, id] : optional) {
        if (!id.isNull())
            entries.push_back({name, modeFolder, id});
    }
    HUB_TRY(parts.root, sink.put(ObjectType::Tree, treeBytes(entries)));
    return {};
}

Result<ObjectId> writeSnapshotCommit(ObjectSink &sink, const ObjectId &root, const HeadState &head,
                                     const QByteArray &message, Instant time)
{
    const QByteArray who = " AgentHub <agenthub@localhost> " + QByteArray::number(toMillis(time) / 1000) + " +0000\n";
    QByteArray text = "tree " + root.hex() + '\n';
    if (head.commit)
        text += "parent " + head.commit->hex() + '\n';
    text += "author" + who + "committer" + who + '\n' + message + '\n';
    return sink.put(ObjectType::Commit, text);
}

Result<SnapshotParts> readSnapshotTree(const ObjectSource &source, const ObjectId &root)
{
    SnapshotParts parts;
    parts.root = root;
    HUB_TRY(const auto entries, readTree(source, root));
    const std::pair<const char *, ObjectId *> names[] = {{"files", &parts.files},      {"ignored", &parts.ignored},
                                                         {"index", &parts.index},      {"conflicts", &parts.conflicts},
                                                         {"state", &parts.state},      {"nested", &parts.nested},
                                                         {"manifest", &parts.manifest}};
    for (const TreeEntry &entry : entries) {
        for (const auto &[name, id] : names) {
            if (entry.name == name)
                *id = entry.id;
        }
    }
    if (parts.manifest.isNull())
        return fail(ErrorCode::Corrupt, u"%1 is not the tree of a snapshot."_s.arg(QString::fromLatin1(root.hex())));
    return parts;
}

Result<SnapshotParts> readSnapshotCommit(const ObjectSource &source, const ObjectId &commit)
{
    HUB_TRY(const CommitObject object, readCommit(source, commit));
    HUB_TRY(SnapshotParts parts, readSnapshotTree(source, object.tree));
    parts.parents = object.parents;
    return parts;
}

Result<Manifest> readManifest(const ObjectSource &source, const SnapshotParts &parts)
{
    HUB_TRY(const RawObject object, source.read(parts.manifest));
    return parseManifest(object.bytes);
}

Result<std::map<QByteArray, Held>> nestedRoots(const ObjectSource &source, const SnapshotParts &parts)
{
    std::map<QByteArray, Held> roots;
    HUB_TRY(const auto entries, readTree(source, parts.nested));
    for (const TreeEntry &entry : entries)
        roots[decodeName(entry.name)] = {entry.id, entry.mode};
    return roots;
}

Result<std::map<QByteArray, Held>> heldPaths(const ObjectSource &source, const SnapshotParts &parts)
{
    std::map<QByteArray, Held> paths;
    HUB_CHECK(
        compareHeld(source, {}, parts, [&](const QByteArray &path, const auto &, const std::optional<Held> &after) {
            paths[path] = *after;
        }));
    return paths;
}

Result<> compareHeld(const ObjectSource &source, const SnapshotParts &before, const SnapshotParts &after,
                     const TreeDifference &differ)
{
    struct Sides {
        std::optional<Held> before, after;
    };
    std::map<QByteArray, Sides> sides;
    const TreeDifference collect = [&](const QByteArray &path, const std::optional<Held> &old,
                                       const std::optional<Held> &now) {
        Sides &both = sides[path];
        both.before = old ? old : both.before;
        both.after = now ? now : both.after;
    };
    HUB_CHECK(compareTrees(source, before.files, after.files, {}, collect));
    HUB_CHECK(compareTrees(source, before.ignored, after.ignored, {}, collect));
    std::map<QByteArray, Sides> roots;
    HUB_TRY(const auto oldRoots, nestedRoots(source, before));
    for (const auto &[path, held] : oldRoots)
        roots[path].before = held;
    HUB_TRY(const auto newRoots, nestedRoots(source, after));
    for (const auto &[path, held] : newRoots)
        roots[path].after = held;
    for (const auto &[path, both] : roots) {
        const auto tree = [](const std::optional<Held> &held) {
            return held && held->mode == modeFolder ? held->id : ObjectId();
        };
        const auto file = [](const std::optional<Held> &held) {
            return held && held->mode != modeFolder ? held : std::nullopt;
        };
        HUB_CHECK(compareTrees(source, tree(both.before), tree(both.after), path + '/', collect));
        if (file(both.before) || file(both.after))
            collect(path, file(both.before), file(both.after));
    }
    for (const auto &[path, both] : sides) {
        if (both.before != both.after)
            differ(path, both.before, both.after);
    }
    return {};
}

} // namespace hub::git
