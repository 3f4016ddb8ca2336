// A hub as people have it: the daemon from the folder of this program, a repository, agents, tasks.
#pragma once

#include "app/ctl/demostage.h"

namespace hub::bench
{

class HubSide
{
public:
    // Started, with a repository of `files` small files as project "project".
    static Result<std::unique_ptr<HubSide>> create(int files);

    ctl::DemoStage &stage() { return m_stage; }
    QString folder() const { return m_stage.folder(); }
    qint64 pid() const { return m_stage.hubPid(); }

    Result<> addAgent(const QString &name, const QString &command, const QString &adapter);
    // This program in one of its parts (app/bench/part.h), as an agent's command.
    static QString partCommand(const QString &part);
    Result<qint64> assign(const QString &agent);

    // The pid of the task's agent once it is executed, and is not `other`.
    Result<qint64> agentOf(qint64 task, qint64 other = 0);

    // Until `holds`, looking each millisecond.
    static Result<> until(const QString &what, const std::function<Result<bool>()> &holds);

private:
    HubSide()
        : m_stage(false)
    {
    }
    ctl::DemoStage m_stage;
};

} // namespace hub::bench
