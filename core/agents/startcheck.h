// Whether a task can get a place to work in: every reason against it that only the repository knows. Asked when the
// task is given, so that who gives it hears of it, and again when it starts.
#pragma once

#include "core/git/guard.h"
#include "core/settings/settings.h"
#include "core/state/workstore.h"

namespace hub::agents
{

struct StartPlace {
    git::RepositoryPlace main;
    git::HeadState head;
};

// Blocks; workers only.
Result<StartPlace> checkStart(const TaskSpec &spec, const state::Project &project,
                              const QStringList &protectedBranches);

// Whether a task in place may go on in the person's checkout: it has to be on the branch where the task began. Blocks.
Result<> checkCheckout(const Task &task, const state::Project &project);

// What the ref guard holds to, by the settings of this moment. `program` is agenthub-hook.
git::GuardRules guardRules(const Settings &settings, const QByteArray &program);

} // namespace hub::agents
