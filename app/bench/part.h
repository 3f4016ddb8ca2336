// The agents' side: this program started by a shim, to play an agent whose every step is known. Hidden from --help.
#pragma once

#include <QByteArray>

namespace hub::bench
{

// many COUNT FILE: so many processes, every second one in a session of its own; each counts in its cell of the file
//   (64-bit numbers, mapped) for as long as it runs.
// saver FOLDER: speaks the line protocol; at each SIGUSR1 it saves a checkpoint and writes the milliseconds until the
//   answer into a file there. "ready" is said before each round, after one file of its tree was changed.
// crowd COUNT: starts so many processes that only wait, says "ready", and waits too. They end when this one does.
// chatter NUMBER: prints so many lines a second.
// voice: prints a line at each SIGUSR1.
constexpr const char *partOption = "--play";
int playPart(int argc, char **argv);

} // namespace hub::bench
