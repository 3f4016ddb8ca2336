// Where a hub listens and how others find it. Qt Core and POSIX only.
#pragma once

#include "core/base/durablefile.h"
#include "core/base/result.h"

#include <QString>

namespace hub::ipc
{

// The data folder: `flag`, else AGENTHUB_DATA_DIR, else `hub/data_dir` of the settings file (relative to it), else
// $XDG_DATA_HOME/agenthub. The settings file: `configFlag`, else AGENTHUB_CONFIG, else
// $XDG_CONFIG_HOME/agenthub/agenthub.ini when there is one. The answer is absolute; it need not exist.
Result<QString> findDataDir(const QString &flag, const QString &configFlag);

// `configFlag`, else AGENTHUB_CONFIG, else $XDG_CONFIG_HOME/agenthub/agenthub.ini, absolute; it need not exist.
QString settingsFile(const QString &configFlag);

// The socket's path for a data folder: $XDG_RUNTIME_DIR/agenthub/<hash>, else /tmp/agenthub-<uid>/<hash>. Different
// spellings of one folder give one path.
QString socketPathFor(const QString &dataDir);

// Listens at socketPathFor(dataDir) and writes the path to `endpoint` in the data folder. The caller holds the data
// folder's lock: a socket that is there already is a dead hub's and is replaced, in one step. The socket's folder is
// made with mode 0700; one that is a symbolic link, another account's or open to others is refused. Blocks on the disk.
struct ListeningSocket {
    FileHandle handle; // non-blocking, close-on-exec
    QString path;
};
Result<ListeningSocket> listenFor(const QString &dataDir);

// The path that clients connect to: what the data folder's `endpoint` says, else socketPathFor(). NoHub with sentence 1
// of commands.md when there is no socket.
Result<QString> findSocket(const QString &dataDir);

// "No hub is running for ~/.local/share/agenthub. …"
Error noHub(const QString &dataDir);

// Connects, waiting at most `milliseconds` (a hub with a full backlog), and checks that the listener is this account,
// the data folder's owner or root: else a stranger could answer in the hub's name. NoHub when nobody listens.
Result<FileHandle> connectTo(const QString &dataDir, int milliseconds);

} // namespace hub::ipc
