// A killed agent until it is executed again, and ten agents until a new daemon has them.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/base/datafolder.h"
#include "core/base/durablefile.h"
#include "core/db/database.h"
#include "core/posix/procfs.h"

#include <QStandardPaths>

#include <csignal>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr int agentCount = 10;

// Tells when a program file is opened, which the kernel does to execute it.
class ExecWatch
{
public:
    static Result<ExecWatch> create(const QByteArray &program)
    {
        ExecWatch watch;
        watch.m_file = FileHandle(::inotify_init1(IN_CLOEXEC));
        if (!watch.m_file.isOpen() || ::inotify_add_watch(watch.m_file.fd(), program.constData(), IN_OPEN) < 0)
            return systemError(errno, u"watch", program);
        return watch;
    }
    Result<> wait() const
    {
        pollfd ready{m_file.fd(), POLLIN, 0};
        if (::poll(&ready, 1, 20'000) != 1)
            return fail(ErrorCode::Timeout, u"The killed agent was not started again within 20 s."_s);
        char events[4096];
        if (::read(m_file.fd(), events, sizeof events) <= 0)
            return systemError(errno, u"read", "inotify");
        return {};
    }

private:
    FileHandle m_file;
};

// Signals that were sent to the process and not taken yet, as a set of bits.
Result<qulonglong> pendingSignals(qint64 pid)
{
    HUB_TRY(const QByteArray text, readFile("/proc/" + QByteArray::number(pid) + "/status"));
    for (const QByteArray &line : text.split('\n')) {
        if (line.startsWith("ShdPnd:"))
            return line.mid(7).trimmed().toULongLong(nullptr, 16);
    }
    return fail(ErrorCode::Unsupported, u"This kernel does not tell of pending signals."_s);
}

Result<> restartKilled(HubSide &side, const Scale &scale, Report &report)
{
    // A copy of its own: nothing else executes it.
    const QString program = side.folder() + u"/sleeping-agent"_s;
    if (!QFile::copy(QStandardPaths::findExecutable(u"sleep"_s), program))
        return fail(ErrorCode::Storage, u"%1 can't be made."_s.arg(program));
    HUB_CHECK(side.addAgent(u"sleeper"_s, u"\"%1\" 100000"_s.arg(program), u"command"_s));
    HUB_TRY(const qint64 task, side.assign(u"sleeper"_s));
    HUB_TRY(qint64 agent, side.agentOf(task));
    std::vector<double> times;
    for (int round = 0; round < scale.roundsOr(15); ++round) {
        // It goes on by itself once per checkpoint.
        HUB_CHECK(side.stage().ask(u"checkpoint"_s, {{u"task_id"_s, QString::number(task)}}));
        HUB_TRY(const ExecWatch watch, ExecWatch::create(QFile::encodeName(program)));
        const auto began = Watch::now();
        ::kill(pid_t(agent), SIGKILL);
        HUB_CHECK(watch.wait());
        times.push_back(millisecondsSince(began));
        HUB_TRY(agent, side.agentOf(task, agent));
    }
    report.add({.what = u"restart of a killed agent, to exec"_s, .values = times, .target = Target{.limit = 10}});
    return {};
}

// Adopted means more than connected: what the agents said while nobody listened is in the database.
Result<> adoptAll(HubSide &side, const Scale &scale, Report &report)
{
    HUB_CHECK(side.addAgent(u"voice"_s, HubSide::partCommand(u"voice"_s), u"command"_s));
    std::vector<qint64> agents;
    for (int i = 0; i < agentCount; ++i) {
        HUB_TRY(const qint64 task, side.assign(u"voice"_s));
        HUB_TRY(const qint64 agent, side.agentOf(task));
        agents.push_back(agent);
    }
    const DataFolder data(side.stage().dataDir());
    HUB_TRY(const auto database, db::Database::open(data.stateDatabase(), db::Database::Mode::ReadOnly));
    const auto heard = [&](int round) -> Result<bool> {
        HUB_TRY(const auto count,
                database->selectOne(u"SELECT count(*) FROM message WHERE body = ?"_s, {u"told %1"_s.arg(round)},
                                    [](const db::Row &row) { return row.number(0); }));
        return count == agentCount;
    };
    std::vector<double> times;
    for (int round = 1; round <= scale.roundsOr(10); ++round) {
        HUB_CHECK(side.stage().killHub());
        for (const qint64 agent : agents) {
            ::kill(pid_t(agent), SIGUSR1);
            // It waits again once it has spoken; then its shim has the line, or finds it in the pipe.
            HUB_CHECK(HubSide::until(u"the agent has spoken"_s, [&]() -> Result<bool> {
                HUB_TRY(const qulonglong pending, pendingSignals(agent));
                const auto stat = posix::readStat(pid_t(agent));
                return pending == 0 && stat && stat->state == 'S';
            }));
        }
        const auto began = Watch::now();
        HUB_CHECK(side.stage().startHub());
        HUB_CHECK(HubSide::until(u"ten agents are adopted"_s, [&] { return heard(round); }));
        times.push_back(millisecondsSince(began));
    }
    report.add({.what = u"adoption of %1 agents, from the daemon's start"_s.arg(agentCount),
                .values = times,
                .target = Target{.limit = 200}});
    return {};
}

} // namespace

Result<> measureRestart(const Scale &scale, Report &report)
{
    HUB_TRY(const auto side, HubSide::create(scale.sizeOr(200, 10)));
    HUB_CHECK(restartKilled(*side, scale, report));
    return adoptAll(*side, scale, report);
}

} // namespace hub::bench
