// What the idle daemon and a shim hold.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/posix/procfs.h"

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

// Dirty and swapped: what would not be there without this process.
Result<double> privateMegabytes(qint64 pid)
{
    HUB_TRY(const qint64 dirty, memoryOf(pid, "Private_Dirty"));
    HUB_TRY(const qint64 swap, memoryOf(pid, "Swap"));
    return double(dirty + swap) / 1024;
}

Result<> reportDaemon(HubSide &side, const QString &what, Report &report)
{
    HUB_TRY(const qint64 resident, memoryOf(side.pid(), "Rss"));
    HUB_TRY(const double own, privateMegabytes(side.pid()));
    report.add({.what = u"daemon, %1: resident"_s.arg(what),
                .unit = Unit::Megabytes,
                .values = {double(resident) / 1024},
                .target = Target{.limit = 28}});
    report.add({.what = u"daemon, %1: private"_s.arg(what),
                .unit = Unit::Megabytes,
                .values = {own},
                .target = Target{.limit = 6}});
    return {};
}

} // namespace

Result<> measureMemory(const Scale &scale, Report &report)
{
    HUB_TRY(const auto side, HubSide::create(scale.sizeOr(200, 10)));
    // Started anew: the project was taken in by the one before.
    const auto restart = [&]() -> Result<> {
        HUB_CHECK(side->stage().killHub());
        return side->stage().startHub();
    };
    HUB_CHECK(restart());
    HUB_CHECK(reportDaemon(*side, u"no agent"_s, report));
    for (int i = 1; i <= 10; ++i)
        HUB_CHECK(side->addAgent(u"agent%1"_s.arg(i), u"sleep 100000"_s, u"command"_s));
    HUB_CHECK(restart());
    HUB_CHECK(reportDaemon(*side, u"10 agents registered"_s, report));

    std::vector<qint64> agents;
    for (int i = 1; i <= 10; ++i) {
        HUB_TRY(const qint64 task, side->assign(u"agent%1"_s.arg(i)));
        HUB_TRY(const qint64 agent, side->agentOf(task));
        agents.push_back(agent);
    }
    HUB_CHECK(reportDaemon(*side, u"10 agents running, after starting them"_s, report));
    std::vector<double> shims;
    for (const qint64 agent : agents) {
        const auto stat = posix::readStat(pid_t(agent));
        if (!stat)
            return fail(ErrorCode::Process, u"An agent ended by itself."_s);
        HUB_TRY(const double own, privateMegabytes(stat->parent));
        shims.push_back(own);
    }
    report.add({.what = u"shim: private"_s,
                .unit = Unit::Megabytes,
                .values = shims,
                .target = Target{.of = Target::Of::P99, .limit = 0.3}});
    return {};
}

} // namespace hub::bench
