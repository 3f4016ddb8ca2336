#include "core/hub/hubcore.h"

#include "core/agents/forgottenruns.h"
#include "core/base/account.h"
#include "core/base/log.h"
#include "core/db/migrations.h"
#include "core/monitor/outsidesinks.h"
#include "core/state/restored.h"

#include <QDir>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QSysInfo>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub
{

HubCore::HubCore(const HubConfig &config, agents::Brake &brake)
    : m_config(config)
    , m_brake(brake)
    , m_data(config.dataDir)
{
}

HubCore::~HubCore()
{
    // Jobs that run still ask this thread, so they have to be over before the services go; see Hub::~Hub().
    if (m_maintenance)
        m_maintenance->stop();
    if (m_watcher)
        m_watcher->stop();
    if (m_purge)
        m_purge->stop();
    m_workers.stop();
    if (m_stores)
        m_stores->commits.flush();
}

Result<> HubCore::openDatabases()
{
    db::loadMigrations();
    HUB_CHECK(takeImport());
    HUB_CHECK(rescueState());
    HUB_TRY(m_database, db::Database::open(m_data.stateDatabase()));
    HUB_CHECK(db::migrate(*m_database, db::stateMigrations, m_data.backups()));
    HUB_TRY(m_monitorDatabase, db::Database::open(agents::monitorDatabase(m_data, m_config.settings)));
    HUB_CHECK(db::migrate(*m_monitorDatabase, db::monitorMigrations, m_data.backups()));
    return {};
}

Result<> HubCore::takeImport()
{
    const auto settle = [this](db::Database &copy, const QString &stamp) -> Result<> {
        HUB_CHECK(db::migrate(copy, db::stateMigrations, {}));
        HUB_CHECK(state::settleRestored(copy, u"The hub's own data was imported."_s, m_clock.now()));
        HUB_TRY(m_forgottenRuns,
                agents::endForgottenRuns(m_data.path(u"runs"_s), m_data.path(u"runs.kept-"_s + stamp)));
        return {};
    };
    HUB_TRY(m_import, recovery::takeImport(m_data, agents::monitorDatabase(m_data, m_config.settings), settle));
    return {};
}

// Told once, also when the hub was killed between taking it and this.
void HubCore::tellImport()
{
    if (!m_import)
        return;
    m_stores->commits.submitOrLog(u"the alert about the import"_s, [this]() -> Result<> {
        const bool taken = m_import->problem.isEmpty();
        QString said = u"%1 was not taken, and the data is as before: %2"_s.arg(m_import->from, m_import->problem);
        if (taken)
            said = u"From %1, as of %2. What was there is kept in %3; to go back: agenthubctl hub-backup import '%3'. "
                   "Agents that ran were ended (%4). Safe mode is on: look at the tasks before you end it, for what "
                   "waits here may be done long since."_s.arg(m_import->from,
                                                              toLocalShort(fromMillis(m_import->at), m_clock.now()),
                                                              m_import->keptAs, QString::number(m_forgottenRuns));
        HUB_CHECK(m_alerts->raise(
            {.type = AlertType::ManualIntervention,
             .level = AlertLevel::Critical,
             .subject = u"the hub's state"_s,
             .title = taken ? u"The hub's own data was imported"_s : u"The hub's own data was not imported"_s,
             .description = said}));
        HUB_CHECK(m_stores->audit.add({.who = u"the hub"_s,
                                       .origin = u"hub"_s,
                                       .role = u"machine"_s,
                                       .action = u"hub-backup import"_s,
                                       .detail = said,
                                       .outcome = taken ? u"done"_s : u"failed"_s}));
        m_stores->commits.afterCommit(
            [this] { m_workers.run(u"backups"_s, [this] { return recovery::forgetImport(m_data); }); });
        return {};
    });
}

Result<> HubCore::rescueState()
{
    const Instant now = m_clock.now();
    const QString stamp = QDateTime::fromMSecsSinceEpoch(toMillis(now), Qt::UTC).toString(u"yyyyMMddTHHmmss'Z'"_s);
    const auto isUsed = [this](const QString &name) {
        return !QDir(m_data.path(name)).isEmpty(QDir::AllEntries | QDir::NoDotAndDotDot);
    };
    const auto settle = [&](db::Database &copy) -> Result<> {
        HUB_CHECK(db::migrate(copy, db::stateMigrations, {}));
        HUB_CHECK(state::settleRestored(copy, u"The hub's state was brought back from a backup."_s, now));
        HUB_TRY(m_forgottenRuns,
                agents::endForgottenRuns(m_data.path(u"runs"_s), m_data.path(u"runs.kept-"_s + stamp)));
        return {};
    };
    HUB_TRY(m_rescue, db::rescueDatabase({.path = m_data.stateDatabase(),
                                          .backupFolder = m_data.backups(),
                                          .usedBefore = isUsed(u"vault"_s) || isUsed(u"runs"_s) || isUsed(u"backups"_s),
                                          .schema = std::end(db::stateMigrations)[-1].version,
                                          .now = now,
                                          .prepare = settle}));
    return {};
}

void HubCore::tellRescue()
{
    if (!m_rescue)
        return;
    m_stores->commits.submitOrLog(u"the alert about the state that was brought back"_s, [this]() -> Result<> {
        const QString when = toLocalShort(m_rescue->from.at, m_clock.now());
        QStringList said{
            u"%1, so the copy from %2 took its place (%3)."_s.arg(m_rescue->why, when, m_rescue->from.name())};
        if (!m_rescue->keptAs.isEmpty())
            said << u"The damaged file is kept as %1."_s.arg(m_rescue->keptAs);
        said << u"Tasks, talk and receipts since then are not in it; your code, working trees and the vaults are as "
                u"they "
                "were, with all checkpoints (git -C VAULT for-each-ref refs/checkpoints)."_s;
        if (m_forgottenRuns > 0)
            said
                << u"Agents that ran were ended (%1), since it can't be told how far they were; what they said is kept "
                   "in the data folder."_s.arg(m_forgottenRuns);
        said << u"Safe mode is on: look at the tasks before you end it, for what waits here may be done long since."_s;
        HUB_CHECK(m_alerts->raise({.type = AlertType::ManualIntervention,
                                   .level = AlertLevel::Critical,
                                   .subject = u"the hub's state"_s,
                                   .title = u"The hub's state was brought back from a backup of %1"_s.arg(when),
                                   .description = said.join(u' ')}));
        return m_stores->audit.add({.who = u"the hub"_s,
                                    .origin = u"hub"_s,
                                    .role = u"machine"_s,
                                    .action = u"state restored"_s,
                                    .detail = said.join(u' '),
                                    .outcome = u"done"_s});
    });
}

Result<> HubCore::findId()
{
    const auto read = [](const db::Row &row) { return row.text(0); };
    HUB_TRY(const auto known, m_database->selectOne(u"SELECT value FROM meta WHERE key = 'hub_id'"_s, {}, read));
    if (known) {
        m_id = *known;
        return {};
    }
    m_id = QString::number(QRandomGenerator::system()->generate64(), 16).rightJustified(16, u'0').left(12);
    HUB_CHECK(m_database->execute(u"INSERT INTO meta (key, value) VALUES ('hub_id', ?)"_s, {m_id}));
    return {};
}

Result<std::unique_ptr<HubCore>> HubCore::open(const HubConfig &config, agents::Brake &brake)
{
    std::unique_ptr<HubCore> core(new HubCore(config, brake));
    core->m_guarded = agents::disksToGuard(core->m_data, core->m_config.settings);
    HUB_CHECK(core->openDatabases());
    HUB_CHECK(core->findId());
    HubCore &c = *core;
    c.m_stores = std::make_unique<state::Stores>(*c.m_database, c.m_data.bodies(), c.m_clock);
    c.m_book = std::make_unique<monitor::AlertBook>(*c.m_monitorDatabase);
    c.m_alerts = std::make_unique<monitor::AlertCenter>(c.m_stores->commits, *c.m_book, c.m_clock, [&c] {
        return std::chrono::seconds{c.m_config.settings.number(setting::alertCooldown)};
    });
    c.m_alerts->addSink(std::make_unique<monitor::LogSink>());
    c.m_alerts->addSink(std::make_unique<monitor::CommandSink>(c.m_config.settings));
    c.m_alerts->addSink(std::make_unique<monitor::WebhookSink>(c.m_config.settings, c.m_workers, c.m_data));
    for (const auto &sink : c.m_config.alertSinks)
        c.m_alerts->addSink(sink);
    c.m_profiles = std::make_unique<agents::ProfileBook>(config.agentsDir);
    c.m_vaults = std::make_unique<recovery::Vaults>(c.m_data);
    c.m_owners =
        std::make_unique<recovery::Owners>(*c.m_stores, c.m_workers,
                                           git::Owner{.hub = c.m_id,
                                                      .dataFolder = QFileInfo(config.dataDir).canonicalFilePath(),
                                                      .host = QSysInfo::machineHostName(),
                                                      .account = accountName(::geteuid())});
    c.m_records = std::make_unique<recovery::Records>(*c.m_stores, *c.m_vaults);
    c.m_checkpointer = std::make_unique<recovery::Checkpointer>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_records,
                                                                c.m_data, c.m_config.settings);
    c.m_rollback = std::make_unique<recovery::Rollback>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_records, c.m_data,
                                                        *c.m_checkpointer);
    c.m_maintenance = std::make_unique<recovery::Maintenance>(*c.m_stores, c.m_workers, *c.m_vaults, c.m_data,
                                                              c.m_config.settings, *c.m_checkpointer);
    c.m_watcher = std::make_unique<recovery::RefWatcher>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_alerts, c.m_data);
    c.m_runs = std::make_unique<agents::RunKeeper>(*c.m_stores, brake, c.m_workers);
    agents::DriverConfig driverConfig{
        config.shimProgram, config.hookProgram, c.m_id, {{u"AGENTHUB_DATA_DIR"_s, config.dataDir}}};
    driverConfig.agentEnvironment.insert(u"AGENTHUB_CTL"_s, config.programFolder + u"/agenthubctl"_s);
    c.m_driver = std::make_unique<agents::TaskDriver>(*c.m_stores, brake, *c.m_runs, c.m_workers, *c.m_profiles,
                                                      *c.m_checkpointer, *c.m_alerts, c.m_data, c.m_config.settings,
                                                      driverConfig);
    c.m_rollback->setRunControl(*c.m_driver);
    c.m_trees = std::make_unique<recovery::TreeKeeper>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_checkpointer,
                                                       c.m_data, c.m_config.settings);
    c.m_trees->setSteps(*c.m_driver);
    c.m_driver->setTreeKeeper(*c.m_trees);
    c.m_finish = std::make_unique<recovery::Finish>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_checkpointer,
                                                    *c.m_trees, c.m_data);
    c.m_finish->setRunControl(*c.m_driver);
    c.m_finish->setSteps(*c.m_driver);
    c.m_projects = std::make_unique<recovery::ProjectKeeper>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_owners,
                                                             *c.m_records, *c.m_trees, c.m_data);
    c.m_retention = std::make_unique<recovery::Retention>(*c.m_stores, *c.m_book, c.m_workers, *c.m_trees,
                                                          *c.m_maintenance, c.m_data, c.m_config.settings);
    c.m_governor = std::make_unique<recovery::StorageGovernor>(*c.m_stores, c.m_workers, *c.m_vaults, c.m_data,
                                                               c.m_config.settings);
    c.m_purge =
        std::make_unique<recovery::Purge>(*c.m_stores, *c.m_monitorDatabase, c.m_workers, *c.m_vaults, c.m_data);
    c.m_purge->setRunControl(*c.m_driver);
    c.m_backups =
        std::make_unique<recovery::HubBackups>(*c.m_stores, c.m_workers, *c.m_alerts, c.m_data, c.m_config.settings,
                                               QStringList{c.m_database->path(), c.m_monitorDatabase->path()});
    c.m_drill = std::make_unique<recovery::Drill>(*c.m_stores, c.m_workers, *c.m_vaults, *c.m_checkpointer,
                                                  *c.m_backups, *c.m_alerts, c.m_data, c.m_config.settings);
    c.m_diskUse = std::make_unique<recovery::DiskUse>(c.m_workers, c.m_clock);
    c.m_lifecycle = std::make_unique<Lifecycle>(*c.m_stores, *c.m_driver, *c.m_runs, *c.m_checkpointer, *c.m_alerts,
                                                c.m_workers, c.m_config.settings);
    c.m_reminder = std::make_unique<agents::ApprovalReminder>(*c.m_stores, *c.m_alerts);
    c.m_history = std::make_unique<monitor::HistoryStore>(*c.m_monitorDatabase);
    c.m_machine = std::make_unique<agents::MachineWatch>(*c.m_stores, c.m_workers, brake, *c.m_driver, *c.m_alerts,
                                                         *c.m_history, c.m_data, c.m_config.settings, c.m_id,
                                                         monitor::Sources::ofThisMachine());
    c.m_disks = std::make_unique<agents::DiskGuard>(c.m_guarded, *c.m_stores, brake, *c.m_runs, *c.m_driver,
                                                    *c.m_checkpointer, *c.m_alerts, c.m_config.settings);
    c.m_checkpointer->setRoomKeeper(*c.m_disks);
    connect(c.m_disks.get(), &agents::DiskGuard::historyHasRoom, c.m_machine.get(), &agents::MachineWatch::keepHistory);
    c.m_services = std::make_unique<Services>(Services{*c.m_stores,
                                                       brake,
                                                       *c.m_runs,
                                                       *c.m_driver,
                                                       *c.m_lifecycle,
                                                       *c.m_vaults,
                                                       *c.m_owners,
                                                       *c.m_records,
                                                       *c.m_checkpointer,
                                                       *c.m_rollback,
                                                       *c.m_trees,
                                                       *c.m_finish,
                                                       *c.m_projects,
                                                       *c.m_purge,
                                                       *c.m_diskUse,
                                                       *c.m_maintenance,
                                                       *c.m_retention,
                                                       *c.m_governor,
                                                       *c.m_backups,
                                                       *c.m_drill,
                                                       *c.m_machine,
                                                       *c.m_disks,
                                                       *c.m_history,
                                                       *c.m_watcher,
                                                       *c.m_alerts,
                                                       *c.m_profiles,
                                                       c.m_config.settings,
                                                       c.m_data,
                                                       c.m_workers,
                                                       c.m_config.hookProgram,
                                                       c.m_config.programFolder,
                                                       c.m_id,
                                                       c.m_clock.now()});
    HUB_TRY(c.m_dispatcher, Dispatcher::create(*c.m_services));
    c.tellEvents();
    c.watchProjects();
    c.tellDamage();
    c.tellVaults();
    c.tellVaultChecks();
    c.tellPurges();
    c.governStorage();
    return core;
}

