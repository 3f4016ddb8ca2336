// Going back, beside git's way. The checkpoint before it is not counted.
#include "app/bench/gittree.h"
#include "app/bench/measures.h"

using namespace Qt::StringLiterals;

namespace hub::bench
{

Result<> measureRollback(const Scale &scale, Report &report)
{
    const int files = scale.sizeOr(10'000, 1000);
    HUB_TRY(const auto tree, GitTree::create(files));
    for (const int count : {10, scale.sizeOr(1000, 100)}) {
        std::vector<double> ours, withProof, gits;
        for (int round = 0; round < scale.roundsOr(9); ++round) {
            HUB_TRY(const GitTree::RollbackTimes times, tree->rollback(count));
            ours.push_back(times.restore);
            withProof.push_back(times.restore + times.proof);
            gits.push_back(times.git);
        }
        const QString what = u"rollback of %L1 paths in %L2 files"_s.arg(count).arg(files);
        const QString peer = u"git read-tree --reset -u, clean"_s;
        report.add(
            {.what = what,
             .values = ours,
             .peer = peer,
             .peerValues = gits,
             .target = count == 10 ? std::optional(Target{.of = Target::Of::Ratio, .limit = 0.5}) : std::nullopt});
        report.add({.what = what + u", with its proof"_s, .values = withProof, .peer = peer, .peerValues = gits});
    }
    return {};
}

} // namespace hub::bench
