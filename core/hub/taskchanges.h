// What changed in a task's files, told from its snapshots.
#pragma once

#include "core/git/compare.h"
#include "core/hub/services.h"

#include <QTimer>

namespace hub
{

Result<git::ObjectId> snapshotOf(const Checkpoint &checkpoint);

// The project's worker. The files as they are now; kept only until the next look.
Result<git::ObjectId> snapshotNow(Services &services, const Task &task, const git::SnapshotOptions &options);

// The paths that differ between two of the task's checkpoints, as a worker of its project finds them. That worker may
// be busy for long (a large clone, a rollback), so the answer is a Timeout after `limit`.
QFuture<Result<QStringList>> changedPaths(Services &services, const Task &task, const Checkpoint &from,
                                          const Checkpoint &to, std::chrono::milliseconds limit);

// The future's result, or a Timeout with this sentence when it takes longer than `limit`. The work goes on then.
template <class T>
QFuture<Result<T>> within(QFuture<Result<T>> future, std::chrono::milliseconds limit, QObject *context,
                          const QString &otherwise)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    auto answered = promise->future();
    const auto answer = [promise](const Result<T> &result) {
        if (!promise->future().isFinished()) {
            promise->addResult(result);
            promise->finish();
        }
    };
    whenDone(std::move(future), context, answer);
    QTimer::singleShot(limit, context, [answer, otherwise] { answer(fail(ErrorCode::Timeout, otherwise)); });
    return answered;
}

// For people: "3: a.cpp, b.cpp, notes.md".
QString pathsText(const QStringList &paths, qsizetype most);

} // namespace hub
