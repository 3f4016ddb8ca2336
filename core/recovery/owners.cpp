#include "core/recovery/owners.h"

#include "core/base/log.h"
#include "core/git/workingtree.h"

#include <QFile>
#include <QFileInfo>

#include <condition_variable>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr auto longestStart = std::chrono::seconds{1};
constexpr auto interval = std::chrono::seconds{5};

QStringList namesOf(const QList<state::Project> &projects)
{
    QStringList names;
    for (const auto &project : projects)
        names << project.name.toString();
    return names;
}

} // namespace

Owners::Owners(state::Stores &stores, Workers &workers, git::Owner self)
    : m_stores(stores)
    , m_workers(workers)
    , m_self(std::move(self))
{
    connect(&m_clock, &QTimer::timeout, this, &Owners::watch);
}

void Owners::begin()
{
    struct Round {
        std::mutex mutex;
        std::condition_variable done;
        std::map<ProjectName, Finding> found;
        bool late = false; // nobody waits any more
    };
    m_clock.start(interval);
    const auto projects = m_stores.projects.all();
    if (!projects) {
        qCWarning(lcRecovery).noquote() << "nobody looked whose the projects are:" << projects.error().message;
        return;
    }
    QList<state::Project> looked;
    auto round = std::make_shared<Round>();
    for (const auto &project : *projects) {
        if (!project.doing.isEmpty())
            continue; // whoever finishes that looks himself
        looked << project;
        m_workers.run(
            project.name.toString(),
            [this, round, name = project.name, path = project.path, names = namesOf(*projects)]() -> Result<> {
                const Finding finding = find(name, path, names);
                {
                    const std::lock_guard lock(round->mutex);
                    if (!round->late) {
                        round->found[name] = finding;
                        round->done.notify_all();
                        return {};
                    }
                }
                return m_stores.commits.ask([&] { return note(name, path, finding); });
            });
    }
    std::unique_lock lock(round->mutex);
    round->done.wait_for(lock, longestStart, [&] { return round->found.size() == size_t(looked.size()); });
    round->late = true;
    const auto noted = m_stores.commits.submit([&]() -> Result<> {
        for (const auto &project : looked) {
            if (const auto finding = round->found.find(project.name); finding != round->found.end())
                HUB_CHECK(note(project.name, project.path, finding->second));
        }
        return {};
    });
    m_stores.commits.flush();
    if (const auto result = takeResult(noted); !result)
        qCWarning(lcRecovery).noquote() << "whose the projects are was not noted:" << result.error().message;
}

// On the project's worker.
Owners::Finding Owners::find(const ProjectName &project, const QString &path, const QStringList &projects)
{
    if (!QFileInfo::exists(path))
        return {.missing = true};
    const auto place = git::locateTree(QFile::encodeName(path));
    if (!place)
        return {}; // a damaged repository is for repair to take
    const auto taken = take(*place, {project, false, projects});
    if (taken)
        return {};
    qCWarning(lcRecovery).noquote() << "project" << project.toString() << "is not this hub's:" << taken.error().message;
    const auto code = taken.error().code;
    if (code != ErrorCode::Refused && code != ErrorCode::Conflict && code != ErrorCode::Corrupt)
        return {}; // a disk that takes nothing, say: whatever needs it will fail by itself
    return {.blocked = u"Nothing of project %1 is touched: %2"_s.arg(project.toString(), taken.error().message)};
}

// Inside work.
Result<> Owners::note(const ProjectName &name, const QString &path, const Finding &finding)
{
    HUB_TRY(const auto project, m_stores.projects.get(name));
    if (project.removed || project.path != path || !project.doing.isEmpty() ||
        (project.missing == finding.missing && (finding.missing || project.blocked == finding.blocked)))
        return {};
    HUB_CHECK(m_stores.projects.setMissing(name, finding.missing));
    if (!finding.missing) // of a missing one nothing new is known
        HUB_CHECK(m_stores.projects.setBlocked(name, finding.blocked));
    m_stores.commits.afterCommit([this, name] { Q_EMIT projectChanged(name); });
    return {};
}

void Owners::look(const ProjectName &name)
{
    const auto project = m_stores.projects.get(name);
    const auto all = m_stores.projects.all();
    if (!project || !all || project->removed || !project->doing.isEmpty())
        return;
    m_workers.run(name.toString(), [this, name, path = project->path, names = namesOf(*all)]() -> Result<> {
        const Finding finding = find(name, path, names);
        return m_stores.commits.ask([&] { return note(name, path, finding); });
    });
}

void Owners::watch()
{
    const auto projects = m_stores.projects.all();
    if (!projects || std::exchange(m_watching, true))
        return;
    QList<Glance> known;
    for (const auto &project : *projects)
        known.append({project.name, project.path, project.missing});
    auto looked = m_workers.run(u"owners"_s, [this, known] { return Result<QList<ProjectName>>(changed(known)); });
    whenDone(std::move(looked), this, [this](const Result<QList<ProjectName>> &names) {
        m_watching = false;
        for (const ProjectName &name : names.valueOr({}))
            look(name);
    });
}

// On a worker: those whose folder went or came, or whose `.git` is another one now.
QList<ProjectName> Owners::changed(const QList<Glance> &known)
{
    QList<ProjectName> names;
    for (const Glance &project : known) {
        bool differs = QFileInfo::exists(project.path) == project.missing;
        const std::lock_guard lock(m_mutex);
        if (const auto held = m_held.find(project.name); held != m_held.end() && !project.missing)
            differs = differs || (QFileInfo::exists(QFile::decodeName(held->second.commonDir + "/HEAD")) &&
                                  !git::isLockOf(held->second.lock, held->second.commonDir));
        if (differs)
            names << project.name;
    }
    return names;
}

Result<std::optional<git::Owner>> Owners::take(const git::RepositoryPlace &place, const Taking &taking)
{
    git::OwnershipRequest request{.self = m_self, .takeOver = taking.takeOver, .projects = taking.projects};
    request.self.project = taking.project.toString();
    request.self.since = m_stores.clock.now();
    {
        const std::lock_guard lock(m_mutex);
        if (const auto held = m_held.extract(taking.project))
            request.held = std::move(held.mapped().lock);
    }
    HUB_TRY(auto taken, git::takeOwnership(place.commonDir, std::move(request)));
    const std::lock_guard lock(m_mutex);
    m_held.insert_or_assign(taking.project, Held{std::move(taken.lock), place.commonDir});
    return taken.before;
}

Result<> Owners::leave(const ProjectName &project, const git::RepositoryPlace &place)
{
    HUB_CHECK(git::endOwnership(place.commonDir, m_self.hub));
    const std::lock_guard lock(m_mutex);
    m_held.erase(project);
    return {};
}

} // namespace hub::recovery