void HubCore::tellEvents()
{
    connect(m_driver.get(), &agents::TaskDriver::taskChanged, this, [this](const Task &task) {
        m_watcher->watchClosely(task.spec.project);
        Q_EMIT eventHappened({u"task"_s, taskData(*m_services, task)});
    });
    connect(m_driver.get(), &agents::TaskDriver::messageAdded, this, [this](TaskId task, qint64 seq) {
        const auto messages = m_stores->talk.list(task, {.afterSeq = seq - 1, .newest = 0});
        if (!messages || messages->isEmpty())
            return;
        const Message &message = messages->first();
        Q_EMIT eventHappened({u"message"_s,
                              {{u"task_id"_s, task.value()},
                               {u"message_id"_s, message.seq},
                               {u"at"_s, toIso(message.at)},
                               {u"from"_s, message.author.isEmpty() ? message.role : message.author},
                               {u"role"_s, message.role},
                               {u"kind"_s, message.kind},
                               {u"text"_s, m_stores->talk.wholeBody(message).valueOr(message.body)}}});
    });
    connect(m_checkpointer.get(), &recovery::Checkpointer::checkpointTaken, this, [this](const Checkpoint &checkpoint) {
        Q_EMIT eventHappened({u"checkpoint"_s,
                              {{u"task_id"_s, checkpoint.id.task.value()},
                               {u"checkpoint_id"_s, checkpoint.id.toString()},
                               {u"type"_s, textOf(checkpointTypeTexts, checkpoint.type)},
                               {u"notes"_s, checkpoint.notes}}});
    });
    connect(m_rollback.get(), &recovery::Rollback::rolledBack, this, [this](TaskId task, const QJsonObject &receipt) {
        Q_EMIT eventHappened({u"rollback"_s, receipt});
        if (const auto now = m_stores->tasks.get(task))
            Q_EMIT eventHappened({u"task"_s, taskData(*m_services, *now)});
    });
    connect(m_finish.get(), &recovery::Finish::finished, this, [this](TaskId task, const QJsonObject &receipt) {
        Q_EMIT eventHappened({u"finish"_s, receipt});
        if (const auto now = m_stores->tasks.get(task))
            Q_EMIT eventHappened({u"task"_s, taskData(*m_services, *now)});
    });
    // What waited for the operation's end may start.
    connect(m_finish.get(), &recovery::Finish::ended, m_driver.get(), [this] { m_driver->admit(); });
    connect(m_rollback.get(), &recovery::Rollback::rolledBack, m_driver.get(), [this] { m_driver->admit(); });
    connect(m_lifecycle.get(), &Lifecycle::approvalChanged, this, [this](const Approval &approval) {
        Q_EMIT eventHappened({u"approval"_s, approvalData(approval)});
    });
    connect(m_lifecycle.get(), &Lifecycle::approvalChanged, m_reminder.get(), [this] { m_reminder->look(); });
    connect(m_alerts.get(), &monitor::AlertCenter::alertRaised, this, [this](AlertId, const QJsonObject &payload) {
        Q_EMIT eventHappened({u"alert"_s, payload});
    });
    connect(m_alerts.get(), &monitor::AlertCenter::alertAnswered, this,
            [this](const QJsonObject &payload) { Q_EMIT eventHappened({u"alert"_s, payload}); });
}

