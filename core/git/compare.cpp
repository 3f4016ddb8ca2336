#include "core/git/compare.h"

#include "core/git/handle.h"
#include "core/git/treestate.h"

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;

namespace hub::git
{

Result<SnapshotDiff> compareSnapshots(const Vault &vault, const ObjectId &before, const ObjectId &after)
{
    const ObjectStore &store = vault.objects();
    HUB_TRY(SnapshotParts from, readSnapshotCommit(store, before));
    HUB_TRY(SnapshotParts to, readSnapshotCommit(store, after));
    HUB_TRY(const Manifest old, readManifest(store, from));
    HUB_TRY(const Manifest now, readManifest(store, to));
    SnapshotDiff diff;
    diff.indexDiffers = from.index != to.index || from.conflicts != to.conflicts;
    diff.headDiffers = old.head != now.head;
    // What is held by policy is never shown.
    from.ignored = to.ignored = {};
    std::set<QByteArray> seen;
    const auto side = [](const Manifest &manifest, const QByteArray &path, const std::optional<Held> &held) {
        if (!held)
            return std::optional<SnapshotSide>();
        return std::optional(
            SnapshotSide{held->id, held->mode, held->mode == modeLink ? 0 : manifest.modeOf(path, held->mode)});
    };
    HUB_CHECK(compareHeld(store, from, to, [&](const QByteArray &path, const auto &a, const auto &b) {
        seen.insert(path);
        diff.paths.push_back({path, side(old, path, a), side(now, path, b)});
    }));
    // Modes beyond the executable bit differ without the trees differing.
    std::set<QByteArray> candidates;
    for (const auto *modes : {&old.modes, &now.modes}) {
        for (const auto &[path, mode] : *modes)
            candidates.insert(path);
    }
    for (const QByteArray &path : candidates) {
        if (seen.contains(path))
            continue;
        HUB_TRY(const auto a, findInTree(store, from.files, path));
        HUB_TRY(const auto b, findInTree(store, to.files, path));
        if (a && b && a->mode != modeFolder && side(old, path, a) != side(now, path, b))
            diff.paths.push_back({path, side(old, path, a), side(now, path, b)});
    }
    std::sort(diff.paths.begin(), diff.paths.end(),
              [](const PathChange &a, const PathChange &b) { return a.path < b.path; });
    for (const auto &[path, unused] : now.emptyFolders) {
        if (!old.emptyFolders.contains(path))
            diff.foldersAdded.push_back(path);
    }
    for (const auto &[path, unused] : old.emptyFolders) {
        if (!now.emptyFolders.contains(path))
            diff.foldersRemoved.push_back(path);
    }
    return diff;
}

Result<bool> holdsPath(const Vault &vault, const ObjectId &snapshot, const QByteArray &path)
{
    const ObjectStore &store = vault.objects();
    HUB_TRY(const SnapshotParts parts, readSnapshotCommit(store, snapshot));
    HUB_TRY(const Manifest manifest, readManifest(store, parts));
    if (manifest.emptyFolders.contains(path))
        return true;
    HUB_TRY(const auto held, heldPaths(store, parts));
    const auto found = held.lower_bound(path); // the path itself, or what sorts behind it
    const auto below = held.lower_bound(path + '/');
    return (found != held.end() && found->first == path) ||
           (below != held.end() && below->first.startsWith(path + '/'));
}

Result<FileDiff> diffFile(const Vault &vault, const PathChange &change, qint64 limit)
{
    constexpr qint64 largest = 8 << 20;
    FileDiff diff;
    QByteArray sides[2];
    const std::optional<SnapshotSide> *wanted[2] = {&change.before, &change.after};
    for (int i = 0; i < 2; ++i) {
        if (!*wanted[i])
            continue;
        HUB_TRY(const auto header, vault.objects().header((*wanted[i])->blob));
        if (header.second > largest) {
            diff.truncated = true;
            return diff;
        }
        HUB_TRY(const RawObject object, vault.objects().read((*wanted[i])->blob));
        sides[i] = object.bytes;
        diff.binary = diff.binary || object.bytes.left(8000).contains('\0');
    }
    if (diff.binary)
        return diff;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    HUB_TRY(const PatchHandle patch,
            gitMake<PatchHandle>(u"compare files", git_patch_from_buffers,
                                 static_cast<const void *>(sides[0].constData()), size_t(sides[0].size()),
                                 change.before ? change.path.constData() : nullptr,
                                 static_cast<const void *>(sides[1].constData()), size_t(sides[1].size()),
                                 change.after ? change.path.constData() : nullptr, &options));
    GitBuffer text;
    if (const int code = git_patch_to_buf(&text.raw, patch.get()); code < 0)
        return gitError(code, u"compare files");
    diff.text = text.bytes();
    if (diff.text.size() > limit) {
        diff.text.truncate(diff.text.lastIndexOf('\n', limit) + 1);
        diff.truncated = true;
    }
    return diff;
}

} // namespace hub::git
