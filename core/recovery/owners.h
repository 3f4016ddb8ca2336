// Holds the projects' repositories for this hub (core/git/owner.h), and notes in the database what keeps it off one:
// its folder is missing, or another hub took it over.
#pragma once

#include "core/base/workers.h"
#include "core/git/owner.h"
#include "core/git/repository.h"
#include "core/state/stores.h"

#include <QTimer>

#include <map>
#include <mutex>

namespace hub::recovery
{

class Owners final : public QObject
{
    Q_OBJECT

public:
    // `self` says who this hub is; the rest is filled in for each project.
    Owners(state::Stores &stores, Workers &workers, git::Owner self);

    // Hub thread. Takes what is this hub's; returns when it is known what may be touched, or after a second, so that a
    // disk that hangs holds nothing up. From then on it looks every few seconds for folders that went or came back.
    void begin();
    // Hub thread: looks anew at once.
    void look(const ProjectName &project);

    // The project's worker. For a project that is being added, moved, or taken back from a hub that is dead.
    struct Taking {
        ProjectName project;
        bool takeOver = false;
        QStringList projects; // the names of all
    };
    Result<std::optional<git::Owner>> take(const git::RepositoryPlace &place, const Taking &taking);
    // The project's worker. Its repository is nobody's from now on.
    Result<> leave(const ProjectName &project, const git::RepositoryPlace &place);
    // Whether the file of a repository names this hub.
    bool isOwn(const git::Owner &owner) const { return owner.hub == m_self.hub; }

Q_SIGNALS:
    void projectChanged(const hub::ProjectName &project); // it is missing or blocked, or not any more

private:
    struct Held {
        FileHandle lock;
        QByteArray commonDir;
    };
    struct Finding {
        bool missing = false;
        QString blocked;
    };
    struct Glance {
        ProjectName name;
        QString path;
        bool missing;
    };
    Finding find(const ProjectName &project, const QString &path, const QStringList &projects);
    Result<> note(const ProjectName &project, const QString &path, const Finding &finding);
    void watch();
    QList<ProjectName> changed(const QList<Glance> &known);

    state::Stores &m_stores;
    Workers &m_workers;
    git::Owner m_self;
    std::mutex m_mutex;
    std::map<ProjectName, Held> m_held;
    QTimer m_clock;
    bool m_watching = false; // a look at all of them is under way
};

} // namespace hub::recovery
