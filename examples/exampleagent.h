// A small coding agent that does what the lines of its prompt say, and goes on where it stopped when it is resumed.
#pragma once

#include "core/sdk/baseagent.h"
#include "examples/script.h"

namespace hub::example
{

class ExampleAgent final : public sdk::BaseAgent
{
public:
    using BaseAgent::BaseAgent;

    // One turn.
    Result<> work(const QString &prompt);

private:
    Result<> planFor(const QString &prompt);
    Result<> keepPlan(const QString &notes);
    Result<> carryOutPlan();
    Result<> carryOut(const Step &step);

    // What steps do with files (filesteps.cpp), in the folder we run in: the task's working tree.
    Result<> readTree();
    Result<> writeFile(const QString &rest, bool append);
    Result<> deleteFile(const QString &path);
    Result<> runCommand(const QString &command);
    Result<> ruin();

    Result<> reportStep(const QString &rest);
    Result<> claim(const QString &path);
    Result<> ask(const QString &action);
    Result<> crash(const QString &rest);

    Plan m_plan;
    bool m_firstPrompt = true;
    bool m_mayBeDone = false; // the next step may have been done by a process that died before it could say so
};

} // namespace hub::example
