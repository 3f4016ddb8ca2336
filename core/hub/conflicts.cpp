// Files that several open tasks changed: where their merges will meet.
#include "core/hub/handlers.h"
#include "core/hub/projectrights.h"
#include "core/hub/taskchanges.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;

namespace
{

constexpr std::chrono::milliseconds lookLimit{10'000}; // its worker may be in the middle of something long

// What one task had at its start and has now.
struct Span {
    TaskId task;
    Checkpoint start, newest;
};

struct ProjectSpans {
    ProjectName project;
    QList<Span> spans;
};

struct Meeting {
    ProjectName project;
    QString path;
    QList<TaskId> tasks; // two at least
    bool same = false;   // they left it with the same content
};

Result<QList<ProjectSpans>> openSpans(Services &services, const Invocation &in)
{
    HUB_TRY(const auto only, projectFilter(services, in.call, in.options));
    HUB_TRY(const auto tasks, services.stores.tasks.all());
    const ProjectRights rights(services, in.call);
    QList<ProjectSpans> projects;
    for (const Task &task : tasks) {
        if (isEnded(task.state) || !rights.sees(task.spec.project) || (only && task.spec.project != *only))
            continue;
        HUB_TRY(const auto checkpoints, services.stores.tasks.checkpoints(task.id));
        if (checkpoints.size() < 2)
            continue; // nothing can have changed since its start
        const auto same = [&](const ProjectSpans &known) { return known.project == task.spec.project; };
        auto at = std::find_if(projects.begin(), projects.end(), same);
        if (at == projects.end())
            at = projects.insert(projects.end(), {task.spec.project, {}});
        at->spans.append({task.id, checkpoints.last(), checkpoints.first()});
    }
    projects.removeIf([](const ProjectSpans &project) { return project.spans.size() < 2; });
    return projects;
}

// On the project's worker.
Result<QList<Meeting>> meetingsIn(Services &services, const ProjectSpans &of)
{
    struct Change {
        TaskId task;
        std::optional<git::SnapshotSide> after;
    };
    HUB_TRY(git::Vault * vault, services.vaults.of(of.project));
    QMap<QByteArray, QList<Change>> changes;
    for (const Span &span : of.spans) {
        HUB_TRY(const auto before, snapshotOf(span.start));
        HUB_TRY(const auto after, snapshotOf(span.newest));
        HUB_TRY(const auto diff, git::compareSnapshots(*vault, before, after));
        for (const auto &change : diff.paths)
            changes[change.path].append({span.task, change.after});
    }
    QList<Meeting> meetings;
    for (auto it = changes.cbegin(); it != changes.cend(); ++it) {
        if (it->size() < 2)
            continue;
        Meeting meeting{of.project, QFile::decodeName(it.key()), {}, true};
        for (const Change &change : *it) {
            meeting.tasks << change.task;
            meeting.same = meeting.same && change.after == it->first().after;
        }
        std::sort(meeting.tasks.begin(), meeting.tasks.end());
        meetings << meeting;
    }
    return meetings;
}

Reply meetingsReply(const QList<Meeting> &meetings, std::optional<TaskId> only)
{
    commands::Table table{.columns = {u"path"_s, u"project"_s, u"tasks"_s, u"content"_s},
                          .whenEmpty = u"No file was changed by two open tasks."_s};
    QJsonArray data;
    for (const Meeting &meeting : meetings) {
        if (only && !meeting.tasks.contains(*only))
            continue;
        QStringList ids;
        QJsonArray numbers;
        for (const TaskId task : meeting.tasks) {
            ids << u'#' + task.toString();
            numbers << task.value();
        }
        table.rows << QStringList{meeting.path, meeting.project.toString(), ids.join(u' '),
                                  meeting.same ? u"the same"_s : u"differs"_s};
        data << QJsonObject{{u"path"_s, meeting.path},
                            {u"project"_s, meeting.project.toString()},
                            {u"tasks"_s, numbers},
                            {u"same"_s, meeting.same}};
    }
    Reply reply{.data = {{u"conflicts"_s, data}}};
    if (!table.rows.isEmpty())
        reply.text = u"As of each task's newest checkpoint. Whoever is brought home second has to merge these."_s;
    reply.tables << table;
    return reply;
}

QFuture<Result<Reply>> lookOn(Services &services, QList<ProjectSpans> projects, QList<Meeting> found,
                              std::optional<TaskId> only)
{
    if (projects.isEmpty())
        return readyFuture<Reply>(meetingsReply(found, only));
    const ProjectSpans next = projects.takeFirst();
    auto looked =
        within(services.workers.run(next.project.toString(), [&services, next] { return meetingsIn(services, next); }),
               lookLimit, &services.driver,
               u"The repository of %1 is being worked on, so nothing can be said yet."_s.arg(next.project.toString()));
    return replyAfter(&services.driver, std::move(looked),
                      [&services, projects, found, only](const QList<Meeting> &meetings) {
                          return lookOn(services, projects, found + meetings, only);
                      });
}

} // namespace

QFuture<Result<Reply>> listConflicts(Services &services, const Invocation &in)
{
    std::optional<TaskId> only;
    if (in.has("task_id"_L1)) {
        const auto task = findTask(services, in.call, in.options);
        if (!task)
            return readyFuture<Reply>(task.error());
        only = task->id;
    }
    const auto projects = openSpans(services, in);
    return projects ? lookOn(services, *projects, {}, only) : readyFuture<Reply>(projects.error());
}

} // namespace hub
