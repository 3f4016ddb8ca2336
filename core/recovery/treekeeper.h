// Keeps the working trees of tasks: furnishes new ones, takes those away that nobody needs, and makes them again as
// they were. Everything that removes a task's tree goes through remove().
#pragma once

#include "core/recovery/checkpointer.h"
#include "core/recovery/diskuse.h"
#include "core/recovery/treesteps.h"

#include <QTimer>

namespace hub::recovery
{

struct RemovedTree {
    CheckpointId checkpoint; // holds all that was in it
    qint64 bytes = 0;        // that it took on the disk
    QStringList ignored;     // ignored files that no checkpoint holds, gone with it
};

struct EvictionRules {
    std::optional<std::chrono::milliseconds> olderThan; // trees of tasks that ended longer ago than this go
    qint64 totalLimit = 0;                              // bytes of all trees; above, the longest unused go. 0: no limit
};

struct EvictionReport {
    QList<std::pair<TaskId, RemovedTree>> removed;
    QList<std::pair<TaskId, QString>> kept; // due, but with a reason against it
};

class TreeKeeper final : public QObject
{
    Q_OBJECT

public:
    TreeKeeper(state::Stores &stores, Workers &workers, Vaults &vaults, Checkpointer &checkpointer,
               const DataFolder &data, const Settings &settings);
    void setSteps(TreeSteps &steps) { m_steps = &steps; }

    // The project's worker. Submodules, and the ignored files that the project wants brought along: what git does not
    // put into a new tree. Safe to repeat. Sentences for the task's conversation.
    Result<QStringList> furnish(const git::RepositoryPlace &main, const git::RepositoryPlace &tree,
                                const QJsonObject &options) const;

    // The project's worker. Makes the task's working tree again, as its checkpoint has it, when it was removed or its
    // folder is gone. Safe to repeat after a crash.
    Result<> bringBack(TaskId task);

    // Hub thread. Runs the project's teardown, takes a last checkpoint, keeps an archive ref, and removes the tree of
    // an ended task. Refused, and nothing removed, while anything runs there or something in it is not in the vault.
    QFuture<Result<RemovedTree>> remove(TaskId task, const QString &why);

    // The project's worker. The same for a finish that carries its journal through itself, without the teardown, which
    // comes before: the task has not ended yet, and of its operations this one alone may be under way. NotFound when
    // there is no tree any more.
    Result<RemovedTree> removeNow(TaskId task, const QString &why, OperationId on) { return removeJob(task, why, on); }

    // Hub thread. Removes what is due, one after another; never a tree whose task has not ended.
    QFuture<Result<EvictionReport>> evict(const EvictionRules &rules);
    // What the settings want, now and then once a day.
    void watch();

private:
    struct Facts {
        Task task;
        QString project; // its folder
        QJsonObject options;
        std::optional<qint64> removed; // the checkpoint that holds what was in the tree
        std::optional<Checkpoint> newest;
        Result<> touch = {};  // whether anything of the project may be touched
        bool leaving = false; // the project is being removed, which needs its trees gone
    };
    struct Eviction {
        QList<Task> due;    // in the order in which they go
        qsizetype aged = 0; // so many of them because they are old, the rest while there is too much
        qint64 over = 0;    // bytes that have to go yet
        EvictionReport report;
        std::shared_ptr<QPromise<Result<EvictionReport>>> promise;
    };
    Result<Facts> factsOf(TaskId task) const; // hub thread
    Result<RemovedTree> removeJob(TaskId task, const QString &why, std::optional<OperationId> on = {});
    Result<RemovedTree> finishRemoval(const Facts &facts);
    Result<> mayGo(const Facts &facts, std::optional<OperationId> on = {}) const;
    Result<> refuseUnheld(const Facts &facts, const git::RepositoryPlace &place, const Checkpoint &last,
                          RemovedTree &removed) const;
    Result<> restoreInto(const Facts &facts, qint64 number);
    void note(TaskId task, const QString &text);
    Result<> logTree(const Task &task, const QString &action, const QString &outcome, const QString &detail);
    QList<Task> endedWithTree() const;
    void removeNext(const std::shared_ptr<Eviction> &eviction);
    void look();
    void sweep();

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    Checkpointer &m_checkpointer;
    const DataFolder &m_data;
    const Settings &m_settings;
    TreeSteps *m_steps = nullptr;
    QTimer m_clock;
};

} // namespace hub::recovery
