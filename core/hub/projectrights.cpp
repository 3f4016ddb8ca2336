#include "core/hub/projectrights.h"

#include "core/commands/commandspec.h"
#include "core/settings/projectsettings.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Role;

Role ProjectRights::roleIn(const ProjectName &name) const
{
    const Role role = m_call.caller.role;
    if (role >= Role::Admin || role <= Role::Nobody)
        return role;
    if (const auto known = m_known.constFind(name); known != m_known.cend())
        return *known;
    const auto narrowed = [&] {
        const auto project = m_services.stores.projects.get(name);
        if (!project)
            return Role::Nobody;
        const ProjectSettings settings(project->options);
        const QStringList operators = settings.numbers(projectsetting::operators),
                          viewers = settings.numbers(projectsetting::viewers);
        const auto isIn = [this](const QStringList &list) {
            return std::any_of(list.begin(), list.end(),
                               [this](const QString &number) { return m_call.caller.numbers.contains(number); });
        };
        const bool steers = role >= Role::Operator && (operators.isEmpty() || isIn(operators));
        if (!viewers.isEmpty() && !isIn(viewers) && !isIn(operators))
            return Role::Nobody;
        return steers ? Role::Operator : Role::Viewer;
    };
    return m_known.insert(name, narrowed()).value();
}

bool ProjectRights::sees(TaskId task) const
{
    const auto found = m_services.stores.tasks.get(task);
    return !found || sees(found->spec.project);
}

Result<> ProjectRights::mayCall(const ProjectName &project) const
{
    const commands::CommandSpec *spec = commands::findCommand(m_call.command);
    return spec ? need(commands::roleFor(spec->entryAccess()), project) : Result<>();
}

Result<> ProjectRights::mayCall(TaskId task) const
{
    HUB_TRY(const Task found, m_services.stores.tasks.get(task));
    return mayCall(found.spec.project);
}

Result<> ProjectRights::need(Role needed, const ProjectName &project) const
{
    const Role role = roleIn(project);
    if (role >= needed)
        return {};
    const QString name = project.toString(), right = textOf(needed);
    const QString what = role >= Role::Viewer ? u"You may look at project %1 but not steer it"_s.arg(name)
                                              : u"Project %1 is not open to you"_s.arg(name);
    return fail(ErrorCode::Refused, u"%1: %2 needs %3 there. Nothing was done."_s.arg(what, m_call.command, right),
                u"Ask who keeps the hub to add you or one of your roles: agenthubctl projects set %1 %2s NUMBERS"_s.arg(
                    name, right));
}

} // namespace hub
