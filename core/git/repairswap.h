// Puts a new `.git` in the place of an old one so that a crash between any two steps is told apart and finished.
// Private to core/git.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <QByteArray>

namespace hub::git
{

// Where the new one is built.
QByteArray buildPlace(const QByteArray &commonDir);
// Whether a repair was cut off here.
bool isUnsettled(const QByteArray &commonDir);
// Empties the place and marks it as ours.
Result<> beginBuild(const QByteArray &commonDir);
// What was built is not to be put in.
Result<> removeBuild(const QByteArray &commonDir);
// Syncs what was built and puts it in; gives where the old one lies now, empty when there was none.
Result<QByteArray> putIn(const QByteArray &commonDir, Instant time);

} // namespace hub::git
