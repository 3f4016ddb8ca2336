// Data folders as years of work leave them, for the window to show.
#pragma once

#include "core/base/result.h"

#include <QString>

namespace hub::bench
{

struct WindowData {
    int tasks = 10'000;     // one of them is the long one; the others have a message or two
    int messages = 100'000; // of the long one
    int checkpoints = 600;  // a third of them of the long one
    int days = 30;          // of samples, and that everything is spread over
    qint64 longTask = 0;    // set by fill()
};

// Into the databases of a hub that does not run, whose project "project" is there.
Result<> fill(const QString &dataDir, WindowData &data);

} // namespace hub::bench
