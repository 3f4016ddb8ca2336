// Watches the protected branches of all projects, and HEAD of their main working trees, for what no git hook sees.
// Looks when the kernel tells of a change, and every two seconds while an agent of the project lives or has just ended.
// Hub thread; what touches a repository runs on workers: looks, and putting back, on queues of their own, so that no
// long job delays them; what needs the vault on the project's.
#pragma once

#include "core/git/refnotifier.h"
#include "core/recovery/movedrefs.h"

#include <QTimer>

#include <atomic>

namespace hub::recovery
{

class RefWatcher final : public QObject
{
    Q_OBJECT

public:
    RefWatcher(state::Stores &stores, Workers &workers, Vaults &vaults, monitor::AlertCenter &alerts,
               const DataFolder &data);
    ~RefWatcher() override;

    // All projects; also for one that was moved while no hub ran.
    void begin();
    // A project that came, or whose guard did. What was never looked at is taken as it is.
    void watch(const state::Project &project);
    // A project that went, or that this hub has to keep off. Until it is watched again.
    void forget(const ProjectName &project);
    // An agent of the project may run from now on.
    void watchClosely(const ProjectName &project);

    struct Watch {
        bool settled = true;  // nothing waits for being told
        bool watched = false; // it has protected branches, and could be read
        bool heard = false;   // the kernel tells of changes
        std::optional<Instant> lookedAt;
    };
    // After a look that begins now.
    QFuture<Result<Watch>> look(const ProjectName &project);

    // No look begins any more. Any thread.
    void stop() { m_lookers.stop(); }
    void wait() { m_lookers.wait(); }

private:
    static constexpr std::chrono::milliseconds closely{2000};
    static constexpr qint64 intentionHolds = 10000; // ms until its value has to show

    struct Telling {
        RefChange change;
        std::shared_ptr<std::atomic<bool>> done;
    };
    // What the looks of one project remember; one look of a project runs at a time.
    struct Eye {
        ProjectName project;
        QString path;
        std::optional<git::RepositoryPlace> place;
        QList<QByteArray> refs;
        QByteArray stamp, headLog;
        QList<git::GuardMove> intentions; // of the last moments
        QList<git::GuardMove> undone;     // of them those of which no line says yet that they are done
        QList<RefChange> outside;         // of the look that runs
        QSet<QString> ours;               // "ref value" of moves that were authorised: their lines are no person's
        bool guardGone = false;
        Watch state;
        QList<Telling> telling;             // what stays where it is, until the project's worker has told it
        std::atomic<bool> unfinished{true}; // something may have been put back and not been told
        std::optional<QList<MovedRefs::Outcome>> interrupted; // of the look that runs: such
    };
    struct Watched {
        std::shared_ptr<Eye> eye;
        bool looking = false, again = false, closely = false, gone = false;
        std::vector<std::shared_ptr<QPromise<Result<Watch>>>> waiting; // for the next look to end
    };

    void lookSoon(const ProjectName &project);
    void lookClosely();
    void onLooked(const ProjectName &project, Instant begun, const Result<Watch> &looked);
    void noteCheck(const ProjectName &project, Instant begun);

    // Workers.
    Result<Watch> lookJob(Eye &eye);
    Result<> findRefs(Eye &eye);
    void settle(const std::shared_ptr<Eye> &eye, QList<RefChange> changes);
    void concludeLater(const std::shared_ptr<Eye> &eye, const MovedRefs::Outcome &outcome);
    void finishLater(const std::shared_ptr<Eye> &eye, const QList<MovedRefs::Outcome> &outcomes);
    void complain(const ProjectName &project, const Error &error);

    // Hub thread, inside work: records what is accounted for, and answers with what isn't.
    Result<QList<RefChange>> account(Eye &eye, const git::RefValues &now, const git::MovesRead &read,
                                     const QMap<uint, QString> &names);
    Result<> recordMoves(Eye &eye, const git::MovesRead &read, const QMap<uint, QString> &names);
    Result<bool> worksInPlace(const ProjectName &project) const;

    state::Stores &m_stores;
    Workers &m_workers;
    MovedRefs m_moved;
    git::RefNotifier m_notifier;
    QTimer m_timer;
    std::map<ProjectName, Watched> m_watched;
    Workers m_lookers; // gone before what its jobs use
};

} // namespace hub::recovery
