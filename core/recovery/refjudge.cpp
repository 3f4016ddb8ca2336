#include "core/recovery/refjudge.h"

#include <algorithm>

namespace hub::recovery
{

namespace
{

// Git holds the ref's lock while the hook writes what it intends, so these lines are in the order of the moves. A line
// of what is done accounts for a move only when it says from where: git writes one for a ref that stays, too.
bool isWritten(const RefFacts &facts, const QByteArray &ref, const QByteArray &value)
{
    const auto says = [&](const git::GuardMove &move) {
        return move.ref == ref && move.to == value && (move.intended || (!move.from.isEmpty() && move.from != move.to));
    };
    return std::any_of(facts.moves.begin(), facts.moves.end(), says) ||
           std::any_of(facts.pending.begin(), facts.pending.end(), says);
}

RefCause causeOf(const RefFacts &facts, const QByteArray &ref, const QByteArray &after)
{
    if (ref == git::headRef) {
        const auto length = facts.known.find(git::headLog), now = facts.now.find(git::headLog);
        const bool logged = length == facts.known.end() || now == facts.now.end() || length->second != now->second;
        if (logged || facts.headIsFree)
            return RefCause::Person;
    }
    if (facts.authorised(ref, after))
        return RefCause::Authorised;
    return isWritten(facts, ref, after) ? RefCause::Person : RefCause::Outside;
}

} // namespace

QList<RefChange> judgeRefs(const RefFacts &facts)
{
    QList<RefChange> changes;
    for (const auto &[ref, after] : facts.now) {
        const auto known = facts.known.find(ref);
        if (known == facts.known.end()) {
            changes.append({ref, {}, after, RefCause::First});
            continue;
        }
        if (ref == git::headLog || known->second == after)
            continue;
        changes.append({ref, known->second, after, causeOf(facts, ref, after)});
    }
    return changes;
}

QList<RefChange> steppedOver(const RefFacts &facts)
{
    QList<RefChange> changes;
    for (const git::GuardMove &move : facts.moves) {
        const auto known = facts.known.find(move.ref);
        if (move.intended && !move.from.isEmpty() && known != facts.known.end() && known->second != move.from &&
            !known->second.startsWith("ref: ") && !isWritten(facts, move.ref, move.from) &&
            !facts.authorised(move.ref, move.from))
            changes.append({move.ref, known->second, move.from, RefCause::Outside});
    }
    return changes;
}

} // namespace hub::recovery
