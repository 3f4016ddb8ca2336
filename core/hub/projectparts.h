// What the handlers of projects share: pieces of replies, and the handlers that lie in files of their own. Hub thread.
#pragma once

#include "core/agents/presets.h"
#include "core/hub/handlers.h"
#include "core/settings/projectsettings.h"

namespace hub
{

// projectadd.cpp
QFuture<Result<commands::Reply>> addProject(Services &services, const Invocation &in);

// projectleave.cpp
QFuture<Result<commands::Reply>> moveProject(Services &services, const Invocation &in);
QFuture<Result<commands::Reply>> removeProject(Services &services, const Invocation &in);

// projectpurge.cpp
QFuture<Result<commands::Reply>> purgeProject(Services &services, const Invocation &in);

// projectviews.cpp
Result<commands::Reply> listProjects(Services &services, const Invocation &in);
QFuture<Result<commands::Reply>> showProject(Services &services, const Invocation &in);
commands::Reply describeProject(const state::Project &project, const QString &title);
// The settings that fit the repository and aren't set yet, as lines to type. Nothing is set by itself.
void tellProposals(const QList<agents::Proposal> &proposals, const state::Project &project, commands::Reply &reply);
// "projects set" or "default".
QString settingFrom(const ProjectSettings &settings, const SettingSpec &spec);

} // namespace hub
