// One command as somebody asked for it, and who that is.
#pragma once

#include "core/base/ids.h"
#include "core/commands/reply.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <optional>

namespace hub::commands
{

// Ordered: each includes the rights before it. Machine is the owner's own account at this machine; Agent is what runs
// below a living shim and has the lifecycle methods only (it may do none of the commands); Nobody is a person whom no
// one gave a right, who is asked about only so that the refusal stands in the audit trail.
enum class Role { Agent, Nobody, Viewer, Operator, Admin, Machine };

struct Caller {
    Role role = Role::Viewer;
    QString name;             // for the audit trail: the account's name, "run r5 (claude)", a Discord name
    QString origin;           // "terminal", "window", "discord", "agent", "hub"
    std::optional<RunId> run; // set for Role::Agent
    QStringList numbers{};    // on Discord: the person's own and those of their roles, which projects may name
};

// Where a command was given, when that says what is meant without a folder: a task's thread, a project's channel.
struct Place {
    std::optional<TaskId> task;
    QString project; // empty: none
};

// For who can't know after a crash whether a call was done. The hub remembers the number of the last call of a source
// that it did, in the same commit, and does none again whose number is not greater. Does not cross a socket.
struct Once {
    QString source; // of calls that are made one after another: "discord task 12"
    quint64 number;
};

inline constexpr qsizetype mostFiles = 10, mostFileBytes = 10 << 20; // that a call may take along

struct CommandCall {
    QString command;     // the table's name: "rollback task_checkpoint"
    QJsonObject options; // by the table's option names; strings, numbers, booleans
    bool yes = false;    // dangerous commands: do not ask
    bool dryRun = false; // dangerous commands: only the preview
    QString confirm;     // Reply::confirm of the preview that was agreed to
    QString folder;      // the caller's working directory, to find the task or project meant; may be empty
    Caller caller;
    Place place{};
    QList<Attachment> files{}; // the content of what an option of kind File names
    std::optional<Once> once{};
};

} // namespace hub::commands