void HubCore::watchProjects()
{
    // Its tasks may have waited for that.
    const auto changed = [this](const ProjectName &name) {
        const auto project = m_stores->projects.get(name);
        if (project) {
            m_watcher->watch(*project);
            m_watcher->watchClosely(name); // its agents may have lived on
        } else {
            m_watcher->forget(name);
        }
        m_driver->admit();
        const auto channels = m_stores->notes.ofKind(projectChannelNote);
        Q_EMIT eventHappened(
            {u"project"_s,
             {{u"project"_s, name.toString()},
              {u"channel"_s, channels.valueOr({}).value(name.toString()).value(u"channel"_s).toString()}}});
    };
    connect(m_owners.get(), &recovery::Owners::projectChanged, this, changed);
    connect(m_projects.get(), &recovery::ProjectKeeper::projectChanged, this, changed);
    connect(m_purge.get(), &recovery::Purge::projectChanged, this, changed);
    connect(m_records.get(), &recovery::Records::repaired, this,
            [this](const ProjectName &project) { m_owners->look(project); });
}

// Nothing that an agent does then is lost, but git works in none of the project's trees.
void HubCore::tellDamage()
{
    const auto subject = [](const ProjectName &project) { return u"repository of "_s + project.toString(); };
    connect(m_records.get(), &recovery::Records::foundDamaged, this,
            [this, subject](const ProjectName &project, const QString &why) {
                m_stores->commits.submitOrLog(
                    u"the alert about the "_s + subject(project), [this, subject, project, why]() -> Result<> {
                        HUB_CHECK(m_alerts->raise(
                            {.type = AlertType::ManualIntervention,
                             .level = AlertLevel::Critical,
                             .subject = subject(project),
                             .title = u"The repository of project %1 is damaged"_s.arg(project.toString()),
                             .description = u"%1 agenthubctl projects repair %2"_s.arg(why, project.toString()),
                             .standing = true}));
                        return {};
                    });
            });
    connect(m_records.get(), &recovery::Records::foundWhole, this, [this, subject](const ProjectName &project) {
        m_stores->commits.submitOrLog(
            u"the end of the alert about the "_s + subject(project), [this, subject, project] {
                return m_alerts->resolveSubject(AlertType::ManualIntervention, subject(project), u"it was repaired"_s);
            });
    });
}

