// A vault of a thousand packs: merged, and looked through for what can go, beside `git repack`.
#include "core/git/vaultcare.h"
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/git/treeobject.h"

#include <sys/resource.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr int objectsPerPack = 100; // a commit, its tree, the rest blobs

// As so many checkpoints leave it: in each some files have a few lines more than before.
Result<> fillVault(git::Vault &vault, int packs)
{
    std::mt19937 random(1);
    std::vector<QByteArray> files;
    for (int i = 0; i < objectsPerPack - 2; ++i)
        files.push_back(sourceText(random, 4000));
    std::vector<std::pair<QByteArray, git::ObjectId>> refs;
    for (int n = 1; n <= packs; ++n) {
        git::PackWriter writer(vault.objects());
        std::vector<git::TreeEntry> entries;
        for (size_t i = 0; i < files.size(); ++i) {
            files[i] += "// checkpoint " + QByteArray::number(n) + '\n';
            HUB_TRY(const auto id, writer.put(git::ObjectType::Blob, files[i]));
            entries.push_back({"f" + QByteArray::number(qint64(i)), git::modeFile, id});
        }
        HUB_TRY(const auto tree, writer.put(git::ObjectType::Tree, git::treeBytes(entries)));
        const QByteArray who = " A <a@localhost> " + QByteArray::number(1750000000 + n) + " +0000\n";
        HUB_TRY(const auto commit, writer.put(git::ObjectType::Commit, "tree " + tree.hex() + "\nauthor" + who +
                                                                           "committer" + who + "\nbench\n"));
        HUB_CHECK(writer.finish());
        refs.emplace_back("refs/checkpoints/1/" + QByteArray::number(n), commit);
    }
    return vault.writeRefs(refs);
}

// Of the largest program that was run and waited for.
double childrenPeak()
{
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return double(usage.ru_maxrss) / 1024;
}

} // namespace

Result<> measureVaultCare(const Scale &scale, Report &report)
{
    const int packs = scale.sizeOr(1000, 100);
    HUB_TRY(const auto scratch, Scratch::create());
    HUB_CHECK(scratch->shell(u"cd repo && echo a > a && git add a && git commit -qm a"_s));
    HUB_TRY(const auto place, git::locate(scratch->path("repo")));
    const QByteArray path = scratch->path("hub/vault.git");
    HUB_TRY(const auto vault, git::Vault::create(path, place, {}));
    HUB_CHECK(fillVault(*vault, packs));
    HUB_CHECK(vault->objects().reopen());
    HUB_CHECK(scratch->shell(u"cp -a hub/vault.git copy.git"_s));

    const std::atomic<bool> never{false};
    const Instant now = SystemClock().now();
    std::vector<double> plan, install;
    resetPeak();
    HUB_TRY(const qint64 before, memoryOf(::getpid(), "VmHWM"));
    const auto began = Watch::now();
    HUB_TRY(auto work, git::planMerge(*vault, {}, now));
    if (!work)
        return fail(ErrorCode::Internal, u"There was nothing to merge."_s);
    plan.push_back(millisecondsSince(began));
    HUB_CHECK(git::buildPack(*work, never));
    const auto built = Watch::now();
    HUB_TRY(const auto merged, git::installPack(*vault, *work));
    install.push_back(millisecondsSince(built));
    const double whole = millisecondsSince(began);
    const double program = childrenPeak();
    const auto sweepBegan = Watch::now();
    HUB_TRY(auto sweep, git::planSweep(*vault, {}, now + std::chrono::hours{48}, {}));
    HUB_CHECK(git::buildPack(sweep, never));
    const double swept = millisecondsSince(sweepBegan);
    HUB_TRY(const qint64 peak, memoryOf(::getpid(), "VmHWM"));
    const double ours = std::max(program, childrenPeak());
    const auto repackBegan = Watch::now();
    HUB_CHECK(scratch->shell(u"git -C copy.git repack -a -d -q"_s));
    const double repack = millisecondsSince(repackBegan);

    const QString what = u"%1 packs, %2 objects: "_s.arg(packs).arg(packs * objectsPerPack);
    report.add({.what = what + u"merge"_s, .values = {whole}, .peer = u"git repack -a -d"_s, .peerValues = {repack}});
    report.add({.what = what + u"a checkpoint waits for the plan"_s, .values = plan});
    report.add({.what = what + u"a checkpoint waits for the swap"_s, .values = install});
    report.add({.what = what + u"look for what can go"_s, .values = {swept}});
    report.add({.what = what + u"memory of the hub above idle"_s,
                .unit = Unit::Megabytes,
                .values = {double(peak - before) / 1024}});
    report.add({.what = what + u"peak of the program that packs"_s,
                .unit = Unit::Megabytes,
                .values = {ours},
                .peer = u"git repack -a -d, at least"_s,
                .peerValues = {childrenPeak()},
                .target = Target{.limit = 60}});
    report.add({.what = what + u"bytes of the packs before and after"_s,
                .unit = Unit::Megabytes,
                .values = {double(merged.bytesAfter) / 1e6},
                .peer = u"before"_s,
                .peerValues = {double(merged.bytesBefore) / 1e6}});
    return {};
}

} // namespace hub::bench
