// Files that people send along with a message, kept in the data folder for the agent that it is for, until their task
// is removed. Their names have their content's hash in them, so keeping one twice comes to the same as once.
#pragma once

#include "core/base/datafolder.h"
#include "core/commands/commandcall.h"

namespace hub
{

// Any thread. Too many, too large, or named by the option but not there: nothing is kept, and the error says why.
Result<> checkSentFiles(const commands::CommandCall &call);
// Where they lie. Any thread.
QStringList pathsOfSentFiles(const DataFolder &data, TaskId task, const QList<commands::Attachment> &files);
// Workers only.
Result<> keepSentFiles(const DataFolder &data, TaskId task, const QList<commands::Attachment> &files);
// What the agent is told after the message; empty without files.
QString tellingOfSentFiles(const QStringList &paths);

} // namespace hub
