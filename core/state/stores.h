// All of task_state.db in one place: opened once, used on the hub thread.
#pragma once

#include "core/db/commitgroup.h"
#include "core/state/approvalstore.h"
#include "core/state/audittrail.h"
#include "core/state/bodystore.h"
#include "core/state/conversation.h"
#include "core/state/erasure.h"
#include "core/state/gitlog.h"
#include "core/state/holdstore.h"
#include "core/state/notestore.h"
#include "core/state/refstore.h"
#include "core/state/runstore.h"
#include "core/state/taskstore.h"
#include "core/state/workstore.h"

namespace hub::state
{

struct Stores {
    Stores(db::Database &database, const QString &bodyFolder, const Clock &systemClock)
        : clock(systemClock)
        , commits(database)
        , bodies(bodyFolder)
        , projects(database, clock)
        , tasks(database, clock)
        , talk(database, bodies, clock)
        , runs(database, clock)
        , approvals(database, clock)
        , holds(database, clock)
        , queue(database, clock)
        , operations(database, clock)
        , audit(database, clock)
        , erasure(database, clock)
        , gitLog(database, clock)
        , refs(database, clock)
        , notes(database, clock)
    {
    }

    const Clock &clock;
    db::CommitGroup commits;
    BodyStore bodies;
    ProjectStore projects;
    TaskStore tasks;
    Conversation talk;
    RunStore runs;
    ApprovalStore approvals;
    HoldStore holds;
    MessageQueue queue;
    OperationStore operations;
    AuditTrail audit;
    Erasure erasure;
    GitLog gitLog;
    RefStore refs;
    NoteStore notes;
};

} // namespace hub::state
