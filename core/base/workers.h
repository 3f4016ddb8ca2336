// Serial queues on a few threads: jobs of one queue run one after another, queues beside each other. One per project
// for its git work; jobs block as they like.
#pragma once

#include "core/base/async.h"

#include <QHash>
#include <QThreadPool>

#include <deque>
#include <functional>
#include <mutex>

namespace hub
{

class Workers
{
public:
    Workers();
    // Jobs that have not begun are dropped (their futures end as ShuttingDown); running ones are waited for.
    ~Workers();

    // job: () → Result<T>. Any thread.
    template <class Job>
    auto run(const QString &queue, Job job) -> QFuture<std::invoke_result_t<Job>>
    {
        using R = std::invoke_result_t<Job>;
        auto promise = std::make_shared<QPromise<R>>();
        promise->start();
        QFuture<R> future = promise->future();
        add(queue, [promise = std::move(promise), job = std::move(job)]() mutable {
            promise->addResult(job());
            promise->finish();
        });
        return future;
    }

    // No job begins any more.
    void stop();
    // Until no job runs.
    void wait() { m_pool.waitForDone(); }

private:
    void add(const QString &queue, std::function<void()> job);
    void work(const QString &queue);

    std::mutex m_mutex;
    bool m_stopped = false;
    QHash<QString, std::shared_ptr<std::deque<std::function<void()>>>> m_waiting; // a queue is here while it has jobs
    QThreadPool m_pool;
};

} // namespace hub
