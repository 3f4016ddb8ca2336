// Runs the `git` program with an environment that nothing of the caller's can bend. Blocks: git workers only.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QList>

#include <atomic>
#include <chrono>
#include <functional>

namespace hub::git
{

struct GitCall {
    QByteArray folder = {};                                    // where git starts; raw bytes
    QList<QByteArray> arguments = {};                          // without "git"; raw bytes, since paths may be any
    QByteArray input = {};                                     // standard input
    QList<std::pair<QByteArray, QByteArray>> environment = {}; // on top of the fixed one
    // Reads take no optional locks in the user's repository. What is written is synced, but for the names of refs: see
    // syncRef.
    bool writes = false;
    std::chrono::milliseconds timeLimit{120000};
    std::function<void(QByteArrayView)> take = {}; // gets standard output as it comes, instead of GitOutput::out
    const std::atomic<bool> *stop = nullptr;       // once true, git is ended: ShuttingDown
    bool aside = false;                            // runs at low priority: nobody waits for it
};

struct GitOutput {
    int exitCode = 0;
    QByteArray out;
    QByteArray err;
};

// The environment is the caller's without any GIT_* variable, with LC_ALL=C and no prompt. Process error when git
// can't be started or dies of a signal, Timeout at the limit; a non-zero exit code is a result.
Result<GitOutput> tryGit(const GitCall &call);

// As tryGit, but a non-zero exit code is ErrorCode::Git with what git printed. Returns standard output.
Result<QByteArray> runGit(const GitCall &call);

} // namespace hub::git
