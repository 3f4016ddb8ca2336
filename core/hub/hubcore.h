// The services of a hub, composed. Made, used and destroyed on the hub thread. Private to core/hub.
#pragma once

#include "core/agents/approvalreminder.h"
#include "core/db/rescue.h"
#include "core/hub/dispatcher.h"
#include "core/hub/hub.h"
#include "core/hub/queries.h"
#include "core/hub/suggestions.h"

namespace hub
{

class HubCore final : public QObject
{
    Q_OBJECT

public:
    static Result<std::unique_ptr<HubCore>> open(const HubConfig &config, agents::Brake &brake);
    ~HubCore() override;

    Result<> begin(); // adopts agents, finishes rollbacks, admits tasks
    const QString &id() const { return m_id; }
    Dispatcher &dispatcher() { return *m_dispatcher; }
    QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call) { return suggestionsFor(*m_services, call); }
    QFuture<Result<QJsonObject>> query(const QueryCall &call) { return answerQuery(*m_services, call); }
    Lifecycle &lifecycle() { return *m_lifecycle; }
    db::CommitGroup &commits() { return m_stores->commits; }
    void setFront(const QString &name, const FrontStatus &status) { m_services->fronts[name] = status; }
    state::NoteStore &notes() { return m_stores->notes; }

    // No work begins any more. Any thread.
    void stopWorkers()
    {
        m_maintenance->stop();
        m_watcher->stop();
        m_purge->stop();
        m_workers.stop();
    }
    // Until the running jobs are over. Not on the hub thread: they may be asking it.
    void waitForJobs()
    {
        m_watcher->wait();
        m_workers.wait();
    }

Q_SIGNALS:
    void eventHappened(const hub::HubEvent &event);

private:
    explicit HubCore(const HubConfig &config, agents::Brake &brake);
    Result<> openDatabases();
    Result<> takeImport();
    Result<> rescueState();
    void tellRescue();
    void tellImport();
    Result<> findId();
    void tellEvents();
    void watchProjects();
    void tellDamage();
    void tellVaults();
    void tellVaultChecks();
    void tellPurges();
    void governStorage();

    HubConfig m_config;
    agents::Brake &m_brake;
    DataFolder m_data;
    SystemClock m_clock;
    QString m_id;
    Workers m_workers;
    std::optional<db::Rescue> m_rescue; // at this start
    std::optional<recovery::TakenImport> m_import;
    int m_forgottenRuns = 0; // that were ended for one of these
    std::unique_ptr<db::Database> m_database, m_monitorDatabase;
    std::unique_ptr<state::Stores> m_stores;
    std::unique_ptr<monitor::AlertBook> m_book;
    std::unique_ptr<monitor::AlertCenter> m_alerts;
    std::unique_ptr<agents::ProfileBook> m_profiles;
    std::unique_ptr<recovery::Vaults> m_vaults;
    std::unique_ptr<recovery::Owners> m_owners;
    std::unique_ptr<recovery::Records> m_records;
    std::unique_ptr<recovery::Checkpointer> m_checkpointer;
    std::unique_ptr<recovery::Rollback> m_rollback;
    std::unique_ptr<recovery::TreeKeeper> m_trees;
    std::unique_ptr<recovery::Finish> m_finish;
    std::unique_ptr<recovery::ProjectKeeper> m_projects;
    std::unique_ptr<recovery::Purge> m_purge;
    std::unique_ptr<recovery::DiskUse> m_diskUse;
    std::unique_ptr<recovery::Maintenance> m_maintenance;
    std::unique_ptr<recovery::Retention> m_retention;
    std::unique_ptr<recovery::StorageGovernor> m_governor;
    std::unique_ptr<recovery::HubBackups> m_backups;
    std::unique_ptr<recovery::Drill> m_drill;
    std::unique_ptr<recovery::RefWatcher> m_watcher;
    std::unique_ptr<agents::RunKeeper> m_runs;
    std::unique_ptr<agents::TaskDriver> m_driver;
    std::unique_ptr<monitor::HistoryStore> m_history;
    std::unique_ptr<agents::MachineWatch> m_machine;
    std::vector<agents::GuardedDisk> m_guarded;
    std::unique_ptr<agents::DiskGuard> m_disks;
    std::unique_ptr<Lifecycle> m_lifecycle;
    std::unique_ptr<agents::ApprovalReminder> m_reminder;
    std::unique_ptr<Services> m_services;
    std::unique_ptr<Dispatcher> m_dispatcher;
};

} // namespace hub
