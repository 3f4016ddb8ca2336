// A hundred agents of one project save at the same instant.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/db/migrations.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/records.h"

#include <QCoreApplication>
#include <QDir>
#include <QEventLoop>

#include <csignal>
#include <thread>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr int files = 200;

// Where no daemon runs no agent does: there is nothing to hold still.
class NobodyRuns final : public recovery::RunControl
{
public:
    Result<> hold(TaskId, Stillness) override { return {}; }
    void release(TaskId, Stillness) override {}
    Result<> endRun(TaskId, const QString &) override { return {}; }
};

// The checkpointer by itself, with its database, vault and workers; this thread is the hub's.
class CheckpointerAlone
{
public:
    static Result<std::unique_ptr<CheckpointerAlone>> create(int trees)
    {
        HUB_TRY(auto scratch, Scratch::create());
        HUB_CHECK(scratch->shell(
            u"cd repo && for i in $(seq %1); do mkdir -p d$((i/20)); echo $i > d$((i/20))/f$i; done; git add -A; "
            "git commit -qm base; for i in $(seq %2); do git worktree add -q -b w$i ../w$i; done"_s.arg(files)
                .arg(trees)));
        db::loadMigrations();
        const QString folder = scratch->folder() + u"/hub"_s;
        HUB_TRY(auto database, db::Database::open(folder + u"/task_state.db"_s));
        HUB_CHECK(db::migrate(*database, db::stateMigrations, folder + u"/backups"_s));
        std::unique_ptr<CheckpointerAlone> alone(
            new CheckpointerAlone(std::move(scratch), std::move(database), folder));
        HUB_CHECK(alone->addTasks(trees));
        return alone;
    }

    // The milliseconds until each was acknowledged.
    Result<std::vector<double>> saveAll(int round)
    {
        for (size_t i = 0; i < m_tasks.size(); ++i)
            HUB_CHECK(writeFile(m_scratch->path("w" + QByteArray::number(qint64(i) + 1) + "/d1/f21"),
                                QByteArray::number(round) + ' ' + QByteArray::number(qint64(i))));
        std::vector<double> times;
        Result<> outcome;
        QObject here;
        const auto began = Watch::now();
        for (const TaskId task : m_tasks) {
            whenDone(m_checkpointer.request({.task = task}), &here, [&](const auto &saved) {
                times.push_back(millisecondsSince(began));
                if (!saved)
                    outcome = saved.error();
                if (times.size() == m_tasks.size())
                    QCoreApplication::quit();
            });
        }
        QCoreApplication::exec();
        HUB_CHECK(std::move(outcome));
        return times;
    }

    // The record of the repository is taken behind the checkpoints, by a job that still asks this thread.
    ~CheckpointerAlone()
    {
        m_workers.stop();
        QEventLoop loop;
        std::thread waiting([&] {
            m_workers.wait();
            QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
        });
        loop.exec();
        waiting.join();
    }

private:
    CheckpointerAlone(std::unique_ptr<Scratch> scratch, std::unique_ptr<db::Database> database, const QString &folder)
        : m_scratch(std::move(scratch))
        , m_database(std::move(database))
        , m_data(folder)
        , m_stores(*m_database, m_data.bodies(), m_clock)
        , m_vaults(m_data)
        , m_records(m_stores, m_vaults)
        , m_checkpointer(m_stores, m_workers, m_vaults, m_records, m_data, m_settings)
    {
        m_checkpointer.setRunControl(m_nobody);
    }

    Result<> addTasks(int trees)
    {
        const ProjectName project = *ProjectName::parse(u"project"_s);
        HUB_TRY(const git::RepositoryPlace main, git::locate(m_scratch->path("repo")));
        HUB_CHECK(makeFolders(m_scratch->path("hub/vault")));
        HUB_CHECK(makeFolders(m_scratch->path("hub/statcache")));
        HUB_CHECK(git::Vault::create(m_data.vault(project), main, {}));
        HUB_CHECK(m_stores.projects.add(project, QFile::decodeName(main.workTree), u"bench"_s, {}));
        for (int i = 1; i <= trees; ++i) {
            HUB_TRY(const Task task,
                    m_stores.tasks.create(
                        {.project = project, .agent = *AgentName::parse(u"bench"_s), .title = u"bench"_s}));
            const QString name = u"w%1"_s.arg(i);
            HUB_CHECK(m_stores.tasks.setTree(task.id, m_scratch->folder() + u'/' + name, name, {}));
            m_tasks.push_back(task.id);
        }
        return {};
    }

