// What it costs to watch the machine: one look with a thousand processes, and what remains of ten thousand looks.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/part.h"
#include "app/bench/scratch.h"
#include "core/db/migrations.h"
#include "core/monitor/historystore.h"
#include "core/monitor/limits.h"
#include "core/monitor/sampler.h"
#include "core/monitor/treeusage.h"

#include <ctime>
#include <malloc.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::bench
{

namespace
{

constexpr auto interval = 30s; // between two looks, as the setting has it

double shareOfCore(double milliseconds)
{
    return milliseconds / double(std::chrono::milliseconds(interval).count()) * 100;
}

double ownCpu() // milliseconds of this thread
{
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1000 + double(time.tv_nsec) / 1e6;
}

// All that is done in one look but for what the hub asks its own database: sample, trees, verdicts, history.
class Looking
{
public:
    static Result<std::unique_ptr<Looking>> create(const Scratch &scratch, QList<monitor::TreeRoot> roots)
    {
        std::unique_ptr<Looking> looking(new Looking);
        db::loadMigrations();
        const QString file = scratch.folder() + u"/safety_monitor.db"_s;
        HUB_TRY(looking->m_database, db::Database::open(file));
        HUB_CHECK(db::migrate(*looking->m_database, db::monitorMigrations, scratch.folder() + u"/backups"_s));
        looking->m_history = std::make_unique<monitor::HistoryStore>(*looking->m_database);
        HUB_TRY(const Settings settings, Settings::load({}, {}));
        looking->m_rules = monitor::rulesFrom(settings);
        looking->m_roots = std::move(roots);
        looking->m_paths = {scratch.path("hub"), scratch.path("repo")};
        return looking;
    }

    Result<> once()
    {
        m_now += interval;
        monitor::Sample sample = m_sampler.take(m_paths, m_now);
        const monitor::TreePass pass = m_trees.take(m_roots, u"bench"_s, sample.uptime);
        m_processes = pass.processes;
        sample.work = monitor::Work{int(m_roots.size()), 0};
        for (const monitor::TreeUsage &tree : pass.trees)
            sample.agents << monitor::AgentUse{u"agent-"_s + tree.run.toString(), tree.cpu, tree.memory};
        m_verdicts.feed(sample, m_rules);
        return m_history->add(sample);
    }
    int processes() const { return m_processes; }

private:
    Looking() = default;
    std::unique_ptr<db::Database> m_database;
    std::unique_ptr<monitor::HistoryStore> m_history;
    monitor::Sampler m_sampler;
    monitor::TreeSampler m_trees;
    monitor::Verdicts m_verdicts;
    monitor::Rules m_rules;
    QList<monitor::TreeRoot> m_roots;
    QList<QByteArray> m_paths;
    Instant m_now = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
    int m_processes = 0;
};

// So many sleeping processes below each of `trees` roots; they end with this program.
class Crowd
{
public:
    static Result<std::unique_ptr<Crowd>> create(int trees, int each)
    {
        std::unique_ptr<Crowd> crowd(new Crowd);
        for (int i = 1; i <= trees; ++i) {
            auto root = std::make_unique<QProcess>();
            root->start(QFile::symLinkTarget(u"/proc/self/exe"_s),
                        {QString::fromLatin1(partOption), u"crowd"_s, QString::number(each)});
            if (!root->waitForStarted() || !root->waitForReadyRead(20000))
                return fail(ErrorCode::Process, u"The processes to look at did not start."_s);
            const auto stat = posix::readStat(pid_t(root->processId()));
            if (!stat)
                return fail(ErrorCode::Process, u"A process to look at ended by itself."_s);
            crowd->m_roots << monitor::TreeRoot{RunId::of(i), stat->id};
            crowd->m_processes.push_back(std::move(root));
        }
        return crowd;
    }
    ~Crowd()
    {
        for (const auto &process : m_processes) {
            process->kill();
            process->waitForFinished();
        }
    }
    const QList<monitor::TreeRoot> &roots() const { return m_roots; }

private:
    Crowd() = default;
    std::vector<std::unique_ptr<QProcess>> m_processes;
    QList<monitor::TreeRoot> m_roots;
};

Result<> measureLook(const Scale &scale, Report &report)
{
    HUB_TRY(const auto scratch, Scratch::create());
    const int each = scale.sizeOr(100, 5);
    HUB_TRY(const auto crowd, Crowd::create(10, each));
    for (const bool agents : {true, false}) {
        HUB_TRY(const auto looking, Looking::create(*scratch, agents ? crowd->roots() : QList<monitor::TreeRoot>()));
        HUB_CHECK(looking->once());
        std::vector<double> shares;
        for (int round = 0; round < scale.roundsOr(20); ++round) {
            const double before = ownCpu();
            HUB_CHECK(looking->once());
            shares.push_back(shareOfCore(ownCpu() - before));
        }
        report.add({.what = u"a look at %1 processes, %2, every 30 s"_s.arg(10 * each).arg(
                        agents ? u"all of ten agents"_s : u"none of an agent"_s),
                    .unit = Unit::Percent,
                    .values = shares,
                    .target = Target{.limit = 0.3}});
        report.note(u"%1 processes were alive on the machine."_s.arg(looking->processes()));
    }
    return {};
}

Result<double> privateMegabytes()
{
    ::malloc_trim(0); // what is free is not held; the question is what grows
    HUB_TRY(const qint64 dirty, memoryOf(::getpid(), "Private_Dirty"));
    HUB_TRY(const qint64 swap, memoryOf(::getpid(), "Swap"));
    return double(dirty + swap) / 1024;
}

Result<> measureGrowth(const Scale &scale, Report &report)
{
    HUB_TRY(const auto scratch, Scratch::create());
    HUB_TRY(const auto crowd, Crowd::create(2, 5));
    HUB_TRY(const auto looking, Looking::create(*scratch, crowd->roots()));
    const int looks = scale.sizeOr(10'000, 200);
    // Until the history thins itself (after a day) and SQLite's cache of pages, which has a bound of 2 MB, is full.
    for (int i = 0; i < scale.sizeOr(7'000, 50); ++i)
        HUB_CHECK(looking->once());
    HUB_TRY(const double before, privateMegabytes());
    for (int i = 0; i < looks; ++i)
        HUB_CHECK(looking->once());
    HUB_TRY(const double after, privateMegabytes());
    report.add({.what = u"private memory that %1 looks leave, with their history"_s.arg(looks),
                .unit = Unit::Megabytes,
                .values = {after - before},
                .target = Target{.limit = 0.1}});
    report.note(u"Before those looks, after a warm-up, it was %1 MB."_s.arg(before, 0, 'f', 2));
    return {};
}

// Milliseconds of processor time that the process took so far, threads that ended included.
Result<double> cpuOf(qint64 pid)
{
    const auto stat = posix::readStat(pid_t(pid));
    if (!stat)
        return fail(ErrorCode::Process, u"The daemon ended by itself."_s);
    return double(stat->ticks) * 1000 / double(::sysconf(_SC_CLK_TCK));
}

// The whole daemon at one look a second, since its clock ticks are too coarse for one look.
Result<> measureDaemon(const Scale &scale, Report &report)
{
    const int each = scale.sizeOr(100, 5), trees = 10;
    HUB_TRY(const auto side, HubSide::create(10));
    for (const QString &key : {u"monitor/interval_seconds"_s, u"monitor/alert_interval_seconds"_s})
        HUB_CHECK(side->stage().ask(u"config set"_s, {{u"key"_s, key}, {u"value"_s, u"1"_s}}));
    HUB_CHECK(side->addAgent(u"crowd"_s, HubSide::partCommand(u"crowd %1"_s.arg(each - 1)), u"command"_s));
    for (int i = 0; i < trees; ++i) {
        HUB_TRY(const qint64 task, side->assign(u"crowd"_s));
        HUB_TRY(const qint64 agent, side->agentOf(task));
        std::ignore = agent;
    }
    qint64 seen = 0;
    HUB_CHECK(HubSide::until(u"all processes are seen"_s, [&]() -> Result<bool> {
        HUB_TRY(const auto reply, side->stage().ask(u"system-health"_s, {}));
        seen = 0;
        for (const QJsonValue &use : reply.data[u"usage"_s].toArray())
            seen += use[u"processes"_s].toInteger();
        HUB_CHECK(ctl::DemoStage::wait(200ms));
        return seen >= qint64(trees) * each;
    }));
    std::vector<double> shares;
    for (int round = 0; round < scale.roundsOr(5); ++round) {
        HUB_TRY(const double before, cpuOf(side->pid()));
        const auto began = Watch::now();
        HUB_CHECK(ctl::DemoStage::wait(scale.quick ? 1000ms : 5000ms));
        HUB_TRY(const double after, cpuOf(side->pid()));
        const double looks = millisecondsSince(began) / 1000;
        shares.push_back(shareOfCore((after - before) / looks));
    }
    report.add({.what = u"the whole daemon, ten agents with %1 processes, for each look"_s.arg(seen),
                .unit = Unit::Percent,
                .values = shares,
                .target = Target{.limit = 0.3}});
    return {};
}

} // namespace

Result<> measureMonitor(const Scale &scale, Report &report)
{
    HUB_CHECK(measureLook(scale, report));
    HUB_CHECK(measureDaemon(scale, report));
    return measureGrowth(scale, report);
}

} // namespace hub::bench
