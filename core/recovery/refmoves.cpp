#include "core/recovery/refmoves.h"

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

// As HEAD's file has it.
QString textOf(const git::HeadState &head)
{
    return head.branch.isEmpty() ? idText(head.commit) : u"ref: "_s + QFile::decodeName(head.branch);
}

} // namespace

QList<state::RefMove> movesOf(const git::RestorePlan &plan, const git::RestoreReport &report,
                              const std::optional<git::ObjectId> &branchBefore)
{
    QList<state::RefMove> moves;
    const git::HeadState &now = plan.headNow, &then = plan.headThen;
    if (!plan.options.only.isEmpty())
        return moves;
    if (textOf(now) != textOf(then))
        moves.append({u"HEAD"_s, textOf(now), textOf(then)});
    if (!then.branch.isEmpty() && branchBefore != then.commit && !report.branchesNotMoved.contains(then.branch))
        moves.append(refMove(then.branch, branchBefore, then.commit));
    return moves;
}

} // namespace hub::recovery
