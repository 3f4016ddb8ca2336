// The hub's socket over standard input and output: what a window on another machine starts through ssh.
#pragma once

#include "app/ctl/terminal.h"

namespace hub::ctl
{

// Until either side ends. Bytes pass unread; errors go to standard error, since standard output is the window's.
int runProxy(const QString &dataDir, const QStringList &words, const Terminal &terminal);

} // namespace hub::ctl
