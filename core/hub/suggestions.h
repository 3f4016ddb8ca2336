// What an option of a command may be given, as people know it: for completion in front ends that offer values.
// Hub thread; reads the database and what is known without looking into a repository.
#pragma once

#include "core/hub/services.h"

namespace hub
{

// InvalidInput when there is no such command or option.
QFuture<Result<QList<Suggestion>>> suggestionsFor(Services &services, const SuggestCall &call);

// Those that have the words of `typed` somewhere, whatever the case, in the given order: at most 25, labels cut.
QList<Suggestion> fittingSuggestions(const QList<Suggestion> &all, const QString &typed);

} // namespace hub
