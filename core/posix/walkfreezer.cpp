// Freezing without control groups: SIGSTOP for every descendant, parents first, until two passes find nothing new and
// nothing that still runs. A stopped process can't make children, so each pass leaves fewer places for new ones.
#include "core/posix/fd.h"
#include "core/posix/freezer.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <unistd.h>
#include <unordered_set>
#include <vector>

namespace hub::posix
{

namespace
{

constexpr long long stopLimitMicros = 2'000'000;
constexpr int quietPassesNeeded = 2;

void pauseMicros(long micros)
{
    const timespec span{0, micros * 1000};
    ::nanosleep(&span, nullptr);
}

class WalkFreezer final : public Freezer
{
public:
    FreezeMethod method() const override { return FreezeMethod::Walk; }
    const std::string &group() const override { return m_noGroup; }
    int join() override { return 0; }

    FreezeReport freeze() override
    {
        const long long begin = monotonicMicros();
        const bool done = stopAll(begin + stopLimitMicros);
        return report(done, m_last.size(), begin);
    }

    FreezeReport thaw() override
    {
        const long long begin = monotonicMicros();
        bool done = true;
        // Children first: a parent that runs again must not find its child stopped (a shell would take it for ^Z).
        for (auto it = m_stopped.rbegin(); it != m_stopped.rend(); ++it) {
            const int failed = signalProcess(*it, SIGCONT);
            done = done && (failed == 0 || failed == ESRCH);
        }
        const size_t processes = m_stopped.size();
        m_stopped.clear();
        return report(done, processes, begin);
    }

    FreezeReport kill() override
    {
        const long long begin = monotonicMicros();
        size_t processes = 0;
        bool done = false;
        while (!done && monotonicMicros() < begin + stopLimitMicros) {
            // Stopped first, so that none of them reacts to the death of another.
            stopAll(begin + stopLimitMicros);
            processes = std::max(processes, m_last.size());
            for (const ProcessStat &process : m_last)
                ::kill(process.id.pid, SIGKILL);
            done = m_last.empty();
            if (!done)
                pauseMicros(300);
        }
        m_stopped.clear();
        return report(done, processes, begin);
    }

    uint32_t count() override { return uint32_t(descendants(::getpid()).size()); }
    void remove() override {}

private:
    static FreezeReport report(bool success, size_t processes, long long begin)
    {
        return {FreezeMethod::Walk, success, uint32_t(processes), uint32_t(monotonicMicros() - begin)};
    }

    // Leaves the living tree in m_last; true when all of it stands still.
    bool stopAll(long long deadline)
    {
        int quiet = 0;
        long wait = 50;
        for (;;) {
            const Pass pass = stopOnce();
            if (pass.news == 0 && pass.running == 0) {
                if (++quiet == quietPassesNeeded)
                    return pass.foreign == 0;
                continue;
            }
            quiet = 0;
            if (monotonicMicros() > deadline)
                return false;
            if (pass.news == 0) {
                pauseMicros(wait);
                wait = std::min(wait * 2, 5000L);
            }
        }
    }

    struct Pass {
        int news = 0;
        int running = 0;
        int foreign = 0; // of another user (a setuid program): not ours to stop
    };

    Pass stopOnce()
    {
        Pass pass;
        std::vector<pid_t> queue;
        std::unordered_set<pid_t> queued;
        const auto enqueue = [&](pid_t parent) {
            const size_t before = queue.size();
            appendChildren(parent, queue);
            queue.erase(std::remove_if(queue.begin() + long(before), queue.end(),
                                       [&](pid_t pid) { return !queued.insert(pid).second; }),
                        queue.end());
        };
        m_last.clear();
        enqueue(::getpid());
        for (size_t i = 0; i < queue.size(); ++i) {
            visit(queue[i], pass);
            enqueue(queue[i]);
            // An orphan made while we read comes to us; our own list last, so that it is not missed.
            if (i + 1 == queue.size())
                enqueue(::getpid());
        }
        return pass;
    }

    void visit(pid_t pid, Pass &pass)
    {
        const auto stat = readStat(pid);
        if (!stat || stat->isGone())
            return;
        m_last.push_back(*stat);
        const bool known = std::find(m_stopped.begin(), m_stopped.end(), stat->id) != m_stopped.end();
        if (!known) {
            // One that stood still before (a job stopped by its shell) must not run after the thaw either.
            if (stat->isStopped())
                return;
            if (::kill(pid, SIGSTOP) == 0) {
                ++pass.news;
                m_stopped.push_back(stat->id);
            } else if (errno == EPERM) {
                ++pass.foreign;
            }
            return;
        }
        if (!standsStill(*stat)) {
            ++pass.running;
            ::kill(pid, SIGSTOP);
        }
    }

    // 'D' is a wait inside the kernel (a vfork parent stays in it as long as its child is stopped): the pending
    // SIGSTOP takes effect before the program's next instruction.
    static bool standsStill(const ProcessStat &stat)
    {
        if (stat.state == 'R' || stat.state == 'S')
            return false;
        if (stat.threads == 1)
            return true;
        bool still = true;
        std::vector<pid_t> threads;
        appendThreads(stat.id.pid, threads);
        for (const pid_t thread : threads) {
            const auto one = readThreadStat(stat.id.pid, thread);
            still = still && (!one || (one->state != 'R' && one->state != 'S'));
        }
        return still;
    }

    std::vector<ProcessId> m_stopped; // by us, in that order
    std::vector<ProcessStat> m_last;  // the tree in the last pass
    std::string m_noGroup;
};

} // namespace

std::unique_ptr<Freezer> makeWalkFreezer() { return std::make_unique<WalkFreezer>(); }

} // namespace hub::posix
