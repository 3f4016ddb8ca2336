// What is done about a protected ref that was moved past git's hooks: put back when it was an agent's doing, else told.
// The log of git operations is the journal: a row says what is about to be put back before anything is changed.
#pragma once

#include "core/monitor/alertcenter.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/refjudge.h"

namespace hub::recovery
{

class MovedRefs
{
public:
    MovedRefs(state::Stores &stores, Vaults &vaults, monitor::AlertCenter &alerts, const DataFolder &data);

    // The project's worker. Nothing is done when the change was accounted for meanwhile, or the ref moved again.
    Result<> settle(const ProjectName &project, const git::RepositoryPlace &place, const RefChange &change);

    // Hub thread, inside work. A value on which a person went on: told, and nothing else.
    Result<> tellSteppedOver(const ProjectName &project, const RefChange &change);
    // Hub thread, inside work: tells of what a hub before this one had put back when it died.
    Result<> finishInterrupted(const ProjectName &project, const git::RefValues &now);

private:
    struct Facts {
        bool open = false;  // it is still not accounted for
        QString runs;       // which may have done it; empty: no agent ran
        bool begun = false; // a hub before this one wrote down that it puts this back
    };
    struct Outcome {
        RefChange change;
        Facts facts;
        bool undone = false;
        QString why;            // why it was not put back
        QString kept;           // in the vault: what was displaced
        QStringList checkedOut; // folders whose files were not touched
        QString command;        // with which a person puts it back
    };
    Result<Facts> factsOf(const ProjectName &project, const RefChange &change) const;
    Result<> putBack(const ProjectName &project, const git::RepositoryPlace &place, Outcome &outcome);
    // Hub thread, inside work.
    Result<> begin(const ProjectName &project, const Outcome &outcome);
    Result<> tell(const ProjectName &project, const Outcome &outcome);

    state::Stores &m_stores;
    Vaults &m_vaults;
    monitor::AlertCenter &m_alerts;
    const DataFolder &m_data;
};

} // namespace hub::recovery