// One alert for each vault, which grows from a warning to an error and ends when there is room.
void HubCore::tellVaults()
{
    using recovery::VaultFill;
    connect(m_maintenance.get(), &recovery::Maintenance::vaultFilled, this,
            [this](const ProjectName &project, VaultFill fill, const QString &text) {
                const QString subject = u"vault "_s + project.toString();
                m_stores->commits.submitOrLog(
                    u"the alert about "_s + subject, [this, subject, fill, text]() -> Result<> {
                        HUB_CHECK(m_alerts->resolveSubject(AlertType::ResourceWarning, subject, text));
                        if (fill == VaultFill::Fine)
                            return {};
                        const bool full = fill == VaultFill::Full;
                        HUB_CHECK(m_alerts->raise(
                            {.type = AlertType::ResourceWarning,
                             .level = full ? AlertLevel::Error : AlertLevel::Warning,
                             .subject = subject,
                             .title = full ? u"A vault has reached its quota"_s : u"A vault comes near its quota"_s,
                             .description = text,
                             .standing = true}));
                        return {};
                    });
            });
}

// One alert for each vault in which something is missing, or may be.
void HubCore::tellVaultChecks()
{
    connect(m_maintenance.get(), &recovery::Maintenance::vaultChecked, this,
            [this](const ProjectName &project, const QString &problem) {
                const QString subject = u"what is in vault "_s + project.toString();
                m_stores->commits.submitOrLog(
                    u"the alert about "_s + subject, [this, subject, project, problem]() -> Result<> {
                        if (problem.isEmpty())
                            return m_alerts->resolveSubject(AlertType::ManualIntervention, subject, u"all is there"_s);
                        HUB_CHECK(m_alerts->raise(
                            {.type = AlertType::ManualIntervention,
                             .level = AlertLevel::Critical,
                             .subject = subject,
                             .title = u"The vault of project %1 could not be looked through"_s.arg(project.toString()),
                             .description =
                                 u"%1 Some of its checkpoints may not come back. agenthubctl drill TASK tries the "
                                 "newest one of a task, agenthubctl checkpoint TASK saves it once more."_s.arg(problem),
                             .standing = true}));
                        return {};
                    });
            });
}

