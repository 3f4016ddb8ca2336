// Ends a task by bringing its work home, keeping it, or putting it away: one operation with a journal, a receipt and an
// undo, which can be undone too. Only this moves a protected branch. All jobs run on the project's git worker.
#pragma once

#include "core/git/finishing.h"
#include "core/git/restore.h"
#include "core/recovery/treekeeper.h"

namespace hub::recovery
{

enum class FinishHow { Push, Merge, Squash, Keep, Discard };
inline constexpr EnumText<FinishHow> finishHowTexts[]{{FinishHow::Push, QLatin1StringView("push")},
                                                      {FinishHow::Merge, QLatin1StringView("merge")},
                                                      {FinishHow::Squash, QLatin1StringView("squash")},
                                                      {FinishHow::Keep, QLatin1StringView("keep")},
                                                      {FinishHow::Discard, QLatin1StringView("discard")}};

bool merges(FinishHow how); // merge, squash

// Refused when the branch (short name) is protected and the caller may not move those. The project's worker.
Result<> mayMove(const git::RepositoryPlace &main, const QString &branch, const QStringList &protectedBranches,
                 bool mayMoveProtected);

struct FinishRequest {
    TaskId task;
    std::optional<FinishHow> how; // none: push where a remote is set, else merge
    QString into;                 // a local branch; empty: the one that the task began from
    QString message;              // empty: from the task's title
    bool check = true;            // run the project's check first
    QString who;
    QStringList protectedBranches; // as the setting has them
    bool mayMoveProtected = false;
    QString confirm; // of the preview that was agreed to; empty: go ahead
};

struct FinishPlan {
    FinishHow how = FinishHow::Keep;
    QString branch, into, remote, link;
    QStringList uncommitted, nested; // paths that are committed first; repositories of their own, which are not
    qint64 commits = 0;              // that the target, or the base, lacks
    QString message;
    QString check;         // the command that runs first
    bool moved = false;    // a branch that isn't the task's is moved, or the remote gets one
    bool treeGone = false; // its working tree was removed before
    QString confirm;       // names exactly this plan
};

struct FinishReceipt {
    OperationId operation;
    TaskId task;
    FinishHow how = FinishHow::Keep;
    QString branch, into, commit, remote, link;
    CheckpointId before;
    qint64 committed = 0; // paths that were uncommitted
    bool undo = false;    // it took a finish, or the undo of one, back
    bool resumed = false; // finished after the hub was interrupted in the middle
    QStringList notes;
    QJsonObject toJson() const;
};

class Finish final : public QObject
{
    Q_OBJECT

public:
    Finish(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer, TreeKeeper &trees,
           const DataFolder &data);
    void setRunControl(RunControl &runs) { m_runs = &runs; }
    void setSteps(TreeSteps &steps) { m_steps = &steps; }

    // Hub thread. preview() changes nothing, except that a working tree that was removed is made again where the work
    // is to be committed. execute() runs the project's check between two looks; its failure, a conflict, a hook's or
    // the server's refusal leave everything as it was.
    QFuture<Result<FinishPlan>> preview(const FinishRequest &request);
    QFuture<Result<FinishReceipt>> execute(const FinishRequest &request);

    // Hub thread. Takes a finish back, or the undo of one. Refused, and nothing done, when the branch that it moved
    // stands elsewhere now, or is checked out with changes. previewUndo() gives sentences.
    struct UndoRequest {
        OperationId operation;
        QString who;
        QStringList protectedBranches;
        bool mayMoveProtected = false;
    };
    QFuture<Result<QStringList>> previewUndo(const UndoRequest &request);
    QFuture<Result<FinishReceipt>> undo(const UndoRequest &request);

    // Hub thread, at start, before any agent of these tasks may go on: finishes or takes back what a crash interrupted.
    QFuture<Result<>> finishInterrupted(const state::Operation &operation);
    // Hub thread, at start: what a hub before this one had no time to delete.
    void sweep();

Q_SIGNALS:
    void finished(const hub::TaskId &task, const QJsonObject &receipt);
    void ended(const hub::TaskId &task); // an operation of it, however it went

private:
    struct Facts {
        Task task;
        state::Project project;
        git::SnapshotOptions snapshots;
        bool treeRemoved = false;
    };
    struct Look {
        Facts facts;
        FinishPlan plan = {};
        git::RepositoryPlace main = {};
        std::optional<git::RepositoryPlace> tree = {};
        git::ObjectId tip = {}; // of the task's branch
        QByteArray target = {}; // full name; for merge and squash
        std::optional<git::ObjectId> targetTip = {};
        QList<QByteArray> uncommitted = {};
    };
    // One operation on its way; the journal is what a restarted hub goes by.
    struct Job {
        Facts facts;
        git::RepositoryPlace main;
        state::Operation operation;
        QStringList notes = {};
        qint64 committed = 0;
        bool resumed = false;
        bool stuck = false; // it could not be put back either
    };

    // finishplan.cpp: what would be done, and all reasons against it
    Result<Facts> factsOf(TaskId task) const;    // inside work
    Result<> refuseBusy(const Task &task) const; // inside work
    Result<Look> look(const FinishRequest &request);
    Result<> lookAtBranch(Look &look);
    Result<> lookForTarget(const FinishRequest &request, Look &look) const;
    Result<> lookForRemote(const FinishRequest &request, Look &look) const;
    Result<> tryOut(const FinishRequest &request, Look &look) const;

    // finish.cpp: the deed
    Result<FinishPlan> begin(const FinishRequest &request);
    Result<FinishReceipt> carryOut(const FinishRequest &request);
    Result<FinishReceipt> held(const FinishRequest &request, const Look &look);
    Result<> bringHome(const FinishRequest &request, const Look &look, Job &job);
    Result<git::ObjectId> commitWork(const FinishRequest &request, const Look &look, Job &job);
    Result<git::ObjectId> merge(const FinishRequest &request, const Look &look, const git::ObjectId &tip, Job &job);
    git::Environment markOf(const Job &job) const;
    QByteArray mergeFolder(const Job &job) const;

    // finishmoves.cpp: steps that bear being done again
    Result<> prepareMove(Job &job);
    Result<> writeDown(Job &job, bool ready);
    Result<FinishReceipt> conclude(Job &job);
    Result<> moveTarget(Job &job, bool back);
    Result<> moveTree(const Job &job, bool back);
    Result<> putAway(Job &job);
    Result<> bringBack(Job &job);
    Result<FinishReceipt> commitReceipt(const Job &job);
    Error abandon(Job &job, Error why);
    Result<> takeCommitBack(const Job &job);

    // finishundo.cpp
    Result<Job> reversed(const UndoRequest &request);
    Result<> refuseMoved(const UndoRequest &request, const Job &job) const;
    QStringList tellUndo(const Job &job) const;
    Result<FinishReceipt> undoJob(const UndoRequest &request);
    Result<FinishReceipt> undoHeld(const UndoRequest &request, Job &job);
    Result<> recover(const state::Operation &operation);

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Checkpointer &m_checkpointer;
    TreeKeeper &m_trees;
    const DataFolder &m_data;
    RunControl *m_runs = nullptr;
    TreeSteps *m_steps = nullptr;
};

} // namespace hub::recovery
