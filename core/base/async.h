// The one way to cross threads. A request is posted to its owner's thread and answered by a future; a future that
// ends without an answer (its owner went away) becomes Error{ShuttingDown}, so nobody waits for ever.
#pragma once

#include "core/base/result.h"

#include <QFuture>
#include <QFutureWatcher>
#include <QMetaObject>
#include <QObject>
#include <QPromise>

#include <memory>
#include <type_traits>

namespace hub
{

inline Error shuttingDown() { return fail(ErrorCode::ShuttingDown, QStringLiteral("AgentHub is shutting down.")); }

template <class T>
QFuture<Result<T>> readyFuture(Result<T> result)
{
    QPromise<Result<T>> promise;
    promise.start();
    promise.addResult(std::move(result));
    promise.finish();
    return promise.future();
}

// The result of a finished future; ShuttingDown when it was cancelled or dropped. Waits if it is not finished, which
// only worker threads may do.
template <class T>
Result<T> takeResult(QFuture<Result<T>> future)
{
    future.waitForFinished();
    if (future.resultCount() == 0)
        return shuttingDown();
    return future.result();
}

// Calls fn on owner's thread; fn returns Result<T>. If owner dies first, the future ends as ShuttingDown.
template <class Fn>
auto runOn(QObject *owner, Fn fn) -> QFuture<std::invoke_result_t<Fn>>
{
    using R = std::invoke_result_t<Fn>;
    auto promise = std::make_shared<QPromise<R>>();
    promise->start();
    QFuture<R> future = promise->future();
    QMetaObject::invokeMethod(
        owner,
        [promise = std::move(promise), fn = std::move(fn)]() mutable {
            promise->addResult(fn());
            promise->finish();
        },
        Qt::QueuedConnection);
    return future;
}

// Calls then(Result<T>) on context's thread once the future ends, also when it was cancelled. Not called when context
// is gone. This is the only continuation in the project: a raw QFuture::then never runs when its promise was dropped.
template <class T, class Then>
void whenDone(QFuture<Result<T>> future, QObject *context, Then then)
{
    auto *watcher = new QFutureWatcher<Result<T>>();
    watcher->moveToThread(context->thread());
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, then = std::move(then)]() mutable {
        then(takeResult(watcher->future()));
        watcher->deleteLater();
    });
    QObject::connect(context, &QObject::destroyed, watcher, &QObject::deleteLater);
    QMetaObject::invokeMethod(watcher, [watcher, future = std::move(future)] { watcher->setFuture(future); });
}

} // namespace hub
