// Finds what a command means when an id is left out or short (commands.md rules 3 and 4). Never guesses between two.
// Hub thread.
#pragma once

#include "core/hub/services.h"

namespace hub
{

// Refused where the caller may not do that in its project (projectrights.h), as findProject() too.
// The task named, also by a whole checkpoint id (12/3), else the one of the place (a thread), else the one whose
// working tree the caller is in, else the only open one (of that agent, in that project).
Result<Task> findTask(const Services &services, const commands::CommandCall &call, const QJsonObject &options);
// The project named, else the one of the place (a channel), else the one the caller is in, else the only one.
Result<state::Project> findProject(const Services &services, const commands::CommandCall &call,
                                   const QJsonObject &options);
// The agent named, else the only one.
Result<agents::Profile> findAgent(const Services &services, const QJsonObject &options);
// What "only this agent" and "only this project" mean in lists: nothing when not given, and an error when there is none
// of that name, which would look like an empty list. An agent that was taken out still counts by its tasks.
Result<std::optional<AgentName>> agentFilter(const Services &services, const QJsonObject &options);
Result<std::optional<ProjectName>> projectFilter(const Services &services, const commands::CommandCall &call,
                                                 const QJsonObject &options);
// "12/3", "3", "last", "-1", "14:05", "20m" among the task's checkpoints.
Result<Checkpoint> findCheckpoint(const Services &services, const Task &task, const QString &text);
// An id of the option, else the only one of `open`; `what` is "approval" or "alert".
template <class Id>
Result<Id> findOnly(const QString &given, const QList<Id> &open, const QString &what, const QString &list)
{
    if (!given.isEmpty()) {
        if (const auto id = Id::parse(given))
            return *id;
        return fail(ErrorCode::InvalidInput, QStringLiteral("'%1' is no %2.").arg(given, what), list);
    }
    if (open.size() == 1)
        return open.first();
    if (open.isEmpty())
        return fail(ErrorCode::NotFound, QStringLiteral("There is no open %1.").arg(what), list);
    Error error = fail(ErrorCode::Ambiguous, QStringLiteral("Which %1? %2 are open.").arg(what).arg(open.size()), list);
    for (const Id &id : open)
        error.candidates << id.toString();
    return error;
}

// "2h", "30m", "3d", "90s".
std::optional<std::chrono::milliseconds> parseDuration(QStringView text);
// A moment in the past: a duration ("2h"), a time of today ("14:05") or a date ("2026-01-31", with a time too).
Result<std::optional<Instant>> findInstant(const Services &services, const QString &text);

} // namespace hub