    std::unique_ptr<Scratch> m_scratch;
    std::unique_ptr<db::Database> m_database;
    DataFolder m_data;
    SystemClock m_clock;
    Settings m_settings;
    state::Stores m_stores;
    Workers m_workers;
    recovery::Vaults m_vaults;
    recovery::Records m_records;
    recovery::Checkpointer m_checkpointer;
    NobodyRuns m_nobody;
    std::vector<TaskId> m_tasks;
};

Result<> saveAlone(int trees, const Scale &scale, Report &report)
{
    HUB_TRY(const auto alone, CheckpointerAlone::create(trees));
    std::vector<double> times;
    const int rounds = scale.roundsOr(10), warmUp = 2;
    for (int round = -warmUp; round < rounds; ++round) {
        HUB_TRY(const auto some, alone->saveAll(round));
        if (round >= 0)
            times.insert(times.end(), some.begin(), some.end());
    }
    report.add({.what = u"%1 checkpoints at once, no agent to hold still"_s.arg(trees),
                .values = times,
                .target = Target{.of = Target::Of::P99, .limit = 50}});
    report.note(u"The slowest of these took %1 ms."_s.arg(percentile(times, 100), 0, 'f', 1));
    return {};
}

Result<int> countFiles(const QString &folder, const QString &pattern)
{
    return int(QDir(folder).entryList({pattern}, QDir::Files).size());
}

// The whole way: an agent's request on its pipe, shim, hub, freeze, snapshot, commit, and the answer on its pipe.
Result<> saveAsAgents(int agents, const Scale &scale, Report &report)
{
    HUB_TRY(const auto side, HubSide::create(files));
    const QString folder = side->folder() + u"/saved"_s;
    QDir().mkpath(folder);
    HUB_CHECK(side->addAgent(u"saver"_s, HubSide::partCommand(u"saver \"%1\""_s.arg(folder)), u"jsonrpc"_s));
    for (int i = 0; i < agents; ++i)
        HUB_CHECK(side->assign(u"saver"_s));
    std::vector<double> times;
    const int rounds = scale.roundsOr(5), warmUp = 1;
    for (int round = -warmUp; round < rounds; ++round) {
        HUB_CHECK(HubSide::until(u"all agents are ready"_s, [&]() -> Result<bool> {
            HUB_TRY(const int ready, countFiles(folder, u"*.ready"_s));
            return ready == agents;
        }));
        const QStringList waiting = QDir(folder).entryList({u"*.ready"_s}, QDir::Files);
        for (const QString &name : waiting)
            QFile::remove(folder + u'/' + name);
        for (const QString &name : waiting)
            ::kill(name.section(u'.', 0, 0).toInt(), SIGUSR1);
        HUB_CHECK(HubSide::until(u"all agents have saved"_s, [&]() -> Result<bool> {
            HUB_TRY(const int saved, countFiles(folder, u"*.saved"_s));
            return saved == agents;
        }));
        for (const QString &name : QDir(folder).entryList({u"*.saved"_s}, QDir::Files)) {
            QFile file(folder + u'/' + name);
            if (file.open(QIODevice::ReadOnly) && round >= 0)
                times.push_back(file.readAll().toDouble());
            file.remove();
        }
    }
    report.add({.what = u"%1 agents saving at once, each until its answer"_s.arg(agents),
                .values = times,
                .target = Target{.of = Target::Of::P99, .limit = 50}});
    report.note(u"The slowest of these took %1 ms."_s.arg(percentile(times, 100), 0, 'f', 1));
    return {};
}

} // namespace

Result<> measureSaving(const Scale &scale, Report &report)
{
    const int agents = scale.sizeOr(100, 5);
    HUB_CHECK(saveAlone(agents, scale, report));
    return saveAsAgents(agents, scale, report);
}

} // namespace hub::bench
