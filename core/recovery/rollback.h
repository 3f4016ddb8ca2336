// Going back, as a whole: files, index, HEAD, the task's branch, the task's state and its conversation; proved, and
// undoable like everything else. All jobs run on the project's git worker.
#pragma once

#include "core/git/restore.h"
#include "core/recovery/checkpointer.h"
#include "core/recovery/gittarget.h"
#include "core/recovery/handedits.h"
#include "core/recovery/records.h"

namespace hub::recovery
{

struct RollbackRequest {
    TaskId task;
    qint64 target = 0;            // checkpoint number
    std::optional<GitTarget> git; // instead of a checkpoint; it becomes one
    QString path;                 // not empty: this file or folder alone
    bool keepEdits = true;        // what people changed by hand since then stays
    std::optional<OperationId> undoes;
    QString who;
    QString confirm; // of the preview that was agreed to; empty: go ahead
};

struct RollbackPreview {
    CheckpointId target;                     // number 0: it becomes a checkpoint when it is gone back to
    QStringList restored, deleted;           // paths, for people
    QList<std::pair<QString, QString>> kept; // path and why
    QStringList edited;                      // changed by a person since; kept, unless that was not wanted
    QString editedAfter;                     // the first checkpoint that does not have them
    QStringList mixed;  // changed by a person and again later: they go back, and this checkpoint has the person's
    QStringList purged; // what does not come back, with the reason
    QString branchNotMoved;
    bool indexDiffers = false, headDiffers = false;
    qint64 messagesHidden = 0;
    QString confirm; // names exactly this plan
};

struct RollbackReceipt {
    OperationId operation;
    CheckpointId target, before;
    qint64 restored = 0, deleted = 0, verified = 0;
    QStringList differences; // what could not be made as it was, with reasons
    QStringList notes;
    QList<state::RefMove> refs; // what was moved, for the log of git operations
    bool resumed = false;       // finished after the hub was interrupted in the middle
    QJsonObject toJson() const;
};

class Rollback final : public QObject
{
    Q_OBJECT

public:
    Rollback(state::Stores &stores, Workers &workers, Vaults &vaults, Records &records, const DataFolder &data,
             Checkpointer &checkpointer);
    void setRunControl(RunControl &runs) { m_runs = &runs; }

    // Hub thread. Executing repairs a damaged repository of the project first. preview() changes nothing that a person
    // could see, except that a working tree that is gone becomes a folder with a link to its repository again.
    QFuture<Result<RollbackPreview>> preview(const RollbackRequest &request);
    QFuture<Result<RollbackReceipt>> execute(const RollbackRequest &request);

    // Hub thread, at start, before any agent of these tasks may go on: finishes what a crash interrupted.
    QFuture<Result<>> finishInterrupted(const state::Operation &operation);

Q_SIGNALS:
    void rolledBack(const hub::TaskId &task, const QJsonObject &receipt);

private:
    struct Job {
        Task task;
        Checkpoint target;
        git::RestorePlace place;
        QString project;        // its folder
        QStringList notes = {}; // for the receipt
        TreeHistory history = {};
    };
    struct Plan {
        git::RestorePlan steps;
        HandEdits edits;
    };
    Result<Job> jobFor(const Task &task, const Checkpoint &target) const;
    Result<Job> prepare(const RollbackRequest &request);
    Result<> repairFirst(Job &job, bool thorough);
    Result<RollbackReceipt> executeOnce(const RollbackRequest &request, Job &job);
    Result<RollbackPreview> previewJob(const RollbackRequest &request);
    Result<RollbackReceipt> executeJob(const RollbackRequest &request);
    Result<> freeLocks(const RollbackRequest &request, const Job &job);
    Result<RollbackReceipt> held(const RollbackRequest &request, Job &job);
    Result<> numberTarget(Job &job, const GitTarget &target);
    Result<> makeTarget(Job &job, const GitTarget &target, const QByteArray &ref);
    Result<Plan> plan(const RollbackRequest &request, const Job &job, git::Vault &vault, const git::ObjectId &current,
                      const git::ObjectId &target) const;
    Result<RollbackReceipt> carryOut(const state::Operation &operation, const Job &job, const git::RestorePlan &plan,
                                     git::Vault &vault);
    Result<> abandon(const state::Operation &operation, const Job &job, const git::RestorePlan &plan, git::Vault &vault,
                     const Error &why);
    Result<> log(const state::Operation &operation, const Job &job, const QList<state::RefMove> &refs,
                 const QString &outcome);
    Result<> commitReceipt(const state::Operation &operation, const Job &job, const RollbackReceipt &receipt);
    git::RestoreOptions optionsFor(const Task &task, const QJsonObject &journal) const;

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Records &m_records;
    const DataFolder &m_data;
    Checkpointer &m_checkpointer;
    RunControl *m_runs = nullptr;
};

} // namespace hub::recovery
