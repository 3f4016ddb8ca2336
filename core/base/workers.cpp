#include "core/base/workers.h"

namespace hub
{

Workers::Workers()
{
    // Jobs mostly wait for the disk, for git or for the hub thread: more threads than cores keep projects independent.
    m_pool.setMaxThreadCount(8);
    m_pool.setExpiryTimeout(10000);
}

Workers::~Workers()
{
    stop();
    m_pool.waitForDone();
}

void Workers::stop()
{
    const std::lock_guard lock(m_mutex);
    m_stopped = true;
    for (auto &jobs : m_waiting) {
        // The first is running.
        while (jobs->size() > 1)
            jobs->pop_back();
    }
}

void Workers::add(const QString &queue, std::function<void()> job)
{
    const std::lock_guard lock(m_mutex);
    if (m_stopped)
        return;
    auto &jobs = m_waiting[queue];
    if (!jobs)
        jobs = std::make_shared<std::deque<std::function<void()>>>();
    jobs->push_back(std::move(job));
    if (jobs->size() == 1)
        m_pool.start([this, queue] { work(queue); });
}

void Workers::work(const QString &queue)
{
    for (;;) {
        std::function<void()> *job;
        {
            const std::lock_guard lock(m_mutex);
            job = &m_waiting[queue]->front(); // a deque's elements stay in place while others are added behind
        }
        (*job)();
        const std::lock_guard lock(m_mutex);
        auto &jobs = *m_waiting[queue];
        jobs.pop_front();
        if (jobs.empty()) {
            m_waiting.remove(queue);
            return;
        }
    }
}

} // namespace hub
