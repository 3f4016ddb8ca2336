// A snapshot of a large tree, durable, beside the same work by git.
#include "app/bench/gittree.h"
#include "app/bench/measures.h"

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

// Both save the same changes; who goes first alternates.
Result<> saveBoth(GitTree &tree, GitSync sync, bool gitFirst, std::vector<double> &ours, std::vector<double> &gits)
{
    for (const bool git : {gitFirst, !gitFirst}) {
        HUB_TRY(const double took, git ? tree.saveByGit(sync) : tree.save());
        (git ? gits : ours).push_back(took);
    }
    return tree.checkSame();
}

} // namespace

Result<> measureCheckpoint(const Scale &scale, Report &report)
{
    const int files = scale.sizeOr(50'000, 2000);
    HUB_TRY(const auto tree, GitTree::create(files));
    HUB_CHECK(tree->save());
    HUB_CHECK(tree->saveByGit(GitSync::Default));
    HUB_CHECK(tree->change(0));
    HUB_CHECK(tree->save()); // the first one took files of the same clock tick for changed
    std::vector<double> peaks;
    for (const int count : {0, 10, scale.sizeOr(1000, 100)}) {
        std::vector<double> ours, gits, oursDurable, gitsDurable;
        for (int round = 0; round < scale.roundsOr(7); ++round) {
            HUB_CHECK(tree->change(count));
            HUB_CHECK(saveBoth(*tree, GitSync::Default, round % 2, ours, gits));
            HUB_CHECK(tree->change(count));
            HUB_TRY(const qint64 idle, memoryOf(::getpid(), "Rss"));
            resetPeak();
            HUB_CHECK(saveBoth(*tree, GitSync::All, round % 2, oursDurable, gitsDurable));
            HUB_TRY(const qint64 peak, memoryOf(::getpid(), "VmHWM"));
            peaks.push_back(double(peak - idle) / 1024);
        }
        const QString what = u"checkpoint of %L1 files, %L2 changed"_s.arg(files).arg(count);
        const bool many = count > 10;
        report.add({.what = what,
                    .values = ours,
                    .peer = u"git add -A … (no sync)"_s,
                    .peerValues = gits,
                    .target = many ? std::nullopt : std::optional(Target{.of = Target::Of::Ratio, .limit = 0.7})});
        report.add({.what = what,
                    .values = oursDurable,
                    .peer = u"git, core.fsync=all"_s,
                    .peerValues = gitsDurable,
                    .target = many ? std::optional(Target{.of = Target::Of::Ratio, .limit = 0.65}) : std::nullopt});
    }
    report.add({.what = u"peak memory in these checkpoints, above idle"_s,
                .unit = Unit::Megabytes,
                .values = peaks,
                .target = Target{.of = Target::Of::P99, .limit = 60}});
    return {};
}

} // namespace hub::bench
