// Gives back what build output and caches take in the hub's own working trees, on demand, and, by setting, when the
// disk comes near its limit. Only of tasks that nothing of runs, and of whose tree all that git does not ignore is in
// their newest checkpoint; a person's checkout is never looked at. Hub thread; looking and removing is done on workers.
#pragma once

#include "core/git/caches.h"
#include "core/recovery/checkpointer.h"

namespace hub::recovery
{

struct TreeCaches {
    TaskId task;
    ProjectName project;
    QString tree;
    std::vector<git::CacheEntry> entries; // the one that was written longest ago first
    std::vector<std::pair<QByteArray, QString>> withheld;
    QString stays; // why nothing of this tree goes; empty: nothing speaks against it

    qint64 bytes() const;
};

struct CachePlan {
    QList<TreeCaches> trees; // those with something to say

    qint64 bytes() const;
    QString confirm() const; // names exactly this
    // Of these the oldest until `enough` bytes are together, and none that was written after `before`.
    CachePlan oldest(qint64 enough, Instant before) const;
};

class StorageGovernor final : public QObject
{
    Q_OBJECT

public:
    StorageGovernor(state::Stores &stores, Workers &workers, Vaults &vaults, const DataFolder &data,
                    const Settings &settings);

    // What a hub before this one had taken out already is removed.
    void begin();
    QFuture<Result<CachePlan>> plan();
    // Answers with what went. Each tree by itself: what changed since the plan stays, and says why.
    QFuture<Result<CachePlan>> carryOut(const CachePlan &plan, const QString &who, const QString &origin);

    // The disk of the working trees has come near its limit, by so many bytes; nothing: it has not.
    void noteDisk(std::optional<qint64> missing);
    // What could be freed while the disk is low, as of the last look.
    std::optional<qint64> known() const { return m_known; }

Q_SIGNALS:
    void found(qint64 bytes); // on a disk that is low
    void notNeeded();         // any more

private:
    struct Round {
        CachePlan plan, gone;
        QString who, origin;
        qsizetype next = 0;
        QPromise<Result<CachePlan>> promise;
    };
    struct Facts {
        Task task;
        state::Project project;
        std::optional<Checkpoint> newest;
        QString stays;
    };
    struct TakenOut {
        TreeCaches tree;
        QList<QByteArray> aside; // where it lies now
    };
    Result<QList<Task>> candidates() const;   // inside work
    Result<Facts> factsOf(TaskId task) const; // inside work
    static git::CacheRules rulesFor(const state::Project &project);
    QByteArray asideFolder() const;
    void takeNext(const std::shared_ptr<Round> &round);
    void looked(const CachePlan &plan);

    // Workers.
    Result<CachePlan> planJob();
    Result<TakenOut> takeOutJob(TreeCaches tree, const QString &who, const QString &origin);
    Result<> record(const TreeCaches &tree, const QString &who, const QString &origin);

    state::Stores &m_stores;
    Workers &m_workers;
    Vaults &m_vaults;
    const DataFolder &m_data;
    const Settings &m_settings;
    std::optional<qint64> m_known;
    std::optional<qint64> m_missing;
    std::optional<Instant> m_lookedAt;
    bool m_looking = false;
};

} // namespace hub::recovery
