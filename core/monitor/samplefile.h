// Looks at a machine as lines of text, so that what happened on one can be played again: the same lines give the same
// verdicts and the same steps of the ladder. Each line is one JSON object; what a machine doesn't have is left out.
#pragma once

#include "core/monitor/ladder.h"

#include <QByteArray>

namespace hub::monitor
{

// All that decides what is done.
struct Look {
    Sample sample;
    Candidates running;    // what could have been frozen then
    bool safeMode = false; // it was on
    friend bool operator==(const Look &, const Look &) = default;
};

QByteArray lineOf(const Look &look); // with its line end
// InvalidInput for what is not such a line; a member that is not known is an error too.
Result<Look> lookFromLine(const QByteArray &line);

// Adds the line to the file, which is made for its owner only, until it has 64 MB. Blocks.
Result<> appendLook(const QByteArray &path, const Look &look);

} // namespace hub::monitor
