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
        QString kept;           // what was displaced: held in the repository, then in the vault
        QStringList checkedOut; // folders whose files were not touched
        QString command;        // with which a person puts it back
    };

    // Beside the project's worker, so that no job delays it: puts back what an agent moved. The outcome is still to be
    // told. Nothing, when the change was accounted for meanwhile, or the ref moved again.
    Result<std::optional<Outcome>> settle(const ProjectName &project, const git::RepositoryPlace &place,
                                          const RefChange &change);
    // The project's worker: what was displaced goes into the vault, then it is told.
    Result<> conclude(const ProjectName &project, const git::RepositoryPlace &place, Outcome outcome);

    // The project's worker: what a hub before this one held and did not let go of.
    Result<> archiveHeld(const ProjectName &project, const git::RepositoryPlace &place);

    // Hub thread, inside work. A value on which a person went on: told, and nothing else.
    Result<> tellSteppedOver(const ProjectName &project, const RefChange &change);
    // Hub thread, inside work: what was put back, and not told yet when the hub died, or could not be.
    Result<QList<Outcome>> interrupted(const ProjectName &project, const git::RefValues &now) const;

private:
    Result<Facts> factsOf(const ProjectName &project, const RefChange &change) const;
    // Whether there is something to tell.
    Result<bool> putBack(const ProjectName &project, const git::RepositoryPlace &place, Outcome &outcome);
    // Hub thread, inside work.
    Result<> begin(const ProjectName &project, const Outcome &outcome);
    Result<> tell(const ProjectName &project, const Outcome &outcome);

    state::Stores &m_stores;
    Vaults &m_vaults;
    monitor::AlertCenter &m_alerts;
    const DataFolder &m_data;
};

} // namespace hub::recovery