void HubCore::tellPurges()
{
    connect(m_purge.get(), &recovery::Purge::projectChanged, this, [this](const ProjectName &project) {
        m_stores->commits.submitOrLog(u"the end of an alert"_s, [this, project] {
            return m_alerts->resolveSubject(AlertType::ManualIntervention, u"purge of "_s + project.toString(),
                                            u"it is finished"_s);
        });
        m_owners->look(project);
    });
    connect(m_purge.get(), &recovery::Purge::stuck, this, [this](const ProjectName &project, const QString &why) {
        const QString subject = u"purge of "_s + project.toString();
        m_stores->commits.submitOrLog(u"the alert about the "_s + subject, [this, subject, project, why]() -> Result<> {
            HUB_CHECK(
                m_alerts->raise({.type = AlertType::ManualIntervention,
                                 .level = AlertLevel::Critical,
                                 .subject = subject,
                                 .title = u"A purge of project %1 could not be finished"_s.arg(project.toString()),
                                 .description = why}));
            return {};
        });
    });
}

namespace
{

// The disk of a folder, by where it is mounted; null when the sample has none.
const monitor::FileSystem *diskOf(const monitor::Sample &sample, const QString &folder)
{
    const monitor::FileSystem *found = nullptr;
    for (const monitor::FileSystem &disk : sample.disks) {
        const QString below = disk.mount.endsWith(u'/') ? disk.mount : disk.mount + u'/';
        if ((folder + u'/').startsWith(below) && (!found || disk.mount.size() > found->mount.size()))
            found = &disk;
    }
    return found;
}

} // namespace

