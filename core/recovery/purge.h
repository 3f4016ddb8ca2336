// Erases a path or a text from all that the hub keeps of a project: the one exception to "nothing is lost". Written
// down before it begins, and done to the end by the next hub when this one dies: every step looks first what is still
// to do. What is looked for lies meanwhile in purge/PROJECT of the data folder, for the owner alone, and nowhere else;
// the file goes last. Hub thread, except where said; the work is one job of the project's worker.
#pragma once

#include "core/git/vaultpurge.h"
#include "core/recovery/checkpointer.h"
#include "core/state/rowpurge.h"

namespace hub::recovery
{

struct PurgeRequest {
    ProjectName project;
    git::PurgeTarget target;
    QString who;
    QString confirm; // of the preview that was agreed to; empty: go ahead

    // A path as people write it, or a text. InvalidInput says what is wrong with it, without repeating a text.
    static Result<git::PurgeTarget> path(const QString &path);
    static Result<git::PurgeTarget> text(const QString &text);
};

struct PurgeReport {
    git::VaultFindings vault;
    QMap<QString, qint64> rows;                    // of both databases, by what they are
    qint64 bodies = 0;                             // large messages that lie in files
    QList<std::pair<QString, QString>> copies;     // of the databases, and what was found or became of each
    QStringList runs;                              // folders of runs
    QStringList files;                             // that people sent to agents: "12/0a1b2c-key.pem"
    qint64 objects = 0;                            // that left the vault
    QList<std::pair<QString, QString>> notReached; // where it may still be, and what to do about that

    bool isEmpty() const;
    QString inWords() const;                           // what was found, for people, without what was looked for
    QString confirm(const ProjectName &project) const; // names exactly this, and nothing of what is looked for
};

class Purge final : public QObject
{
    Q_OBJECT

public:
    Purge(state::Stores &stores, db::Database &monitor, Workers &workers, Vaults &vaults, const DataFolder &data);
    void setRunControl(RunControl &runs) { m_runs = &runs; }

    // Tasks of projects in which one was cut off: their agents stay held until it is done.
    Result<QSet<TaskId>> unfinished() const;
    // Goes on with what a hub before this one had begun.
    void begin();
    // What runs is given up, to go on at the next start. Any thread.
    void stop() { m_stop = true; }

    QFuture<Result<PurgeReport>> look(const PurgeRequest &request);
    QFuture<Result<PurgeReport>> carryOut(const PurgeRequest &request);

Q_SIGNALS:
    void projectChanged(const hub::ProjectName &project);
    // It waits until somebody sees to that.
    void stuck(const hub::ProjectName &project, const QString &why);

private:
    struct Facts {
        state::Project project;
        QList<Task> tasks;
        QList<TaskId> ids; // with those of tasks that are gone
        QList<Run> living;
        QSet<TaskId> working; // a turn is open, or they are being set up
    };
    using Named = std::vector<std::pair<QByteArray, git::ObjectId>>;
    struct Place {
        Named named; // what the repository has
        std::optional<git::RepositoryPlace> place;
    };
    // A file of a large body under its new name.
    struct NewBody {
        QString file, beginning;
    };

    // Inside work.
    Result<Facts> factsOf(const ProjectName &project) const;
    Result<> mayBegin(const Facts &facts) const;

    // The project's worker.
    Result<PurgeReport> lookJob(const PurgeRequest &request);
    Result<PurgeReport> carryOutJob(const PurgeRequest &request);
    Result<PurgeReport> resumeJob(const ProjectName &project, const QString &who);
    Result<> begun(const PurgeRequest &request, const Facts &facts);
    Result<> ended(const PurgeRequest &request);
    Result<> removeNote(const ProjectName &project) const;
    Result<PurgeReport> work(const PurgeRequest &request);
    Result<> settleRuns(const Facts &facts, QList<TaskId> &held);
    Result<Place> placeOf(const state::Project &project) const;
    Result<PurgeReport> search(const Facts &facts, const PurgeRequest &request, const git::VaultFindings &vault);
    Result<> lookAtRows(const Facts &facts, const SecretText &text, PurgeReport &report);
    Result<> lookAtRuns(const Facts &facts, const SecretText &text, PurgeReport &report);
    Result<std::optional<Run>> runOf(const QString &folder) const;
    Result<> changeRows(const Facts &facts, const std::optional<SecretText> &text, const state::RowPurge::Moves &moves);
    Result<> changeBodies(const Facts &facts, const SecretText &text);
    Result<> changeCopies(const Facts &facts, const std::optional<SecretText> &text,
                          const state::RowPurge::Moves &moves, PurgeReport &report);
    Result<> removeBodies(const SecretText &text);
    Result<> changeRuns(const Facts &facts, const SecretText &text);
    QStringList sentFilesWith(const Facts &facts, const SecretText &text) const; // whole paths
    Result<> removeSentFiles(const Facts &facts, const SecretText &text) const;
    Result<> compact();
    Result<std::optional<NewBody>> newBody(const QString &file, const SecretText &text) const;
    QStringList copies() const;
    QString noteOf(const ProjectName &project) const;

    state::Stores &m_stores;
    db::Database &m_monitor;
    Workers &m_workers;
    Vaults &m_vaults;
    const DataFolder &m_data;
    RunControl *m_runs = nullptr;
    std::atomic<bool> m_stop{false};
};

} // namespace hub::recovery
