#include "core/hub/finders.h"

#include "core/hub/projectrights.h"

#include <QDateTime>
#include <QDir>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

bool isWithin(const QString &folder, const QString &top)
{
    return !folder.isEmpty() && !top.isEmpty() && (folder == top || folder.startsWith(top + u'/'));
}

QString shortTask(const Task &task)
{
    return u"#%1 %2 (%3, %4)"_s.arg(task.id.toString(), task.spec.title.left(40), task.spec.agent.toString(),
                                    textOf(taskStateTexts, task.state));
}

} // namespace

// Before it is asked whether the caller may.
static Result<Task> meantTask(const Services &services, const commands::CommandCall &call, const QJsonObject &options)
{
    const QString given = options.value(u"task_id"_s).toString();
    if (!given.isEmpty()) {
        if (const auto id = TaskId::parse(given)) {
            HUB_TRY(const auto gone, services.stores.erasure.find(*id));
            if (gone)
                return fail(ErrorCode::NotFound,
                            u"Task #%1 of project %2 had ended, and its data was cleaned up %3."_s.arg(
                                id->toString(), gone->project.toString(), agoText(gone->at, services.now())),
                            u"agenthubctl audit list --task-id "_s + id->toString());
            return services.stores.tasks.get(*id);
        }
        return fail(ErrorCode::InvalidInput, u"'%1' is no task; tasks are numbers such as 12 or #12."_s.arg(given),
                    u"agenthubctl tasks"_s);
    }
    for (const QString &option : {u"checkpoint_id"_s, u"from"_s, u"to"_s}) {
        if (const auto checkpoint = CheckpointId::parse(options.value(option).toString()))
            return services.stores.tasks.get(checkpoint->task);
    }
    if (call.place.task)
        return services.stores.tasks.get(*call.place.task);
    HUB_TRY(const auto all, services.stores.tasks.all());
    HUB_TRY(auto project, projectFilter(services, call, options));
    if (!project)
        project = ProjectName::parse(call.place.project);
    const QString agent = options.value(u"agent"_s).toString();
    const ProjectRights rights(services, call);
    QList<Task> open;
    for (const Task &task : all) {
        if (!rights.sees(task.spec.project) || (!agent.isEmpty() && task.spec.agent.toString() != agent) ||
            (project && task.spec.project != *project))
            continue;
        if (task.spec.mode == TreeMode::Worktree && isWithin(call.folder, task.tree))
            return task;
        if (!isEnded(task.state))
            open << task;
    }
    if (open.size() == 1)
        return open.first();
    if (open.isEmpty())
        return fail(ErrorCode::NotFound,
                    u"No task is open%1%2."_s.arg(agent.isEmpty() ? QString() : u" for agent "_s + agent,
                                                  project ? u" in project "_s + project->toString() : QString()),
                    u"agenthubctl tasks --filter all shows the ended ones; name one with --task-id."_s);
    Error error = fail(ErrorCode::Ambiguous, u"Which task? %1 are open."_s.arg(open.size()),
                       u"Add --task-id, or go into the task's folder."_s);
    for (const Task &task : open)
        error.candidates << shortTask(task);
    return error;
}

Result<Task> findTask(const Services &services, const commands::CommandCall &call, const QJsonObject &options)
{
    HUB_TRY(const Task task, meantTask(services, call, options));
    HUB_CHECK(ProjectRights(services, call).mayCall(task.spec.project));
    return task;
}

static Result<state::Project> meantProject(const Services &services, const commands::CommandCall &call,
                                           const QJsonObject &options)
{
    QString given = options.value(u"project"_s).toString();
    if (given.isEmpty())
        given = call.place.project;
    HUB_TRY(auto all, services.stores.projects.all());
    const ProjectRights rights(services, call);
    all.removeIf([&](const auto &project) { return project.name.toString() != given && !rights.sees(project.name); });
    QList<state::Project> prefixed;
    for (const auto &project : all) {
        if (project.name.toString() == given)
            return project;
        if (!given.isEmpty() && project.name.toString().startsWith(given))
            prefixed << project;
        if (given.isEmpty() && isWithin(call.folder, project.path))
            return project;
    }
    if (given.isEmpty() && all.size() == 1)
        return all.first();
    if (prefixed.size() == 1)
        return prefixed.first();
    if (all.isEmpty())
        return fail(ErrorCode::NotFound, u"No project is known yet."_s, u"agenthubctl projects add FOLDER"_s);
    QStringList names;
    for (const auto &project : given.isEmpty() || prefixed.isEmpty() ? all : prefixed)
        names << project.name.toString();
    Error error =
        !given.isEmpty() && prefixed.isEmpty()
            ? fail(ErrorCode::NotFound, u"There is no project '%1'. There are:"_s.arg(given))
            : fail(ErrorCode::Ambiguous, u"Which project? There are %1."_s.arg(names.size()), u"Add --project NAME."_s);
    error.candidates = names;
    return error;
}

Result<state::Project> findProject(const Services &services, const commands::CommandCall &call,
                                   const QJsonObject &options)
{
    HUB_TRY(const auto project, meantProject(services, call, options));
    HUB_CHECK(ProjectRights(services, call).mayCall(project.name));
    return project;
}

