// What agenthubctl asks a hub; each function prints the answer and gives the exit code of commands.md rule 9.
#pragma once

#include "app/ctl/terminal.h"
#include "core/commands/commandline.h"
#include "core/ipc/client.h"

namespace hub::ctl
{

// One command of the table, with the question that a dangerous one asks first.
int runCommand(ipc::Client &client, const commands::CommandLine &line, const Terminal &terminal);

// `task-log --follow`: the conversation so far and then as it grows, over restarts of the hub. Ends only by an error.
int followLog(ipc::Client &client, const commands::CommandLine &line, const Terminal &terminal);

// `wait`: until the task is in the state asked for, over restarts of the hub.
int waitForTask(ipc::Client &client, const commands::CommandLine &line, const Terminal &terminal);

// No command: what needs me, and health, in ten lines.
int overview(ipc::Client &client, const Terminal &terminal);

// `tool NAME …`: a lifecycle method on behalf of the run that we are part of.
int runTool(ipc::Client &client, const QStringList &words, const Terminal &terminal);

// `__complete KIND`: words for the shell, one a line. Quick and silent, also when there is no hub.
int completeWords(ipc::Client &client, const QStringList &words, const Terminal &terminal);

} // namespace hub::ctl