// Working trees lie on the disk of the data folder; the monitor says when that one is low, and by how much.
void HubCore::governStorage()
{
    constexpr int slack = 5; // percent below the warning that are to be free again
    connect(m_machine.get(), &agents::MachineWatch::sampled, this, [this](const monitor::Sample &sample) {
        const monitor::FileSystem *disk = diskOf(sample, QFileInfo(m_data.root()).canonicalFilePath());
        if (!disk)
            return;
        const auto standing = m_machine->standing();
        const bool low = std::any_of(standing.begin(), standing.end(), [&](const monitor::Verdict &verdict) {
            return verdict.metric == monitor::Metric::Disk && verdict.subject == disk->mount &&
                   verdict.concern != monitor::Concern::Fine;
        });
        const qint64 used = disk->size - disk->free;
        const qint64 wanted =
            disk->size / 100 * std::max<qint64>(m_config.settings.number(setting::diskWarning) - slack, 0);
        m_governor->noteDisk(low ? std::optional(std::max<qint64>(used - wanted, 1)) : std::nullopt);
    });
    const QString subject = u"build output"_s;
    const auto over = [this, subject](const QString &why) {
        m_stores->commits.submitOrLog(u"the end of an alert"_s, [this, subject, why] {
            return m_alerts->resolveSubject(AlertType::ResourceWarning, subject, why);
        });
    };
    connect(m_governor.get(), &recovery::StorageGovernor::notNeeded, this, [over] { over(u"the disk has room"_s); });
    connect(m_governor.get(), &recovery::StorageGovernor::found, this, [this, subject, over](qint64 bytes) {
        if (bytes < (1 << 20))
            return over(u"nothing more can be freed"_s);
        m_stores->commits.submitOrLog(u"the alert about "_s + subject, [this, subject, bytes]() -> Result<> {
            HUB_CHECK(m_alerts->raise(
                {.type = AlertType::ResourceWarning,
                 .level = AlertLevel::Warning,
                 .subject = subject,
                 .title = u"Build output and caches take %1 of a disk that is low"_s.arg(recovery::sizeText(bytes)),
                 .description = u"They lie in working trees of tasks that don't run, and can be made "
                                "again: agenthubctl cleanup --caches shows them, and asks before it "
                                "removes any."_s,
                 .standing = true}));
            return {};
        });
    });
}

