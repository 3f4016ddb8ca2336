// What a person may do in one project, where its settings narrow what they may do in general: `projects set NAME
// operators|viewers`. It only takes away; admins and who sits at the machine are not narrowed. Hub thread.
#pragma once

#include "core/hub/services.h"

namespace hub
{

class ProjectRights
{
public:
    ProjectRights(const Services &services, const commands::CommandCall &call)
        : m_services(services)
        , m_call(call)
    {
    }

    commands::Role roleIn(const ProjectName &project) const;
    // What lists leave out.
    bool sees(const ProjectName &project) const { return roleIn(project) >= commands::Role::Viewer; }
    bool sees(TaskId task) const;
    // Refused unless it suffices for the command that is called.
    Result<> mayCall(const ProjectName &project) const;
    Result<> mayCall(TaskId task) const;
    // Refused unless it is that much.
    Result<> need(commands::Role needed, const ProjectName &project) const;

private:
    const Services &m_services;
    const commands::CommandCall &m_call;
    mutable QMap<ProjectName, commands::Role> m_known;
};

} // namespace hub
