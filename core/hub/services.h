// What command handlers may use. All of it belongs to the hub thread.
#pragma once

#include "core/agents/diskguard.h"
#include "core/agents/machinewatch.h"
#include "core/hub/frontstatus.h"
#include "core/hub/lifecycle.h"
#include "core/recovery/drill.h"
#include "core/recovery/finish.h"
#include "core/recovery/projectkeeper.h"
#include "core/recovery/purge.h"
#include "core/recovery/refwatcher.h"
#include "core/recovery/retention.h"
#include "core/recovery/rollback.h"
#include "core/recovery/storagegovernor.h"

namespace hub
{

struct Services {
    state::Stores &stores;
    agents::Brake &brake;
    agents::RunKeeper &runs;
    agents::TaskDriver &driver;
    Lifecycle &lifecycle;
    recovery::Vaults &vaults;
    recovery::Owners &owners;
    recovery::Records &records;
    recovery::Checkpointer &checkpointer;
    recovery::Rollback &rollback;
    recovery::TreeKeeper &trees;
    recovery::Finish &finish;
    recovery::ProjectKeeper &projects;
    recovery::Purge &purge;
    recovery::DiskUse &diskUse;
    recovery::Maintenance &maintenance;
    recovery::Retention &retention;
    recovery::StorageGovernor &governor;
    recovery::HubBackups &backups;
    recovery::Drill &drill;
    agents::MachineWatch &machine;
    agents::DiskGuard &disks;
    monitor::HistoryStore &history;
    recovery::RefWatcher &watcher;
    monitor::AlertCenter &alerts;
    agents::ProfileBook &profiles;
    Settings &settings;
    const DataFolder &data;
    Workers &workers;
    QByteArray hookProgram;
    QString programFolder; // of the daemon, where others of ours lie
    QString hubId;
    Instant startedAt;
    FrontStatuses fronts{};

    Instant now() const { return stores.clock.now(); }
};

} // namespace hub
