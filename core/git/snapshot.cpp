#include "core/git/snapshot.h"

#include "core/git/treestate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <malloc.h>
#include <sys/stat.h>
#include <thread>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr qint64 largeTree = 5000; // files; from here on giving memory back is worth a walk through the heap

struct Taken {
    TreeState state;
    SnapshotInfo info;
};

Result<ObjectId> putCommit(const Vault &vault, ObjectSink &sink, const SnapshotRequest &request, const TreeState &state)
{
    // The same tree at the same HEAD is the same snapshot.
    if (!state.previousCommit.isNull()) {
        HUB_TRY(const CommitObject previous, readCommit(vault.objects(), state.previousCommit));
        const QList<ObjectId> parents =
            state.manifest.head.commit ? QList{*state.manifest.head.commit} : QList<ObjectId>();
        if (previous.tree == state.root && previous.parents == parents)
            return state.previousCommit;
    }
    return writeSnapshotCommit(sink, state.root, state.manifest.head, request.message, request.time);
}

Result<Taken> take(const Vault &vault, PackWriter &writer, const SnapshotRequest &request)
{
    const auto began = std::chrono::steady_clock::now();
    CaptureRequest capture{request.place, request.cachePath, {}, request.before, request.branches, true, true};
    capture.leaveFree = request.options.leaveFree;
    capture.onTight = request.options.onTight;
    capture.scan.sizeLimit = request.options.sizeLimit;
    capture.scan.policyLimit = request.options.policyLimit;
    capture.scan.policyPatterns = request.options.policyPatterns;
    Taken taken;
    HUB_TRY(taken.state, captureTree(vault, writer, capture));
    TreeState &state = taken.state;
    SnapshotInfo &info = taken.info;
    HUB_TRY(info.commit, putCommit(vault, writer, request, state));
    info.files = state.files;
    info.head = state.manifest.head;
    info.fileCount = state.fileCount;
    info.filesRead = state.changed;
    for (const auto &[path, unused] : state.manifest.inMotion)
        info.inMotion << path;
    for (const auto &[path, reason] : state.manifest.notHeld) {
        if (reason == NotHeldReason::TooBig)
            info.leftOut << path;
        else
            info.notHeld.emplaceBack(path, notHeldText(reason));
    }
    // A cache that says it all stays, and goes on naming the snapshot it was made with.
    if (!request.cachePath.isEmpty() && !state.cacheFresh) {
        state.facts.commit = info.commit;
        HUB_CHECK(state.cache.write(request.cachePath, state.facts));
        state.cache = {};
    }
    info.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return taken;
}

bool isSmall(const SnapshotRequest &request)
{
    constexpr qint64 smallCache = 1 << 20; // about 10,000 files
    struct stat info;
    return !request.cachePath.isEmpty() && ::stat(request.cachePath.constData(), &info) == 0 &&
           info.st_size < smallCache;
}

} // namespace

Result<std::vector<Result<SnapshotInfo>>> takeSnapshots(Vault &vault, std::span<const SnapshotRequest> requests,
                                                        const SnapshotWatch &watch)
{
    const auto began = std::chrono::steady_clock::now();
    PackWriter writer(vault.objects());
    std::vector<Result<SnapshotInfo>> results;
    std::vector<std::pair<QByteArray, ObjectId>> refs;
    std::vector<QByteArray> caches; // written beside the old ones; they may name only what is durable
    const auto discard = [&] {
        for (const QByteArray &path : caches)
            StatCacheWriter::discard(path);
    };
    // Small trees two at a time; of the large ones never two, so that only one large cache is in memory.
    std::vector<std::optional<Result<Taken>>> all(requests.size());
    std::vector<size_t> small, others;
    for (size_t i = 0; i < requests.size(); ++i)
        (isSmall(requests[i]) ? small : others).push_back(i);
    const auto takeOne = [&](size_t i) {
        if (watch.before) {
            if (auto ready = watch.before(i); !ready) {
                all[i] = std::move(ready).error();
                return;
            }
        }
        all[i] = take(vault, writer, requests[i]);
        if (watch.after)
            watch.after(i);
    };
    std::atomic<size_t> next{0};
    const auto work = [&] {
        for (size_t i; (i = next++) < small.size();)
            takeOne(small[i]);
    };
    std::thread second;
    if (small.size() > 3)
        second = std::thread(work);
    work();
    if (second.joinable())
        second.join();
    for (const size_t i : others)
        takeOne(i);

    bool large = false;
    for (size_t i = 0; i < requests.size(); ++i) {
        const SnapshotRequest &request = requests[i];
        Result<Taken> &taken = *all[i];
        if (!taken) {
            if (!request.cachePath.isEmpty())
                StatCacheWriter::discard(request.cachePath);
            results.push_back(std::move(taken).error());
            continue;
        }
        large = large || taken->info.fileCount > largeTree;
        refs.emplace_back(request.ref, taken->info.commit);
        for (const ObjectId &commit : taken->state.heldCommits) {
            const QByteArray name = "refs/held/" + commit.hex();
            HUB_TRY(const auto known, vault.ref(name));
            if (!known && std::find(refs.begin(), refs.end(), std::pair(name, commit)) == refs.end())
                refs.emplace_back(name, commit);
        }
        if (!request.cachePath.isEmpty() && !taken->state.cacheFresh)
            caches.push_back(request.cachePath);
        results.push_back(std::move(taken->info));
        all[i].reset();
    }
    const qint64 objects = writer.objects(), bytes = writer.bytes();
    if (auto stored = writer.finish(); !stored) {
        discard();
        return std::move(stored).error().within(u"store snapshot");
    }
    if (auto named = vault.writeRefs(refs); !named) {
        discard();
        return std::move(named).error().within(u"store snapshot");
    }
    for (const QByteArray &path : caches) {
        if (auto renamed = StatCacheWriter::rename(path); !renamed)
            StatCacheWriter::discard(path); // the next snapshot reads more, that is all
    }
    for (auto &result : results) {
        if (result) {
            result->newObjects = objects;
            result->newBytes = bytes;
            if (requests.size() == 1)
                result->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        }
    }
    if (large)
        ::malloc_trim(0);
    return results;
}

Result<SnapshotInfo> takeSnapshot(Vault &vault, const SnapshotRequest &request)
{
    HUB_TRY(auto results, takeSnapshots(vault, std::span(&request, 1)));
    return std::move(results.front());
}

} // namespace hub::git
