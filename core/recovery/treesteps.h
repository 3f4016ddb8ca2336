// The commands that a project has for its working trees: one makes a new tree ready, one checks the work, one clears
// up.
#pragma once

#include "core/base/async.h"
#include "core/base/enumtext.h"
#include "core/base/ids.h"

#include <optional>

namespace hub::recovery
{

enum class TreeStep { Setup, Check, Teardown };
inline constexpr EnumText<TreeStep> treeStepTexts[]{{TreeStep::Setup, QLatin1StringView("setup")},
                                                    {TreeStep::Check, QLatin1StringView("check")},
                                                    {TreeStep::Teardown, QLatin1StringView("teardown")}};

struct StepOutcome {
    bool good = false; // it ended by itself, with exit code 0
    std::optional<int> exitCode;
    QString how;       // a sentence: "check ended with exit code 1 after 12 s."
    QString lastLines; // of what it printed
};

class TreeSteps
{
public:
    virtual ~TreeSteps() = default;

    // Hub thread. Runs the project's command in the task's working tree, held by a shim as an agent is: a pause freezes
    // it, it outlives the hub, and git's guard takes it for an agent. Nothing when the project has no such command.
    // Conflict while anything else of the task runs. A hub that ends meanwhile leaves the future as ShuttingDown; the
    // command's end is then in the conversation.
    virtual QFuture<Result<std::optional<StepOutcome>>> runStep(TaskId task, TreeStep step) = 0;
};

} // namespace hub::recovery
