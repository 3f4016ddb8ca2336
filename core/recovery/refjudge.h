// Tells which changes of watched refs somebody accounted for. Pure: values in, verdicts out.
#pragma once

#include "core/git/refwatch.h"

#include <functional>
#include <optional>

namespace hub::recovery
{

enum class RefCause {
    First,      // never looked at before
    Authorised, // the hub, or a command of its, said that it would be moved there
    Person,     // a hook wrote down who moves it there; HEAD: its reflog grew
    Outside,    // nobody did
};

struct RefChange {
    QByteArray ref, before, after;
    RefCause cause = RefCause::Outside;
    friend bool operator==(const RefChange &, const RefChange &) = default;
};

struct RefFacts {
    git::RefValues known;          // as last accounted for
    git::RefValues now;            // read before `moves`
    QList<git::GuardMove> moves;   // new ones, oldest first
    QList<git::GuardMove> pending; // intentions read before, whose value had not shown yet
    std::function<bool(const QByteArray &ref, const QByteArray &value)> authorised;
    bool headIsFree = false; // an agent works in the main working tree, so HEAD is its to move
};

// One for each ref whose value is not the known one, in order of name.
QList<RefChange> judgeRefs(const RefFacts &facts);

// Values on which a person went on, although nobody had accounted for them: moves from outside that are covered by now.
QList<RefChange> steppedOver(const RefFacts &facts);

} // namespace hub::recovery