Result<std::optional<AgentName>> agentFilter(const Services &services, const QJsonObject &options)
{
    const QString given = options.value(u"agent"_s).toString();
    if (given.isEmpty())
        return std::optional<AgentName>();
    const auto found = findAgent(services, options);
    if (found)
        return std::optional(found->name);
    HUB_TRY(const auto tasks, services.stores.tasks.all());
    for (const Task &task : tasks) {
        if (task.spec.agent.toString() == given)
            return std::optional(task.spec.agent);
    }
    return found.error();
}

Result<std::optional<ProjectName>> projectFilter(const Services &services, const commands::CommandCall &call,
                                                 const QJsonObject &options)
{
    if (options.value(u"project"_s).toString().isEmpty())
        return std::optional<ProjectName>();
    HUB_TRY(const auto removed, services.stores.projects.removed()); // its tasks stay listed
    for (const auto &project : removed) {
        if (project.name.toString() == options.value(u"project"_s).toString())
            return std::optional(project.name);
    }
    HUB_TRY(const auto project, findProject(services, call, options));
    return std::optional(project.name);
}

Result<agents::Profile> findAgent(const Services &services, const QJsonObject &options)
{
    const QString given =
        options.contains(u"name"_s) ? options.value(u"name"_s).toString() : options.value(u"agent"_s).toString();
    if (!given.isEmpty()) {
        const auto name = AgentName::parse(given);
        if (!name)
            return fail(
                ErrorCode::InvalidInput,
                u"'%1' can't be an agent's name: use lower-case letters, digits, '.', '_' and '-'."_s.arg(given));
        return services.profiles.get(*name);
    }
    const auto all = services.profiles.all();
    if (all.size() == 1)
        return all.first();
    if (all.isEmpty())
        return fail(ErrorCode::NotFound, u"No agent is set up yet."_s,
                    u"agenthubctl agents add NAME PROGRAM ARGUMENTS"_s);
    Error error = fail(ErrorCode::Ambiguous, u"Which agent? There are %1."_s.arg(all.size()), u"Add --agent NAME."_s);
    for (const auto &profile : all)
        error.candidates << profile.name.toString();
    return error;
}

std::optional<std::chrono::milliseconds> parseDuration(QStringView text)
{
    if (text.size() < 2)
        return std::nullopt;
    bool ok = false;
    const qint64 number = text.chopped(1).toLongLong(&ok);
    if (!ok || number < 0 || number > 100000)
        return std::nullopt;
    switch (text.back().unicode()) {
    case u's': return std::chrono::seconds{number};
    case u'm': return std::chrono::minutes{number};
    case u'h': return std::chrono::hours{number};
    case u'd': return std::chrono::hours{24 * number};
    default: return std::nullopt;
    }
}

Result<std::optional<Instant>> findInstant(const Services &services, const QString &text)
{
    if (text.isEmpty())
        return std::optional<Instant>();
    if (const auto before = parseDuration(text))
        return std::optional(services.now() - *before);
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(toMillis(services.now()));
    if (const QTime time = QTime::fromString(text, u"H:mm"_s); time.isValid()) {
        QDateTime moment(now.date(), time);
        if (moment > now)
            moment = moment.addDays(-1);
        return std::optional(fromMillis(moment.toMSecsSinceEpoch()));
    }
    QDateTime moment = QDateTime::fromString(text, Qt::ISODate);
    if (moment.isValid())
        return std::optional(fromMillis(moment.toMSecsSinceEpoch()));
    return fail(ErrorCode::InvalidInput, u"'%1' is no time: write 14:05, 2026-01-31, 2h or 3d."_s.arg(text));
}

Result<Checkpoint> findCheckpoint(const Services &services, const Task &task, const QString &text)
{
    const auto known = [&](CheckpointId id) { return services.stores.tasks.checkpoint(id); };
    if (const auto full = CheckpointId::parse(text)) {
        if (full->task != task.id)
            return fail(ErrorCode::InvalidInput,
                        u"%1 is a checkpoint of another task than #%2."_s.arg(full->toString(), task.id.toString()));
        return known(*full);
    }
    HUB_TRY(const auto all, services.stores.tasks.checkpoints(task.id)); // newest first
    const auto none = [&] {
        return fail(ErrorCode::NotFound, u"Task #%1 has no checkpoint '%2'."_s.arg(task.id.toString(), text),
                    u"agenthubctl rollback show --task-id %1"_s.arg(task.id.toString()));
    };
    if (all.isEmpty())
        return none();
    if (text == u"last")
        return all.first();
    bool number = false;
    const qint64 value = text.toLongLong(&number);
    if (number && value > 0)
        return known({task.id, value});
    if (number && value < 0)
        return -value < all.size() ? Result<Checkpoint>(all[-value]) : Result<Checkpoint>(none());
    HUB_TRY(const auto moment, findInstant(services, text));
    for (const Checkpoint &checkpoint : all) {
        if (moment && checkpoint.at <= *moment)
            return checkpoint;
    }
    return none();
}

} // namespace hub