Result<> HubCore::begin()
{
    HUB_TRY(const auto executing, m_stores->operations.executing());
    QSet<TaskId> unfinished;
    for (const auto &operation : executing)
        unfinished.insert(operation.task);
    HUB_TRY(const auto purging, m_purge->unfinished());
    unfinished.unite(purging);
    m_owners->begin(); // before anything is done in a repository
    m_projects->begin();
    HUB_CHECK(m_disks->begin());
    HUB_CHECK(m_driver->adopt(unfinished));
    refreshGuards(*m_services);
    for (const auto &operation : executing) {
        auto finishing =
            operation.isFinish() ? m_finish->finishInterrupted(operation) : m_rollback->finishInterrupted(operation);
        whenDone(std::move(finishing), this, [this, operation](const Result<> &finished) {
            if (finished || finished.error().code == ErrorCode::ShuttingDown)
                return;
            qCCritical(lcRecovery).noquote()
                << operation.id.toString() << "could not be finished:" << finished.error().message;
            m_stores->commits.submitOrLog(
                u"the alert about "_s + operation.id.toString(),
                [this, operation, why = finished.error().message]() -> Result<> {
                    HUB_CHECK(m_alerts->raise({.type = AlertType::ManualIntervention,
                                               .level = AlertLevel::Critical,
                                               .subject = u"operation "_s + operation.id.toString(),
                                               .title = u"%1 of task #%2 could not be finished"_s.arg(
                                                   operation.id.toString(), operation.task.toString()),
                                               .description = why,
                                               .task = operation.task}));
                    return {};
                });
        });
    }
    m_purge->begin();
    m_finish->sweep();
    m_lifecycle->resumeWaiting();
    m_maintenance->begin();
    HUB_CHECK(m_machine->begin());
    m_retention->begin();
    m_governor->begin();
    tellRescue();
    tellImport();
    m_backups->begin();
    m_drill->begin();
    m_reminder->begin();
    m_alerts->deliver();
    m_trees->watch();
    m_watcher->begin();
    m_stores->commits.flush();
    return {};
}

} // namespace hub
